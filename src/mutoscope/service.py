"""The use cases: what a caller may ask for. No HTTP, no SQL text, no upstream: those have rooms of their own."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import structlog

from mutoscope.access.keys import hash_of
from mutoscope.clock import Clock
from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.database.videos import add_event, asset_from_row, encode, move, request_to_json, video_from_row
from mutoscope.domain.assets import Asset, Variant, input_key
from mutoscope.domain.catalog import Capability, Catalog, ModelSpec
from mutoscope.domain.errors import (
    AssetExpired,
    DatabaseUnavailable,
    InvalidRequest,
    MediaUnreadable,
    NotAuthenticated,
    SourceNotCompleted,
    StorageUnavailable,
    VariantNotAvailable,
    VideoFailed,
    VideoNotFound,
    VideoNotReady,
)
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.domain.remix import RemixPlan, plan_remix
from mutoscope.domain.video import (
    Reference,
    Size,
    Video,
    VideoRequest,
    check_prompt,
    is_wellformed_id,
    new_id,
)
from mutoscope.engine.port import TaskEngine
from mutoscope.failpoints import failpoint
from mutoscope.media.studio import Studio
from mutoscope.storage.protocol import Storage

log = structlog.get_logger(__name__)

CURSOR_BEFORE_ALL = 0
CURSOR_AFTER_ALL = 1 << 62


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the tenant whose videos are seen, and the key that was shown."""

    tenant: str
    key_id: str


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of an input reference and the field that they came in, for messages."""

    data: bytes
    param: str


@dataclass(frozen=True, slots=True)
class NewVideo:
    """A create request, read but not yet judged. `ignored` names the fields that nobody used.

    seconds: a whole number, or the text that was sent if it is none, for the model's refusal to quote.
    """

    prompt: str
    model: str | None = None
    size: str | None = None
    seconds: int | str | None = None
    seed: int | None = None
    reference: Upload | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewRemix:
    """A remix request, read but not yet judged."""

    prompt: str
    model: str | None = None
    seed: int | None = None
    ignored: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a caller's videos, and whether there are more behind it."""

    videos: tuple[Video, ...]
    has_more: bool


@dataclass(frozen=True, slots=True)
class Content:
    """A stored file ready to be sent: `read(start, length)` yields its bytes in chunks."""

    asset: Asset
    modified_at: float
    read: Callable[[int, int], AsyncIterator[bytes]]


