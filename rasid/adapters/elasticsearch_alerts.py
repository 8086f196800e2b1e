"""Alerts, their deliveries and what people made of them in Elasticsearch.

There the cluster's deliver worker puts them and Kibana counts them.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from elasticsearch import ConflictError, NotFoundError

from rasid.adapters.elasticsearch_alert_documents import (
    alert_source,
    delivery_key,
    delivery_of,
    delivery_source,
    item_of,
)
from rasid.adapters.elasticsearch_bulk import Action, Bulk, create, delete, put
from rasid.adapters.elasticsearch_client import DELAYS, TIMEOUT, connect, translate
from rasid.adapters.elasticsearch_schema import Schema
from rasid.adapters.elasticsearch_templates import Names
from rasid.adapters.sqlite_query import micros
from rasid.domain.alert import Alert, Delivery
from rasid.domain.errors import StoreError
from rasid.domain.judgement import InboxFilter, InboxItem, Precision, Verdict
from rasid.ports import Closing

Json = dict[str, Any]

_PAGE = 1_000
_NEWEST = [{"created_micros": "desc"}, {"id": "desc"}]
_BY_ALERT = [{"alert_id": "asc"}, {"receiver": "asc"}]


class ElasticsearchAlerts(Closing):
    """An AlertStore (rasid.ports). What is kept is in `alerts` at once: alerts are few, reading makes them visible."""

    def __init__(
        self,
        address: str,
        *,
        prefix: str = "news",
        api_key: str | None = None,
        ca_certs: str | None = None,
        delays: Sequence[float] = DELAYS,
    ) -> None:
        """Take the server's address, and `prefix`, with which all names on the server begin."""
        self._address = address
        self._client = connect(address, api_key=api_key, ca_certs=ca_certs, timeout=TIMEOUT)
        self._names = Names(prefix)
        self._schema = Schema(self._client, address, self._names)
        self._bulk = Bulk(self._client, address, delays)

    def record(self, alerts: Sequence[Alert]) -> None:
        """Keep alerts by id (see AlertStore). Raises StoreError for an outage and for one the server refuses."""
        self._send([create(self._names.alerts, alert.id, alert_source(alert)) for alert in alerts])

    def delivered(self, outcomes: Sequence[tuple[str, Delivery]]) -> None:
        """Keep the last outcome for each receiver (see AlertStore)."""
        target = self._names.deliveries
        self._send([put(target, delivery_key(id_, one.receiver), delivery_source(id_, one)) for id_, one in outcomes])

    def alerts(self, *, since: datetime | None = None, limit: int = 1000) -> list[Alert]:
        """Give alerts, newest first (see AlertStore)."""
        return [item.alert for item in self.inbox(InboxFilter(since=since), limit=limit)]

    def get(self, alert_id: str) -> InboxItem | None:
        """Give one alert (see AlertStore)."""
        with translate(self._address):
            self._refresh()
            held = self._held(alert_id)
            return self._items([held])[0] if held else None

    def inbox(self, wanted: InboxFilter, *, limit: int = 50, after: str | None = None) -> list[InboxItem]:
        """Give alerts, newest first (see AlertStore)."""
        with translate(self._address):
            self._refresh()
            behind = None
            if after is not None:
                held = self._held(after)
                if held is None:
                    return []
                behind = [held["_source"]["created_micros"], after]
            pages = self._pages(self._names.alerts, _conditions(wanted), _NEWEST, behind)
            return self._items(list(itertools.islice(pages, limit)))

    def count(self, wanted: InboxFilter) -> int:
        """Count alerts (see AlertStore)."""
        with translate(self._address):
            self._refresh()
            found = self._client.count(index=self._names.alerts, query=_conditions(wanted), ignore_unavailable=True)
        return int(found["count"])

    def rules(self) -> dict[str, int]:
        """Count alerts by rule (see AlertStore)."""
        return {rule: count for (rule,), count in self._counts(self._names.alerts, ("rule",)).items()}

    def acknowledge(self, alert_ids: Sequence[str], at: datetime) -> int:
        """Mark alerts as seen to (see AlertStore)."""
        with translate(self._address):
            return sum(self._acknowledge(one, at) for one in alert_ids)

    def judge(self, alert_id: str, verdict: Verdict | None, at: datetime) -> bool:
        """Keep a judgement (see AlertStore)."""
        with translate(self._address):
            held = self._held(alert_id)
        if verdict is None:
            self._send([delete(self._names.judgements, alert_id)])
        elif held:
            source = {"alert_id": alert_id, "rule": held["_source"]["rule"], "verdict": verdict, "at": at}
            self._send([put(self._names.judgements, alert_id, msgspec.json.encode(source))])
        return held is not None

    def precision(self) -> dict[str, Precision]:
        """Give the judged alerts of each rule (see AlertStore)."""
        counts: dict[str, dict[str, int]] = defaultdict(dict)
        for (rule, verdict), count in self._counts(self._names.judgements, ("rule", "verdict")).items():
            counts[rule][verdict] = count
        return {rule: Precision(right=n.get("right", 0), wrong=n.get("wrong", 0)) for rule, n in counts.items()}

    def retain(self, *, before: datetime) -> int:
        """Forget alerts made earlier than `before`, and their deliveries; return how many. Judgements stay."""
        with translate(self._address):
            self._refresh()
            old: Json = {"range": {"created_micros": {"lt": micros(before)}}}
            gone = [one["_id"] for one in self._pages(self._names.alerts, old, _NEWEST)]
            for start in range(0, len(gone), _PAGE):
                some = gone[start : start + _PAGE]
                theirs = list(self._pages(self._names.deliveries, {"terms": {"alert_id": some}}, _BY_ALERT))
                self._send([delete(self._names.deliveries, one["_id"]) for one in theirs])
                self._send([delete(self._names.alerts, one) for one in some])
        return len(gone)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _all(self) -> list[str]:
        return [self._names.alerts, self._names.deliveries, self._names.judgements]

    def _send(self, actions: Sequence[Action]) -> None:
        self._schema.ensure(set(self._all()))
        if refused := self._bulk.send(actions):
            raise StoreError(f"Elasticsearch at {self._address} refused {refused[0].id}: {refused[0].reason}")

    def _refresh(self) -> None:
        self._client.indices.refresh(index=self._all(), ignore_unavailable=True)

    def _held(self, alert_id: str) -> Json | None:
        try:
            return dict(self._client.get(index=self._names.alerts, id=alert_id).body)
        except NotFoundError:
            return None

    def _acknowledge(self, alert_id: str, at: datetime) -> int:
        """Give 1 where it was open. Of two who do it at once one has done it."""
        held = self._held(alert_id)
        if held is None or "acknowledged_at" in held["_source"]:
            return 0
        try:
            self._client.update(
                index=self._names.alerts,
                id=alert_id,
                doc={"acknowledged_at": at.astimezone(UTC).isoformat()},
                if_seq_no=held["_seq_no"],
                if_primary_term=held["_primary_term"],
            )
        except ConflictError:
            return self._acknowledge(alert_id, at)
        return 1

    def _items(self, hits: Sequence[Json]) -> list[InboxItem]:
        deliveries: dict[str, list[Delivery]] = defaultdict(list)
        verdicts: dict[str, Verdict] = {}
        for start in range(0, len(hits), _PAGE):
            query: Json = {"terms": {"alert_id": [one["_id"] for one in hits[start : start + _PAGE]]}}
            for one in self._pages(self._names.deliveries, query, _BY_ALERT):
                deliveries[one["_source"]["alert_id"]].append(delivery_of(one["_source"]))
            for one in self._pages(self._names.judgements, query, _BY_ALERT[:1]):
                verdicts[one["_id"]] = one["_source"]["verdict"]
        return [item_of(one["_source"], tuple(deliveries[one["_id"]]), verdicts.get(one["_id"])) for one in hits]

    def _counts(self, index: str, fields: tuple[str, ...]) -> dict[tuple[str, ...], int]:
        """Count by the values of `fields`, in their order."""
        sources = [{field: {"terms": {"field": field}}} for field in fields]
        by: Json = {"composite": {"size": 10_000, "sources": sources}}
        with translate(self._address):
            self._refresh()
            answer = self._client.search(index=index, size=0, aggs={"by": by}, ignore_unavailable=True)
        buckets = answer.get("aggregations", {"by": {"buckets": []}})["by"]["buckets"]
        return {tuple(one["key"][field] for field in fields): one["doc_count"] for one in buckets}

    def _pages(self, index: str, query: Json, sort: Sequence[Json], after: list[Any] | None = None) -> Iterator[Json]:
        """Give every match in order, behind the sort values `after`, asked for as far as it is read."""
        body: Json = {"query": query, "sort": sort, "size": _PAGE, "index": index, "ignore_unavailable": True}
        if after:
            body["search_after"] = after
        while hits := self._client.search(**body)["hits"]["hits"]:
            yield from hits
            body["search_after"] = hits[-1]["sort"]


def _conditions(wanted: InboxFilter) -> Json:
    terms = {"rule": wanted.rule, "level": wanted.level}
    filters: list[Json] = [{"term": {field: value}} for field, value in terms.items() if value is not None]
    if wanted.since is not None:
        filters.append({"range": {"created_micros": {"gte": micros(wanted.since)}}})
    open_only: list[Json] = [{"exists": {"field": "acknowledged_at"}}] if wanted.is_open else []
    return {"bool": {"filter": filters, "must_not": open_only}}
