"""Short ways to make alerts for tests, in the three languages."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from makers import NOON, TITLES

from rasid.domain.alert import Alert, AlertArticle, Why

WORDS = {"ar": ("شويغو", "الأسد"), "en": ("Shoigu", "Assad"), "ru": ("Шойгу", "Асадом")}
SOURCES = {"ar": "سانا", "en": "Example", "ru": "ТАСС"}


def alert(number: int = 1, *, language: str = "en", minutes: float = 0, **changes: Any) -> Alert:
    """Make the alert of one article."""
    at = NOON + timedelta(minutes=minutes)
    article_id = f"202611-{number:032x}"
    made = Alert(
        id=f"{number:024x}",
        rule="russia-syria",
        rule_name="Russia and Syria",
        article_ids=(article_id,),
        story_id=f"story-{number}",
        title=TITLES[language],
        created_at=at,
        why=(Why(clause="Shoigu AND Assad", field="title", words=WORDS[language]),),
        articles=(_article(article_id, language, at, number),),
    )
    return replace(made, **changes)


def _article(article_id: str, language: str, at: datetime, number: int) -> AlertArticle:
    return AlertArticle(
        id=article_id,
        title=TITLES[language],
        source=SOURCES[language],
        language=language,
        first_seen_at=at,
        url=f"https://example.com/{number}",
    )
