"""Join what the gazetteer linked with what the recogniser found: one reading of every stretch of text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Sequence

from processors.context import Passage, words
from processors.evidence import Evidence, own_words
from processors.gazetteer import Match
from processors.knowledge import Entry
from processors.linking import FULL, Link
from processors.normalise import fold
from processors.unknown import Span, telling

_SURE = 0.9  # confidence from which a place is not taken for a part of a longer name
_LOOK_BACK = 64  # links that may begin before a span's end and still lie in it
_WORD = re.compile(r"[^\W_]+")


def join(
    links: Sequence[Link],
    recognised: Sequence[Span],
    entries: Sequence[Entry],
    passages: Sequence[Passage],
    evidence: Evidence,
) -> tuple[list[Link], list[Span]]:
    """Give the links that stay and the spans that are left.

    The knowledge base wins; but a doubtful short name inside a longer name of a person is someone else's, and a place
    inside a longer name of a body stays beside it. A family name alone means the known person who bears it.
    """
    kept: dict[int, Link] = dict(enumerate(sorted(links, key=lambda k: (k.passage.field, k.start))))
    places = [(k.passage.field, k.start) for k in kept.values()]
    left: list[Span] = []
    followers: list[Link] = []
    for found in recognised:
        span = _without_clitic(found, passages)
        behind = bisect_left(places, (span.field, span.end))
        near = (n for n in range(max(0, behind - _LOOK_BACK), behind) if n in kept)
        over = [n for n in near if kept[n].passage.field == span.field and kept[n].end > span.start]
        follower = None if over else _follower(span, passages, evidence)
        if follower is not None:
            followers.append(follower)
        elif not over or _gives_way([kept[n] for n in over], span, entries):
            left.append(span)
            if span.type != "ORG":
                for n in over:
                    del kept[n]
        elif len(over) == 1 and _is_place_with_its_kind(kept[over[0]], span, entries[kept[over[0]].entry]):
            kept[over[0]] = kept[over[0]]._replace(start=span.start, end=span.end)
    return [*kept.values(), *followers], left


def _is_place_with_its_kind(link: Link, span: Span, entry: Entry) -> bool:
    """Say whether the recogniser has «مدينة تدمر» where the known name is «تدمر»: then that is the mention."""
    arabic = link.passage.tokens[link.match.first].script == "arab"
    return arabic and entry.type == span.type == "LOC" and span.start < link.start and span.end == link.end


def _without_clitic(span: Span, passages: Sequence[Passage]) -> Span:
    """Let an Arabic span begin behind the clitics that the tokeniser takes off its first word."""
    tokens = next(p.tokens for p in passages if p.field == span.field)
    at = bisect_right(tokens, span.start, key=lambda token: token.end)
    if at < len(tokens) and tokens[at].script == "arab" and span.start < tokens[at].start < span.end:
        return span._replace(start=tokens[at].start)
    return span


def _gives_way(over: Sequence[Link], span: Span, entries: Sequence[Entry]) -> bool:
    """Say whether all links inside a span are only parts of the name it is."""
    return _adds(span, over) and all(_yields(link, span, entries[link.entry]) for link in over)


def _adds(span: Span, over: Sequence[Link]) -> bool:
    """Say whether a span is more than a row of known names (Aleppo Syria United States)."""
    source, at = over[0].passage.source, span.start
    besides = []
    for link in sorted(over, key=lambda k: k.start):
        besides.append(source[at : link.start])
        at = max(at, link.end)
    return len(over) == 1 or any(map(telling, _WORD.findall(fold(" ".join([*besides, source[at : span.end]])))))


def _yields(link: Link, span: Span, entry: Entry) -> bool:
    """Say whether a known name is only a part of the longer name that the recogniser found."""
    source, start, end = link.passage.source, link.start, link.end
    if not span.start <= start < end <= span.end or (entry.kind == "country" and span.type != "ORG"):
        return False
    besides = set(_WORD.findall(fold(f"{source[span.start : start]} {source[end : span.end]}"))) - own_words(entry)
    if entry.type == "LOC":
        besides -= words("place_named") | words("place_after") | words("village_before")
    if not any(telling(word) for word in besides):
        return False
    if span.type == "PER":
        return (entry.type == "PER" and link.confidence < FULL) or entry.type == "LOC"
    return entry.type == "LOC" and (span.type == "ORG" or (link.confidence < _SURE and entry.kind != "capital"))


def _follower(span: Span, passages: Sequence[Passage], evidence: Evidence) -> Link | None:
    """Link a single recognised word to the one person named in full whose last name it is."""
    if span.type != "PER":
        return None
    p = next(p for p in passages if p.field == span.field)
    at = bisect_right(p.tokens, span.start, key=lambda token: token.end)
    if at >= len(p.tokens) or (p.tokens[at].start, p.tokens[at].end) != (span.start, span.end):
        return None
    bearers = evidence.bearers(p.tokens[at].text)
    if len(bearers) != 1:
        return None
    return Link(p, Match(at, at, span.start, ()), next(iter(bearers)), 0.85, span.start, span.end)
