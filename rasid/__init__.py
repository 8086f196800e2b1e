"""Rasid: watch news feeds across languages, search them and raise alerts."""

__version__ = "0.1.0"
