"""Settings: defaults, then a TOML file, then RASID_* variables, then the command line, into one frozen value."""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta
from platformdirs import user_data_path

from rasid.domain.errors import InputError

PREFIX = "RASID_"
_SECRETS = {"web_password", "kafka_password", "elasticsearch_api_key"}
# Variables of deploy/local/*.sh and deploy/docker: no settings of the program, and no slips.
_OF_THE_SCRIPTS = {
    "RASID_SERVERS_DIR",
    "RASID_JAVA_HOME",
    "RASID_KAFKA_NAME",
    "RASID_KAFKA_JAVA_OPTS",
    "RASID_ELASTICSEARCH_CA",
    "RASID_ELASTICSEARCH_HEAP",
    "RASID_ELASTICSEARCH_NAME",
    "RASID_ELASTICSEARCH_PASSWORD_FILE",
}
# An article that hangs a child process is given up after 120 s, twice: in its batch, and alone (rasid.app.workers).
_WORKER_PATIENCE = 300.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything a person can set. A variable's name is RASID_ and the setting's name in capitals; lists by commas.

    `feeds` is "all" (the data directory's feed list and the sample), "sample" (the sample alone: no connection beyond
    this machine) or the path of a feed list. Sizes are bytes, times seconds, retention days. `contact` (a web or mail
    address) goes into the User-Agent, so that a site can reach who polls it.

    The `watch_` settings say when rasid alerts on itself; 0 turns one off. `watch_heartbeat` is a UTC time of day.

    With `kafka` (host:port, several by commas) the commands work on the cluster, not on the data directory.
    `group_prefix` stands before every topic and group, so that installations share a cluster. `worker_member` names a
    daemon among those of its stage, for good; `worker_patience` is how long its offsets may stand still although there
    is more to read. `metrics_port`: None for the daemon's own (rasid.app.monitor), 0 for any that is free.
    """

    data_dir: Path = field(default_factory=lambda: user_data_path("rasid", appauthor=False))
    feeds: str = "all"
    sample: bool = True
    rules_dir: Path | None = None
    contact: str = ""
    fetch_allowed_hosts: tuple[str, ...] = ()
    fetch_in_flight: Annotated[int, Meta(ge=1, le=1000)] = 32
    host_pause: Annotated[float, Meta(ge=0, le=3600)] = 1.0
    workers: Annotated[int, Meta(ge=1, le=256)] = 2
    retention_days: Annotated[float, Meta(gt=0, le=100_000)] = 90.0
    log_max_bytes: Annotated[int, Meta(ge=2**20)] = 20 * 2**30
    feeds_max_bytes: Annotated[int, Meta(ge=2**20)] = 2 * 2**30
    index_max_bytes: Annotated[int, Meta(ge=2**20)] = 40 * 2**30
    web_host: str = "127.0.0.1"
    web_port: Annotated[int, Meta(ge=0, le=65_535)] = 8350
    web_allowed_hosts: tuple[str, ...] = ()
    web_password: str | None = field(default=None, repr=False)
    web_trusted_user_header: str | None = None
    web_trusted_proxies: tuple[str, ...] = ("127.0.0.1", "::1")
    log_format: Literal["auto", "json", "text"] = "auto"
    watch_article_minutes: Annotated[float, Meta(ge=0)] = 120.0
    watch_feed_hours: Annotated[float, Meta(ge=0)] = 72.0
    watch_language_hours: Annotated[float, Meta(ge=0)] = 24.0
    watch_lag: Annotated[int, Meta(ge=0)] = 2_000
    watch_dead_letters: Annotated[int, Meta(ge=0)] = 1
    watch_receiver_minutes: Annotated[float, Meta(ge=0)] = 10.0
    watch_heartbeat: str = ""
    kafka: str | None = None
    kafka_username: str | None = None
    kafka_password: str | None = field(default=None, repr=False)
    kafka_ca_file: str | None = None
    group_prefix: str = ""
    elasticsearch: str | None = None
    elasticsearch_prefix: str = "news"
    elasticsearch_api_key: str | None = field(default=None, repr=False)
    elasticsearch_ca_file: str | None = None
    worker_member: str | None = None
    worker_patience: Annotated[float, Meta(ge=1, le=86_400)] = _WORKER_PATIENCE
    metrics_host: str = "127.0.0.1"
    metrics_port: Annotated[int, Meta(ge=0, le=65_535)] | None = None


def load(config: Path | None = None, environment: Mapping[str, str] | None = None, **given: Any) -> Settings:
    """Join the sources, later ones winning; `given` counts where it is not None. Raises InputError."""
    values = _from_file(config) if config else {}
    values |= _from_environment(os.environ if environment is None else environment)
    values |= {name: value for name, value in given.items() if value is not None}
    try:
        return msgspec.convert(values, Settings, strict=False, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise InputError(f"a setting has the wrong form: {error}", source=str(config) if config else None) from error


def shown(settings: Settings) -> dict[str, Any]:
    """Give the settings for a person, secrets blotted out."""
    found = {one.name: getattr(settings, one.name) for one in fields(settings)}
    return {name: "***" if name in _SECRETS and value else value for name, value in found.items()}


def _from_file(config: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(config.read_text("utf-8"))
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", source=str(config)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"is no TOML: {error}", source=str(config)) from error
    unknown = sorted(set(values) - _names())
    if unknown:
        raise InputError(f"unknown setting {unknown[0]!r}; there are {', '.join(sorted(_names()))}", source=str(config))
    return values


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    """Take RASID_NAME, and for secrets the content of the file that RASID_NAME_FILE names."""
    _check_names(environment)
    found: dict[str, Any] = {}
    for name in _names():
        text = environment.get(PREFIX + name.upper())
        path = environment.get(f"{PREFIX}{name.upper()}_FILE") if name in _SECRETS else None
        if path:
            text = _secret(path)
        if text is not None:
            found[name] = text if name in _SECRETS else _parts(text) if name in _LISTS else _word(text)
    return found


def _check_names(environment: Mapping[str, str]) -> None:
    """Raise InputError for a variable of ours that is no setting: a slip that nobody would notice."""
    known = {PREFIX + name.upper() for name in _names()} | {f"{PREFIX}{name.upper()}_FILE" for name in _SECRETS}
    for name in sorted(environment):
        if name.startswith(PREFIX) and name not in known | _OF_THE_SCRIPTS:
            near = difflib.get_close_matches(name, sorted(known), n=1)
            raise InputError(f"the variable {name} is no setting" + (f"; did you mean {near[0]}?" if near else ""))


def _secret(path: str) -> str:
    try:
        return Path(path).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"cannot be read: {error}", source=path) from error


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _word(text: str) -> str:
    return {"on": "true", "yes": "true", "off": "false", "no": "false"}.get(text.lower(), text)


_LISTS = {"fetch_allowed_hosts", "web_allowed_hosts", "web_trusted_proxies"}


def _names() -> set[str]:
    return {one.name for one in fields(Settings)}


def _path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value)).expanduser()
    raise NotImplementedError
