#!/usr/bin/env python3
"""Trains the English recogniser: a CRF over words, affixes, shapes and lexicons.

    train_recogniser_en.py --data ../shared/data [--out processors/data/models/en.npz] [--cv 5]

Sets: wikigold, wnut17 (CC BY 4.0) and re3d without its Wikipedia documents (public domain, OGL v3, CC BY 3.0 AU); with
--share-alike the latter (CC BY-SA 3.0) too. The same machine gives the same file; elsewhere F1 ± .005.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import recogniser_lexicons as sources
import recogniser_training as rt
from recogniser_documents import Document, jsonl, read_conll
from recogniser_model import Config

Array = np.ndarray[Any, Any]
OTHER = ("MISC", "NATIONALITY", "PRODUCT", "CREATIVE", "MILITARYPLATFORM")
CONFIGS = {
    "wide": Config(deep=False, labels=9, epochs=12, wide_l2=1.5),
    "deep": Config(wide=False, labels=9, epochs=12),
    "joint": Config(labels=9, epochs=10),
}


REPEATED = "re3d"  # counts twice: reports are what this desk reads, and they are fewer than the others


def repeated(documents: list[Document]) -> list[Document]:
    """Give the documents, those of the reports twice."""
    return documents + [document for document in documents if document.name.startswith(REPEATED)]


def documents(data: Path, *, share_alike: bool) -> list[Document]:
    """Read the sets; without `share_alike` the Wikipedia documents of re3d are only tested on."""
    folder = data / "ner_en"
    wikipedia = "\n".join(row["text"] for row in jsonl(folder / "re3d" / "Wikipedia" / "documents.json"))
    found = [d for name in ("wikigold_a", "wnut17_dev") for d in read_conll(folder / f"{name}.conll", OTHER)]
    return found + read_conll(folder / "re3d_outer.conll", OTHER, "" if share_alike else wikipedia)


def main() -> None:
    """Read the options, then cross-validate or train and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    rt.add_options(parser, "en")
    parser.add_argument("--share-alike", action="store_true", help="train on re3d's Wikipedia documents, too")
    options = parser.parse_args()
    configs = [rt.override(CONFIGS[part], options.set) for part in options.parts.split(",")]
    words = sources.arrays(options.data, Path("processors/data"), "en")
    sets = documents(options.data, share_alike=options.share_alike)
    open_text = [document.text for document in documents(options.data, share_alike=False)]
    words |= sources.clusters(sources.texts(options.data, "en") + open_text, "en")
    if options.cv:
        figures = rt.cross_validate(
            sets, options.cv, lambda training: rt.fit(repeated(training), words, "en", configs), "en"
        )
        print(options.parts, options.set, options.share_alike, figures, flush=True)
        return
    rt.save(options.out, rt.fit(repeated(sets), words, "en", configs))


if __name__ == "__main__":
    main()
