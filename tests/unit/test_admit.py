"""Admit knows a new article from a repeat, and a change of the news from a change of the page."""

from __future__ import annotations

from typing import Any

import pytest
from makers import NOON, TITLES, raw_entry

from processors.admit import Admitted, admit
from processors.boilerplate import is_boilerplate
from processors.tokens import terms
from rasid.domain.article import Article, RawEntry
from rasid.domain.known import KnownArticle, Position

BODIES = {
    "ar": "قتل 12 شخصا في إدلب.\n\nوقال شويغو إن روسيا تحقق.",
    "en": "Twelve people, 12 in all, were killed in Idlib.\n\nShoigu said that Russia was looking into it.",
    "ru": "В Идлибе погибли 12 человек.\n\nШойгу сказал, что Россия разбирается.",
}
LANGUAGES = sorted(BODIES)


class Desk:
    """Feeds entries to admit one after another, as the log would."""

    def __init__(self) -> None:
        self.known: dict[str, KnownArticle] = {}
        self.offset = 0

    def see(self, raw: RawEntry) -> Article | None:
        """Admit the next entry of the log."""
        self.offset += 1
        return self.see_at(raw, self.offset).article

    def see_at(self, raw: RawEntry, offset: int) -> Admitted:
        """Admit an entry that stands at a given offset."""
        position = Position(topic="raw", partition=0, offset=offset)
        admitted = admit(raw, position, self.known.get(raw.entry.key), terms)
        self.known[raw.entry.key] = admitted.known
        return admitted


