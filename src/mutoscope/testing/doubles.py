"""Doubles for those who write providers: time that stands still, an upstream that says what it is told to say."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable, Mapping
from dataclasses import replace
from typing import Any

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.errors import UpstreamError, UpstreamProtocolError, UpstreamTaskLost
from mutoscope.domain.money import Price
from mutoscope.domain.video import Size
from mutoscope.providers.protocol import Done, Job, Poll, Recovery, RemoteAsset, Submitted, Waiting

SMALL = Size(64, 64)


class ManualClock:
    """Time that stands still until `advance`; sleepers wake when their moment comes."""

    def __init__(self, start: float = 1_700_000_000.0) -> None:
        self._now = start
        self._moved = asyncio.Condition()

    def now(self) -> float:
        return self._now

    async def sleep(self, seconds: float) -> None:
        until = self._now + seconds
        async with self._moved:
            await self._moved.wait_for(lambda: self._now >= until)

    async def advance(self, seconds: float) -> None:
        async with self._moved:
            self._now += seconds
            self._moved.notify_all()


class ScriptedProvider:
    """A provider that says what it is told to say, and remembers what it was asked.

    submits: what each `submit` does in turn: an upstream error is raised, anything else accepts; the last
    entry repeats. polls: likewise what each `poll` answers. clip: the bytes of the result. price: of its one
    model. recovery: what it offers for unknown submissions. finds: what each `find` answers in turn. size, seconds: of
    a video whose request says nothing. The body of a callback is the id, which begins with "up-".
    """

    is_local = False
    is_exact = True  # its clip stands for whatever was asked for

    def __init__(
        self,
        name: str = "scripted",
        *,
        submits: Iterable[UpstreamError | None] = (None,),
        polls: Iterable[Poll | UpstreamError] | None = None,
        clip: bytes = b"",
        price: Price | None = None,
        recovery: Recovery | None = None,
        finds: Iterable[Submitted | UpstreamError | None] = (None,),
        size: Size = SMALL,
        seconds: int = 1,
    ) -> None:
        self.name = name
        self.models = (replace(_model(name, size, seconds), price=price),)
        self.recovery = recovery or Recovery()
        self.jobs: list[Job] = []
        self.looked_for: list[Job] = []
        self._finds = list(finds)
        self.cancelled: list[str] = []
        self._submits = list(submits)
        done = Done((RemoteAsset(Variant.VIDEO, "clip"),), {"scripted": True})
        self._polls: list[Poll | UpstreamError] = list(polls) if polls is not None else [Waiting(0.05), done]
        self._clip = clip
        self._asked: dict[str, int] = {}

    async def submit(self, job: Job) -> Submitted:
        self.jobs.append(job)
        _raise_if_error(self._submits[min(len(self.jobs), len(self._submits)) - 1])
        upstream_id = f"up-{job.key}"
        self._asked.setdefault(upstream_id, 0)
        return Submitted(upstream_id, poll_after=0.05)

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        upstream_id = body.decode()
        if not upstream_id.startswith("up-"):
            raise UpstreamProtocolError(f"No id of a job: {upstream_id!r}")
        self._asked.setdefault(upstream_id, 0)
        return upstream_id

    async def find(self, job: Job, since: float) -> Submitted | None:
        self.looked_for.append(job)
        found = self._finds[min(len(self.looked_for), len(self._finds)) - 1]
        _raise_if_error(found)
        if isinstance(found, Submitted):
            self._asked.setdefault(found.upstream_id, 0)
            return found
        return None

    async def poll(self, upstream_id: str) -> Poll:
        if upstream_id not in self._asked:
            raise UpstreamTaskLost
        self._asked[upstream_id] += 1
        answer = self._polls[min(self._asked[upstream_id], len(self._polls)) - 1]
        _raise_if_error(answer)
        assert not isinstance(answer, UpstreamError)
        return answer

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        yield self._clip

    async def cancel(self, upstream_id: str) -> None:
        self.cancelled.append(upstream_id)

    async def forget(self, upstream_id: str) -> None:
        self._asked.pop(upstream_id, None)

    async def aclose(self) -> None:
        self._asked.clear()


def _raise_if_error(entry: Any) -> None:
    if isinstance(entry, UpstreamError):
        raise entry


def _model(provider: str, size: Size, seconds: int) -> ModelSpec:
    return ModelSpec(
        name=f"{provider}-1",
        provider=provider,
        upstream_model="one",
        sizes=SizeRule(),
        seconds=tuple(range(1, 21)),
        default_size=size,
        default_seconds=seconds,
        remembers=frozenset({provider}),
        capabilities=frozenset(
            {
                Capability.NATIVE_REMIX,
                Capability.EDIT,
                Capability.EXTEND,
                Capability.CHARACTERS,
                Capability.IMAGE_REFERENCE,
                Capability.SEED,
                Capability.CANCEL,
            }
        ),
        seconds_per_second=1.0,
    )


__all__ = ["ManualClock", "ScriptedProvider"]
