"""Search at 100,000 articles: ours against a query written by hand, on SQLite and (with --elasticsearch) there.

By hand is what somebody writes who knows the tables: the bodies of the 20 newest articles that match an FTS5
expression (SQLite), the same by `query_string` on the pre-analysed fields (Elasticsearch). Ours also parses the query,
counts all hits, reads the documents, and marks the words found.
"""

from __future__ import annotations

import argparse
import json
import random
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from uuid import uuid4

from processors.enrich import enrich_text
from rasid.adapters.luqum_query import parse_query
from rasid.adapters.sqlite_index import SqliteIndex
from rasid.app.analysis import Analysis
from rasid.domain.article import EnrichedArticle, GroupedArticle, Terms
from rasid.domain.search import FACETS
from rasid.ports import Index

SAMPLE = Path(__file__).parent.parent / "ingest" / "data" / "sample"
START = datetime(2026, 9, 1, tzinfo=UTC)
SOURCES = [f"Source {number}" for number in range(60)]
# Ours, and by hand the same as nearly as FTS5 and query_string can say it.
QUERIES = {
    '"Security Council"': '"secur council"',
    '"سوريا"': '"سور"',
    '"Сирия"': '"сир"',
    '"Путин" AND "Сирия"': '"путин" AND "сир"',
    '"Idlib" OR "إدلب"': '"idlib" OR "ادلب"',
    'title:"Syria"': 'title : "syria"',
    "seldom7": '"seldom7"',
}
MORE = ("Shoigu", "сири*", "Siria~1", '"Syria Russia"~10', 'near:"RU SY"~1', "language:ar", "Syria NOT Putin", "")


def documents(count: int) -> Iterator[GroupedArticle]:
    """Give distinct documents: the sample's texts with their paragraphs mixed, and words of a long tail."""
    pick = random.Random(1)
    rows = [json.loads(line) for path in sorted(SAMPLE.glob("*.jsonl")) for line in path.open(encoding="utf8")]
    texts = [enrich_text(row["title"], row["text"]) for row in rows]
    analysis = Analysis()
    pieces = [[(one, _terms(analysis, one)) for one in text.article.text.split("\n\n")] for text in texts]
    for number in range(count):
        at = pick.randrange(len(texts))
        order = pick.sample(pieces[at], len(pieces[at]))
        rare = [f"seldom{int(pick.paretovariate(0.4)) % 300_000}" for _ in range(12)]
        yield _document(texts[at], number, [*order, (" ".join(rare), " ".join(rare))], pick)


def _terms(analysis: Analysis, text: str) -> str:
    return " ".join(term.text for term in analysis.terms(text))


def _document(
    enriched: EnrichedArticle, number: int, pieces: list[tuple[str, str]], pick: random.Random
) -> GroupedArticle:
    seen = START + timedelta(seconds=number * 60 + pick.randrange(50))
    article = replace(
        enriched.article,
        id=f"{seen:%Y%m}-{number:032x}",
        key=f"{number:032x}",
        text="\n\n".join(text for text, _ in pieces),
        first_seen_at=seen,
        source=pick.choice(SOURCES),
        source_country=pick.choice(["RU", "SY", "US", "GB"]),
        url=f"https://example.org/{number}",
    )
    text = " ".join(terms for _, terms in pieces)
    entities = tuple(
        replace(one, mentions=found)
        for one in enriched.entities
        if (found := tuple(mention for mention in one.mentions if mention.field == "title")) or one.known
    )
    made = replace(enriched, article=article, entities=entities, terms=Terms(title=enriched.terms.title, text=text))
    return GroupedArticle(enriched=made, story_id=f"story-{number // 5}")


def timed(action: Callable[[], object], clock: Callable[[], float]) -> float:
    """Give the milliseconds an action takes."""
    began = clock()
    action()
    return (clock() - began) * 1000


def percentiles(times: list[float]) -> str:
    """Write p50 and p99."""
    ranked = sorted(times)
    return f"p50 {statistics.median(ranked):7.1f} ms  p99 {ranked[int(len(ranked) * 0.99)]:7.1f} ms"


def fill(index: Index, count: int) -> None:
    """Write the documents in batches."""
    batch: list[GroupedArticle] = []
    began = time.monotonic()
    for one in documents(count):
        batch.append(one)
        if len(batch) == 500:
            index.write(batch)
            batch = []
    index.write(batch)
    index.refresh()
    print(f"  {count:,} documents written, {count / (time.monotonic() - began):,.0f}/s")


