"""The chaos proxy before an echo: what passes, how much of it, and how late."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import pytest

from mutoscope.testing.chaos_proxy import Carried, ChaosProxy, Plan

pytestmark = pytest.mark.anyio

SAID = b"0123456789"


class Echo:
    """Says back what it hears, and keeps it. heard: in all."""

    def __init__(self) -> None:
        self.heard = b""

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(100):
            self.heard += chunk
            writer.write(chunk)
            await writer.drain()
        writer.close()


@pytest.fixture
async def echo() -> Echo:
    return Echo()


@pytest.fixture
async def proxy(echo: Echo) -> AsyncIterator[ChaosProxy]:
    server = await asyncio.start_server(echo.serve, "127.0.0.1", 0)
    made = ChaosProxy("127.0.0.1", server.sockets[0].getsockname()[1])
    await made.start()
    yield made
    await made.stop()
    server.close()


async def answer(proxy: ChaosProxy, plan: Plan, seconds: float = 0.3) -> bytes:
    """What comes back for `SAID` within this time."""
    proxy.plan = lambda _first: plan
    where = urlsplit(proxy.url)
    reader, writer = await asyncio.open_connection(where.hostname, where.port)
    writer.write(SAID)
    heard = b""
    try:
        async with asyncio.timeout(seconds):
            while len(heard) < len(SAID) and (chunk := await reader.read(100)):
                heard += chunk
    except TimeoutError:
        pass
    writer.close()
    return heard


async def test_without_a_plan_all_passes(proxy: ChaosProxy) -> None:
    assert await answer(proxy, Plan()) == SAID
    assert proxy.carried == [Carried(10, 10)]


@pytest.mark.parametrize("offset", range(11))
async def test_the_way_up_is_cut_at_the_byte(proxy: ChaosProxy, echo: Echo, offset: int) -> None:
    await answer(proxy, Plan(cut_up=offset))
    await asyncio.sleep(0.05)
    assert echo.heard == SAID[:offset]


@pytest.mark.parametrize("offset", range(11))
async def test_the_way_down_is_cut_at_the_byte(proxy: ChaosProxy, echo: Echo, offset: int) -> None:
    assert await answer(proxy, Plan(cut_down=offset)) == SAID[:offset]
    assert echo.heard == SAID


async def test_a_black_hole_swallows(proxy: ChaosProxy, echo: Echo) -> None:
    assert await answer(proxy, Plan(black_hole=True)) == b""
    assert echo.heard == b""


async def test_a_delay_holds_all_back(proxy: ChaosProxy) -> None:
    assert await answer(proxy, Plan(delay=0.2), seconds=0.1) == b""
    assert await answer(proxy, Plan(delay=0.2), seconds=1.0) == SAID


async def test_a_trickle_comes_byte_by_byte(proxy: ChaosProxy) -> None:
    some = await answer(proxy, Plan(trickle=0.05), seconds=0.3)
    assert SAID.startswith(some)
    assert 0 < len(some) < len(SAID)
