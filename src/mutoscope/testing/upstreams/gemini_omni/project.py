"""What a project has beside its interactions: a key, files, and receivers of webhooks."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Callable
from typing import Any

import aiohttp
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob, FakeUpstream, Handler
from mutoscope.testing.upstreams.gemini_omni import hooks
from mutoscope.testing.upstreams.gemini_omni.errors import Refusal, refusal_for, wrong
from mutoscope.testing.upstreams.gemini_omni.files import Files, StoredFile
from mutoscope.testing.upstreams.gemini_omni.orders import Block, only
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

EVENTS = ("interaction.completed", "interaction.failed", "interaction.requires_action", "video.generated")
_FILE_URI = re.compile(r"/v1beta/files/(\w+)(?::download\?alt=media)?")


class FakeProject(FakeUpstream):
    """Files and webhooks; see FakeGeminiOmni for the options. spoils: what is wrong with the next webhooks."""

    def __init__(self, *, file_lifetime_seconds: float, polls_processing: int, redirects: bool, **base: Any) -> None:
        super().__init__(**base)
        self.files = Files(file_lifetime_seconds, polls_processing)
        self.redirects, self.spoils = redirects, ""
        self.webhooks: dict[str, dict[str, Any]] = {}

    def routes(self) -> list[BaseRoute]:
        table = (
            ("/upload/v1beta/files", Stage.UPLOAD, self._upload, "POST"),
            ("/v1beta/files/{id}:download", Stage.DOWNLOAD, self._download_file, "GET"),
            ("/v1beta/files/{id}", Stage.FIND, self._get_file, "GET"),
            ("/v1beta/files/{id}", Stage.CANCEL, self._delete_file, "DELETE"),
            ("/v1beta/webhooks", Stage.FIND, self._new_webhook, "POST"),
        )
        routes = [self.route(path, stage, guarded(handler), [method]) for path, stage, handler, method in table]
        return [*routes, Route("/.well-known/jwks.json", self._keys, methods=["GET"])]

    def is_authorized(self, request: Request) -> bool:
        """By the key's own header, or, for the bytes of an upload, by the address that was given for them."""
        by_address = self.files.knows_upload(request.query_params.get("upload_id"))
        return request.headers.get("x-goog-api-key") == self.secret or by_address

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        return refusal_for(mishap).answer()

    def expire_links(self) -> None:
        super().expire_links()
        self.files.expire()

    async def announce(self, job: FakeJob) -> list[int]:
        """Send the event of a job that has ended to the request's own receivers, or else to the registered ones."""
        kind = "interaction.completed" if job.more["state"] == "done" else "interaction.failed"
        told = hooks.event(kind, job.id, job.more["metadata"])
        body, message_id = json.dumps(told).encode(), job.more.setdefault("webhook_id", f"msg_{secrets.token_hex(12)}")
        if uris := job.more["hooks"]:
            headers = [hooks.dynamically_signed(message_id, told, uri, spoils=self.spoils) for uri in uris]
            return [await self.call_back(uri, body, each) for uri, each in zip(uris, headers, strict=True)]
        return [
            await self.call_back(
                hook["uri"], body, hooks.statically_signed(message_id, body, hook["secret"], spoils=self.spoils)
            )
            for hook in self.webhooks.values()
            if kind in hook["subscribed_events"]
        ]

    def uri_of(self, file: StoredFile) -> str:
        """Where a generated file is downloaded, with the key."""
        return f"{self.url}/v1beta/files/{file.id}:download?alt=media"

    def bytes_of(self, block: Block) -> bytes:
        """What a block of the input holds or names. Refusal for a file that is unknown or not ready."""
        if block.data is not None:
            return block.data
        match = _FILE_URI.fullmatch((block.uri or "").removeprefix(self.url))
        if match is None:
            raise wrong(f"Unsupported file uri: {block.uri}")
        file = self.files.find(match[1])
        if not self.files.is_active(file):
            message = f"The File {file.id} is not in an ACTIVE state and usage is not allowed."
            raise Refusal(400, message, "FAILED_PRECONDITION")
        return file.data

    async def _upload(self, request: Request, mishap: Mishap | None) -> Response:
        if mishap is Mishap.SOURCE_REFUSED:
            raise refusal_for(mishap)
        upload_id = request.query_params.get("upload_id")
        if upload_id is None:
            upload_id = self.files.start(request.headers)
            address = f"{self.url}/upload/v1beta/files?upload_id={upload_id}&upload_protocol=resumable"
            return Response(headers={"X-Goog-Upload-URL": address, "X-Goog-Upload-Status": "active"})
        if not self.files.knows_upload(upload_id):
            raise Refusal(404, "Upload not found.")
        file = self.files.go_on(upload_id, request.headers, await request.body())
        if file is None:
            return Response(headers={"X-Goog-Upload-Status": "active"})
        shown = {"file": self.files.shown(file, self.url)}
        return JSONResponse(shown, headers={"X-Goog-Upload-Status": "final"})

    async def _get_file(self, request: Request, mishap: Mishap | None) -> Response:
        file = self.files.find(request.path_params["id"])
        file.polls += 1
        return JSONResponse(self.files.shown(file, self.url))

    async def _delete_file(self, request: Request, mishap: Mishap | None) -> Response:
        self.files.delete(request.path_params["id"])
        return JSONResponse({})

    async def _download_file(self, request: Request, mishap: Mishap | None) -> Response:
        file = self.files.find(request.path_params["id"])
        if mishap is Mishap.EXPIRED_LINK:
            file.is_gone = True
            self.files.find(file.id)
        if not file.is_generated or request.query_params.get("alt") != "media":
            raise wrong("Only the media of generated files can be downloaded.")
        if mishap is Mishap.PRIVATE_LINK:
            return RedirectResponse(PRIVATE_URL, 302)
        if self.redirects:
            return RedirectResponse(self.link(file.data), 302)
        return Response(file.data, media_type=file.mime_type)

    async def _new_webhook(self, request: Request, mishap: Mishap | None) -> Response:
        body = await body_of(request)
        only(body, ("name", "uri", "subscribed_events"), "")
        events = body.get("subscribed_events")
        known = isinstance(events, list) and all(each in EVENTS or str(each).startswith("batch.") for each in events)
        if not isinstance(body.get("uri"), str) or not events or not known:
            raise wrong("uri and subscribed_events are required.")
        hook = {"id": secrets.token_hex(8), **body, "state": "enabled"}
        self.webhooks[hook["id"]] = {**hook, "secret": hooks.new_secret()}
        return JSONResponse({**hook, "new_signing_secret": self.webhooks[hook["id"]]["secret"]})

    async def _keys(self, request: Request) -> Response:
        return JSONResponse(hooks.key_set())


def guarded(handler: Handler) -> Handler:
    async def answer(request: Request, mishap: Mishap | None) -> Response:
        try:
            return await handler(request, mishap)
        except Refusal as refusal:
            return refusal.answer()

    return answer


async def body_of(request: Request) -> dict[str, Any]:
    try:
        body = json.loads(await request.body())
    except ValueError:
        raise wrong("Invalid JSON payload received.") from None
    if not isinstance(body, dict):
        raise wrong("Invalid JSON payload received.")
    return body


def sent(announce: Callable[[FakeJob], Any]) -> Callable[[FakeJob], Any]:
    """A receiver that is away is no fault of the route that the event came from."""

    async def send(job: FakeJob) -> None:
        try:
            await announce(job)
        except (aiohttp.ClientError, TimeoutError):
            return

    return send