def compare(index: Index, by_hand: Callable[[str], object], rounds: int, clock: Callable[[], float]) -> None:
    """Search, ours and by hand, interleaved; then what nobody writes by hand."""
    analysis = Analysis()
    parse_query("Shoigu", analysis)  # reads the knowledge base
    ours: dict[str, list[float]] = {query: [] for query in QUERIES}
    hand: dict[str, list[float]] = {query: [] for query in QUERIES}
    for _ in range(rounds):
        for query, expression in QUERIES.items():
            ours[query].append(timed(lambda q=query: index.search(parse_query(q, analysis).query), clock))  # type: ignore[misc]
            hand[query].append(timed(lambda e=expression: by_hand(e), clock))  # type: ignore[misc]
    for query in QUERIES:
        total = index.search(parse_query(query, analysis).query, limit=1).total
        ratio = statistics.median(ours[query]) / statistics.median(hand[query])
        times = f"ours {percentiles(ours[query])}  by hand {percentiles(hand[query])}"
        print(f"  {query:22} {total:7,} hits  {times}  {ratio:5.2f}×")
    every, theirs = ([time for times in found.values() for time in times] for found in (ours, hand))
    print(
        f"  all: ours {percentiles(every)}; by hand {percentiles(theirs)}; "
        f"p50 {statistics.median(every) / statistics.median(theirs):.2f}×, "
        f"p99 {sorted(every)[int(len(every) * 0.99)] / sorted(theirs)[int(len(theirs) * 0.99)]:.2f}×"
    )
    for query in MORE:
        asked = parse_query(query, analysis).query
        for words, options in (
            ("", {}),
            ("stories", {"collapse": True}),
            ("relevance", {"sort": "relevance"}),
            ("facets", {"facets": FACETS}),
        ):
            search = partial(index.search, asked, **options)  # type: ignore[arg-type]
            times = [timed(search, clock) for _ in range(max(3, rounds // 4))]
            print(f"  {query or 'everything':22} {words:10} {percentiles(times)}")


def main() -> None:
    """Run once and print."""
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--articles", type=int, default=100_000)
    arguments.add_argument("--rounds", type=int, default=20)
    arguments.add_argument("--keep", type=Path, help="a directory that keeps the SQLite index for the next run")
    arguments.add_argument("--elasticsearch", help="an address; a server must run there")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as place:
        path = (asked.keep or Path(place)) / "index.db"
        with SqliteIndex(path, Analysis()) as index, sqlite3.connect(path) as plain:
            print("SQLite, CPU time")
            if not index.count():
                fill(index, asked.articles)
            # Both run in this process: its own CPU time is not disturbed by what else the machine does.
            compare(index, lambda expression: _by_hand(plain, expression), asked.rounds, time.process_time)
    if asked.elasticsearch:
        print("Elasticsearch, wall-clock time")
        on_elasticsearch(asked.elasticsearch, asked.articles, asked.rounds)


def _by_hand(plain: sqlite3.Connection, expression: str) -> object:
    sql = (
        "SELECT docs.body FROM docs JOIN terms ON terms.rowid = docs.rowid WHERE terms MATCH ?"
        " ORDER BY docs.first_seen DESC LIMIT 20"
    )
    return plain.execute(sql, (expression,)).fetchall()


def on_elasticsearch(address: str, count: int, rounds: int) -> None:
    """Do the same there, under a name of its own that is removed at the end."""
    from rasid.adapters.elasticsearch_index import ElasticsearchIndex  # noqa: PLC0415 - not there in the embedded mode

    prefix = f"bench-{uuid4().hex[:8]}"
    with ElasticsearchIndex(address, Analysis(), prefix=prefix) as index:
        client = index._client  # noqa: SLF001 - the query by hand goes the same way
        try:
            fill(index, count)

            def by_hand(expression: str) -> object:
                text = expression.replace("title : ", "title_terms:")
                query = {"query_string": {"query": text, "fields": ["title_terms", "text_terms"]}}
                return client.search(
                    index=f"{prefix}-articles", query=query, size=20, sort=[{"first_seen_micros": "desc"}]
                )

            compare(index, by_hand, rounds, time.perf_counter)
        finally:
            if names := list(client.indices.get(index=f"{prefix}-*").body):
                client.indices.delete(index=names)
            client.options(ignore_status=404).indices.delete_index_template(name=f"{prefix}*")
            client.options(ignore_status=404).cluster.delete_component_template(name=f"{prefix}@*")


if __name__ == "__main__":
    main()
