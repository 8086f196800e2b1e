"""Which elements of a page are furniture (adverts, share buttons, related links) by the words of their class and id.

The words are those that ad blockers' generic cosmetic filters and readability's "unlikely candidates" agree on.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_WORDS_LIST: Final = """
    ad ads adbox adsense adsbygoogle adslot adunit adv advert adverts advertisement advertisements advertising
    banner mailchimp newsletter newsletters outbrain popup promo promos promoted promotion related
    relatedarticles relatedposts share sharebar sharebuttons sharedaddy sharethis sharing social socials
    sponsor sponsored sponsors subscribe subscription taboola
"""
_WORDS: Final = frozenset(_WORDS_LIST.split())
_LONGEST: Final = 1_000  # characters of a class attribute; no furniture needs more
_VALUE: Final = r"\s*=\s*(?:\"([^\"]*)|'([^']*)|([^\s>]+))"
_NAMES: Final = (re.compile(f"class{_VALUE}"), re.compile(f"id{_VALUE}"))  # a literal start makes the search fast
_SHOUTED: Final = ("CLASS", "ID=", "Class", "Id=")
_SPLIT: Final = re.compile(r"[^A-Za-z]+|(?<=[a-z])(?=[A-Z])")


def may_hold_furniture(markup: str) -> bool:
    """Tell cheaply whether looking closer is worth it; entities in names are for the closer look too."""
    if any(name in markup for name in _SHOUTED):
        return True
    values = ("".join(groups) for names in _NAMES for groups in names.findall(markup))
    return any("&" in value or is_furniture(value) for value in values)


def is_furniture(names: str) -> bool:
    """Tell whether the value of a class or id attribute names an advert or the like."""
    return _is_furniture(names) if len(names) < _LONGEST else False


@lru_cache(maxsize=4096)
def _is_furniture(names: str) -> bool:
    return any(word.lower() in _WORDS for word in _SPLIT.split(names))
