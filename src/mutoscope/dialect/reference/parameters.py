"""Parameters of requests, headers of answers, and links from one operation to the next."""

from __future__ import annotations

from typing import Any

from mutoscope.dialect.attempts import KEY_MAX_CHARACTERS
from mutoscope.dialect.content import FIRST_OUTPUT
from mutoscope.dialect.errors import LONGEST_RETRY_AFTER
from mutoscope.dialect.middleware import OPENAI_VERSION
from mutoscope.dialect.pages import DEFAULT_LIMIT, LARGEST_LIMIT
from mutoscope.dialect.polling import LONGEST, SHORTEST
from mutoscope.dialect.reference.examples import examples
from mutoscope.dialect.reference.fields import WELLFORMED_ID
from mutoscope.dialect.usage import DEFAULT_DAYS
from mutoscope.dialect.waiting import LONGEST as LONGEST_WAIT
from mutoscope.domain.assets import Variant
from mutoscope.domain.hops import HEADER as HOPS
from mutoscope.domain.hops import MOST as MOST_HOPS
from mutoscope.domain.money import UsageBy
from mutoscope.service.acceptance import KEY_SECONDS
from mutoscope.service.listening import FROM_THE_FIRST, TYPES

Schema = dict[str, Any]


def _parameter(name: str, place: str, text: str, schema: Schema, example: Any = None) -> Schema:
    made = {"name": name, "in": place, "required": place == "path", "description": text, "schema": schema}
    return made if example is None else made | {"example": example}


_NAME = {"type": "string", "pattern": "^[A-Za-z0-9._/-]*[A-Za-z0-9_-]$"}
_DATE = {"type": "string", "format": "date"}
_VIDEO = examples()["create_video"]["answer"]["id"]
_CHARACTER = examples()["create_character"]["answer"]["id"]
_ENDPOINT = examples()["create_webhook_endpoint"]["answer"]["id"]
_DELIVERY = examples()["replay_webhook_delivery"]["answer"]["id"]

PARAMETERS: dict[str, Schema] = {
    made["name"]: made
    for made in (
        _parameter(
            "video_id",
            "path",
            "The video's id. Unknown, deleted, malformed or somebody else's: 404 for all.",
            WELLFORMED_ID,
            _VIDEO,
        ),
        _parameter("character_id", "path", "The character's id.", WELLFORMED_ID, _CHARACTER),
        _parameter("webhook_endpoint_id", "path", "The endpoint's id.", WELLFORMED_ID, _ENDPOINT),
        _parameter("delivery_id", "path", "The delivery's id, which is its `webhook-id`.", WELLFORMED_ID, _DELIVERY),
        _parameter("model", "path", "The model's name; it may hold slashes.", _NAME, "flipbook"),
        _parameter(
            "limit",
            "query",
            f"How many at most; {DEFAULT_LIMIT} by default, and more than {LARGEST_LIMIT} is cut to {LARGEST_LIMIT}. "
            "0 gives an empty page that says whether there is anything.",
            {"type": "integer", "minimum": 0, "default": DEFAULT_LIMIT},
        ),
        _parameter(
            "order",
            "query",
            "`desc` begins with the newest, `asc` with the oldest.",
            {"type": "string", "enum": ["asc", "desc"], "default": "desc"},
        ),
        _parameter("after", "query", "Begin behind this id: `last_id` of the page before.", {"type": "string"}),
        _parameter(
            "wait",
            "query",
            f"Seconds to hold the answer until the status changes; more than {LONGEST_WAIT:g} is cut to "
            f"{LONGEST_WAIT:g}. A video at its end is answered at once.",
            {"type": "number", "minimum": 0},
        ),
        _parameter(
            "by",
            "query",
            "What the lines are.",
            {"type": "string", "enum": list(UsageBy), "default": UsageBy.DAY.value},
        ),
        _parameter("from", "query", f"First UTC day; {DEFAULT_DAYS} days back by default.", _DATE, "2026-11-01"),
        _parameter("to", "query", "Last UTC day; today by default.", _DATE, "2026-11-30"),
        _parameter(
            "type",
            "query",
            "Only events of these types, separated by commas; all by default.",
            {"type": "array", "items": {"type": "string", "enum": list(TYPES)}},
        )
        | {"style": "form", "explode": False},
        _parameter(
            "Last-Event-ID",
            "header",
            "The id of the last event that you have: the stream goes on behind it. "
            f"`{FROM_THE_FIRST}` is before the first. EventSource sends it by itself.",
            {"type": "string", "pattern": f"^({FROM_THE_FIRST}|evt_[0-9a-f]{{48}})$"},
        ),
        _parameter(
            "last_event_id",
            "query",
            "The same, for clients that cannot send headers. The header comes first.",
            {"type": "string", "pattern": f"^({FROM_THE_FIRST}|evt_[0-9a-f]{{48}})$"},
        ),
        _parameter(
            "variant",
            "query",
            f"Which file: `video` (MP4), `thumbnail` (WebP) or `spritesheet` (JPEG). `{FIRST_OUTPUT}` means the video.",
            {"type": "string", "enum": [*Variant, FIRST_OUTPUT], "default": Variant.VIDEO.value},
        ),
        _parameter(
            "dry_run",
            "query",
            "Answer with the plan: model, strategy, adjustments and price. The same errors, but no video comes of it.",
            {"type": "boolean", "default": False},
        ),
        _parameter(
            "Prefer",
            "header",
            f"`wait=N` (RFC 7240) holds the answer up to N seconds, at most {LONGEST_WAIT:g}, until the provider has "
            "taken the video or refused it; a refusal is then the answer's status. Anything else is no preference.",
            {"type": "string"},
            "wait=10",
        ),
        _parameter(
            "Idempotency-Key",
            "header",
            f"Yours for one request, remembered for {KEY_SECONDS / 86_400:g} days: the same request again is answered "
            "with what it made. `X-Idempotency-Key` is read too.",
            {"type": "string", "minLength": 1, "maxLength": KEY_MAX_CHARACTERS, "pattern": "^[ -~]*$"},
            "order-4711",
        ),
        _parameter(
            HOPS,
            "header",
            f"How many gateways passed this request on; each sends one more than it got. Above {MOST_HOPS} it is "
            "refused, so that two which are each other's providers do not go on for ever.",
            {"type": "integer", "minimum": 0, "maximum": MOST_HOPS},
        ),
        _parameter(
            "Range",
            "header",
            "One range of bytes. What cannot be read is no range.",
            {"type": "string"},
            "bytes=0-1023",
        ),
        _parameter(
            "If-Range",
            "header",
            "An ETag or Last-Modified: the range counts only if it still holds.",
            {"type": "string"},
        ),
        _parameter(
            "If-None-Match", "header", "ETags that you have: 304 if the file is one of them.", {"type": "string"}
        ),
    )
}


