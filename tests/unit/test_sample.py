from __future__ import annotations

import re
from datetime import UTC, datetime
from importlib import resources

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.parsing import parse_document
from rasid.app.sample import LANGUAGES, SampleFeed, SampleServer, SampleText, load_sample, rss, sample_feeds, shown
from rasid.domain.article import Entry

ALLOWED = {"CC0-1.0", "CC-BY-2.5", "CC-BY-4.0", "OGL-UK-3.0", "Public domain (US)"}
ALL = [(language, text) for language in LANGUAGES for text in load_sample(language)]
# Any text that XML can hold and that reading does not fold: its paragraphs are words with single spaces.
WORDS = st.text(st.characters(codec="utf-8", categories=["L", "N", "P", "S"]), min_size=1, max_size=12)
LINES = st.lists(WORDS, min_size=1, max_size=4).map(" ".join)


FEEDS = pytest.mark.parametrize("sample", sample_feeds(), ids=lambda sample: sample.name)


def parsed(sample: SampleFeed, count: int) -> tuple[Entry, ...]:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    return parse_document(rss(sample, count).encode(), feed=sample.name, now=now).entries


@FEEDS
def test_the_feed_reads_back_as_the_texts(sample: SampleFeed) -> None:
    """Our own parser gives every title, text, date and address of the sample as its file has them, in order."""
    entries = parsed(sample, len(sample.texts))
    assert [(entry.title, entry.text, entry.published_at, entry.url) for entry in entries] == [
        (text.title, text.text, text.date, text.url) for text in sample.texts
    ]


@FEEDS
def test_every_item_names_its_source_and_licence(sample: SampleFeed) -> None:
    """Each entry carries its text's own source, as author and as tag, and its licence."""
    for entry, text in zip(parsed(sample, len(sample.texts)), sample.texts, strict=True):
        assert entry.authors == (text.source,)
        assert entry.tags == (text.source, text.licence)


@given(st.sampled_from(["شويغو & الأسد", "Shoigu <Assad>", "Шойгу ]]> Асад"]), LINES)
def test_marks_of_xml_are_no_harm(name: str, line: str) -> None:
    """A text comes back as it is, whatever signs of markup stand in its title's or paragraphs' words."""
    text = SampleText(
        id="x&<y>", title=name, text=f"{name}\n\nأ {line.translate({38: None, 60: None})} б", source="s", licence="l"
    )
    (entry,) = parsed(SampleFeed("ar", "s", (text,)), 1)
    assert (entry.guid, entry.title) == ("rasid-sample:x&<y>", name)
    assert entry.text.startswith(f"{name}\n\nأ ")


@FEEDS
def test_the_feed_is_labelled_as_a_sample(sample: SampleFeed) -> None:
    """Title and description of the feed say that it is a sample."""
    document = rss(sample, 1)
    title, description = re.findall(r"<channel><title>(.*?)</title>.*?<description>(.*?)</description>", document)[0]
    assert title.startswith(f"Sample ({sample.language}): {sample.source}")
    assert description.startswith("A sample")


@pytest.mark.parametrize("text", [text for _, text in ALL], ids=lambda text: text.id)
def test_a_text_may_be_shipped(text: SampleText) -> None:
    """Every text has an allowed licence that fits its source, is short, and is whole."""
    assert text.licence in ALLOWED
    assert (text.licence == "CC0-1.0") == (text.source == "Rasid (own text)")
    assert text.title
    assert 0 < len(text.text.encode()) <= 20_000
    assert text.url or text.source in {"Russian Wikinews", "Rasid (own text)"}


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_enough_texts_and_their_ids_are_unique(language: str) -> None:
    """A dozen texts or more in every language, no id twice in the whole sample."""
    assert len(load_sample(language)) >= 12
    ids = [text.id for _, text in ALL]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize(("language", "letters"), [("ar", "[\u0621-\u064a]"), ("en", "[A-Za-z]"), ("ru", "[А-яёЁ]")])
