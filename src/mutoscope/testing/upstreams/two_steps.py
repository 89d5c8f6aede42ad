"""Uploads in two steps: one request says where to, another brings the bytes."""

from __future__ import annotations

from typing import Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from mutoscope.testing.upstreams.fake import FakeUpstream, Handler
from mutoscope.testing.upstreams.mishaps import Mishap, Stage

Step = Literal["ask", "bring"]


class TwoStepUploads(FakeUpstream):
    """upload_step: which of the two the mishaps of `Stage.UPLOAD` befall; the other goes well."""

    upload_step: Step = "ask"

    def upload_route(self, step: Step, path: str, handler: Handler, methods: list[str]) -> Route:
        befallen = self.route(path, Stage.UPLOAD, handler, methods)

        async def answer(request: Request) -> Response:
            if self.upload_step == step:
                return await befallen.endpoint(request)
            self._note(request)
            if not self.is_authorized(request):
                return self.error(Mishap.UNAUTHORIZED, Stage.UPLOAD)
            return await handler(request, None)

        return Route(path, answer, methods=methods)
