"""Two whole names compared: their tokens' forms scored, each once, and the tokens aligned."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from processors.names import whole
from processors.names.encoder import Floats
from processors.names.models import Models
from processors.names.whole import Costs, Token

ODDS = Costs(initial=1.0, misfit=-6.0, spare=-1.5, alone=-4.0, initials=-6.0, merged=-0.5, form=0.0, loose=-2.5)
RANKS = Costs(initial=10.0, misfit=-20.0, spare=-6.0, alone=-3.0, initials=-20.0, merged=-1.0, form=-4.0, loose=-4.0)
_LOOSE = 2  # place of the first form that only a guess at the ending gives (russian.variants)


class Comparison:
    """One name's tokens against those of many names, each distinct form scored once."""

    def __init__(
        self,
        models: Models,
        name: Sequence[Token],
        others: Iterable[Sequence[Token]],
        vectors: Callable[[Sequence[str]], Floats],
        *,
        rank: bool,
    ) -> None:
        self._forms = {form: place for place, form in enumerate(forms_of(others))}
        forms = list(self._forms)
        score = models.reranker.scores if rank else models.reranker.odds
        costs = RANKS if rank else ODDS
        self._form_costs = (0.0, costs.form, costs.loose)
        own = list(dict.fromkeys(forms_of([name])))
        cosines = vectors(own) @ vectors(forms).T
        self._values = {form: score(form, forms, cosines[place]) for place, form in enumerate(own)}

    def value(self, mine: Token, other: Token) -> float:
        """Give the best score of any two forms of the tokens; forms that are not as written cost a little."""
        return max(
            float(self._values[form][self._forms[other_form]])
            + self._form_costs[min(i, _LOOSE)]
            + self._form_costs[min(j, _LOOSE)]
            for i, form in enumerate(mine.forms)
            for j, other_form in enumerate(other.forms)
        )


def forms_of(names: Iterable[Sequence[Token]]) -> Iterable[str]:
    """Give every form of every token, those of merged tokens included."""
    return dict.fromkeys(
        form for name in names for way in (name, *whole.merged(name)) for token in way for form in token.forms
    )


def ways(
    first: tuple[Token, ...], second: tuple[Token, ...], costs: Costs
) -> Iterable[tuple[tuple[Token, ...], tuple[Token, ...], float]]:
    """Give the pairs of readings to compare: as written, and with two tokens of the longer name joined."""
    yield first, second, 0.0
    if len(first) > len(second):
        yield from ((way, second, costs.merged) for way in whole.merged(first))
    if len(second) > len(first):
        yield from ((first, way, costs.merged) for way in whole.merged(second))
