"""The words of messages and of the inbox in Arabic, English and Russian. `{0}`, `{1}` are filled in."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import resources
from typing import Final

import yaml

from rasid.domain.delivery import Language

_TABLE: Final[Mapping[str, Mapping[str, str]]] = yaml.safe_load(
    resources.files("rasid.app.delivery").joinpath("words.yaml").read_text("utf-8")
)
LANGUAGES: Final[tuple[Language, ...]] = ("ar", "en", "ru")
OWN_NAMES: Final[Mapping[str, str]] = {"ar": "العربية", "en": "English", "ru": "Русский"}


def word(key: str, language: Language, *values: object) -> str:
    """Give the words for a key, filled in; raises KeyError for one there is not."""
    text = _TABLE[key][language]
    for number, value in enumerate(values):
        text = text.replace(f"{{{number}}}", str(value))
    return text


def has(key: str) -> bool:
    """Tell whether there are words for a key."""
    return key in _TABLE


def direction(language: str) -> str:
    """Give the `dir` of a text in one of the languages; `auto` for another."""
    return {"ar": "rtl", "en": "ltr", "ru": "ltr"}.get(language, "auto")
