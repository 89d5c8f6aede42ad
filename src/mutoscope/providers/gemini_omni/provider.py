"""One account at Gemini Omni."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any
from urllib.parse import quote

from yarl import URL

from mutoscope.domain.errors import (
    ResultGone,
    UpstreamError,
    UpstreamProtocolError,
    UpstreamRejected,
    UpstreamTaskLost,
)
from mutoscope.domain.ladder import Strategy
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Json
from mutoscope.egress.limits import Limits
from mutoscope.providers.account import Account
from mutoscope.providers.api import Api, at, body_of, text_at
from mutoscope.providers.free_question import NOBODYS, ask_about_nobodys
from mutoscope.providers.gemini_omni import bodies, callbacks, replies
from mutoscope.providers.gemini_omni.files import Files
from mutoscope.providers.pictures import in_base64
from mutoscope.providers.preparation import preparing
from mutoscope.providers.protocol import Given, Job, Poll, Recovery, RemoteAsset, Submitted

# Pictures and clips may be within a body: a clip in 4k has tens of megabytes.
START = Limits(total=300.0)
ANSWER = Limits(total=300.0, body=512 << 20)

# The callback of a lost submission comes when its video is done.
CALLBACK_DEADLINE = 900.0

_BARE_FILE = re.compile(r"/files/[^/:]+")


class GeminiOmni:
    """See `gemini_omni/__init__.py`."""

    is_local = False

    def __init__(self, account: Account) -> None:
        self.name = account.name
        self.models = account.models
        self.recovery = Recovery(calls_back=True, deadline_seconds=CALLBACK_DEADLINE)
        options = account.options
        origin = URL(account.base_url).origin()
        self._delivery: str = options["delivery"]
        self._is_inline = options["clips_by"] == "inline"
        self._unavailable_starts_nothing: bool = options["unavailable_starts_nothing"]
        self._keys_url = options["jwks_url"] or str(origin / ".well-known" / "jwks.json")
        upload_url = options["upload_url"] or str(origin / "upload" / "v1beta" / "files")
        self._api = Api(
            account.door,
            account.clock,
            account.base_url,
            account.secret,
            {"x-goog-api-key": account.secret} if account.secret else {},
            judge=self._judge,
            tells=_told_by,
            origins=(upload_url,),
        )
        self._files = Files(self._api, upload_url, partial(self._judge, gives_source=True))

    async def submit(self, job: Job) -> Submitted:
        bodies.check(job)
        with preparing():
            clip = None if job.clip is None or job.strategy == Strategy.NATIVE else await self._clip(job, job.clip)
            pictures = [await guide.read() for guide in job.guides]
        asked = bodies.body(job, pictures, clip, self._delivery)
        gives_source = clip is not None or job.strategy == Strategy.NATIVE
        judge = partial(self._judge, gives_source=gives_source)
        told = await self._api.start(job, "POST", "/interactions", Json(asked), judge=judge, limits=START)
        return Submitted(text_at(told, "id"), poll_after=replies.SHORTEST_PAUSE)

    async def poll(self, upstream_id: str) -> Poll:
        return replies.read(await self._interaction(upstream_id), self._api.clock.now(), self._api.shown)

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        """The interaction is asked once more: a link in it may be fresher, and a clip within it is nowhere else."""
        clip = replies.clip_in(await self._interaction(asset.location))
        if clip is None:
            raise ResultGone("The upstream's interaction holds no video any more.")
        if clip.get("uri"):
            address = _bytes_of(text_at(clip, "uri"), self._api.is_own)
            async for chunk in self._api.download(address, own=self._api.is_own(address)):
                yield chunk
            return
        try:
            yield base64.b64decode(text_at(clip, "data"), validate=True)
        except (binascii.Error, ValueError):
            raise UpstreamProtocolError("The video in the upstream's answer is no Base64.") from None

    async def cancel(self, upstream_id: str) -> None:
        with suppress(UpstreamTaskLost, UpstreamRejected):  # unknown, or not running any more
            await self._api.reply("POST", f"{_path(upstream_id)}/cancel", is_lost=True)

    async def forget(self, upstream_id: str) -> None:
        """Nothing: a deleted interaction could not be remixed, and uploaded clips go by themselves."""

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        # Without the credential: the keys are public.
        reply = await self._api.door.request("GET", self._keys_url, trusted=True)
        callbacks.check(headers, body, reply.json(), self._api.clock.now())
        return callbacks.interaction_in(body)

    async def check(self) -> str:
        return await ask_about_nobodys(self._api, _path(NOBODYS), partial(self._judge, is_lost=True))

    async def aclose(self) -> None:
        """Nothing runs here."""

    async def _interaction(self, upstream_id: str) -> Any:
        path = _path(upstream_id)
        told = await self._ask_about(path)
        token = at(told, "continuation_token")
        if at(told, "status") == "requires_continuation" and isinstance(token, str):
            # The service goes on when its token comes back.
            told = await self._ask_about(f"{path}?continuation_token={quote(token, safe='')}")
        return told

    async def _ask_about(self, path: str) -> Any:
        judge = partial(self._judge, is_lost=True)
        return await self._api.ask("GET", path, is_lost=True, judge=judge, limits=ANSWER)

    async def _clip(self, job: Job, clip: Given) -> dict[str, Any]:
        block = {"type": "video", "mime_type": clip.media_type}
        if self._is_inline:
            return {**block, "data": in_base64(await clip.read())}
        return {**block, "uri": await self._files.ready(job.key, clip)}

    def _judge(self, reply: Reply, *, gives_source: bool = False, is_lost: bool = False) -> UpstreamError | None:
        """By the error in the body, which may also come with a 200."""
        error = at(body_of(reply), "error")
        is_hidden = reply.status < 300 and isinstance(error, dict) and isinstance(error.get("code"), int)
        if not isinstance(error, dict) or (reply.status < 300 and not is_hidden):
            return None
        told = replace(reply, status=error["code"]) if is_hidden else reply
        return replies.judge(
            told.status,
            error,
            self._api.said(reply),
            gives_source=gives_source,
            unavailable_starts_nothing=self._unavailable_starts_nothing,
        ) or self._api.by_status(told, is_lost=is_lost)


def _told_by(body: Any) -> str | None:
    told = at(body, "error", "message")
    return told if isinstance(told, str) else None


def _path(upstream_id: str) -> str:
    return f"/interactions/{quote(upstream_id, safe='')}"


def _bytes_of(uri: str, is_own: Callable[[str], bool]) -> str:
    """Where the bytes are: the address of a file of the Files API is that of its description."""
    url = URL(uri)
    if is_own(uri) and _BARE_FILE.search(url.path) and ":download" not in url.path:
        return str(url.with_path(f"{url.path}:download").with_query(alt="media"))
    return uri
