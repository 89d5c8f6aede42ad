"""The outermost skin of the dialect: headers that every answer carries, and no error without an envelope."""

from __future__ import annotations

import secrets
import time
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.contextvars import bind_contextvars

from mutoscope import metrics, tracing
from mutoscope.dialect.errors import log_failure, render
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.paths import literal_path
from mutoscope.dialect.templates import template_of
from mutoscope.domain.errors import InvalidRequest, MutoscopeError

# The version that the original sends; some clients log it.
OPENAI_VERSION = "2020-10-01"

_log = structlog.get_logger(__name__)


class Rim:
    """ASGI middleware around the whole application.

    It gives every request an id (`request_id` in the scope's state), puts the state's `answer_headers` on the answer,
    refuses oversized headers, turns whatever is raised before the answer begins into the error envelope, and lets a
    client leave without noise.
    """

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        state = {**scope.get("state", {})}
        answer = _Answer(send, state)
        scope["state"] = state
        bind_contextvars(request_id=answer.request_id)
        with tracing.span("request", _traceparent(scope), kind="server"):
            await self._pass_on(scope, receive, answer)
            if tracing.is_on():
                _describe(scope, answer)

    async def _pass_on(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            self._check_headers(scope)
            scope["path"] = literal_path(scope)
            await self._app(scope, receive, answer.send)
        except ClientDisconnect:
            _log.info("client left")
        except Exception as error:
            # Half an answer cannot be taken back; breaking the connection is how the client learns of it.
            if answer.has_begun:
                raise
            if not isinstance(error, MutoscopeError):
                log_failure(scope, error)
            await render(error)(scope, receive, answer.send)
        finally:
            metrics.request_answered(scope["method"], template_of(scope), answer.status, answer.seconds)

    def _check_headers(self, scope: Scope) -> None:
        headers = scope["headers"]
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        size += sum(len(name) + len(value) for name, value in headers)
        if size > self._limits.header_bytes or len(headers) > self._limits.header_count:
            raise InvalidRequest(
                f"The request line and headers are over the limit of {self._limits.header_bytes} bytes "
                f"or {self._limits.header_count} lines.",
                code="headers_too_large",
            )


def _traceparent(scope: Scope) -> str | None:
    """The caller's, where it goes on with a trace of its own."""
    if not tracing.is_on():
        return None
    told = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
    return told.decode("latin-1") or tracing.NEW_TRACE


def _describe(scope: Scope, answer: _Answer) -> None:
    route, method = template_of(scope), scope["method"] if scope["method"] in metrics.METHODS else "other"
    tracing.describe(
        f"{method} {route}",
        http__request__method=method,
        http__route=route,
        http__response__status_code=answer.status,
        mutoscope__request_id=answer.request_id,
    )


class _Answer:
    """Watches one answer on its way out and adds the common headers to it."""

    def __init__(self, send: Send, state: dict[str, Any]) -> None:
        self.request_id = state["request_id"] = f"req_{secrets.token_hex(16)}"
        self._state = state
        self.has_begun = False
        self.status = metrics.CLIENT_LEFT
        self._send = send
        self._started = time.perf_counter()

    @property
    def seconds(self) -> float:
        """Since the request's headers came."""
        return time.perf_counter() - self._started

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.has_begun = True
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers.update(self._state.get("answer_headers", {}))
            headers["x-request-id"] = self.request_id
            headers["openai-version"] = OPENAI_VERSION
            headers["openai-processing-ms"] = str(round(1_000 * self.seconds))
        await self._send(message)
