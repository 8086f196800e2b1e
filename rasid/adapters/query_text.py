"""Query text before it is parsed: size held to limits, && || ! written as words, brackets and quotes in pairs."""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field

from rasid.domain.errors import QueryError

MAX_LENGTH, MAX_DEPTH, MAX_LEAVES = 20_000, 20, 1_000
_PIECE = re.compile(r'"(?:\\.|[^"\\])*"|"|[()\[\]{}]|(?:\\.|[^\s()\[\]{}"\\])+|\\', re.DOTALL)
_OPENING, _CLOSING = "([{", ")]}"
_WORDS = {"&&": "AND", "||": "OR", "!": "NOT "}
_OPERATORS = {"AND", "OR", "NOT", "TO", "+", "-"}
_BARRED = re.compile(r"!\w")
_UNARY = {"NOT", "+", "-"}
# Without spaces too many words can stand together (a~a~a~); a time or an address has some of these signs.
_SIGNS, _SIGNS_OF_A_WORD = re.compile(r"[~^:]"), 5


@dataclass(slots=True)
class QueryText:
    """The text as the parser gets it, and for each place in it the place in what was typed."""

    text: str = ""
    _ours: list[int] = field(default_factory=lambda: [0])
    _typed: list[int] = field(default_factory=lambda: [0])

    def position(self, place: int) -> int:
        """Give the position in the text as typed."""
        at = bisect_right(self._ours, place) - 1
        return self._typed[at] + place - self._ours[at]

    def add(self, piece: str, typed: int) -> None:
        """Put a piece behind what is there; it stood at `typed`."""
        self._ours.append(len(self.text))
        self._typed.append(typed)
        self.text += piece


def prepared(text: str) -> QueryText:
    """Check the size of a query and write its operators as words. Raises QueryError with the position.

    Everything is counted here, before anything is parsed: length, nesting (brackets and runs of NOT), words.
    """
    if len(text) > MAX_LENGTH:
        raise QueryError(f"the query has {len(text):,} characters; {MAX_LENGTH:,} are the limit", position=MAX_LENGTH)
    made = QueryText()
    opened: list[int] = []
    leaves = run = end = 0
    for found in _PIECE.finditer(text):
        piece, start = found.group(), found.start()
        made.add(text[end:start], end)
        end = found.end()
        _check_pairs(piece, start, opened)
        if _BARRED.match(piece):
            made.add("NOT ", start)
            piece, start = piece[1:], start + 1
        word = _WORDS.get(piece, piece)
        made.add(word, start)
        run = run + 1 if word.strip() in _UNARY else len(piece) - len(piece.lstrip("+-!"))
        if len(opened) + run > MAX_DEPTH:
            raise QueryError(f"the query is nested more than {MAX_DEPTH} deep", position=start)
        if piece not in _OPENING + _CLOSING and word.strip() not in _OPERATORS:
            leaves += 1 + (len(_SIGNS.findall(piece)) // _SIGNS_OF_A_WORD if piece[0] != '"' else 0)
        if leaves > MAX_LEAVES:
            raise QueryError(f"the query has more than {MAX_LEAVES:,} words", position=start)
    if opened:
        raise QueryError("this bracket is never closed: brackets go in pairs", position=opened[-1])
    made.add(text[end:], end)
    return made


def _check_pairs(piece: str, start: int, opened: list[int]) -> None:
    if piece in _OPENING:
        opened.append(start)
    elif piece in _CLOSING:
        if not opened:
            raise QueryError("this bracket was never opened: brackets go in pairs", position=start)
        opened.pop()
    elif piece == '"':
        raise QueryError("a quote is never closed; put quotes in pairs", position=start)
