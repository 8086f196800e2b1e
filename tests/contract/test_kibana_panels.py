"""Every panel of the dashboards, asked of the real Elasticsearch filled with texts that were really analysed.

What a panel must show is counted here from the documents as they were written, with no regard to its query.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from contract.elasticsearch_server import address, remove
from elasticsearch import Elasticsearch
from kibana_objects import Asked, Json, panels, saved_objects
from makers import NOON, article

from processors.enrich import enrich
from rasid.adapters.elasticsearch_alert_documents import alert_source, delivery_source
from rasid.adapters.elasticsearch_alerts import ElasticsearchAlerts
from rasid.adapters.elasticsearch_documents import source_of
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.app.analysis import Analysis
from rasid.app.sample import LANGUAGES, load_sample
from rasid.domain.alert import Alert, AlertArticle, AlertLevel, Delivery, Why
from rasid.domain.article import Article, Carrier, GroupedArticle

# One of each index's panels runs in one process: the texts are analysed once.
pytestmark = [pytest.mark.cluster, pytest.mark.xdist_group("kibana-panels")]
PANELS = list(panels())
OWNERS = ("state", "private", "public", None)


@dataclass(frozen=True)
class Filled:
    """A server with everything the dashboards read, and the same documents by index, as JSON."""

    client: Elasticsearch
    prefix: str
    documents: dict[str, list[Json]]

    def ask(self, asked: Asked) -> Json:
        """Ask what a panel asks, of our own prefix."""
        request = asked.request()
        index = request["index"].replace("news-", f"{self.prefix}-")
        return dict(self.client.search(**{**request, "index": index}).body)


def _articles() -> list[GroupedArticle]:
    made = []
    texts = [(language, text) for language in LANGUAGES for text in load_sample(language)]
    for number, (language, text) in enumerate(texts):
        seen = NOON - timedelta(hours=7 * number % 300)
        one: Article = article(
            number, language=language, title=text.title, text=text.text, source=text.source, source_country=text.country,
            ownership=OWNERS[number % 4], first_seen_at=seen, published_at=text.date, revision=1 + number % 3, edition=3,
            origin="backfill" if number % 5 == 0 else "live", date_flags=("absent",) if number % 7 == 0 else (),
            feed=f"feed-{number % 6}", text_origin="page" if number % 2 else "feed",
            carriers=(Carrier(feed=f"feed-{number % 6}", source=text.source, seen_at=seen),),
        )  # fmt: skip
        made.append(GroupedArticle(enriched=enrich(one), story_id=f"story-{number // 3}"))
    return made


def _alerts() -> list[Alert]:
    levels: Sequence[AlertLevel] = ("low", "normal", "high")
    return [
        Alert(
            id=f"alert-{n}", rule=("russia-syria", "إدلب", "Шойгу")[n % 3], level=levels[n % 3], article_ids=(f"a{n}",),
            story_id=f"story-{n}", title="Удар по Идлибу", created_at=NOON - timedelta(hours=5 * n),
            why=(Why(clause="x", field="title", words=("Идлибу",)),),
            articles=(AlertArticle(id=f"a{n}", title="x", source=f"s{n % 4}", language="ru", first_seen_at=NOON),),
        )
        for n in range(20)
    ]  # fmt: skip


@pytest.fixture(scope="module")
def filled() -> Iterator[Filled]:
    """Fill a server by the adapters, as the daemons do."""
    prefix = f"test-{uuid4().hex[:12]}"
    articles, alerts = _articles(), _alerts()
    statuses = ("delivered", "dead", "retrying")
    deliveries = [
        (one.id, Delivery(receiver=f"desk-{n % 2}", status=statuses[n % 3], at=one.created_at, cause="مشغول"))  # type: ignore[arg-type]
        for n, one in enumerate(alerts)
    ]
    with (
        ElasticsearchIndex(address(), Analysis(), prefix=prefix) as index,
        ElasticsearchAlerts(address(), prefix=prefix) as store,
    ):
        try:
            assert index.write(articles) == []
            store.record(alerts)
            store.delivered(deliveries)
            store.acknowledge([one.id for one in alerts[:6]], NOON)
            for n, one in enumerate(alerts[:9]):
                store.judge(one.id, "right" if n % 4 else "wrong", NOON)
            index.refresh()
            store.alerts()
            acknowledged = {one.id: {"acknowledged_at": NOON.isoformat()} for one in alerts[:6]}
            documents = {
                "news-articles": [json.loads(source_of(one, indexed_at=datetime.now(UTC))) for one in articles],
                "news-alerts": [{**json.loads(alert_source(one)), **acknowledged.get(one.id, {})} for one in alerts],
                "news-deliveries": [json.loads(delivery_source(*one)) for one in deliveries],
                "news-judgements": [
                    {"rule": one.rule, "verdict": "right" if n % 4 else "wrong"} for n, one in enumerate(alerts[:9])
                ],
            }
            yield Filled(index._client, prefix, documents)
        finally:
            remove(index._client, prefix)


def _values(document: Json, column: Json) -> list[Any]:
    """Give the values by which a document falls into groups: days for times."""
    found = document.get(column["sourceField"])
    values = [] if found is None else found if isinstance(found, list) else [found]
    return [one[:10] for one in values] if column["operationType"] == "date_histogram" else list(dict.fromkeys(values))


def _meant(documents: list[Json], asked: Asked) -> list[Json]:
    """Give the documents a panel is about: what its query means, in Python."""
    wanted = {
        "rasid-search-russia-and-syria": lambda one: {"RU", "SY"} <= set(one.get("about", ())),
        "rasid-search-unknown-names": lambda one: "false" in one["known"],
        "rasid-search-failed-deliveries": lambda one: one["status"] != "delivered",
        "rasid-alerts-open-alerts": lambda one: "acknowledged_at" not in one,
    }
    return [one for one in documents if wanted.get(asked.id, lambda _: True)(one)]


def _compare(documents: list[Json], answer: Json, asked: Asked, depth: int = 0) -> int:
    """Hold each bucket, level by level, to the documents that fall into it; give how many buckets there were."""
    if depth == len(asked.groups):
        return _compare_values(documents, answer, asked)
    column = asked.groups[depth]
    counts = Counter(value for one in documents for value in _values(one, column))
    buckets = [one for one in answer[f"group{depth}"]["buckets"] if one["doc_count"]]
    shown = {
        one.get("key_as_string", "")[:10] if "date" in column["operationType"] else one["key"]: one for one in buckets
    }
    assert {key: one["doc_count"] for key, one in shown.items()} == {key: counts[key] for key in shown}
    size = column["params"].get("size", 10_000)
    assert sorted((one["doc_count"] for one in buckets), reverse=True) == sorted(counts.values(), reverse=True)[:size]
    return len(shown) + sum(
        _compare([one for one in documents if key in _values(one, column)], bucket, asked, depth + 1)
        for key, bucket in shown.items()
    )


def _compare_values(documents: list[Json], answer: Json, asked: Asked) -> int:
    for number, column in enumerate(asked.values):
        field, found = column["sourceField"], answer.get(f"value{number}")
        values = [value for one in documents for value in _values(one, column)]
        match column["operationType"]:
            case "unique_count":
                assert found == {"value": len(set(values))}
            case "average":
                assert found == {"value": pytest.approx(sum(values) / len(values))}
            case "last_value":
                (hit,) = found["hits"]["hits"]  # type: ignore[index]
                assert hit["_source"][field] == max(values)
            case other:
                assert (other, found) == ("count", None)
    return 1


@pytest.mark.parametrize("asked", PANELS, ids=lambda asked: asked.id)
def test_a_panel_shows_what_it_claims(filled: Filled, asked: Asked) -> None:
    """The server takes the query, and every count, mean and newest value is that of the documents; none is empty."""
    documents = _meant(filled.documents[asked.index], asked)
    answer = filled.ask(asked)
    assert answer["hits"]["total"]["value"] == len(documents) > 0
    if asked.sort:
        shown = [hit["_source"][asked.sort] for hit in answer["hits"]["hits"]]
        assert [datetime.fromisoformat(one) for one in shown] == sorted(
            (datetime.fromisoformat(one[asked.sort]) for one in documents), reverse=True
        )[:100]
    else:
        assert _compare(documents, answer.get("aggregations", {}), asked) > 0


def test_the_map_shows_places_where_they_lie(filled: Filled) -> None:
    """The grid of the map counts every place of every article, and Syria's are in the view it opens with."""
    (one,) = [made for (kind, _), made in saved_objects().items() if kind == "map"]
    source = one["attributes"]["layerListJSON"][1]["sourceDescriptor"]
    grid = {"geotile_grid": {"field": source["geoField"], "precision": 12}}
    inside = {"geo_bounding_box": {source["geoField"]: {"top_left": "37.5,35", "bottom_right": "32,43"}}}
    aggs = {"grid": grid, "syria": {"filter": inside}}
    index = f"{filled.prefix}-articles"
    answer = filled.client.search(index=index, size=0, aggs=aggs)["aggregations"]
    documents = filled.documents["news-articles"]
    tiles = sum(bucket["doc_count"] for bucket in answer["grid"]["buckets"])
    assert (
        sum(bool(document["locations"]) for document in documents)
        <= tiles
        <= sum(len(d["locations"]) for d in documents)
    )
    syrian = [d for d in documents if any(32 < at["lat"] < 37.5 and 35 < at["lon"] < 43 for at in d["locations"])]
    assert answer["syria"]["doc_count"] == len(syrian) > 5


def test_the_texts_are_of_three_languages(filled: Filled) -> None:
    """What the panels were held to is real news in Arabic, English and Russian, with people, bodies and places."""
    documents = filled.documents["news-articles"]
    assert {one["language"] for one in documents} == {"ar", "en", "ru"}
    for name in ("person_ids", "org_ids", "place_ids", "keywords", "about"):
        assert sum(name in one for one in documents) > 20
