"""Keywords: noun phrases in the article's own words that are frequent, early or in the title here and rare elsewhere.

Candidates are the longest runs of words that may stand in a noun phrase (after Rose and others 2010, RAKE); a run's worth
is how often it stands here times how rare its words are in other articles (tf-idf; counts by language in
`data/document_frequencies.txt.gz`). There is no parser: stop words, punctuation, clitics and the Arabic article cut.
"""

from __future__ import annotations

import gzip
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import NamedTuple

from processors.normalise import fold
from processors.tokens import Token
from rasid.domain.article import FieldName, Keyword

_LONGEST = {"en": 3, "ru": 4, "ar": 4}  # words of a keyword
_LONGEST_NAME = 5  # where all are capitalised
_TITLE_BONUS = 2.5
_WORDS_PER_KEYWORD = 22  # a short article has fewer
_FEWEST = 3
_LEAD = 400  # code points
_LOOKED_AT = 3000  # tokens: what a long text is about is said by then
_SHORTEST_WORD = 3
_COMMON = 0.06  # share of documents from which on a single word tells little
_LEAST_OF_BEST = 0.2  # share of the best score that a keyword must reach
_SEEN_ALONE = 3  # times that a word alone, not in the title and no name, must stand in the text
_SAME_STEM = 4  # letters
_ROMAN = re.compile(r"[ivxlc]{1,6}\Z")
_GAP = re.compile(r"[ \u00a0\t]+\Z")
_SITE_NAME = re.compile(r"\s[-–—|_]\s(?:[^\s\-–—|_]+\s*){1,3}\Z")  # “… - Jordan Times”
_HYPHEN = re.compile(r"[-‐‑]\Z")
_NEVER = re.compile(r"(?!)")
# What a word unknown to the counts looks like.
_ADJECTIVE = {
    "en": re.compile(r".{2,}(?:ous|ful|ive|less|able|ible|al|ish|ly|ic|ary|ese|ern|est)\Z|(?:syri|russi|americ|irani|iraqi?|liby|europ)e?an|turkish|israeli|iraqi|yemeni|saudi|kurdish"),
    "ru": re.compile(r".{2,}(?:ск|н)(?:ий|ый|ой|ая|ое|ие|ые|ого|ому|ом|ую|их|ых|им|ым|ими|ыми)\Z"),
    "ar": _NEVER,
}
_VERB = {
    "en": re.compile(r".{2,}(?:ed|ing|[^aeiou]ly)\Z"),
    "ru": re.compile(
        r".{2,}(?:ться|тся|лся|лась|лось|лись|вать|ает|яет|ует|ают|яют|уют|вшись|(?:вш|ющ|ущ|ящ|ащ)(?:ий|ая|ее|ие|их|его|ей|ую|ими|ем|им|ему)(?:ся)?)\Z"
    ),
    "ar": re.compile(r"[وف]?ي.{3,}\Z|[وف]?ت...(?:ه|ها|هم)?\Z|تت.+\Z|ت.{3,}(?:ون|وا)\Z|[سن][يتن].{3,}\Z|ا(?:ست|نت)?.{2,3}ت\Z|ن...\Z|...ت\Z|...وا\Z"),
}
# … and one in lower case that the counts do not know at all.
_RARE_VERB = {
    "en": _NEVER,
    "ru": re.compile(r".{3,}(?:ла|ло|ли|[аяеиуыо]л|ть|ти|[еи]т|[ую]т|[ая]т|[еи]шь|ив|ав)\Z"),
    "ar": _NEVER,
}
_PRONOUN = {"en": _NEVER, "ru": _NEVER, "ar": re.compile(r".{2,}(?:ها|هم|هما|نا|ه)\Z")}  # a word of something said before
_VERB_FOLLOWS = frozenset("الذي التي الذين اللذين قد لم لن سوف لا ما كما حيث ان".split())


class _Language(NamedTuple):
    documents: int
    frequency: dict[str, int]  # by term
    closed: frozenset[str]  # forms that are in no keyword
    verbs: frozenset[str]  # nor these, unless a capital shows a name
    weak: frozenset[str]  # forms that tell too little alone
    nouns: frozenset[str]  # forms that are nouns though they may look otherwise
    adjectives: frozenset[str]


