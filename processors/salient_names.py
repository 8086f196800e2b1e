"""Names as keywords: of the people, bodies and places that were found, those that the article is about, each whole.

An article is about a name that stands in its title or that its text comes back to. What is shown is a form that the
article has: for people the fullest one without office, for others the commonest, a nominative before others.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

from processors.normalise import fold
from processors.stems import stem
from processors.word_classes import NOMINATIVE, Words
from rasid.domain.article import Entity, Mention

_TYPES = frozenset(("PER", "ORG", "LOC"))
_LONGEST = 5  # words; what is longer is rather a list or a caption
_LONGEST_PERSON = 4
_UNTITLED = 3  # mentions of a name that is not in the title
_EARLY = 450  # code points: in the first sentences fewer suffice
_UNTITLED_EARLY = 2
_TITLE_BONUS = 2.0
_EARLY_BONUS = 1.3
_FULL_BONUS = 1.4  # a name of several words
_SHOUTED = 6  # letters of a word in capitals that is rather no abbreviation
_SHORT = 2  # letters of an abbreviation that needs its full form
_BASE = 2.0  # what a name's rarity is raised by: a common name is a keyword nevertheless
_UNFIT = re.compile(r"[\"«»“”„’'()\[\]\n\t|,;:!?/_]|\d{3}|[a-zа-я][A-ZА-Я]|\. ")
_SMALL = frozenset(("of", "for", "and", "the", "al", "el", "de", "bin", "ibn", "von", "и", "по", "при", "на"))
_ARTICLES = frozenset(("the", "a"))
_PATRONYMIC = re.compile(r".+(?:вич|вна|вича|вной|вичем|вичу)\Z", re.IGNORECASE)
_PRONOUNS = frozenset(("هو", "هي", "ان", "الذي", "التي", "لم", "قد"))
_ADJECTIVAL = re.compile(r"(?:ск|н)(?:ого|ому|ий|ая|ую|ом|им)\Z")
_CLITIC = re.compile(r" (?:بال|وال|لل|كال)")
_NAMED_AFTER = re.compile(r"(?:имени|им\.) ?(?:[А-Я]\. ?){0,2}\Z")
_DATELINE = re.compile(r", Кремль|\. \d{1,2} [а-я]| ?\((?:Reuters|AFP|AP|RIA)")
_CLOCK = re.compile(r"\d:\d\d \Z")
_GOES_ON = re.compile(r" [A-Z][a-z]")
_VERBAL = re.compile(r"[a-z]+(?:ed|ing)\Z")

Scored = tuple[float, str]


def salient(title: str, text: str, names: Sequence[Entity], words: Words, site: int) -> list[Scored]:
    """Give score and form of those worth a keyword, best first; the title counts up to `site`, the site's name."""
    found: dict[str, float] = {}
    for entity in names:
        scored = _judge(entity, title, text, words, site)
        if scored:
            found[scored[1]] = max(scored[0], found.get(scored[1], 0.0))
    return _distinct(sorted(((score, form) for form, score in found.items()), reverse=True), words)


def _judge(entity: Entity, title: str, text: str, words: Words, site: int) -> Scored | None:
    if entity.type not in _TYPES or entity.id.startswith("rasid:media/"):
        return None  # media are most often named as the source
    places = [m for m in entity.mentions if m.field == "text" or (m.field == "title" and m.end <= site)]
    titled = any(m.field == "title" for m in places)
    early = any(m.field == "text" and m.start < _EARLY for m in places)
    if not titled and len(places) < (_UNTITLED_EARLY if early else _UNTITLED):
        return None
    forms = _forms(places, title, text, words)
    if not forms:
        return None
    form = _best_form(forms, entity, words)
    if words.code == "en" and _is_possessive(form, entity, forms):
        return None
    length = len(form.split())
    if length == 1 and _tells_little(form, entity, words):
        return None
    if entity.type == "PER" and length == 1 and not entity.known and not titled:
        return None
    if words.code == "ru" and not titled and not _is_nominative(form, entity, words):
        return None
    terms = [_word(word, _script(words))[1] for word in form.split()]
    score = (_BASE + sum(map(words.rarity, terms)) / len(terms)) * (1 + math.log(len(places)))
    score *= _FULL_BONUS if length > 1 else 1.0
    return score * (_TITLE_BONUS if titled else _EARLY_BONUS if early else 1.0), form


def _forms(places: Sequence[Mention], title: str, text: str, words: Words) -> Counter[str]:
    """Count the clean forms of a name's mentions."""
    forms: Counter[str] = Counter()
    for mention in places:
        source = title if mention.field == "title" else text
        if words.code == "en" and mention.field == "text" and _GOES_ON.match(source[mention.end : mention.end + 4]):
            continue  # New York | Giants
        form = _form(source, mention.start, mention.end, words)
        if form:
            forms[form] += 1
    return forms


