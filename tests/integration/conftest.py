"""Fixtures that need a real network, which here is loopback."""

from __future__ import annotations

import asyncio
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
from rasid.domain.errors import FetchError

USER_AGENT = "Rasid/0.1 (+mailto:desk@example.org)"


def _load(name: str) -> ModuleType:
    """Load a helper module beside this file: the tests are no package."""
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


# Test modules may import these by name: they are in sys.modules before those are collected.
hostile = _load("hostile_server")
_load("self_signed")


@pytest.fixture
async def hostile_server() -> AsyncIterator[Any]:
    """Serve whatever a test asks for, on a free port of 127.0.0.1."""
    async with hostile.HostileServer() as server:
        yield server


@pytest.fixture
async def make_fetcher() -> AsyncIterator[Callable[..., Awaitable[Fetcher]]]:
    """Open fetchers that may reach the given hosts, with short limits; closed at the end of the test."""
    async with AsyncExitStack() as stack:

        async def make(*hosts: str, options: dict[str, Any] | None = None, **limits: Any) -> Fetcher:
            bounds = replace(FetchLimits(total_seconds=5, pause_seconds=0), **limits)
            settings = FetchSettings(user_agent=USER_AGENT, allowed_hosts=frozenset(hosts), limits=bounds)
            return await stack.enter_async_context(Fetcher(settings, **(options or {})))

        yield make


@pytest.fixture
async def fails(
    hostile_server: Any, make_fetcher: Callable[..., Awaitable[Fetcher]]
) -> AsyncIterator[Callable[..., Awaitable[FetchError]]]:
    """Fetch a hostile address beside another host's feed: give the failure, having seen the other feed go on."""
    async with hostile.HostileServer() as bystander:
        healthy = bystander.on("/feed", hostile.answer(200, None, b"<rss/>"))

        async def fetch_both(url: str, *hosts: str, **limits: Any) -> FetchError:
            fetcher = await make_fetcher(hostile_server.authority, bystander.authority, *hosts, **limits)
            attempt = asyncio.create_task(fetcher.get(url))
            assert (await fetcher.get(healthy)).body == b"<rss/>"
            with pytest.raises(FetchError) as caught:
                await attempt
            assert (await fetcher.get(healthy)).body == b"<rss/>"
            return caught.value

        yield fetch_both
