"""The one table from domain errors to HTTP, and the one shape that every error has on the wire."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from http import HTTPStatus
from typing import Any

import msgspec
import structlog
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ExceptionHandler, Scope

from mutoscope.domain import errors as domain

LONGEST_RETRY_AFTER = 120  # seconds; the stock clients give up on a longer one
DEFAULT_RETRY_AFTER = 2
SHOWN_PATH_CHARACTERS = 200

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Reply:
    """How a class of errors is answered. `retry` is what x-should-retry tells the client."""

    status: int
    retry: bool = False
    type: str = "invalid_request_error"


def _server(status: int, retry: bool = False) -> Reply:
    return Reply(status, retry, "server_error")


# Looked up along the class order, so a class without a line of its own has its parent's.
REPLIES: dict[type[domain.MutoscopeError], Reply] = {
    domain.MutoscopeError: _server(500),
    domain.CallerError: Reply(400),
    domain.NotAuthenticated: Reply(401),
    domain.BudgetExceeded: Reply(402),
    domain.NotAllowed: Reply(403),
    domain.VideoNotFound: Reply(404),
    domain.CharacterNotFound: Reply(404),
    domain.EndpointNotFound: Reply(404),
    domain.RouteNotFound: Reply(404),
    domain.VideoNotReady: Reply(404),
    domain.VariantNotAvailable: Reply(404),
    domain.AssetExpired: Reply(404),
    domain.MethodNotAllowed: Reply(405),
    domain.FileTooLarge: Reply(413),
    domain.UnsupportedMedia: Reply(415),
    domain.RangeNotSatisfiable: Reply(416),
    domain.TooManyRequests: Reply(429, True, "rate_limit_error"),
    domain.UpstreamError: _server(502),
    domain.ContentRefused: Reply(400),
    domain.UpstreamRejected: Reply(400),
    domain.UpstreamQuotaExhausted: _server(503),
    domain.UpstreamRateLimited: _server(503, retry=True),
    domain.UpstreamUnavailable: _server(503, retry=True),
    domain.UpstreamTimeout: _server(504, retry=True),
    domain.ServerError: _server(500),
    domain.StorageUnavailable: _server(503, retry=True),
    domain.DatabaseUnavailable: _server(503, retry=True),
}


class ErrorBody(msgspec.Struct):
    """All four keys are always present; `param` and `code` may be null."""

    message: str
    type: str
    param: str | None
    code: str | None


class ErrorEnvelope(msgspec.Struct):
    """The body of every answer that is not a success."""

    error: ErrorBody


def reply_to(error: Exception) -> Reply:
    """The line of the table for an error; what we did not raise on purpose is a failure of ours.

    A video that exists and was not started is answered like the failure itself, but never invites a repetition.
    """
    if isinstance(error, domain.NotStarted):
        reply = _line(_UPSTREAM_ERRORS.get(error.failure_code, domain.UpstreamError))
        return replace(reply, retry=False)
    return _line(type(error))


def _line(cls: type[Exception]) -> Reply:
    classes = (each for each in cls.__mro__ if each in REPLIES)
    return REPLIES[next(classes, domain.ServerError)]


_UPSTREAM_ERRORS = {cls.code: cls for cls in domain.UpstreamError.__subclasses__()}


def describe(error: Exception) -> ErrorEnvelope:
    """The envelope of an error. What went wrong on our side is logged, not told: messages may hold paths."""
    reply = reply_to(error)
    if isinstance(error, domain.CallerError):
        return ErrorEnvelope(ErrorBody(error.message, reply.type, error.param, error.error_code))
    if isinstance(error, domain.NotStarted):
        return ErrorEnvelope(ErrorBody(error.message, reply.type, None, error.failure_code))
    kind = type(error) if isinstance(error, domain.MutoscopeError) else domain.ServerError
    return ErrorEnvelope(ErrorBody((kind.__doc__ or "").strip(), reply.type, None, kind.code))


def render(error: Exception, headers: dict[str, str] | None = None) -> Response:
    """The HTTP answer to an error."""
    reply = reply_to(error)
    return Response(
        msgspec.json.encode(describe(error)),
        status_code=reply.status,
        media_type="application/json",
        headers=(headers or {}) | _headers(error, reply),
    )


def _headers(error: Exception, reply: Reply) -> dict[str, str]:
    headers = {"x-should-retry": "true" if reply.retry else "false"}
    if reply.status in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        seconds = getattr(error, "retry_after", None) or DEFAULT_RETRY_AFTER
        headers["retry-after"] = str(max(1, min(LONGEST_RETRY_AFTER, math.ceil(seconds))))
    if isinstance(error, domain.NotStarted):
        headers["mutoscope-video-id"] = error.video_id
    if isinstance(error, domain.BodyTooSlow):
        headers["connection"] = "close"
    if reply.status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    return headers


async def on_domain_error(request: Request, error: Exception) -> Response:
    """Answers every `MutoscopeError`."""
    if not isinstance(error, domain.CallerError):
        log_failure(request.scope, error)
    return render(error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Answers the framework's own refusals in our words."""
    assert isinstance(error, HTTPException)
    allow = (error.headers or {}).get("Allow", "")
    allowed = ", ".join(sorted(allow.split(", ")))
    return render(_translated(request, error, allowed), {"allow": allowed} if allowed else None)


def exception_handlers() -> dict[Any, ExceptionHandler]:
    """What a Starlette application needs to answer every expected error in the dialect's shape."""
    return {domain.MutoscopeError: on_domain_error, HTTPException: on_http_exception}


def log_failure(scope: Scope, error: Exception) -> None:
    """Keep for the operator what the caller is not told."""
    request_id = scope.get("state", {}).get("request_id")  # also where no context was made, as for a worker's probes
    if isinstance(error, domain.DatabaseUnavailable | domain.StorageUnavailable):
        # Known well enough, and in an outage every request brings one.
        _log.error("request failed", request_id=request_id, reason=error.message)
    else:
        _log.error("request failed", request_id=request_id, exc_info=error)


def _translated(request: Request, error: HTTPException, allowed: str) -> domain.MutoscopeError:
    shown = f"{request.method} {request.scope['path'][:SHOWN_PATH_CHARACTERS]}"
    match error.status_code:
        case HTTPStatus.NOT_FOUND:
            return domain.RouteNotFound(f"Invalid URL ({shown})")
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return domain.MethodNotAllowed(f"Method not allowed ({shown}). Allowed: {allowed}.")
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return domain.FileTooLarge()
        case status if status < HTTPStatus.INTERNAL_SERVER_ERROR:
            return domain.InvalidRequest(error.detail)
    return domain.ServerError()
