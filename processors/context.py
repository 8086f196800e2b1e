"""What stands around a name in its sentence: the word lists, and questions about neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from processors.gazetteer import Match
from processors.knowledge import read_table
from processors.tokens import Token
from rasid.domain.article import FieldName

_CASED = frozenset({"latn", "cyrl"})


@cache
def words(group: str) -> frozenset[str]:
    """Give the folded words of a group of data/context_words.tsv."""
    return _groups()[group]


@cache
def _groups() -> dict[str, frozenset[str]]:
    text = resources.files("processors.data").joinpath("context_words.tsv").read_text(encoding="utf8")
    groups: dict[str, set[str]] = {}
    for row in read_table(text, "context_words.tsv"):
        groups.setdefault(row["group"], set()).update(row["words"].split())
    return {name: frozenset(found) for name, found in groups.items()}


@dataclass(frozen=True, slots=True)
class Passage:
    """A field of an article with its tokens; `offset` numbers its first sentence within the article."""

    field: FieldName
    source: str
    tokens: Sequence[Token]
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

    def joined(self, left: Token, right_start: int) -> bool:
        """Say whether nothing but a space or a hyphen parts a token from what begins at `right_start`."""
        return self.source[left.end : right_start].strip(" \u00a0-") == "" and left.end != right_start


def passage(field: FieldName, source: str, tokens: Sequence[Token], offset: int) -> Passage:
    """Make a passage."""
    cased = [t for t in tokens if t.script in _CASED and len(t.text) > 3]  # noqa: PLR2004  short words stay small
    capitals = sum(source[t.start].isupper() for t in cased)
    return Passage(field, source, tokens, offset, field == "title" and len(cased) > 2 and capitals > 0.7 * len(cased))  # noqa: PLR2004  most of several


def named_after(passage: Passage, match: Match) -> bool:
    """Say whether the match is the name of a hospital, a street, a university, a lake, not of whoever bears it."""
    before, after = passage.before(match), passage.after(match)
    if before is not None and before.text in words("thing_before") and passage.joined(before, match.start):
        return True
    if after is None or not passage.joined(passage.tokens[match.last], after.start):
        return False
    return after.script == "latn" and after.text in words("thing_after") and passage.capital(after)


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


def first_name_before(passage: Passage, match: Match, own: frozenset[str]) -> Token | None:
    """Give the first name or initial that stands before a family name and is none of `own` (folded words)."""
    before = passage.before(match)
    if before is None or not (passage.joined(before, match.start) or passage.source[before.end] == "."):
        return None
    if len(before.text) == 1 and before.script in _CASED and passage.capital(before):
        return None if any(word[0] == before.text for word in own) else before
    if before.text in own or before.text in words("title"):
        return None
    if before.script == "arab":
        return before if before.text in words("first_name") and not passage.prefixed(match) else None
    if before.text in words("first_name") and passage.capital(before):
        return before
    return before if _looks_like_first_name(passage, before) else None


def _looks_like_first_name(passage: Passage, token: Token) -> bool:
    """A capital in the middle of a sentence, of no other known kind, is taken for a first name in Russian only: English
    has capitals in too many places.
    """
    at = passage.tokens.index(token)
    opens = at == 0 or passage.tokens[at - 1].sentence != token.sentence
    return token.script == "cyrl" and passage.capital(token) and not opens and len(token.text) > 2 and not passage.headline  # noqa: PLR2004  abbreviations


def place_named(passage: Passage, match: Match) -> bool:
    """Say whether "city of", "province" or the like makes it a place."""
    before, after = passage.before(match), passage.after(match)
    if before is not None and before.text == "of":
        before = passage.before(match, 2)
    return (before is not None and before.text in words("place_named")) or (
        after is not None and after.text in words("place_after")
    )


def place_cue(passage: Passage, match: Match) -> bool:
    """Say whether a preposition of place stands before it."""
    before = passage.before(match)
    return passage.prefixed(match) or (before is not None and before.text in words("place_before"))


def beside_capital(passage: Passage, match: Match) -> bool:
    """Say whether an unknown word with a capital stands directly beside it, as in a person's name."""
    if passage.tokens[match.first].script not in _CASED or passage.headline:
        return False
    before, after = passage.before(match), passage.after(match)
    opens = passage.before(match, 2) is None
    left = before is not None and passage.joined(before, match.start) and passage.capital(before) and not opens
    right = after is not None and passage.joined(passage.tokens[match.last], after.start) and passage.capital(after)
    return left or right
