"""Alerts through Apprise, to services that it knows. Its calls block: each runs in a thread that may be given up."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import warnings
from collections.abc import Sequence
from typing import Self

import apprise

from rasid.domain.delivery import Outgoing
from rasid.domain.errors import DeliveryError, NotifyError

# Services with an API of their own. What posts to any address (json, xml, form, apprise, workflows …) is left to our
# own webhook, which looks where it goes; so is all that reads files, runs programs or shows windows on this machine.
SCHEMAS = frozenset(
    {
        "bark", "barks", "discord", "gchat", "gotify", "gotifys", "line", "mailto", "mailtos", "mastodon", "mastodons",
        "matrix", "matrixs", "mmost", "mmosts", "ncloud", "nctalk", "nctalks", "nclouds", "ntfy", "ntfys",
        "opsgenie", "pagerduty", "pover", "rocket", "rockets", "ryver", "signal", "signals", "slack", "tgram",
        "threema", "twist", "viber", "whatsapp", "workflows", "wxteams", "xmpp", "zulip",
    }
)  # fmt: skip
_REFUSED_OPTIONS = ("attach", "template", "include")
_MOST_LATE = 50


def check(url: str) -> str:
    """Give the schema of an address. Raises NotifyError for one that is not on the list, or that Apprise can't read."""
    schema, colon, rest = url.partition("://")
    schema = schema.lower()
    if not colon or schema not in SCHEMAS:
        hint = "; for any web address use `webhook:`" if schema in {"json", "xml", "form", "http", "https"} else ""
        raise NotifyError(f"{schema}:// is not on the list of services ({', '.join(sorted(SCHEMAS))}){hint}")
    options = {pair.partition("=")[0].lower().lstrip("+-:") for pair in rest.partition("?")[2].split("&")}
    for name in _REFUSED_OPTIONS:
        if name in options:
            raise NotifyError(f"{schema}://…?{name}= is not allowed: it reads files or addresses past the guard")
    if not _is_readable(url):
        raise NotifyError(f"Apprise cannot read this {schema}:// address; see its page at appriseit.com/services")
    return schema


class AppriseNotifier:
    """A Notifier (rasid.ports) for one address or several."""

    def __init__(self, urls: Sequence[str]) -> None:
        self._services = [_service(url) for url in urls]
        self._running: dict[str, asyncio.Future[str]] = {}

    async def send(self, message: Outgoing) -> None:
        """Send one message to each address (see Notifier). One address that took it is not asked again for it."""
        causes = [cause for number in range(len(self._services)) if (cause := await self._one(number, message))]
        if causes:
            raise DeliveryError("; ".join(causes))

    async def close(self) -> None:
        """Wait for nothing: what still runs ends with the program."""

    async def _one(self, number: int, message: Outgoing) -> str:
        """Send to one address; give what went wrong, "" for nothing."""
        key = f"{message.id} {number}"
        call = self._running.get(key)
        if call is None or (call.done() and call.result()):
            if any(not other.done() for name, other in self._running.items() if name.endswith(f" {number}")):
                return "the call before still hangs"
            call = self._running[key] = self._call(number, message)
            for old in [name for name, one in self._running.items() if one.done()][:-_MOST_LATE]:
                del self._running[old]
        # A call that outlives its time is not ended by that: the next try finds it, or what it came to.
        return await asyncio.shield(call)

    def _call(self, number: int, message: Outgoing) -> asyncio.Future[str]:
        loop = asyncio.get_running_loop()
        outcome: asyncio.Future[str] = loop.create_future()
        service = self._services[number]

        def run() -> None:
            with _Said() as said:
                try:
                    cause = "" if service.notify(body=message.text, title=message.subject) else said.words()
                except Exception as error:  # noqa: BLE001 - a plugin's failure, whatever it is
                    cause = f"{type(error).__name__}: {error}"
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
                loop.call_soon_threadsafe(outcome.set_result, cause)

        threading.Thread(target=run, name=f"apprise-{number}", daemon=True).start()
        return outcome


class _Said(logging.Handler):
    """Collects what Apprise logs in this thread: it tells causes nowhere else."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self._thread = threading.get_ident()
        self._lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a line of this thread's."""
        if record.thread == self._thread:
            self._lines.append(record.getMessage())

    def words(self) -> str:
        """Give what was said, in one line."""
        return " ".join(" ".join(self._lines).split())[:500] or "Apprise says that it failed, not why"

    def __enter__(self) -> Self:
        """Listen."""
        logging.getLogger("apprise").addHandler(self)
        return self

    def __exit__(self, *_: object) -> None:
        """Listen no more."""
        logging.getLogger("apprise").removeHandler(self)


def _service(url: str) -> apprise.NotifyBase:
    made = _made(url)
    if made is None:
        raise NotifyError(f"Apprise cannot read this {check(url)}:// address")
    return made


def _asset() -> apprise.AppriseAsset:
    return apprise.AppriseAsset(
        app_id="Rasid", app_desc="Rasid", app_url="", plugin_paths=[], async_mode=False, interpret_escapes=False
    )


def _is_readable(url: str) -> bool:
    logger = logging.getLogger("apprise")
    was, logger.disabled = logger.disabled, True  # it writes the address, secrets and all
    try:
        return _made(url) is not None
    except Exception:  # noqa: BLE001 - a plugin's failure to read is a no
        return False
    finally:
        logger.disabled = was


def _made(url: str) -> apprise.NotifyBase | None:
    with warnings.catch_warnings():
        # All its plugins are loaded with the first one, and some use what Python is about to drop.
        warnings.simplefilter("ignore", DeprecationWarning)
        return apprise.Apprise.instantiate(url, asset=_asset())