@cache
def _languages() -> dict[str, _Language]:
    folder = resources.files("processors.data")
    lists = _sections(folder.joinpath("stop_words.txt").read_text(encoding="utf-8"))
    packed = gzip.decompress(folder.joinpath("document_frequencies.txt.gz").read_bytes()).decode()
    found = {}
    for heading, lines in _blocks(packed):
        code, documents = heading.split()
        frequency: dict[str, int] = {}
        classes: dict[str, list[str]] = {}
        for head, *words in map(str.split, lines):
            if head.isdecimal():
                frequency.update(dict.fromkeys(words, int(head)))
            else:
                classes[head] = words
        verbs = {form for verb in lists[f"{code} verb"] for form in _english_forms(verb)}
        nouns = lists[f"{code} noun"] | set(classes.get("noun", ()))
        no_nouns = set(classes["no"]) - lists[f"{code} noun"]
        found[code] = _Language(
            int(documents),
            frequency,
            frozenset(lists[code] | verbs),
            frozenset(no_nouns),
            frozenset(lists[f"{code} weak"]),
            frozenset(nouns),
            frozenset(classes.get("adj", ())),
        )
    return found


def _blocks(text: str) -> Iterator[tuple[str, list[str]]]:
    """Give heading and lines of each [heading] block; comments are left out."""
    for block in text.split("\n[")[1:]:
        heading, _, lines = block.partition("]\n")
        yield heading, [line for line in lines.splitlines() if not line.startswith("#")]


def _sections(text: str) -> defaultdict[str, set[str]]:
    sections: defaultdict[str, set[str]] = defaultdict(set)
    for heading, lines in _blocks(text):
        sections[heading].update(word for line in lines for word in fold(line).split())
    return sections


def _english_forms(verb: str) -> tuple[str, ...]:
    stem = verb.removesuffix("e")
    return verb, verb + "s", verb + "es", stem + "ed", stem + "ing", verb + verb[-1] + "ed", verb + verb[-1] + "ing"


@dataclass(slots=True)
class _Candidate:
    """All places of one phrase, whatever its endings."""

    terms: tuple[str, ...]
    count: int = 0
    in_title: bool = False
    first: int = 1 << 30
    surfaces: Counter[str] = field(default_factory=Counter)
    capitals: int = 0


