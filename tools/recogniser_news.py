"""Arabic news whose names were listed for this project: the texts are ANT's (Apache-2.0), the lists are in the repo.

A list names an article's people, places and bodies once; they are marked wherever they stand in the beginning of its
text, the longest first. What stands before a name in its first word (a clitic) belongs to the span, as in treebanks.
"""

from __future__ import annotations

import re
from pathlib import Path

from recogniser_documents import Document, jsonl

_LISTS = Path(__file__).with_name("recogniser_news_ar.tsv")
_LENGTH = 800  # code points that were read
_CLITICS = re.compile("(?:[وفبكل]{1,2}|ال|وال|بال|لل)?")


def documents(data: Path) -> list[Document]:
    """Read the articles that were listed, in the order of the list."""
    texts = {row["id"]: f"{row['title']}\n{row['text']}" for row in jsonl(data / "articles_ar" / "articles.jsonl")}
    result = []
    for line in _LISTS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            article, *lists = line.split("\t")
            text = texts[article] if len(texts[article]) <= _LENGTH else texts[article][:_LENGTH].rsplit(" ", 1)[0]
            result.append(Document(f"news-{len(result)}", text + "\n", _spans(text, lists)))
    return result


def _spans(text: str, lists: list[str]) -> list[tuple[int, int, str]]:
    """Mark the names of the three lists (people, places, bodies), the longest first."""
    names = [(name, kind) for kind, some in zip(("PER", "LOC", "ORG"), lists, strict=True) for name in some.split("|")]
    taken = [False] * len(text)
    spans = []
    for name, kind in sorted(names, key=lambda named: -len(named[0])):
        for start, end in _stands(text, name) if name else ():
            if not any(taken[start:end]):
                taken[start:end] = [True] * (end - start)
                spans.append((start, end, kind))
    return sorted(spans)


def _stands(text: str, name: str) -> list[tuple[int, int]]:
    """Give where a name stands as whole words, clitics before it included; ل swallows the alef of the article."""
    spaced = re.escape(name).replace(r"\ ", r"\s+")
    pattern = f"(?:{spaced}|ل{spaced[1:]})" if name.startswith("ال") else spaced
    found = []
    for match in re.finditer(pattern, text):
        start, (inner, end) = match.start(), match.span()
        while start > 0 and text[start - 1].isalpha():
            start -= 1
        if not text[end : end + 1].isalnum() and _CLITICS.fullmatch(text[start:inner]):
            found.append((start, end))
    return found
