"""What is known of the words of a language: how common they are in news, and which may stand in a noun phrase.

Counts and classes come from `data/document_frequencies.txt.gz` (tools/build_document_frequencies.py), our own lists
from `data/stop_words.txt`; a word that neither has is judged by its ending.
"""

from __future__ import annotations

import gzip
import math
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import cache
from importlib import resources

from processors.normalise import fold
from processors.stems import stem

# What a word may do in a noun phrase, as bits.
USABLE = 1  # stand in one
INSIDE = 2  # only where no sentence begins: it may be a verb
ADJECTIVE = 4  # not end one
NOMINATIVE = 8  # be in the nominative (Russian); be a noun by its form (Arabic)
GENITIVE = 16  # be in the genitive (Russian)
DEFINITE = 64  # be no verb: it has an article or a ta marbuta (Arabic)
ANIMATE = 128  # be someone (Russian)
LEXICAL = 256  # be surely a noun as it stands (Arabic)
VERBAL = 32  # be a verb as well (Arabic); be a verb or a possessive when a noun follows (English)

_SHORTEST = 3
_CACHE_LIMIT = 1 << 16
_PRONOUN = re.compile(r".{2,}(?:ها|هم|هما|ه)\Z|.{3,}(?:نا|كم)\Z")  # a word of something said before
_ADVERB = re.compile(r".{3,}يا\Z")  # عسكريا
_VERB_WITH_ARTICLE = re.compile(r"الت.{2,}ها\Z")  # التقطها: no noun has both article and pronoun
_VERB_IN_T = re.compile(r"ت(?!..ي.\Z|.ا..\Z|.*ات\Z).{3,}\Z")
_PLURAL = re.compile(r".{2,}[^suia]s\Z|.{2,}(?:ia|ea)s\Z")
_NEVER = re.compile(r"(?!)")
_ROMAN = re.compile(r"[ivxlc]{1,6}\Z")
_ADJECTIVES = {
    "en": re.compile(
        r".{2,}(?:ous|ful|ive|less|able|ible|al|ish|ly|ic|ary|ese|ern|est)\Z"
        r"|(?:north|south)?(?:east|west)\Z|(?:nor|sou)th\Z"
        r"|(?:syri|russi|americ|irani|iraqi?|liby|europ)e?an\Z|(?:turk|kurd)ish\Z|(?:israel|iraq|yemen|saud)i\Z"
    ),
    "ru": re.compile(r".{2,}(?:ск|н)(?:ий|ый|ой|ая|ое|ие|ые|ого|ому|ом|ую|их|ых|им|ым|ими|ыми)\Z"),
    "ar": _NEVER,
}
_VERBS = {
    "en": re.compile(r".{2,}(?:ed|ing|fies|[^aeiou]ly)\Z"),
    "ru": re.compile(
        r".{2,}(?:ться|тся|лся|лась|лось|лись|вать|ает|яет|ует|ают|яют|уют|вшись"
        r"|(?:вш|ющ|ущ|ящ|ащ)(?:ий|ая|ее|ие|их|его|ей|ую|ими|ем|им|ему)(?:ся)?)\Z"
    ),
    "ar": re.compile(
        r"[وف]?ي.{3,}\Z|[وف]?ت...(?:ه|ها|هم)?\Z|تت.+\Z|ت.{3,}(?:ون|وا)\Z|[سن][يتن].{3,}\Z|ا(?:ست|نت)?.{2,3}ت\Z"
        r"|ن...\Z|...ت\Z|...وا\Z|.{2,}(?:ها|هم|هما)\Z"
    ),
}
# Russian endings, where the word is not among the counted; the oblique ones first.
_OBLIQUE = re.compile(r".+(?:[оае]м|ой|[^е]ей|[ая]ми|[ая]х|ов|ев|[уюэ]|нии)\Z|.+[^ицщчжьш]е\Z")
_GENITIVE = re.compile(r".+(?:[аяыи]|ов|ев|[^и]ей)\Z")
_SURELY_ADJECTIVE = re.compile(r".{2,}(?:ск|н)(?:ого|ому|[ыи]ми?|[ыи]х|ую)\Z")
_ADJECTIVE_NOMINATIVE = re.compile(r".+(?:[ыио]й|[ая]я|[оеыи]е)\Z")
_ADJECTIVE_GENITIVE = re.compile(r".+(?:[ое]го|[ое]й|[ыи]х)\Z")
# Arabic words that their form shows to be nouns or adjectives.
_NOMINAL = re.compile(r".{2,}(?:ات|ون|ين|ي)\Z|م.{3,}\Z|ت..ي.\Z|(?:ا|است|ان).{2,3}ا.\Z")
# A word in lower case that the counts do not know at all is a verb when it ends so.
_RARE_VERBS = re.compile(r".{3,}(?:ла|ло|ли|[аяеиуыо]л|ть|ти|[еи]т|[ую]т|[ая]т|[еи]шь|ив|ав)\Z")


