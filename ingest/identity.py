"""What an item is known by: one key for every address under which the same article can be reached.

The key is for comparing only: people are shown the address the feed gave.
"""

from __future__ import annotations

import hashlib
import re
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlencode, urlsplit

from rasid.domain.article import Entry

# Parameters that say where a reader came from, never what the reader gets. A trailing * is a prefix.
_TRACKING = (
    "_ga", "_gl", "_hsenc", "_hsmi", "amp", "amp_gsa", "amp_js_v", "at_*", "cmp", "cmpid", "cn-reloaded", "dclid",
    "fb_*", "fbclid", "from_source", "gaa_*", "gbraid", "gclid", "gclsrc", "guccounter", "hash_user", "igsh", "igshid",
    "ito", "mc_cid", "mc_eid", "mibextid", "mkt_tok", "msclkid", "ncid", "ns_*", "ocid", "oly_*", "outputtype",
    "partner", "pk_*", "ref", "ref_src", "ref_url", "referer", "referrer", "rss", "s_cid", "share", "smid", "sr_share",
    "taid", "traffic_source", "twclid", "usqp", "utm_*", "vero_*", "wbraid", "wickedid", "wt_*", "xtor", "yclid",
    "ysclid", "__twitter_impression",
)  # fmt: skip
_SESSION = {"aspsessionid", "cfid", "cftoken", "jsessionid", "phpsessid", "s", "sessid", "session", "session_id", "sid"}
_TRACKING_EXACT = {name for name in _TRACKING if not name.endswith("*")}
_TRACKING_PREFIX = tuple(name[:-1] for name in _TRACKING if name.endswith("*"))
_AMP_VALUES = {"output": {"amp"}, "output_type": {"amp"}, "view": {"amp"}, "mobile": {"1", "true"}, "m": {"1"}}
_SESSION_VALUE = re.compile(r"[0-9a-zA-Z,-]{16,}")
_VARIANT_HOST = re.compile(r"^(?:www\d?|m|mobile|amp|wap|touch)\.(?=[^.]+\.)")
_AMP_CACHE = re.compile(r"^/(?:[a-z]/)?(s/)?(?P<rest>[^/]+\..*)$")
_PATH_SESSION = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/?#;]*", re.IGNORECASE)
_INDEX_PAGE = re.compile(r"/(?:index|default)\.(?:html?|php|aspx?|jsp)$", re.IGNORECASE)
_AMP_PATH = re.compile(r"(?:/amp(?:\.html)?/*$|\.amp(?=\.html?$|/*$))", re.IGNORECASE)
_PLAIN = re.compile(r"[A-Za-z0-9/_.~-]*")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def canonical_url(url: str) -> str:
    """Give the one form of `url` for comparing (RFC 3986 section 6.2 and what news sites add). Idempotent.

    Scheme http and https are one, as are www, mobile and AMP hosts and paths; fragments, tracking parameters, session
    ids, default ports and index pages go; the other parameters are sorted. What is no http address comes back stripped.
    """
    stripped = url.strip()
    parts = _split(stripped)
    if parts is None:
        return stripped
    parts = _out_of_amp_cache(parts)
    host = _host(parts)
    path = _path(parts.path)
    query = _query(parts.query)
    fragment = f"#{parts.fragment}" if parts.fragment.startswith("!") else ""
    return f"https://{host}{path}{'?' + query if query else ''}{fragment}"


def entry_key(url: str | None, guid: str | None, feed: str) -> str:
    """Give the key of an item: from its address where it has one, else from its feed and guid. 32 hex digits."""
    if url and _split(url.strip()) is not None:
        return _digest(canonical_url(url))
    return _digest(f"{feed}\n{guid or url or ''}")


def entry_id(feed: str, key: str) -> str:
    """Give the id of an item as one feed shows it. 32 hex digits."""
    return _digest(f"{feed}\n{key}")


def content_hash(entry: Entry) -> str:
    """Hash what a feed shows of an item, so that an item shown again unchanged costs nothing further."""
    parts = (entry.title, entry.text or entry.summary, entry.url or "", "\n".join(entry.tags))
    return _digest("\0".join(parts))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - raises for a port that is no number
    except ValueError:
        return None
    return parts if parts.scheme.lower() in _DEFAULT_PORTS and parts.hostname else None


def _out_of_amp_cache(parts: SplitResult) -> SplitResult:
    """Turn an address in an AMP cache (cdn.ampproject.org, google.com/amp) into the publisher's own."""
    host = parts.hostname or ""
    path = parts.path
    if host in {"www.google.com", "google.com"} and path.startswith("/amp/"):
        path = path[len("/amp") :]
    elif not host.endswith(".cdn.ampproject.org"):
        return parts
    match = _AMP_CACHE.match(path)
    inner = _split(f"https://{match['rest']}") if match else None
    return inner._replace(query=parts.query) if inner else parts


def _host(parts: SplitResult) -> str:
    host = (parts.hostname or "").rstrip(".")
    if not host.isascii():
        try:
            host = host.encode("idna").decode("ascii")
        except UnicodeError:  # labels IDNA refuses: kept as they stand
            host = quote(host, safe="[]:")
    while (shorter := _VARIANT_HOST.sub("", host)) != host:
        host = shorter
    if ":" in host:
        host = f"[{host}]"
    port = parts.port
    return host if port is None or port in _DEFAULT_PORTS.values() else f"{host}:{port}"


def _path(path: str) -> str:
    path = _PATH_SESSION.sub("", path)
    path = _reencode(path, safe="/:@!$&'()*+,;=~")
    while True:
        shorter = re.sub(r"//+", "/", path)
        shorter = _AMP_PATH.sub("", _INDEX_PAGE.sub("/", shorter))
        shorter = re.sub(r"^/amp(?=/)", "", shorter).rstrip("/")
        if shorter == path:
            return path or "/"
        path = shorter


def _query(query: str) -> str:
    if not query:
        return ""
    kept = [pair for pair in parse_qsl(query, keep_blank_values=True) if not _is_noise(*pair)]
    return urlencode(sorted(kept), quote_via=quote)


def _is_noise(name: str, value: str) -> bool:
    name = name.lower()
    if name in _TRACKING_EXACT or name.startswith(_TRACKING_PREFIX):
        return True
    if name in _SESSION:
        return bool(_SESSION_VALUE.fullmatch(value))
    return value.lower() in _AMP_VALUES.get(name, ())


def _reencode(text: str, *, safe: str) -> str:
    """Write percent-encoding one way: UTF-8, capitals, only where needed; what is no UTF-8 keeps its bytes."""
    if _PLAIN.fullmatch(text):
        return text
    pieces = re.split(r"(%2[fF])", text)  # an encoded slash is not a slash
    return "".join(
        piece.upper()
        if piece[:3].lower() == "%2f"
        else quote(unquote(piece, errors="surrogateescape"), safe=safe, errors="surrogateescape")
        for piece in pieces
    )