class Service:
    """Every use case. Each method raises only `CallerError` and `ServerError` classes on purpose."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        studio: Studio,
        engine: TaskEngine,
        catalog: Catalog,
        clock: Clock,
    ) -> None:
        self.catalog = catalog
        self._database = database
        self._storage = storage
        self._studio = studio
        self._engine = engine
        self._clock = clock

    async def authenticate(self, secret: str | None) -> Caller:
        """Whose key this is. Looked up each time, so that a revocation counts at once."""
        if not secret:
            raise NotAuthenticated(
                "You didn't provide an API key. Send it as 'Authorization: Bearer KEY'.", missing=True
            )
        row = await self._database.one("tenant_of_key", hash=hash_of(secret))
        if row is None:
            raise NotAuthenticated("Incorrect API key provided. `mutoscope keys list` shows the keys there are.")
        return Caller(row["tenant"], row["id"])

    async def create(self, caller: Caller, new: NewVideo) -> Video:
        """Accept a new video: its row, its event and its task are on disk when this returns."""
        check_prompt(new.prompt)
        resolved = self.catalog.resolve(new.model)
        model = resolved.model
        request = VideoRequest(
            prompt=new.prompt,
            model=model.name,
            size=_size(new.size, model),
            seconds=model.default_seconds if new.seconds is None else model.check_seconds(new.seconds),
            seed=_seed(new.seed),
            reference=await self._keep_reference(caller, new.reference, model),
            options=new.options,
        )
        return await self._accept(caller, request, model, notice=resolved.notice, ignored=new.ignored)

    async def remix(self, caller: Caller, source_id: str, new: NewRemix) -> Video:
        """Accept a remix of a completed video; the source is pinned until the remix has ended."""
        check_prompt(new.prompt)
        source = await self.retrieve(caller, source_id)
        resolved = self.catalog.resolve(new.model) if new.model else None
        model = resolved.model if resolved else self.catalog.resolve(source.request.model).model
        plan = plan_remix(source, new.prompt, model, self._clock.now())
        request = replace(
            source.request,
            prompt=new.prompt,
            model=model.name,
            size=model.check_size(source.request.size),
            seconds=model.check_seconds(source.request.seconds),
            seed=_seed(new.seed) if new.seed is not None else source.request.seed,
        )
        notice = resolved.notice if resolved else None
        return await self._accept(caller, request, model, source, plan, notice=notice, ignored=new.ignored)

    async def retrieve(self, caller: Caller, video_id: str) -> Video:
        return self._video(await self._row(caller, video_id))

    async def list(self, caller: Caller, *, after: str | None, limit: int, descending: bool) -> Page:
        """A page of the caller's videos by order of creation, beginning behind the id `after`.

        limit: 0 to 100. An unknown or foreign `after` gives an empty page.
        """
        cursor = CURSOR_AFTER_ALL if descending else CURSOR_BEFORE_ALL
        if after is not None:
            place = await self._database.one("cursor_of", tenant=caller.tenant, id=after)
            if place is None:
                return Page((), has_more=False)
            cursor = place["seq"]
        query = "newest_first" if descending else "oldest_first"
        rows = await self._database.all(query, tenant=caller.tenant, cursor=cursor, limit=limit + 1)
        return Page(tuple(self._video(row) for row in rows[:limit]), has_more=len(rows) > limit)

    async def delete(self, caller: Caller, video_id: str) -> None:
        """Remove a video at once; work on it stops, its place in the order stays."""
        row = await self._row(caller, video_id)
        now = self._clock.now()

        def write(tx: Transaction) -> Row | None:
            current = tx.one("video_of_tenant", tenant=caller.tenant, id=video_id)
            if current is None:
                return None
            state = State(current["state"])
            if state.is_final:
                add_event(tx, video_id, caller.tenant, Happening.DELETED, state, now)
            else:
                move(tx, current, Happening.DELETED, now)
            tx.run("tombstone", id=video_id, now=now)
            return current

        if await self._database.write(write) is None:
            raise _not_found(video_id)
        self._engine.deleted(row["id"])

    async def content(self, caller: Caller, video_id: str, variant: Variant) -> Content:
        """One variant of a completed video, ready to be sent."""
        video = await self.retrieve(caller, video_id)
        if video.state is State.FAILED:
            raise VideoFailed(f"Video '{video_id}' failed, so it has no content.")
        if video.state is not State.COMPLETED:
            raise VideoNotReady(
                f"Video '{video_id}' is not ready yet, use GET /v1/videos/{video_id} to check its status."
            )
        if video.expires_at is not None and video.expires_at <= self._clock.now():
            raise AssetExpired(f"The files of video '{video_id}' have expired.")
        row = await self._database.one("asset_of", video_id=video_id, variant=variant)
        if row is None:
            raise VariantNotAvailable(f"Video '{video_id}' has no {variant}.", param="variant")
        asset = asset_from_row(row)
        if await self._storage.size(asset.key) != asset.bytes:
            raise StorageUnavailable(f"The {variant} of video '{video_id}' is missing from storage.")
        return Content(asset, row["stored_at"], lambda start, length: self._storage.read(asset.key, start, length))

    async def not_ready(self) -> list[str]:
        """The parts that do not work now; empty when requests can be served. Why is for the log alone."""
        problems = []
        try:
            await self._database.one("any_key")
        except DatabaseUnavailable as error:
            log.error("not ready", part="database", reason=error.message)
            problems.append("database")
        try:
            await self._storage.check()
        except StorageUnavailable as error:
            log.error("not ready", part="storage", reason=error.message)
            problems.append("storage")
        return problems + self._engine.problems()

    async def _row(self, caller: Caller, video_id: str) -> Row:
        """The one way to a video: by (tenant, id). Malformed, unknown, foreign, deleted: the same answer."""
        if is_wellformed_id(video_id):
            row = await self._database.one("video_of_tenant", tenant=caller.tenant, id=video_id)
            if row is not None:
                return row
        raise _not_found(video_id)

    def _video(self, row: Row) -> Video:
        video = video_from_row(row)
        model = self.catalog.models.get(video.request.model)
        expected = model.seconds_per_second * video.request.seconds if model else None
        return replace(video, expected_seconds=expected)

    async def _keep_reference(self, caller: Caller, upload: Upload | None, model: ModelSpec) -> Reference | None:
        if upload is None:
            return None
        model.require(Capability.IMAGE_REFERENCE, upload.param)
        try:
            picture = await self._studio.check_picture(upload.data)
        except MediaUnreadable as error:
            raise InvalidRequest(
                f"Invalid '{upload.param}': {error.message}",
                param=upload.param,
            ) from None
        sha256 = hashlib.sha256(upload.data).hexdigest()
        await self._storage.write(input_key(caller.tenant, sha256), _one_chunk(upload.data))
        await self._database.write(
            lambda tx: tx.run(
                "add_input",
                tenant=caller.tenant,
                sha256=sha256,
                media_type=picture.media_type,
                bytes=len(upload.data),
                probe=encode({"size": str(picture.size)}),
                now=self._clock.now(),
            )
        )
        return Reference(sha256, picture.media_type, picture.size)

    async def _accept(
        self,
        caller: Caller,
        request: VideoRequest,
        model: ModelSpec,
        source: Video | None = None,
        plan: RemixPlan | None = None,
        *,
        notice: str | None,
        ignored: tuple[str, ...],
    ) -> Video:
        video_id, now = new_id("video"), self._clock.now()

        def write(tx: Transaction) -> Row | None:
            if source is not None and not tx.run("pin_source", id=source.id):
                raise SourceNotCompleted(f"Video '{source.id}' has just been deleted.", param="video_id")
            tx.run(
                "add_video",
                id=video_id,
                tenant=caller.tenant,
                key_id=caller.key_id,
                request=request_to_json(request),
                model=model.name,
                provider=model.provider,
                upstream_prompt=plan and plan.upstream_prompt,
                strategy=plan and plan.strategy,
                notice=notice,
                ignored=encode(ignored),
                source_id=source and source.id,
                root_id=source.root_id if source else video_id,
                depth=source.depth + 1 if source else 0,
                now=now,
            )
            add_event(tx, video_id, caller.tenant, "created", State.QUEUED, now)
            self._engine.enqueue_submit(tx, video_id, model.provider)
            failpoint("create.before_commit", video_id)
            return tx.one("video_of_tenant", tenant=caller.tenant, id=video_id)

        row = await self._database.write(write)
        failpoint("create.after_commit", video_id)
        assert row is not None
        return self._video(row)


def _size(text: str | None, model: ModelSpec) -> Size:
    if text is None:
        return model.default_size
    size = Size.parse(text)
    if size is None:
        raise InvalidRequest(
            f"Invalid value: '{text[:100]}'. Supported values for model '{model.name}' are: {model.sizes}.",
            param="size",
        )
    return model.check_size(size)


def _seed(seed: int | None) -> int | None:
    if seed is not None and not 0 <= seed < 1 << 32:
        raise InvalidRequest("Invalid 'seed': expected an integer from 0 to 4294967295.", param="seed")
    return seed


def _not_found(video_id: str) -> VideoNotFound:
    return VideoNotFound(f"Video with id '{video_id[:128]}' not found.", param="video_id")


async def _one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data


__all__ = ["Caller", "Content", "NewRemix", "NewVideo", "Page", "Service", "Upload"]