class Words:
    """The words of one language. Any thread."""

    def __init__(self, code: str, documents: int, lines: list[str], lists: defaultdict[str, set[str]]) -> None:
        """Take the counted `lines` (see the build script) and our own `lists` by heading."""
        self.code = code
        script = "arab" if code == "ar" else "cyrl" if code == "ru" else "latn"
        self.weak = frozenset([stem(word, script) for word in lists[f"{code} weak"]])
        self.partitives = frozenset(lists[f"{code} partitive"])
        self._compounds = frozenset(lists[f"{code} compound"])
        self.titles = frozenset([stem(word, script) for word in lists[f"{code} title"]])
        self.offices = frozenset([stem(word, script) for word in lists[f"{code} office"]])
        self.known: dict[tuple[str, bool], int] = {}  # what `role` gave, for the inner loop
        self._documents = documents
        self._frequency: dict[str, int] = {}
        classes: defaultdict[str, list[str]] = defaultdict(list)
        for head, *words in map(str.split, lines):
            if head.isdecimal():
                self._frequency.update(dict.fromkeys(words, int(head)))
            else:
                classes[head] = words
        verbs = {form for verb in lists[f"{code} verb"] for form in _english_forms(verb)}
        self.nouns = frozenset(lists[f"{code} noun"].union(classes["noun"]))
        self._closed = frozenset((lists[code] | verbs) - lists[f"{code} tail"])
        self.possessives = frozenset(lists[f"{code} possessive"])
        self._no_nouns = frozenset(set(classes["no"]) - lists[f"{code} noun"])
        self._adjectives = frozenset(classes["adj"])
        self._nominatives = frozenset(classes["nom"])
        self._animates = frozenset(classes["who"])
        self._genitives = frozenset(classes["gen"])

    def rarity(self, term: str) -> float:
        """Give the inverse document frequency of a term: 0 for one in every article."""
        return math.log((self._documents + 1) / (self._frequency.get(term, 1) + 0.5))

    def share(self, term: str) -> float:
        """Give the share of articles that hold the term."""
        return self._frequency.get(term, 0) / self._documents

    def is_closed(self, word: str) -> bool:
        """Tell whether a folded word is a stop word."""
        return word in self._closed

    def is_noun_like(self, word: str) -> bool:
        """Tell whether a Russian word is a noun by its dictionary reading, though it may be a stop word."""
        if word in self._no_nouns or len(word) <= _SHORTEST:
            return False
        return word in self._nominatives or word in self._genitives

    def role(self, word: str, term: str, *, mark: bool) -> int:
        """Give what a folded word may do in a noun phrase, as bits.

        `mark` tells what folding hid: a capital at the beginning, in Arabic a ta marbuta at the end.
        """
        key = word, mark
        found = self.known.get(key)
        if found is None:
            if len(self.known) >= _CACHE_LIMIT:
                self.known.clear()
            judge = self._role_arabic if self.code == "ar" else self._role
            found = self.known[key] = judge(word, term, mark)
        return found

    def _role(self, word: str, term: str, capital: bool) -> int:  # noqa: FBT001  see role
        if word in self._closed or _ROMAN.match(word) or (word == "new" and not capital):
            return 0
        if len(word) < _SHORTEST and not capital:
            return 0
        bits = ADJECTIVE if self._is_adjective(word, term) else 0
        bits |= self._cases(word, adjective=bool(bits)) if self.code == "ru" else NOMINATIVE
        if word in self._no_nouns:
            return INSIDE | bits if self.code == "ru" and capital else 0
        rare = self.code == "ru" and not capital and term not in self._frequency
        if word not in self.nouns and (_VERBS[self.code].match(word) or (rare and _RARE_VERBS.match(word))):
            return 0
        if self.code == "en" and not capital and _PLURAL.match(word) and word not in self._compounds:
            bits |= VERBAL
        return USABLE | INSIDE | bits

    def _cases(self, word: str, *, adjective: bool) -> int:
        if adjective:
            nominative, genitive = _ADJECTIVE_NOMINATIVE.match(word), _ADJECTIVE_GENITIVE.match(word)
            return (NOMINATIVE if nominative else 0) | (GENITIVE if genitive else 0)
        known = (NOMINATIVE if word in self._nominatives else 0) | (GENITIVE if word in self._genitives else 0)
        if known:
            return known | (ANIMATE if word in self._animates else 0)
        return (0 if _OBLIQUE.match(word) else NOMINATIVE) | (GENITIVE if _GENITIVE.match(word) else 0)

    def _role_arabic(self, word: str, _term: str, marbuta: bool) -> int:  # noqa: FBT001  see role
        if word in self._closed or word in self._no_nouns:
            return 0
        if word.startswith("ال"):
            closed = len(word) > len("الله") and word[2:] in self._closed
            return 0 if closed or _VERB_WITH_ARTICLE.match(word) else USABLE | INSIDE | NOMINATIVE | DEFINITE
        if marbuta:
            return USABLE | INSIDE | NOMINATIVE | DEFINITE | (LEXICAL if word in self.nouns else 0)
        verbal = _VERBS["ar"].match(word)
        if word in self._compounds:
            return USABLE | INSIDE | NOMINATIVE
        if _PRONOUN.match(word) or _ADVERB.match(word):
            return 0
        if word in self.nouns:
            return USABLE | INSIDE | NOMINATIVE | LEXICAL | (VERBAL if verbal else 0)
        if verbal or _VERB_IN_T.match(word):
            return 0
        return INSIDE | NOMINATIVE if _NOMINAL.match(word) else INSIDE

    def _is_adjective(self, word: str, term: str) -> bool:
        if word in self._adjectives or _SURELY_ADJECTIVE.match(word):
            return True
        if word in self.nouns or (self._adjectives and term in self._frequency):
            return False
        return bool(_ADJECTIVES[self.code].fullmatch(word))


@cache
def words_of(language: str) -> Words | None:
    """Give the words of a language, None for one that was not counted. Loads all at the first call."""
    return _all().get(language)


@cache
def _all() -> dict[str, Words]:
    folder = resources.files("processors.data")
    lists: defaultdict[str, set[str]] = defaultdict(set)
    for heading, lines in _blocks(folder.joinpath("stop_words.txt").read_text(encoding="utf-8")):
        lists[heading].update(word for line in lines for word in fold(line).split())
    packed = gzip.decompress(folder.joinpath("document_frequencies.txt.gz").read_bytes()).decode()
    found = {}
    for heading, lines in _blocks(packed):
        code, documents = heading.split()
        found[code] = Words(code, int(documents), lines, lists)
    return found


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Give heading and lines of each [heading] block; comments are left out."""
    for block in text.split("\n[")[1:]:
        heading, _, lines = block.partition("]\n")
        yield heading, [line for line in lines.splitlines() if not line.startswith("#")]


def _english_forms(verb: str) -> tuple[str, ...]:
    base = verb.removesuffix("e")
    return verb, verb + "s", verb + "es", base + "ed", base + "ing", verb + verb[-1] + "ed", verb + verb[-1] + "ing"
