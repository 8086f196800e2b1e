"""What counts as a change of a report, and how it is told."""

from __future__ import annotations

from dataclasses import replace

import pytest

from processors.changes import change_between
from processors.enrich import enrich_text
from rasid.domain.change import Change


def change(before: tuple[str, str], after: tuple[str, str]) -> Change | None:
    """Give what the second revision says otherwise; each is a title and a text."""
    old, new = enrich_text(*before), enrich_text(*after)
    return change_between(old, replace(new, article=replace(new.article, revision=2, edition=2)))


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (("Blast in Azaz", "The blast killed 12 people, rescuers said."), ("Blast in Azaz", "The blast killed 30 people, rescuers said."), "12 → 30 people"),
        (("Blast in Azaz", "At least 12 killed in Azaz."), ("Blast in Azaz", "At least 30 killed in Azaz."), "12 → 30 killed"),
        (("انفجار في أعزاز", "مقتل 12 شخصا في انفجار سيارة مفخخة"), ("انفجار في أعزاز", "مقتل 30 شخصا في انفجار سيارة مفخخة"), "12 → 30 شخصا"),
        (("انفجار في أعزاز", "مقتل ١٢ شخصا في انفجار"), ("انفجار في أعزاز", "مقتل ٣٠ شخصا في انفجار"), "١٢ → ٣٠ شخصا"),
        (("Взрыв в Азазе", "При взрыве погибли 12 человек."), ("Взрыв в Азазе", "При взрыве погибли 30 человек."), "12 → 30 человек"),
        (("Взрыв", "Ущерб составил 1,5 млрд рублей."), ("Взрыв", "Ущерб составил 2 млрд рублей."), "1,5 млрд → 2 млрд рублей"),
        (("Strike in Aleppo", "A strike in Aleppo hit a school."), ("Strike in Idlib", "A strike in Idlib hit a school."), "Aleppo → Idlib"),
    ],
)  # fmt: skip
def test_other_numbers_names_and_places_are_told(before: tuple[str, str], after: tuple[str, str], text: str):
    """A changed number or place is shown as before and after, in the article's own words."""
    found = change(before, after)
    assert found is not None
    assert (found.kind, found.before_revision) == ("facts", 1)
    assert text in found.text.split("\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (("Blast in Azaz", "The blast killed 12 people."), ("Blast in Azaz", "The blast  killed\n12   people.")),
        (("Blast in Azaz", "It killed 12 people on 5 May 2026 at 14:30."), ("Blast in Azaz", "It killed 12 people on 6 May 2026 at 15:45.")),
        (("Взрыв", "Погибли 12 человек."), ("Взрыв", "Погибли 12 человек.\n\nЧитайте также: 10 фактов об Азазе")),
        (("انفجار", "مقتل 12 شخصا في أعزاز"), ("انفجار", "مقتل ١٢ شخصا في أعزاز")),
        (("Blast", "It killed 15,000 fish."), ("Blast", "It killed 15 000 fish.")),
        (("Blast in Azaz", "The blast killed twelve people."), ("Blast in Azaz", "The blast killed 12 people.")),
    ],
)  # fmt: skip
def test_white_space_dates_adverts_and_spellings_are_no_change(before: tuple[str, str], after: tuple[str, str]):
    """What a reader need not know again gives no change."""
    assert change(before, after) is None


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("WITHDRAWN: Blast in Azaz", "Please disregard."),
        ("Blast in Azaz", "This article has been removed."),
        ("Взрыв в Азазе", "Материал удалён по решению редакции."),
        ("انفجار في أعزاز", "تم سحب الخبر"),
        ("", ""),
    ],
)
def test_a_withdrawn_report_is_told(title: str, text: str):
    """A report that is taken back, or emptied, is a withdrawal."""
    found = change(
        ("Blast in Azaz", "The blast killed 12 people in the market of Azaz, rescuers said." * 2), (title, text)
    )
    assert found is not None
    assert found.kind == "withdrawn"


def test_a_report_on_a_withdrawal_is_none():
    """Troops that are withdrawn withdraw no report."""
    before = ("Russia pulls out", "Russia will pull 300 troops out of Tartus, the ministry said on Monday.")
    after = ("Russia pulls out", "Russia has withdrawn 300 troops from Tartus, the ministry said on Monday.")
    assert change(before, after) is None
