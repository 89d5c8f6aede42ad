"""`python -m mutoscope.testing.adapter_sweep`: the calls of real adapters cut at every byte offset, both ways.

A create, and a remix whose clip is uploaded, by adapters of different shape over their fakes. One video for each cut of
each call that may change something. However a call ends, there is at most one job at the upstream; with keys there is
one always, with look-up it is found wherever there is one, and what is cut before the last call costs nobody a video.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import re
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import DatabaseUnavailable
from mutoscope.domain.video import Operation, Size
from mutoscope.domain.wishes import OnUnsupported, Wishes
from mutoscope.egress.answers import Reply
from mutoscope.egress.door import Door
from mutoscope.engine import circuit
from mutoscope.logs import configure
from mutoscope.media.encode import Encoder
from mutoscope.providers.protocol import Done, Job, Provider, RemoteAsset, Submitted
from mutoscope.service.requests import Attempt, Caller, NewChange, NewVideo, SourceId
from mutoscope.settings import Settings
from mutoscope.testing.adapter_server import asked_soon
from mutoscope.testing.chaos_proxy import ChaosProxy, Plan
from mutoscope.testing.doubles import ScriptedProvider
from mutoscope.testing.upstreams.door import FakeRules
from mutoscope.testing.upstreams.fake import FakeJob, FakeUpstream
from mutoscope.testing.upstreams.mishaps import Mishap
from mutoscope.testing.upstreams.roster import BY_NAME, Pair

AT_ONCE = 64
# How often a creation is asked for; each is given its time by the server.
PATIENCE = 10
# So many cuts, and then a new server and upstream: both look through all their jobs now and then.
IN_A_ROUND = 1_500
DEADLINE_SECONDS = 1.0
LOOK_SECONDS = 1.0
# In which the tasks of videos that have ended are known to have ended too.
RECORDED_SECONDS = 1.0
# Only every such video is let to its end, clip and all; the others are known by how their work fails.
COMPLETED_EVERY = 100
# How much at either end of a call is always cut finely; between them lie the bytes of a clip.
FINE, COARSENESS = 1_024, 32
UNKNOWN, COMPLETED = "submission_unknown", "completed"
CLIP_SIZE, CLIP_SECONDS = Size(1280, 720), 3
MARK = "X-Cut-Of"

_of_video: ContextVar[str] = ContextVar("of_video", default="")
_NUMBER = re.compile(r"cut (\d+)")
_MARKED = re.compile(rb"(POST|PUT) (\S+) .*?\r\n" + MARK.encode() + rb": (\S+)\r\n", re.DOTALL)
_PART_OF_A_PATH = re.compile(rb"/[0-9a-f]{12,}[^/?]*")


@dataclass(frozen=True, slots=True)
class Shape:
    """An adapter to be cut. arguments: of its fake. options: of its account."""

    pair: Pair
    arguments: dict[str, Any] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)

    @property
    def name(self) -> str:
        return self.pair.name


MANY = {"running_at_once": 1_000_000}
SHAPES = {
    shape.name: shape
    for shape in (
        Shape(BY_NAME["openai_compatible"], {"flavour": "mutoscope"}, {"dialect": "mutoscope"}),  # keys
        Shape(BY_NAME["kling"]),  # looks up, takes a clip by its address
        Shape(BY_NAME["fal"], MANY),  # a webhook, which nobody can be sent here; uploads in two steps
        Shape(BY_NAME["runway"], {**MANY, "daily_cap": 1_000_000}),  # nothing; uploads in two steps
    )
}


@dataclass(frozen=True, slots=True)
class Target:
    """One call of a video's way to its upstream, and how it is cut. call: such as "POST /v1/uploads".

    is_last: whether it is the one that starts the job.
    """

    operation: Operation
    call: str
    plan: Plan
    is_last: bool


@dataclass(frozen=True, slots=True)
class Cut:
    """One video that was cut. jobs: at the upstream. end: "completed", or the code with which the video failed."""

    target: Target
    jobs: int
    end: str


@dataclass(frozen=True, slots=True)
class AdapterSweep:
    """All cuts of one adapter. failed: the code of a video whose work fails. calls: how many bytes each has."""

    name: str
    has_keys: bool
    finds: bool
    failed: str
    calls: dict[str, int]
    cuts: list[Cut]

    @property
    def wrong(self) -> list[Cut]:
        return [cut for cut in self.cuts if not self._is_right(cut)]

    def _is_right(self, cut: Cut) -> bool:
        if cut.jobs > 1:
            return False
        if cut.end in (COMPLETED, self.failed):
            return cut.jobs == 1
        # A look that finds nothing proves nothing, and a second call would.
        may_be_unknown = cut.target.is_last and not self.has_keys and not (self.finds and cut.jobs)
        return cut.end == UNKNOWN and may_be_unknown

    def line(self) -> str:
        ends = Counter(cut.end for cut in self.cuts)
        listed = ", ".join(f"{end} {count}" for end, count in sorted(ends.items()))
        most = max(cut.jobs for cut in self.cuts)
        return (
            f"{self.name}: {sum(self.calls.values())} bytes in {len(self.calls)} calls, {len(self.cuts)} cuts, "
            f"{sum(cut.jobs for cut in self.cuts)} jobs, at most {most} a video; {listed}; wrong {len(self.wrong)}"
        )


async def sweep(folder: Path, shape: Shape, every: int = 1) -> AdapterSweep:
    """Cut at every offset that `every` divides; within the bytes of a clip more coarsely, unless `every` is 1."""
    async with _world(folder / "first", shape) as world:
        targets, calls, failed = await _measured(world, every)
        recovery = world.provider.recovery
        cuts = await world.cut(targets[:IN_A_ROUND])
    for start in range(IN_A_ROUND, len(targets), IN_A_ROUND):
        async with _world(folder / str(start), shape) as world:
            cuts += await world.cut(targets[start : start + IN_A_ROUND])
    return AdapterSweep(shape.name, recovery.key_seconds > 0, recovery.finds, failed, calls, cuts)


async def _measured(world: _World, every: int) -> tuple[list[Target], dict[str, int], str]:
    """What there is to be cut, how many bytes each call has, and the code of a video whose work fails."""
    targets, calls, failed = [], {}, set()
    for operation in (Operation.CREATE, Operation.REMIX):
        world.proxy.carried.clear()
        failed.add(await world.made(operation, 1))
        of_video = [one for one in world.proxy.carried if _MARKED.match(one.first)]
        assert of_video, "no call of the video was seen"
        for place, carried in enumerate(of_video):
            call, is_last = _call_of(carried.first)[0], place == len(of_video) - 1
            calls[call] = carried.up + carried.down
            plans = [Plan(cut_up=offset) for offset in _offsets(carried.up, every)]
            plans += [Plan(cut_down=offset) for offset in _offsets(carried.down, every)]
            targets += [Target(operation, call, plan, is_last) for plan in plans]
    (code,) = failed
    return targets, calls, code


def _offsets(length: int, every: int) -> Iterator[int]:
    for offset in range(0, length + 1, every):
        is_fine = every == 1 or offset < FINE or offset > length - FINE // 2
        if is_fine or offset % (every * COARSENESS) == 0:
            yield offset


def _call_of(first: bytes) -> tuple[str, str]:
    """Which call begins with these bytes, its ids left out, and of which video. Nothing for a question."""
    marked = _MARKED.match(first)
    if marked is None:
        return "", ""
    path = _PART_OF_A_PATH.sub(b"/*", marked[2].partition(b"?")[0])
    return f"{marked[1].decode()} {path.decode()}", marked[3].decode()


class _MarkedDoor(Door):
    """Says of which video a call is."""

    async def request(self, method: str, url: str, *, headers: Any = None, **more: Any) -> Reply:
        if video_id := _of_video.get():
            headers = {**(headers or {}), MARK: video_id}
        return await super().request(method, url, headers=headers, **more)


class _World:
    """A server, an adapter, the proxy and the fake behind it."""

    def __init__(self, server: Mutoscope, caller: Caller, provider: Provider, pair: Pair, proxy: ChaosProxy) -> None:
        self.server, self.caller, self.provider, self.proxy = server, caller, provider, proxy
        self._pair = pair
        self._source_id = ""
        self._targets: dict[str, Target] = {}  # by video, until its call was cut
        self.jobs: Counter[int] = Counter()
        proxy.plan = self._plan

    async def made(self, operation: Operation, number: int) -> str:
        """A video that is not cut: how it ended."""
        return await self._end_of(await self._asked(operation, number))

    async def cut(self, targets: Sequence[Target]) -> list[Cut]:
        """One video for each of these."""
        at_once, numbers = asyncio.Semaphore(AT_ONCE), range(COMPLETED_EVERY, COMPLETED_EVERY + len(targets))

        async def one(number: int, target: Target) -> str:
            async with at_once:
                return await self._end_of(await self._asked(target.operation, number, target))

        ends = await asyncio.gather(*map(one, numbers, targets))
        assert not self._targets, "a call that was to be cut was never made"
        return [Cut(*each) for each in zip(targets, (self.jobs[number] for number in numbers), ends, strict=True)]

    async def _asked(self, operation: Operation, number: int, target: Target | None = None) -> str:
        words, name = f"cut {number} of a lake", f"{operation} {number}"
        attempt = Attempt(name, key=name)  # asked for again it is the same video
        wishes = Wishes(model=self._pair.creates, on_unsupported=OnUnsupported.ADJUST)
        new: NewVideo | NewChange = NewVideo(words, wishes)
        if operation is Operation.REMIX:
            source = SourceId(await self._source(), "video_id")
            new = NewChange(words, source, operation, replace(wishes, model=self._pair.edits))
        # It is told before the engine can have asked: nothing comes between the answer and the next line.
        video_id = await self._accepted(new, attempt)
        if target is not None:
            self._targets[video_id] = target
        return video_id

    async def _accepted(self, new: NewVideo | NewChange, attempt: Attempt) -> str:
        """As a client: where the machine has no time for a write, ask the same again."""
        for _ in range(PATIENCE):
            with contextlib.suppress(DatabaseUnavailable):
                return (await self.server.service.make(self.caller, new, attempt)).video.id
        raise DatabaseUnavailable

    async def _source(self) -> str:
        if not self._source_id:
            made = await self.server.service.make(self.caller, NewVideo("a source"), Attempt("source"))
            assert await self._end_of(made.video.id) == COMPLETED
            self._source_id = made.video.id
        return self._source_id

    async def _end_of(self, video_id: str) -> str:
        video = await self.server.service.retrieve(self.caller, video_id)
        while not video.state.is_final:
            video = await self.server.service.next_status(self.caller, video_id, LOOK_SECONDS)
        return video.failure.code if video.failure else video.state

    def _plan(self, first: bytes) -> Plan:
        call, video_id = _call_of(first)
        target = self._targets.get(video_id)
        if target is None or target.call != call:
            return Plan()
        del self._targets[video_id]
        return target.plan


@asynccontextmanager
async def _world(folder: Path, shape: Shape) -> AsyncIterator[_World]:
    fake = shape.pair.make_fake(polls_queued=0, polls_running=0, **shape.arguments)
    with fake.serving() as url:
        where = urlsplit(url)
        proxy = ChaosProxy(where.hostname or "", where.port or 0)
        await proxy.start()
        fake.url = proxy.url
        there = frozenset({(where.hostname or "", urlsplit(proxy.url).port or 0)})
        door = _MarkedDoor(trusted=there, rules=FakeRules(trusted=there))
        try:
            provider = asked_soon(_marked(shape.pair.adapter.make(shape.pair.account(fake, door, **shape.options))))
            async with _server(folder, [_maker(), provider], fake.link(_clip())) as (server, caller):
                world = _World(server, caller, provider, shape.pair, proxy)
                _count(fake, world.jobs)
                yield world
        finally:
            await door.aclose()
            await proxy.stop()


def _count(fake: FakeUpstream, jobs: Counter[int]) -> None:
    """Count the jobs by the number in their words; most of them fail at work."""
    accept = fake.accept

    def counted(job: FakeJob) -> FakeJob:
        found = _NUMBER.search(job.prompt)
        assert found is not None, job.prompt
        number = int(found[1])
        jobs[number] += 1
        if number % COMPLETED_EVERY:
            job.failure = Mishap.FAILED
        return accept(job)

    fake.accept = counted  # type: ignore[method-assign]


def _marked(provider: Any) -> Provider:
    """The adapter, which says in its calls of which video they are."""
    submit = provider.submit

    async def submit_marked(job: Job) -> Submitted:
        _of_video.set(job.video_id)
        try:
            return await submit(job)
        finally:
            _of_video.set("")

    provider.submit = submit_marked
    return provider


def _maker() -> Provider:
    """Makes the one video that all remixes start from."""
    done = Done((RemoteAsset(Variant.VIDEO, "clip"),))
    return ScriptedProvider("maker", clip=_clip(), polls=[done], size=CLIP_SIZE, seconds=CLIP_SECONDS)


@lru_cache(maxsize=1)
def _clip() -> bytes:
    """A clip of few bytes, so that few are enough to cut at each."""
    picture = np.full((CLIP_SIZE.height * 3 // 2, CLIP_SIZE.width), 128, np.uint8)
    with tempfile.TemporaryDirectory(prefix="mutoscope-clip-") as folder:
        path = Path(folder) / "clip.mp4"
        with Encoder(path, CLIP_SIZE.width, CLIP_SIZE.height, 24) as encoder:
            for _ in range(24 * CLIP_SECONDS):
                encoder.add(picture)
        return path.read_bytes()


@asynccontextmanager
async def _server(folder: Path, providers: Sequence[Provider], link: str) -> AsyncIterator[tuple[Mutoscope, Caller]]:
    """link: where upstreams that take only addresses find every clip; nobody listens at one of this server's own."""
    settings = Settings(
        data_dir=folder,
        default_model=providers[0].models[0].name,
        budget_per_day=1e9,
        queue_limit=0,
        min_free_bytes=0,
        flipbook_slots=AT_ONCE,
        unknown_deadline=DEADLINE_SECONDS,
    )
    server = Mutoscope(settings, [lambda _on_change, made=made: made for made in providers])
    server.service._proposals._has_links = True
    object.__setattr__(server._production._desk, "link_to", lambda *_asked: link)
    # An upstream that fails as often would be left alone, and asked about one video in a minute.
    allowed, circuit.FAILURES_ALLOWED = circuit.FAILURES_ALLOWED, sys.maxsize
    try:
        key = await create_key(server.database, server.clock.now())
        caller = await server.service.authenticate(key.secret)
        async with server.running():
            yield server, caller
            await asyncio.sleep(RECORDED_SECONDS)
    finally:
        circuit.FAILURES_ALLOWED = allowed
        server.close()


def main(arguments: Sequence[str] | None = None) -> int:
    """Sweep each adapter and print a line for it; 0 when nothing was wrong."""
    parser = argparse.ArgumentParser("python -m mutoscope.testing.adapter_sweep", description="Cut at every byte.")
    parser.add_argument("--every", type=int, default=1, help="only offsets that this number divides")
    parser.add_argument("--adapter", choices=sorted(SHAPES), help="only this one; by default each")
    chosen = parser.parse_args(arguments)
    configure("critical")
    wrong = 0
    for shape in [SHAPES[chosen.adapter]] if chosen.adapter else SHAPES.values():
        with tempfile.TemporaryDirectory(prefix="mutoscope-sweep-") as folder:
            done = asyncio.run(sweep(Path(folder), shape, chosen.every))
        print(done.line(), flush=True)
        for cut in done.wrong:
            print(f"  {cut}", file=sys.stderr)
        wrong += len(done.wrong)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
