"""Build processors/data/forms_ru.tsv.gz: the Russian case forms of every Russian name in people, bodies and places.

    python tools/build_forms.py [--check]

Run it again when a table changed; `--check` only says whether that is due (exit 1). Same tables, same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from processors.declension import Gender, decline_abbreviation, decline_name, decline_person
from processors.knowledge import EXACT, names_of, read_table

DATA = Path(__file__).resolve().parent.parent / "processors" / "data"
FILE = DATA / "forms_ru.tsv.gz"


def wanted() -> list[tuple[str, str]]:
    """Give the names to decline with what decides how: `m`, `f` or `?` for people, `-` for things, `=`
    for abbreviations; sorted.
    """
    found: set[tuple[str, str]] = set()
    for table in ("people.tsv", "bodies.tsv", "places.tsv.gz"):
        raw = (DATA / table).read_bytes()
        text = (gzip.decompress(raw) if table.endswith(".gz") else raw).decode()
        for row in read_table(text, table):
            if row.get("derived") and row["kind"] == "village":
                continue
            how = (row.get("gender") or "?") if row.get("type") == "PER" else "-"
            found |= {(name, "=" if mark & EXACT else how) for name, mark in names_of(row, "ru").items()}
    return sorted(found)


def fingerprint(names: list[tuple[str, str]]) -> str:
    """Hash what the forms are made from."""
    return hashlib.sha256("\n".join("\t".join(n) for n in names).encode()).hexdigest()


def forms_of(name: str, how: str) -> tuple[str, ...]:
    """Decline one name."""
    if how == "=":
        return decline_abbreviation(name)
    if how == "-":
        return decline_name(name)
    gender: Gender | None = "m" if how == "m" else "f" if how == "f" else None
    return decline_person(name, gender)


def main() -> int:
    """Build the file, or check it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    names = wanted()
    mark = f"# inputs sha256 {fingerprint(names)}"
    if parser.parse_args().check:
        current = gzip.decompress(FILE.read_bytes()).decode().splitlines() if FILE.exists() else []
        return 0 if mark in current[:3] else 1
    lines: dict[str, dict[str, None]] = {}
    for name, how in names:
        lines.setdefault(name, {}).update(dict.fromkeys(forms_of(name, how)))
    head = [
        "# Russian case forms; made by tools/build_forms.py with pymorphy3 and ending rules, not edited by hand.",
        mark,
    ]
    body = [f"{name}\t{'|'.join(forms)}" for name, forms in sorted(lines.items()) if forms]
    with FILE.open("wb") as raw, gzip.GzipFile(filename="", fileobj=raw, mode="wb", mtime=0) as file:
        file.write(("\n".join([*head, *body]) + "\n").encode())
    print(f"{len(body)} names, {sum(len(f) for f in lines.values())} forms, {FILE.stat().st_size} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
