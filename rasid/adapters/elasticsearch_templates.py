"""How the documents lie in Elasticsearch: component templates, and the monthly indices made from them.

`PREFIX@settings`, `PREFIX@mappings` and `PREFIX@analysis` are the components; the index template `PREFIX-articles` puts
them together for `PREFIX-articles-v1-YYYY.MM`, one plain index a month (the month that an article's id begins with),
behind the alias `PREFIX-articles`. A data stream or roll-over would not do: both break writes by id.

A month whose mapping no longer fits is copied into `PREFIX-articles-rN-YYYY.MM` (see elasticsearch_reindex), and its
name becomes an alias of that: whoever reads or writes a month by its name goes on doing so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Higher with every change of the mapping that a document of an older index would not fit.
SCHEMA_VERSION = 1
# Between two sentences of `presence_terms` lie more positions than any few sentences have ids.
SENTENCE_GAP = 10_000
_MONTH = re.compile(r"(\d{4})(0[1-9]|1[0-2])-")
_COPY = re.compile(r"-r\d+$")
# Lucene refuses a term of more than 32,766 bytes, and with it the document: a longer value is kept, but not found.
_IGNORE_ABOVE = 8_191
_LANGUAGES = {"ar": "arabic", "en": "english", "ru": "russian"}

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Names:
    """The names of everything that belongs to one prefix."""

    prefix: str

    @property
    def alias(self) -> str:
        """Give the alias of all monthly indices, which is also the name of their template."""
        return f"{self.prefix}-articles"

    @property
    def labels(self) -> str:
        """Give the index that holds what a person reads for an id."""
        return f"{self.prefix}-labels"

    @property
    def months(self) -> str:
        """Give the pattern of all monthly names; each is an index, or an alias of one that was made anew."""
        return f"{self.alias}-v1-*"

    @property
    def copies(self) -> str:
        """Give the pattern of the indices into which months were copied; no alias comes with them."""
        return f"{self.alias}-r*"

    @property
    def alerts(self) -> str:
        """Give the index of alerts."""
        return f"{self.prefix}-alerts"

    @property
    def deliveries(self) -> str:
        """Give the index of what became of each alert at each receiver."""
        return f"{self.prefix}-deliveries"

    @property
    def judgements(self) -> str:
        """Give the index of what people judged of alerts."""
        return f"{self.prefix}-judgements"

    def month(self, article_id: str) -> str:
        """Give the index of the month that begins an article's id. Raises ValueError where none does."""
        found = _MONTH.match(article_id)
        if not found:
            raise ValueError(f"the id {article_id!r} does not begin with its month, as in 202611-")
        return f"{self.alias}-v1-{found[1]}.{found[2]}"

    def stable(self, index: str) -> str:
        """Give the name under which an index, original or copy, is read and written for good."""
        month = index[-7:]
        return f"{self.alias}-v1-{month}" if index.startswith(f"{self.alias}-") else _COPY.sub("", index)

    def copy(self, index: str) -> str:
        """Give the name of the next index to copy this one into."""
        stable = self.stable(index)
        found = re.search(r"-r(\d+)(-|$)", index.removeprefix(self.prefix))
        number = int(found[1]) + 1 if found else 2
        return f"{self.alias}-r{number}-{index[-7:]}" if stable.startswith(f"{self.alias}-") else f"{stable}-r{number}"

    def components(self) -> dict[str, Json]:
        """Give the component templates by name."""
        parts = {
            "settings": {"settings": SETTINGS},
            "analysis": {"settings": {"analysis": ANALYSIS}},
            "mappings": {"mappings": MAPPINGS},
        }
        return {f"{self.prefix}@{part}": body for part, body in parts.items()}

    def rights(self) -> Json:
        """Give the role descriptor of an API key for the daemons: their own indices only, and no templates."""
        privileges = ["read", "write", "create_index", "delete_index", "maintenance", "monitor", "view_index_metadata"]
        return {"rasid": {"indices": [{"names": self._all(), "privileges": privileges}]}}

    def reader_rights(self) -> Json:
        """Give the role descriptor of a person in Kibana: reads what the daemons write."""
        return {"rasid": {"indices": [{"names": self._all(), "privileges": ["read", "view_index_metadata"]}]}}

    def _all(self) -> list[str]:
        return [f"{name}*" for name in (self.alias, self.labels, self.alerts, self.deliveries, self.judgements)]

    def index_templates(self) -> dict[str, Json]:
        """Give the templates by name: of the monthly indices, and of copies, which come behind the alias when whole."""
        common = {"composed_of": list(self.components()), "priority": 200, "version": SCHEMA_VERSION}
        return {
            self.alias: {"index_patterns": [self.months], "template": {"aliases": {self.alias: {}}}, **common},
            f"{self.alias}-copies": {"index_patterns": [self.copies], **common},
        }


