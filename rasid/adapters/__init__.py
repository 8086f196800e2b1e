"""Adapters: one technology a file, each behind a port of rasid.ports."""
