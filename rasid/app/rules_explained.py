"""An explanation as people and programs read it: the reasons, and the words marked where they stand."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from processors.gazetteer import gazetteer
from rasid.alerts.explain import Explanation
from rasid.app.web.alert_marks import reason_spans
from rasid.app.web.marks import Span
from rasid.domain.article import FieldName, GroupedArticle, Mention
from rasid.domain.rule import Rule
from rasid.ports import Analyzer

_CODE = re.compile(r"\b[A-Z]{2}\b")
_FIELDS: tuple[FieldName, ...] = ("title", "text")
_AROUND = 60  # characters shown on each side of a mark
_MOST_SHOWN = 6


def marks_of(document: GroupedArticle, found: Explanation, analyzer: Analyzer) -> dict[FieldName, list[Span]]:
    """Give where the words of the reasons stand, by field, in order and without overlaps."""
    named = _countries(document, found)
    return {
        field: _apart(
            [
                *reason_spans(document, found.why, field, analyzer),
                *(Span(one.start, one.end, "hit") for one in named if one.field == field),
            ]
        )
        for field in _FIELDS
    }


def _countries(document: GroupedArticle, found: Explanation) -> list[Mention]:
    """Give where names stand that speak for the countries a reason asks for: theirs, and those of their people."""
    asked = [why for why in found.why if why.field in {"about", "presence"}]
    codes = {code for why in asked for code in _CODE.findall(why.clause)}
    by_id = gazetteer().base.by_id
    speakers = [(one, by_id[one.id]) for one in document.enriched.entities if codes and one.id in by_id]
    return [
        mention
        for one, entry in speakers
        if codes.intersection((*entry.about, *(entry.country if entry.kind == "country" else ())))
        for mention in one.mentions
    ]


def _apart(spans: list[Span]) -> list[Span]:
    kept: list[Span] = []
    for span in sorted(spans, key=lambda one: (one.start, -one.end)):
        if not kept or span.start >= kept[-1].end:
            kept.append(span)
    return kept


def explained_json(
    rule: Rule, document: GroupedArticle, found: Explanation, marks: dict[FieldName, list[Span]]
) -> dict[str, Any]:
    """Give it as `rasid rules explain --json` prints it; `surface` is the marked slice of the field."""
    article = document.enriched.article
    return {
        "rule": rule.id,
        "article_id": document.id,
        "matches": found.matches,
        "why": msgspec.to_builtins(found.why),
        "failed": msgspec.to_builtins(found.failed) if found.failed else None,
        "marks": [
            {
                "field": field,
                "start": one.start,
                "end": one.end,
                "surface": getattr(article, field)[one.start : one.end],
            }
            for field, spans in marks.items()
            for one in spans
        ],
    }


def explained_text(rule: Rule, document: GroupedArticle, found: Explanation, marks: dict[FieldName, list[Span]]) -> str:
    """Give it for a person: the words stand in «»."""
    article = document.enriched.article
    if found.failed:
        lines = [
            f"{document.id}: {rule.name} does not match: {article.title}",
            f"    first clause that fails: {found.failed.clause}",
        ]
        lines.append(
            f"    {found.failed.reason}" + (f"; there is {', '.join(found.failed.found)}" if found.failed.found else "")
        )
        return "\n".join(lines)
    lines = [f"{document.id}: {rule.name} matches", f"    {_marked(article.title, marks['title'])}"]
    lines += [f"    … {line} …" for line in _snippets(article.text, marks["text"])]
    for one in found.why:
        lines.append(f"    {one.clause}" + (f": {', '.join(one.words)}" if one.words else ""))
    return "\n".join(lines)


def _marked(text: str, spans: list[Span], begin: int = 0) -> str:
    made, at = "", 0
    for one in spans:
        start, end = one.start - begin, one.end - begin
        made += f"{text[at:start]}«{text[start:end]}»"
        at = end
    return made + text[at:]


def _snippets(text: str, spans: list[Span]) -> list[str]:
    """Give the surroundings of the first marks, joined where they touch."""
    groups: list[list[Span]] = []
    for one in spans:
        if groups and one.start - groups[-1][-1].end < _AROUND:
            groups[-1].append(one)
        elif len(groups) < _MOST_SHOWN:
            groups.append([one])
        else:
            break
    made = []
    for group in groups:
        begin, end = max(0, group[0].start - _AROUND), group[-1].end + _AROUND
        made.append(" ".join(_marked(text[begin:end], group, begin).split()))
    return made
