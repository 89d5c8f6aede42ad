"""What the test suites of other people's clients expect to find on a server: a key, a video and a character."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

from mutoscope.access.keys import DEFAULT_TENANT, hash_of
from mutoscope.app import Mutoscope
from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import encode, move, plan_to_json, request_to_json
from mutoscope.domain.assets import Asset, Variant, input_key
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.lifecycle import Happening
from mutoscope.domain.video import VideoRequest
from mutoscope.media.studio import Studio

KEY = "My API Key"
VIDEO_ID = "video_123"
CHARACTER_ID = "char_123"
CHARACTER_NAME = "Otto"
PROMPT = "A lake at dawn"

# From being accepted to its end, as any other video goes.
_WAY = (Happening.CLAIMED, Happening.ACCEPTED, Happening.FINISHED, Happening.STORED, Happening.DERIVED)


class Fixtures:
    """What is always there. key: the API key that is accepted. clip: the bytes of the video's and character's film."""

    def __init__(self, server: Mutoscope, studio: Studio, model: ModelSpec, clip: bytes, key: str = KEY) -> None:
        self._server = server
        self._studio = studio
        self._model = model
        self._clip = clip
        self._key = key

    async def seed(self) -> None:
        """Make what is missing; on a data folder that has it all, nothing changes."""
        database = self._server.database
        assets = await self._store()

        def write(tx: Transaction) -> None:
            if tx.one("tenant_of_key", hash=hash_of(self._key)) is None:
                self._add_key(tx)
            if tx.one("character_of_tenant", tenant=DEFAULT_TENANT, id=CHARACTER_ID) is None:
                self._add_character(tx, assets[0])
            if tx.one("video_at_work", id=VIDEO_ID) is None:
                self._add_video(tx, assets)

        await database.write(write)
        await self.restore()

    async def restore(self) -> None:
        """Bring the video back after a deletion. It is pinned, so that its files have not gone with it."""
        await self._server.database.write(
            lambda tx: tx.connection.exec_driver_sql("UPDATE videos SET deleted_at = NULL WHERE id = ?", (VIDEO_ID,))
        )

    def _add_key(self, tx: Transaction) -> None:
        name = "test server"
        tx.run(
            "add_key",
            id=f"key_{hash_of(self._key)[:12]}",
            tenant=DEFAULT_TENANT,
            name=name,
            prefix=self._key[:11],
            hash=hash_of(self._key),
            now=self._now,
        )

    def _add_character(self, tx: Transaction, clip: Asset) -> None:
        tx.run(
            "add_input",
            tenant=DEFAULT_TENANT,
            sha256=clip.sha256,
            media_type=clip.media_type,
            bytes=clip.bytes,
            probe=encode({}),
            now=self._now,
        )
        tx.run(
            "add_character",
            id=CHARACTER_ID,
            tenant=DEFAULT_TENANT,
            name=CHARACTER_NAME,
            input=clip.sha256,
            now=self._now,
        )

    def _add_video(self, tx: Transaction, assets: list[Asset]) -> None:
        request = VideoRequest(PROMPT, self._model.name, self._model.default_size, self._model.default_seconds)
        tx.run(
            "add_video",
            id=VIDEO_ID,
            tenant=DEFAULT_TENANT,
            key_id=None,
            request=request_to_json(request),
            model=self._model.name,
            provider=self._model.provider,
            upstream_prompt=None,
            strategy=None,
            plan=plan_to_json((), ()),
            notice=None,
            ignored=encode([]),
            source_id=None,
            root_id=VIDEO_ID,
            depth=0,
            now=self._now,
        )
        for happening in _WAY:
            move(tx, _row(tx), happening, self._now)
        for asset in assets:
            tx.run(
                "add_asset",
                video_id=VIDEO_ID,
                variant=asset.variant,
                attempt=0,
                key=asset.key,
                media_type=asset.media_type,
                bytes=asset.bytes,
                sha256=asset.sha256,
                now=self._now,
            )
        tx.run("pin_source", id=VIDEO_ID, now=self._now)

    async def _store(self) -> list[Asset]:
        """The three files in storage, the clip first, and the clip once more as the character's own."""
        clip = await self._store_one(Variant.VIDEO, self._clip)
        await self._server.storage.write(input_key(DEFAULT_TENANT, clip.sha256), _one_chunk(self._clip))
        with tempfile.TemporaryDirectory(prefix="mutoscope-stills-") as folder:
            derived = await self._studio.derive(self._server.storage.path(clip.key), Path(folder))
            return [
                clip,
                await self._store_one(Variant.THUMBNAIL, derived.thumbnail.read_bytes()),
                await self._store_one(Variant.SPRITESHEET, derived.spritesheet.read_bytes()),
            ]

    async def _store_one(self, variant: Variant, data: bytes) -> Asset:
        key = f"{DEFAULT_TENANT}/fixtures/{VIDEO_ID}-{variant}.{variant.extension}"
        stored = await self._server.storage.write(key, _one_chunk(data))
        return Asset(variant, key, variant.media_type, stored.bytes, stored.sha256)

    @property
    def _now(self) -> float:
        return self._server.clock.now()


def _row(tx: Transaction) -> Row:
    row = tx.one("video_at_work", id=VIDEO_ID)
    assert row is not None
    return row


async def _one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data
