"""A story: the reports of one event, who told it first, and how it grew. Pure views of grouped documents."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from rasid.domain.article import Article, GroupedArticle
from rasid.domain.times import require_aware

_MOST_CLAIMED = timedelta(hours=24)  # a report is not seen much later than it appeared: older stamps are of other texts
_MOST_AHEAD = timedelta(minutes=2)
_ROUND_MINUTES = 30
_FEWEST_TITLE_WORDS = 3
_MOST_NAMED = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class StorySource:
    """A source of a story, with how many articles and copies it has there."""

    source: str
    ownership: str | None
    articles: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Lead:
    """Who was first, and how many minutes before the next; None where nobody else came."""

    source: str
    article_id: str
    at: datetime
    minutes: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """Reports of one event in any language; `epoch` counts merges and splits.

    `title` is that of the first original; `titles` has one for each language. `lead` is the first source over all,
    `leads` by language and by ownership. `growth` counts articles by hour.
    """

    id: str
    title: str
    article_ids: tuple[str, ...]
    languages: tuple[str, ...]
    first_seen_at: datetime
    epoch: int = 0
    last_seen_at: datetime | None = None
    titles: dict[str, str] = field(default_factory=dict)
    sources: tuple[StorySource, ...] = ()
    entity_ids: tuple[str, ...] = ()
    place_ids: tuple[str, ...] = ()
    copies: int = 0
    former_ids: tuple[str, ...] = ()
    lead: Lead | None = None
    leads: dict[str, Lead] = field(default_factory=dict)
    growth: tuple[tuple[str, int], ...] = ()

    def __post_init__(self) -> None:
        """Check that the times are aware."""
        require_aware(first_seen_at=self.first_seen_at, last_seen_at=self.last_seen_at)


def stories_of(documents: Iterable[GroupedArticle]) -> list[Story]:
    """Give the stories of documents, the one with the latest report first."""
    members: defaultdict[str, list[GroupedArticle]] = defaultdict(list)
    for document in documents:
        members[document.story_id].append(document)
    found = [story_of(documents) for documents in members.values()]
    return sorted(found, key=lambda story: (story.last_seen_at or story.first_seen_at, story.id), reverse=True)


def story_of(documents: Sequence[GroupedArticle]) -> Story:
    """Give the story that these documents, all of one story, tell."""
    ordered = sorted(documents, key=lambda one: (one.enriched.article.first_seen_at, one.id))
    articles = [one.enriched.article for one in ordered]
    titles = _titles(ordered)
    leads = {f"language:{language}": lead for language in titles if (lead := lead_of(_in(ordered, language)))}
    for ownership in sorted({article.ownership for article in articles if article.ownership}):
        if lead := lead_of([one for one in ordered if one.enriched.article.ownership == ownership]):
            leads[f"ownership:{ownership}"] = lead
    return Story(
        id=ordered[0].story_id,
        title=next(iter(titles.values()), articles[0].title),
        article_ids=tuple(one.id for one in ordered),
        languages=tuple(sorted({one.enriched.language for one in ordered})),
        first_seen_at=articles[0].first_seen_at,
        last_seen_at=articles[-1].first_seen_at,
        epoch=max(one.story_epoch for one in ordered),
        titles=titles,
        sources=_sources(articles),
        entity_ids=_most(entity.id for one in ordered for entity in one.enriched.entities),
        place_ids=_most(place.id for one in ordered for place in one.enriched.places),
        copies=sum(one.copy_of is not None for one in ordered),
        former_ids=tuple(dict.fromkeys(former for one in ordered for former in one.former_story_ids)),
        lead=lead_of(ordered),
        leads=leads,
        growth=tuple(sorted(Counter(f"{a.first_seen_at:%Y-%m-%dT%H}" for a in articles).items())),
    )


def told_at(article: Article) -> datetime:
    """Give when a report was told: when it says so, if that can be believed, else when we saw it."""
    claimed = article.published_at
    return claimed if claimed is not None and not doubts(article) else article.first_seen_at


def doubts(article: Article) -> tuple[str, ...]:
    """Say why a claimed time is not believed: `absent`, `future`, `midnight`, `round` (a full or half hour), `old`."""
    claimed, seen = article.published_at, article.first_seen_at
    if claimed is None:
        return ("absent",)
    found: list[str] = [flag for flag in article.date_flags if flag != "absent"]
    if claimed > seen + _MOST_AHEAD:
        found.append("future")
    if (claimed.second, claimed.microsecond) == (0, 0) and claimed.minute % _ROUND_MINUTES == 0:
        found.append("midnight" if (claimed.hour, claimed.minute) == (0, 0) else "round")
    if claimed < seen - _MOST_CLAIMED:
        found.append("old")
    return tuple(dict.fromkeys(found))


def lead_of(documents: Sequence[GroupedArticle]) -> Lead | None:
    """Give who told it first, and its lead on the next source; None for no documents."""
    first: dict[str, tuple[datetime, str]] = {}
    for one in documents:
        article = one.enriched.article
        told = (told_at(article), one.id)
        first[article.source] = min(told, first.get(article.source, told))
    order = sorted((at, article_id, source) for source, (at, article_id) in first.items())
    if not order:
        return None
    at, article_id, source = order[0]
    minutes = int((order[1][0] - at).total_seconds() // 60) if len(order) > 1 else None
    return Lead(source=source, article_id=article_id, at=at, minutes=minutes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Promptness:
    """How often a source told a story that others told, too, and how often it was the first of them."""

    source: str
    stories: int
    first: int


def promptness(stories: Iterable[Story]) -> list[Promptness]:
    """Count per source how often it leads, the most often first; stories of one source count for nobody."""
    told: Counter[str] = Counter()
    led: Counter[str] = Counter()
    for story in stories:
        if story.lead is None or story.lead.minutes is None:
            continue
        told.update(one.source for one in story.sources)
        led[story.lead.source] += 1
    found = [Promptness(source=source, stories=count, first=led[source]) for source, count in told.items()]
    return sorted(found, key=lambda one: (-one.first, -one.stories, one.source))


def _in(documents: Sequence[GroupedArticle], language: str) -> list[GroupedArticle]:
    return [one for one in documents if one.enriched.language == language]


def _titles(documents: Sequence[GroupedArticle]) -> dict[str, str]:
    """Give each language's title: that of its first original that has a whole one."""
    best: dict[str, str] = {}
    for wanted in (True, False):
        for one in documents:
            title = one.enriched.article.title
            whole = one.copy_of is None and len(title.split()) >= _FEWEST_TITLE_WORDS
            if title and (whole or not wanted):
                best.setdefault(one.enriched.language, title)
    order = dict.fromkeys(one.enriched.language for one in documents)
    return {language: best[language] for language in order if language in best}


def _sources(articles: Sequence[Article]) -> tuple[StorySource, ...]:
    counts = Counter(article.source for article in articles)
    ownership = {article.source: article.ownership for article in articles}
    return tuple(StorySource(source=s, ownership=ownership[s], articles=n) for s, n in counts.items())


def _most(ids: Iterable[str]) -> tuple[str, ...]:
    counted = sorted(Counter(ids).items(), key=lambda item: (-item[1], item[0]))
    return tuple(name for name, _ in counted[:_MOST_NAMED])
