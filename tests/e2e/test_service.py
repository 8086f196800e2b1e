"""The service as a whole: it starts, stops, refuses company, and talks to nobody beyond this machine."""

from __future__ import annotations

import ipaddress
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from e2e.service import Service, free_port, json_lines, rasid

pytestmark = pytest.mark.xdist_group("service")


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Give a service on the sample that has indexed its first articles."""
    with Service(tmp_path_factory.mktemp("service") / "data") as running:
        running.wait(lambda: running.get("/readyz")["articles"] > 20)
        yield running


@pytest.mark.parametrize("name", ["شويغو", "Shoigu", "Шойгу"])
def test_the_sample_is_found_in_three_scripts_without_a_network(service: Service, name: str) -> None:
    """After the start an Arabic sample article is found under each spelling of a name in it."""
    found = service.wait(lambda: [h for h in _hits(service, name) if h["language"] == "ar"])
    assert all(hit["sample"] for hit in found)


def _hits(service: Service, query: str) -> list[dict[str, object]]:
    return json_lines(rasid("search", query, "--json", "--limit", "100", data_dir=service.data_dir).stdout)


def test_a_second_instance_is_refused_clearly(service: Service) -> None:
    """The second says who holds the directory, and ends with 3."""
    done = rasid("run", "--port", str(free_port()), data_dir=service.data_dir)
    assert done.returncode == 3
    assert f"process {service.process.pid}" in done.stderr  # type: ignore[union-attr]


def test_a_taken_port_is_said_clearly(service: Service, tmp_path: Path) -> None:
    """A port in use is named with the way out, and the service ends."""
    done = rasid("run", "--port", str(service.port), data_dir=tmp_path / "other")
    assert done.returncode == 3
    assert f"127.0.0.1:{service.port} cannot be used" in done.stderr
    assert "Traceback" not in done.stderr


def test_it_connects_to_nothing_beyond_this_machine(service: Service) -> None:
    """With RASID_FEEDS=sample no process of the tree has a socket to any other machine."""
    assert service.process is not None
    for _ in range(20):
        for pid in _tree(service.process.pid):
            assert _foreign_peers(pid) == []
        time.sleep(0.1)


def test_articles_can_be_brought_in_while_it_runs(service: Service, tmp_path: Path) -> None:
    """`rasid ingest` beside a running service hands its articles to it and waits for them."""
    file = tmp_path / "late.jsonl"
    file.write_text(
        '{"id": "late", "title": "تقرير متأخر عن طرطوس", "text": "وصلت سفينة روسية إلى ميناء طرطوس السوري."}\n'
    )
    done = rasid("ingest", "--jsonl", str(file), "--json", data_dir=service.data_dir)
    assert done.returncode == 0, done.stderr
    assert "تقرير متأخر عن طرطوس" in [hit["title"] for hit in _hits(service, "طرطوس")]


def test_a_backup_is_taken_while_it_runs(service: Service, tmp_path: Path) -> None:
    """The online backup of a busy service restores to a store that answers."""
    assert rasid("backup", str(tmp_path / "copy"), data_dir=service.data_dir).returncode == 0
    assert rasid("restore", str(tmp_path / "copy"), data_dir=tmp_path / "new").returncode == 0
    titles = [row["title"] for row in json_lines(rasid("export", data_dir=tmp_path / "new").stdout)]
    assert len(titles) > 20


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_stops_cleanly_within_five_seconds(tmp_path: Path, number: signal.Signals) -> None:
    """SIGTERM and Ctrl-C end it with 0, no child is left, nothing is dead-lettered."""
    with Service(tmp_path / "data") as running:
        running.wait(lambda: running.get("/readyz")["articles"] > 0)
        assert running.process is not None
        children = [pid for pid in _tree(running.process.pid) if pid != running.process.pid]
        began = time.monotonic()
        running.process.send_signal(number)
        assert running.process.wait(20) == 0
        assert time.monotonic() - began < 5
    time.sleep(0.5)
    assert [
        pid
        for pid in children
        if Path(f"/proc/{pid}/cmdline").exists() and b"rasid" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ] == []
    assert json_lines(rasid("dlq", "list", "--json", data_dir=tmp_path / "data").stdout) == []


def test_the_sample_is_polled_again_after_a_restart(tmp_path: Path) -> None:
    """The sample's port is another one at each start, and no feed of it fails for that."""
    for _ in range(2):
        with Service(tmp_path / "data") as running:
            running.wait(lambda: {row["health"] for row in running.get("/api/feeds")["feeds"]} == {"well"})
            running.stop()


