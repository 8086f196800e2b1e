"""Ask robots.txt before reading an article's page (RFC 9309). The rules are pure; Robots fetches and keeps them."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import quote, unquote_to_bytes

from yarl import URL

from ingest.fetch import Fetcher
from rasid.domain.errors import FetchError

_KEEP_SECONDS = 86_400.0  # RFC 9309 2.4: no longer than a day
_RETRY_SECONDS = 900.0  # where it could not be had: disallowed, and asked again after this
_MAX_HOSTS = 2048
_MAX_BYTES = 500 * 1024  # RFC 9309 2.5: at least this much is to be read
_CLIENT_ERROR = range(400, 500)
_ASK_LATER = (408, 425, 429)
_RESERVED_ESCAPE = re.compile(r"%(2[345AaFf]|3[Ff])")  # $ % * / ? mean something else when they are not escaped
_UNESCAPED = "/*$?&=;:@!'()+,~%"
_TOKEN = re.compile(r"[A-Za-z_-]+")


@dataclass(frozen=True, slots=True)
class Rules:
    """What one site says to us: (pattern, allowed) pairs, the longest patterns first and of equals the allowing one."""

    lines: tuple[tuple[str, bool], ...] = ()

    def allows(self, path: str) -> bool:
        """Say whether a path with its query may be fetched; the longest pattern that matches decides."""
        wanted = _normal_path(path or "/")
        return next((allowed for pattern, allowed in self.lines if _matches(pattern, wanted)), True)


EVERYTHING = Rules()
NOTHING = Rules((("/", False),))


def parse_robots(text: bytes, product: str) -> Rules:
    """Read a robots.txt for the crawler `product`: its own groups joined, else those for everyone."""
    ours: list[tuple[str, bool]] = []
    everyones: list[tuple[str, bool]] = []
    named = False
    targets: list[list[tuple[str, bool]]] = []
    in_agents = False
    for key, value in _lines(text):
        if key == "user-agent":
            targets = targets if in_agents else []
            in_agents = True
            if value == "*":
                targets.append(everyones)
            elif _product(value) == product.lower():
                named = True
                targets.append(ours)
        elif key in {"allow", "disallow"}:
            in_agents = False
            if value:  # an empty Disallow allows everything, which is what no line says too
                for target in targets:
                    target.append((_normal_pattern(value), key == "allow"))
    chosen = ours if named else everyones
    return Rules(tuple(sorted(dict.fromkeys(chosen), key=lambda line: (-len(line[0]), not line[1]))))


def product_token(user_agent: str) -> str:
    """Give the name a site would write for us: the product of a User-Agent like `Rasid/1.0 (+mailto:…)`."""
    return user_agent.partition("/")[0].strip().lower()


class Robots:
    """Keeps the rules of each site for a day; one event loop. Pages of sites whose rules cannot be had are not read."""

    def __init__(self, fetcher: Fetcher, clock: Callable[[], float] = time.monotonic) -> None:
        self._fetcher = fetcher
        self._product = product_token(fetcher.settings.user_agent)
        self._clock = clock
        self._kept: dict[str, tuple[float, Rules]] = {}
        self._asking: dict[str, asyncio.Task[Rules]] = {}

    async def allowed(self, url: str) -> bool:
        """Say whether the site lets us fetch `url`; never raises for what the site does."""
        try:
            address = URL(url)
            site = str(address.origin())
        except ValueError:
            return False
        path = address.raw_path_qs
        if path == "/robots.txt":
            return True
        return (await self._rules(site)).allows(path)

    async def _rules(self, site: str) -> Rules:
        kept = self._kept.get(site)
        if kept is not None and kept[0] > self._clock():
            return kept[1]
        asking = self._asking.get(site)
        if asking is None:
            asking = self._asking[site] = asyncio.create_task(self._ask(site))
            asking.add_done_callback(lambda _: self._asking.pop(site, None))
        return await asyncio.shield(asking)  # one page given up must not take the answer from the others

    async def _ask(self, site: str) -> Rules:
        """Fetch the rules: none at all (4xx) allow everything, a server in trouble allows nothing for now."""
        seconds = _KEEP_SECONDS
        try:
            response = await self._fetcher.get(f"{site}/robots.txt", accept="text/plain, */*;q=0.5")
            rules = parse_robots(response.body[:_MAX_BYTES], self._product)
        except FetchError as error:
            missing = error.status in _CLIENT_ERROR and error.status not in _ASK_LATER
            rules = EVERYTHING if missing else NOTHING
            if not missing:
                seconds = max(_RETRY_SECONDS, error.retry_after or 0.0)
        if len(self._kept) >= _MAX_HOSTS:
            self._kept.pop(next(iter(self._kept)))
        self._kept.pop(site, None)
        self._kept[site] = (self._clock() + seconds, rules)
        return rules


def _lines(text: bytes) -> list[tuple[str, str]]:
    """Split into (key, value), without comments and what is no line of either kind."""
    decoded = text.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    pairs = (line.partition("#")[0].partition(":") for line in re.split(r"\r\n|\r|\n", decoded))
    return [(key.strip().lower(), value.strip()) for key, colon, value in pairs if colon]


def _product(value: str) -> str:
    found = _TOKEN.match(value)
    return found[0].lower() if found else ""


def _normal_pattern(path: str) -> str:
    """Write a path with the same characters escaped however it came, so that octets are compared (RFC 9309 2.2.2)."""
    kept = _RESERVED_ESCAPE.sub(lambda escape: f"%25{escape[1].upper()}", path)
    return quote(unquote_to_bytes(kept), safe=_UNESCAPED)


def _normal_path(path: str) -> str:
    """Write an address's path likewise; its own * and $ are characters, not wildcards."""
    return _normal_pattern(path.replace("*", "%2A").replace("$", "%24"))


def _matches(pattern: str, path: str) -> bool:
    """Match with * for anything and $ for the end, in time linear in the path for each part: no regular expression."""
    anchored = pattern.endswith("$")
    first, *parts = (pattern[:-1] if anchored else pattern).split("*")
    if not path.startswith(first):
        return False
    if not parts:
        return not anchored or path == first
    at = len(first)
    for part in parts[:-1]:
        found = path.find(part, at)
        if found < 0:
            return False
        at = found + len(part)
    last = parts[-1]
    return len(path) - len(last) >= at and path.endswith(last) if anchored else path.find(last, at) >= 0
