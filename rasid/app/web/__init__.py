"""The web page and its API, on loopback unless a person makes it safe to be elsewhere."""
