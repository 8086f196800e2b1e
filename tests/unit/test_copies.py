"""Copies are found, other reports of the event are not: recall, false joins, and what an outlet puts around a text."""

from __future__ import annotations

import itertools
import json
import random
from pathlib import Path

import numpy as np
import pytest

from processors.copies import FEWEST_SHINGLES, Sketch, is_copy, may_be_copies, shingles, sketch
from processors.stories.bands import BandTable
from processors.tokens import terms

DATA = Path(__file__).parent.parent / "data" / "stories"
SAMPLE = Path(__file__).parents[2] / "ingest" / "data" / "sample"


def joined(text: str) -> str:
    return " ".join(term.text for term in terms(text))


def sketched(text: str) -> Sketch:
    return sketch("", text, joined(text))


def found(one: str, other: str) -> bool:
    """Go the way of the group step: a shared band, the estimate, the exact share."""
    table, orders = BandTable(), np.array([1])
    table.add(0, sketched(one), orders)
    new, old = sketched(other), sketched(one)
    if table.find(new) != [0] or not may_be_copies(new, old.minhash[None], np.array([old.shingles]))[0]:
        return False
    return is_copy(shingles("", one, joined(one)), shingles("", other, joined(other)))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    """Give the sample's real texts in three languages, of 60 words and more."""
    rows = [
        json.loads(line)
        for name in ("ar", "en", "ru")
        for line in (SAMPLE / f"{name}.jsonl").read_text("utf-8").splitlines()
    ]
    return [text for row in rows if len((text := row["text"]).split()) >= 60]


def test_copies_with_one_word_in_twenty_changed_are_found(texts: list[str]):
    """Recall on such copies is .99 and more, in each language."""
    pick = random.Random(3)
    pool = [word for text in texts for word in text.split()]
    hits = total = 0
    for _ in range(4):
        for text in texts:
            words = text.split()
            for at in pick.sample(range(len(words)), max(1, len(words) // 20)):
                words[at] = pick.choice(pool)
            total += 1
            hits += found(text, " ".join(words))
    assert total >= 200
    assert hits / total >= 0.99


def test_other_reports_of_one_event_are_no_copies():
    """Of reports of one event in their own words at most one pair in a hundred counts as copies."""
    rows = [json.loads(line) for line in (DATA / "own_articles.jsonl").read_text("utf-8").splitlines()]
    pairs = [(a, b) for a, b in itertools.combinations(rows, 2) if a["event"] == b["event"] and a["lang"] == b["lang"]]
    assert len(pairs) >= 20
    assert sum(found(a["text"], b["text"]) for a, b in pairs) / len(pairs) <= 0.01


BODIES = {
    "en": "A car bomb killed at least twelve people and wounded thirty in the vegetable market of the town on Friday morning, rescue workers said, and nobody has claimed the attack so far.",
    "ru": "Заминированный автомобиль взорвался утром в пятницу на овощном рынке города, погибли не менее двенадцати человек, тридцать ранены, сообщили спасатели, ответственность никто не взял.",
    "ar": "انفجرت سيارة مفخخة صباح الجمعة في سوق الخضار وسط المدينة ما أدى إلى مقتل اثني عشر شخصا على الأقل وإصابة ثلاثين آخرين بحسب فرق الإنقاذ ولم تتبن أي جهة الهجوم حتى الآن.",
}


@pytest.mark.parametrize(
    ("language", "around"),
    [
        ("en", "AZAZ, Syria, May 8 (Reuters) - {}\n\n(Reporting by Jane Doe; Editing by John Roe)"),
        ("en", "{}\n\nSubscribe to our newsletter\n\n(AFP)"),
        ("ru", "Москва. 8 мая. INTERFAX.RU - {}\n\nЧитайте также: Погода на завтра"),
        ("ru", "ДАМАСК, 8 мая — РИА Новости. {}\n\nИсточник: ТАСС"),
        ("ar", "دمشق 8 مايو (رويترز) - {}\n\n(إعداد فلان للنشرة العربية)"),
        ("ar", "{}\n\n(أ ف ب)"),
    ],
)
def test_datelines_signatures_and_boilerplate_hide_no_copy(language: str, around: str):
    """The text of an agency is the same text in every outlet's dress."""
    body = BODIES[language]
    assert found(body, around.format(body))


def test_a_copy_cut_short_is_a_copy():
    """Containment: the first half of a text is a copy of the whole."""
    body = " ".join(BODIES["en"].replace("town", f"town {n}") for n in range(3))
    assert is_copy(
        shingles("", body, joined(body)), shingles("", body[: len(body) // 2], joined(body[: len(body) // 2]))
    )


@pytest.mark.parametrize("text", ["", "Фото", "صورة اليوم", "Photo of the day", "Breaking news from the region"])
def test_texts_of_a_few_words_are_no_copies(text: str):
    """What has no text of its own copies nothing."""
    made = sketched(text)
    assert made.shingles < FEWEST_SHINGLES
    assert not found(text, text)


def test_a_full_table_keeps_the_newest():
    """Remade and crowded, the table still finds the last articles put in."""
    pick = np.random.default_rng(1)
    table, count = BandTable(), 400
    orders = np.arange(1, count + 1)
    minhashes = pick.integers(1 << 16, size=(count, 128), dtype=np.uint16)
    for slot in range(count):
        if table.crowded():
            table.remake(np.arange(slot), minhashes[:slot])
        table.add(slot, Sketch(minhashes[slot], 100), orders)
    assert all(slot in table.find(Sketch(minhashes[slot], 100)) for slot in range(count))