def test_a_file_holds_its_language(language: str, letters: str) -> None:
    """At least three fifths of every text's signs are letters of the language's script."""
    for text in load_sample(language):
        assert len(re.findall(letters, text.text)) > 0.6 * len(text.text), text.id


def test_two_arabic_texts_tell_of_shoigu_in_russia_and_syria() -> None:
    """The service's first search works on the sample: two texts that are there from the start name شويغو, روسيا and سوريا."""
    texts = load_sample("ar")
    from_the_start = texts[: shown(len(texts), 0)]
    assert sum(all(name in text.text for name in ("شويغو", "روسيا", "سوريا")) for text in from_the_start) >= 2


@pytest.mark.parametrize(
    "trap",
    [
        "والأسد",
        "بالأسد",
        "للأسد",
        "نصيب الأسد",
        "خالد الأسعد",
        "أسد اللات",
        "حافظ الأسد",
        "حمص وحماة",
        "طبق حمص",
        "المؤتمر،وعاد",
        "اِتَّفَقَ",
        "٢٠١٨",
    ],
)
def test_the_arabic_texts_hold_the_traps_of_real_coverage(trap: str) -> None:
    """Clitics, an idiom, namesakes, a homonym, a glued mark, harakat and Arabic-Indic digits stand in the own texts."""
    assert any(trap in f"{text.title}\n{text.text}" for text in load_sample("ar"))


def test_one_arabic_text_names_russia_by_adjective_alone() -> None:
    """A text with الروسية and without روسيا is there, so that an adjective taken for the country shows."""
    texts = [text.text for text in load_sample("ar")]
    assert any("الروسية" in text and "روسيا" not in text for text in texts)


def test_the_source_file_names_every_source_and_licence() -> None:
    """SOURCE.md tells of each source and licence that a text carries."""
    told = resources.files("ingest").joinpath("data/sample/SOURCE.md").read_text("utf-8")
    for _, text in ALL:
        assert text.source in told
        assert text.licence in told.replace("CC BY ", "CC-BY-")


@given(st.integers(0, 500), st.floats(0, 1e6), st.floats(0, 1e6))
def test_texts_appear_one_by_one_and_none_goes_again(total: int, earlier: float, later: float) -> None:
    """The number shown only grows, never passes the total, begins with most and ends with all."""
    first, last = sorted((earlier, later))
    assert 0.7 * total <= shown(total, 0) <= shown(total, first) <= shown(total, last) <= total
    assert shown(total, 20.0 * total) == total


def test_the_rest_come_every_twenty_seconds() -> None:
    """Of ten texts seven are there at once, the next follow singly."""
    assert [shown(10, seconds) for seconds in (0, 19.9, 20, 40, 59.9, 60, 3600)] == [7, 7, 8, 9, 9, 10, 10]


def test_the_feeds_are_marked_and_stable() -> None:
    """Each source is a feed marked as a sample, with the source's country, and an id that does not hang on the port."""
    feeds = SampleServer().feeds()
    assert {feed.id: (feed.source, feed.language, feed.country) for feed in feeds} == {
        "sample-rasid-own-text": ("Sample: Rasid (own text)", "ar", None),
        "sample-uk-government": ("Sample: UK Government", "en", "GB"),
        "sample-us-state-department": ("Sample: US State Department", "en", "US"),
        "sample-us-central-command": ("Sample: US Central Command", "en", "US"),
        "sample-kremlin-ru": ("Sample: kremlin.ru", "ru", "RU"),
        "sample-russian-wikinews": ("Sample: Russian Wikinews", "ru", None),
    }
    assert all(feed.sample and feed.full_text == "never" and "sample" in feed.tags for feed in feeds)


def test_every_text_is_in_one_feed() -> None:
    """The feeds hold the texts of all files, each once, and a feed's texts are of one country."""
    feeds = sample_feeds()
    assert sorted(text.id for feed in feeds for text in feed.texts) == sorted(text.id for _, text in ALL)
    assert all(len({text.country for text in feed.texts}) == 1 for feed in feeds)
