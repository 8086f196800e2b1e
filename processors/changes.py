"""What a revision says otherwise: other numbers, names or places, or that the report is withdrawn.

A number that went is paired with the one that came where the same words stand beside them: "12 → 30 killed". What was
merely added or left out counts only in the title and the first lines, as a longer report is no other report; adverts,
share lines, dates, times of day and white space count nowhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from processors.boilerplate import without_boilerplate
from processors.normalise import fold
from processors.stories.facts import Number, numbers, words_beside
from processors.stories.features import event_kinds
from processors.tokens import terms
from rasid.domain.article import EnrichedArticle, Entity
from rasid.domain.change import Change

_LEAD = 500  # code points of title and text in which an addition counts
_BESIDE = 40  # code points before a number in which its words stand
_SHORTENED = 0.5  # share of the text that is left of one withdrawn in its first lines
_MOST_LINES = 8
_CLAUSE = re.compile(r"[\n,;:.!?،؛؟()«»\"]")
_SHORT_WORD = 3


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of a text with what it counts: `shown` as it stands, `words` behind it, `beside` the terms around it."""

    value: str
    start: int
    shown: str
    words: str
    beside: frozenset[str]


def change_between(before: EnrichedArticle, after: EnrichedArticle) -> Change | None:
    """Give what changed, None where nothing did that a reader must know. Pure; linear in the texts."""
    revision = before.article.revision
    old, new = _text(before), _text(after)
    if _withdrawn(old, new):
        return Change(kind="withdrawn", before_revision=revision, text=_first_line(new))
    lines = [*_numbers(old, new), *_names(before, after, old, new)]
    if not lines:
        return None
    return Change(kind="facts", before_revision=revision, text="\n".join(lines[:_MOST_LINES]))


def counted(text: str) -> list[Counted]:
    """Give the numbers of a text with their words."""
    return [_counted(text, number) for number in numbers(text)]


def _text(enriched: EnrichedArticle) -> str:
    return f"{enriched.article.title}\n{without_boilerplate(enriched.article.text)}"


def _withdrawn(old: str, new: str) -> bool:
    if not new.strip():
        return bool(old.strip())
    said = _says_withdrawn(new) and not _says_withdrawn(old)
    return said and (_says_withdrawn(new.split("\n", 1)[0]) or len(new) <= _SHORTENED * len(old))


def _says_withdrawn(text: str) -> bool:
    lines = (fold(line).replace("’", "").replace("'", "") for line in text[:_LEAD].split("\n"))
    patterns = [rf"(?:^|[.!?:(\[])\s*{re.escape(phrase)}\b" for phrase in _withdrawals()]
    return any(re.search(pattern, line) for line in lines for pattern in patterns)


def _first_line(text: str) -> str:
    return next((" ".join(line.split())[:200] for line in text.split("\n") if line.strip()), "—")


def _numbers(old: str, new: str) -> Iterator[str]:
    before, after = counted(old), counted(new)
    stays = {one.value for one in before} & {one.value for one in after}
    gone = _distinct(one for one in before if one.value not in stays)
    came = _distinct(one for one in after if one.value not in stays)
    for one in gone:
        other = max(came, key=lambda two: (len(one.beside & two.beside), -two.start), default=None)
        if other is not None and one.beside & other.beside:
            came.remove(other)
            yield " ".join(f"{one.shown} → {other.shown} {other.words or one.words}".split())
        elif one.start < _LEAD:
            yield " ".join(f"− {one.shown} {one.words}".split())
    yield from (" ".join(f"+ {one.shown} {one.words}".split()) for one in came if one.start < _LEAD)


def _distinct(found: Iterable[Counted]) -> list[Counted]:
    first: dict[str, Counted] = {}
    for one in found:
        first.setdefault(one.value, one)
    return list(first.values())


def _counted(text: str, number: Number) -> Counted:
    behind = words_beside(text, number)
    if len(behind) > 1 and len(behind[1]) <= _SHORT_WORD:
        behind = behind[:1]
    before = _CLAUSE.split(text[max(0, number.start - _BESIDE) : number.start])[-1]
    around = [term.text for term in (*terms(before)[-2:], *terms(" ".join(behind)))]
    beside = {word for word in around if len(word) > 2 and not word.isdigit()}  # noqa: PLR2004 - articles and prepositions
    kinds = {f"={kind}" for word in beside for kind in event_kinds(word)}
    shown = text[number.start : number.end].strip()
    return Counted(number.value, number.start, shown, " ".join(behind), frozenset(beside | kinds))


def _names(before: EnrichedArticle, after: EnrichedArticle, old: str, new: str) -> Iterator[str]:
    gone = _missing(before.entities, after.entities, old, new)
    came = _missing(after.entities, before.entities, new, old)
    # Two of one type that changed places in the first lines: «Aleppo → Idlib».
    for one in list(gone):
        other = next((two for two in came if two.type == one.type), None)
        if other is not None:
            gone.remove(one)
            came.remove(other)
            yield f"{_shown(one)} → {_shown(other)}"
    yield from (f"− {_shown(one)}" for one in gone)
    yield from (f"+ {_shown(one)}" for one in came)


def _missing(entities: Sequence[Entity], others: Sequence[Entity], own: str, text: str) -> list[Entity]:
    """Give the entities of the first lines of `own` that the other `text` names nowhere, not even unrecognised."""
    known, own, text = {one.id for one in others}, fold(own), fold(text)
    return [
        one
        for one in entities
        if one.id not in known
        and not _shown(one)[0].isdigit()  # «30 people» taken for a name
        and any((m.field == "title" or m.start < _LEAD) and fold(m.surface) in own for m in one.mentions)
        and not any(fold(m.surface) in text for m in one.mentions)
    ]


def _shown(entity: Entity) -> str:
    return entity.mentions[0].surface


@cache
def _withdrawals() -> tuple[str, ...]:
    lines = resources.files("processors.data").joinpath("withdrawn.tsv").read_text("utf-8").splitlines()
    return tuple(fold(line.split("\t")[1]) for line in lines if line and not line.startswith("#"))
