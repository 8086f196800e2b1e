"""What stands around a name in its sentence: the word lists, and questions about neighbours."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from processors.gazetteer import Match
from processors.knowledge import read_table
from processors.normalise import fold
from processors.tokens import Token
from rasid.domain.article import FieldName

# What stands between places in a list.
LIST = re.compile(r"\s*(?:[,،;/&]\s*(?:and|و|и|or|أو|или)?|\s[-–ـ]\s|\s?و|\s(?:and|et|و|и|or|أو|или)\s)\s*")

CASED = frozenset({"latn", "cyrl"})
_ON = "علي"
_PATRONYMIC = ("вич", "вича", "вичем", "вичу", "виче", "вна", "вны", "вне", "вну", "вной")
_OPENING, _CLOSING = frozenset("«\"“„'‘”"), frozenset("»\"”“'’")
_SURNAME = re.compile("(?:ов|ев|ин|ын)(?:|а|у|ым|е)$|(?:ова|ева|ина|ына)$|(?:ск|цк)(?:ий|ого|ому|им|ом|ая|ой|ую)$")


@cache
def words(group: str) -> frozenset[str]:
    """Give the folded words of a group of data/context_words.tsv."""
    return _groups()[group]


@cache
def _groups() -> dict[str, frozenset[str]]:
    text = resources.files("processors.data").joinpath("context_words.tsv").read_text(encoding="utf8")
    groups: dict[str, set[str]] = {}
    for row in read_table(text, "context_words.tsv"):
        groups.setdefault(row["group"], set()).update(map(fold, row["words"].split()))
    return {name: frozenset(found) for name, found in groups.items()}


@dataclass(frozen=True, slots=True)
class Passage:
    """A field of an article with its tokens and their words; `offset` numbers its first sentence in the article."""

    field: FieldName
    source: str
    tokens: Sequence[Token]
    words: Sequence[str]
    offset: int
    headline: bool  # most words begin with a capital, so that capitals say nothing

    def before(self, match: Match, distance: int = 1) -> Token | None:
        """Give the token that stands `distance` before the match in its sentence."""
        at = match.first - distance
        if at < 0 or self.tokens[at].sentence != self.tokens[match.first].sentence:
            return None
        return self.tokens[at]

    def after(self, match: Match, distance: int = 1) -> Token | None:
        """Give the token that stands `distance` behind the match in its sentence."""
        at = match.last + distance
        if at >= len(self.tokens) or self.tokens[at].sentence != self.tokens[match.last].sentence:
            return None
        return self.tokens[at]

    def prefixed(self, match: Match) -> bool:
        """Say whether an Arabic preposition (ب, ل, ك) is written in one word with the match."""
        return match.start > 0 and self.source[match.start - 1] in "بلك" and self.tokens[match.first].script == "arab"

    def capital(self, token: Token) -> bool:
        """Say whether the token begins with a capital letter."""
        return self.source[token.start].isupper()

    def joined(self, left: Token, right_start: int, besides: str = "") -> bool:
        """Say whether nothing but a space or a hyphen (and the word `besides`) parts a token from what follows."""
        return self.source[left.end : right_start].strip(" \u00a0-") in {"", besides} and left.end != right_start


def passage(field: FieldName, source: str, tokens: Sequence[Token], offset: int) -> Passage:
    """Make a passage."""
    spoken = [token.text for token in tokens]
    return Passage(field, source, tokens, spoken, offset, field == "title" and _title_case(source, tokens))


def _title_case(source: str, tokens: Sequence[Token]) -> bool:
    cased = [t for t in tokens if t.script in CASED and len(t.text) > 3]  # noqa: PLR2004  short words stay small
    return len(cased) > 2 and sum(source[t.start].isupper() for t in cased) > 0.7 * len(cased)  # noqa: PLR2004  most of several


def place_kind(word: str) -> bool:
    """Say whether a folded Arabic word only says what kind of place is meant: مدينة, المدينة."""
    return word.removeprefix("ال") in words("place_named") and not word.isascii()


def named_after(passage: Passage, match: Match) -> bool:
    """Say whether the match is the name of a hospital, a street, a university, a lake, not of whoever bears it."""
    before, after = passage.before(match), passage.after(match)
    if before is not None and before.text in words("thing_before") and passage.joined(before, match.start):
        return True
    if after is None or after.script != "latn" or not passage.joined(passage.tokens[match.last], after.start):
        return False
    return after.text in words("thing_after") and (passage.capital(after) or after.text in words("thing_small"))


def idiom(passage: Passage, match: Match) -> bool:
    """Say whether the words around make it an idiom or an animal: نصيب الأسد, الأسد الذهبي."""
    before, after = passage.before(match), passage.after(match)
    return (before is not None and before.text in words("idiom_before")) or (
        after is not None and after.text in words("idiom_after")
    )


def titled(passage: Passage, match: Match) -> bool:
    """Say whether an office stands before the name: President Assad, министр Лавров, نظام الأسد."""
    before = passage.before(match)
    return before is not None and before.text in words("role")


def first_name_beside(passage: Passage, match: Match, own: frozenset[str]) -> Token | None:
    """Give the first name or initial beside a family name that is none of `own` (folded words): someone else's."""
    after = passage.after(match)
    if after is not None and passage.joined(passage.tokens[match.last], after.start) and not _is_own(after.text, own):
        if after.script == "arab" and after.text in words("first_name"):
            return after
        if after.script == "cyrl" and passage.capital(after) and not passage.headline and len(after.text) > 2:  # noqa: PLR2004  initials
            return after
    before = passage.before(match)
    if before is None or not (passage.joined(before, match.start) or passage.source[before.end] == "."):
        return None
    if len(before.text) == 1 and before.script in CASED and passage.capital(before):
        further = passage.before(match, 2)
        if further is not None and len(further.text) == 1 and passage.capital(further):
            before = further  # С. В. Лавров
        return None if any(word[0] == before.text for word in own) else before
    if before.text in words("title") or _is_own(before.text, own):
        return None
    if before.script == "arab":
        return before if before.text in words("first_name") and not passage.prefixed(match) else None
    if before.text in words("first_name") and passage.capital(before):
        return before
    return before if _looks_like_first_name(passage, match, before) else None


