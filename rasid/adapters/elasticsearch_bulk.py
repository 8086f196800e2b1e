"""Bulk writing: in requests of bounded size, item by item, patient with a busy server."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from elasticsearch import ApiError, Elasticsearch

from rasid.adapters.elasticsearch_client import OUTAGE, cause, translate
from rasid.domain.errors import StoreError
from rasid.ports import Rejected

# Elasticsearch takes 100 MB at most and is quickest with a few.
_MAX_BYTES, _MAX_ACTIONS = 5_000_000, 1_000
_CONFLICT, _TOO_LARGE, _TOO_MANY = 409, 413, 429
_NOT_FOUND = 404
_UNAVAILABLE = {_TOO_MANY, 502, 503, 504}


@dataclass(frozen=True, slots=True)
class Action:
    """One item of a bulk request: its lines as they are sent."""

    id: str
    lines: tuple[bytes, ...]

    @property
    def size(self) -> int:
        """Give the bytes it takes in a request."""
        return sum(len(line) + 1 for line in self.lines)


def put(index: str, key: str, source: bytes, *, version: int | None = None) -> Action:
    """Store a document whole: with a `version` only over a lower one."""
    external = {} if version is None else {"version": version, "version_type": "external"}
    return Action(key, (_line("index", index, key, **external), source))


def create(index: str, key: str, source: bytes) -> Action:
    """Store a document where there is none of its key; one that is there stays as it is."""
    return Action(key, (_line("create", index, key), source))


def delete(index: str, key: str) -> Action:
    """Remove a document."""
    return Action(key, (_line("delete", index, key),))


class Bulk:
    """Sends actions; what a busy server refused (429, 503), be it one item, is sent again after `delays` (seconds)."""

    def __init__(self, client: Elasticsearch, address: str, delays: Sequence[float]) -> None:
        self._client = client
        self._address = address
        self._delays = delays

    def send(self, actions: Sequence[Action]) -> list[Rejected]:
        """Do all; give those refused for themselves. A conflict means done: what is held is as new, or it is gone.

        Raises StoreError for an outage; then nothing is promised.
        """
        return [one for request in _requests(actions) for one in self._request(request)]

    def _request(self, actions: Sequence[Action]) -> list[Rejected]:
        rejected: list[Rejected] = []
        left = list(actions)
        for delay in (*self._delays, None):
            left, refused, why = self._try(left)
            rejected += refused
            if not left:
                return rejected
            if delay is not None:
                time.sleep(delay)
        raise StoreError(
            f"Elasticsearch at {self._address} takes no more writes ({why}): it is overloaded, or its disk is full"
        )

    def _try(self, actions: list[Action]) -> tuple[list[Action], list[Rejected], str]:
        """Give what to try again, what was refused, and why it must be tried again."""
        lines: list[Any] = [line for action in actions for line in action.lines]  # the client sends bytes as they are
        try:
            with translate(self._address):
                answer = self._client.bulk(operations=lines, filter_path="errors,items.*.status,items.*.error")
        except StoreError as error:
            busy = isinstance(error.__cause__, ApiError) and error.__cause__.status_code
            if busy == _TOO_LARGE and len(actions) == 1:
                return [], [Rejected(actions[0].id, str(error))], ""
            if busy in _UNAVAILABLE:
                return actions, [], str(error)
            raise
        return self._sorted(actions, answer["items"]) if answer["errors"] else ([], [], "")

    def _sorted(
        self, actions: list[Action], items: list[dict[str, dict[str, Any]]]
    ) -> tuple[list[Action], list[Rejected], str]:
        again: list[Action] = []
        rejected: list[Rejected] = []
        why = ""
        for action, item in zip(actions, items, strict=True):
            ((kind, outcome),) = item.items()
            status, error = outcome["status"], cause(outcome.get("error"))
            if "error" not in outcome or status == _CONFLICT or (kind == "delete" and status == _NOT_FOUND):
                continue
            if status in _UNAVAILABLE:
                again, why = [*again, action], error
            elif status in OUTAGE:
                raise StoreError(f"Elasticsearch at {self._address} failed ({status}): {error}")
            else:
                rejected.append(Rejected(action.id, error))
        return again, rejected, why


def _line(kind: str, index: str, key: str, **more: object) -> bytes:
    return json.dumps({kind: {"_index": index, "_id": key, **more}}).encode()


def _requests(actions: Sequence[Action]) -> Iterator[list[Action]]:
    request: list[Action] = []
    size = 0
    for action in actions:
        if request and (size + action.size > _MAX_BYTES or len(request) >= _MAX_ACTIONS):
            yield request
            request, size = [], 0
        request.append(action)
        size += action.size
    if request:
        yield request