def _form(source: str, start: int, end: int, words: Words) -> str:
    """Give a mention without article and office, or nothing where it is no clean name."""
    surface = source[start:end]
    if source[end : end + 1].isalpha() or source[end : end + 1] == "-" or _UNFIT.search(surface):
        return ""
    if words.code == "ar" and (_CLITIC.search(surface) or (surface[0] == "ل" and source[start - 1 : start] == "ل")):
        return ""  # لل hides the article: the slice would not be a word
    if words.code == "ru" and _NAMED_AFTER.search(source[max(0, start - 12) : start]):
        return ""
    if _is_dateline(source, surface, end, words) or (words.code != "ar" and start and source[start - 1].isalnum()):
        return ""
    parts = surface.split(" ")
    offices = [at for at, part in enumerate(parts[:-1]) if _is_office(part, words)]
    parts = parts[offices[-1] + 1 :] if offices else parts
    while parts and parts[0].lower() in _ARTICLES:
        parts = parts[1:]
    if not parts or len(parts) > _LONGEST or not all(_fits(part, words) for part in parts):
        return ""
    if len(set(parts)) < len(parts) or len(parts[-1]) == 1:
        return ""
    if words.code == "ru" and len(parts) == 2 and _PATRONYMIC.match(parts[1]):  # noqa: PLR2004  Владимир Владимирович
        return ""
    if not parts[0][0].isupper() and words.code != "ar":
        return ""
    return " ".join(parts) if not _is_bare_office(parts, words) else ""


def _is_dateline(source: str, surface: str, end: int, words: Words) -> bool:
    shouted = words.code == "en" and len(surface) >= _SHOUTED and surface.isupper() and " " not in surface
    return (
        shouted
        or bool(_CLOCK.search(source[max(0, end - len(surface) - 7) : end - len(surface)]))
        or bool(_DATELINE.match(source[end : end + 12]))
    )


def _fits(part: str, words: Words) -> bool:
    folded = _word(part, _script(words))[0]
    if words.code == "ar":
        return folded not in _PRONOUNS
    if folded in _SMALL or folded.startswith(("al-", "ash-", "el-")):
        return True
    if not part or not (part[0].isupper() or part[0].isdigit()):
        return False
    return len(part) <= 3 or part.isupper() or not (words.is_closed(folded) or _VERBAL.match(folded))  # noqa: PLR2004


def _is_office(part: str, words: Words) -> bool:
    term = _word(part, _script(words))[1]
    return term in words.titles or (words.code == "ru" and term in words.offices)


def _is_bare_office(parts: list[str], words: Words) -> bool:
    return _is_office(parts[0], words) or _is_office(parts[-1], words)


def _tells_little(form: str, entity: Entity, words: Words) -> bool:
    """Tell whether a name of one word is a common word, an initial or too short to be understood."""
    if re.search(r"\.\w?\Z", form) or (len(form) <= _SHORT and (not entity.known or entity.type != "LOC")):
        return True
    term = _word(form, _script(words))[1]
    if words.code == "ru" and entity.type != "PER" and _ADJECTIVAL.search(form):
        return True
    return term in words.offices or (entity.type != "LOC" and (term in words.weak or words.is_closed(fold(form))))


@lru_cache(maxsize=1 << 14)
def _word(part: str, script: str) -> tuple[str, str]:
    """Give a word folded, and its term."""
    folded = fold(part)
    return folded, stem(folded, script)


def _script(words: Words) -> str:
    return {"ru": "cyrl", "ar": "arab"}.get(words.code, "latn")


def _best_form(forms: Counter[str], entity: Entity, words: Words) -> str:
    person = entity.type == "PER"

    def rank(form: str) -> tuple[bool, int, int, int, str]:
        length = min(len(form.split()), _LONGEST_PERSON)
        oblique = words.code == "ru" and not _is_nominative(form, entity, words)
        possessive = words.code == "en" and _is_possessive(form, entity, forms)
        return oblique or possessive, -length if person else int(len(form) <= _SHORT), -forms[form], len(form), form

    return min(forms, key=rank)


def _is_possessive(form: str, entity: Entity, forms: Counter[str]) -> bool:
    """Tell whether an English form ends in an s that the name has not: Assads, of a text that lost its apostrophes."""
    if not form.endswith("s"):
        return False
    own = (entity.name.en or "").casefold().replace("-", " ").split()
    last = form.casefold().replace("-", " ").split()[-1]
    return form[:-1] in forms or (last not in own and last[:-1] in own)


def _is_nominative(form: str, entity: Entity, words: Words) -> bool:
    """Tell whether a Russian form is one of the name's own words; of names that the base lacks, by the endings."""
    own = set(fold(entity.name.ru or "").replace("-", " ").split())
    folded = fold(form).replace("-", " ").split()
    if own and (entity.known or set(folded) <= own):
        return set(folded) <= own or form.isupper()
    if form.isupper() or not form[0].isalpha():
        return True
    return all(words.role(word, stem(word, "cyrl"), mark=True) & NOMINATIVE for word in folded if len(word) > 1)


def _distinct(scored: list[Scored], words: Words) -> list[Scored]:
    """Leave out names whose words a better one has."""
    kept: list[Scored] = []
    seen: list[set[str]] = []
    script = _script(words)
    for score, form in scored:
        terms = {_word(word, script)[1] for word in form.split()}
        if not any(terms <= other or other <= terms for other in seen):
            kept.append((score, form))
            seen.append(terms)
    return kept
