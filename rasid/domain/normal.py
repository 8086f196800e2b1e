"""The normal form of a query: NOT stands only before leaves, no AND lies directly in an AND, nor OR in OR."""

from __future__ import annotations

from rasid.domain.query import And, Everything, Not, Nothing, Or, Query


def normal(query: Query, *, negated: bool = False) -> Query:
    """Give a tree with the same matches (or, `negated`, with all others) whose NOTs stand before leaves only.

    It is as flat as can be, and what changes nothing is left out.
    """
    match query:
        case Not(part):
            return normal(part, negated=not negated)
        case And(parts) | Or(parts):
            kind = And if isinstance(query, And) != negated else Or
            return joined(kind, [normal(part, negated=negated) for part in parts])
        case Everything() | Nothing():
            return Everything() if isinstance(query, Everything) != negated else Nothing()
        case _:
            return Not(query) if negated else query


def joined(kind: type[And | Or], members: list[Query]) -> Query:
    """Join parts in normal form: one list of them, without those that change nothing."""
    neutral, deciding = (Everything(), Nothing()) if kind is And else (Nothing(), Everything())
    flat = [one for part in members for one in (part.parts if isinstance(part, kind) else (part,))]
    if deciding in flat:
        return deciding
    left = tuple(part for part in flat if part != neutral)
    return kind(left) if len(left) > 1 else next(iter(left), neutral)
