"""Hostile input costs little and swallows nothing: floods, copies by the thousand, digests, empty and one-word articles."""

from __future__ import annotations

import math
import random
from collections import Counter

import pytest

from processors.enrich import enrich_text
from processors.stories.offline import Grouping
from processors.stories.signature import VERSION, pack, sign, unpack
from processors.stories.window import CANDIDATES

EVENTS = [
    ("Warehouse fire at Latakia port", "A fire destroyed 120 tonnes of cotton in a warehouse at the port of Latakia, fire chief Nizar al-Sabbagh said."),
    ("Coal train derails near Chulym", "Four wagons of a coal train left the track near Chulym in the Novosibirsk region; eleven trains were late."),
    ("Mosaic found in Rastan", "Archaeologists led by Layla Mansour uncovered a fourth-century mosaic of 40 square metres under a house in Rastan."),
    ("انفجار في سوق أعزاز", "قتل 15 شخصا وأصيب 30 آخرون في انفجار سيارة مفخخة في سوق الخضار في مدينة أعزاز شمال حلب."),
    ("В Казани открыли мост", "В Казани открыли мост длиной 320 метров через реку Казанку, строительство заняло два года."),
]  # fmt: skip


def sizes(grouping: Grouping) -> list[int]:
    return sorted((len(ids) for ids in grouping.stories().values()), reverse=True)


def test_thousands_of_copies_are_one_story_and_leave_the_others_alone():
    """Copies of one text count for no word's rarity and for no candidate, so the next events stand by themselves."""
    grouping = Grouping()
    title, text = EVENTS[0]
    whole = (
        f"{text} Firefighters needed five hours to bring the blaze under control, and ship traffic was not interrupted."
    )
    for number in range(1500):
        grouping.add(enrich_text(title, whole, article_id=f"copy-{number}"), float(number))
    assert sizes(grouping) == [1500]
    assert grouping.copy_of("copy-1499") == "copy-0"
    assert len(grouping.groups.window.candidates(sign(enrich_text(title, whole)).features)) <= 1
    for number, (title, text) in enumerate(EVENTS[1:]):
        grouping.add(enrich_text(title, text, article_id=f"event-{number}"), 1500.0 + number)
    assert sizes(grouping) == [1500, 1, 1, 1, 1]


@pytest.mark.parametrize(
    "text", ["", "Видео", "صورة", "Photo", "Breaking news", "🔥🔥🔥", "12", "https://example.com/1"]
)
def test_articles_of_a_word_join_nothing(text: str):
    """What says nothing of an event is of none: a hundred of them are a hundred stories."""
    grouping = Grouping()
    for number in range(100):
        grouping.add(enrich_text("", text, article_id=str(number)), float(number))
    assert max(sizes(grouping)) == 1


def test_a_digest_of_everything_joins_no_stories_into_one():
    """A page that tells of all events merges none of them."""
    grouping = Grouping()
    for number, (title, text) in enumerate(EVENTS):
        grouping.add(enrich_text(title, text, article_id=f"event-{number}"), float(number))
    digest = " ".join(text for _, text in EVENTS)
    for number in range(5):
        grouping.add(enrich_text("News of the day", digest, article_id=f"digest-{number}"), 100.0 + number)
    stories = {ids[0] for ids in grouping.stories().values() if ids[0].startswith("event")}
    assert len(stories) == len(EVENTS)


def test_a_flood_of_one_form_is_no_giant_story():
    """A source that fills in one form all day (quotes, quakes) makes many stories, none of which holds a quarter of it."""
    pick = random.Random(5)
    grouping = Grouping()
    names = [
        f"{a}{b}"
        for a in ("Al", "Bor", "Kar", "Dem", "Sor", "Tel", "Mur", "Nov")
        for b in ("ax", "inor", "etra", "olis", "undo", "avia")
    ]
    for number in range(400):
        name = pick.choice(names)
        text = f"Shares of {name} {pick.choice(('rose', 'fell'))} {pick.randint(1, 99)}.{pick.randint(1, 9)} percent to {pick.randint(100, 9999)} points, exchange data showed."
        grouping.add(enrich_text(f"{name} shares move", text, article_id=str(number)), number * 60.0)
    assert max(sizes(grouping)) <= 100


def test_a_clock_a_day_off_is_bounded_by_the_window():
    """Reports 72 hours apart by their own clocks are of two stories whatever their words."""
    grouping = Grouping()
    title, text = EVENTS[0]
    for number, hours in enumerate((0, 24, -24, 97)):
        grouping.add(enrich_text(title, text, article_id=str(number)), hours * 3600.0)
    assert sizes(grouping) == [3, 1]


def test_a_query_looks_at_a_bounded_number_of_articles():
    """Whatever the window holds, a report is compared with at most so many others."""
    grouping = Grouping()
    pick = random.Random(2)
    words = [f"word{number}" for number in range(60)]
    for number in range(300):
        grouping.add(enrich_text("", " ".join(pick.sample(words, 30)), article_id=str(number)))
    counted = Counter(grouping.groups.window.candidates(sign(enrich_text("", " ".join(words))).features))
    assert len(counted) <= CANDIDATES


def test_a_signature_survives_the_log():
    """What is packed is what is unpacked; another version's bytes are made again."""
    made = sign(enrich_text(*EVENTS[3], article_id="1"))
    packed = pack(made)
    again = unpack(packed)
    assert again is not None
    assert (again.features == made.features).all()
    assert (again.sketch.minhash == made.sketch.minhash).all()
    assert len(packed) < 900
    assert unpack(bytes([VERSION + 1]) + packed[1:]) is None
    assert unpack(b"") is None


def test_an_unknown_time_meets_every_time():
    """Without a time there is no window."""
    grouping = Grouping()
    title, text = EVENTS[0]
    grouping.add(enrich_text(title, text, article_id="1"), None)
    grouping.add(enrich_text(title, text, article_id="2"), math.pi * 1e9)
    assert len(grouping.stories()) == 1
