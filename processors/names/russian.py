"""Base forms of declined Russian names, by ending alone and only where an ending can hardly mean anything else."""

from __future__ import annotations

# (ending, what the base has instead, letters that must stand before it); longest endings first.
# A genitive or accusative in -а (Вершинина) is also the nominative of a woman's surname: the join below is by name,
# not by sex, so both reduce to the masculine base.
_ENDINGS = (
    ("скими", "ский", 2), ("цкими", "цкий", 2), ("ского", "ский", 2), ("скому", "ский", 2), ("цкого", "цкий", 2),
    ("цкому", "цкий", 2), ("ским", "ский", 2), ("цким", "цкий", 2), ("ском", "ский", 2), ("цком", "цкий", 2),
    ("ская", "ский", 2), ("ской", "ский", 2), ("скую", "ский", 2), ("цкая", "цкий", 2), ("цкой", "цкий", 2),
    ("цкую", "цкий", 2),
    ("овым", "ов", 2), ("евым", "ев", 2), ("ёвым", "ёв", 2), ("иным", "ин", 3), ("ыным", "ын", 2),
    ("овыми", "ов", 2), ("евыми", "ев", 2), ("иными", "ин", 3), ("овых", "ов", 2), ("евых", "ев", 2),
    ("овой", "ов", 2), ("евой", "ев", 2), ("иной", "ин", 3), ("овою", "ов", 2), ("евою", "ев", 2),
    ("ова", "ов", 2), ("ева", "ев", 2), ("ёва", "ёв", 2), ("ина", "ин", 4), ("ына", "ын", 2),
    ("ову", "ов", 2), ("еву", "ев", 2), ("ёву", "ёв", 2), ("ину", "ин", 4), ("ыну", "ын", 2),
    ("ове", "ов", 2), ("еве", "ев", 2), ("ёве", "ёв", 2), ("ине", "ин", 4), ("ыне", "ын", 2),
    ("вичем", "вич", 2), ("вича", "вич", 2), ("вичу", "вич", 2), ("виче", "вич", 2),
)  # fmt: skip
_NOT_DECLINED = frozenset(
{
    "марина", "ирина", "карина", "полина", "алина", "арина", "галина", "сабина", "кристина", "екатерина",
    "валентина", "ангелина", "альбина", "антонина", "регина", "эльвина", "ева", "ирине", "марине", "палестина",
    "украина", "аргентина", "медина", "катарина", "мартина", "паулина", "джорджина", "каролина", "вальпургина",
    "дина", "нина", "лина", "инна",
}
)  # fmt: skip


# First names whose cases are safe to undo: they are frequent, and no other name is spelled like their cases.
_FIRST_NAMES = [
    "александр", "алексей", "анатолий", "андрей", "антон", "аркадий", "артём", "артем", "борис", "вадим",
    "валентин", "валерий", "василий", "виктор", "виталий", "владимир", "владислав", "вячеслав", "геннадий",
    "георгий", "григорий", "дмитрий", "евгений", "егор", "иван", "игорь", "кирилл", "константин", "леонид",
    "максим", "михаил", "никита", "николай", "олег", "павел", "пётр", "петр", "роман", "руслан", "рустам",
    "сергей", "станислав", "степан", "тимур", "фёдор", "федор", "эдуард", "юрий", "ярослав", "рамзан", "башар",
    "хафез", "мухаммед", "ахмед", "хасан", "хусейн", "мустафа", "махмуд",
]  # fmt: skip
_CASES = {"й": ("я", "ю", "ем", "е"), "ий": ("ия", "ию", "ием", "ии"), "ь": ("я", "ю", "ем", "е")}


def _cases(name: str) -> tuple[str, ...]:
    """Give the cases of a first name: genitive, dative, instrumental, prepositional."""
    if name.endswith("а"):
        return tuple(name[:-1] + ending for ending in ("ы", "е", "у", "ой"))
    if name == "павел":
        return ("павла", "павлу", "павлом", "павле")
    for end in ("ий", "й", "ь"):
        if name.endswith(end):
            return tuple(name[: -len(end)] + ending for ending in _CASES[end])
    return tuple(name.replace("пётр", "петр") + ending for ending in ("а", "у", "ом", "е"))


_FIRST_NAME_OF = {case: name for name in _FIRST_NAMES for case in _cases(name) if case not in _FIRST_NAMES}


def base_form(token: str) -> str:
    """Give the nominative masculine of a normalised Cyrillic name, or the token as it is where no rule is safe."""
    if token in _NOT_DECLINED:
        return token
    if token in _FIRST_NAME_OF:
        return _FIRST_NAME_OF[token]
    for ending, base, before in _ENDINGS:
        if token.endswith(ending) and len(token) >= len(ending) + before:
            return token[: len(token) - len(ending)] + base
    return token


def variants(token: str) -> tuple[str, ...]:
    """Give a normalised Cyrillic token and the bases that its ending allows: for comparing, where a rival decides.

    First names and surnames on a consonant take -а, -у, -ом, -е (Асада, Асаду, Асадом, Асаде), on -й take -я, -ю,
    -ем, -е (Сергея), on -а take -ы, -и, -у, -ой, -е.
    """
    found = dict.fromkeys((token, base_form(token)))
    for endings, bases in _LOOSE:
        for ending in endings:
            if token.endswith(ending) and len(token) - len(ending) >= _LEAST_STEM:
                found.update(dict.fromkeys(token[: len(token) - len(ending)] + base for base in bases))
    return tuple(found)


_LEAST_STEM = 3
_LOOSE = (
    (("ом",), ("",)), (("ем",), ("й", "ь", "")), (("а", "у"), ("",)), (("я", "ю"), ("й", "ь")),
    (("е",), ("", "й", "а")), (("ы", "у", "ой"), ("а",)), (("и", "ей"), ("а", "я", "ь")), (("ию", "ия", "ии"), ("ий",)),
)  # fmt: skip
