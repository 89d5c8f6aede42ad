"""What the test suites of other people's clients expect on a server: a key, a video, a character, an endpoint."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from mutoscope.access.keys import DEFAULT_TENANT, hash_of
from mutoscope.app import Mutoscope
from mutoscope.database.connection import Transaction
from mutoscope.database.videos import request_to_json
from mutoscope.domain.assets import Asset, Variant, input_key
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.events import EventType
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import VideoRequest
from mutoscope.media.studio import Studio
from mutoscope.webhooks.endpoints import endpoint_values

KEY = "My API Key"
VIDEO_ID = "video_123"
CHARACTER_ID = "char_123"
CHARACTER_NAME = "Otto"
ENDPOINT_ID = "whe_123"
ENDPOINT_URL = "https://"
PROMPT = "A lake at dawn"

# The pin keeps the files when the video is deleted, as that of an unfinished remix would.
_ADD_VIDEO = """
INSERT INTO videos (id, tenant, state, progress, request, model, provider, root_id, pins, created_at, state_since,
    completed_at)
VALUES (:id, :tenant, :state, 100, :request, :model, :provider, :id, 1, :now, :now, :now)
ON CONFLICT (id) DO NOTHING
"""
_ADD_ASSET = """
INSERT INTO assets (video_id, variant, attempt, key, media_type, bytes, sha256, stored_at)
VALUES (:video_id, :variant, 0, :key, :media_type, :bytes, :sha256, :now)
ON CONFLICT (video_id, variant) DO NOTHING
"""
_ADD_CHARACTER = """
INSERT INTO characters (id, tenant, name, input, created_at) VALUES (:id, :tenant, :name, :input, :now)
ON CONFLICT (id) DO NOTHING
"""
_ADD_INPUT = """
INSERT INTO inputs (tenant, sha256, media_type, bytes, created_at) VALUES (:tenant, :sha256, :media_type, :bytes, :now)
ON CONFLICT (tenant, sha256) DO NOTHING
"""
_ADD_KEY = """
INSERT INTO keys (id, tenant, name, prefix, hash, created_at) VALUES (:id, :tenant, :name, :prefix, :hash, :now)
ON CONFLICT (hash) DO NOTHING
"""
_ADD_ENDPOINT = """
INSERT INTO webhook_endpoints (id, tenant, name, url, event_types, secret, hint, created_at, updated_at)
VALUES (:id, :tenant, :name, :url, :event_types, :secret, :hint, :now, :now)
ON CONFLICT (id) DO NOTHING
"""
_RESTORE_VIDEO = "UPDATE videos SET deleted_at = NULL WHERE id = :id"


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
        assets = await self._store()

        def write(tx: Transaction) -> None:
            self._add_key(tx)
            self._add_character(tx, assets[0])
            self._add_video(tx, assets)

        await self._server.database.write(write)
        await self.restore()

    async def restore(self) -> None:
        """Bring the video and the endpoint back after a deletion."""

        def write(tx: Transaction) -> None:
            self._run(tx, _RESTORE_VIDEO, id=VIDEO_ID)
            self._add_endpoint(tx)

        await self._server.database.write(write)

    def _add_key(self, tx: Transaction) -> None:
        hashed, name = hash_of(self._key), "test server"
        self._run(tx, _ADD_KEY, id=f"key_{hashed[:12]}", name=name, prefix=self._key[:11], hash=hashed)

    def _add_character(self, tx: Transaction, clip: Asset) -> None:
        self._run(tx, _ADD_INPUT, sha256=clip.sha256, media_type=clip.media_type, bytes=clip.bytes)
        self._run(tx, _ADD_CHARACTER, id=CHARACTER_ID, name=CHARACTER_NAME, input=clip.sha256)

    def _add_endpoint(self, tx: Transaction) -> None:
        _, values = endpoint_values(
            self._server.vault, ENDPOINT_ID, DEFAULT_TENANT, "test", ENDPOINT_URL, [EventType.COMPLETED], 0.0
        )
        self._run(tx, _ADD_ENDPOINT, **values)

    def _add_video(self, tx: Transaction, assets: list[Asset]) -> None:
        model = self._model
        request = request_to_json(VideoRequest(PROMPT, model.name, model.default_size, model.default_seconds))
        self._run(
            tx,
            _ADD_VIDEO,
            id=VIDEO_ID,
            state=str(State.COMPLETED),
            request=request,
            model=model.name,
            provider=model.provider,
        )
        for asset in assets:
            self._run(
                tx,
                _ADD_ASSET,
                video_id=VIDEO_ID,
                variant=str(asset.variant),
                key=asset.key,
                media_type=asset.media_type,
                bytes=asset.bytes,
                sha256=asset.sha256,
            )

    def _run(self, tx: Transaction, statement: str, **values: Any) -> None:
        values |= {"tenant": DEFAULT_TENANT, "now": self._server.clock.now()}
        tx.connection.exec_driver_sql(statement, values)

    async def _store(self) -> list[Asset]:
        """The three files in storage, the clip first, and the clip once more as the character's own."""
        clip = await self._store_one(Variant.VIDEO, self._clip)
        await self._server.storage.write(input_key(DEFAULT_TENANT, clip.sha256), _one_chunk(self._clip))
        with tempfile.TemporaryDirectory(prefix="mutoscope-stills-") as folder:
            async with self._server.storage.local(clip.key) as path:
                derived = await self._studio.derive(path, Path(folder))
            return [
                clip,
                await self._store_one(Variant.THUMBNAIL, derived.thumbnail.read_bytes()),
                await self._store_one(Variant.SPRITESHEET, derived.spritesheet.read_bytes()),
            ]

    async def _store_one(self, variant: Variant, data: bytes) -> Asset:
        key = f"{DEFAULT_TENANT}/fixtures/{VIDEO_ID}-{variant}.{variant.extension}"
        stored = await self._server.storage.write(key, _one_chunk(data))
        return Asset(variant, key, variant.media_type, stored.bytes, stored.sha256)


async def _one_chunk(data: bytes) -> AsyncIterator[bytes]:
    yield data
