"""Where reports of one story disagree on a number: what each says, side by side."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from processors.changes import counted
from rasid.domain.article import GroupedArticle

_FEWEST = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What one report says of a number: `text` is the number with the words behind it, as they stand."""

    article_id: str
    source: str
    language: str
    value: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Disagreement:
    """A thing that is counted (`death`, `injury`: see data/event_words.tsv) and what each report says of it."""

    about: str
    said: tuple[Said, ...]


def disagreements(documents: Sequence[GroupedArticle]) -> list[Disagreement]:
    """Give what the originals of a story disagree on, in the order they came; what most speak of first."""
    found: defaultdict[str, list[Said]] = defaultdict(list)
    ordered = sorted(documents, key=lambda one: (one.enriched.article.first_seen_at, one.id))
    for document in ordered:
        if document.copy_of is not None:
            continue
        for about, said in _said(document).items():
            found[about].append(said)
    result = [
        Disagreement(about=about, said=tuple(said))
        for about, said in found.items()
        if len({one.value for one in said}) >= _FEWEST
    ]
    return sorted(result, key=lambda one: -len(one.said))


def _said(document: GroupedArticle) -> dict[str, Said]:
    """Give the first number of each kind that a report gives."""
    article = document.enriched.article
    first: dict[str, Said] = {}
    for number in counted(f"{article.title}\n{article.text}"):
        for word in sorted(number.beside):
            if word.startswith("="):
                said = Said(
                    article_id=document.id,
                    source=article.source,
                    language=document.enriched.language,
                    value=number.value,
                    text=f"{number.shown} {number.words}".strip(),
                )
                first.setdefault(word[1:], said)
    return first
