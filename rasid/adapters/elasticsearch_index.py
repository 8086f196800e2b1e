"""The index in Elasticsearch: documents whole, in monthly indices behind an alias."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from elasticsearch import NotFoundError

from rasid.adapters.elasticsearch_bulk import Action, Bulk, delete, put
from rasid.adapters.elasticsearch_client import TIMEOUT, connect, translate
from rasid.adapters.elasticsearch_documents import document_of, source_of
from rasid.adapters.elasticsearch_labels import Labels
from rasid.adapters.elasticsearch_query import matching
from rasid.adapters.elasticsearch_schema import Schema
from rasid.adapters.elasticsearch_search import Asked, Searcher
from rasid.adapters.elasticsearch_templates import Names
from rasid.adapters.highlight import Highlighter
from rasid.domain.article import GroupedArticle
from rasid.domain.patterns import expanded
from rasid.domain.query import Between, Everything, Not, Pattern, Query
from rasid.domain.search import FacetName, Hit, SearchPage, Sort
from rasid.ports import Analyzer, Closing, Rejected

# Seconds waited, one after the other, for a server that is busy.
_DELAYS = (0.1, 0.3, 1.0, 3.0, 9.0)


class ElasticsearchIndex(Closing):
    """An Index (rasid.ports).

    What is written is visible to `get` at once and to everything else after `refresh()`, or else within a second or
    so (the indices' refresh_interval); it survives a power cut once `write` returns. Relevance is Elasticsearch's BM25
    over all months at once, the title weighing threefold: its scores differ from SQLite's, what is found does not.
    An article's id must begin with its month, which names the index it lies in.
    """

    def __init__(
        self,
        address: str,
        analyzer: Analyzer,
        *,
        prefix: str = "news",
        api_key: str | None = None,
        ca_certs: str | None = None,
        delays: Sequence[float] = _DELAYS,
    ) -> None:
        """Take the server's address, and `prefix`, with which all names on the server begin."""
        self._address = address
        self._highlights = Highlighter(analyzer)
        self._client = connect(address, api_key=api_key, ca_certs=ca_certs, timeout=TIMEOUT)
        self._names = Names(prefix)
        self._schema = Schema(self._client, address, self._names)
        self._bulk = Bulk(self._client, address, delays)
        self._labels = Labels(self._client, self._names)
        self._searcher = Searcher(self._client, self._names, self._labels)

    def prepare(self) -> None:
        """Put templates and the index of labels (`rasid index init`); the first write does it where its key may."""
        self._schema.put()

    def write(self, documents: Sequence[GroupedArticle]) -> Sequence[Rejected]:
        """Store the newest version of each (see Index)."""
        actions: list[Action] = []
        stored: list[GroupedArticle] = []
        rejected: list[Rejected] = []
        now = datetime.now(UTC)
        for document in documents:
            try:
                actions.append(self._action(document, now))
                stored.append(document)
            except ValueError as error:  # this document can never be stored; the others can
                rejected.append(Rejected(document.id, str(error)))
        self._schema.ensure({self._names.month(one.id) for one in stored})
        # Labels first: a document that is held is not looked at again, and its labels would be lost with a kill.
        labels = self._labels.changed(stored)
        self._bulk.send(self._labels.actions(labels))
        self._labels.remember(labels)
        return [*rejected, *self._bulk.send(actions)]

    def refresh(self) -> None:
        """Make everything written visible to `search` (see Index)."""
        with translate(self._address):
            self._client.indices.refresh(index=self._names.alias, ignore_unavailable=True)

    def get(self, article_id: str) -> GroupedArticle | None:
        """Give one document, or None."""
        with translate(self._address):
            try:
                held = self._client.get(index=self._names.month(article_id), id=article_id)
            except (NotFoundError, ValueError):
                return None
        return document_of(held["_source"])

    def search(
        self,
        query: Query,
        *,
        limit: int = 20,
        sort: Sort = "newest",
        cursor: str | None = None,
        facets: Sequence[FacetName] = (),
        collapse: bool = False,
    ) -> SearchPage:
        """Find documents (see Index). Beyond 65,000 stories their number is an estimate, good to about 1 %."""
        with translate(self._address):
            query = expanded(query, self._searcher.terms)
            asked = Asked(query, limit, sort, cursor, facets)
            page = self._searcher.stories(asked) if collapse else self._searcher.documents(asked)
        return SearchPage(
            hits=tuple(self._hit(one, query, page.sizes) for one in page.hits),
            total=page.total,
            cursor=page.cursor,
            facets=page.facets,
        )

    def terms(self, pattern: Pattern) -> Sequence[str]:
        """Give the terms held that a pattern stands for (see Index)."""
        with translate(self._address):
            return self._searcher.terms(pattern)

    def scan(self, query: Query) -> Iterator[GroupedArticle]:
        """Give every match, oldest first, in pages (see Index)."""
        after: list[Any] | None = None
        with translate(self._address):
            query = expanded(query, self._searcher.terms)
        while True:
            with translate(self._address):
                found = self._searcher.oldest(query, after)
            if not found:
                return
            yield from (document_of(one["_source"]) for one in found)
            after = found[-1]["sort"]

    def count(self) -> int:
        """Count the documents that are visible."""
        with translate(self._address):
            return self._count(Everything(), self._names.alias)

    def retain(self, *, before: datetime) -> int:
        """Remove documents first seen earlier (see Index): months gone by as whole indices, else one by one.

        An index goes whole only when it holds nothing that is to stay, whatever its name says.
        """
        self.refresh()
        removed = 0
        old = Between("first_seen_at", None, before)
        border = self._names.month(before.astimezone(UTC).strftime("%Y%m-"))
        with translate(self._address):
            for index in self._schema.indices():
                due = self._count(old, index)
                if index < border and not self._count(Not(old), index):
                    self._schema.drop(index)
                elif due:
                    self._bulk.send([delete(index, key) for key in self._searcher.ids(old, index)])
                removed += due
        return removed

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _action(self, document: GroupedArticle, now: datetime) -> Action:
        index = self._names.month(document.id)
        return put(index, document.id, source_of(document, indexed_at=now), version=document.version)

    def _count(self, query: Query, index: str) -> int:
        return int(self._client.count(index=index, query=matching(query), ignore_unavailable=True)["count"])

    def _hit(self, found: dict[str, Any], query: Query, sizes: Mapping[str, int]) -> Hit:
        document = document_of(found["_source"])
        return Hit(
            document=document,
            score=found["_score"] or 0.0,
            highlights=self._highlights(query, document),
            story_size=sizes.get(document.story_id, 1),
        )
