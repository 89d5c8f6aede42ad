"""Plays test cases in front of another provider: what a request names in `test_case` happens instead of its work.

The table of cases is `domain/test_cases.py`. Nothing is kept in memory but how often a caller was told to slow down:
the upstream id says which case is played and since when, so that it goes on after a restart of the server.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from mutoscope.clock import Clock
from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import (
    ContentRefused,
    SubmissionUnknown,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamTaskLost,
    UpstreamUnavailable,
)
from mutoscope.domain.lifecycle import GENERATING_MAX_PROGRESS
from mutoscope.domain.test_cases import CASES, OPTION, RETRY_AFTER, Case, Ending, Stage
from mutoscope.providers.flipbook import DrawingFailed
from mutoscope.providers.protocol import Done, Job, Poll, Provider, Recovery, Refused, RemoteAsset, Running, Submitted

_SLOW_DOWNS = 2
_POLL_AFTER = 0.5
_NO_VIDEO = b"This file is no video: a test case was played."
_ALMOST = 99.0
_UPSTREAM_ID = re.compile(r"staged:(?P<case>[a-z0-9_]+):(?P<since>\d+):(?P<inner>.*)", re.DOTALL)


class WorkTimedOut(UpstreamError):
    """The video took longer than its time budget."""

    code = "generation_timeout"


_ERRORS = {
    error.code: error
    for error in (
        ContentRefused,
        UpstreamRejected,
        UpstreamKeyInvalid,
        UpstreamQuotaExhausted,
        SubmissionUnknown,
        UpstreamUnavailable,
        UpstreamTaskLost,
        UpstreamProtocolError,
        DrawingFailed,
        WorkTimedOut,
    )
}


@dataclass(frozen=True, slots=True)
class _Play:
    """A case that is being played. since: milliseconds of Unix time. inner: the wrapped provider's id, or empty."""

    case: Case
    since: int
    inner: str = ""

    def __str__(self) -> str:
        return f"staged:{self.case.name}:{self.since}:{self.inner}"

    @classmethod
    def parse(cls, text: str) -> _Play | None:
        match = _UPSTREAM_ID.fullmatch(text)
        case = CASES.get(match["case"]) if match else None
        return cls(case, int(match["since"]), match["inner"]) if match and case else None


class StagedProvider:
    """`inner` with test cases in front of it; a job without one passes through untouched."""

    def __init__(self, inner: Provider, clock: Clock) -> None:
        self._inner = inner
        self._clock = clock
        self._slowed: Counter[str] = Counter()

    @property
    def name(self) -> str:
        return self._inner.name

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        return self._inner.models

    @property
    def recovery(self) -> Recovery:
        return self._inner.recovery

    @property
    def is_local(self) -> bool:
        return self._inner.is_local

    async def submit(self, job: Job) -> Submitted:
        case = CASES.get(job.request.options.get(OPTION, ""))
        match case:
            case Case(stage=Stage.SUBMIT):
                self._refuse(case, job)
            case Case(stage=Stage.WORK):
                return await self._begin(case, job)
        return await self._inner.submit(job)

    async def poll(self, upstream_id: str) -> Poll:
        play = _Play.parse(upstream_id)
        if play is None:
            return await self._inner.poll(upstream_id)
        elapsed = self._clock.now() - play.since / 1000
        if play.case.seconds is None or elapsed < play.case.seconds:
            return _at_work(play.case, elapsed)
        return await self._end(play)

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        if _Play.parse(asset.location) is not None:
            yield _NO_VIDEO
            return
        async for chunk in self._inner.fetch(asset):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        if inner := _inner_id(upstream_id):
            await self._inner.cancel(inner)

    async def forget(self, upstream_id: str) -> None:
        if inner := _inner_id(upstream_id):
            await self._inner.forget(inner)

    async def aclose(self) -> None:
        await self._inner.aclose()

    def _refuse(self, case: Case, job: Job) -> None:
        """Raise what the upstream says to the job; nothing when it takes it after all."""
        if case.ending is not Ending.COMPLETED:
            raise _error(case)
        self._slowed[job.key] += 1
        if self._slowed[job.key] <= _SLOW_DOWNS:
            raise UpstreamRateLimited(_message(case), retry_after=RETRY_AFTER)
        del self._slowed[job.key]

    async def _begin(self, case: Case, job: Job) -> Submitted:
        """Start the inner provider too where the case ends with a video."""
        inner = (await self._inner.submit(job)).upstream_id if case.ending is Ending.COMPLETED else ""
        return Submitted(str(_Play(case, round(self._clock.now() * 1000), inner)), poll_after=_POLL_AFTER)

    async def _end(self, play: _Play) -> Poll:
        if play.case.ending is Ending.COMPLETED:
            answer = await self._inner.poll(play.inner)
            return answer if isinstance(answer, Done | Refused) else Running(_ALMOST, _POLL_AFTER)
        if play.case.code == "media_unreadable":
            return Done((RemoteAsset(Variant.VIDEO, str(play)),))
        return Refused(_error(play.case))


def _at_work(case: Case, elapsed: float) -> Running:
    """Progress as the upstream would say it, so that the wire shows the case's own."""
    if case.progress is not None:
        return Running(100 * case.progress / GENERATING_MAX_PROGRESS, _POLL_AFTER)
    assert case.seconds is not None, f"{case.name} has neither a progress nor a duration"
    return Running(min(_ALMOST, 100 * elapsed / case.seconds), _POLL_AFTER)


def _error(case: Case) -> UpstreamError:
    assert case.code is not None
    return _ERRORS[case.code](_message(case))


def _message(case: Case) -> str:
    return f"{case.sentence} Played on request: test_case '{case.name}'."


def _inner_id(upstream_id: str) -> str:
    play = _Play.parse(upstream_id)
    return upstream_id if play is None else play.inner
