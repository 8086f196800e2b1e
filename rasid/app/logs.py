"""Logs on stderr: lines for people in a terminal, JSON for programs."""

from __future__ import annotations

import logging
import sys

import structlog

from rasid.domain.errors import InputError

_FORMATS = {"auto", "json", "text"}


def configure(form: str = "auto", level: int = logging.INFO) -> None:
    """Set up structlog; `form` is auto (text in a terminal, JSON elsewhere), text or json."""
    if form not in _FORMATS:
        raise InputError(f"log_format is {', '.join(sorted(_FORMATS))}, not {form!r}")
    as_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,  # `run` sets up its own after the command line did
    )
