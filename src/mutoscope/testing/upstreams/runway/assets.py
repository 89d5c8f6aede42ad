"""Clips and pictures that are given to Runway: how they may be given, uploads, and what is refused."""

from __future__ import annotations

import ipaddress
import secrets
import time
from typing import Any
from urllib.parse import urlsplit

from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from mutoscope.testing.upstreams.checks import object_in
from mutoscope.testing.upstreams.fake import SourceUnusable
from mutoscope.testing.upstreams.mishaps import Mishap
from mutoscope.testing.upstreams.runway.answers import refused
from mutoscope.testing.upstreams.two_steps import TwoStepUploads

LARGEST_BY_URL = {"image": 16_000_000, "video": 32_000_000}
LARGEST_DATA_IMAGE = 5_000_000


class RunwayAssets(TwoStepUploads):
    """largest_data_video: bytes of a data URI with a clip. largest_upload: bytes. upload_seconds: how long one lasts.
    allows_loopback: whether an address without TLS and with an IP may be a source, as no real one may; the fake's own
    links stand for ones of the CDN, and always may.
    """

    def __init__(
        self,
        *,
        largest_data_video: int = 5_000_000,
        largest_upload: int = 200_000_000,
        upload_seconds: float = 24 * 3600.0,
        allows_loopback: bool = False,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.largest_data_video, self.largest_upload = largest_data_video, largest_upload
        self.upload_seconds, self.allows_loopback = upload_seconds, allows_loopback
        self._forms: dict[str, tuple[str, dict[str, str]]] = {}  # by the address to bring a file to: its URI and form
        self._brought: dict[str, float] = {}  # by URI: when

    def asset_routes(self) -> list[BaseRoute]:
        return [
            self.upload_route("ask", "/v1/uploads", self._ask, ["POST"]),
            self.upload_route("bring", "/bucket/{token}", self._bring, ["POST"]),
        ]

    def is_authorized(self, request: Request) -> bool:
        """The form that is posted to storage is signed, and should not come with the key."""
        if request.url.path.startswith("/bucket/"):
            if "authorization" in request.headers:
                self.leaks.append(str(request.url))
            return True
        return super().is_authorized(request)

    async def asset(self, uri: str, medium: str) -> bytes:
        """The bytes of a source, a "video" or an "image". SourceUnusable where it may not be given so."""
        if uri.startswith("data:"):
            largest = self.largest_data_video if medium == "video" else LARGEST_DATA_IMAGE
            if not uri.startswith(f"data:{medium}/"):
                raise SourceUnusable(f"the data URI is not of the type {medium}")
            if len(uri) > largest:
                raise SourceUnusable(f"the data URI is larger than {largest} bytes")
        elif uri.startswith("runway://"):
            if uri not in self._brought or time.time() > self._brought[uri] + self.upload_seconds:
                raise SourceUnusable("the upload does not exist or has expired")
        elif not uri.startswith(f"{self.url}/files/") and not self.allows_loopback:
            _check_address(uri)
        data = await self.fetch(uri)
        if not uri.startswith(("data:", "runway://")) and len(data) > LARGEST_BY_URL[medium]:
            raise SourceUnusable(f"the file is larger than {LARGEST_BY_URL[medium]} bytes")
        return data

    async def _ask(self, request: Request, mishap: Mishap | None) -> Response:
        if wrong := self.wrong_version(request):
            return wrong
        asked = await object_in(request)
        if asked is None or not isinstance(asked.get("filename"), str) or not asked["filename"]:
            return refused("filename: Required")
        if asked.get("type") != "ephemeral" or asked.keys() - {"filename", "type"}:
            return refused("type: Invalid literal value, expected ephemeral")
        if mishap is Mishap.SOURCE_REFUSED:
            return refused("filename: This type of file is not accepted")
        token = secrets.token_hex(8)
        uri, fields = f"runway://{secrets.token_urlsafe(32)}", {"key": token, "policy": secrets.token_hex(16)}
        self._forms[token] = uri, fields
        return JSONResponse({"runwayUri": uri, "uploadUrl": f"{self.url}/bucket/{token}", "fields": fields})

    async def _bring(self, request: Request, mishap: Mishap | None) -> Response:
        """As a bucket takes a signed form: all its fields, and then the file."""
        uri, fields = self._forms.get(request.path_params["token"], ("", {}))
        if mishap is not None or not uri or not request.headers.get("content-type", "").startswith("multipart/"):
            return _bucket_refuses(403, "AccessDenied")
        async with request.form(max_part_size=self.largest_upload) as form:
            parts = form.multi_items()
            last = parts[-1] if parts else ("", "")
            if dict(parts[:-1]) != fields or last[0] != "file":
                return _bucket_refuses(403, "AccessDenied")
            data = await last[1].read() if isinstance(last[1], UploadFile) else last[1].encode()
        if len(data) > self.largest_upload:
            return _bucket_refuses(400, "EntityTooLarge")
        self.uploads[uri], self._brought[uri] = data, time.time()
        return Response(status_code=204)

    def wrong_version(self, request: Request) -> Response | None:
        raise NotImplementedError


def _check_address(uri: str) -> None:
    parts = urlsplit(uri)
    if parts.scheme != "https" or not parts.hostname:
        raise SourceUnusable("only HTTPS URLs are allowed")
    try:
        ipaddress.ip_address(parts.hostname)
    except ValueError:
        return
    raise SourceUnusable("the host must be a domain name, not an IP address")


def _bucket_refuses(status: int, code: str) -> Response:
    return Response(f"<Error><Code>{code}</Code></Error>", status, media_type="application/xml")