def entry(language: str, body: str | None = None, **more: Any) -> RawEntry:
    """Make an entry with the body of one language."""
    return raw_entry(title=more.pop("title", TITLES[language]), text=BODIES[language] if body is None else body, **more)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_new_entry_becomes_revision_one(language: str) -> None:
    """The id begins with the first-seen month, and the article carries what the feed said."""
    made = Desk().see(entry(language))
    assert made is not None
    assert made.id.startswith("202611-")
    assert (made.revision, made.edition, made.first_seen_at) == (1, 1, NOON)
    assert (made.title, made.text) == (TITLES[language], BODIES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_same_text_again_is_nothing(language: str) -> None:
    """A feed that shows an article again unchanged changes nothing."""
    desk = Desk()
    desk.see(entry(language))
    assert desk.see(entry(language, minutes=5)) is None


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_number_is_a_new_revision_of_the_same_article(language: str) -> None:
    """Twelve dead become thirty: the article stays, its revision rises, its first-seen time does not move."""
    desk = Desk()
    first = desk.see(entry(language))
    second = desk.see(entry(language, BODIES[language].replace("12", "30"), minutes=60))
    assert first is not None
    assert second is not None
    assert (second.id, second.revision, second.first_seen_at) == (first.id, 2, NOON)
    assert "30" in second.text


@pytest.mark.parametrize(
    "changed",
    [
        "{body}\n\nAdvertisement: buy our new phone",
        "{body}\n\nإعلان: اشتر هاتفا جديدا",
        "{body}\n\nРеклама: купите новый телефон",
        "{body}\n\nLast updated: 23 November 2026, 12:05",
        "{body}\n\nآخر تحديث: 23/11/2026 12:05",
        "{body}\n\nОбновлено: 23.11.2026, 12:05",
        "23.11.2026 12:05\n\n{body}",
        "{body}\n\nThe post Shoigu in Damascus appeared first on Example.",
        "{body}\n\nاقرأ المزيد على موقعنا",
        "{body}\n\nЧитайте также: другие новости дня",
        "  {body}  \n\n",
    ],
)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_changed_advert_or_page_date_is_no_revision(language: str, changed: str) -> None:
    """What the page puts around the report does not make the report new."""
    desk = Desk()
    desk.see(entry(language))
    assert desk.see(entry(language, changed.format(body=BODIES[language]), minutes=5)) is None


@pytest.mark.parametrize(
    "paragraph",
    [
        "انضم مئات المقاتلين إلى الفصائل في ريف حلب",
        "شارك وزير الدفاع الروسي في الاجتماع",
        "Updated sanctions hit 30 Syrian officials, and the ministry that employs them answered within the day.",
        "Shares of Gazprom fell by 3 %",
        "Поделился мнением и министр обороны",
        "",
        "12 человек погибли",
    ],
)
def test_news_that_begins_like_a_page_phrase_is_news(paragraph: str) -> None:
    """The rules for adverts and share lines do not swallow sentences of reports."""
    assert not is_boilerplate(paragraph)


def test_a_second_feed_joins_the_article() -> None:
    """The same address from another feed is one article that knows both; only the edition rises."""
    desk = Desk()
    first = desk.see(entry("en"))
    joined = desk.see(entry("en", feed="feed-b", source="Other", minutes=3))
    assert first is not None
    assert joined is not None
    assert [carrier.feed for carrier in joined.carriers] == ["feed-a", "feed-b"]
    assert (joined.id, joined.revision, joined.edition) == (first.id, 1, 2)


def test_an_article_seen_from_two_hosts_across_a_months_end_is_one() -> None:
    """The mobile address a day later, in the next month, is the same article with its first month's id."""
    desk = Desk()
    first = desk.see(entry("ru", url="https://www.example.com/a"))
    december = entry("ru", url="https://m.example.com/a?utm_source=x", feed="feed-b", minutes=60 * 24 * 9)
    joined = desk.see(december)
    assert first is not None
    assert joined is not None
    assert joined.id == first.id
    assert joined.id.startswith("202611-")


def test_another_feeds_shorter_cut_does_not_replace_the_text() -> None:
    """Two feeds that cut one text differently do not chase each other with revisions."""
    desk = Desk()
    desk.see(entry("en"))
    joined = desk.see(entry("en", "Twelve people were killed …", feed="feed-b"))
    assert joined is not None
    assert (joined.text, joined.revision) == (BODIES["en"], 1)
    assert desk.see(entry("en", minutes=9)) is None


def test_the_page_completes_the_revision() -> None:
    """Full text that follows the teaser is the same revision, and both texts are kept."""
    desk = Desk()
    desk.see(entry("ar", "قتل 12 شخصا…", summary="قتل 12 شخصا…"))
    full = desk.see(entry("ar", BODIES["ar"], text_origin="page"))
    assert full is not None
    assert (full.revision, full.edition, full.text, full.summary) == (1, 2, BODIES["ar"], "قتل 12 شخصا…")
    assert full.text_origin == "page"


def test_a_changed_teaser_keeps_the_page_text_until_the_page_is_read_again() -> None:
    """A new title is a revision at once, and the page's new text completes that revision."""
    desk = Desk()
    desk.see(entry("en", "Twelve people …"))
    desk.see(entry("en", text_origin="page"))
    retitled = desk.see(entry("en", "Thirty people …", title="Thirty killed in Idlib"))
    assert retitled is not None
    assert (retitled.revision, retitled.title, retitled.text) == (2, "Thirty killed in Idlib", BODIES["en"])
    page = desk.see(entry("en", BODIES["en"].replace("12", "30"), title="Thirty killed in Idlib", text_origin="page"))
    assert page is not None
    assert page.revision == 2
    assert "30" in page.text


def test_reading_an_applied_entry_again_changes_nothing() -> None:
    """After a kill the log is read again from the last commit: no revision goes back or comes twice."""
    desk = Desk()
    old, new = entry("ru"), entry("ru", BODIES["ru"].replace("12", "30"))
    desk.see_at(old, 1)
    desk.see_at(new, 2)
    assert desk.see_at(old, 1).article is None
    assert desk.see_at(new, 2).article is None
    assert Desk().see_at(old, 1) == Desk().see_at(old, 1)
