"""What `rasid index` does, on the real server: made, looked at, and made anew while it is read and written."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from contract.elasticsearch_server import address, fresh_index
from contract.index_contract import ANALYSIS, THREE, ask
from makers import NOON, document

from rasid.adapters import elasticsearch_schema, elasticsearch_templates
from rasid.adapters.elasticsearch_admin import ElasticsearchAdmin
from rasid.adapters.elasticsearch_index import ElasticsearchIndex
from rasid.adapters.elasticsearch_reindex import Reindexer
from rasid.domain.article import GroupedArticle
from rasid.domain.errors import InputError, StoreError, StoreNewerError
from rasid.domain.query import Everything

pytestmark = pytest.mark.cluster

OCTOBER = document(ANALYSIS, 9, id=f"202610-{9:032x}", first_seen_at=datetime(2026, 10, 15, 12, tzinfo=UTC))


@pytest.fixture
def index() -> Iterator[ElasticsearchIndex]:
    """Give an empty index."""
    with fresh_index(ANALYSIS) as made:
        yield made


@pytest.fixture
def admin(index: ElasticsearchIndex) -> Iterator[ElasticsearchAdmin]:
    """Give what manages it."""
    with ElasticsearchAdmin(address(), prefix=index._names.prefix, grace=0.5) as made:
        yield made


def rasid(prefix: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `rasid index …` as a person would."""
    environment = {"RASID_ELASTICSEARCH": address(), "RASID_ELASTICSEARCH_PREFIX": prefix, "PATH": "/usr/bin:/bin"}
    return subprocess.run(
        [sys.executable, "-c", "from rasid.app.cli.main import main; main()", "index", *arguments],
        env=environment, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


def old_mapping(index: ElasticsearchIndex, **changes: Any) -> None:
    """Put November under a mapping that `changes` fields of today's."""
    index.prepare()
    name = index._names.month(THREE[0].id)
    properties = {**elasticsearch_templates.MAPPINGS["properties"], **changes}
    mapping = {**elasticsearch_templates.MAPPINGS, "properties": properties}
    index._client.indices.put_index_template(
        name=index._names.alias,
        index_patterns=[index._names.months],
        template={"aliases": {index._names.alias: {}}, "mappings": mapping},
    )
    index._client.indices.create(index=name)
    index._client.indices.put_index_template(
        name=index._names.alias, **index._names.index_templates()[index._names.alias]
    )


def test_an_empty_server_is_made_ready(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """Init makes what is beside the months; each index is told with its documents, and that it fits."""
    assert admin.status() == []
    admin.prepare()
    admin.prepare()
    index.write([*THREE, OCTOBER])
    found = {one.month or one.index.rpartition("-")[2]: one for one in admin.status()}
    assert {name: one.documents for name, one in found.items() if name != "labels"} == {
        "2026-10": 1, "2026-11": len(THREE), "alerts": 0, "deliveries": 0, "judgements": 0,
    }  # fmt: skip
    assert {(one.mapping_version, one.misfit) for one in found.values()} == {(1, None)}
    assert found["2026-11"].bytes > 1_000


def test_a_new_field_is_added_in_place(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """A month of before a field was there is told, and init adds the field; documents stay."""
    index.write([OCTOBER])
    wanted = elasticsearch_templates.MAPPINGS
    with pytest.MonkeyPatch.context() as patch:
        newer = {**wanted, "properties": {**wanted["properties"], "mood": {"type": "keyword"}}}
        patch.setattr(elasticsearch_schema, "MAPPINGS", newer)
        assert any("has no field mood: run `rasid index init`" in (one.misfit or "") for one in admin.status())
        admin.prepare()
        assert not any(one.misfit for one in admin.status())
    index.refresh()
    assert [hit.document for hit in index.search(Everything()).hits] == [OCTOBER]


def test_a_field_of_another_type_is_named_and_made_anew(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """Nothing is written where it does not fit; reindex puts the month under today's mapping, and all goes on."""
    old_mapping(index, edition={"type": "keyword"}, summary={"type": "text"})
    with pytest.raises(StoreError, match="maps summary, edition in another way: run `rasid index reindex`"):
        index.write(THREE)
    name = index._names.month(THREE[0].id)
    done = admin.reindex()
    assert list(done) == [name]
    assert index.write(THREE) == []
    index.refresh()
    assert ask(index, "Сирия OR سوريا OR Syria") == [4, 3, 2, 1]
    assert not any(one.misfit for one in admin.status())
    assert admin.reindex() == {}


def test_documents_keep_their_versions(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """After a month was made anew twice, the higher version still wins, and get, search, retain work as before."""
    index.write([*THREE, OCTOBER])
    before = {one.id: index._client.get(index=index._names.month(one.id), id=one.id)["_version"] for one in THREE}
    for number in (2, 3):
        old = _november(index)
        assert admin.reindex(["2026-11"]) == {old: len(THREE)}
        assert _november(index).endswith(f"-r{number}-2026.11")
    after = {one.id: index._client.get(index=index._names.month(one.id), id=one.id)["_version"] for one in THREE}
    assert after == before
    newer = document(ANALYSIS, 1, language="ar", edition=2, title="جديد")
    older = document(ANALYSIS, 1, language="ar", title="قديم")
    assert index.write([newer]) == index.write([older]) == []
    assert index.get(newer.id) == newer
    assert index.retain(before=NOON.replace(day=1)) == 1
    index.refresh()
    assert index.count() == len(THREE)
    assert index.retain(before=NOON.replace(year=2027)) == len(THREE)
    index.write(THREE)
    assert _november(index).endswith("-v1-2026.11")


def _november(index: ElasticsearchIndex) -> str:
    (found,) = [name for name in index._schema.indices() if name.endswith("2026.11")]
    return found


def test_nobody_notices_that_a_month_is_made_anew(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """Reading finds every document at every moment, and what is written meanwhile is there afterwards."""
    first = [document(ANALYSIS, n) for n in range(1, 1_501)]
    index.write(first)
    index.refresh()
    end = threading.Event()
    counts: list[int] = []
    written: list[GroupedArticle] = []

    def read() -> None:
        while not end.is_set():
            counts.append(index.search(Everything(), limit=1).total)

    def write() -> None:
        while not end.is_set():
            written.append(_written(index, document(ANALYSIS, 10_000 + len(written))))

    threads = [threading.Thread(target=read), threading.Thread(target=write)]
    for thread in threads:
        thread.start()
    for _ in range(2):
        admin.reindex(["2026-11"])
    end.set()
    for thread in threads:
        thread.join()
    assert written
    assert min(counts) >= len(first)
    index.refresh()
    assert {one.id for one in index.scan(Everything())} == {one.id for one in (*first, *written)}


def _written(index: ElasticsearchIndex, one: GroupedArticle) -> GroupedArticle:
    """Write as the index worker does: refused for a moment, it holds the batch and comes again."""
    while True:
        try:
            assert index.write([one]) == []
        except StoreError:
            continue
        return one


def test_a_run_that_was_cut_short_is_begun_again(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """What an earlier run left half copied is thrown away, and readers never saw it."""
    index.write(THREE)
    left = index._names.copy(index._names.month(THREE[0].id))
    index._client.indices.create(index=left)
    index._client.index(index=left, id="left", document={"id": "left"}, refresh=True)
    index.refresh()
    assert index.count() == len(THREE)
    admin.reindex(["2026-11"])
    assert index.count() == len(THREE)


def test_a_run_that_was_killed_within_the_switch_is_ended(
    index: ElasticsearchIndex, admin: ElasticsearchAdmin, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The copy is behind the alias already, the old month still has its name and is shut: the next run ends it."""
    index.write(THREE)
    old = index._names.month(THREE[0].id)

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Reindexer, "_replace", killed)
        with pytest.raises(KeyboardInterrupt):
            admin.reindex(["2026-11"])
    index.refresh()
    assert index.count() == len(THREE)
    assert ["cut short" in one.misfit for one in admin.status() if one.misfit] == [True]
    assert admin.reindex() == {old: len(THREE)}
    assert not any(one.misfit for one in admin.status())
    assert index.write([document(ANALYSIS, 77)]) == []
    index.refresh()
    assert index.count() == len(THREE) + 1


def test_a_document_that_cannot_be_carried_over_stops_it(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """The old index stays, writable, and the document is named."""
    index.write(THREE)
    name = index._names.month(THREE[0].id)
    index._client.index(index=name, id="by-hand", document={"id": "by-hand"}, refresh=True)
    with pytest.raises(StoreError, match="by-hand"):
        admin.reindex(["2026-11"])
    assert index.write([document(ANALYSIS, 77)]) == []
    assert index._schema.indices() == [name]


def test_a_month_that_is_not_there_is_said(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """The months there are are named."""
    index.write([OCTOBER])
    with pytest.raises(InputError, match="no month 2026-09; there are 2026-10"):
        admin.reindex(["2026-09"])


def test_a_newer_program_s_index_is_left_alone(index: ElasticsearchIndex, admin: ElasticsearchAdmin) -> None:
    """An older program never copies back what a newer one made."""
    name = index._names.month(THREE[0].id)
    index._client.indices.create(index=name, mappings={"_meta": {"schema_version": 99}})
    with pytest.raises(StoreNewerError, match="upgrade"):
        admin.reindex()


def test_the_commands(index: ElasticsearchIndex) -> None:
    """Init, status, reindex and retain as a person and a program call them."""
    prefix = index._names.prefix
    assert rasid(prefix, "status").returncode == 3
    assert rasid(prefix, "init").returncode == 0
    index.write([*THREE, OCTOBER])
    rows = [json.loads(line) for line in rasid(prefix, "status", "--json").stdout.splitlines()]
    assert [(row["month"], row["documents"]) for row in rows if row["month"]] == [
        ("2026-10", 1),
        ("2026-11", len(THREE)),
    ]
    assert "2026-11" in rasid(prefix, "status").stdout
    assert "made anew with 1 documents" in rasid(prefix, "reindex", "--month", "2026-10").stderr
    assert "nothing to do" in rasid(prefix, "reindex").stderr
    removed = json.loads(rasid(prefix, "retain", "--days", "0", "--json").stdout)
    assert (removed["articles"], removed["alerts"]) == (len(THREE) + 1, 0)


def test_without_a_server_the_setting_is_named() -> None:
    """The command says which setting is missing, not that a connection failed."""
    done = subprocess.run(
        [sys.executable, "-c", "from rasid.app.cli.main import main; main()", "index", "init"],
        env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, "RASID_ELASTICSEARCH" in done.stderr) == (1, True)
