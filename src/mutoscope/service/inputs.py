"""Uploads and characters: judged in the media child, stored under their hash, known by a row.

The row comes before the bytes: what has no row would never be removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from mutoscope.clock import Clock
from mutoscope.database.connection import Database, Row
from mutoscope.database.videos import decode, encode
from mutoscope.domain.assets import Variant, input_key
from mutoscope.domain.clip_limits import SourceClip
from mutoscope.domain.errors import CharacterNotFound, InvalidRequest, MediaUnreadable, VariantNotAvailable
from mutoscope.domain.video import Character, Clip, Reference, Size, Sound, Video, is_wellformed_id
from mutoscope.media.studio import ClipMeasures, Studio
from mutoscope.service.fetching import Fetching
from mutoscope.service.patience import WRITE_SECONDS
from mutoscope.service.requests import Upload
from mutoscope.storage.protocol import Storage

CLIP_SECONDS_SHOWN = 2  # digits behind the point
ROUNDING_SECONDS = 0.1  # clips consist of whole pictures: so much is not another length than was asked for

M = TypeVar("M")


class Inputs:
    """What callers bring along. Everything belongs to a tenant and is seen by nobody else."""

    def __init__(
        self, database: Database, storage: Storage, studio: Studio, clock: Clock, fetching: Fetching | None = None
    ) -> None:
        self._fetching = fetching or Fetching(None, 0)
        self._database = database
        self._storage = storage
        self._studio = studio
        self._clock = clock

    async def loaded(self, upload: Upload) -> Upload:
        """The upload with its bytes, fetched where it has only an address."""
        return await self._fetching(upload) if not upload.data else upload

    async def keep_picture(self, tenant: str, upload: Upload) -> Reference:
        """Store a picture. InvalidRequest names the field when the bytes are none that we read."""
        upload = await self.loaded(upload)
        try:
            picture = await self._studio.check_picture(upload.data)
        except MediaUnreadable as error:
            raise _invalid(upload, error) from None
        sha256 = hashlib.sha256(upload.data).hexdigest()
        await self._note(tenant, sha256, picture.media_type, len(upload.data), {"size": str(picture.size)})
        await self._storage.write(input_key(tenant, sha256), _one_chunk(upload.data))
        return Reference(sha256, picture.media_type, picture.size)

    async def keep_clip(self, tenant: str, upload: Upload) -> Clip:
        """Store a clip. InvalidRequest names the field when the bytes are no video that we read."""
        return _clip(*await self._judged(tenant, upload, self._studio.check_clip))

    async def keep_recording(self, tenant: str, upload: Upload) -> Clip | Sound:
        """Store a clip or a sound, whichever it is. InvalidRequest names the field when we read it as neither."""
        sha256, measures = await self._judged(tenant, upload, self._studio.check_recording)
        if isinstance(measures, ClipMeasures):
            return _clip(sha256, measures)
        return Sound(sha256, measures.media_type, round(measures.seconds, CLIP_SECONDS_SHOWN))

    async def _judged(self, tenant: str, upload: Upload, judge: Callable[[Path], Awaitable[M]]) -> tuple[str, M]:
        """An upload's hash and measures.

        It is judged where it lies, under the hash of its bytes, and one that is refused is left to the janitor: who
        uploads the same bytes at the same time must not lose them.
        """
        upload = await self.loaded(upload)
        sha256 = hashlib.sha256(upload.data).hexdigest()
        await self._note(tenant, sha256, "application/octet-stream", len(upload.data), {})
        await self._storage.write(input_key(tenant, sha256), _one_chunk(upload.data))
        try:
            async with self._storage.local(input_key(tenant, sha256)) as path:
                return sha256, await judge(path)
        except MediaUnreadable as error:
            raise _invalid(upload, error) from None

    async def copy_of(self, tenant: str, video_id: str) -> str | None:
        """Keep a video's clip beyond its life; the hash it is stored under, None when the video has no clip."""
        asset = await self._database.one("asset_of", video_id=video_id, variant=Variant.VIDEO)
        if asset is None:
            return None
        await self._note(tenant, asset["sha256"], asset["media_type"], asset["bytes"], {})
        await self._storage.write(input_key(tenant, asset["sha256"]), self._storage.read(asset["key"]))
        return asset["sha256"]

    async def stored_clip(self, video: Video) -> SourceClip:
        """A video's stored clip, by what was measured when it was stored; what was not is taken from its request."""
        asset = await self._database.one("asset_of", video_id=video.id, variant=Variant.VIDEO)
        request = video.request
        if asset is None:
            return SourceClip(request.seconds, request.size)
        probe = decode(asset["probe"])
        size = Size.parse(probe.get("size", ""))
        measured = probe.get("seconds", request.seconds)
        seconds = request.seconds if abs(measured - request.seconds) <= ROUNDING_SECONDS else round(measured, 2)
        return SourceClip(seconds, size or request.size, asset["bytes"], probe.get("fps"), asset["media_type"])

    async def measures_of(self, tenant: str, origin: Video | Clip) -> ClipMeasures:
        """What the stored clip of a video, or an upload, really is. VariantNotAvailable when there is none."""
        key = input_key(tenant, origin.sha256) if isinstance(origin, Clip) else await self._key_of(origin)
        async with self._storage.local(key) as path:
            return await self._studio.check_clip(path)

    async def _key_of(self, video: Video) -> str:
        asset = await self._database.one("asset_of", video_id=video.id, variant=Variant.VIDEO)
        if asset is None:
            raise VariantNotAvailable(f"Video '{video.id}' has no clip.")
        return asset["key"]

    async def story_of(self, video: Video) -> tuple[str, ...]:
        """The prompts that led to a video, from its root on; empty where the first ones are not known any more.

        So it is where the root was made from an upload, or was deleted, whose words are not told again.
        """
        rows = await self._database.all("story_of", tenant=video.tenant, id=video.id)
        requests = [decode(row["request"]) for row in rows]
        if not rows or rows[0]["depth"] > 0 or requests[0].get("clip"):
            return ()
        return tuple(request["prompt"] for request in requests)

    async def characters(self, tenant: str, ids: tuple[str, ...], prompt: str) -> tuple[Character, ...]:
        """The characters of a request, in its order. InvalidRequest when the prompt does not speak of one."""
        return tuple([await self._character(tenant, char_id, place, prompt) for place, char_id in enumerate(ids)])

    async def character_row(self, tenant: str, character_id: str) -> Row:
        """The one way to a character: by (tenant, id)."""
        if is_wellformed_id(character_id):
            row = await self._database.one("character_of_tenant", tenant=tenant, id=character_id)
            if row is not None:
                return row
        raise CharacterNotFound(f"Character with id '{character_id[:128]}' not found.", param="character_id")

    async def _character(self, tenant: str, character_id: str, place: int, prompt: str) -> Character:
        param = f"characters[{place}]"
        try:
            row = await self.character_row(tenant, character_id)
        except CharacterNotFound as error:
            raise InvalidRequest(f"Invalid '{param}': {error.message}", param=param) from None
        if row["name"].casefold() not in prompt.casefold():
            raise InvalidRequest(
                f"Invalid '{param}': the prompt does not mention '{row['name']}'. A character appears where the prompt "
                "speaks of it by its name.",
                param=param,
            )
        return Character(row["id"], row["name"], row["input"])

    async def _note(self, tenant: str, sha256: str, media_type: str, length: int, probe: dict[str, object]) -> None:
        await self._database.write(
            lambda tx: tx.run(
                "add_input",
                tenant=tenant,
                sha256=sha256,
                media_type=media_type,
                bytes=length,
                probe=encode(probe),
                now=self._clock.now(),
            ),
            within=WRITE_SECONDS,
        )


def _clip(sha256: str, measures: ClipMeasures) -> Clip:
    seconds = round(measures.seconds, CLIP_SECONDS_SHOWN)
    return Clip(sha256, measures.media_type, measures.size, seconds, measures.fps)


def _invalid(upload: Upload, error: MediaUnreadable) -> InvalidRequest:
    return InvalidRequest(f"Invalid '{upload.param}': {error.message}", param=upload.param)


async def _one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data
