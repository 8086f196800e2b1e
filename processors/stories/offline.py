"""Grouping a file of articles in its order, without a log: for commands, tests and measurements."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field

from processors.copies import is_copy, shingles
from processors.stories.groups import Arrival, Groups
from processors.stories.signature import sign
from rasid.domain.article import EnrichedArticle


@dataclass(slots=True)
class Grouping:
    """Articles to their stories; `at` is an article's event time in seconds, None where none is known.

    Nothing expires: articles without a time meet all others, those with one meet what is within 72 hours.
    """

    groups: Groups = field(default_factory=Groups)
    _texts: dict[str, EnrichedArticle] = field(default_factory=dict)

    def add(self, enriched: EnrichedArticle, at: float | None = None) -> None:
        """Decide on the next article. Raises ValueError for an id that was there before."""
        article_id = enriched.article.id
        if article_id in self._texts:
            raise ValueError(f"two articles have the id {article_id!r}")
        own = _shingles(enriched)
        one = Arrival(
            id=article_id,
            signature=sign(enriched),
            language=enriched.language,
            at=math.nan if at is None else at,
            seen=float(len(self._texts)),
        )
        decision = self.groups.decide(one, lambda other: is_copy(own, _shingles(self._texts[other])))
        self.groups.apply(one, decision)
        self._texts[article_id] = enriched

    def stories(self) -> dict[str, list[str]]:
        """Give the ids of the articles of each story, in the order in which stories began."""
        place = {article_id: at for at, article_id in enumerate(self._texts)}
        found = {story: sorted(ids, key=place.__getitem__) for story, ids in self.groups.stories.items()}
        return dict(sorted(found.items(), key=lambda item: place[item[1][0]]))

    def copy_of(self, article_id: str) -> str | None:
        """Give the id of the original, None for one."""
        return self.groups.members[article_id].copy_of


def grouped(articles: Iterable[tuple[EnrichedArticle, float | None]]) -> Grouping:
    """Group articles in order."""
    grouping = Grouping()
    for enriched, at in articles:
        grouping.add(enriched, at)
    return grouping


def _shingles(enriched: EnrichedArticle) -> set[str]:
    return shingles(enriched.article.title, enriched.article.text, enriched.terms.text)
