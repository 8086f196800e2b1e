"""notify.yaml as text -> receivers. Ours by name under `receivers:`, Apprise's own list under `urls:` as it is."""

from __future__ import annotations

import base64
import binascii
import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar, cast, get_args
from urllib.parse import urlsplit

from ingest.yaml_lines import Path as YamlPath
from ingest.yaml_lines import YamlDocument, load
from rasid.adapters.apprise_notifier import check
from rasid.adapters.smtp_notifier import Security, SmtpTarget
from rasid.adapters.webhook_notifier import WebhookTarget
from rasid.app.delivery.receivers import AppriseTarget, JsonlTarget, Receiver, Receivers, Target
from rasid.app.delivery.user_templates import Template
from rasid.domain.alert import AlertLevel
from rasid.domain.delivery import Language, Retry, message_id
from rasid.domain.errors import FeedsFileError, InputError, NotifyError
from rasid.domain.outbox import Manner
from rasid.domain.pacing import parse_digest, parse_limit

T = TypeVar("T")
_TOP = {"version", "page", "receivers", "urls", "tag", "tags", "asset"}
_KINDS = ("apprise", "webhook", "smtp", "jsonl")
_COMMON = {"language", "levels", "rules", "only_named", "limit", "attempts", "template"}
_WEBHOOK = {"url", "secret", "secret_file"}
_SMTP = {"host", "port", "security", "username", "password", "password_file", "from", "to", "digest", "timezone",
         "ca_file"}  # fmt: skip
_LONGEST = 256 * 1024
_SECRET_BYTES = 16  # shorter ones can be guessed
_MOST_PORT = 65_535


def read_receivers(text: str, source: Path) -> Receivers:
    """Read notify.yaml. Raises NotifyError with file and line."""
    if len(text) > _LONGEST:
        raise NotifyError(f"is longer than {_LONGEST} characters", source=str(source))
    if all(not line.strip() or line.lstrip().startswith("#") for line in text.splitlines()):
        return Receivers(source=str(source))
    try:
        document = load(text, str(source))
    except FeedsFileError as error:
        raise NotifyError(error.reason, source=str(source), line=error.line) from error
    return _Reader(document, source).receivers()