def test_a_stop_during_the_start_ends_it_too(tmp_path: Path) -> None:
    """SIGTERM at any moment of the start ends it within five seconds, by itself or, before it reads its settings, at once."""
    for wait in (0.1, 1.0, 2.0, 3.0):
        with Service(tmp_path / f"data{wait}") as running:
            time.sleep(wait)
            assert running.process is not None
            running.process.send_signal(signal.SIGTERM)
            assert running.process.wait(5) in {0, -signal.SIGTERM}


def test_killed_with_its_parent_no_child_lives_on(tmp_path: Path) -> None:
    """After SIGKILL of the service its workers and parsers end too."""
    with Service(tmp_path / "data") as running:
        running.wait(lambda: running.get("/readyz")["articles"] > 0)
        assert running.process is not None
        children = [pid for pid in _tree(running.process.pid) if pid != running.process.pid]
        assert len(children) >= 2
        running.kill()
    until = time.monotonic() + 10
    while (left := [pid for pid in children if _alive(pid)]) and time.monotonic() < until:
        time.sleep(0.1)
    assert left == []


def test_an_index_of_an_older_version_is_made_again(service: Service, tmp_path: Path) -> None:
    """A copy whose index version is older comes up with every article back."""
    assert rasid("backup", str(tmp_path / "copy"), data_dir=service.data_dir).returncode == 0
    assert rasid("restore", str(tmp_path / "copy"), data_dir=tmp_path / "old").returncode == 0
    before = {row["id"] for row in json_lines(rasid("export", data_dir=tmp_path / "old").stdout)}
    (tmp_path / "old" / "version.json").write_text('{"state": 1, "index": 0}')
    shutil.rmtree(tmp_path / "copy")
    with Service(tmp_path / "old", environment={"RASID_SAMPLE": "off"}) as rebuilt:
        rebuilt.wait(lambda: rebuilt.get("/readyz")["articles"] >= len(before))
        assert {hit["id"] for hit in rebuilt.get("/api/search?limit=1000")["hits"]} == before


def _tree(pid: int) -> list[int]:
    found = [pid]
    for path in Path(f"/proc/{pid}/task").glob("*/children"):
        for child in path.read_text().split():
            found += _tree(int(child))
    return found


def _alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def _foreign_peers(pid: int) -> list[str]:
    """Give the addresses beyond loopback that a process' own sockets are connected to."""
    try:
        own = {link.readlink().name for link in Path(f"/proc/{pid}/fd").iterdir()}
        tables = [
            line.split()
            for name in ("tcp", "tcp6", "udp", "udp6")
            for line in Path(f"/proc/{pid}/net/{name}").read_text().splitlines()[1:]
        ]
    except OSError:
        return []
    peers = [row[2].split(":")[0] for row in tables if f"socket:[{row[9]}]" in own]
    return [str(ip) for ip in map(_address, peers) if not (ip.is_loopback or ip.is_unspecified)]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    words = [bytes.fromhex(text[at : at + 8])[::-1] for at in range(0, len(text), 8)]
    raw = b"".join(words)
    address = ipaddress.ip_address(raw)
    mapped = getattr(address, "ipv4_mapped", None)
    return mapped or address
