"""The OpenAPI 3.1 document, put together from the tables beside it."""

from __future__ import annotations

import json
from typing import Any

from mutoscope import __version__
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.reference.answers import answer_schemas, public_name, ref
from mutoscope.dialect.reference.examples import examples
from mutoscope.dialect.reference.failures import failure_response, failures_of
from mutoscope.dialect.reference.fields import BODIES, body_schema
from mutoscope.dialect.reference.operations import OPERATIONS, TAGS, Operation
from mutoscope.dialect.reference.parameters import EVERY_ANSWER, HEADERS, LINKS, PARAMETERS, WITH_A_KEY
from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Catalog

Schema = dict[str, Any]

_ABOUT = (
    "The OpenAI Videos dialect, spoken by a server of your own. A video is accepted at once and made behind the "
    "scenes: create it, ask for it until its status is `completed` or `failed`, fetch its files.\n\n"
    "Bodies may be JSON, multipart/form-data or urlencoded. Numbers and booleans may be text, as forms carry them; in "
    "forms, `a[b]` and `a.b` are keys and `a[]` appends. Unknown fields are never an error: they come back in "
    "`ignored`. Every error has one shape, and every answer a request id."
)
_PREFIX_TEXTS = {
    "/v1": "The original's prefix, for every official client.",
    "/v1/openai": "The same, as some gateways spell it.",
    "/openai/v1": "The same, for Azure's v1 clients.",
    "/openai": "The same, for the SDKs' Azure classes.",
    "": "The same without a prefix.",
}
_SECURITY = {
    "bearer": {"type": "http", "scheme": "bearer", "description": "`Authorization: Bearer KEY`. Keys may hold spaces."},
    "apiKey": {
        "type": "apiKey",
        "in": "header",
        "name": "api-key",
        "description": "`api-key: KEY`, as Azure's clients send it.",
    },
}
_MULTIPART = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"


