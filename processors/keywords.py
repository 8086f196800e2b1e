"""Keywords: noun phrases in the article's own words that are frequent, early or in the title here and rare elsewhere.

A phrase's worth is how often it stands here times how rare its words are in other articles (tf-idf, Spärck Jones 1972).
How well it does is marked in docs/keywords-judged.tsv.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from itertools import chain

from processors.fragments import is_fragment
from processors.phrases import phrases
from processors.salient_names import salient
from processors.tokens import Token
from processors.trimming import Phrase
from processors.word_classes import Words, words_of
from rasid.domain.article import Entity, Keyword

_MOST_NAMES = 6
_MOST = 12
_WHO = 2  # words that say who someone is: the English writer Jane Austen
_WORDS_PER_KEYWORD = 18  # a short article has fewer
_FEWEST = 3
_LOOKED_AT = 400  # tokens: what a long text is about is said by then
_LEAD = 1000  # code points
_FIRST_SENTENCE = 450  # and the title
_TITLE_BONUS = 2.0
_TITLE_WORDS_BONUS = 1.5
_LEAD_BONUS = 1.3
_NAME_BONUS = 1.1
_NOMINATIVE_BONUS = 1.25
_LENGTH_BONUS = 0.45  # for each word after the first, up to
_LONGEST_BONUS = 3
_COMMON = 0.05  # share of articles from which on a word alone tells little
_ALONE_MALUS = 0.4
_FAMILIAR = 5.0  # mean rarity up to which the words of an English phrase are of this desk's subjects
_TELLING = 4.2  # and from which a Russian phrase said once, late, is no commonplace
_EARLY = 4.0  # mean rarity from which a phrase said once, early, counts (Arabic, Russian)
_SEEN_ALONE = 5  # times that a word alone, not in the title, must stand in the text
_SEEN_IN_TITLE = 2
_SEEN_OFTEN = 5
_SAME_STEM = 4  # letters that make two terms one for the reader
_ENOUGH = {"ar": 5, "en": 6, "ru": 6}
_LEAST_OF_BEST = 0.12  # share of the best score that a keyword must reach
_SITE_NAME = re.compile(r"\s[-–—|_]\s(?:[^\s\-–—|_]+\s*){1,3}\Z")  # “… - Jordan Times”
_QUOTES = re.compile('["«»“”„()\\[\\]\n]')
_QUOTED = frozenset((' "', " «", " “", " '", " ``"))
_HEADLINE_WORDS = 4  # capitalised words, and their share, that make a title Written Like This
_HEADLINE_SHARE = 0.7

_FORMER = re.compile(r"(?:экс|вице|пресс)-")
_ATTRIBUTE = re.compile(r"\S+(?:[ыио]й|[ая]я|[ыи]е|[ое]го|[ое]му|[ыи]м|[ыи]х|[ыи]ми|[ое]м)\s")

Key = tuple[str, ...]


@dataclass(slots=True)
class _Candidate:
    """All places of one phrase, whatever its endings."""

    terms: Key
    plain: Key  # those outside names
    plural: Key  # those of capitalised plurals (English)
    compound: bool  # an English one of nouns alone
    proper: bool  # of capitalised words that no other article has
    first: int  # code points from the title's start
    in_title: bool
    count: int = 0
    surfaces: dict[str, int] = field(default_factory=dict)
    nominative: set[str] = field(default_factory=set)


@dataclass(slots=True)
class _Article:
    """What the candidates are judged by."""

    words: Words
    counts: dict[str, int] = field(default_factory=dict)  # of terms
    titled: set[str] = field(default_factory=set)
    named: set[str] = field(default_factory=set)  # terms of names
    found: dict[Key, _Candidate] = field(default_factory=dict)


def keywords(  # noqa: PLR0913, PLR0917  two texts with their tokens, and what was found in them
    title: str,
    title_tokens: Sequence[Token],
    text: str,
    text_tokens: Sequence[Token],
    language: str,
    limit: int = 12,
    avoid: Collection[tuple[str, int, int]] = (),
    names: Sequence[Entity] = (),
) -> tuple[Keyword, ...]:
    """Give at most `limit` keywords, best first, each a slice of title or text as it stands there.

    `avoid` holds (field, start, end) in code points: names that were found, boilerplate and the like. A phrase may
    hold all of one and more, but is never one or a part of one. Of `names` those are keywords that the article is
    about. Languages without counts of their own give none.
    Scores compare within one article only. Linear in the length of the text.
    """
    words = words_of(language)
    if words is None:
        return ()
    article = _Article(words)
    tail = _SITE_NAME.search(title)
    shut = list(avoid)
    if tail:
        shut.append(("title", tail.start(), len(title)))
    headline = _is_headline(title, title_tokens)
    again = text.find(title, 0, len(title) + _LEAD) if headline else -1
    if again >= 0:
        shut.append(("text", again, again + len(title)))
    looked_at = text_tokens[:_LOOKED_AT]
    sources = (("title", title, title_tokens, 0), ("text", text, looked_at, len(title)))
    owners = [_owners(tokens, [span[1:] for span in shut if span[0] == name]) for name, _, tokens, _ in sources]
    _count(article, title_tokens, looked_at, owners)
    often = {term for term, count in article.counts.items() if count > 1}
    for (name, source, tokens, before), numbers in zip(sources, owners, strict=True):
        if name == "title" and headline:
            continue
        starts = {start for where, start, _ in shut if where == name}
        for phrase in phrases(source, tokens, numbers, words, often):
            _note(article, source, phrase, before, starts, in_title=name == "title")
    wanted = min(_MOST, max(_FEWEST, (len(title_tokens) + len(text_tokens)) // _WORDS_PER_KEYWORD))
    site = tail.start() if tail else len(title)
    found = salient(title, text, names, words, site)[:_MOST_NAMES] if names else []
    return _best(article, found, wanted)[:limit]


def _owners(tokens: Sequence[Token], spans: Sequence[tuple[int, int]]) -> list[int]:
    """Give the number of the name that each token begins in, -1 for none; of spans that overlap the first counts."""
    owners = [-1] * len(tokens)
    if not spans:
        return owners
    starts = [token.start for token in tokens]
    at = 0
    for number, (start, end) in enumerate(sorted(spans, key=lambda span: (span[0], -span[1]))):
        at = bisect_left(starts, start, at)
        while at < len(starts) and starts[at] < end:
            owners[at] = number
            at += 1
    return owners


def _count(article: _Article, title: Sequence[Token], text: Sequence[Token], owners: Sequence[list[int]]) -> None:
    terms = [token.term for tokens in (title, text) for token in tokens]
    article.counts = Counter(terms)
    article.titled = set(terms[: len(title)])
    article.named = {term for term, owner in zip(terms, chain(*owners), strict=True) if owner >= 0}


def _is_headline(title: str, tokens: Sequence[Token]) -> bool:
    """Tell whether a title Writes All Words Like This, so that verbs look like names: the text has its phrases too."""
    letters = [title[token.start] for token in tokens if token.script == "latn" and len(token.text) >= _SAME_STEM]
    capitals = len([letter for letter in letters if letter.isupper()])
    return capitals >= _HEADLINE_WORDS and capitals >= _HEADLINE_SHARE * len(letters)


def _note(
    article: _Article, source: str, phrase: Phrase, before: int, starts: Collection[int], *, in_title: bool
) -> None:
    tokens = phrase.tokens
    surface = source[tokens[0].start : tokens[-1].end]
    start, end = tokens[0].start, tokens[-1].end
    if _QUOTES.search(surface) or source[end : end + 2] in _QUOTED:
        return  # half of a quotation, or of «the film “…”»
    if article.words.code == "en" and any(article.words.is_closed(tokens[at].text) for at in (0, -1)):
        return
    if is_fragment(source, start, end, article.words, nominative=phrase.nominative):
        return
    if article.words.code == "ar" and not start and not in_title and not surface.startswith("ال"):
        return  # a text begins with its verb
    if article.words.code == "ar" and end + 1 in starts and not tokens[-1].text.startswith("ال"):
        return  # مقترحات بورصة | تونس: the first half of a genitive
    key = tuple([token.term for token in tokens])
    candidate = article.found.get(key)
    if candidate is None:  # the title comes first: a title's phrase is known as such
        plain = tuple([token.term for token in phrase.plain])
        plural = tuple([t.term for t in phrase.plain if source[t.start].isupper() and t.text == t.term + "s"])
        proper = surface[0].isupper() and all(
            source[t.start].isupper() and not article.words.share(t.term) for t in phrase.plain
        )
        compound = phrase.compound and article.words.code == "en"
        candidate = article.found[key] = _Candidate(
            key, plain, plural, compound, proper, before + tokens[0].start, in_title
        )
    candidate.count += 1
    candidate.surfaces[surface] = candidate.surfaces.get(surface, 0) + 1
    if phrase.nominative:
        candidate.nominative.add(surface)


def _best(article: _Article, names: Sequence[tuple[float, str]], wanted: int) -> tuple[Keyword, ...]:
    """Choose by score, leaving out what mostly repeats the words of a better one, and what only says who a name is."""
    full = [set(form.split()) for _, form in names if " " in form]
    ranked = [(_score(candidate, article), candidate) for candidate in article.found.values()]
    ranked = sorted((pair for pair in ranked if pair[0] > 0), key=lambda pair: (-pair[0], pair[1].first))
    chosen = [Keyword(text=form, score=round(score, 3)) for score, form in names[:wanted]]
    taken: list[str] = []
    kept: list[set[str]] = []
    enough = _ENOUGH[article.words.code]
    for score, candidate in ranked:
        if len(chosen) >= (wanted if score >= ranked[0][0] * _LEAST_OF_BEST else min(wanted, enough)):
            break
        terms = set(candidate.terms)
        if any(terms <= other or other <= terms for other in kept):
            continue
        if len(candidate.plain) <= _WHO and any(set(_surface(candidate).split()) >= other for other in full):
            continue
        new = [term for term in candidate.plain if not any(_alike(term, other) for other in taken)]
        if new and 2 * len(new) >= len(candidate.plain):
            taken += new
            kept.append(terms)
            chosen.append(Keyword(text=_surface(candidate), score=round(score, 3)))
    return tuple(sorted(chosen, key=lambda keyword: -keyword.score))


def _alike(term: str, other: str) -> bool:
    """Tell whether a reader takes two terms for one word: names keep endings that the stemmer does not know."""
    short, long = (term, other) if len(term) < len(other) else (other, term)
    return short == long or (len(short) >= _SAME_STEM and long.startswith(short))


def _score(candidate: _Candidate, article: _Article) -> float:
    worth = _worth(candidate, article)
    if not worth:
        return 0.0
    words, counts, plain = article.words, article.counts, candidate.plain
    length = min(len(candidate.terms), _LONGEST_BONUS)
    score = sum([words.rarity(term) * math.log1p(counts[term]) for term in plain]) / len(plain)
    score *= (1 + _LENGTH_BONUS * (length - 1)) * (1 + math.log(candidate.count))
    if candidate.in_title:
        score *= _TITLE_BONUS
    elif all(term in article.titled for term in candidate.terms):
        score *= _TITLE_WORDS_BONUS
    if candidate.nominative:
        score *= _NOMINATIVE_BONUS
    if len(plain) < len(candidate.terms):
        score *= _NAME_BONUS
    if length == 1:
        score *= _ALONE_MALUS
    return worth * score * (_LEAD_BONUS if candidate.first < _LEAD else 1.0)


def _worth(candidate: _Candidate, article: _Article) -> float:
    """Give 0 for what tells nothing, less than 1 for what was said once, in passing."""
    words, counts, plain = article.words, article.counts, candidate.plain
    if len(candidate.terms) == 1:
        return float(_worth_alone(candidate, article))
    if article.named.issuperset(candidate.terms) or (candidate.proper and not candidate.in_title):
        return 0.0  # a part of a name that stands whole elsewhere, or a name that was not found: entities' business
    content = [term for term in plain if term not in words.offices and term not in words.weak]
    often = candidate.in_title or candidate.count > 1
    if not content:
        own = [term for term in plain if term not in words.offices]
        return float(len(own) > 1 and (often or all(counts[term] > 1 for term in own)))
    if not article.named.isdisjoint(candidate.plural):
        return 0.0  # Syrias ceasefire: a possessive that lost its apostrophe
    oblique = words.code == "ru" and not candidate.nominative and not candidate.in_title
    if words.code == "en" and candidate.count == 1 and len(plain) == 1 and plain[0] == candidate.terms[-1]:
        surface = min(candidate.surfaces)
        if surface.endswith("s") and not surface.endswith("ss"):
            return 0.0  # Watson throws
    if words.code == "ru" and not candidate.nominative and candidate.count == 1:
        return 0.0
    if oblique or _bare_title(candidate, words):
        return 0.0  # a Russian phrase that never stands in the nominative is rather said of something else
    return float(often or _stands(candidate, article, content))


def _stands(candidate: _Candidate, article: _Article, content: Sequence[str]) -> bool:
    """Tell whether what was said once, without a word of the title, tells enough; the bounds were set by eye."""
    words, plain = article.words, candidate.plain
    if not candidate.nominative or "of" in candidate.terms:
        return False
    titled = [term for term in content if term in article.titled]
    repeated = [term for term in content if article.counts[term] > 1]
    if not titled and (2 * len(repeated) < len(content) or (words.code == "en" and not candidate.compound)):
        return False  # blue school bags, strategic investor
    if words.code != "en" and len(repeated) < len(content):
        return False
    if words.code == "ar":
        return candidate.terms[0] in titled or (bool(titled) and candidate.first < _FIRST_SENTENCE)
    if titled:
        return words.code != "en" or candidate.compound or candidate.plain[-1] in titled
    rarity = sum([words.rarity(term) for term in plain]) / len(plain)
    if candidate.first < _FIRST_SENTENCE:
        return words.code == "en" or rarity > _EARLY
    return False


def _bare_title(candidate: _Candidate, words: Words) -> bool:
    """Tell whether the head of a phrase is an office: رئيسة المنظمة, observatory director, Министр экономики."""
    if words.code == "ru":
        surface = min(candidate.surfaces).casefold()
        attribute = _ATTRIBUTE.match(surface) and len(candidate.terms) > 1
        return bool(_FORMER.match(surface)) or candidate.terms[1 if attribute else 0] in words.offices
    head = candidate.terms[0 if words.code == "ar" else -1]
    return head in candidate.plain and head in words.titles


def _worth_alone(candidate: _Candidate, article: _Article) -> bool:
    term = candidate.terms[0]
    if term in article.named or term in article.words.offices or not candidate.nominative:
        return False
    if article.words.share(term) > _COMMON and article.counts[term] < _SEEN_OFTEN:
        return False
    if article.words.code != "en" and term not in article.titled:
        return False
    if article.words.code == "ru" and article.counts[term] <= _SEEN_IN_TITLE:
        return False
    return article.counts[term] >= (_SEEN_IN_TITLE if term in article.titled else _SEEN_ALONE)


def _surface(candidate: _Candidate) -> str:
    """Give the commonest spelling, a nominative before others, the shortest of equals."""
    surfaces = candidate.surfaces
    return min(
        surfaces, key=lambda surface: (surface not in candidate.nominative, -surfaces[surface], len(surface), surface)
    )
