"""What the recognisers are trained on: annotated documents, copies with other names, and sentences of them."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from processors.recogniser.features import word_features
from processors.recogniser.lexicon import Lexicon
from processors.recogniser.phrases import PhraseMarker
from processors.recogniser.tokenise import tokenise

LABELS = ("O", "B-PER", "I-PER", "B-LOC", "I-LOC", "B-ORG", "I-ORG", "B-MISC", "I-MISC")
TYPES = {
    "PER": "PER", "PERS": "PER", "PERSON": "PER", "LOC": "LOC", "LOCATION": "LOC", "GPE": "LOC", "ORG": "ORG",
    "ORGANISATION": "ORG", "CORPORATION": "ORG", "GROUP": "ORG",
}  # fmt: skip
SENTENCES_A_DOCUMENT = 40


@dataclass
class Document:
    """Sentences joined as the scorer does; `spans` are code points of `text`.

    Sentences that begin at a code point in `withheld` are for testing only (share-alike text).
    """

    name: str
    text: str
    spans: list[tuple[int, int, str]]
    withheld: set[int] = field(default_factory=set)


def read_conll(path: Path, other: Sequence[str] = (), withheld: str = "") -> list[Document]:
    """Read a CoNLL file as documents of 40 sentences; labels in `other` become MISC.

    Sentences that occur in the text `withheld` are marked so; "*" marks all.
    """
    sentences = [
        [line.split("\t")[:2] for line in block.split("\n") if line]
        for block in re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
        if block.strip()
    ]
    groups = [sentences[i : i + SENTENCES_A_DOCUMENT] for i in range(0, len(sentences), SENTENCES_A_DOCUMENT)]
    closed = "".join(withheld.split())
    return [_document(f"{path.stem}-{i}", group, other, closed) for i, group in enumerate(groups)]


def _document(name: str, sentences: Sequence[Sequence[Sequence[str]]], other: Sequence[str], closed: str) -> Document:
    text, spans, withheld = "", [], set()
    for sentence in sentences:
        offsets = []
        if closed == "*" or (closed and "".join(word for word, _ in sentence) in closed):
            withheld.add(len(text))
        for word, _ in sentence:
            offsets.append((len(text), len(text) + len(word)))
            text += word + " "
        text = text[:-1] + "\n"
        for begin, end, label in spans_of([tag for _, tag in sentence]):
            kind = TYPES.get(label.upper()) or ("MISC" if any(label.upper().startswith(o) for o in other) else None)
            if kind:
                spans.append((offsets[begin][0], offsets[end - 1][1], kind))
    return Document(name, text, spans, withheld)


def spans_of(tags: Sequence[str]) -> list[tuple[int, int, str]]:
    """Give the spans of a BIO sequence as the scorer reads them."""
    spans, label, begin = [], "", 0
    for i, tag in enumerate([*tags, "O"]):
        if label and (tag == "O" or tag[0] == "B" or tag[2:] != label):
            spans.append((begin, i, label))
            label = ""
        if tag != "O" and not label:
            label, begin = tag[2:], i
    return spans


@dataclass
class Sentence:
    """Type numbers and labels of one sentence's words, and where the words stand."""

    document: str
    types: list[int]
    labels: list[int]
    starts: list[int]
    ends: list[int]


@dataclass
class Corpus:
    """Documents as the model sees them: sentences over a shared table of word types."""

    lexicon: Lexicon
    types: list[tuple[str, str]] = field(default_factory=list)
    numbers: dict[tuple[str, str], int] = field(default_factory=dict)

    def add(self, documents: Iterable[Document]) -> list[Sentence]:
        """Tokenise documents with the product's own tokeniser and mark the phrases of the lexicon."""
        marker = PhraseMarker(self.lexicon)
        result = []
        for document in documents:
            tokens = tokenise(document.text)
            parts = marker.mark(tokens.words)
            labels = _aligned(tokens.starts, tokens.ends, tokens.words, document.spans)
            current = Sentence(document.name, [], [], [], [])
            for word, part, label, start, end in zip(
                tokens.words, parts, labels, tokens.starts, tokens.ends, strict=True
            ):
                if word is None:
                    if current.types and not _withheld(document, current.starts[0]):
                        result.append(current)
                    current = Sentence(document.name, [], [], [], [])
                    continue
                current.types.append(self._number((word, part)))
                current.labels.append(LABELS.index(label))
                current.starts.append(start)
                current.ends.append(end)
        return result

    def _number(self, key: tuple[str, str]) -> int:
        if key not in self.numbers:
            self.numbers[key] = len(self.types)
            self.types.append(key)
        return self.numbers[key]

    def features(self) -> list[list[str]]:
        """Give the features of every type."""
        return word_features(self.types, self.lexicon)


def _withheld(document: Document, at: int) -> bool:
    """Tell whether the line that holds a code point must not be trained on."""
    return bool(document.withheld) and document.text.rfind("\n", 0, at) + 1 in document.withheld


def _aligned(
    starts: Sequence[int], ends: Sequence[int], words: Sequence[str | None], spans: Sequence[tuple[int, int, str]]
) -> list[str]:
    """Give BIO labels of words that lie in spans of code points."""
    labels = ["O"] * len(words)
    ordered = iter(sorted(spans))
    span = next(ordered, None)
    inside = ""
    for i, word in enumerate(words):
        while span and span[1] <= starts[i]:
            span, inside = next(ordered, None), ""
        if word is None or not span or ends[i] <= span[0]:
            continue
        labels[i] = ("I-" if inside else "B-") + span[2]
        inside = span[2]
    return labels


def varied(
    documents: Sequence[Document], pools: dict[str, Sequence[str]], copies: int, seed: int = 0
) -> list[Document]:
    """Give copies of documents with three in four names replaced by others of their type, drawn from `pools`.

    A person's name of n words gets n draws. What stands before a name inside its first word (a clitic) is lost.
    """
    rng, result = random.Random(seed), []
    for copy in range(copies):
        for document in documents:
            text, spans, last = "", [], 0
            for start, end, kind in sorted(document.spans):
                text += document.text[last:start]
                name = document.text[start:end]
                if kind in pools and rng.random() < 0.75:
                    draws = len(name.split()) if kind == "PER" else 1
                    name = " ".join(rng.choice(pools[kind]) for _ in range(draws))
                spans.append((len(text), len(text) + len(name), kind))
                text, last = text + name, end
            result.append(Document(f"{document.name}+{copy}", text + document.text[last:], spans))
    return result


def jsonl(path: Path) -> list[dict[str, Any]]:
    """Read JSON lines."""
    with path.open(encoding="utf-8") as file:
        return [json.loads(line) for line in file if line.strip()]