def _is_on(passage: Passage, token: Token) -> bool:
    """Say whether a word is the preposition على, which folds to the same letters as the first name علي."""
    return token.text == _ON and passage.source[token.end - 1] == "ى"


def _is_own(word: str, own: frozenset[str]) -> bool:
    """Say whether a word is one of the names, a case form of one, or a patronymic beside one."""
    return word in own or any(word[:4] == name[:4] for name in own if len(name) > 3)  # noqa: PLR2004  shorter ones as they are


def _looks_like_first_name(passage: Passage, match: Match, token: Token) -> bool:
    """Take a capital in the middle of a sentence for a first name, in Russian only: English has too many capitals."""
    if token.script != "cyrl" or len(token.text) <= 2 or passage.headline:  # noqa: PLR2004  abbreviations
        return False
    inside = passage.before(match, 2) is not None
    shouted = passage.source[token.start : token.end].isupper()
    return inside and passage.capital(token) and not shouted and not token.text.endswith(_PATRONYMIC)


def patronymic(passage: Passage, first_name: Token, token: Token) -> bool:
    """Say whether a Russian word is the patronymic behind a first name."""
    return passage.capital(token) and token.text.endswith(_PATRONYMIC) and passage.joined(first_name, token.start)


def called(passage: Passage, match: Match, before_group: str, after_group: str) -> bool:
    """Say whether "city of", "province" or the like (the words of two groups) makes it a place."""
    before, after = passage.before(match), passage.after(match)
    if before is not None and before.text == "of":
        before = passage.before(match, 2)
    if before is not None and before.text in words(before_group) and passage.joined(before, match.start, "of"):
        return True
    return (
        after is not None
        and after.text in words(after_group)
        and passage.joined(passage.tokens[match.last], after.start)
    )


def place_cue(passage: Passage, match: Match) -> bool:
    """Say whether a preposition of place stands before it."""
    before = passage.before(match)
    return passage.prefixed(match) or (
        before is not None and before.text in words("place_before") and passage.joined(before, match.start)
    )


def bracketed(passage: Passage, match: Match) -> bool:
    """Say whether the match alone stands in brackets."""
    source, end = passage.source, passage.tokens[match.last].end
    return match.start > 0 and source[match.start - 1] == "(" and source[end : end + 1] == ")"


def quoted(passage: Passage, match: Match) -> bool:
    """Say whether the match alone stands in quotation marks."""
    source, end = passage.source, passage.tokens[match.last].end
    return match.start > 0 and end < len(source) and source[match.start - 1] in _OPENING and source[end] in _CLOSING


def in_a_persons_name(passage: Passage, match: Match, *, town: bool, sure: bool) -> bool:
    """Say whether the words beside a place's name make it a part of a person's name (Jack London, София Коппола)."""
    before, after = passage.before(match), passage.after(match)
    token = passage.tokens[match.first]
    left = before is not None and passage.joined(before, match.start)
    if left and before is not None and before.text in words("first_name") and not _is_on(passage, before):
        return token.script == "arab" or passage.capital(before)
    if token.script not in CASED or passage.headline:
        return False
    right = after is not None and passage.joined(token, after.start) and passage.capital(after)
    if right and (not sure or token.text in words("first_name")):
        return True
    if right and town and token.script == "latn":
        return True
    if not left or before is None or not passage.capital(before) or passage.before(match, 2) is None:
        return False
    unknown = before.text not in words("place_named") and before.text not in words("title") and len(before.text) > 2  # noqa: PLR2004  abbreviations
    shouted = passage.source[before.start : before.end].isupper()
    return (
        unknown
        and not shouted
        and (not sure or (token.script == "cyrl" and (town or bool(_SURNAME.search(token.text)))))
    )


def beside_capital(passage: Passage, match: Match) -> bool:
    """Say whether a word with a capital stands directly before the match (inside its sentence) or behind it."""
    before, after = passage.before(match), passage.after(match)
    left = before is not None and passage.joined(before, match.start) and passage.capital(before)
    right = after is not None and passage.joined(passage.tokens[match.last], after.start) and passage.capital(after)
    return (left and passage.before(match, 2) is not None) or right


def closing_quote(source: str, start: int, end: int) -> int:
    """Give 1 where a quotation opened inside the span is closed right behind it, else 0."""
    span = source[start:end]
    opened = next((pair for pair in ("«»", "“”", "„“", '""') if pair[0] in span), None)
    if opened is None or source[end : end + 1] != opened[1]:
        return 0
    return int(span.count('"') % 2 == 1 if opened == '""' else opened[1] not in span)
