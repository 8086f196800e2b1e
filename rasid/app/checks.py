"""One thing that `rasid doctor` looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec

from rasid.domain.errors import RasidError


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; `fix` says what to do where it is not well."""

    name: str
    ok: bool
    found: str
    fix: str = ""


def attempt(name: str, look: Callable[[], str], fix: str) -> Check:
    """Look; what is found well comes back as words, what is not as a RasidError."""
    try:
        return Check(name, True, look())  # noqa: FBT003 - the field has a name
    except RasidError as error:
        return Check(name, False, str(error), fix)  # noqa: FBT003 - the field has a name


def libraries(names: tuple[str, ...], fix: str) -> Check:
    """Tell whether modules can be imported."""
    missing = [name for name in names if not find_spec(name)]
    return Check("libraries", not missing, "all there" if not missing else ", ".join(missing), fix if missing else "")
