"""One invented wire report as twelve outlets told it in three languages, and a rule that alerts once a story."""

from __future__ import annotations

from pathlib import Path

WIRE = Path(__file__).parent / "data" / "stories" / "wire_copies.jsonl"
RULE = """\
name: Tartus, a story at a time
type: any
index: news-articles
realert: {minutes: 0}
filter:
  - query_string: {query: "place:Tartus"}
alert: [debug]
x-news: {id: tartus, per: story}
"""
