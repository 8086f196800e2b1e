"""Every error the project raises on purpose, as one tree.

RasidError
├── InputError            a person's file, feed or query is wrong; the text says where and what to do
│   ├── FeedsFileError    feeds.yaml or an OPML file
│   ├── QueryError        a search query, with the position
│   ├── RuleError         a rule file
│   └── NotifyError       notify.yaml, or a template of a message
├── FetchError            one address could not be fetched
├── ParseError            one document could not be read
├── DeliveryError         a receiver did not take a message
├── CodecError            bytes from the log could not be decoded
└── StoreError            a data directory or database cannot be used
    ├── StoreBusyError    another process holds it
    ├── StoreFullError    the disk is full
    └── StoreNewerError   written by a newer version of the program
"""

from __future__ import annotations

from enum import Enum


class RasidError(Exception):
    """Base of all: its text is a sentence for the person who reads it."""


class InputError(RasidError):
    """Something a person wrote cannot be used; names the file, line and reason where known."""

    def __init__(self, message: str, *, source: str | None = None, line: int | None = None) -> None:
        place = ":".join(str(part) for part in (source, line) if part is not None)
        super().__init__(f"{place}: {message}" if place else message)
        self.source = source
        self.line = line
        self.reason = message


class FeedsFileError(InputError):
    """A feed list (feeds.yaml, OPML) cannot be used."""


class RuleError(InputError):
    """A rule file cannot be used."""


class NotifyError(InputError):
    """The list of receivers (notify.yaml) or a template of a message cannot be used."""


class QueryError(InputError):
    """A search query cannot be understood; `position` counts code points from 0."""

    def __init__(self, message: str, *, position: int | None = None) -> None:
        where = "" if position is None else f" (at character {position + 1})"
        super().__init__(f"{message}{where}")
        self.position = position


class FailureWeight(Enum):
    """How much one failed poll counts against a feed (after Media Cloud's rss-fetcher)."""

    HARD = 1.0
    SOFT = 0.5
    TEMPORARY = 0.25


class FetchError(RasidError):
    """One address could not be fetched; `weight` says how much it counts, `retry_after` (seconds) when to ask again."""

    def __init__(
        self,
        message: str,
        *,
        url: str,
        weight: FailureWeight = FailureWeight.TEMPORARY,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{url}: {message}")
        self.url = url
        self.reason = message
        self.weight = weight
        self.status = status
        self.retry_after = retry_after


class ParseError(RasidError):
    """One document could not be read as any feed format; the text says why."""


class DeliveryError(RasidError):
    """A receiver did not take a message. `is_outage`: it is away, and the next one would fare no better.

    `retry_after` (seconds) is when it wants to be asked again; `is_final`: it must not be asked again.
    """

    def __init__(
        self, message: str, *, is_outage: bool = True, retry_after: float | None = None, is_final: bool = False
    ) -> None:
        super().__init__(message)
        self.is_outage = is_outage
        self.retry_after = retry_after
        self.is_final = is_final


class CodecError(RasidError):
    """Bytes from the log are not a message this version understands."""


class StoreError(RasidError):
    """A data directory or database cannot be used."""


class StoreBusyError(StoreError):
    """Another process holds the data directory, or the database stayed locked."""


class StoreFullError(StoreError):
    """The disk is full: nothing was acknowledged, nothing acknowledged is lost."""


class StoreNewerError(StoreError):
    """The data directory was written by a newer version of the program."""
