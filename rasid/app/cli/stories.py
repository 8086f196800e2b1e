"""`rasid stories`: events and who reported them, from the store or from a file of articles."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from processors.enrich import enrich_text
from processors.stories.offline import Grouping
from rasid import settings
from rasid.app.bootstrap import existing_stores
from rasid.app.cli.alerts import span
from rasid.app.cli.common import AsJson, Config, DataDirectory, print_json, tell
from rasid.app.cli.enrich import Text, texts
from rasid.domain.article import EnrichedArticle
from rasid.domain.errors import InputError
from rasid.domain.query import Between
from rasid.domain.story import Story, promptness, stories_of


def stories(
    config: Config = None,
    data_dir: DataDirectory = None,
    *,
    articles: Annotated[
        str | None, typer.Option(help="Group the articles of this file (JSON lines), in order, with no store.")
    ] = None,
    since: Annotated[str, typer.Option(help="How far back in the store: 12h, 7d.")] = "72h",
    least: Annotated[int, typer.Option("--least", min=1, help="Only stories of at least so many articles.")] = 1,
    leads: Annotated[
        bool, typer.Option("--leads", help="How often each source was first with a story that others had, too.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List stories: which articles tell of one event, in which languages, who was first."""
    if articles is not None:
        _from_file(articles, least, as_json=as_json)
        return
    start = datetime.now(UTC) - span(since)
    with existing_stores(settings.load(config, data_dir=data_dir)) as stores:
        found = stories_of(stores.index.scan(Between("first_seen_at", start, None)))
    for one in promptness(found) if leads else ():
        if as_json:
            print_json({"source": one.source, "stories": one.stories, "first": one.first})
        else:
            typer.echo(f"{one.first:5} of {one.stories:5}  {one.source}")
    for story in () if leads else found:
        if len(story.article_ids) >= least:
            print_json(story_json(story)) if as_json else _print_text(story)


def story_json(story: Story) -> dict[str, Any]:
    """Give what `rasid stories --json` prints of a story."""
    return {
        "story_id": story.id,
        "article_ids": story.article_ids,
        "languages": story.languages,
        "first_seen_at": story.first_seen_at,
        "last_seen_at": story.last_seen_at,
        "title": story.title,
        "titles": story.titles,
        "sources": [
            {"source": one.source, "ownership": one.ownership, "articles": one.articles} for one in story.sources
        ],
        "copies": story.copies,
        "first": {"source": story.lead.source, "minutes": story.lead.minutes} if story.lead else None,
    }


def _print_text(story: Story) -> None:
    size = f"{len(story.article_ids)} articles" if len(story.article_ids) > 1 else "1 article"
    typer.echo(
        f"{story.first_seen_at:%Y-%m-%d %H:%M}  {size}  {' '.join(story.languages)}  {story.title}  ({story.id})"
    )
    for language, title in story.titles.items():
        if title != story.title:
            typer.echo(f"    {language}  {title}")
    if story.lead and story.lead.minutes is not None:
        typer.echo(f"    first: {story.lead.source}, {story.lead.minutes} min before the next")


def _from_file(file: str, least: int, *, as_json: bool) -> None:
    failures: list[InputError] = []
    grouping, read = Grouping(), {}
    for text, enriched in _enriched(file, failures):
        try:
            grouping.add(enriched, _time(text))
        except ValueError as error:
            failures.append(InputError(str(error), source=file))
            continue
        read[text.id] = (text, enriched)
    for story, ids in grouping.stories().items():
        if len(ids) < least:
            continue
        members = [read[article_id] for article_id in ids]
        languages = sorted({enriched.language for _, enriched in members})
        row = {
            "story_id": story,
            "article_ids": ids,
            "languages": languages,
            "first_seen_at": min((text.published_at for text, _ in members if text.published_at), default=None),
            "title": next((text.title for text, _ in members if text.title), members[0][0].text[:80]),
        }
        if as_json:
            print_json(row)
        else:
            typer.echo(f"{len(ids):4}  {' '.join(languages)}  {row['title']}  ({story})")
    for failure in failures:
        tell(f"rasid: {failure}")
    if failures:
        raise typer.Exit(1)


def _enriched(file: str, failures: list[InputError]) -> Iterator[tuple[Text, EnrichedArticle]]:
    for text in texts([file], failures):
        yield text, enrich_text(text.title, text.text, article_id=text.id, url=text.url)


def _time(text: Text) -> float | None:
    if text.published_at is None:
        return None
    found = datetime.fromisoformat(text.published_at)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