def keywords(  # noqa: PLR0913  an article is title, text, their tokens and a language
    title: str,
    title_tokens: Sequence[Token],
    text: str,
    text_tokens: Sequence[Token],
    language: str,
    limit: int = 12,
    avoid: Collection[tuple[str, int, int]] = (),
) -> tuple[Keyword, ...]:
    """Give at most `limit` keywords, best first, each a slice of title or text as it stands there.

    `avoid` holds (field, start, end) in code points: boilerplate and the like, of which no word is used. Languages
    without counts of their own give none. Scores compare within one article only. Linear in the length of the text.
    """
    known = _languages().get(language)
    if known is None:
        return ()
    shut = {(name, at) for name, start, end in avoid for at in range(start, end)}
    if tail := _SITE_NAME.search(title):
        shut.update(("title", at) for at in range(tail.start(), len(title)))
    found: dict[tuple[str, ...], _Candidate] = {}
    place = 0
    for name, source, tokens in (("title", title, title_tokens), ("text", text, text_tokens[:_LOOKED_AT])):
        for run in _runs(source, tokens, language, known, {at for field_name, at in shut if field_name == name}):
            _note(found, source, run, name == "title", place + run[0].start)
        place += len(source)
    words = len(title_tokens) + len(text_tokens)
    wanted = min(limit, max(_FEWEST, words // _WORDS_PER_KEYWORD))
    return _best(found, known, wanted)


def _runs(
    source: str, tokens: Sequence[Token], language: str, known: _Language, shut: Collection[int]
) -> Iterator[list[Token]]:
    """Give the longest runs of neighbouring words that may stand in one noun phrase."""
    run: list[Token] = []
    last: Token | None = None
    for token in tokens:
        usable = token.start not in shut and _usable(token, last, source, language, known)
        if usable and not run and last is not None and _HYPHEN.match(source[last.end : token.start]):
            usable = False  # half a word: the other half is none of ours
        if run and not (usable and _joined(source, run[-1], token, language)):
            yield from _trimmed(run, source, language, known)
            run = []
        if usable:
            run.append(token)
        last = token
    yield from _trimmed(run, source, language, known)


def _usable(token: Token, last: Token | None, source: str, language: str, known: _Language) -> bool:
    word = token.text
    if token.script == "digit" or (token.start and source[token.start - 1].isdigit()):
        return False
    capital = source[token.start].isupper()
    if (len(word) < _SHORTEST_WORD and not capital and token.script != "arab") or _ROMAN.match(word):
        return False
    if word == "new" and not capital:
        return False
    inside = last is not None and last.sentence == token.sentence
    if word in known.closed or (word in known.verbs and not (language == "ru" and capital and inside)):
        return False
    if language == "ar":
        return _usable_arabic(token, last, source, known)
    if word in known.nouns:
        return True
    rare = token.term not in known.frequency and source[token.start].islower()
    return not (_VERB[language].match(word) or (rare and _RARE_VERB[language].match(word)))


def _usable_arabic(token: Token, last: Token | None, source: str, known: _Language) -> bool:
    """Keep verbs out: they open sentences, follow some words, and have no article."""
    word = token.text
    if len(word) > _SHORTEST_WORD and word.endswith(("ها", "هم", "هما")) and word not in known.nouns:
        return False  # "her", "their": of something said before
    if word.startswith("ال"):
        elided = source[token.start] == "ل"  # لل hides the article: the slice would not be a word
        return (len(word) <= len("الله") or word[2:] not in known.closed) and not elided
    if last is None or last.sentence != token.sentence or last.text in _VERB_FOLLOWS:
        return word in known.nouns or (last is None and not _VERB["ar"].match(word))
    return word in known.nouns or not _VERB["ar"].match(word)


def _joined(source: str, left: Token, right: Token, language: str) -> bool:
    if left.sentence != right.sentence or left.script != right.script or left.term == right.term:
        return False
    between = source[left.end : right.start]
    if _HYPHEN.match(between):
        return True
    if not _GAP.match(between):
        return False
    if language == "ar":  # الدفاع الروسي | سيرغي شويغو: after the article a noun without one begins another phrase
        return not (left.text.startswith("ال") and not right.text.startswith("ال"))
    return True


def _trimmed(run: list[Token], source: str, language: str, known: _Language) -> Iterator[list[Token]]:
    """Cut what is too long where a noun stands, and adjectives off the end."""
    named = all(source[token.start].isupper() for token in run)
    end = _LONGEST_NAME if named else _LONGEST[language]
    while language == "ru" and end < len(run) and _is_adjective(run[end - 1], language, known):
        end += 1
    if language == "ar" and len(run) > end:
        if len(run) > _LONGEST_NAME or _PRONOUN["ar"].match(source[run[0].start : run[0].end]):
            return  # a sentence rather than a phrase; a cut would tear a noun from its complement
        end = len(run)
    if language == "en" and not named:
        run = run[-end:]
    while 1 < end < len(run) and _together(source, run[end - 1], run[end]):
        end -= 1
    run = run[:end]
    while run and len(run[0].text) == 1 and not named:
        run = run[1:]
    while run and (len(run[-1].text) == 1 or _is_adjective(run[-1], language, known)):
        run = run[:-1]
    if run and (len(run) > 1 or _tells(run[0], source, language, known)):
        yield run


def _together(source: str, left: Token, right: Token) -> bool:
    """Tell whether a cut between two words would halve a name."""
    capitals = source[left.start].isupper() and source[right.start].isupper()
    return capitals or bool(_HYPHEN.match(source[left.end : right.start]))


def _tells(token: Token, source: str, language: str, known: _Language) -> bool:
    """Tell whether a word is worth being a keyword alone."""
    surface = source[token.start : token.end]
    if token.text in known.weak or _PRONOUN[language].match(surface):
        return False
    if token.script == "arab":
        adjective = surface.startswith("ال") and surface.endswith(("ية", "يه", "ي")) and token.text not in known.nouns
        return len(surface) >= _SHORTEST_WORD and not adjective
    return len(surface) > _SHORTEST_WORD or surface.isupper()


def _is_adjective(token: Token, language: str, known: _Language) -> bool:
    if token.text in known.adjectives:
        return True
    if token.text in known.nouns:
        return False
    return not (known.adjectives and token.term in known.frequency) and bool(_ADJECTIVE[language].fullmatch(token.text))


def _note(found: dict[tuple[str, ...], _Candidate], source: str, run: list[Token], in_title: bool, place: int) -> None:  # noqa: FBT001  where it stands
    key = tuple(token.term for token in run)
    candidate = found.setdefault(key, _Candidate(key))
    candidate.count += 1
    candidate.in_title |= in_title
    candidate.first = min(candidate.first, place)
    candidate.surfaces[source[run[0].start : run[-1].end]] += 1
    candidate.capitals += source[run[0].start].isupper()


def _best(found: dict[tuple[str, ...], _Candidate], known: _Language, wanted: int) -> tuple[Keyword, ...]:
    """Choose by score, leaving out what mostly repeats the words of a better one."""
    counts: Counter[str] = Counter()
    titled: set[str] = set()
    for candidate in found.values():
        for term in candidate.terms:
            counts[term] += candidate.count
        titled.update(candidate.terms if candidate.in_title else ())
    scores = {candidate.terms: _score(candidate, known, counts, titled) for candidate in found.values()}
    ranked = sorted(found.values(), key=lambda candidate: (-scores[candidate.terms], candidate.first))
    chosen: list[Keyword] = []
    taken: list[str] = []
    for candidate in ranked:
        score = scores[candidate.terms]
        if len(chosen) == wanted or score <= scores[ranked[0].terms] * _LEAST_OF_BEST:
            break
        new = [term for term in candidate.terms if not any(_alike(term, other) for other in taken)]
        if 2 * len(new) > len(candidate.terms):
            taken += new
            chosen.append(Keyword(text=_surface(candidate), score=round(score, 3)))
    return tuple(chosen)


def _alike(term: str, other: str) -> bool:
    """Tell whether a reader takes two terms for one word: names keep endings that the stemmer does not know."""
    short, long = sorted((term, other), key=len)
    return short == long or (len(short) >= _SAME_STEM and long.startswith(short))


def _score(candidate: _Candidate, known: _Language, counts: Counter[str], titled: Collection[str]) -> float:
    weights = [
        math.log((known.documents + 1) / (known.frequency.get(term, 1) + 0.5)) * math.log1p(counts[term])
        for term in candidate.terms
    ]
    length = len(weights)
    score = sum(weights) / length * (1 + 0.35 * (length - 1)) * (1 + math.log(candidate.count))
    named = candidate.capitals == candidate.count
    if candidate.in_title:
        score *= _TITLE_BONUS
    elif all(term in titled for term in candidate.terms):
        score *= 1.5
    elif length == 1 and candidate.count < _SEEN_ALONE and not named:
        return 0.0
    elif candidate.count == 1 and not (
        length > 1 and ((named and candidate.first < _LEAD) or min(counts[term] for term in candidate.terms) > 1)
    ):
        return 0.0  # said once, in passing
    if length == 1 and counts[candidate.terms[0]] == 1:
        return 0.0
    if named:
        score *= 1.2
    if length == 1 and not candidate.in_title and known.frequency.get(candidate.terms[0], 0) > _COMMON * known.documents:
        score *= 0.3
    return score * (1.3 if candidate.first < _LEAD else 1.0)


def _surface(candidate: _Candidate) -> str:
    """Give the commonest spelling, the shortest of equals."""
    return min(candidate.surfaces, key=lambda surface: (-candidate.surfaces[surface], len(surface), surface))
