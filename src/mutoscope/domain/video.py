"""The public resource: a video, what was asked for, and what makes a request valid whatever the provider."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mutoscope.domain.assets import Asset, Variant
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Usage
from mutoscope.domain.rehearsal import Rehearsal

PROMPT_MAX_CHARACTERS = 32_000

ID_PATTERN = "[A-Za-z0-9_-]{1,128}"  # of every id in a path or a field

_ID = re.compile(ID_PATTERN)
_SIZE = re.compile(r"([1-9][0-9]{0,4})x([1-9][0-9]{0,4})")


def new_id(prefix: str) -> str:
    """A random id: `prefix`, an underscore and 48 lower-case hex digits (192 random bits)."""
    return f"{prefix}_{secrets.token_hex(24)}"


def is_wellformed_id(text: str) -> bool:
    """Whether `text` may be looked up at all; anything else is simply not found."""
    return _ID.fullmatch(text) is not None


@dataclass(frozen=True, slots=True, order=True)
class Size:
    """Width and height of the picture in pixels."""

    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> Size | None:
        """Read "WIDTHxHEIGHT"; None if the text has another form."""
        match = _SIZE.fullmatch(text)
        return cls(int(match[1]), int(match[2])) if match else None

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


@dataclass(frozen=True, slots=True)
class Reference:
    """An image that guides generation: stored bytes, known by their hash."""

    sha256: str
    media_type: str
    size: Size


class Operation(StrEnum):
    """Which of the dialect's verbs made a video."""

    CREATE = "create"
    REMIX = "remix"  # of a completed video, by its own route
    EDIT = "edit"  # the same by its newer name; also of an uploaded clip
    EXTENSION = "extension"  # a completed video or an uploaded clip, continued


@dataclass(frozen=True, slots=True)
class Clip:
    """An uploaded clip that an edit or an extension starts from: stored bytes, known by their hash.

    seconds: its measured length. size: in pixels as it is meant to be seen. fps: pictures per second, None where nobody
    measured them.
    """

    sha256: str
    media_type: str
    size: Size
    seconds: float
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Sound:
    """An uploaded sound that guides a model: stored bytes, known by their hash. seconds: its measured length."""

    sha256: str
    media_type: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Character:
    """Somebody who may appear in several videos: known by a name, shown by a stored clip."""

    id: str
    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class VideoRequest:
    """What the upstream is asked to make. Fixed at creation; a retry asks for exactly this again.

    seconds: length of the result; whole, unless it starts from an uploaded clip. seed: None lets the provider choose.
    clip: the upload that an edit or extension starts from, None where it starts from a video. added_seconds: of an
    extension, how much of `seconds` is new, at the end. options: fields of the request that only some models know,
    by their wire name. hops: how many gateways passed the request on before it came here.
    """

    prompt: str
    model: str
    size: Size
    seconds: float
    seed: int | None = None
    reference: Reference | None = None
    operation: Operation = Operation.CREATE
    clip: Clip | None = None
    added_seconds: int = 0
    characters: tuple[Character, ...] = ()
    options: Mapping[str, Any] = field(default_factory=dict)
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a video failed: a code from `domain/errors.py` and one sentence for its owner."""

    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Video:
    """A video as its owner sees it, read from one row. Times are Unix seconds; progress is 0 to 100.

    was_accepted: whether an upstream took it. usage: its money, None where it is free. adjustments, skipped: what the
    plan changed and passed over, as JSON. credential: the account that it was made with, None where there is one only.
    rehearsal: what it rehearses, None for a real video. composed_by: "rule" or "chat", None where the change alone is
    sent; rule_prompt: the rule's words, where others were sent.
    """

    id: str
    tenant: str
    state: State
    progress: int
    request: VideoRequest
    provider: str
    created_at: float
    completed_at: float | None = None
    expires_at: float | None = None
    source_id: str | None = None
    root_id: str | None = None
    depth: int = 0
    strategy: str | None = None
    upstream_prompt: str | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    notice: str | None = None
    ignored: tuple[str, ...] = ()
    failure: Failure | None = None
    was_accepted: bool = False
    usage: Usage | None = None
    adjustments: tuple[Mapping[str, Any], ...] = ()
    skipped: tuple[Mapping[str, Any], ...] = ()
    expected_seconds: float | None = None
    credential: str | None = None
    rehearsal: Rehearsal | None = None
    composed_by: str | None = None
    rule_prompt: str | None = None


def check_prompt(prompt: str, param: str = "prompt") -> str:
    """Return the prompt unchanged, or raise InvalidRequest naming `param` and the limit broken."""
    if not prompt.strip():
        raise InvalidRequest(
            f"Invalid '{param}': empty string. Expected 1 to {PROMPT_MAX_CHARACTERS} characters.",
            param=param,
            code="empty_string",
        )
    if len(prompt) > PROMPT_MAX_CHARACTERS:
        raise InvalidRequest(
            f"Invalid '{param}': string too long. Expected at most {PROMPT_MAX_CHARACTERS} characters, "
            f"got {len(prompt)}.",
            param=param,
            code="string_above_max_length",
        )
    if any(_is_forbidden(character) for character in prompt):
        raise InvalidRequest(
            f"Invalid '{param}': it contains NUL, another control character or a lone surrogate. "
            "Allowed are tab, line breaks and every other Unicode character.",
            param=param,
        )
    return prompt


def _is_forbidden(character: str) -> bool:
    if character in "\t\n\r":
        return False
    return character < " " or character == "\x7f" or "\ud800" <= character <= "\udfff"


__all__ = [
    "ID_PATTERN",
    "PROMPT_MAX_CHARACTERS",
    "Asset",
    "Character",
    "Clip",
    "Failure",
    "Operation",
    "Reference",
    "Size",
    "Sound",
    "Variant",
    "Video",
    "VideoRequest",
    "check_prompt",
    "is_wellformed_id",
    "new_id",
]
