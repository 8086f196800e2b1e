"""Keywords: noun phrases in the article's own words that are frequent, early or in the title here and rare elsewhere.

A phrase's worth is how often it stands here times how rare its words are in other articles (tf-idf, Spärck Jones 1972).
How well it does is marked in docs/keywords-judged.tsv.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field

from processors.phrases import phrases
from processors.tokens import Token
from processors.word_classes import Words, words_of
from rasid.domain.article import Keyword

_WORDS_PER_KEYWORD = 22  # a short article has fewer
_FEWEST = 3
_LOOKED_AT = 400  # tokens: what a long text is about is said by then
_LEAD = 400  # code points
_TITLE_BONUS = 2.5
_TITLE_WORDS_BONUS = 1.5
_LEAD_BONUS = 1.3
_NAME_BONUS = 1.2
_LENGTH_BONUS = 0.35  # for each word after the first
_COMMON = 0.06  # share of articles from which on a word alone tells little
_COMMON_MALUS = 0.3
_SEEN_ALONE = 3  # times that a word alone, not in the title and no name, must stand in the text
_SAME_STEM = 4  # letters that make two terms one for the reader
_LEAST_OF_BEST = 0.25  # share of the best score that a keyword must reach
_SITE_NAME = re.compile(r"\s[-–—|_]\s(?:[^\s\-–—|_]+\s*){1,3}\Z")  # “… - Jordan Times”


@dataclass(slots=True)
class _Candidate:
    """All places of one phrase, whatever its endings."""

    terms: tuple[str, ...]
    first: int  # code points from the title's start
    in_title: bool
    count: int = 0
    capitals: int = 0
    surfaces: dict[str, int] = field(default_factory=dict)


def keywords(
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
    words = words_of(language)
    if words is None:
        return ()
    tail = _SITE_NAME.search(title)
    shut = [*avoid, ("title", tail.start(), len(title))] if tail else list(avoid)
    found: dict[tuple[str, ...], _Candidate] = {}
    for name, source, tokens in (("title", title, title_tokens), ("text", text, text_tokens[:_LOOKED_AT])):
        before = 0 if name == "title" else len(title)
        for run in phrases(source, _outside(tokens, sorted(span[1:] for span in shut if span[0] == name)), words):
            _note(found, source, run, before, in_title=name == "title")
    length = len(title_tokens) + len(text_tokens)
    return _best(found.values(), words, min(limit, max(_FEWEST, length // _WORDS_PER_KEYWORD)))


def _outside(tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> Sequence[Token]:
    """Give the tokens that begin in none of the sorted spans."""
    if not spans:
        return tokens
    kept = []
    at, behind = 0, -1
    for token in tokens:
        while at < len(spans) and spans[at][0] <= token.start:
            behind = max(behind, spans[at][1])
            at += 1
        if token.start >= behind:
            kept.append(token)
    return kept


def _note(
    found: dict[tuple[str, ...], _Candidate], source: str, run: list[Token], before: int, *, in_title: bool
) -> None:
    key = tuple([token.term for token in run])
    candidate = found.get(key)
    if (
        candidate is None
    ):  # the title comes first, so the first place is the earliest, and a title's phrase known as such
        candidate = found[key] = _Candidate(key, before + run[0].start, in_title)
    surface = source[run[0].start : run[-1].end]
    candidate.count += 1
    candidate.capitals += surface[0].isupper()
    candidate.surfaces[surface] = candidate.surfaces.get(surface, 0) + 1


def _best(found: Iterable[_Candidate], words: Words, wanted: int) -> tuple[Keyword, ...]:
    """Choose by score, leaving out what mostly repeats the words of a better one."""
    counts: Counter[str] = Counter()
    titled: set[str] = set()
    for candidate in found:
        for term in candidate.terms:
            counts[term] += candidate.count
        if candidate.in_title:
            titled.update(candidate.terms)
    ranked = [(_score(candidate, words, counts, titled), candidate) for candidate in found]
    ranked = sorted((pair for pair in ranked if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].first))
    chosen: list[Keyword] = []
    taken: list[str] = []
    for score, candidate in ranked:
        if len(chosen) == wanted or score < ranked[0][0] * _LEAST_OF_BEST:
            break
        new = [term for term in candidate.terms if not any(_alike(term, other) for other in taken)]
        if 2 * len(new) > len(candidate.terms):
            taken += new
            chosen.append(Keyword(text=_surface(candidate), score=round(score, 3)))
    return tuple(chosen)


def _alike(term: str, other: str) -> bool:
    """Tell whether a reader takes two terms for one word: names keep endings that the stemmer does not know."""
    short, long = (term, other) if len(term) < len(other) else (other, term)
    return short == long or (len(short) >= _SAME_STEM and long.startswith(short))


def _score(candidate: _Candidate, words: Words, counts: Counter[str], titled: Collection[str]) -> float:
    terms = candidate.terms
    if not _worth_counting(candidate, counts, titled):
        return 0.0
    length = len(terms)
    score = sum([words.rarity(term) * math.log1p(counts[term]) for term in terms]) / length
    score *= (1 + _LENGTH_BONUS * (length - 1)) * (1 + math.log(candidate.count))
    if candidate.in_title:
        score *= _TITLE_BONUS
    elif all(term in titled for term in terms):
        score *= _TITLE_WORDS_BONUS
    if candidate.capitals == candidate.count:
        score *= _NAME_BONUS
    if length == 1 and not candidate.in_title and words.share(terms[0]) > _COMMON:
        score *= _COMMON_MALUS
    return score * (_LEAD_BONUS if candidate.first < _LEAD else 1.0)


def _worth_counting(candidate: _Candidate, counts: Counter[str], titled: Collection[str]) -> bool:
    """Leave out what was said once, in passing."""
    terms, named = candidate.terms, candidate.capitals == candidate.count
    if len(terms) == 1:
        if counts[terms[0]] == 1:
            return False
        if candidate.count >= _SEEN_ALONE or named:
            return True
        # An English word in lower case may as well be a verb or an adjective.
        return not terms[0].isascii() and (candidate.in_title or terms[0] in titled)
    if candidate.in_title or candidate.count > 1 or (named and candidate.first < _LEAD):
        return True
    return all(term in titled for term in terms) or min([counts[term] for term in terms]) > 1


def _surface(candidate: _Candidate) -> str:
    """Give the commonest spelling, the shortest of equals."""
    return min(candidate.surfaces, key=lambda surface: (-candidate.surfaces[surface], len(surface), surface))