def keyword() -> Json:
    """Give a field of exact values, long ones kept but not found."""
    return {"type": "keyword", "ignore_above": _IGNORE_ABOVE}


def _kept(kind: str) -> Json:
    """Give a field that is only stored in the document."""
    return {"type": kind, "index": False, "doc_values": False}


def people_read() -> Json:
    """Give the text that people search in Kibana, by the analyzers of the three languages."""
    fields = {code: {"type": "text", "analyzer": name, "norms": False} for code, name in _LANGUAGES.items()}
    return {"type": "text", "fields": fields}


def _named(**more: Json) -> Json:
    """Give a nested entity or place, with its name in each language."""
    names = {"properties": {code: keyword() for code in ("ar", "en", "ru")}}
    mentions = {"type": "object", "enabled": False}
    return {"type": "nested", "properties": {"id": keyword(), "name": names, "mentions": mentions, **more}}


_TERMS: Json = {"type": "text", "analyzer": "whitespace"}
_POINT: Json = {"type": "geo_point", "ignore_malformed": True}
_DATE: Json = {"type": "date", "ignore_malformed": True}
_KEYWORDS = (
    "id", "story_id", "language", "source", "source_country", "ownership", "feed", "tags", "authors", "origin", "known",
    "day", "copy_of", "former_story_ids", "entity_ids", "person_ids", "org_ids", "place_ids", "about", "keywords",
    "date_flags", "text_origin",
)  # fmt: skip

SETTINGS: Json = {
    "number_of_shards": 1,
    "auto_expand_replicas": "0-1",
    # Said outright, as an index left alone would otherwise stop refreshing until somebody searches.
    "refresh_interval": "1s",
}
# The built-in analyzers under their own names: here a site may give them its stop words.
ANALYSIS: Json = {"analyzer": {name: {"type": name} for name in _LANGUAGES.values()}}
MAPPINGS: Json = {
    "dynamic": "strict",
    "_meta": {"schema_version": SCHEMA_VERSION, "made_by": "rasid"},
    "properties": {
        **{name: keyword() for name in _KEYWORDS},
        "url": keyword(),
        "title": people_read(),
        "text": people_read(),
        "summary": {"type": "text", "index": False},
        # What our own queries match: the terms of our own analysis, only split at spaces here.
        "title_terms": _TERMS,
        "text_terms": _TERMS,
        "presence_terms": {**_TERMS, "norms": False, "position_increment_gap": SENTENCE_GAP},
        "first_seen_at": _DATE,
        "published_at": _DATE,
        "updated_at": _DATE,
        "indexed_at": _DATE,
        "@timestamp": {"type": "alias", "path": "first_seen_at"},
        # A date is exact to the millisecond, a date_nanos ends in 2262: order and ranges go by these.
        "first_seen_micros": {"type": "long"},
        "published_micros": {"type": "long"},
        "revision": {"type": "integer"},
        "edition": {"type": "integer"},
        "analysis_version": {"type": "integer"},
        "story_epoch": {"type": "integer"},
        "language_confidence": {"type": "float"},
        "sample": {"type": "boolean"},
        "carriers": {"properties": {"feed": keyword(), "source": keyword(), "seen_at": _DATE}},
        "entities": _named(
            type=keyword(), qid=keyword(), confidence={"type": "float"}, known={"type": "boolean"}
        ),
        "places": _named(country=keyword(), lat=_kept("double"), lon=_kept("double"), location=_POINT),
        # Maps in Kibana cannot look into nested objects.
        "locations": _POINT,
        # Whatever else a document has: a field added to the domain needs no new mapping.
        "kept": {"type": "object", "enabled": False},
    },
}  # fmt: skip
LABELS: Mapping[str, Json] = {
    "settings": {"number_of_shards": 1, "auto_expand_replicas": "0-1"},
    "mappings": {
        "dynamic": "strict",
        "_meta": MAPPINGS["_meta"],
        "properties": {"value": keyword(), "label": keyword()},
    },
}
