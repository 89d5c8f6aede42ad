"""The Files API: a clip is uploaded once per job, under a name that the job finds again."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from mutoscope.domain.errors import (
    NotYet,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamProtocolError,
    UpstreamTaskLost,
)
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Json
from mutoscope.egress.limits import DOWNLOAD
from mutoscope.providers.api import Api, at, text_at
from mutoscope.providers.protocol import Given

# Names have at most 40 characters: lower-case letters, digits and dashes.
_NAME_CHARACTERS = 40
_PREFIX = "mutoscope-"


def name_for(key: str) -> str:
    """The resource name of a job's clip: the same whenever the job is asked for again."""
    digest = hashlib.sha256(key.encode()).hexdigest()
    return f"files/{_PREFIX}{digest[: _NAME_CHARACTERS - len(_PREFIX)]}"


@dataclass(frozen=True, slots=True)
class Files:
    """upload_url: where uploads begin. judge: reads the errors of these calls."""

    api: Api
    upload_url: str
    judge: Callable[[Reply], UpstreamError | None]

    async def ready(self, key: str, clip: Given) -> str:
        """The URI of the job's clip, for whoever is `preparing`.

        UpstreamUnavailable, nothing started, while the service is not done with it.
        """
        name = name_for(key)
        return _uri_of(await self._find(name) or await self._upload(name, clip))

    async def _find(self, name: str) -> Any:
        try:
            return await self.api.ask("GET", f"/{name}", is_lost=True, judge=lambda _reply: None)
        except (UpstreamTaskLost, UpstreamKeyInvalid):
            # For a file that is not there the service also answers 403. If it is the key, the upload hears so.
            return None

    async def _upload(self, name: str, clip: Given) -> Any:
        begun = await self.api.reply(
            "POST",
            self.upload_url,
            Json({"file": {"name": name, "display_name": name.removeprefix("files/")}}),
            headers={
                "X-Goog-Upload-Protocol": "resumable",
                "X-Goog-Upload-Command": "start",
                "X-Goog-Upload-Header-Content-Length": str(clip.bytes),
                "X-Goog-Upload-Header-Content-Type": clip.media_type,
            },
            judge=self.judge,
        )
        if (target := begun.headers.get("X-Goog-Upload-URL")) is None:
            raise UpstreamProtocolError("The upstream does not say where to upload to.")
        ended = await self.api.reply(
            "POST",
            target,
            clip.open(),
            headers={
                "Content-Length": str(clip.bytes),
                "X-Goog-Upload-Offset": "0",
                "X-Goog-Upload-Command": "upload, finalize",
            },
            limits=DOWNLOAD,
            judge=self.judge,
        )
        return at(ended.json(), "file")


def _uri_of(file: Any) -> str:
    match state := text_at(file, "state"):
        case "ACTIVE":
            return text_at(file, "uri")
        case "PROCESSING":
            raise NotYet("The upstream is still preparing the clip.")
        case "FAILED":
            raise SourceRefused("The upstream could not read the clip.")
    raise UpstreamProtocolError(f"The upstream has a file state that it does not document: {state[:40]!r}.")
