"""The processors' analysis as the Analyzer port, for indexes and queries."""

from __future__ import annotations

from processors.gazetteer import gazetteer
from processors.normalise import clean
from processors.tokens import terms
from rasid.ports import Term


class Analysis:
    """An Analyzer (rasid.ports)."""

    def terms(self, text: str) -> list[Term]:
        """Give the terms of a text in order (see Analyzer)."""
        return terms(clean(text))

    def named(self, text: str) -> tuple[str, ...]:
        """Give the ids of the entities that `text` names (see Analyzer)."""
        names = gazetteer()
        return tuple(names.base.entries[number].id for number in names.named(clean(text)))
