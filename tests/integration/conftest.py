"""Fixtures that need a real network, which here is loopback."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from ingest.fetch import Fetcher, FetchLimits, FetchSettings

USER_AGENT = "Rasid/0.1 (+mailto:desk@example.org)"


def _load(name: str) -> ModuleType:
    """Load a helper module beside this file: the tests are no package."""
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# Test modules may `import hostile_server`: it is in sys.modules before they are collected.
hostile = _load("hostile_server") if "hostile_server" not in sys.modules else sys.modules["hostile_server"]


@pytest.fixture
async def hostile_server() -> AsyncIterator[Any]:
    """Serve whatever a test asks for, on a free port of 127.0.0.1."""
    async with hostile.HostileServer() as server:
        yield server


MakeFetcher = Callable[..., Awaitable[Fetcher]]


@pytest.fixture
async def make_fetcher() -> AsyncIterator[MakeFetcher]:
    """Open fetchers that may reach the given hosts, with short limits; closed at the end of the test."""
    async with AsyncExitStack() as stack:

        async def make(*hosts: str, options: dict[str, Any] | None = None, **limits: Any) -> Fetcher:
            bounds = replace(FetchLimits(total_seconds=5, pause_seconds=0), **limits)
            settings = FetchSettings(user_agent=USER_AGENT, allowed_hosts=frozenset(hosts), limits=bounds)
            return await stack.enter_async_context(Fetcher(settings, **(options or {})))

        yield make
