"""Names of places: transcribed into Cyrillic, and chosen among the unsorted alternate names of GeoNames."""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable

import pymorphy3

ARABIC = re.compile(r"[ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي]+(?:[ -][ءآأؤإئابةتثجحخدذرزسشصضطظعغفقكلمنهوىي]+)*")
RUSSIAN = re.compile(r"[А-ЯЁ][а-яё]+(?:[ -][А-ЯЁа-яё]+)*")

_MORPH = pymorphy3.MorphAnalyzer(lang="ru")


# --- Latin to Cyrillic -------------------------------------------------------------------------------------------
# Practical transcription of romanised Arabic (as Russian maps write Syria): letter groups first, then letters.
_GROUPS = (
    ("sh", "ш"), ("kh", "х"), ("gh", "г"), ("th", "с"), ("dh", "з"), ("ch", "ч"), ("zh", "ж"), ("ay", "ай"),
    ("ei", "ей"), ("ey", "ей"), ("aw", "ау"), ("ou", "у"), ("oo", "у"), ("ee", "и"), ("iy", "ий"), ("yy", "йй"),
    ("ya", "я"), ("yu", "ю"), ("yi", "йи"), ("ye", "е"), ("ts", "ц"),
)  # fmt: skip
_LETTERS = dict(zip("abcdefghijklmnopqrstuvwxyz", "абкдефгхиджклмнопкрстуввксйз".replace("дж", "ж"), strict=False))
_LETTERS |= {"j": "дж", "y": "й", "x": "кс", "z": "з", "w": "в", "v": "в", "u": "у", "q": "к"}
_SUN = ("t", "th", "d", "dh", "r", "z", "s", "sh", "n")


def to_cyrillic(latin: str) -> str:
    """Transcribe a romanised Arabic name: marks dropped, the article as эль- (its l takes the sun letter's sound)."""
    plain = strip_marks(latin).lower()
    words = [w for w in re.split(r"[ -]+", plain) if w]
    out: list[str] = []
    for word in words:
        if word in {"al", "el"} | {"a" + s for s in _SUN} | {"e" + s for s in _SUN}:
            out.append("э" + _transcribe(word[1:]))
        else:
            out.append(_transcribe(word))
    return "-".join(w if i and w.startswith("э") else w.capitalize() for i, w in enumerate(out))


def _transcribe(word: str) -> str:
    text = ""
    at = 0
    while at < len(word):
        group = next((g for g in _GROUPS if word.startswith(g[0], at)), None)
        if group:
            text += group[1]
            at += len(group[0])
        else:
            text += _LETTERS.get(word[at], "")
            at += 1
    return text.replace("ийа", "ия").replace("айй", "ай")


def strip_marks(text: str) -> str:
    """Take off accents and the half rings of scholarly transliteration."""
    plain = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return re.sub(r"[`'‘’ʿʾʻʼ]", "", plain).replace("ı", "i")


# --- choosing among unsorted alternate names ---------------------------------------------------------------------
def likeness(cyrillic: str, latin: str) -> float:
    """Say how near a Cyrillic name sounds to a Latin one, 0 to 1."""
    a, b = cyrillic.lower().replace("-", " "), to_cyrillic(latin).lower().replace("-", " ")
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def known_place(name: str) -> bool:
    """Say whether pymorphy3's dictionary has the word as a place name in the nominative."""
    word = name.lower()
    return _MORPH.word_is_known(word) and any(
        "Geox" in p.tag and p.tag.case in {"nomn", None} for p in _MORPH.parse(word)
    )


def order_russian(names: Iterable[str], latin: str, labels: set[str]) -> list[str]:
    """Put the likeliest Russian name first: a dictionary place, a Wikidata label, else the likest to the Latin name."""
    found = [n for n in dict.fromkeys(names) if RUSSIAN.fullmatch(n) and not n.endswith(("ъ", " шаары", " хот"))]
    return sorted(found, key=lambda n: (-(2 * known_place(n) + (n in labels)), -likeness(n, latin), n))


_SKELETON = dict(
    zip(
        "بتثجحخدذرزسشصضطظعغفقكلمنهوي",
        ["b", "t", "t", "j", "h", "k", "d", "d", "r", "z", "s", "s", "s", "d", "t", "z", "", "g", "f", "k", "k", "l",
         "m", "n", "h", "", ""], strict=True,
    )
)  # fmt: skip


def order_arabic(names: Iterable[str], latin: str) -> list[str]:
    """Put the Arabic name whose consonants are nearest to the Latin name's first."""
    target = re.sub(r"[^bcdfghjklmnpqrstvxz]", "", strip_marks(latin).lower())
    target = target.translate(str.maketrans("cqvpx", "kkfbk")).replace("sh", "s").replace("kh", "k").replace("gh", "g")

    def distance(name: str) -> float:
        own = "".join(_SKELETON.get(c, "") for c in name.removeprefix("ال"))
        return -difflib.SequenceMatcher(None, own, target, autojunk=False).ratio()

    found = [n.strip("\u200e\u200f .") for n in names]
    return sorted(dict.fromkeys(n for n in found if ARABIC.fullmatch(n)), key=lambda n: (distance(n), len(n), n))


def latin_name(name: str) -> list[str]:
    """Give the name without marks, then the spellings people type for it."""
    plain = strip_marks(name).strip()
    names = [plain, name]
    if re.search(r"iy\b", plain):
        names.insert(0, re.sub(r"iy\b", "y", plain))
    return list(dict.fromkeys(names))


def ambiguous_russian(name: str) -> bool:
    """Say whether the dictionary knows the word as something likelier than a place (a name in any of its cases)."""
    parses = [p for p in _MORPH.parse(name.lower()) if p.is_known]
    rivals = [
        p
        for p in parses
        if "Geox" not in p.tag and (p.tag.case in {"nomn", None} or {"Name", "Surn"} & set(p.tag.grammemes))
    ]
    places = [p for p in parses if "Geox" in p.tag]
    return bool(rivals) and (not places or max(p.score for p in rivals) >= max(p.score for p in places))
