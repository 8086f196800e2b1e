"""Make processors/data/models/names-spellings.npz: the English spelling of each Arabic and Russian name token.

    PYTHONPATH=. python tools/build_spellings.py --data DIR [--out processors/data/models]

Reads the CC0 pairs (en_ar_*.tsv, en_ru_*.tsv) and the models that tools/train_names.py made. A token's spelling is the
one that the pairs count most often; what the transducer finds impossible is a mix-up of the source. The pairs kept
apart (English form with crc32 % 10 == 0) are in the table, too: it only shows names to people. Ranking, comparing and
keys never read it, so what these are measured on stays unseen by them.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from pathlib import Path

import names_pairs
import numpy as np

from processors.names.letters import normalise, plain
from processors.names.models import Models
from processors.names.spelling import SLAVIC, folded

ROOT = Path(__file__).resolve().parents[1]
_WORST = -3.0  # nats a letter: below, a pair is no transliteration
_FEW = 10  # pairs that a native Russian name needs, so that one odd spelling does not stand for it
_FREQUENT = 0.3  # weight of how often the English form occurs with any token, beside how often with this one


def main() -> None:
    """Choose the spellings and write them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, default=ROOT / "processors" / "data" / "models")
    options = parser.parse_args()
    everywhere = names_pairs.english_counts(options.data)
    models = Models()
    found = {
        **spellings(options.data, "ru", "cyrillic", models, everywhere),
        **spellings(options.data, "ar", "arabic", models, everywhere),
    }
    table = sorted(found.items())
    arrays = {
        "spelling.tokens": np.frombuffer("\n".join(token for token, _ in table).encode(), np.uint8),
        "spelling.words": np.frombuffer("\n".join(word for _, word in table).encode(), np.uint8),
    }
    np.savez_compressed(options.out / "names-spellings.npz", **arrays)
    print(f"{len(table)} tokens, {(options.out / 'names-spellings.npz').stat().st_size / 1e6:.2f} MB")


def spellings(data: Path, language: str, script: str, models: Models, everywhere: Counter[str]) -> dict[str, str]:
    """Give the spelling of each token of a language."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    careless: dict[str, Counter[str]] = defaultdict(Counter)  # forms that only careless writers have
    for part in ("train", "dev"):
        for english, other, count in names_pairs.rows(data / f"en_{language}_{part}.tsv"):
            token, word = normalise(other), plain(normalise(english))
            if token and word and word.isascii():
                counts[token][word] += int(count)
    for token in [token for token in counts if folded(token) not in counts]:
        careless[folded(token)].update(counts[token])
    counts.update(careless)
    model = models.transducer(f"{script}|latin")
    chosen = {}
    for token, words in counts.items():
        likely = model.log_likelihoods([token], model.prepare(list(words)))
        sound = {
            word: np.log(count) + _FREQUENT * np.log(1 + everywhere[word])
            for (word, count), chance in zip(words.items(), likely.tolist(), strict=True)
            if chance / (len(token) + 1) > _WORST
        }
        if sound and not (SLAVIC.search(token) and sum(words.values()) < _FEW):  # the table romanises these
            chosen[token] = max(sound, key=lambda word: (sound[word], word))
    return chosen


if __name__ == "__main__":
    main()
