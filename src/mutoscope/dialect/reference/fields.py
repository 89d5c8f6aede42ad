"""The fields of request bodies: one entry each, with its schema in JSON and in forms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from mutoscope.dialect.fields import (
    CREATE_FIELDS,
    EDIT_FIELDS,
    EXTENSION_FIELDS,
    MODE,
    MOST_CHARACTERS,
    REMIX_FIELDS,
    WRAPPERS,
)
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.references import MOST_GUIDES, NAMES
from mutoscope.dialect.values import WORD_MAX_CHARACTERS
from mutoscope.domain.catalog import SORA_NAMES, Catalog
from mutoscope.domain.events import EventType
from mutoscope.domain.remix import Strategy
from mutoscope.domain.seeds import SEED_LIMIT
from mutoscope.domain.test_cases import CASES
from mutoscope.domain.video import ID_PATTERN, PROMPT_MAX_CHARACTERS
from mutoscope.domain.wishes import OnUnsupported
from mutoscope.service.use_cases import NAME_MAX_CHARACTERS
from mutoscope.webhooks.delivery import URL_MAX_CHARACTERS

Schema = dict[str, Any]

# Something must be there that is no white space. That control characters must not is said in words: a pattern for
# both is beyond what generators of code and of data can use.
INK = "[^\\u0000-\\u0020\\u007f\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]"
PROMPT = {
    "type": "string",
    "format": "prompt",
    "minLength": 1,
    "maxLength": PROMPT_MAX_CHARACTERS,
    "pattern": INK,
}

FILE = {"type": "string", "format": "binary"}
WELLFORMED_ID = {"type": "string", "pattern": f"^{ID_PATTERN}$"}


@dataclass(frozen=True, slots=True)
class Field:
    """One field. json: its schema in a JSON body. form: in a form, where that differs. file: whether it takes one."""

    text: str
    json: Schema
    form: Schema | None = None
    file: bool = False

    def schema(self, *, in_form: bool, multipart: bool = False) -> Schema:
        if not in_form:
            return {**self.json, "description": self.text}
        plain = self.form or self.json
        made = {"anyOf": [FILE, plain]} if self.file and multipart else plain
        return {**made, "description": self.text}


@dataclass(frozen=True, slots=True)
class Body:
    """The fields of one kind of request, and which of them must be there."""

    names: tuple[str, ...]
    required: tuple[str, ...]


def _ordered(names: Iterable[str]) -> tuple[str, ...]:
    """These names, in the order of the table."""
    return tuple(name for name in _ORDER if name in names)


_ORDER = (
    "prompt",
    "model",
    "size",
    "seconds",
    "aspect_ratio",
    "resolution",
    NAMES[0],
    "characters",
    "name",
    "video",
    "seed",
    "negative_prompt",
    "generate_audio",
    "last_frame",
    "input_references",
    "provider_options",
    "min_strategy",
    "on_unsupported",
    "max_price",
    "callback_url",
    "test_case",
    MODE,
    *WRAPPERS,
    *NAMES[1:],
)

_ENDPOINT_FIELDS = ("name", "url", "event_types")
_ANYWHERE = {MODE, *WRAPPERS}

BODIES = {
    "NewVideo": Body(_ordered(CREATE_FIELDS | _ANYWHERE), ("prompt",)),
    "NewRemix": Body(_ordered(REMIX_FIELDS | _ANYWHERE), ("prompt",)),
    "NewEdit": Body(_ordered(EDIT_FIELDS | _ANYWHERE), ("prompt", "video")),
    "NewExtension": Body(_ordered(EXTENSION_FIELDS | _ANYWHERE), ("prompt", "video", "seconds")),
    "NewCharacter": Body(("name", "video"), ("name", "video")),
    "NewWebhookEndpoint": Body(_ENDPOINT_FIELDS, _ENDPOINT_FIELDS),
    "WebhookEndpointChange": Body(_ENDPOINT_FIELDS, ()),
    "WebhookRotation": Body(("keep_old_secret_active_for_24_hours",), ()),
    "WebhookTrial": Body(("event_type",), ("event_type",)),
}


def body_schema(body: str, catalog: Catalog, limits: Limits, *, in_form: bool, multipart: bool = False) -> Schema:
    """The schema of a request body in one of its encodings."""
    fields = field_table(catalog, limits)
    wanted = BODIES[body]
    return {
        "type": "object",
        "properties": {name: fields[name].schema(in_form=in_form, multipart=multipart) for name in wanted.names},
        "required": list(wanted.required),
    }


def field_table(catalog: Catalog, limits: Limits) -> dict[str, Field]:
    """Every field of every request body, for the models of this catalog."""
    return {
        "prompt": Field(
            f"What is to be seen, or what is to change. 1 to {PROMPT_MAX_CHARACTERS:,} characters, not only white "
            "space; no control characters but tab and line breaks.",
            PROMPT,
        ),
        "model": Field(
            f"Which model; by default `{catalog.default}`, or for a remix, edit or extension the source's own.",
            {"type": "string", "enum": _model_names(catalog)},
        ),
        "size": Field(
            "`WIDTHxHEIGHT` in pixels, as the model takes it; also a ratio (`16:9`) or a resolution (`720p`).",
            {
                "type": "string",
                "format": "video-size",
                "minLength": 1,
                "maxLength": WORD_MAX_CHARACTERS,
                "default": _default(catalog, "default_size"),
            },
        ),
        "seconds": _seconds(catalog),
        "aspect_ratio": Field(
            "The shape, where `size` is not given: `16:9`, `9:16`, `1:1` and the like, or `auto`. Of a remix or edit "
            "only where a whole new clip is made.",
            {"type": "string", "format": "aspect-ratio", "minLength": 1},
        ),
        "resolution": Field(
            "The shorter side, where `size` is not given: `480p`, `720p`, `1080p` and the like, or `auto`. Of a remix "
            "or edit only where a whole new clip is made.",
            {"type": "string", "format": "resolution", "minLength": 1},
        ),
        "input_reference": Field(
            "The first frame: PNG, JPEG or WebP, cropped to fill. As a file part, as a base64 data URL of at most "
            f"{limits.data_url_characters:,} characters, or as an object around one.",
            **_PICTURE,
        ),
        **{name: Field("The same as `input_reference`; give one of them.", **_PICTURE) for name in NAMES[1:]},
        "characters": Field(
            f"At most {MOST_CHARACTERS} characters, each of which the prompt mentions by its name. Ids or objects.",
            {
                "type": "array",
                "maxItems": MOST_CHARACTERS,
                "items": {"anyOf": [WELLFORMED_ID, _around("id", WELLFORMED_ID)]},
            },
            {"type": "array", "maxItems": MOST_CHARACTERS, "items": WELLFORMED_ID},
        ),
        "name": Field(
            f"1 to {NAME_MAX_CHARACTERS} printable characters.",
            {"type": "string", "minLength": 1, "maxLength": NAME_MAX_CHARACTERS, "format": "printable"},
        ),
        "video": Field(
            "What to start from: a completed video by its id, alone or in an object, or a clip as a file part or a "
            "base64 data URL.",
            {"anyOf": [_around("id", WELLFORMED_ID), WELLFORMED_ID, _data_url("video")]},
            {"anyOf": [WELLFORMED_ID, _data_url("video")]},
            file=True,
        ),
        "seed": Field(
            f"0 to {SEED_LIMIT - 1}. The same seed and words give the same picture, where the model takes one.",
            {"type": "integer", "minimum": 0, "maximum": SEED_LIMIT - 1},
        ),
        "negative_prompt": Field("What is not to be seen.", {"type": "string"}),
        "generate_audio": Field("Whether there is to be sound.", {"type": "boolean"}),
        "last_frame": Field("A picture to end on, as `input_reference`.", **_PICTURE),
        "input_references": Field(
            f"At most {MOST_GUIDES} pictures, clips and sounds that guide the model, each perhaps with a `role`. "
            "Sounds are MP3, WAV, Ogg, M4A, AAC or FLAC, for models with `sound_references`.",
            {"type": "array", "maxItems": MOST_GUIDES, "items": _GUIDE},
            {"type": "array", "maxItems": MOST_GUIDES, "items": _PICTURE["form"]},
        ),
        "provider_options": Field(
            "Fields of the provider's own, passed on as they are. In a form, as JSON text.",
            {"type": "object"},
            {"type": "string", "format": "json-object"},
        ),
        "min_strategy": Field(
            "The lowest rung of the ladder that is good enough; below it the request is refused. By default "
            "`reference` on paid models and `prompt` on free ones.",
            {"type": "string", "enum": list(Strategy)},
        ),
        "on_unsupported": Field(
            "What becomes of a known field that the model cannot honour: `adjust` leaves it out and says so in "
            "`adjustments`, `refuse` makes it an error. By default paid models refuse and free ones adjust.",
            {"type": "string", "enum": list(OnUnsupported)},
        ),
        "max_price": Field("The most that the video may cost.", {"type": "number", "minimum": 0}),
        "callback_url": Field(
            "Where the video's end is told: an https:// address of a public host. Your tenant's own secret signs.",
            _URL,
        ),
        "url": Field("An https:// address of a public host.", _URL),
        "event_types": Field(
            "The whole set of types that are sent.",
            {"type": "array", "minItems": 1, "maxItems": 64, "items": _EVENT_TYPE},
        ),
        "event_type": Field("Which type to send.", _EVENT_TYPE),
        "keep_old_secret_active_for_24_hours": Field(
            "Whether the present secret signs too for another 24 hours.", {"type": "boolean", "default": False}
        ),
        MODE: Field(
            "`rehearse` makes a rehearsal: the real plan, price and time, a picture drawn here, nothing sent and "
            "nothing charged. Any other value is ignored.",
            {"examples": ["rehearse"]},
            {"type": "string", "examples": ["rehearse"]},
        ),
        "test_case": Field("A failure or delay to play, where the model is a test double.", _test_case()),
        **{
            name: Field(
                "More fields, as some clients wrap them; one given outside wins. In a form, as JSON text.",
                {"type": "object"},
                {"type": "string", "format": "json-object"},
            )
            for name in WRAPPERS
        },
    }


def _around(key: str, inner: Schema) -> Schema:
    return {"type": "object", "properties": {key: inner}, "required": [key]}


def _data_url(family: str) -> Schema:
    return {
        "type": "string",
        "format": f"{family}-data-url",
        "pattern": "^data:[^,]*;base64,[A-Za-z0-9+/]+={0,2}$",
    }


_PICTURE: dict[str, Any] = {
    "json": {"anyOf": [_data_url("image"), _around("image_url", _data_url("image"))]},
    "form": _data_url("image"),
    "file": True,
}

_GUIDE: Schema = {
    "anyOf": [
        *_PICTURE["json"]["anyOf"],
        _around("video_url", _data_url("video")),
        _around("audio_url", _data_url("audio")),
    ]
}

_URL = {"type": "string", "format": "public-https-url", "maxLength": URL_MAX_CHARACTERS}
_EVENT_TYPE = {"type": "string", "enum": list(EventType)}


def _model_names(catalog: Catalog) -> list[str]:
    return [*catalog.models, *(sorted(SORA_NAMES) if catalog.sora_alias else ())]


def _default(catalog: Catalog, name: str) -> str:
    return str(getattr(catalog.models[catalog.default], name))


def _seconds(catalog: Catalog) -> Field:
    lengths = sorted({seconds for model in catalog.models.values() for seconds in model.seconds})
    words = [str(seconds) for seconds in lengths]
    schema = {"anyOf": [{"type": "string", "enum": words}, {"type": "integer", "enum": lengths}]}
    return Field(
        "Length in seconds, as text or number; of an extension, how much is added. Each model lists those it takes.",
        {**schema, "default": _default(catalog, "default_seconds")},
    )


def _test_case() -> Schema:
    return {"type": "string", "enum": list(CASES)} if CASES else {"type": "string", "maxLength": WORD_MAX_CHARACTERS}
