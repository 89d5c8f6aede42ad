"""The answers that are no success: which statuses an operation can give, with which codes, and what they look like."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from http import HTTPStatus
from typing import Any

import msgspec

from mutoscope.dialect.errors import describe, reply_to
from mutoscope.dialect.reference.answers import ref
from mutoscope.dialect.reference.operations import Errors, Operation
from mutoscope.dialect.reference.parameters import EVERY_ANSWER, WITH_A_KEY
from mutoscope.dialect.values import invalid_type, missing
from mutoscope.domain import errors
from mutoscope.domain.video import PROMPT_MAX_CHARACTERS

Schema = dict[str, Any]

# What any request may meet, whatever it asks for.
_ALWAYS: Errors = (errors.ServerError, errors.DatabaseUnavailable)
_WITH_KEY: Errors = (errors.NotAuthenticated, errors.TooManyRequests)

_EMPTY = errors.InvalidRequest(
    f"Invalid 'prompt': empty string. Expected 1 to {PROMPT_MAX_CHARACTERS} characters.",
    param="prompt",
    code="empty_string",
)
_LONG = errors.InvalidRequest(
    f"Invalid 'prompt': string too long. Expected at most {PROMPT_MAX_CHARACTERS} characters, got 32001.",
    param="prompt",
    code="string_above_max_length",
)

# Beside the class's own code and sentence: the narrower ones that are raised under it.
_NARROWER: dict[type[errors.MutoscopeError], tuple[errors.MutoscopeError, ...]] = {
    errors.InvalidRequest: (
        missing("prompt"),
        invalid_type("prompt", "a string", 8),
        _EMPTY,
        _LONG,
    ),
    errors.UnsupportedByModel: (
        errors.UnsupportedByModel(
            "Model 'flipbook' cannot change an uploaded clip.", param="model", code="unsupported_operation"
        ),
    ),
    errors.NotAuthenticated: (
        errors.NotAuthenticated("You didn't provide an API key. Send it as 'Authorization: Bearer KEY'.", missing=True),
    ),
}
_OF_THE_LINE = (
    errors.InvalidRequest("Invalid HTTP request received.", code="invalid_http"),
    errors.InvalidRequest("The request line and headers are over the limit.", code="headers_too_large"),
)

# As a field an unknown model is a bad value, as a URL it is a thing that is not there.
_OF_OPERATION: dict[str, errors.MutoscopeError] = {
    "retrieve_model": errors.RouteNotFound(
        "The model 'sora-9' does not exist here. Available models: flipbook.",
        param="model",
        code=errors.ModelNotFound.code,
    ),
    "test_webhook_endpoint": errors.InvalidRequest(
        "The endpoint gave no answer.", param="url", code="webhook_endpoint_unreachable"
    ),
    "replay_webhook_delivery": errors.EndpointNotFound(
        "Delivery 'wh_123' not found.", param="delivery_id", code="webhook_delivery_not_found"
    ),
}

# A failure of the upstream may carry a code of its own, so these are not all there are.
_OPEN_ENDED = HTTPStatus.INTERNAL_SERVER_ERROR


def failures_of(operation: Operation) -> dict[int, list[errors.MutoscopeError]]:
    """Examples of every error that an operation can answer with, one for each code, by HTTP status."""
    classes = (*operation.errors, *_ALWAYS, *(() if operation.is_open else _WITH_KEY))
    found: defaultdict[int, list[errors.MutoscopeError]] = defaultdict(list)
    own = (_OF_OPERATION[operation.id],) if operation.id in _OF_OPERATION else ()
    for error in (*_OF_THE_LINE, *own, *_examples(dict.fromkeys(classes))):
        found[reply_to(error).status].append(error)
    return dict(sorted(found.items()))


def failure_response(status: int, examples: list[errors.MutoscopeError], operation: Operation) -> Schema:
    """One entry of an operation's `responses`."""
    bodies = [json.loads(msgspec.json.encode(describe(error))) for error in examples]
    codes = list(dict.fromkeys(body["error"]["code"] for body in bodies))
    return {
        "description": f"{HTTPStatus(status).phrase}. Codes: {_listed(codes)}.",
        "headers": {name: {"$ref": f"#/components/headers/{name}"} for name in _headers(status, operation)},
        "content": {
            "application/json": {
                "schema": _schema(status, codes),
                "examples": {str(body["error"]["code"] or "no_key"): {"value": body} for body in bodies},
            }
        },
    }


def _examples(classes: Iterable[type[errors.MutoscopeError]]) -> Iterable[errors.MutoscopeError]:
    for cls in classes:
        yield cls()
        yield from _NARROWER.get(cls, ())


def _schema(status: int, codes: list[str | None]) -> Schema:
    if status >= _OPEN_ENDED:
        return ref("ErrorEnvelope")
    narrowed = {"properties": {"error": {"properties": {"code": {"enum": codes}}}}}
    return {"allOf": [ref("ErrorEnvelope"), narrowed]}


def _headers(status: int, operation: Operation) -> tuple[str, ...]:
    names = [*EVERY_ANSWER, "x-should-retry"]
    match status:
        case HTTPStatus.UNAUTHORIZED:
            names += ["www-authenticate"]
        case HTTPStatus.TOO_MANY_REQUESTS | HTTPStatus.SERVICE_UNAVAILABLE:
            names += ["retry-after"]
        case HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            names += ["content-range", "accept-ranges"]
    if "Prefer" in operation.parameters and status >= HTTPStatus.BAD_REQUEST:
        names += ["mutoscope-video-id"]
    if status != HTTPStatus.UNAUTHORIZED and not operation.is_open:
        names += WITH_A_KEY
    return tuple(names)


def _listed(codes: list[str | None]) -> str:
    return ", ".join(f"`{code}`" if code else "null (no key)" for code in codes)
