"""The version of the analysis: part of every document's version, so that a replay after a better analysis lands."""

from __future__ import annotations

# Raise it when enrichment gives something else for the same text.
ANALYSIS_VERSION = 2
