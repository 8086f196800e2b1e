#!/usr/bin/env python3
"""Trains the Arabic recogniser: a CRF over words, stems, affixes and lexicons.

    train_recogniser_ar.py --data ../shared/data [--out processors/data/models/ar.npz] [--cv 5]

Sets: the published sample of Wojood (MIT) and news of ANT (Apache-2.0) with the names listed in recogniser_news_ar.tsv;
with --share-alike AQMAR (CC BY-SA 3.0), too. The same machine gives the same file; elsewhere F1 ± .005.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import recogniser_lexicons as sources
import recogniser_news
import recogniser_training as rt
from recogniser_documents import Document, read_conll, varied
from recogniser_model import Config

from processors.recogniser.lexicon import fold, without_clitics

Array = np.ndarray[Any, Any]
CONFIGS = {
    "wide": Config(deep=False, epochs=4, lexical_dropout=0.5, wide_l2=3.0, wide_rate=0.04, outside=-0.7),
    "deep": Config(wide=False, epochs=5, lexical_dropout=0.5),
    "joint": Config(epochs=5, lexical_dropout=0.5, wide_l2=0.1),
}
BASE = Path("processors/data")
COPIES = 2  # of each document, with other names in it


def documents(data: Path, *, share_alike: bool) -> list[Document]:
    """Read the sets; without `share_alike` AQMAR is only tested on."""
    folder = data / "ner_ar"
    states = sources.countries(data)
    wojood = [d for part in ("train", "val") for d in read_conll(folder / f"wojood_sample_{part}.conll")]
    for document in wojood:
        document.text = document.text.replace("$#$", "   ")  # Wojood's mark of a line's end
        document.spans = [
            (start, end, "LOC" if kind == "ORG" and _state(document.text[start:end], states) else kind)
            for start, end, kind in document.spans
        ]
    aqmar = read_conll(folder / "aqmar.conll", withheld="" if share_alike else "*")
    return wojood + aqmar + recogniser_news.documents(data)


def _state(name: str, states: set[str]) -> bool:
    """Tell whether a name, less a clitic, is a country: Wojood calls a country that acts an organisation."""
    folded = fold(name, "ar")
    return any(form in states for form in (folded, *without_clitics(folded)))


def main() -> None:
    """Read the options, then cross-validate or train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    rt.add_options(parser, "ar")
    parser.add_argument("--share-alike", action="store_true", help="train on AQMAR, too")
    options = parser.parse_args()
    configs = [rt.override(CONFIGS[part], options.set) for part in options.parts.split(",")]
    words = sources.arrays(options.data, BASE, "ar")
    sets = documents(options.data, share_alike=options.share_alike)
    pools = sources.pools(options.data, BASE, "ar")

    def make(training: list[Document]) -> dict[str, Array]:
        open_ = [document for document in training if not document.withheld]
        return rt.fit(open_ + varied(open_, pools, COPIES), words, "ar", configs)

    if options.cv:
        figures = rt.cross_validate(sets, options.cv, make, "ar")
        print(options.parts, options.set, options.share_alike, figures, flush=True)
        return
    rt.save(options.out, make(sets))


if __name__ == "__main__":
    main()
