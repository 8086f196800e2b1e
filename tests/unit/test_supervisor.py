"""What a daemon tells systemd: that it runs, goes on running, and ends."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest

from rasid.app import supervisor


@pytest.mark.parametrize("abstract", [False, True])
async def test_it_tells_that_it_runs_and_that_it_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, abstract: bool
) -> None:
    """To the socket that NOTIFY_SOCKET names, be it a file or an abstract name."""
    address = f"@rasid-test-{tmp_path.name}-{tmp_path.parent.name}" if abstract else str(tmp_path / "notify")
    monkeypatch.setenv("NOTIFY_SOCKET", address)
    monkeypatch.setattr(supervisor, "_EVERY_SECONDS", 0.01)
    stop = asyncio.Event()
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + address[1:] if abstract else address)
        listening.settimeout(5)
        telling = asyncio.create_task(supervisor.keep_telling(stop))
        heard = [await asyncio.to_thread(listening.recv, 100) for _ in range(3)]
        stop.set()
        await telling
        while (last := await asyncio.to_thread(listening.recv, 100)) == heard[0]:
            pass
    assert set(heard) == {b"READY=1\nWATCHDOG=1"}
    assert last == b"STOPPING=1"


@pytest.mark.parametrize("address", [None, "", "/nowhere/notify"])
def test_without_a_supervisor_nothing_happens(monkeypatch: pytest.MonkeyPatch, address: str | None) -> None:
    """No socket named, or one that nobody listens on: the daemon does not mind."""
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    if address is not None:
        monkeypatch.setenv("NOTIFY_SOCKET", address)
    supervisor.tell("READY=1")
