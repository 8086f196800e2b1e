"""Tells systemd how a daemon is (sd_notify(3)); nothing happens where no supervisor asked to be told."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket

_EVERY_SECONDS = 5.0


async def keep_telling(stop: asyncio.Event) -> None:
    """Say that the daemon runs and its event loop goes round, until `stop` is set; then that it ends."""
    while not stop.is_set():
        tell("READY=1\nWATCHDOG=1")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), _EVERY_SECONDS)
    tell("STOPPING=1")


def tell(state: str) -> None:
    """Send a state to the socket that NOTIFY_SOCKET names; a name beginning with @ is an abstract one."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with (
        contextlib.suppress(OSError),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel,
    ):
        channel.sendto(state.encode(), "\0" + address[1:] if address.startswith("@") else address)
