"""From the fields of a body to a request of the service: types are judged here, meaning is not.

Unknown fields are never an error. Their names are collected, so that the answer can say what nobody used.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

from mutoscope.dialect.json_text import decode
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.dialect.references import NAMES, read_guides_later, read_later, read_origin, read_reference
from mutoscope.dialect.values import (
    bounded_text,
    choice,
    flag,
    invalid_type,
    length,
    missing,
    number,
    required_text,
    text,
    whole,
    word,
)
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.remix import Strategy
from mutoscope.domain.video import PROMPT_MAX_CHARACTERS, Operation
from mutoscope.domain.wishes import NEEDS, REHEARSE, OnUnsupported, Wishes
from mutoscope.service.requests import NewChange, NewCharacter, NewExtension, NewVideo, SourceId

COMMON_FIELDS = frozenset({"prompt", "model", "seed", "on_unsupported", "max_price", "callback_url", *NEEDS})
CREATE_FIELDS = COMMON_FIELDS | {"size", "seconds", "aspect_ratio", "resolution", "characters", *NAMES}
CHANGE_FIELDS = COMMON_FIELDS | {"aspect_ratio", "resolution"}
REMIX_FIELDS = CHANGE_FIELDS | {"min_strategy"}
EDIT_FIELDS = REMIX_FIELDS | {"video"}
EXTENSION_FIELDS = CHANGE_FIELDS | {"video", "seconds"}

# Some clients wrap fields that their typed interface lacks, as an object or as JSON text in a form.
WRAPPERS = ("extra_body", "extra_params")

# Any other word in it than `rehearse` belongs to clients of other servers, and is one more unknown field.
MODE = "mode"

MOST_CHARACTERS = 2
MOST_MODELS = 8
OBJECT_MAX_CHARACTERS = 16_384
IGNORED_MAX_NAMES = 64
IGNORED_MAX_CHARACTERS = 64


def new_video(fields: Mapping[str, Any], limits: Limits) -> NewVideo:
    """A create request. InvalidRequest names the first field that is missing or of the wrong type."""
    fields = _unwrapped(fields, limits)
    return NewVideo(
        prompt=required_text(fields, "prompt"),
        wishes=_wishes(fields, limits, CREATE_FIELDS),
        size=word(fields, "size"),
        seconds=length(fields, "seconds"),
        **_shape(fields),
        reference=read_reference(fields, limits),
        characters=_characters(fields, limits),
    )


def new_remix(fields: Mapping[str, Any], source_id: str, limits: Limits) -> NewChange:
    """A remix request. A remix has the length and size of its source, so `seconds` and `size` are unused."""
    fields = _unwrapped(fields, limits)
    prompt = required_text(fields, "prompt")
    wishes = _wishes(fields, limits, REMIX_FIELDS)
    return NewChange(prompt, SourceId(source_id, "video_id"), Operation.REMIX, wishes, **_shape(fields))


def new_edit(fields: Mapping[str, Any], limits: Limits) -> NewChange:
    """An edit request: of a video by its id, or of an uploaded clip."""
    fields = _unwrapped(fields, limits)
    prompt = required_text(fields, "prompt")
    origin = read_origin(fields, limits)
    return NewChange(prompt, origin, Operation.EDIT, _wishes(fields, limits, EDIT_FIELDS), **_shape(fields))


def new_extension(fields: Mapping[str, Any], limits: Limits) -> NewExtension:
    """An extension request; `seconds` says how much is added."""
    fields = _unwrapped(fields, limits)
    prompt = required_text(fields, "prompt")
    origin = read_origin(fields, limits)
    seconds = length(fields, "seconds")
    if seconds is None:
        raise missing("seconds")
    return NewExtension(prompt, origin, seconds, _wishes(fields, limits, EXTENSION_FIELDS), **_shape(fields))


def new_character(fields: Mapping[str, Any], limits: Limits) -> NewCharacter:
    """A character: a name and a clip."""
    fields = _unwrapped(fields, limits)
    return NewCharacter(required_text(fields, "name"), read_origin(fields, limits))


def _wishes(fields: Mapping[str, Any], limits: Limits, known: frozenset[str]) -> Wishes:
    floor = choice(fields, "min_strategy", list(Strategy)) if "min_strategy" in known else None
    policy = choice(fields, "on_unsupported", list(OnUnsupported))
    models = _models(fields, limits)
    rehearses = _rehearses(fields)
    return Wishes(
        model=models[0] if models else None,
        seed=whole(fields, "seed"),
        options=_options(fields, limits, known),
        on_unsupported=OnUnsupported(policy) if policy else None,
        max_price=_price(fields),
        min_strategy=Strategy(floor) if floor else None,
        rehearse=rehearses,
        fallbacks=models[1:],
        callback_url=text(fields, "callback_url") or None,
        ignored=_ignored(fields, known | {MODE} if rehearses else known),
    )


def _models(fields: Mapping[str, Any], limits: Limits) -> tuple[str, ...]:
    """The models asked for: one, or a list of several in the order in which they are to be tried."""
    value = fields.get("model")
    value = value.text() if isinstance(value, Part) and value.filename is None else value
    if isinstance(value, str) and value.lstrip().startswith("["):
        value = decode(value.strip().encode(), limits, "model")
    if not isinstance(value, list):
        name = word(fields, "model")
        return () if name is None else (name,)
    if not 1 <= len(value) <= MOST_MODELS:
        raise InvalidRequest(f"Invalid 'model': expected 1 to {MOST_MODELS} models, got {len(value)}.", param="model")
    names = [word({f"model[{place}]": one}, f"model[{place}]") for place, one in enumerate(value)]
    if not all(names):
        raise InvalidRequest("Invalid 'model': an empty name.", param="model")
    return tuple(dict.fromkeys(name for name in names if name))


def _shape(fields: Mapping[str, Any]) -> dict[str, str | None]:
    return {name: word(fields, name) for name in ("aspect_ratio", "resolution")}


def _options(fields: Mapping[str, Any], limits: Limits, known: frozenset[str]) -> dict[str, Any]:
    """The extension fields that were given, by name; of pictures and clips, what reads them.

    A create's first frame is its reference, which it has under several names.
    """
    read = {
        "negative_prompt": bounded_text(fields, "negative_prompt", PROMPT_MAX_CHARACTERS),
        "generate_audio": flag(fields, "generate_audio"),
        "first_frame": None if known is CREATE_FIELDS else read_later(fields, "first_frame", limits),
        "last_frame": read_later(fields, "last_frame", limits),
        "input_references": read_guides_later(fields, "input_references", limits),
        "provider_options": _object(fields, "provider_options", limits),
        "test_case": word(fields, "test_case"),
    }
    return {name: value for name, value in read.items() if value is not None and value != ""}


def _rehearses(fields: Mapping[str, Any]) -> bool:
    value = fields.get(MODE)
    value = value.text() if isinstance(value, Part) and value.filename is None else value
    return isinstance(value, str) and value.strip().lower() == REHEARSE


def _price(fields: Mapping[str, Any]) -> float | None:
    value = number(fields, "max_price")
    if value is not None and not 0 <= value < float("inf"):
        raise InvalidRequest("Invalid 'max_price': expected an amount of 0 or more.", param="max_price")
    return value


def _characters(fields: Mapping[str, Any], limits: Limits) -> tuple[str, ...]:
    """Ids, given as objects with `id` or as plain strings."""
    given = _parsed(fields.get("characters"), "characters", limits)
    if given is None or given == "":
        return ()
    entries = given if isinstance(given, list) else [given]
    if len(entries) > MOST_CHARACTERS:
        raise InvalidRequest(
            f"Invalid 'characters': at most {MOST_CHARACTERS} are allowed, got {len(entries)}.", param="characters"
        )
    return tuple(_character_id(entry, place, limits) for place, entry in enumerate(entries))


def _character_id(entry: Any, place: int, limits: Limits) -> str:
    param = f"characters[{place}]"
    entry = _parsed(entry, param, limits)
    inner = entry.get("id") if isinstance(entry, dict) else entry
    inner = inner.text() if isinstance(inner, Part) else inner
    if not isinstance(inner, str):
        raise invalid_type(param, "an object with 'id'", entry)
    return inner


def _object(fields: Mapping[str, Any], name: str, limits: Limits) -> dict[str, Any] | None:
    value = _parsed(fields.get(name), name, limits)
    if value in (None, "", {}):
        return None
    if not isinstance(value, dict):
        raise invalid_type(name, "an object", value)
    plain = {key: inner.text() if isinstance(inner, Part) else inner for key, inner in value.items()}
    if len(json.dumps(plain, default=str)) > OBJECT_MAX_CHARACTERS:
        raise InvalidRequest(
            f"Invalid '{name}': longer than {OBJECT_MAX_CHARACTERS} characters as JSON.",
            param=name,
            code="string_above_max_length",
        )
    return plain


def _parsed(value: Any, param: str, limits: Limits) -> Any:
    """A value that a form may carry as JSON text."""
    if isinstance(value, Part):
        value = value.text()
    if isinstance(value, str) and value.lstrip().startswith(("{", "[")):
        return decode(value.strip().encode(), limits, param)
    return value


def _unwrapped(fields: Mapping[str, Any], limits: Limits) -> dict[str, Any]:
    """The fields with those inside a wrapper lifted out; a field given outside wins. Null means not given."""
    lifted: dict[str, Any] = {}
    unread: dict[str, Any] = {}
    for name in WRAPPERS:
        inner = _wrapped(fields.get(name), limits)
        if inner is not None:
            lifted |= inner
        elif name in fields:
            unread[name] = fields[name]
    outer = {name: value for name, value in fields.items() if name not in WRAPPERS}
    return {name: value for name, value in (lifted | outer | unread).items() if value is not None}


def _wrapped(value: Any, limits: Limits) -> dict[str, Any] | None:
    try:
        content = value.text() if isinstance(value, Part) else value
        inner = decode(content.encode(), limits) if isinstance(content, str) else content
    except InvalidRequest:
        return None
    return inner if isinstance(inner, dict) else None


def _ignored(fields: Iterable[str], known: frozenset[str]) -> tuple[str, ...]:
    names = {_shown(name) for name in fields if name not in known}
    return tuple(sorted(names)[:IGNORED_MAX_NAMES])


def _shown(name: str) -> str:
    """A caller's field name made fit to store and print."""
    return "".join(c if c.isprintable() else "?" for c in name[:IGNORED_MAX_CHARACTERS])
