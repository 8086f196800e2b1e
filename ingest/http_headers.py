"""Read the response headers that say when to ask again (RFC 9110 10.2.3, RFC 9111 4.2). Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from functools import lru_cache

MAX_FRESH = 86_400.0  # a feed that claims to stay fresh for longer is asked once a day all the same
MAX_RETRY_AFTER = 7 * 86_400.0  # a slip of the server's must not silence a feed for years
_MAX_AGE = re.compile(r"(?:^|[,\s])max-age\s*=\s*\"?([0-9]{1,10})")
_MUST_ASK = re.compile(r"(?:^|[,\s])(?:no-cache|no-store)(?:$|[,\s=])")
_MAX_VALIDATOR = 1024


def retry_after(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    """Give the seconds of a Retry-After header, a number or an HTTP date, None where it says nothing."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return float(min(int(value[:12]), MAX_RETRY_AFTER))
    at = http_date(value)
    if at is None:
        return None
    # The server's own clock counts, where it tells it: then a wrong clock here does no harm.
    served_at = http_date(headers.get("Date", "")) or now()
    return min(max((at - served_at).total_seconds(), 0.0), MAX_RETRY_AFTER)


def max_age(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    """Give for how many seconds the server says its answer stays fresh (at most a day), None where it says nothing.

    Cache-Control outranks Expires; the time that the answer spent in caches (Age) is already gone.
    """
    control = headers.get("Cache-Control")
    fresh = None if control is None else _fresh(control)
    if fresh is None:
        return _until_expiry(headers, now)
    age = headers.get("Age", "").strip()
    spent = int(age[:10]) if age.isascii() and age.isdigit() else 0
    return min(max(fresh - spent, 0.0), MAX_FRESH)


@lru_cache(maxsize=512)  # servers say the same few things
def _fresh(control: str) -> float | None:
    control = control.lower()
    if _MUST_ASK.search(control):
        return 0.0
    found = _MAX_AGE.search(control)
    return None if found is None else float(found[1])


def _until_expiry(headers: Mapping[str, str], now: Callable[[], datetime]) -> float | None:
    expires = headers.get("Expires")
    if expires is None:
        return None
    at = http_date(expires)
    if at is None:
        return 0.0  # "0" and the like mean: already expired (RFC 9111 5.3)
    served_at = http_date(headers.get("Date", "")) or now()
    return min(max((at - served_at).total_seconds(), 0.0), MAX_FRESH)


def http_date(value: str) -> datetime | None:
    """Read an HTTP date in any of its three forms, None for anything else."""
    try:
        at = parsedate_to_datetime(value.strip())
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def validator(value: str | None) -> str | None:
    """Give an ETag or Last-Modified that can be kept and sent back as it is, None for one that cannot."""
    usable = value is not None and 0 < len(value) <= _MAX_VALIDATOR and value.isascii() and value.isprintable()
    return value if usable else None
