"""Rehearsals: flipbook draws what another model was asked for, marks every frame, and takes as long as that model.

upstream: child processes of this server, as flipbook's own; the model's provider is unknown here and cannot be asked.
facts: those of flipbook, so that a rehearsal can be changed as flipbook's own videos can. An upstream id says when the
work began and how long it takes, so that neither a restart nor another process begins it anew.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from mutoscope.clock import Clock
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import UpstreamTaskLost
from mutoscope.domain.rehearsal import PROVIDER
from mutoscope.domain.remix import Strategy
from mutoscope.domain.video import Operation
from mutoscope.providers.flipbook import NAME as FLIPBOOK
from mutoscope.providers.instant import NAME as INSTANT
from mutoscope.providers.protocol import Done, Job, Poll, Provider, Recovery, Refused, RemoteAsset, Running, Submitted

_UPSTREAM_ID = re.compile(r"rehearsal:(?P<begun>\d+):(?P<lasts>\d+):(?P<inner>.+)", re.DOTALL)
# Whose facts flipbook can go on from.
_DRAWN_HERE = frozenset({FLIPBOOK, INSTANT, PROVIDER})
_ALMOST = 99.0
_SHORTEST, _LONGEST = 0.5, 5.0


@dataclass(frozen=True, slots=True)
class _Performance:
    """One rehearsal at work. begun: milliseconds of Unix time. lasts: milliseconds. inner: flipbook's id."""

    begun: int
    lasts: int
    inner: str

    def __str__(self) -> str:
        return f"rehearsal:{self.begun}:{self.lasts}:{self.inner}"

    @classmethod
    def parse(cls, text: str) -> _Performance | None:
        match = _UPSTREAM_ID.fullmatch(text)
        return cls(int(match["begun"]), int(match["lasts"]), match["inner"]) if match else None


class RehearsalProvider:
    """`drawing` is a flipbook of its own, so that rehearsals keep nobody's video waiting. It offers no models."""

    is_local = True
    recovery = Recovery()
    name = PROVIDER
    models: tuple[ModelSpec, ...] = ()

    def __init__(self, drawing: Provider, clock: Clock) -> None:
        self._drawing = drawing
        self._clock = clock

    async def submit(self, job: Job) -> Submitted:
        assert job.rehearsal is not None, "only rehearsals are made here"
        inner = (await self._drawing.submit(_for_flipbook(job))).upstream_id
        earlier = _Performance.parse(job.earlier_id or "")
        begun = earlier.begun if earlier else round(self._clock.now() * 1000)
        return Submitted(str(_Performance(begun, round(job.rehearsal.seconds * 1000), inner)), poll_after=_SHORTEST)

    async def poll(self, upstream_id: str) -> Poll:
        at_work = _known(upstream_id)
        answer = await self._drawing.poll(at_work.inner)
        elapsed = max(0.0, self._clock.now() * 1000 - at_work.begun)
        left = at_work.lasts - elapsed
        if isinstance(answer, Refused) or (left <= 0 and isinstance(answer, Done)):
            return answer
        progress = 100 * elapsed / at_work.lasts if at_work.lasts else _ALMOST
        return Running(min(_ALMOST, progress), poll_after=min(_LONGEST, max(_SHORTEST, left / 1000)))

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        async for chunk in self._drawing.fetch(asset):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        if at_work := _Performance.parse(upstream_id):
            await self._drawing.cancel(at_work.inner)

    async def forget(self, upstream_id: str) -> None:
        if at_work := _Performance.parse(upstream_id):
            await self._drawing.forget(at_work.inner)

    async def aclose(self) -> None:
        await self._drawing.aclose()


def _known(upstream_id: str) -> _Performance:
    at_work = _Performance.parse(upstream_id)
    if at_work is None:
        raise UpstreamTaskLost
    return at_work


def _for_flipbook(job: Job) -> Job:
    """The job as flipbook takes it: what another provider would remember is drawn over the source's clip.

    Over a clip goes the change alone, as the caller put it; what is drawn anew is drawn from the words of the plan.
    """
    if job.strategy == Strategy.NATIVE and _is_drawn_here(job):
        is_extension = job.request.operation is Operation.EXTENSION
        return job if is_extension else replace(job, clip=None)
    if job.clip is None:
        return job
    return replace(job, strategy=Strategy.EDIT, prompt=job.request.prompt)


def _is_drawn_here(job: Job) -> bool:
    """Whether flipbook knows the scene of the source, or the words for it."""
    source = job.source
    if source is None or source.provider not in _DRAWN_HERE:
        return False
    return isinstance(source.facts.get("scene"), dict) or bool(source.facts.get("prompts"))