class _Reader:
    def __init__(self, document: YamlDocument, source: Path) -> None:
        self._document = document
        self._source = source

    def receivers(self) -> Receivers:
        top = self._mapping(self._document.value, (), _TOP)
        ours = self._mapping(top.get("receivers") or {}, ("receivers",), None)
        found = [self._receiver(name, value, ("receivers", name)) for name, value in ours.items()]
        found += self._apprise_list(top)
        names = [receiver.name for receiver in found]
        for name in names:
            if names.count(name) > 1:
                raise self._error(f"there are two receivers {name!r}", ())
        page = str(top.get("page") or "").rstrip("/")
        if page and urlsplit(page).scheme not in {"http", "https"}:
            raise self._error(f"page: {page!r} is no web address", ("page",))
        return Receivers(receivers=tuple(found), page=page, source=str(self._source))

    def _receiver(self, name: str, value: Any, path: YamlPath) -> Receiver:
        entry = self._mapping(value, path, _COMMON | set(_KINDS))
        kinds = [kind for kind in _KINDS if kind in entry]
        if len(kinds) != 1:
            raise self._error(f"a receiver has exactly one of {', '.join(_KINDS)}", path)
        if not name.strip() or any(letter.isspace() for letter in name) or name == "inbox":
            raise self._error(f"{name!r} is no name for a receiver: one word, not inbox", path)
        kind = kinds[0]
        target, digest = self._target(kind, entry[kind], (*path, kind))
        subject, body = self._template(entry.get("template"), (*path, "template"))
        return Receiver(
            name=name,
            target=target,
            language=self._one_of(entry.get("language", "en"), get_args(Language), (*path, "language")),
            levels=self._levels(entry.get("levels"), (*path, "levels")),
            rules=self._words(entry.get("rules"), (*path, "rules")),
            only_named=self._truth(entry.get("only_named", False), (*path, "only_named")),
            manner=replace(self._manner(entry, path), digest=digest.digest),
            subject=subject,
            body=body,
        )

    def _manner(self, entry: Mapping[str, Any], path: YamlPath) -> Manner:
        limit = entry.get("limit")
        attempts = self._number(entry.get("attempts", Retry().attempts), (*path, "attempts"), most=1000)
        return Manner(
            limit=None if limit is None else self._try(lambda: parse_limit(str(limit)), (*path, "limit")),
            retry=Retry(attempts=attempts),
        )

    def _target(self, kind: str, value: Any, path: YamlPath) -> tuple[Target, Manner]:
        match kind:
            case "webhook":
                return self._webhook(value, path), Manner()
            case "smtp":
                return self._smtp(value, path)
            case "jsonl":
                name = self._word(value, path)
                return JsonlTarget(None if name == "-" else self._source.parent / name), Manner()
        urls = self._words(value, path)
        if not urls:
            raise self._error("apprise: at least one address is needed", path)
        for number, url in enumerate(urls):
            self._try(lambda url=url: check(url), (*path, number))  # type: ignore[misc]  # the loop's value, bound
        return AppriseTarget(urls), Manner()

    def _webhook(self, value: Any, path: YamlPath) -> WebhookTarget:
        entry = self._mapping(value, path, _WEBHOOK)
        url = self._word(entry.get("url"), (*path, "url"))
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise self._error("url: is no http or https address", (*path, "url"))
        secret = self._secret(entry, "secret", path)
        if secret is None:
            raise self._error(
                "a webhook needs a secret that signs it: make one with `openssl rand -base64 32` and give it as"
                " secret_file, to the receiver too",
                path,
            )
        try:
            raw = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
        except (binascii.Error, ValueError) as error:
            raise self._error("the secret is no base64 (openssl rand -base64 32 makes one)", path) from error
        if len(raw) < _SECRET_BYTES:
            raise self._error(f"the secret is shorter than {_SECRET_BYTES} bytes", path)
        return WebhookTarget(url, secret)

    def _smtp(self, value: Any, path: YamlPath) -> tuple[SmtpTarget, Manner]:
        entry = self._mapping(value, path, _SMTP)
        to = self._words(entry.get("to"), (*path, "to"))
        sender = self._word(entry.get("from"), (*path, "from"))
        for name, addresses in (("to", to), ("from", (sender,))):
            if not addresses or not all(_is_mail(one) for one in addresses):
                raise self._error(f"{name}: needs a mail address", (*path, name))
        security = self._one_of(entry.get("security", "starttls"), get_args(Security), (*path, "security"))
        ca_file = entry.get("ca_file")
        target = SmtpTarget(
            host=self._word(entry.get("host"), (*path, "host")),
            sender=sender,
            to=to,
            port=self._number(entry.get("port", 465 if security == "tls" else 587), (*path, "port"), most=_MOST_PORT),
            security=security,
            username=None if entry.get("username") is None else self._word(entry["username"], (*path, "username")),
            password=self._secret(entry, "password", path),
            ca_file=None if ca_file is None else str(self._source.parent / self._word(ca_file, (*path, "ca_file"))),
        )
        zone, digest = str(entry.get("timezone", "UTC")), entry.get("digest")
        if digest is None:
            return target, Manner()
        return target, Manner(digest=self._try(lambda: parse_digest(str(digest), zone), (*path, "digest")))

    def _template(self, value: Any, path: YamlPath) -> tuple[str, str]:
        entry = self._mapping(value or {}, path, {"subject", "body"})
        for name, text in entry.items():
            self._try(lambda text=text: Template(str(text)), (*path, name))  # type: ignore[misc]  # bound
        return str(entry.get("subject", "")), str(entry.get("body", ""))

    def _apprise_list(self, top: Mapping[str, Any]) -> list[Receiver]:
        """Read Apprise's own form: `urls:` of addresses, each alone or with options such as `tag`."""
        entries = top.get("urls") or []
        if not isinstance(entries, list):
            entries = [entries]
        shared = self._tags(top, ())
        found: list[Receiver] = []
        for number, entry in enumerate(entries):
            found += self._apprise_entry(entry, shared, ("urls", number))
        return found

    def _apprise_entry(self, entry: Any, shared: tuple[str, ...], path: YamlPath) -> Iterable[Receiver]:
        if isinstance(entry, str):
            yield self._of_url(entry, shared, path)
            return
        options = dict(self._mapping(entry, path, None))
        given = {key: options.pop(key) for key in list(options) if "://" in key}
        if "url" in options:
            given[self._word(options.pop("url"), (*path, "url"))] = None
        if len(given) != 1:
            raise self._error("an entry of urls: is one address, with options below it", path)
        url, below = next(iter(given.items()))
        layers = below if isinstance(below, list) else [below or {}]
        for layer in layers:
            merged = {**options, **self._mapping(layer, (*path, url), None)}
            unknown = sorted(set(merged) - {"tag", "tags"})
            if unknown:
                raise self._error(f"{unknown[0]!r} is not read here: put it into the address (?{unknown[0]}=…)", path)
            yield self._of_url(url, shared + self._tags(merged, path), path)

    def _of_url(self, url: str, tags: tuple[str, ...], path: YamlPath) -> Receiver:
        schema = self._try(lambda: check(url), path)
        # The name must stay when the list is reordered: what was sent is known by it.
        return Receiver(name=f"{schema}-{message_id(url)[:6]}", target=AppriseTarget((url,)), tags=tags)

    def _tags(self, entry: Mapping[str, Any], path: YamlPath) -> tuple[str, ...]:
        words = [word for key in ("tag", "tags") for word in self._words(entry.get(key), (*path, key))]
        return tuple(tag for word in words for tag in word.replace(",", " ").split())

    def _secret(self, entry: Mapping[str, Any], name: str, path: YamlPath) -> str | None:
        file = entry.get(f"{name}_file")
        if file is None:
            return None if entry.get(name) is None else str(entry[name])
        where = self._source.parent / Path(str(file)).expanduser()
        try:
            return where.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise self._error(f"{name}_file {where}: cannot be read: {error}", (*path, f"{name}_file")) from error

    def _levels(self, value: Any, path: YamlPath) -> tuple[AlertLevel, ...]:
        return tuple(self._one_of(word, get_args(AlertLevel), path) for word in self._words(value, path))

    def _one_of(self, value: Any, allowed: tuple[str, ...], path: YamlPath) -> Any:
        if value not in allowed:
            raise self._error(f"{path[-1]}: {value!r} is none of {', '.join(allowed)}", path)
        return value

    def _words(self, value: Any, path: YamlPath) -> tuple[str, ...]:
        values = [] if value is None else value if isinstance(value, list) else [value]
        return tuple(self._word(one, path) for one in values)

    def _word(self, value: Any, path: YamlPath) -> str:
        if value is None or isinstance(value, (list, dict)) or not str(value).strip():
            raise self._error(f"{path[-1]}: a word is needed here", path)
        return str(value)

    def _truth(self, value: Any, path: YamlPath) -> bool:
        if not isinstance(value, bool):
            raise self._error(f"{path[-1]}: is true or false", path)
        return value

    def _number(self, value: Any, path: YamlPath, *, most: int) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value <= most:
            raise self._error(f"{path[-1]}: a number from 1 to {most} is needed", path)
        return value

    def _mapping(self, value: Any, path: YamlPath, allowed: set[str] | None) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._error(f"{path[-1] if path else 'the file'}: names with values are needed here", path)
        for key in value:
            if key == "include":
                raise self._error("include: is not read: it fetches addresses past the guard; write it here", (key,))
            if allowed is not None and key not in allowed:
                near = difflib.get_close_matches(key, sorted(allowed), n=1)
                hint = f"; did you mean {near[0]}?" if near else f"; there are {', '.join(sorted(allowed))}"
                raise self._error(f"{key!r} is not known here{hint}", (*path, key))
        return cast("dict[str, Any]", value)

    def _try(self, action: Callable[[], T], path: YamlPath) -> T:
        try:
            return action()
        except InputError as error:
            raise self._error(error.reason, path) from error
        except ValueError as error:
            raise self._error(str(error), path) from error

    def _error(self, message: str, path: YamlPath) -> NotifyError:
        return NotifyError(message, source=str(self._source), line=self._document.line(path))


def _is_mail(text: str) -> bool:
    local, _, domain = text.rpartition("<")[2].rstrip(">").rpartition("@")
    return bool(local and domain) and text.isprintable() and not any(letter.isspace() for letter in local + domain)
