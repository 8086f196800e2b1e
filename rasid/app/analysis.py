"""The processors' analysis as the Analyzer port, for indexes and queries."""

from __future__ import annotations

from processors.gazetteer import gazetteer
from processors.normalise import clean
from processors.suggesting import suggester
from processors.tokens import Token, terms, tokenize
from rasid.domain.search import Suggestion
from rasid.ports import Term

_ARTICLE = "ال"


class Analysis:
    """An Analyzer (rasid.ports)."""

    def terms(self, text: str) -> list[Term]:
        """Give the terms of a text in order (see Analyzer)."""
        return terms(clean(text))

    def words(self, text: str) -> list[str]:
        """Give the words of a text folded but unstemmed (see Analyzer)."""
        return [_bare(token) for token in tokenize(clean(text))]

    def named(self, text: str) -> tuple[str, ...]:
        """Give the ids of the entities that `text` names (see Analyzer)."""
        names = gazetteer()
        return tuple(names.base.entries[number].id for number in names.named(clean(text)))

    def country(self, text: str) -> str | None:
        """Give the code of the country that `text` names (see Analyzer)."""
        base = gazetteer().base
        codes = {entry.id: code for code, entry in base.countries.items()}
        return next((codes[one] for one in self.named(text) if one in codes), None)

    def suggest(self, text: str, limit: int = 8) -> tuple[Suggestion, ...]:
        """Give the entities that somebody may be typing (see Analyzer)."""
        return suggester().suggest(text, limit)


def _bare(token: Token) -> str:
    """Take the Arabic article off, where the term lost it too."""
    has_article = token.script == "arab" and token.text.startswith(_ARTICLE) and not token.term.startswith(_ARTICLE)
    return token.text.removeprefix(_ARTICLE) if has_article else token.text
