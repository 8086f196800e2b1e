"""Edits of the feed list, taken up while running."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ingest.watch import WatchedFeeds
from rasid.domain.errors import FeedsFileError


def listed(*names: str) -> str:
    """Write a list of feeds of these hosts."""
    return "feeds:\n" + "".join(f"- url: https://{name}/rss\n  title: {name}\n" for name in names)


def write(path: Path, text: str) -> None:
    """Write a file that is surely seen as changed."""
    path.write_text(text, encoding="utf-8")


def looked(feeds: WatchedFeeds) -> list[str]:
    """Look twice, as a file must have been left alone between two looks; give the titles in force."""
    feeds.look()
    feeds.look()
    return [feed.title for feed in feeds()]


def test_an_edit_is_taken_up_and_nothing_else_makes_a_new_list(tmp_path: Path) -> None:
    """The same object is given until the file changes."""
    path = tmp_path / "feeds.yaml"
    write(path, listed("سانا"))
    told: list[FeedsFileError | None] = []
    feeds = WatchedFeeds(path, told.append)
    first = feeds()
    assert looked(feeds) == ["سانا"]
    assert feeds() is first
    write(path, listed("سانا", "риа"))
    assert looked(feeds) == ["سانا", "риа"]
    assert told == [None]


def test_a_broken_file_keeps_the_last_good_list(tmp_path: Path) -> None:
    """A mistake, an empty file and a missing one are reported once each with the line; mending it is taken up."""
    path = tmp_path / "feeds.yaml"
    write(path, listed("sana"))
    told: list[FeedsFileError | None] = []
    feeds = WatchedFeeds(path, told.append)
    for text in (listed("sana") + "- титул: x\n", ""):
        write(path, text)
        assert looked(feeds) == ["sana"]
        assert looked(feeds) == ["sana"]
    path.unlink()
    assert looked(feeds) == ["sana"]
    assert [error.line if error else None for error in told] == [4, 1, None]
    assert feeds.error is told[-1]
    assert "cannot be read" in str(feeds.error)
    write(path, listed("риа"))
    assert looked(feeds) == ["риа"]
    assert feeds.error is None


def test_a_file_still_being_written_is_waited_for(tmp_path: Path) -> None:
    """Between two looks a file must not have changed."""
    path = tmp_path / "feeds.yaml"
    write(path, listed("sana"))
    feeds = WatchedFeeds(path)
    write(path, "feeds:\n- ur")
    feeds.look()
    write(path, listed("سوريا", "россия"))
    feeds.look()
    assert [feed.title for feed in feeds()] == ["sana"]
    feeds.look()
    assert [feed.title for feed in feeds()] == ["سوريا", "россия"]


def test_a_program_does_not_start_with_a_broken_list(tmp_path: Path) -> None:
    """The first read raises with file and line."""
    path = tmp_path / "feeds.yaml"
    write(path, "feeds:\n- خطأ\n")
    with pytest.raises(FeedsFileError, match=r"feeds\.yaml:2"):
        WatchedFeeds(path)


async def test_it_looks_by_itself_until_stopped(tmp_path: Path) -> None:
    """Running, an edit is in force within a second or so, and stopping ends it."""
    path = tmp_path / "feeds.yaml"
    write(path, listed("sana"))
    feeds, stop = WatchedFeeds(path), asyncio.Event()
    task = asyncio.create_task(feeds.run(stop))
    write(path, listed("سانا", "риа"))
    async with asyncio.timeout(10):
        while len(feeds()) < 2:  # noqa: ASYNC110 - a file knows no event
            await asyncio.sleep(0.02)
    stop.set()
    await asyncio.wait_for(task, 5)
