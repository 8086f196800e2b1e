"""Parts an Arabic body from the person named behind it: (وزير) الأمن الداخلي | جون كيلي."""

from __future__ import annotations

import re
from collections.abc import Iterator

from processors.recogniser.tagger import Tag, Tagger

_WORD = re.compile(r"\w+")
_ARTICLE = "ال"
_FEWEST, _MOST = 2, 4  # words of the person's name


def parted(text: str, tag: Tag, tagger: Tagger) -> Iterator[Tag]:
    """Give the body and the person of a tag that holds both, else the tag.

    What begins and ends with the article (الأمن الداخلي) is whole: a body that is named for someone has the name behind
    what it is (جامعة محمد الخامس, مؤسسة الملك عبد الله).
    """
    spoken = list(_WORD.finditer(text, tag.start, tag.end)) if tag.type == "ORG" else []
    if len(spoken) > _FEWEST and spoken[0][0].startswith(_ARTICLE):
        given = tagger.are_given([word[0] for word in spoken])
        for at in range(max(1, len(spoken) - _MOST), len(spoken) - _FEWEST + 1):
            if given[at] and spoken[at - 1][0].startswith(_ARTICLE) and not spoken[at][0].startswith(_ARTICLE):
                yield tag._replace(end=spoken[at - 1].end())
                yield tag._replace(start=spoken[at].start(), type="PER")
                return
    yield tag
