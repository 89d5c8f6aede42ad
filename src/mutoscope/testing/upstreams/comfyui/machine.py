"""The queue that runs one graph at a time, moved on by the requests of its clients."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

from mutoscope.testing.upstreams.comfyui.disk import Disk
from mutoscope.testing.upstreams.comfyui.events import Message, event, now, script
from mutoscope.testing.upstreams.comfyui.graphs import Graph
from mutoscope.testing.upstreams.comfyui.runs import COMPLETED, FAILED, PENDING, RUNNING, Run, save
from mutoscope.testing.upstreams.fake import FakeJob, FakeUpstream
from mutoscope.testing.upstreams.mishaps import Mishap

OUT_OF_MEMORY = "torch.OutOfMemoryError"

# Sends to one client by its id, or to all when there is none.
Tell = Callable[[str | None, Message], Awaitable[None]]


class Machine:
    """Queue and history. upstream: counts polls and draws clips. gap: for how many turns a job that has ended is
    neither in the queue nor in the history. metadata: whether files hold their graph. kept: jobs in the history.
    """

    def __init__(self, upstream: FakeUpstream, disk: Disk, tell: Tell, *, gap: int, metadata: bool, kept: int) -> None:
        self.queue: list[Run] = []
        self.history: dict[str, Run] = {}
        self.failure = "RuntimeError"  # the type of the exception with which jobs fail
        self._upstream, self._disk, self._tell = upstream, disk, tell
        self._gap, self._metadata, self._kept = gap, metadata, kept
        self._between: list[tuple[Run, int]] = []  # jobs that have ended, and the turns until the history has them
        self._cache: set[str] = set()

    @property
    def running(self) -> list[Run]:
        return [run for run in self.queue if run.status == RUNNING]

    @property
    def pending(self) -> list[Run]:
        return [run for run in self.queue if run.status == PENDING]

    def find(self, prompt_id: str) -> Run | None:
        """The job with this id in the queue or the history."""
        queued = (run for run in self.queue if run.job.id == prompt_id)
        return next(queued, None) or self.history.get(prompt_id)

    def is_between(self, prompt_id: str) -> bool:
        return any(run.job.id == prompt_id for run, _ in self._between)

    def forget(self) -> None:
        """As after a restart."""
        self.queue, self.history, self._between, self._cache = [], {}, [], set()

    def forget_cache(self) -> None:
        self._cache.clear()

    async def add(self, run: Run) -> None:
        self.queue = [*self.running, *sorted([*self.pending, run], key=lambda one: one.number)]
        await self._tell_status()

    async def turn(self) -> None:
        """Time goes on for the job at the head of the queue, and for those on their way into the history."""
        for run, left in self._between:
            if left <= 1:
                self._keep(run)
        self._between = [(run, left - 1) for run, left in self._between if left > 1]
        if not self.queue:
            return
        run = self.queue[0]
        state = self._upstream.asked_about(run.job)
        if state == "queued":
            return
        if run.status == PENDING:
            self._start(run)
        if state == "running":
            upstream = self._upstream
            part = (run.job.polls - upstream.polls_queued) / (upstream.polls_running + 1)
            await self._tell_until(run, round(min(1.0, part) * len(run.script)))
        else:
            await self._finish(run)

    async def delete(self, ids: Iterable[str] | None) -> None:
        """Take jobs that wait out of the queue; None takes all. The history is told nothing of them."""
        wanted = None if ids is None else set(ids)
        for run in [run for run in self.pending if wanted is None or run.job.id in wanted]:
            run.job.cancelled = True
            self.queue.remove(run)
        await self._tell_status()

    async def interrupt(self, prompt_id: str | None) -> bool:
        """Stop the running job, if it is this one; None stops any."""
        runs = [run for run in self.running if prompt_id in (None, run.job.id)]
        for run in runs:
            run.job.cancelled = True
            node = self._node(run)
            data = {"node_id": node, "node_type": run.graph[node]["class_type"], "executed": []}
            await self._end(run, FAILED, "execution_interrupted", data)
        return bool(runs)

    def _start(self, run: Run) -> None:
        run.status, run.started = RUNNING, now()
        run.script = script(run.graph, run.outputs, run.job.id, self._is_cached(run.graph))
        run.messages = [[one["type"], one["data"]] for one in run.script[:2] if isinstance(one, dict)]

    def _is_cached(self, graph: Graph) -> bool:
        return json.dumps(graph, sort_keys=True) in self._cache

    async def _finish(self, run: Run) -> None:
        await self._tell_until(run, len(run.script))
        job = run.job
        if job.failure is Mishap.FAILED or job.more["broken"] is not None:
            await self._end(run, FAILED, "execution_error", self._fault(run, job))
            return
        if job.failure is None and not self._is_cached(run.graph):
            run.results = save(run, self._upstream.clip(job), self._disk, metadata=self._metadata)
            self._cache.add(json.dumps(run.graph, sort_keys=True))
        for name, output in run.results.items():
            await self._tell_of(run, event("executed", node=name, display_node=name, output=output, prompt_id=job.id))
        await self._end(run, COMPLETED, "execution_success", {})

    def _fault(self, run: Run, job: FakeJob) -> dict[str, Any]:
        node = self._node(run)
        run.error = {
            "node_id": node,
            "node_type": run.graph[node]["class_type"],
            "exception_message": job.more["broken"] or "Allocation on device",
            "exception_type": "av.error.InvalidDataError" if job.more["broken"] else self.failure,
            "traceback": ['  File "/comfyui/execution.py", line 510, in execute\n'],
        }
        return run.error

    def _node(self, run: Run) -> str:
        """The node at work: the sampler, where there is one."""
        samplers = [name for name, node in run.graph.items() if node["class_type"].startswith("KSampler")]
        return (samplers or run.outputs)[0]

    async def _end(self, run: Run, status: str, word: str, data: dict[str, Any]) -> None:
        run.status, run.ended = status, now()
        last = event(word, prompt_id=run.job.id, timestamp=run.ended, **data)
        run.messages.append([last["type"], last["data"]])
        self.queue.remove(run)
        if self._gap and not run.job.cancelled:
            self._between.append((run, self._gap))
        else:
            self._keep(run)
        await self._tell_of(run, last)
        await self._tell_of(run, event("executing", node=None, prompt_id=run.job.id))
        await self._tell_status()

    def _keep(self, run: Run) -> None:
        self.history.pop(run.job.id, None)
        self.history[run.job.id] = run
        while len(self.history) > self._kept:
            del self.history[next(iter(self.history))]

    async def _tell_until(self, run: Run, end: int) -> None:
        for message in run.script[run.told : end]:
            await self._tell_of(run, message)
        run.told = max(run.told, end)

    async def _tell_of(self, run: Run, message: Message) -> None:
        if client_id := run.extra.get("client_id"):
            await self._tell(client_id, message)

    async def _tell_status(self) -> None:
        await self._tell(None, event("status", **self.status))

    @property
    def status(self) -> dict[str, Any]:
        return {"status": {"exec_info": {"queue_remaining": len(self.queue)}}}
