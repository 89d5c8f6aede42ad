"""What upstreams fetch by a link instead of being sent: the clips and pictures of their jobs."""

from __future__ import annotations

from mutoscope.access.links import Linked, Links
from mutoscope.database.connection import Database
from mutoscope.database.videos import asset_from_row
from mutoscope.domain.assets import Asset, Variant, place_of
from mutoscope.domain.errors import RouteNotFound, StorageUnavailable
from mutoscope.service.requests import Content
from mutoscope.storage.protocol import Storage


class Sources:
    """Stored bytes by their links. The token is the only key that is asked for."""

    def __init__(self, database: Database, storage: Storage, links: Links | None) -> None:
        self._database = database
        self._storage = storage
        self._links = links

    async def content(self, token: str, name: str) -> Content:
        """The bytes behind a link, ready to be sent.

        RouteNotFound, always in the same words, for one that was not made here, has another name, is over, or leads to
        what was deleted since.
        """
        linked = self._links.read(token) if self._links is not None else None
        if linked is None or linked.name != name:
            raise _not_found()
        found = await self._stored(linked)
        if found is None:
            raise _not_found()
        asset, stored_at = found
        if await self._storage.size(asset.key) != asset.bytes:
            raise StorageUnavailable("What a source link leads to is missing from storage.")
        return Content(asset, stored_at, lambda start, length: self._storage.read(asset.key, start, length))

    async def _stored(self, linked: Linked) -> tuple[Asset, float] | None:
        place = place_of(linked.key)
        if place.is_input:
            row = await self._database.one("linked_input", tenant=place.tenant, sha256=place.name)
            if row is None:
                return None
            # An input is no variant of a video; what is sent is decided by its media type alone.
            return Asset(Variant.VIDEO, linked.key, linked.media_type, row["bytes"], place.name), row["stored_at"]
        row = await self._database.one("linked_asset", tenant=place.tenant, video_id=place.folder, key=linked.key)
        return None if row is None else (asset_from_row(row), row["stored_at"])


def _not_found() -> RouteNotFound:
    return RouteNotFound("Invalid URL (there is no such link, or its time is over)")
