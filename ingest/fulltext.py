"""The article's own page, where the feed gives only a teaser: fetched under the same limits, text taken by trafilatura.

Nothing here is fetched by trafilatura itself, whose fetcher reaches any address. `extract` works on bytes at hand and
is meant for a worker process: pages are hostile input, and it takes tens of milliseconds.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import trafilatura

from ingest.fetch import Fetcher
from ingest.parsing.charset import to_utf8
from ingest.robots import Robots

PAGES = "text/html, application/xhtml+xml;q=0.9, */*;q=0.1"

Extractor = Callable[[bytes, str], Awaitable[str]]

_HTML_TYPES = frozenset({"text/html", "application/xhtml+xml", "application/xml", "text/xml", ""})
_WHOLE = 3600  # characters: a text this long is taken for the article, whatever it ends in
_LEAST = 80  # characters: less on a page is a menu or a notice
_SHORT = 280  # characters: no article is shorter; about two sentences
_TAIL = 160  # characters at the end where a teaser's mark stands
_MARKUP_TAIL = 600

_ELLIPSIS = re.compile(r"(?:…|\.\.\.)[\s»>→\"”]*$")
_CUT = re.compile(r"[\[(]\s*(?:…|\.{2,4}|&hellip;|\+\d+ chars)\s*[\])][\s»>→]*$")
# What links to the rest of an article say, at the end of a text and perhaps with the site's name.
_PHRASES = (
    r"(?:continue|keep) reading|read (?:the )?(?:more|on|full (?:story|article|text)|rest(?: of .{1,40})?)|full story",
    r"(?:читать|читайте|узнать) (?:далее|дальше|полностью|подробнее|больше|полный текст|продолжение)",
    r"(?:اقرأ|إقرأ|اقرا|أقرأ|لقراءة|قراءة|طالع|شاهد) (?:المزيد|التفاصيل|البقية|المقال|الخبر|بقية الخبر|التقرير)",
    r"(?:تابع|لمتابعة|متابعة) (?:القراءة|قراءة الخبر|المزيد)",
)
_ONWARD = re.compile(
    rf"(?:{'|'.join(_PHRASES)})(?: (?:كاملا|كاملة|بالكامل))?(?: (?:on|at|in|на|в|على|في|عبر) .{{1,40}})?"
    r"[\s.:…»>→←«\])-]*$",
    re.IGNORECASE,
)
# Words too common to stand for that by themselves: only after the end of a sentence, with nothing behind.
_ONWARD_WORD = re.compile(
    r"[.!?؟…»\"\])]\s*(?:more|details|далее|подробнее|подробности|продолжение|المزيد|التفاصيل|للمزيد|تفاصيل)[\s.:…»>→←«-]*$",
    re.IGNORECASE,
)
_SYNDICATED = re.compile(r" ?The post .{1,300} (?:first )?appeared first on .{1,100}$")  # WordPress, under any text
# Labels that stand as lines of their own between paragraphs.
_LABELS = frozenset({"إعلان", "اعلان", "إعلانات", "реклама", "advertisement", "advert", "sponsored"})
_META_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_HEAD = 4096  # bytes in which a page declares its charset (HTML asks for the first 1024)
_TASHKEEL = re.compile("[ـً-ْ]")
_TAG = re.compile(r"<[^<>]{0,300}>")


@dataclass(frozen=True, slots=True, kw_only=True)
class FullText:
    """The text of a page, paragraphs apart by a blank line; `url` is where it was found in the end."""

    url: str
    text: str


async def in_a_thread(html: bytes, url: str) -> str:
    """Run `extract` beside the event loop, for callers without worker processes."""
    return await asyncio.to_thread(extract, html, url)


async def full_text(
    url: str, fetcher: Fetcher, robots: Robots, *, title: str = "", run: Extractor = in_a_thread
) -> FullText | None:
    """Fetch an article's page and take its text; None where robots.txt forbids it or there is none to take.

    `run` runs `extract` (in a worker process, where there are any); a heading equal to `title` is left out.
    Raises FetchError for the page as Fetcher.get does, and whatever `run` raises.
    """
    if not await robots.allowed(url):
        return None
    response = await fetcher.get(url, accept=PAGES)
    if media_type(response.content_type) not in _HTML_TYPES or not response.body:
        return None
    if response.url != url and not await robots.allowed(response.url):
        return None
    page = in_utf8(response.body, response.content_type)
    text = without_heading(await run(page, response.url), title)
    return FullText(url=response.url, text=text) if len(text) >= _LEAST else None


def extract(html: bytes, url: str) -> str:
    """Give the main text of a page, paragraphs apart by a blank line, "" where there is none.

    Picklable, and without state. It may take long on hostile pages: run it under a clock and a memory limit.
    """
    # As text: given bytes, trafilatura guesses the charset from their statistics and unpacks what looks compressed.
    page = _XML_DECLARATION.sub("", in_utf8(html, None).decode("utf-8"), count=1)
    text = trafilatura.extract(page, url=url, include_comments=False, include_tables=False) or ""
    lines = (line.strip() for line in text.splitlines())
    return "\n\n".join(line for line in lines if line and _plain(line) not in _LABELS)


def in_utf8(html: bytes, content_type: str | None) -> bytes:
    """Give a page in UTF-8; the header's charset outranks the page's own (HTML 13.2.3.2), the bytes outrank both."""
    if not _CHARSET.search(content_type or ""):
        declared = _META_CHARSET.search(html[:_HEAD])
        content_type = f"text/html; charset={declared[1].decode('ascii')}" if declared else None
    return to_utf8(html, content_type).utf8


def without_heading(text: str, title: str) -> str:
    """Drop a first paragraph that only repeats the title."""
    first, _, rest = text.partition("\n\n")
    return rest if title and _plain(first) == _plain(title) else text


def is_teaser(title: str, text: str, html: str) -> bool:
    """Say whether a feed gives only the beginning of an article: too short, cut off, or pointing to the rest.

    `text` is the entry's plain text, `html` the markup it was taken from (a link to the rest may stand only there).
    """
    if len(text) > 2 * _WHOLE:  # spaces and all: not worth a look
        return False
    body = _without_credit(_spaced(text))
    if len(body) < _SHORT or (len(body) < 2 * len(title) and _plain(body) == _plain(title)):
        return True
    if len(body) >= _WHOLE:
        return False
    markup = _spaced(_TAG.sub(" ", html[-_MARKUP_TAIL:]))
    return any(_points_onward(end[-_TAIL:]) for end in (body, _without_credit(markup)))


def _without_credit(text: str) -> str:
    return _SYNDICATED.sub("", text) if "appeared first on" in text[-_TAIL:] else text


def _points_onward(end: str) -> bool:
    end = _TASHKEEL.sub("", end)
    return any(mark.search(end) for mark in (_ELLIPSIS, _CUT, _ONWARD, _ONWARD_WORD))


def media_type(content_type: str | None) -> str:
    """Give the media type of a Content-Type header in lower case, "" where there is none."""
    return (content_type or "").partition(";")[0].strip().lower()


def _plain(text: str) -> str:
    """Reduce a line to its letters and digits, so that typography does not tell two headings apart."""
    folded = unicodedata.normalize("NFKC", text).casefold()
    return "".join(letter for letter in folded if letter.isalnum())


def _spaced(text: str) -> str:
    return " ".join(text.split())
