"""The feed list: what is read, and what a person is told of mistakes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.feedlist import feed_id, parse_feeds, read_feeds, shipped_text
from ingest.feedlist_edit import replace_file, with_feeds, without_feed
from rasid.domain.errors import FeedsFileError
from rasid.domain.feed import Feed

LIST = """\
# راصد: قائمتي
feeds:
  # Syrian
  - url: https://sana.sy/feed  # checked
    title: "سانا: الأخبار"
    country: SY

  # Russian
  - url: https://ria.ru/rss
    title: РИА Новости
    tags: [россия, agency]
    interval: {min: 5m, max: 1h}
# end
"""


def test_the_fields_come_out_as_written() -> None:
    """Fields, defaults and units are read."""
    sana, ria = parse_feeds(LIST, "feeds.yaml")
    assert (sana.title, sana.source, sana.country, sana.full_text) == ("سانا: الأخبار", "سانا: الأخبار", "SY", "auto")
    assert (ria.title, ria.tags, ria.min_interval, ria.max_interval) == ("РИА Новости", ("россия", "agency"), 300, 3600)


def test_yaml_does_not_take_norway_for_no() -> None:
    """`NO` is a country and `no` a language, only true and false are truth values."""
    (feed,) = parse_feeds("feeds:\n- {url: https://nrk.no/rss, country: NO, language: no, enabled: false}", "f")
    assert (feed.country, feed.language, feed.enabled) == ("NO", "no", False)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("", 1, "empty"),
        ("feeds", 1, "must|object"),
        ("сайты: []", 1, "`feeds:` is missing"),
        ("feeds:\n- سوريا", 2, "entry 1 is 'سوريا'"),
        ("feeds:\n- title: x", 2, "`url` is missing"),
        ("feeds:\n- url: ftp://sana.sy/", 2, "http://"),
        ("feeds:\n- url: https://sana.sy:порт/", 2, "is not an address"),
        ("feeds:\n- url: https://a/\n  titel: x", 3, "`titel` is no field"),
        ("feeds:\n- url: https://a/\n  country: Syria", 3, "two capital letters"),
        ("feeds:\n- url: https://a/\n  language: арабский", 3, "BCP 47"),
        ("feeds:\n- url: https://a/\n  ownership: شخصي", 3, "can be state"),
        ("feeds:\n- url: https://a/\n  interval: {min: soon}", 3, "like 15m"),
        ("feeds:\n- url: https://a/\n  interval: {min: 0}", 3, "like 15m"),
        ("feeds:\n- url: https://a/\n  interval: {min: 1d, max: 1h}", 3, "more than max"),
        ("feeds:\n- url: https://a/\n- url: https://A/", 3, "stands in line 2 already"),
        ("feeds:\n- url: https://a/\n  url: https://b/", 3, "a second time"),
        ("x: &a [1]\nfeeds: *a", 1, "anchor"),
        ("feeds: [", 2, "YAML"),
        ("feeds:\n- {url: https://a/, tags: [[[[[[[[[[[[[[[[[[[[[[x]]]]]]]]]]]]]]]]]]]]]]}", 2, "too deep"),
    ],
)
def test_a_mistake_is_told_with_file_line_and_reason(text: str, line: int, reason: str) -> None:
    """Every kind of mistake names the file, its line, and what is wrong."""
    with pytest.raises(FeedsFileError, match=reason) as caught:
        parse_feeds(text, "قائمة.yaml")
    assert caught.value.line == line
    assert str(caught.value).startswith(f"قائمة.yaml:{line}: ")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    """A missing file and one in another encoding are told apart."""
    with pytest.raises(FeedsFileError, match=r"нет\.yaml: cannot be read"):
        read_feeds(tmp_path / "нет.yaml")
    (tmp_path / "cp1256.yaml").write_bytes("feeds:\n- title: سوريا".encode("cp1256"))
    with pytest.raises(FeedsFileError, match=r"cp1256\.yaml:2: not UTF-8"):
        read_feeds(tmp_path / "cp1256.yaml")


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    """Whatever stands in the file, it is read or refused with a sentence."""
    with suppress(FeedsFileError):
        assert all(feed.url for feed in parse_feeds(text, "f"))


def test_ids_are_stable_and_tell_feeds_apart() -> None:
    """An id depends on the address alone: not on the case of the host, but on path and query."""
    assert (
        feed_id("https://www.SANA.sy/feed")
        == feed_id("https://www.sana.sy/feed")
        == "sana-sy-" + feed_id("https://www.sana.sy/feed").rpartition("-")[2]
    )
    assert (
        len(
            {
                feed_id(url)
                for url in ("https://sana.sy/", "https://sana.sy/?a", "http://sana.sy/", "https://sana.sy/ru")
            }
        )
        == 4
    )
    assert feed_id("https://президент.рф/feed").startswith("feed-")


def test_the_shipped_list_is_valid_and_wide() -> None:
    """At least 80 feeds in the three languages, each with source, country, ownership and a known kind of address."""
    feeds = parse_feeds(shipped_text(), "feeds.yaml")
    assert len(feeds) >= 80
    assert {feed.language for feed in feeds} == {"ar", "en", "ru"}
    assert all(sum(feed.language == language for feed in feeds) >= 25 for language in ("ar", "en", "ru"))
    assert all(feed.country and feed.ownership and feed.source and feed.enabled for feed in feeds)
    assert {"SY", "RU", "TR", "IL", "QA", "LB", "US", "GB"} <= {feed.country for feed in feeds}
    assert "No address was tried live" in shipped_text()


def feed(url: str, **fields: object) -> Feed:
    """Make a feed to add."""
    return Feed(id=feed_id(url), url=url, **{"title": "عنوان", "source": "مصدر"} | fields)  # type: ignore[arg-type]


def test_adding_keeps_everything_that_was_there() -> None:
    """The new entry comes behind the last one; every old line stays as it was."""
    new = feed(
        "https://tass.ru/rss?a=1#b", title="ТАСС: лента # 1", tags=("да, нет",), enabled=False, min_interval=60.0
    )
    text = with_feeds(LIST, [new], "f")
    assert "  - url: https://tass.ru/rss?a=1#b" in text.splitlines()
    assert all(line in text.splitlines() for line in LIST.splitlines())
    assert parse_feeds(text, "f")[2] == new
    assert with_feeds(text, [new], "f") == text


@pytest.mark.parametrize(
    "start",
    [
        "feeds: []\n",
        "version: 1\nfeeds: []  # пусто\n",
        "feeds:\n- url: https://a/",
        "feeds:\n    - url: https://a/\nversion: 1\n",
    ],
)
def test_adding_fits_the_style_of_the_list(start: str) -> None:
    """Empty lists, other indents, a key behind the list and a missing last newline are all fine."""
    text = with_feeds(start, [feed("https://b/"), feed("https://c/")], "f")
    assert [one.url for one in parse_feeds(text, "f")][-2:] == ["https://b/", "https://c/"]
    assert ("version: 1" in start) == ("version: 1" in text)


def test_removing_takes_only_the_entry() -> None:
    """The entry goes, comments and other entries stay; the last one leaves an empty list; a stranger is an error."""
    text = without_feed(LIST, "https://sana.sy/feed", "f")
    assert [one.title for one in parse_feeds(text, "f")] == ["РИА Новости"]
    assert "# Syrian" in text
    assert "# end" in text
    empty = without_feed(text, feed_id("https://ria.ru/rss"), "f")
    assert parse_feeds(empty, "f") == ()
    with pytest.raises(FeedsFileError, match="is not in the list"):
        without_feed(LIST, "https://нет/", "f")


def test_a_list_in_brackets_is_left_alone() -> None:
    """What cannot be edited without rewriting it is refused with the way out."""
    with pytest.raises(FeedsFileError, match="one feed a line"):
        with_feeds("feeds: [{url: https://a/}]", [feed("https://b/")], "f")


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=30),
    st.text("абв:#'\"- [&", min_size=1, max_size=9),
)
def test_any_title_survives_being_written(title: str, tag: str) -> None:
    """Whatever letters a title has, it reads back the same."""
    new = feed("https://b/", title=title, source=title, tags=(tag,))
    assert parse_feeds(with_feeds(LIST, [new], "f"), "f")[2] == new


def test_a_file_is_replaced_whole(tmp_path: Path) -> None:
    """Writing leaves one file with the new text and the old permissions."""
    path = tmp_path / "feeds.yaml"
    path.write_text("старый", encoding="utf-8")
    path.chmod(0o640)
    replace_file(path, "جديد\r\n")
    assert path.read_bytes() == "جديد\r\n".encode()
    assert path.stat().st_mode & 0o777 == 0o640
    assert list(tmp_path.iterdir()) == [path]
