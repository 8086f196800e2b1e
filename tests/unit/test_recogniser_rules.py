from __future__ import annotations

import pytest

from processors.recogniser.lexicon import Lexicon
from processors.recogniser.phrases import PhraseMarker
from processors.recogniser.store import load

MARKER = PhraseMarker(Lexicon(load("ar"), "ar"))


def marks(text: str) -> list[str]:
    """Give the marks of the rules, "" for words without one."""
    return [part.partition("/")[2] for part in MARKER.mark(text.split())]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("قال محمد بن سلمان إن", ["", "pB", "pI", "pI", ""]),
        ("أعلنت وزارة الدفاع الروسية عن", ["", "oB", "oI", "oI", ""]),
        ("في هذا اليوم", ["", "", ""]),
        ("met John Smith", ["", "", ""]),
    ],
)
def test_marks(text: str, expected: list[str]):
    """Runs of names and what follows the head of a body's name are marked; other words and scripts are not."""
    assert marks(text) == expected


def test_no_mark_goes_over_a_boundary():
    """A sentence's end ends a name."""
    parts = MARKER.mark(["قال", "محمد", None, None, "سلمان"])
    assert parts[2:4] == ["", ""]
    assert not parts[4].endswith("I")