def _header(text: str, schema: Schema, *, always: bool = False) -> Schema:
    return {"description": text, "required": always, "schema": schema}


_WHOLE = {"type": "integer", "minimum": 0}
_WORD = {"type": "string", "minLength": 1}
_TRUE = {"type": "string", "const": "true"}

HEADERS: dict[str, Schema] = {
    "x-request-id": _header(
        "Names this request in the server's log; quote it in reports.",
        {"type": "string", "pattern": "^req_[0-9a-f]{32}$"},
        always=True,
    ),
    "openai-version": _header("As the original sends it.", {"type": "string", "const": OPENAI_VERSION}),
    "openai-processing-ms": _header("How long the answer took, in milliseconds.", _WHOLE),
    "x-ratelimit-limit-requests": _header("Requests a minute for the tenant, where the server limits them.", _WHOLE),
    "x-ratelimit-remaining-requests": _header("How many of them are left.", _WHOLE),
    "x-ratelimit-reset-requests": _header(
        "When all are there again, as a duration: `12ms`, `1s`, `6m0s`.",
        {"type": "string", "pattern": "^([0-9]+ms|([0-9]+m)?[0-9]+s)$"},
    ),
    "x-should-retry": _header(
        "Whether sending the same again can help. The SDKs obey it.",
        {"type": "string", "enum": ["true", "false"]},
        always=True,
    ),
    "retry-after": _header(
        "Seconds to wait before the next try.",
        {"type": "integer", "minimum": 1, "maximum": LONGEST_RETRY_AFTER},
        always=True,
    ),
    "www-authenticate": _header("How to show a key.", {"type": "string", "const": "Bearer"}, always=True),
    "mutoscope-video-id": _header("The video that exists but was not started; only after `Prefer: wait`.", _WORD),
    "openai-poll-after-ms": _header(
        "Milliseconds until asking again is worth it; on every video that is not at its end. The SDKs obey it.",
        {"type": "integer", "minimum": SHORTEST, "maximum": LONGEST},
    ),
    "mutoscope-notice": _header("The video's `notice`, in ASCII.", _WORD),
    "idempotent-replayed": _header("On an answer that an earlier attempt of this request had made already.", _TRUE),
    "preference-applied": _header("On an answer that `Prefer: wait` has held.", {"type": "string", "const": "wait"}),
    "etag": _header("The file's SHA-256, quoted.", {"type": "string", "pattern": '^"[0-9a-f]{64}"$'}, always=True),
    "last-modified": _header("When it was stored, as an HTTP date.", _WORD, always=True),
    "accept-ranges": _header("Ranges of bytes are answered.", {"type": "string", "const": "bytes"}, always=True),
    "content-disposition": _header("A file name to save it under.", _WORD, always=True),
    "cache-control": _header("For the caller alone.", {"type": "string", "const": "private"}, always=True),
    "x-accel-buffering": _header("Asks a proxy to pass on each event at once.", {"type": "string", "const": "no"}),
    "content-range": _header(
        "Which bytes these are, of how many; with 416, how many there are.",
        {"type": "string", "pattern": "^bytes ([0-9]+-[0-9]+|\\*)/[0-9]+$"},
        always=True,
    ),
}

EVERY_ANSWER = ("x-request-id", "openai-version", "openai-processing-ms")
WITH_A_KEY = ("x-ratelimit-limit-requests", "x-ratelimit-remaining-requests", "x-ratelimit-reset-requests")


def _link(operation: str, text: str, **rest: Any) -> Schema:
    return {"operationId": operation, "description": text, **rest}


_THE_ID = "$response.body#/id"

LINKS: dict[str, Schema] = {
    "retrieve": _link("retrieve_video", "Follow it.", parameters={"video_id": _THE_ID}),
    "content": _link("download_content", "Fetch it once it is completed.", parameters={"video_id": _THE_ID}),
    "remix": _link("remix_video", "Make another take.", parameters={"video_id": _THE_ID}),
    "edit": _link("edit_video", "Change it.", requestBody={"prompt": "Let it rain", "video": {"id": _THE_ID}}),
    "extend": _link(
        "extend_video",
        "Continue it.",
        requestBody={"prompt": "The rain stops", "video": {"id": _THE_ID}, "seconds": "4"},
    ),
    "delete": _link("delete_video", "Remove it.", parameters={"video_id": _THE_ID}),
    "next_page": _link("list_videos", "The next page.", parameters={"after": "$response.body#/last_id"}),
    "character": _link("retrieve_character", "See it again.", parameters={"character_id": _THE_ID}),
}
