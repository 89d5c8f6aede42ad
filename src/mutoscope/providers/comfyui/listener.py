"""How far each job is, as the WebSocket tells it. Only for the percentage: what counts is asked for."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any

from mutoscope.clock import Clock
from mutoscope.domain.errors import UpstreamError
from mutoscope.egress.socket import Socket
from mutoscope.providers.api import at
from mutoscope.providers.comfyui.templates import Graph

# A server without the WebSocket is not asked for it at every poll.
PAUSE_SECONDS = 30.0
MOST_JOBS = 1_000
# A sampler takes nearly all of the time; how much more than another node is a guess.
_SAMPLER_WEIGHT = 20.0


class Progress:
    """The share of one job that is done, by its nodes. It never falls."""

    def __init__(self, graph: Graph) -> None:
        self._weights = {node: _weight(at(graph, node, "class_type")) for node in graph}
        self._shares: dict[str, float] = {}
        self._at: Any = None  # the node at work; what follows it says that it is done
        self._percent: float | None = None

    @property
    def percent(self) -> float | None:
        """0 to 99; None before anything was told."""
        return self._percent

    def tell(self, kind: str, data: Any) -> None:
        """One event about this job."""
        match kind:
            case "execution_start":
                pass
            case "executing":
                self._reach(self._at, 1.0)
                self._at = at(data, "node")
            case "execution_cached":
                for node in at(data, "nodes") or ():
                    self._reach(node, 1.0)
            case "progress":
                self._reach(at(data, "node"), _share(data))
            case "progress_state":
                states = at(data, "nodes")
                for node, state in states.items() if isinstance(states, dict) else ():
                    self._reach(node, 1.0 if at(state, "state") == "finished" else _share(state))
            case "executed":
                self._reach(at(data, "node"), 1.0)
            case _:
                return
        done = sum(weight * self._shares.get(node, 0.0) for node, weight in self._weights.items())
        percent = min(99.0, 100 * done / (sum(self._weights.values()) or 1.0))
        self._percent = max(self._percent or 0.0, percent)

    def _reach(self, node: Any, share: float) -> None:
        if isinstance(node, str):
            self._shares[node] = max(self._shares.get(node, 0.0), share)


class Listener:
    """One background task for an account, from its first use until `aclose`; where it breaks, the next use begins anew.

    opens: opens the WebSocket.
    """

    def __init__(self, opens: Callable[[], AbstractAsyncContextManager[Socket]], clock: Clock) -> None:
        self._opens = opens
        self._clock = clock
        self._jobs: dict[str, Progress] = {}
        self._task: asyncio.Task[None] | None = None
        self._began = -PAUSE_SECONDS
        self._is_closed = False

    def wake(self) -> None:
        """Listen, if nobody does and the last try is some time ago."""
        is_listening = self._task is not None and not self._task.done()
        if is_listening or self._is_closed or self._clock.now() < self._began + PAUSE_SECONDS:
            return
        self._began = self._clock.now()
        self._task = asyncio.create_task(self._listen())

    def follow(self, prompt_id: str, graph: Graph) -> None:
        """Keep what is told about a job from now on. Of too many the oldest is dropped."""
        while len(self._jobs) >= MOST_JOBS:
            del self._jobs[next(iter(self._jobs))]
        self._jobs[prompt_id] = Progress(graph)

    def percent(self, prompt_id: str) -> float | None:
        job = self._jobs.get(prompt_id)
        return None if job is None else job.percent

    def forget(self, prompt_id: str) -> None:
        self._jobs.pop(prompt_id, None)

    def hear(self, text: str) -> None:
        """One frame. What is no event about a job that is followed is passed over."""
        try:
            told = json.loads(text)
        except ValueError:
            return
        data = at(told, "data")
        job = self._jobs.get(str(at(data, "prompt_id")))
        if job is not None:
            job.tell(str(at(told, "type")), data)

    async def aclose(self) -> None:
        self._is_closed = True
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait((self._task,))

    async def _listen(self) -> None:
        # Polls say the same, and better; so a socket that breaks, or never opens, is nobody's trouble.
        with contextlib.suppress(UpstreamError):
            async with self._opens() as socket:
                async for text in socket.texts():
                    self.hear(text)


def _share(state: Any) -> float:
    value, most = at(state, "value"), at(state, "max")
    if not isinstance(value, int | float) or not isinstance(most, int | float) or most <= 0:
        return 0.0
    return min(1.0, max(0.0, value / most))


def _weight(class_type: Any) -> float:
    return _SAMPLER_WEIGHT if isinstance(class_type, str) and "Sampler" in class_type else 1.0
