"""From the upstream's "done" to a completed video: our own copy of the bytes, then what we derive from them.

Every step may be repeated any number of times with the same result: bytes go to a key that belongs to this
attempt, and only the row that follows publishes the key.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import structlog

from mutoscope import metrics, tracing
from mutoscope.correlation import about
from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import decode, encode, move
from mutoscope.domain.assets import Asset, Variant, storage_key
from mutoscope.domain.errors import (
    EncodingFailed,
    GenerationTimeout,
    MediaUnreadable,
    TaskPoisoned,
    UpstreamError,
    UpstreamTaskLost,
)
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.video import Size
from mutoscope.engine.desk import Desk
from mutoscope.engine.jobs import build_job, spec_of
from mutoscope.engine.joined import facts_of_joined, may_be_a_part, whole_of
from mutoscope.engine.measured import as_measured
from mutoscope.engine.retry import backoff, is_over_budget
from mutoscope.failpoints import failpoint
from mutoscope.media.probe import rate_of
from mutoscope.media.studio import Derived
from mutoscope.providers import hearing
from mutoscope.providers.protocol import (
    Done,
    Refused,
    RemoteAsset,
    Running,
    Waiting,
    makes_what_is_asked,
)

log = structlog.get_logger(__name__)

CHUNK = 1 << 20
# Half of the minute in which the work goes on after an upstream was away.
LONGEST_PAUSE = 30.0
# A task that was in hand when the process died, so often, may be why: it ends with its state's time budget.
DEATHS_ALLOWED = 3


class Collection:
    """The handler of the collect task. work: folder for files on their way into storage."""

    def __init__(self, desk: Desk, work: Path) -> None:
        self._desk = desk
        self._work = work

    async def run(self, video_id: str) -> None:
        """Bring a video from `collecting` to `completed` or to its failure; repeatable after a crash."""
        row = await self._desk.row(video_id)
        with about(row, "collect"), hearing.listening():
            await self._bring_home(row)

    async def _bring_home(self, row: Row) -> None:
        if row["deaths"] >= DEATHS_ALLOWED and is_over_budget(row["state"], row["state_since"], self._desk.clock.now()):
            await self._desk.fail(row, TaskPoisoned())
            return
        if row["state"] == State.COLLECTING:
            row = await self._collect(row)
        if row["state"] == State.FINISHING:
            with tracing.span("finish"):
                await self._finish(row)
        row = await self._desk.row(row["id"])
        if row["state"] == State.CANCELLED:
            await self._desk.remove_files(row)  # those that we stored after the janitor had been there

    async def _collect(self, row: Row) -> Row:
        failures = 0
        while row["state"] == State.COLLECTING:
            try:
                await self._fetch(row)
            except UpstreamError as error:
                failures += 1
                await self._tell_failure(row, error, failures)
                if is_over_budget(row["state"], row["state_since"], self._desk.clock.now()):
                    await self._desk.fail(row, GenerationTimeout(f"The result could not be fetched: {error.message}"))
                else:
                    await self._desk.clock.sleep(backoff(failures, longest=LONGEST_PAUSE))
            row = await self._desk.row(row["id"])
        return row

    async def _tell_failure(self, row: Row, error: UpstreamError, failures: int) -> None:
        """For the operator, who can mend much of it while it is tried again; less often each time."""
        if failures & (failures - 1) == 0:
            log.warning("a finished clip cannot be fetched", code=error.code, reason=error.message, failures=failures)
            await self._desk.keep_words(row, "the finished clip", error.message)

    async def _fetch(self, row: Row) -> None:
        try:
            await self._copy(row)
        except UpstreamTaskLost as error:
            if self._desk.providers[row["provider"]].is_local:
                await self._make_again(row)
            else:
                await self._desk.fail(row, error)

    async def _make_again(self, row: Row) -> None:
        """Let a free engine of this machine make what it made in a process, or on a machine, that is gone."""
        provider = self._desk.providers[row["provider"]]
        submitted = await provider.submit(await build_job(self._desk, row, row["attempt"]))
        while (await self._desk.row(row["id"]))["state"] == State.COLLECTING:  # else it was deleted meanwhile
            match await provider.poll(submitted.upstream_id):
                case Done():
                    return
                case Refused(error):
                    await self._desk.fail(row, error)
                case Waiting(poll_after) | Running(_, poll_after):
                    await self._desk.clock.sleep(poll_after or 1.0)

    async def _copy(self, row: Row) -> None:
        failpoint("collect.before_store", row["id"])
        remote = [RemoteAsset(Variant(item["variant"]), item["location"]) for item in decode(row["remote"])]
        brought = [await self._bring(row, asset) for asset in remote]
        failpoint("collect.after_bytes", row["id"])
        facts = facts_of_joined(decode(row["facts"]), spec_of(self._desk, row)) if any(j for _, j in brought) else None
        await self._publish(row, Happening.STORED, [asset for asset, _ in brought], facts=facts)

    async def _bring(self, row: Row, asset: RemoteAsset) -> tuple[Asset, bool]:
        """Our own copy, and whether it is more than the upstream had: see `whole_of`."""
        provider = self._desk.providers[row["provider"]]
        fetched = provider.fetch(asset)
        if asset.variant is not Variant.VIDEO or not may_be_a_part(row, provider):
            return await self._store(row, asset.variant, fetched), False
        async with whole_of(self._desk, row, self._work, fetched) as (clip, is_joined):
            return await self._store(row, asset.variant, _file(clip)), is_joined

    async def _finish(self, row: Row) -> None:
        failpoint("finish.before_derive", row["id"])
        clip = await self._desk.database.one("asset_of", video_id=row["id"], variant=Variant.VIDEO)
        assert clip is not None, "a video is finishing without a stored clip"
        self._work.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=self._work, prefix="derive-") as folder:
            try:
                async with self._desk.storage.local(clip["key"]) as path:
                    derived = await self._desk.studio.derive(path, Path(folder))
            except (MediaUnreadable, EncodingFailed) as error:
                await self._desk.fail(row, error)
                return
            stored = [
                await self._store(row, Variant.THUMBNAIL, _file(derived.thumbnail)),
                await self._store(row, Variant.SPRITESHEET, _file(derived.spritesheet)),
            ]
        failpoint("finish.after_derive", row["id"])
        if await self._publish(row, Happening.DERIVED, stored, derived):
            failpoint("finish.after_commit", row["id"])
            self._tell_completed(row)
            await self._desk.providers[row["provider"]].forget(row["upstream_id"])

    def _tell_completed(self, row: Row) -> None:
        seconds = self._desk.clock.now() - row["created_at"]
        metrics.video_completed(row["provider"], row["model"], seconds)
        log.info("a video is completed", provider=row["provider"], seconds=round(seconds, 1))

    async def _store(self, row: Row, variant: Variant, chunks: AsyncIterator[bytes]) -> Asset:
        key = storage_key(row["tenant"], row["id"], row["attempt"], variant)
        stored = await self._desk.storage.write(key, chunks)
        return Asset(variant, key, variant.media_type, stored.bytes, stored.sha256)

    async def _publish(
        self,
        row: Row,
        happening: Happening,
        assets: list[Asset],
        derived: Derived | None = None,
        facts: dict | None = None,
    ) -> bool:
        """Rows after bytes. Whether the video moved: not if it was deleted meanwhile.

        derived: what the file is. facts: instead of the provider's.
        """
        probe = None if derived is None else _measured(derived)
        now = self._desk.clock.now()
        expires_at = self._desk.expires_at(row, now) if happening is Happening.DERIVED else None

        def write(tx: Transaction) -> bool:
            told = None if facts is None else encode(facts)
            if move(tx, row, happening, now, expires_at=expires_at, facts=told) is None:
                return False
            if derived is not None and not makes_what_is_asked(self._desk.providers[row["provider"]]):
                as_measured(tx, row, Size(derived.width, derived.height), derived.seconds)
            for asset in assets:
                tx.run(
                    "add_asset",
                    video_id=row["id"],
                    variant=asset.variant,
                    attempt=row["attempt"],
                    key=asset.key,
                    media_type=asset.media_type,
                    bytes=asset.bytes,
                    sha256=asset.sha256,
                    now=now,
                )
            if probe is not None:
                tx.run("note_probe", video_id=row["id"], variant=Variant.VIDEO, probe=probe)
            return True

        return await self._desk.database.write(write)


def _measured(clip: Derived) -> str:
    """What a model that is given the clip later may have limits for."""
    size, fps = Size(clip.width, clip.height), rate_of(clip.frames, clip.seconds)
    return encode({"size": str(size), "seconds": clip.seconds, "fps": fps})


async def _file(path: Path) -> AsyncIterator[bytes]:
    # Written a moment ago, so in the page cache, piece by piece: not worth a thread.
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk
