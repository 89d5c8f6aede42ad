"""Carries a trial out with a real account: each step is asked for once, followed to its end, fetched and measured."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mutoscope.cli.trial_report import Report
from mutoscope.clock import Clock, SystemClock
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    MutoscopeError,
    NotYet,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamRateLimited,
    UpstreamTaskLost,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.money import as_text
from mutoscope.domain.remix import Start
from mutoscope.domain.video import new_id
from mutoscope.egress.door import Door
from mutoscope.engine.measured import SECONDS_TOLERANCE
from mutoscope.engine.outcome import Outcome, outcome_of
from mutoscope.media.studio import ClipMeasures, Studio
from mutoscope.providers.configuration import ConfiguredProvider, Credential
from mutoscope.providers.protocol import Done, Given, Job, Poll, Provider, Refused, RemoteAsset, Running, Source
from mutoscope.providers.recording import Recording, RecordingDoor
from mutoscope.providers.trial import Step, Trial, remix_by, start_of

CHUNK = 1 << 16
# Seconds between two questions: never less than the first; more than the second would be odd.
SHORTEST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
DOWNLOADS = 3


class Stopped(Exception):
    """The trial cannot go on; the text says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """A finished step: its file, what it measures, and what the upstream said. charged: as of `Done`."""

    path: Path
    measures: ClipMeasures
    upstream_id: str
    done: Done
    charged: int


@dataclass(frozen=True, slots=True)
class Limits:
    """most: millionths that both steps may cost. minutes: that both may take."""

    most: int
    minutes: float = 15.0


async def carry_out(
    trial: Trial,
    configured: ConfiguredProvider,
    credential: Credential,
    recording: Recording,
    limits: Limits,
    report: Report,
    *,
    door: Door | None = None,
    clock: Clock | None = None,
) -> bool:
    """Whether everything came as our data says. door, clock: by default those that a server would have.

    The clips lie beside the recording afterwards, under its name. ConfigurationError where the adapter does not accept
    the account.
    """
    clock = clock or SystemClock()
    recorder = RecordingDoor(door or Door(configured.origins), recording)
    try:
        provider = configured.make(credential, recorder, clock)
        try:
            run = _Run(provider, recorder, clock, recording, limits, report, configured.origins)
            await run.all(trial)
        except (Stopped, MutoscopeError, OSError) as error:
            report.difference(recording.redaction.text(str(error)))
        finally:
            await provider.aclose()
    finally:
        await recorder.aclose()
    return not report.differences


