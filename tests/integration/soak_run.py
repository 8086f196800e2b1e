"""Everything dies among the articles: daemons, the broker, Elasticsearch; and nothing is lost, doubled or stale."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from contract.kafka_server import ROOT
from integration.cluster_run import STAGES, ClusterRun, check, publish

from rasid.adapters.kafka_bus import KafkaBus
from rasid.adapters.kafka_offsets import GroupOffsets
from rasid.app.stages import READS
from rasid.domain import topics
from rasid.domain.errors import StoreError

_PAUSE_SECONDS = 1.0  # between one misfortune and the next


@dataclass(frozen=True, slots=True)
class Server:
    """A server of this run's own, under a name of its own: the shared ones are nobody's to kill."""

    kind: str
    name: str

    def start(self) -> str:
        """Start it; give its address."""
        found = self._script("start")
        return dict(line.split("=", 1) for line in found.splitlines() if "=" in line)[f"RASID_{self.kind.upper()}"]

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send it a signal, by its id."""
        found = re.search(r"(?:pid|process) (\d+)", self._script("status"))
        assert found is not None
        os.kill(int(found[1]), number)

    def stop(self) -> None:
        """End it."""
        self._script("stop")

    def _script(self, *words: str) -> str:
        script = ROOT / "deploy" / "local" / f"{self.kind}.sh"
        told = os.environ | {f"RASID_{self.kind.upper()}_NAME": self.name}
        return subprocess.run(
            [script, *words], env=told, capture_output=True, text=True, check=True, timeout=400
        ).stdout


@dataclass(slots=True)
class Soak:
    """What was done and seen; seconds by stage from a daemon's restart to its next commit."""

    articles: int
    seconds: float = 0.0
    kills: int = 0
    outages: int = 0
    resumed: dict[str, list[float]] = field(default_factory=dict)
    dead: int = 0

    def words(self) -> str:
        """Say it."""
        slowest = {stage: round(max(found), 1) for stage, found in self.resumed.items() if found}
        return (
            f"{self.articles} articles in {self.seconds:.0f} s ({self.articles / self.seconds:.0f}/s),"
            f" {self.kills} daemons killed, {self.outages} outages of servers, {self.dead} dead letters;"
            f" slowest resumption in seconds: {slowest}"
        )


@contextmanager
def own_servers(name: str) -> Iterator[tuple[Server, Server]]:
    """Give a broker and an Elasticsearch that this run may kill."""
    both = Server("kafka", f"kafka-{name}"), Server("elasticsearch", f"elasticsearch-{name}")
    try:
        yield both
    finally:
        for server in both:
            server.stop()


def soak(
    run: ClusterRun,
    servers: tuple[Server, Server],
    *,
    articles: int,
    kills: int,
    frozen: float,
    patience: float,
    say: Callable[[str], None] = lambda _: None,
) -> Soak:
    """Publish at full speed; kill every daemon `kills` times, each server twice, and freeze each for a while."""
    found = Soak(articles)
    began = time.monotonic()
    run.start(*STAGES)
    publishing = threading.Thread(target=_publish, args=(run, articles), daemon=True)
    publishing.start()
    with KafkaBus(run.address, patience=5) as bus:
        run.watch(lambda: any(True for _ in bus.read(topics.GROUPED.name)), patience, "the first article")
        for _ in range(kills):
            for stage in STAGES:
                _kill(run, stage, found)
                say(f"{stage} killed")
        for server in servers:
            for how in (signal.SIGKILL, signal.SIGSTOP, signal.SIGKILL):
                _outage(server, how, frozen, run)
                found.outages += 1
                say(f"{server.kind}: {how.name}")
        publishing.join(patience)
        run.watch(lambda: _through(run, bus, articles), patience, "the last article")
        found.dead = len(list(bus.read(topics.DEAD.name)))
    found.seconds = time.monotonic() - began
    check(run, articles)
    return found


def _publish(run: ClusterRun, articles: int) -> None:
    with KafkaBus(run.address) as bus:
        publish(bus, range(articles))


def _kill(run: ClusterRun, stage: str, found: Soak) -> None:
    run.daemons[stage].kill()
    before, lagging = _committed(run, stage)
    run.daemons[stage].start()
    found.kills += 1
    began = time.monotonic()
    while lagging and time.monotonic() - began < 60:
        if _committed(run, stage)[0] > before:
            found.resumed.setdefault(stage, []).append(time.monotonic() - began)
            return
        time.sleep(0.2)
    time.sleep(_PAUSE_SECONDS)


def _committed(run: ClusterRun, stage: str) -> tuple[int, bool]:
    with GroupOffsets(run.address, stage, READS[stage]) as offsets:
        found = offsets().values()
    return sum(done for done, _ in found), any(done < end for done, end in found)


def _outage(server: Server, how: signal.Signals, frozen: float, run: ClusterRun) -> None:
    server.kill(how)
    if how is signal.SIGSTOP:
        time.sleep(frozen)
        server.kill(signal.SIGCONT)
    else:
        time.sleep(_PAUSE_SECONDS)
        server.start()
    for daemon in run.daemons.values():  # a supervisor starts again what gave up
        if daemon.process.poll() is not None:
            daemon.start()
    time.sleep(_PAUSE_SECONDS)


def _through(run: ClusterRun, bus: KafkaBus, articles: int) -> bool:
    try:
        with run.index() as index:
            index.refresh()
            return index.count() == articles and not any(
                bus.lag(stage, topic) for stage, reads in READS.items() for topic in reads
            )
    except StoreError:
        return False