def document(catalog: Catalog, limits: Limits, prefixes: tuple[str, ...]) -> Schema:
    """The whole document as JSON values, for the models of this catalog under these prefixes, the usual one first."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Mutoscope",
            "summary": "The Videos API that people host themselves.",
            "description": _ABOUT,
            "version": __version__,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": prefix or "/", "description": _PREFIX_TEXTS[prefix]} for prefix in prefixes],
        "security": [{"bearer": []}, {"apiKey": []}],
        "tags": [{"name": name, "description": text} for name, text in TAGS.items()],
        "paths": _paths(),
        "components": {
            "schemas": answer_schemas() | _body_schemas(catalog, limits),
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "securitySchemes": _SECURITY,
        },
    }


def _body_schemas(catalog: Catalog, limits: Limits) -> dict[str, Schema]:
    schemas: dict[str, Schema] = {}
    for body in BODIES:
        schemas[body] = body_schema(body, catalog, limits, in_form=False)
        schemas[f"{body}Form"] = body_schema(body, catalog, limits, in_form=True)
        schemas[f"{body}Multipart"] = body_schema(body, catalog, limits, in_form=True, multipart=True)
    return schemas


def _paths() -> Schema:
    paths: Schema = {}
    for operation in OPERATIONS:
        path = paths.setdefault(operation.path, {"servers": [{"url": "/"}]} if operation.is_open else {})
        path[operation.method] = _operation(operation)
    return paths


def _operation(operation: Operation) -> Schema:
    made: Schema = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": operation.text,
        "parameters": [{"$ref": f"#/components/parameters/{name}"} for name in operation.parameters],
        "responses": {str(status): answer for status, answer in _answers(operation).items()},
    }
    if operation.is_open:
        made["security"] = []
    if operation.body is not None:
        made["requestBody"] = _body(operation.body, operation.id)
    return made


def _body(name: str, operation_id: str) -> Schema:
    example = examples()[operation_id]["request"]
    return {
        "required": True,
        "content": {
            "application/json": {"schema": ref(name), "example": example},
            _MULTIPART: {"schema": ref(f"{name}Multipart")},
            _URLENCODED: {"schema": ref(f"{name}Form")},
        },
    }


def _answers(operation: Operation) -> dict[int, Schema]:
    if operation.is_stream:
        answers = _stream_answers(operation)
    else:
        answers = _content_answers(operation) if not operation.answers else {200: _success(operation)}
    for status, found in failures_of(operation).items():
        answers[status] = failure_response(status, found, operation)
    if operation.id == "ready":
        answers[503] = _not_ready(operation)
    return dict(sorted(answers.items()))


def _success(operation: Operation) -> Schema:
    kinds = [ref(name) for name in operation.answers]
    said = examples()[operation.id]
    shown = {name: {"value": said[key]} for name, key in zip(operation.answers, ("answer", "plan"), strict=False)}
    return {
        "description": _SUCCESSES.get(operation.id, "OK."),
        "headers": _headers(operation, *operation.headers),
        "content": {
            "application/json": {"schema": kinds[0] if len(kinds) == 1 else {"oneOf": kinds}, "examples": shown}
        },
        **({"links": {name: LINKS[name] for name in operation.links}} if operation.links else {}),
    }


_SUCCESSES = {
    "create_video": "The video; with `dry_run`, the plan.",
    "remix_video": "The new video; with `dry_run`, the plan.",
    "edit_video": "The new video; with `dry_run`, the plan.",
    "extend_video": "The new video; with `dry_run`, the plan.",
    "retrieve_video": "The video as it is now.",
    "list_videos": "A page of videos.",
    "delete_video": "It is gone.",
    "video_lineage": "The tree.",
    "create_character": "The character.",
    "retrieve_character": "The character.",
    "create_webhook_endpoint": "The endpoint, with its secret.",
    "list_webhook_endpoints": "A page of endpoints.",
    "rotate_webhook_secret": "The endpoint, with its new secret.",
    "list_webhook_deliveries": "A page of deliveries.",
    "list_models": "All models.",
    "retrieve_model": "The model.",
    "alive": "It is alive.",
    "ready": "It can work.",
}


def _content_answers(operation: Operation) -> dict[int, Schema]:
    content = {variant.media_type: {"schema": {"type": "string", "format": "binary"}} for variant in Variant}
    own = operation.headers
    return {
        200: {"description": "The whole file.", "headers": _headers(operation, *own), "content": content},
        206: {
            "description": "The bytes asked for.",
            "headers": _headers(operation, *own, "content-range"),
            "content": content,
        },
        304: {"description": "You have it already.", "headers": _headers(operation, *own)},
    }


def _stream_answers(operation: Operation) -> dict[int, Schema]:
    """OpenAPI 3.1 has no word for the items of a stream: the schema is that of one event, its fields as text."""
    video = examples()["retrieve_video"]["answer"]
    event_id = "evt_" + video["id"].removeprefix("video_")
    event = {"id": event_id, "object": "event", "created_at": video["completed_at"], "type": "video.completed"}
    text = (
        f"id: {event_id}\nevent: video.completed\ndata: {json.dumps(event | {'data': video}, ensure_ascii=False)}\n\n"
    )
    text_field = {"type": "string"}
    schema = {
        "type": "object",
        "description": "One event of the stream, as the HTML standard has it; `data` is an `Event` in JSON.",
        "properties": {"id": text_field, "event": text_field, "data": text_field, "retry": {"type": "integer"}},
        "required": ["event", "data"],
    }
    answers: dict[int, Schema] = {
        200: {
            "description": "A stream of events. The `data` of each is an `Event`.",
            "headers": _headers(operation, *operation.headers),
            "content": {"text/event-stream": {"schema": schema, "example": text}},
        }
    }
    if "video_id" in operation.parameters:
        answers[204] = {
            "description": "You have the last event already. EventSource asks no more then.",
            "headers": _headers(operation, *operation.headers),
        }
    return answers


def _not_ready(operation: Operation) -> Schema:
    return {
        "description": "Something does not work; `not_ready` says what.",
        "headers": _headers(operation, "x-should-retry", "retry-after"),
        "content": {
            "application/json": {
                "schema": {"anyOf": [ref(public_name("NotReady")), ref("ErrorEnvelope")]},
                "example": examples()["ready"]["not_ready"],
            }
        },
    }


def _headers(operation: Operation, *names: str) -> Schema:
    wanted = (*EVERY_ANSWER, *names, *(() if operation.is_open else WITH_A_KEY))
    return {name: {"$ref": f"#/components/headers/{name}"} for name in wanted}
