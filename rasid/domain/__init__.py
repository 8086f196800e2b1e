"""What the system talks about: plain frozen values, standard library only."""
