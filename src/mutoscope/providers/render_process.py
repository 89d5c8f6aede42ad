"""One child process that draws one clip: started, given its job, listened to, and killed when it must be."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import sys
from collections import deque
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field
from typing import Any

from mutoscope.media.sandbox import scrubbed_environment
from mutoscope.providers.render_job import RenderJob

_LINE_MAX_BYTES = 16 * 1024
_COMPLAINT_CHUNKS = 4
ENDINGS = frozenset({"done", "failed", "no_space"})


@dataclass(frozen=True, slots=True)
class ChildCommand:
    """How a child is started.

    module: run with `python -m`, given this process's id and `memory_bytes`. environment: beside the few variables
    that are passed on from ours. stall_seconds: silence after which a child counts as hung.
    """

    module: str = "mutoscope.providers.flipbook_child"
    memory_bytes: int = 2 << 30
    environment: Mapping[str, str] = field(default_factory=dict)
    stall_seconds: float = 300.0

    @property
    def name(self) -> str:
        """What it is for, such as "flipbook"."""
        return self.module.rpartition(".")[2].removesuffix("_child")


class RenderProcess:
    """A running child. It ends by itself, by `close` or `kill`, or with this process. name: what it is for."""

    def __init__(self, child: asyncio.subprocess.Process, stall_seconds: float, name: str = "") -> None:
        self.name = name
        self._child = child
        self._stall_seconds = stall_seconds
        self._is_drawing = False
        self._complaints: deque[bytes] = deque(maxlen=_COMPLAINT_CHUNKS)
        self._listening = asyncio.create_task(self._collect_complaints())

    @classmethod
    async def start(cls, command: ChildCommand, warm: bool = False) -> RenderProcess:
        """Start a child; a warm one tries its tools while it waits for its job. OSError when it cannot start."""
        arguments = [sys.executable, "-P", "-m", command.module, str(os.getpid()), str(command.memory_bytes)]
        pipe = asyncio.subprocess.PIPE
        child = await asyncio.create_subprocess_exec(
            *arguments,
            *(["warm"] if warm else []),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            limit=_LINE_MAX_BYTES,
            env=scrubbed_environment(**command.environment),
            start_new_session=True,
        )
        return cls(child, command.stall_seconds, command.name)

    @property
    def is_alive(self) -> bool:
        return self._child.returncode is None

    @property
    def is_free(self) -> bool:
        """Whether it lives and has said how its last job ended, if it had one."""
        return self.is_alive and not self._is_drawing

    @property
    def complaint(self) -> str:
        """The end of what the child wrote to standard error."""
        return b"".join(self._complaints).decode(errors="replace")[-4000:]

    async def draw(self, job: RenderJob) -> AsyncGenerator[dict[str, Any], None]:
        """Hand over the job and yield what the child reports, until it says how the job ended, dies or talks nonsense.

        The reports are only news. Whether there is a clip, the job's folder says.
        """
        assert self._child.stdin is not None
        self._is_drawing = True
        # A child that died early is judged by its folder, not by our broken pipe (uvloop: a RuntimeError).
        with contextlib.suppress(ConnectionError, RuntimeError):
            self._child.stdin.write(job.to_line())
            await self._child.stdin.drain()
        while (report := await self._next_report()) is not None:
            self._is_drawing = ENDINGS.isdisjoint(report)
            yield report
            if not self._is_drawing:
                return

    async def kill(self) -> None:
        """End the child at once, whatever it does; who listens to `draw` then hears the end."""
        self._signal()
        await self._child.wait()

    async def close(self) -> None:
        """End the child if need be and give back its pipes. Not while another listens to `draw`."""
        self._signal()
        assert self._child.stdout is not None
        # A pipe closes only when it is empty, and a dead child adds nothing to it.
        while await self._child.stdout.read(_LINE_MAX_BYTES):
            pass
        await asyncio.wait([self._listening])
        await self._child.wait()

    def _signal(self) -> None:
        if self.is_alive:
            with contextlib.suppress(ProcessLookupError):
                self._child.kill()

    async def _next_report(self) -> dict[str, Any] | None:
        assert self._child.stdout is not None
        try:
            async with asyncio.timeout(self._stall_seconds):
                line = await self._child.stdout.readline()
            report = json.loads(line) if line else None
        # A line without end (ValueError of the reader), no JSON, or no line at all in time.
        except (TimeoutError, ValueError):
            self._complaints.append(b"\nthe child hung or talked nonsense")
            return None
        return report if isinstance(report, dict) else None

    async def _collect_complaints(self) -> None:
        assert self._child.stderr is not None
        while chunk := await self._child.stderr.read(4096):
            self._complaints.append(chunk)
