"""Russian case forms of names. Used when data are built (tools/build_forms.py); run time reads the forms from a file.

Dictionary words are inflected by pymorphy3 (Korobov 2015). What it does not know is declined by its ending, after the
rules for foreign names (Rosenthal's reference, sections on declension of surnames and place names): a form too many
does no harm, since only names that occur are found.
"""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Literal

import pymorphy3

Gender = Literal["m", "f"]
CASES = ("gent", "datv", "accs", "ablt", "loct")
_HUSHES = "жшчщц"
_VELARS = "гкхжшчщ"
_LINKS = re.compile(r"-(?:на|по|под|над|де|ла|ле|ан|сюр)-")
_FIXED_ENDINGS = (*"оеиуыэюё", "ых", "их", "аа", "уа", "оа", "еа")
_PARTICLES = frozenset(
    {"Аль", "Эль", "Бен", "Бин", "Ибн", "Де", "Ди", "Да", "Ван", "Фон", "Аш", "Ас", "Ар", "Ан", "Ги"}
)
_ADJECTIVE = re.compile("(?:ый|ий|ой|ая|яя|ое|ее|ые|ие)$")


@cache
def _morph() -> Any:
    return pymorphy3.MorphAnalyzer(lang="ru")


def decline_person(name: str, gender: Gender | None) -> tuple[str, ...]:
    """Give the forms of a person's name in the five oblique cases, without the name itself; None gives both."""
    genders: tuple[Gender, ...] = (gender,) if gender else ("m", "f")
    found: dict[str, None] = {}
    for each in genders:
        words = [_person_word(word, each) for word in name.split()]
        for case in range(len(CASES)):
            for variant in range(max(len(w[case]) for w in words)):
                found[" ".join(w[case][min(variant, len(w[case]) - 1)] for w in words)] = None
    found.pop(name, None)
    return tuple(found)


def decline_name(name: str) -> tuple[str, ...]:
    """Give the forms of a place's or a body's name: adjectives and their noun are declined, what follows is fixed."""
    words = name.split()
    if not words:
        return ()
    head = _head(words)
    if head is None:
        return ()
    at, parse = head
    forms: dict[str, None] = {}
    if parse is None:
        for form in dict.fromkeys(f for case in _thing_word(words[at]) for f in case):
            forms[" ".join([*words[:at], form, *words[at + 1 :]])] = None
    else:
        for case in CASES:
            forms[_phrase(words, at, parse, case)] = None
    forms.pop(name, None)
    return tuple(form for form in forms if not (form.endswith("ском") and _is_adjective(form)))


def decline_abbreviation(name: str) -> tuple[str, ...]:
    """Give the forms of an abbreviation that is read as a word: МИД, МИДа; none for those that are spelt out."""
    if not re.fullmatch("[А-ЯЁ]{3,}", name) or name[-1] in "АЕЁИОУЫЭЮЯЬ" or not re.search("[АЕЁИОУЫЭЮЯ]", name):
        return ()
    return tuple(name + ending for ending in ("а", "у", "ом", "е"))


def _is_adjective(word: str) -> bool:
    """Say whether the dictionary has the word as an adjective: "Курском" is that far oftener than the town."""
    return any(parse.is_known and "ADJF" in parse.tag for parse in _morph().parse(word.lower()))


def _head(words: list[str]) -> tuple[int, Any] | None:
    """Find the noun that bears the case, with its parse; None stands for one that the dictionary lacks."""
    for at, word in enumerate(words):
        if word.isupper() or not re.fullmatch(r"[А-ЯЁа-яё-]+", word):
            return None
        if at < len(words) - 1 and _ADJECTIVE.search(word) and (_nominative(word, "ADJF") or _nominative(word, "PRTF")):
            continue
        noun = _nominative(word, "NOUN")
        if noun is not None and "-" not in word:
            return at, noun
        return None if word[0].islower() else (at, None)
    return None


def _nominative(word: str, part: str) -> Any:
    parses = [p for p in _morph().parse(word.lower()) if p.is_known and part in p.tag and p.tag.case == "nomn"]
    parses.sort(key=lambda p: ("Geox" not in p.tag, "Surn" in p.tag or "Name" in p.tag, -p.score))
    return parses[0] if parses else None


def _phrase(words: list[str], at: int, noun: Any, case: str) -> str:
    out = []
    number = noun.tag.number or "sing"
    for word in words[:at]:
        adjective = _agreeing(word, noun)
        form = adjective and adjective.inflect({case, number})
        if form and case == "accs" and number == "sing" and noun.tag.gender == "masc":
            form = adjective.inflect({"nomn", number})
        out.append(_cased(form.word, word) if form else word)
    form = noun.inflect({case, number}) or noun.inflect({case})
    out.append(_cased(form.word, words[at]) if form else words[at])
    return " ".join([*out, *words[at + 1 :]])


