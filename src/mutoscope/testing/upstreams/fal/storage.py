"""fal's storage: a place to put a file at, or a token for the CDN and the file itself."""

from __future__ import annotations

import secrets
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from mutoscope.testing.upstreams.checks import object_in
from mutoscope.testing.upstreams.fal.answers import Problem, at, listed, moment
from mutoscope.testing.upstreams.mishaps import Mishap
from mutoscope.testing.upstreams.two_steps import TwoStepUploads

TOKEN_SECONDS = 3600
MODERATED = "The content could not be processed because it contained material flagged by a content checker."


class FalStorage(TwoStepUploads):
    """Files are public at their address once they have been brought, without a limit of time."""

    moderated_as: tuple[int, str]

    def __init__(self, **base: Any) -> None:
        super().__init__(**base)
        self._cdn_token = f"cdn-{secrets.token_hex(8)}"
        self._places: dict[str, str] = {}  # a place that was asked for: the media type of what it is for

    def storage_routes(self) -> list[BaseRoute]:
        return [
            self.upload_route("ask", "/storage/upload/initiate", self._initiate, ["POST"]),
            self.upload_route("bring", "/storage/put/{token}", self._put, ["PUT"]),
            self.upload_route("ask", "/storage/auth/token", self._token, ["POST"]),
            self.upload_route("bring", "/files/upload", self._cdn_upload, ["POST"]),
        ]

    def is_authorized(self, request: Request) -> bool:
        """The CDN takes its own token; a place to put a file at needs none, and should see none."""
        path, shown = request.url.path, request.headers.get("authorization")
        if path.startswith("/storage/put/"):
            if shown is not None:
                self.leaks.append(str(request.url))
            return True
        return shown == (f"Bearer {self._cdn_token}" if path == "/files/upload" else f"Key {self.secret}")

    def moderation(self, name: str) -> tuple[int, Problem]:
        status, kind = self.moderated_as
        return status, at(name, MODERATED, kind)

    async def _initiate(self, request: Request, mishap: Mishap | None) -> Response:
        asked = await object_in(request) or {}
        if request.query_params.get("storage_type") != "gcs":
            return listed(422, at("storage_type", "Input should be 'gcs'", "enum", "query"))
        for name in ("file_name", "content_type"):
            if not isinstance(asked.get(name), str):
                return listed(422, at(name, "Field required", "missing"))
        if refusal := self._refused(mishap):
            return refusal
        token = secrets.token_hex(8) + "." + asked["file_name"].rpartition(".")[2]
        self._places[token] = asked["content_type"]
        return JSONResponse({"upload_url": f"{self.url}/storage/put/{token}", "file_url": f"{self.url}/files/{token}"})

    async def _put(self, request: Request, mishap: Mishap | None) -> Response:
        if refusal := self._refused(mishap):
            return refusal
        token = request.path_params["token"]
        if token not in self._places or request.headers.get("content-type") != self._places[token]:
            return Response(b"<Error><Code>SignatureDoesNotMatch</Code></Error>", 403, media_type="application/xml")
        self._keep(token, await request.body())
        return Response(status_code=200)

    async def _token(self, request: Request, mishap: Mishap | None) -> Response:
        if request.query_params.get("storage_type") != "fal-cdn-v3":
            return listed(422, at("storage_type", "Input should be 'fal-cdn-v3'", "enum", "query"))
        if refusal := self._refused(mishap):
            return refusal
        said = {"token": self._cdn_token, "token_type": "Bearer", "base_url": self.url}
        return JSONResponse({**said, "expires_at": moment(TOKEN_SECONDS)})

    async def _cdn_upload(self, request: Request, mishap: Mishap | None) -> Response:
        if refusal := self._refused(mishap):
            return refusal
        return JSONResponse({"access_url": self._keep(secrets.token_hex(8) + ".bin", await request.body())})

    def _keep(self, token: str, data: bytes) -> str:
        address = f"{self.url}/files/{token}"
        self._links[token], self.uploads[address] = (data, False), data
        return address

    def _refused(self, mishap: Mishap | None) -> Response | None:
        if mishap is Mishap.MODERATED:
            return listed(*self.moderation("file"))
        if mishap is Mishap.SOURCE_REFUSED:
            return listed(422, at("content_type", "This file is not accepted", "value_error"))
        return None
