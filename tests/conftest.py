"""No test connects beyond this machine: every connection of the test process is looked at."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import hypothesis
import pytest

# How long an example takes says how busy the machine is, and nothing about the code.
hypothesis.settings.register_profile("rasid", deadline=None)
hypothesis.settings.load_profile("rasid")

_REAL = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}


def _is_local(address: Any) -> bool:
    if not isinstance(address, tuple):
        return True  # a Unix socket
    try:
        return ipaddress.ip_address(str(address[0]).split("%")[0]).is_loopback
    except ValueError:
        return address[0] == "localhost"


def _guarded(name: str) -> Any:
    def connect(self: socket.socket, address: Any) -> Any:
        if self.family in {socket.AF_INET, socket.AF_INET6} and not _is_local(address):
            raise AssertionError(f"a test tried to connect to {address}")
        return _REAL[name](self, address)

    return connect


@pytest.fixture(autouse=True, scope="session")
def _loopback_only() -> Any:
    """Refuse connections beyond loopback."""
    patch = pytest.MonkeyPatch()
    for name in _REAL:
        patch.setattr(socket.socket, name, _guarded(name))
    patch.setenv("RASID_FEEDS", "sample")
    yield
    patch.undo()
