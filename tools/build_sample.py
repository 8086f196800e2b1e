"""Make ingest/data/sample/en.jsonl and ru.jsonl: the chosen texts of the licensed article collections, as they are.

Usage: build_sample.py --data DIR [--out DIR] with DIR the folder that holds articles_en and articles_ru
(ingest/data/sample/SOURCE.md says whose they are). Only white space is changed: every line of a text becomes one
paragraph, runs of spaces within it one space. ar.jsonl is written by hand and not touched.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from itertools import zip_longest
from pathlib import Path
from typing import Any

OUT = Path(__file__).parents[1] / "ingest" / "data" / "sample"
LONGEST = 6000
MOSCOW = timezone(timedelta(hours=3))
MONTHS = [
    *("января", "февраля", "марта", "апреля", "мая", "июня"),
    *("июля", "августа", "сентября", "октября", "ноября", "декабря"),
]
# kremlin.ru prints the time of publication (Moscow's) after the lead.
PRINTED = re.compile(rf"(\d{{1,2}}) ({'|'.join(MONTHS)}) (\d{{4}}) года (\d{{2}}):(\d{{2}})")

KREMLIN = [76258, 76489, 76565, 76513, 76796, 76857, 76710, 76521, 76452, 76797]
WIKINEWS = [27496, 22371, 130557, 124464, 112588, 25518, 39023, 40297, 107294, 109033, 509888, 116336]
RE3D = [
    "1101048768E50FA1F8DA3F7B7CD105AB",  # UK: Johnson and Lavrov on Syria
    "C3BB2D0EE548765402C961463415E4CA",  # UK: resolution 2254
    "FAB032C0995F606F54B1DD3EA8D61930",  # State: after Kerry's meeting with Lavrov
    "1F9A1D68D16594512C9CBAD02D53E4C1",  # State: Syrian opposition in Riyadh
    "6874F49C56340E2BD65BF958916C97AE",  # CENTCOM: tanks near Palmyra
    "7064D852A8BF7FB8126978D3AC40E4FC",  # UK: violations of the ceasefire
    "B2E5F55F5D7E31B291D9F76E8E4AC75D",  # CENTCOM: advance to Raqqah
    "8EC0382F2D0E4360EC7A85FA8FEA02D8",  # State: help for the opposition
    "78C6FA20C3559F23A36974F2B22BC73A",  # UK: eastern Aleppo
    "C35F45FE7CBA87AE07646066842C91E0",  # UK: aid convoy
    "E9035FF1D0DA74A11674C82688C05C51",  # CENTCOM: Dayr az Zawr investigation
    "340238F0CEF0581CBBA9106FFB2EA97C",  # State: Ambassador Ford
    "2C6CB502FAD51B6B4CA765E57E221BEA",  # State: coalition in Berlin
    "28829CF80D445874061C5948E6A3751D",  # CENTCOM: Abu Jandal al-Kuwaiti
    "6646F63F6AC6B483D15DA258CB182147",  # CENTCOM: Carter in Baghdad
    "26CC32861EF7D38FBAE9CABAFC7487E1",  # CENTCOM: strikes by place
    "F669C19A4C3DB410BBEC57ECC5DC62B1",  # State: Blinken to Iraq
    "E967805EB658EB937216A53EE9733656",  # UK: Turkey and Uzbekistan
    "9104BDCC8E9A1CD2090757B487421DC6",  # State: Turkey and Lebanon
    "31E63458C6BF8F6F1D50D7041E5B89C9",  # State: forces for Mosul
    "C044623AD872323AF717F26F21E9352B",  # CENTCOM: exercise in Jordan
]


@dataclass(frozen=True, slots=True)
class Origin:
    """What the sample says of a collection's texts, by the collection's own name for it."""

    source: str
    licence: str
    country: str | None


ORIGINS = {
    "kremlin.ru": Origin("kremlin.ru", "CC-BY-4.0", "RU"),
    "Russian Wikinews through NEREL": Origin("Russian Wikinews", "CC-BY-2.5", None),
    "re3d/CENTCOM": Origin("US Central Command", "Public domain (US)", "US"),
    "re3d/US State Department": Origin("US State Department", "Public domain (US)", "US"),
    "re3d/UK Government": Origin("UK Government", "OGL-UK-3.0", "GB"),
}


def main() -> None:
    """Write both files."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--data", type=Path, required=True)
    options.add_argument("--out", type=Path, default=OUT)
    given = options.parse_args()
    russian = list(turns([f"kremlin-{number}" for number in KREMLIN], [f"nerel-{number}" for number in WIKINEWS]))
    for language, ids in {"en": [f"re3d-{id_}" for id_ in RE3D], "ru": russian}.items():
        articles = read(given.data / f"articles_{language}" / "articles.jsonl")
        lines = [json.dumps(sample_text(articles[id_]), ensure_ascii=False) for id_ in ids]
        (given.out / f"{language}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def turns(*groups: list[str]) -> Iterator[str]:
    """Take one of each group in turn, so that the first of a feed show every source."""
    return (id_ for row in zip_longest(*groups) for id_ in row if id_ is not None)


def read(path: Path) -> dict[str, dict[str, Any]]:
    """Read a collection, by id."""
    with path.open(encoding="utf-8") as lines:
        return {article["id"]: article for article in map(json.loads, lines)}


def sample_text(article: dict[str, Any]) -> dict[str, Any]:
    """Give a line of the sample. Raises KeyError for a source that may not be shipped."""
    origin = ORIGINS[article["source"]]
    text = "\n\n".join(folded for line in article["text"].splitlines() if (folded := " ".join(line.split())))
    if len(text) > LONGEST:
        message = f"{article['id']} has {len(text)} characters: too long for the sample"
        raise ValueError(message)
    return {
        "id": article["id"],
        "title": " ".join(article["title"].split()),
        "text": text,
        "source": origin.source,
        "licence": origin.licence,
        "url": article["url"],
        "date": _printed(text) if origin.source == "kremlin.ru" else None,
        "country": origin.country,
    }


def _printed(text: str) -> str | None:
    found = PRINTED.search(text)
    if found is None:
        return None
    day, month, year, hour, minute = found.groups()
    return datetime(int(year), MONTHS.index(month) + 1, int(day), int(hour), int(minute), tzinfo=MOSCOW).isoformat()


if __name__ == "__main__":
    main()