def _agreeing(word: str, noun: Any) -> Any:
    for parse in _morph().parse(word.lower()):
        same = parse.tag.number == "plur" or parse.tag.gender == noun.tag.gender
        if parse.tag.POS in {"ADJF", "PRTF"} and parse.tag.case == "nomn" and same:
            return parse
    return None


def _thing_word(word: str) -> list[list[str]]:
    """Decline a word the dictionary lacks (or a compound of which it knows a part)."""
    if _LINKS.search(word):
        first, _, rest = word.partition("-")
        return [[f"{form}-{rest}" for form in case] for case in _thing_word(first)]
    stem, dash, last = word.rpartition("-")
    known = _nominative(last, "NOUN")
    if known is not None and len(last) > 3 and known.tag.number == "sing":  # noqa: PLR2004  shorter ones are chance
        return [[stem + dash + _cased(known.inflect({c}).word, last)] if known.inflect({c}) else [word] for c in CASES]
    adjective = _nominative(last, "ADJF") if _ADJECTIVE.search(last) else None
    if adjective is not None:
        return [[stem + dash + _cased(adjective.inflect({c}).word, last)] for c in CASES]
    return [[stem + dash + form for form in case] for case in by_ending(last, "m" if last[-1:] not in "ая" else "f")]


def _person_word(word: str, gender: Gender) -> list[list[str]]:
    """Give the forms of one word of a person's name, case by case."""
    if word.islower() or word in _PARTICLES or word.endswith("."):
        return [[word]] * len(CASES)
    stem, dash, last = word.rpartition("-")
    if word[0].islower() and last[0].islower():
        return [[word]] * len(CASES)
    wanted = {"m": {"masc", "ms-f"}, "f": {"femn", "ms-f"}}[gender]
    for parse in _morph().parse(last.lower()):
        tag = parse.tag
        if parse.is_known and tag.case == "nomn" and tag.number == "sing" and tag.gender in wanted:
            if not {"Name", "Surn", "Patr"} & set(tag.grammemes):
                continue
            forms = [parse.inflect({case, "sing"}) for case in CASES]
            if all(forms):
                return [[stem + dash + _cased(form.word, last)] for form in forms]
    return [[stem + dash + form for form in case] for case in by_ending(last, gender)]


def by_ending(word: str, gender: Gender) -> list[list[str]]:
    """Decline a name by its ending: genitive, dative, accusative, instrumental, prepositional, with variants."""
    if word.endswith(("ский", "цкий", "ный", "ной", "вой", "рый", "лый", "ская", "цкая", "ная")):
        return _adjectival(word)
    if word.endswith(_FIXED_ENDINGS) or not re.search("[а-яё]$", word):
        return [[word]] * len(CASES)
    stem, last = word[:-1], word[-1:]
    if word.endswith(("ова", "ева", "ёва", "ина", "ына")) and gender == "f":
        both = [stem + "ой", stem + "е"]
        return [[stem + "ой", stem + "ы"], both, [stem + "у"], [stem + "ой"], both]
    if last == "а":
        vowel, ablative = "и" if stem[-1:] in _VELARS else "ы", "ей" if stem[-1:] in _HUSHES else "ой"
        return [[stem + vowel], [stem + "е"], [stem + "у"], [stem + ablative], [stem + "е"]]
    if last == "я":
        dative = "и" if stem.endswith("и") else "е"
        return [[stem + "и"], [stem + dative], [stem + "ю"], [stem + "ей"], [stem + dative]]
    return _consonant(word, gender)


def _adjectival(word: str) -> list[list[str]]:
    base = word[:-2]
    if word.endswith("ая"):
        return [[base + "ой"], [base + "ой"], [base + "ую"], [base + "ой"], [base + "ой"]]
    ablative = base + ("им" if base[-1] in _VELARS else "ым")
    return [[base + "ого"], [base + "ому"], [base + "ого"], [ablative], [base + "ом"]]


def _consonant(word: str, gender: Gender) -> list[list[str]]:
    stem, last = word[:-1], word[-1:]
    if last == "ь":
        soft = [[stem + "и"], [stem + "и"], [word], [stem + "ью"], [stem + "и"]]
        hard = [[stem + "я"], [stem + "ю"], [stem + "я", word], [stem + "ем"], [stem + "е"]]
        return soft if gender == "f" else [[*a, *b] for a, b in zip(hard, soft, strict=True)]
    if gender == "f":
        return [[word]] * len(CASES)
    if last == "й":
        end = "и" if stem.endswith("и") else "е"
        return [[stem + "я"], [stem + "ю"], [stem + "я", word], [stem + "ем"], [stem + end]]
    ablative = [word + ("ем" if last in _HUSHES else "ом")]
    if word.endswith(("ов", "ев", "ёв", "ин", "ын")):
        ablative.insert(0, word + "ым")
    return [[word + "а"], [word + "у"], [word + "а", word], ablative, [word + "е"]]


def _cased(form: str, like: str) -> str:
    return (
        form.capitalize() if like[:1].isupper() and not like[1:].isupper() else form.upper() if like.isupper() else form
    )
