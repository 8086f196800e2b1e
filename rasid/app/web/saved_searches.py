"""Searches that a person keeps: one JSON file in the data directory, under names of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from secrets import token_hex

import msgspec

from rasid.domain.errors import InputError, StoreError
from rasid.domain.search import Sort

FILE = "searches.json"
MOST, LONGEST_NAME = 500, 100


class SavedSearch(msgspec.Struct, frozen=True, kw_only=True):
    """A search as its page's address says it, with a name."""

    id: str
    name: str
    q: str = ""
    sort: Sort = "newest"
    filters: tuple[tuple[str, str], ...] = ()
    collapse: bool = True
    saved_at: datetime


class SavedSearches:
    """Reads and writes the file whole, so that an editor, a backup and another process see one state. Any thread."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / FILE
        self._lock = threading.Lock()

    def all(self) -> list[SavedSearch]:
        """Give them by name. Raises StoreError for a file that cannot be read."""
        try:
            found = msgspec.json.decode(self._path.read_bytes(), type=list[SavedSearch])
        except FileNotFoundError:
            return []
        except (OSError, msgspec.MsgspecError) as error:
            raise StoreError(f"{self._path}: cannot be read: {error}; mend it, or move it away") from error
        return sorted(found, key=lambda one: (one.name.casefold(), one.id))

    def get(self, search_id: str) -> SavedSearch | None:
        """Give one by its id."""
        return next((one for one in self.all() if one.id == search_id), None)

    def save(
        self,
        name: str,
        q: str,
        *,
        sort: Sort = "newest",
        filters: tuple[tuple[str, str], ...] = (),
        collapse: bool = True,
    ) -> SavedSearch:
        """Keep a search; one of the same name is replaced and keeps its id. Raises InputError for a bad name."""
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise InputError(f"a saved search needs a name of at most {LONGEST_NAME} characters")

        def change(held: list[SavedSearch]) -> list[SavedSearch]:
            same = next((one.id for one in held if one.name == name), None)
            if same is None and len(held) >= MOST:
                raise InputError(f"there are {MOST} saved searches already; delete some")
            saved.append(
                SavedSearch(
                    id=same or token_hex(6),
                    name=name,
                    q=q,
                    sort=sort,
                    filters=filters,
                    collapse=collapse,
                    saved_at=datetime.now(UTC),
                )
            )
            return [*(one for one in held if one.id != same), saved[0]]

        saved: list[SavedSearch] = []
        self._change(change)
        return saved[0]

    def delete(self, search_id: str) -> bool:
        """Forget one; tell whether it was there."""
        before = self.get(search_id)
        self._change(lambda held: [one for one in held if one.id != search_id])
        return before is not None

    def _change(self, change: Callable[[list[SavedSearch]], list[SavedSearch]]) -> None:
        with self._lock:
            changed = change(self.all())
            written = self._path.with_name(f"{FILE}.new")
            try:
                written.write_bytes(msgspec.json.format(msgspec.json.encode(changed), indent=2) + b"\n")
                written.replace(self._path)
            except OSError as error:
                raise StoreError(f"{self._path}: cannot be written: {error.strerror}") from error
