"""Matching: what an article costs with 10 to 10,000 rules, against looking at every rule; and what deciding costs.

    python bench/rules.py [--rounds N] [--articles N]

The articles are the sample's, in three languages, enriched. The rules ask for words and names as those articles have
them, and for ones that none has, half and half: one name; two names near each other; words in a language; one of
several words. CPU time, medians of interleaved rounds in one process.
"""

from __future__ import annotations

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from processors.enrich import enrich_text
from rasid.alerts.decide import State, decide
from rasid.alerts.matching import Matching, match
from rasid.alerts.rule_index import RuleIndex
from rasid.domain.article import GroupedArticle
from rasid.domain.control import RuleEdited
from rasid.domain.query import And, Near, Or, Query, Value, Words
from rasid.domain.rule import Policy, Rule

SAMPLE = Path(__file__).parents[1] / "ingest" / "data" / "sample"
SIZES = (10, 100, 1_000, 10_000)
_SAID = 0.2
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def documents(count: int) -> list[GroupedArticle]:
    """Give sample articles, enriched, languages in turn."""
    rows = [
        [json.loads(line) for line in (SAMPLE / f"{lang}.jsonl").open(encoding="utf8")] for lang in ("ar", "en", "ru")
    ]
    mixed = [row for group in zip(*rows, strict=False) for row in group]
    made = []
    for number in range(count):
        row = mixed[number % len(mixed)]
        enriched = enrich_text(row["title"], row["text"], article_id=f"202611-{number:032x}", url=None)
        made.append(GroupedArticle(enriched=enriched, story_id=f"s{number}"))
    return made


def rules(count: int, articles: list[GroupedArticle]) -> list[Rule]:
    """Make rules of four kinds; a fifth of what they ask for occurs in the articles, the rest nowhere."""
    pick = random.Random(count)
    terms = sorted({term for one in articles for term in one.enriched.terms.text.split() if len(term) > 4})
    names = sorted({entity.id for one in articles for entity in one.enriched.entities})
    queries = [_query(number % 4, pick, terms, names) for number in range(count)]
    return [Rule(id=f"r{n}", name=f"r{n}", version="1", query=query) for n, query in enumerate(queries)]


def _query(kind: int, pick: random.Random, terms: list[str], names: list[str]) -> Query:
    def word() -> str:
        return pick.choice(terms) if pick.random() < _SAID else f"unsaid{pick.randrange(10**6)}"

    def name() -> str:
        return pick.choice(names) if pick.random() < _SAID else f"rasid:person/{pick.randrange(10**6)}"

    match kind:
        case 0:
            return Value("entity_ids", (name(),))
        case 1:
            return Near((name(),), (name(), name()), 2)
        case 2:
            return And((Value("language", (pick.choice(("ar", "en", "ru")),)), Words((word(), word()))))
        case _:
            return Or(tuple(Words((word(),)) for _ in range(3)))


def milliseconds(work: Callable[[GroupedArticle], object], articles: list[GroupedArticle]) -> float:
    """Give the CPU milliseconds that an article takes."""
    began = time.process_time()
    for one in articles:
        work(one)
    return (time.process_time() - began) * 1000 / len(articles)


def by_index(made: list[Rule]) -> Callable[[GroupedArticle], object]:
    """Match with the index of rules."""
    index = RuleIndex(made)

    def work(one: GroupedArticle) -> object:
        matching = Matching(one, NOON)
        return [found for rule in index.candidates(one) if (found := matching.match(rule))]

    return work


def by_all(made: list[Rule]) -> Callable[[GroupedArticle], object]:
    """Evaluate every rule."""

    def work(one: GroupedArticle) -> object:
        matching = Matching(one, NOON)
        return [found for rule in made if (found := matching.match(rule))]

    return work


def deciding(articles: list[GroupedArticle]) -> float:
    """Give the CPU microseconds that deciding a match takes, over the types."""
    article = next(one for one in articles)
    base = match(Rule(id="r", name="r", version="1"), article, NOON)
    assert base
    policies = [
        Policy(rule_id="any"),
        Policy(rule_id="frequency", type="frequency", num_events=50, timeframe=timedelta(hours=1)),
        Policy(rule_id="spike", type="spike", spike_height=3, timeframe=timedelta(hours=1)),
        Policy(rule_id="new", type="new_term", fields=(("source",),)),
    ]
    state = State()
    for policy in policies:
        decide(state, RuleEdited(policy=policy, at=NOON))
    events = [
        replace(
            base,
            rule_id=policies[n % 4].rule_id,
            article_id=f"a{n}",
            at=NOON + timedelta(seconds=n),
            values={"source": (f"s{n % 50}",)},
        )
        for n in range(20_000)
    ]
    began = time.process_time()
    for event in events:
        decide(state, event)
    return (time.process_time() - began) * 1e6 / len(events)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--articles", type=int, default=90)
    options = parser.parse_args()
    articles = documents(options.articles)
    made = {size: rules(size, articles) for size in SIZES}
    print("rules   candidates  matches   ms/article   every rule looked at, ms/article")
    results: dict[int, tuple[list[float], list[float]]] = {size: ([], []) for size in SIZES}
    workers = {size: (by_index(made[size]), by_all(made[size])) for size in SIZES}
    for _ in range(options.rounds):
        for size in SIZES:
            results[size][0].append(milliseconds(workers[size][0], articles))
            # A tenth of the articles says enough about what takes ten thousand evaluations each.
            results[size][1].append(milliseconds(workers[size][1], articles[: max(3, len(articles) // 10)]))
    for size in SIZES:
        index = RuleIndex(made[size])
        looked = statistics.mean(len(index.candidates(one)) for one in articles)
        matched = statistics.mean(
            sum(match(r, one, NOON) is not None for r in index.candidates(one)) for one in articles
        )
        indexed, every = (statistics.median(values) for values in results[size])
        print(f"{size:>6} {looked:>11.1f} {matched:>8.1f} {indexed:>12.3f} {every:>12.3f}")
    print(f"deciding a match: {deciding(articles):.1f} microseconds")


if __name__ == "__main__":
    main()
