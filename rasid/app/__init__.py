"""Puts the parts together: settings in, a running service or one command out."""
