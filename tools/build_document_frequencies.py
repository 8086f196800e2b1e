"""Make processors/data/document_frequencies.txt.gz: how common words are in news, and which are no nouns.

Usage: build_document_frequencies.py DATA [OUT] with DATA the folder that holds articles_* (processors/data/LANGUAGE.md
says whose they are). Of each language: the number of documents, the documents that hold each term (two or more), and
the word forms that are no part of a name or noun phrase. Those are told by what stands before them (English, Arabic) or
by pymorphy3 (Russian, MIT; its dictionary is OpenCorpora's, CC BY-SA, of which only the judgement "no noun" or
"adjective" on words of our texts is kept).
"""

from __future__ import annotations

import gzip
import json
import re
import sys
from collections import Counter, defaultdict
from itertools import pairwise
from pathlib import Path

import pymorphy3

from processors.tokens import Token, tokenize

LICENSED = re.compile(r"CC BY|Apache|public domain|OGL|Open Government")
NOT_SHIPPED = re.compile(r"tgcontest|CC BY-SA")
BEFORE_NOUN = {
    "en": [
        "the",
        "a",
        "an",
        "this",
        "these",
        "those",
        "his",
        "her",
        "its",
        "their",
        "our",
        "my",
        "of",
        "in",
        "on",
        "at",
        "by",
        "for",
        "from",
        "with",
        "any",
        "some",
        "no",
        "each",
        "every",
    ],
    "ar": ["في", "من", "علي", "الي", "عن", "مع", "بين", "كل", "هذا", "هذه", "بعد", "قبل", "ضد", "حول", "منذ", "خلال"],
}
BEFORE_VERB = {
    "en": [
        "will",
        "would",
        "could",
        "should",
        "may",
        "might",
        "must",
        "can",
        "not",
        "he",
        "she",
        "they",
        "we",
        "i",
        "who",
        "has",
        "have",
        "had",
        "been",
        "cannot",
        "also",
    ],
    "ar": ["ان", "قد", "لم", "لن", "سوف", "لا", "كما", "حيث", "التي", "الذي", "الذين", "ما", "حين", "عندما"],
}
NO_NOUN_RU = {"VERB", "INFN", "GRND", "PRTS", "PRTF", "ADVB", "PREP", "CONJ", "PRCL", "NPRO", "PRED", "NUMR", "COMP"}
NO_NOUN_RU |= {"INTJ", "ADJS"}
LIKELY = 0.2  # the share of a reading, by pymorphy3's own counts, from which on it is taken seriously
LIKELY_CASE = 0.1
PARTICIPLES_IN_NAMES = re.compile("вооруж|объедин|соедин|заключ|ранен|погиб|пострада|бывш|примен|обвиня|данн")


Document = tuple[bool, str, list[Token]]


def documents(data: Path, language: str) -> list[Document]:
    """Give the analysed documents."""
    found = []
    for line in (data / f"articles_{language}/articles.jsonl").read_text(encoding="utf-8").splitlines():
        article = json.loads(line)
        text = article["title"] + "\n" + article["text"]
        found.append((counted(article), text, tokenize(text)))
    print(language, len(found), "documents")
    return found


def counted(article: dict[str, str]) -> bool:
    """Tell whether counts of the text may be shipped; what class a word is of may be learned from any text."""
    return bool(LICENSED.search(article["licence"])) and not NOT_SHIPPED.search(article["source"] + article["licence"])


Classes = dict[str, set[str]]


def classes(documents: list[Document], language: str) -> Classes:
    """Give the forms that are no nouns ("no"), that surely are ("noun"; Arabic), adjectives and cases (Russian)."""
    if language == "ru":
        return classes_ru(documents)
    noun: Counter[str] = Counter()
    verb: Counter[str] = Counter()
    every: Counter[str] = Counter()
    before_noun, before_verb = set(BEFORE_NOUN[language]), set(BEFORE_VERB[language])
    for _, text, tokens in documents:
        for last, token in pairwise(tokens):
            every[token.text] += 1
            noun[token.text] += last.text in before_noun
            verb[token.text] += last.text in before_verb
            if language == "ar":
                clitic = text[token.start - 1] if token.start and text[token.start - 1].isalpha() else ""
                noun[token.text] += clitic in {"ب", "ل", "ك"}
                verb[token.text] += clitic == "س"
                bare = token.text.removeprefix("ال")
                noun[bare] += bare != token.text
    found = {"no": {word for word in every if verb[word] >= 2 and verb[word] > 1.5 * noun[word]}}
    if language == "ar":
        found["noun"] = {word for word in noun if noun[word] >= 2 and noun[word] > 2 * verb[word] and len(word) > 2}
    return found


def classes_ru(documents: list[Document]) -> Classes:
    """Ask pymorphy3 for the likely readings of the words that its dictionary has."""
    words = {
        token.text for _, _, tokens in documents for token in tokens if token.script == "cyrl" and len(token.text) > 2
    }
    morphology = pymorphy3.MorphAnalyzer()
    found: Classes = {"no": set(), "adj": set(), "nom": set(), "gen": set(), "who": set()}
    for word in words:
        if not morphology.word_is_known(word):
            continue
        readings = morphology.parse(word)
        tags = {reading.tag.POS for reading in readings if reading.score >= LIKELY}
        if tags and tags <= NO_NOUN_RU and not ("PRTF" in tags and PARTICIPLES_IN_NAMES.match(word)):
            found["no"].add(word)
        elif tags and tags <= {"ADJF", "PRTF"}:
            found["adj"].add(word)
        elif "NOUN" in tags:
            cases = {reading.tag.case for reading in readings if reading.score >= LIKELY_CASE}
            found["nom"] |= {word} if "nomn" in cases else set()
            animate = any("anim" in reading.tag for reading in readings if reading.score >= LIKELY)
            found["who"] |= {word} if animate else set()
            found["gen"] |= {word} if cases & {"gent", "gen2"} else set()
    return found


def main() -> None:
    """Count and write."""
    data = Path(sys.argv[1])
    out = Path(sys.argv[2] if len(sys.argv) > 2 else "processors/data/document_frequencies.txt.gz")
    lines = ["# Made by tools/build_document_frequencies.py; sources and licences: LANGUAGE.md beside this file."]
    for language in ("ar", "en", "ru"):
        texts = documents(data, language)
        counts: Counter[str] = Counter()
        shipped = [tokens for may, _, tokens in texts if may]
        for tokens in shipped:
            counts.update({token.term for token in tokens if token.script != "digit"})
        by_count: dict[int, list[str]] = defaultdict(list)
        for term, count in counts.items():
            if count >= 2:
                by_count[count].append(term)
        lines.append(f"[{language} {len(shipped)}]")
        lines += [f"{count} {' '.join(sorted(terms))}" for count, terms in sorted(by_count.items())]
        lines += [f"{name} {' '.join(sorted(words))}" for name, words in sorted(classes(texts, language).items())]
    out.write_bytes(gzip.compress(("\n".join(lines) + "\n").encode(), 9, mtime=0))
    print(out, out.stat().st_size, "bytes")


if __name__ == "__main__":
    main()
