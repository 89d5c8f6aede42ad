"""A TCP proxy that delays, cuts after so many bytes either way, swallows, or trickles: connection by connection."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field

HOST = "127.0.0.1"
CHUNK = 1 << 16


@dataclass(frozen=True, slots=True)
class Plan:
    """What happens to one connection. Nothing, by default.

    delay: seconds before its first byte goes on. cut_up, cut_down: after how many bytes towards the upstream, or back,
    the connection ends; None for never. trickle: seconds between single bytes of the way back, 0 for none.
    black_hole: whether what the client says is swallowed and never answered.
    """

    delay: float = 0.0
    cut_up: int | None = None
    cut_down: int | None = None
    trickle: float = 0.0
    black_hole: bool = False


@dataclass(slots=True)
class Carried:
    """How many bytes of one connection went up and came down. first: those that its client sent first."""

    up: int = 0
    down: int = 0
    first: bytes = field(default=b"", compare=False, repr=False)


class ChaosProxy:
    """Before host and port of an upstream, in this event loop; `url` once it is started.

    plan: chooses what happens to a connection by the first bytes that its client sends. carried: of each one that was
    let through, how many bytes went up and came down.
    """

    def __init__(self, host: str, port: int, plan: Callable[[bytes], Plan] = lambda _first: Plan()) -> None:
        self._host = host
        self._port = port
        self.plan = plan
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.Task[None]] = set()
        self.carried: list[Carried] = []

    @property
    def url(self) -> str:
        assert self._server is not None, "the proxy is not started"
        return f"http://{HOST}:{self._server.sockets[0].getsockname()[1]}"

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._accept, HOST, 0, backlog=512)

    async def stop(self) -> None:
        """Close the door and every connection."""
        assert self._server is not None
        self._server.close()
        for task in list(self._open):
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)

    async def _accept(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._open.add(task)
        try:
            with contextlib.suppress(OSError):
                await self._connection(client, answer)
        finally:
            self._open.discard(task)
            answer.close()

    async def _connection(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        first = await client.read(CHUNK)
        plan = self.plan(first)
        await asyncio.sleep(plan.delay)
        if plan.black_hole:
            while await client.read(CHUNK):
                """Swallowed."""
            return
        carried = Carried(first=first)
        self.carried.append(carried)
        upstream, forward = await asyncio.open_connection(self._host, self._port)
        try:
            await _either(_up(first, client, forward, plan, carried), _down(upstream, answer, plan, carried))
        finally:
            forward.close()


async def _up(
    first: bytes, client: asyncio.StreamReader, forward: asyncio.StreamWriter, plan: Plan, carried: Carried
) -> None:
    """Ends when the client has, or at the cut."""
    left, chunk = plan.cut_up, first
    while chunk:
        chunk, left, is_cut = _cut(chunk, left)
        carried.up += len(chunk)
        forward.write(chunk)
        await forward.drain()
        if is_cut:
            return
        chunk = await client.read(CHUNK)


async def _down(upstream: asyncio.StreamReader, answer: asyncio.StreamWriter, plan: Plan, carried: Carried) -> None:
    """Ends when the upstream has, or at the cut."""
    left = plan.cut_down
    while chunk := await upstream.read(1 if plan.trickle else CHUNK):
        await asyncio.sleep(plan.trickle)
        chunk, left, is_cut = _cut(chunk, left)
        carried.down += len(chunk)
        answer.write(chunk)
        await answer.drain()
        if is_cut:
            return


def _cut(chunk: bytes, left: int | None) -> tuple[bytes, int | None, bool]:
    """What of a chunk may pass, how many bytes may follow, and whether that was the last."""
    if left is None:
        return chunk, None, False
    passed = chunk[:left]
    left -= len(passed)
    return passed, left, left == 0


async def _either(*ways: object) -> None:
    """Until the first of the two ways ends, which ends the other."""
    tasks = [asyncio.ensure_future(way) for way in ways]  # type: ignore[arg-type]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