class _Run:
    def __init__(
        self,
        provider: Provider,
        door: RecordingDoor,
        clock: Clock,
        recording: Recording,
        limits: Limits,
        report: Report,
        own: set[tuple[str, int]],
    ) -> None:
        self._provider, self._door, self._clock = provider, door, clock
        self._recording, self._limits, self._report = recording, limits, report
        self._own_hosts = {host for host, _ in own}
        self._studio = Studio(slots=1)
        self._ends = clock.now() + limits.minutes * 60

    async def all(self, trial: Trial) -> None:
        video_id = new_id("video")
        made = await self._step(trial.create, self._job(trial.create, video_id))
        if trial.remix is None:
            return
        if trial.remix.strategy is Strategy.NATIVE and not made.done.facts:
            self._report.difference("create: no facts came that a native remix would need.")
        start = self._start(trial.create, made)
        step = remix_by(trial.remix.spec, start, self._clock.now())
        if step is None:
            raise Stopped(f"Model '{trial.remix.spec.name}' cannot take the clip that came, by our data.")
        if step.name != trial.remix.name:
            self._report.difference(f"Planned was a {trial.remix.name}; what came of the create allows a {step.name}.")
        if made.charged + (step.cost or 0) > self._limits.most:
            left = as_text(self._limits.most - made.charged)
            raise Stopped(f"The remix would cost {as_text(step.cost or 0)}, and {left} of --max-spend is left.")
        await self._step(step, await self._remix_job(step, made, video_id))

    async def _step(self, step: Step, job: Job) -> Made:
        upstream_id, pause = await self._submit(step, job)
        done = await self._follow(step, upstream_id, pause)
        charged = self._report.charge(step, done)
        path = self._recording.path.with_name(f"{self._recording.path.stem}-{step.name.split()[0]}.mp4")
        await self._download(done, path)
        measures = await self._studio.check_clip(path)
        self._report.clip(step, measures)
        return Made(path, measures, upstream_id, done, charged)

    def _job(self, step: Step, video_id: str, **more: Any) -> Job:
        prompt = step.request.prompt if step.plan is None else step.plan.upstream_prompt
        return Job(video_id, 1, f"{video_id}-1", step.request, prompt, spec=step.spec, before_send=_Once(), **more)

    async def _remix_job(self, step: Step, made: Made, source_id: str) -> Job:
        assert step.plan is not None, "a remix has a plan"
        strategy, more = step.plan.strategy, {}
        if strategy is Strategy.FRAME:
            more["reference"] = await self._studio.still(made.path, cover=step.request.size)
        elif strategy.sends_source:
            more["clip"] = await self._given(step, made)
        source = Source(source_id, self._provider.name, made.upstream_id, made.done.facts, "")
        return self._job(step, new_id("video"), strategy=strategy, source=source, **more)

    async def _given(self, step: Step, made: Made) -> Given:
        path, measures, fit = made.path, made.measures, step.plan and step.plan.fit
        if fit is not None:
            path = made.path.with_stem(f"{made.path.stem}-fitted")
            await self._studio.fit(made.path, path, fit)
            measures = await self._studio.check_clip(path)
            self._report.say(f"  the clip is fitted to what the model takes: {measures.size}, {measures.seconds:g} s")
        return Given(measures.media_type, path.stat().st_size, partial(_read, path), measures.size, measures.seconds)

    def _start(self, create: Step, made: Made) -> Start:
        """As it was asked for where it came so: what is measured differs by a picture."""
        found, asked = made.measures, create.request.seconds
        seconds = asked if abs(found.seconds - asked) <= SECONDS_TOLERANCE else found.seconds
        more = {"bytes": made.path.stat().st_size, "fps": found.fps, "media_type": found.media_type}
        facts, account = made.done.facts, self._provider.name
        return start_of(create, account, facts, found.size, seconds, self._clock.now(), **more)

    async def _submit(self, step: Step, job: Job) -> tuple[str, float]:
        """Upstream id, and the pause before the first question. Nothing that may have been taken is asked for again."""
        self._report.say(f"{step.name}: asking '{step.spec.name}' for {_shape(step)}")
        once = job.before_send
        assert isinstance(once, _Once), "every job here has one"
        while True:
            try:
                submitted = await self._provider.submit(job)
            except NotYet as error:
                if once.was_sent or self._clock.now() >= self._ends:
                    raise Stopped(f"{step.name}: {error.message}") from None
                await self._clock.sleep(error.retry_after)
            except UpstreamError as error:
                if outcome_of(error) is Outcome.UNKNOWN:
                    raise Stopped(_unknown(step, error.message)) from None
                raise Stopped(f"{step.name} was not taken; nothing was started: {error.message}") from None
            except (asyncio.CancelledError, Exception):
                self._report.say(f"! {_unknown(step, 'the call was broken off.')}")
                raise
            else:
                self._report.say(f"  accepted as {submitted.upstream_id}")
                return submitted.upstream_id, submitted.poll_after

    async def _follow(self, step: Step, upstream_id: str, pause: float) -> Done:
        seen, furthest = "", -1.0
        while True:
            await self._clock.sleep(self._bounded(step, pause))
            if self._clock.now() >= self._ends:
                raise Stopped(
                    f"{step.name}: not done within {self._limits.minutes:g} minutes. It may go on and be charged: look "
                    f"for {upstream_id} in the account."
                )
            try:
                answer = await self._provider.poll(upstream_id)
            except (UpstreamTaskLost, UpstreamKeyInvalid) as error:
                raise Stopped(f"{step.name}: {error.message} Look for {upstream_id} in the account.") from None
            except UpstreamError as error:
                # Asking again is free, and the next answer may be a word that is known.
                self._report.difference(f"{step.name}: {self._recording.redaction.text(error.message)}")
                advised = error.retry_after if isinstance(error, UpstreamRateLimited) else None
                pause = advised or min(LONGEST_PAUSE, max(pause, SHORTEST_PAUSE) * 2)
                continue
            if isinstance(answer, Done):
                self._report.say("  done")
                return answer
            if isinstance(answer, Refused):
                raise Stopped(f"{step.name}: {answer.error.message}")
            if (words := _words(answer)) != seen:
                self._report.say(f"  {words}")
                seen = words
            furthest = self._report.progress(step, answer, furthest)
            pause = pause if answer.poll_after is None else answer.poll_after

    def _bounded(self, step: Step, pause: float) -> float:
        if not 0 <= pause <= LONGEST_PAUSE:
            self._report.difference(
                f"{step.name}: a pause of {pause:g} s is advised; expected is 0 to {LONGEST_PAUSE:g}."
            )
        return min(max(pause, SHORTEST_PAUSE), max(0.0, self._ends - self._clock.now()))

    async def _download(self, done: Done, path: Path) -> None:
        asset = next((asset for asset in done.assets if asset.variant is Variant.VIDEO), None)
        if asset is None:
            raise UpstreamProtocolError("It is done, and no clip came.")
        for tries in range(1, DOWNLOADS + 1):
            try:
                length = await self._save(asset, path)
            except (UpstreamUnavailable, UpstreamTimeout) as error:
                if tries == DOWNLOADS:
                    raise Stopped(f"The clip cannot be fetched: {error.message}") from None
                await self._clock.sleep(SHORTEST_PAUSE * 2**tries)
            else:
                host = self._door.download_host
                whose = "the account's own host" if host in self._own_hosts else "another host"
                self._report.say(f"  {length} bytes from {host or 'the API'} ({whose}): {path.name}")
                return

    async def _save(self, asset: RemoteAsset, path: Path) -> int:
        length = 0
        with path.open("wb") as file:
            async for chunk in self._provider.fetch(asset):
                length += file.write(chunk)
        return length


class _Once:
    """Lets the call that starts a job through once, whatever asks for it again."""

    def __init__(self) -> None:
        self.was_sent = False

    def __call__(self) -> None:
        if self.was_sent:
            raise Stopped("The submission would have been sent a second time; it was not.")
        self.was_sent = True


async def _read(path: Path) -> AsyncIterator[bytes]:
    with path.open("rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK):
            yield chunk


def _unknown(step: Step, why: str) -> str:
    return (
        f"{step.name}: whether the upstream took it is not known: {why} It was not sent again. Look in the account "
        "whether a video was made and charged before you try once more."
    )


def _shape(step: Step) -> str:
    return f"{step.request.size}, {step.request.seconds:g} s"


def _words(answer: Poll) -> str:
    if isinstance(answer, Running):
        return "running" if answer.progress is None else f"running, {answer.progress:.0f} %"
    return "waiting"
