"""JSON Schemas of the answers: shape from the structs that are encoded, words and bounds from the table of notes."""

from __future__ import annotations

from typing import Any

import msgspec

from mutoscope.dialect import schema
from mutoscope.dialect.errors import ErrorEnvelope
from mutoscope.dialect.probes import Health, NotReady
from mutoscope.dialect.reference.notes import NOTES

STRUCTS: tuple[type[msgspec.Struct], ...] = (
    schema.VideoObject,
    schema.VideoList,
    schema.DeletedVideo,
    schema.Event,
    schema.LineageObject,
    schema.Character,
    schema.Plan,
    schema.UsageSummary,
    schema.ModelObject,
    schema.ModelList,
    schema.WebhookEndpointObject,
    schema.WebhookEndpointWithSecretObject,
    schema.WebhookEndpointList,
    schema.DeletedWebhookEndpoint,
    schema.WebhookTest,
    schema.WebhookEventTypeList,
    schema.WebhookDeliveryObject,
    schema.WebhookDeliveryList,
    schema.WebhookReplay,
    ErrorEnvelope,
    Health,
    NotReady,
)

_TEMPLATE = "#/components/schemas/{name}"

Schema = dict[str, Any]


def ref(name: str) -> Schema:
    """A reference to one of the document's schemas."""
    return {"$ref": _TEMPLATE.format(name=name)}


def public_name(struct: str) -> str:
    """The name in the document: `VideoObject` is a Video there."""
    return struct.removesuffix("Object")


def answer_schemas() -> dict[str, Schema]:
    """The schema of every struct that is sent, by its name in the document."""
    _, components = msgspec.json.schema_components(STRUCTS, ref_template=_TEMPLATE)
    optional = _optional_fields(STRUCTS)
    return {public_name(name): _exact(name, made, optional[name]) for name, made in components.items()}


def _optional_fields(structs: tuple[type[msgspec.Struct], ...]) -> dict[str, set[str]]:
    """The keys of every struct, also of nested ones, that may be left out: those that may be UNSET and no others.

    msgspec's own answer is for reading, where a field with a default may be missing; we always send it.
    """
    found: dict[str, set[str]] = {}
    waiting: list[Any] = [msgspec.inspect.type_info(struct) for struct in structs]
    while waiting:
        info = waiting.pop()
        if isinstance(info, msgspec.inspect.StructType) and info.cls.__name__ not in found:
            own = msgspec.structs.fields(info.cls)
            found[info.cls.__name__] = {field.encode_name for field in own if field.default is msgspec.UNSET}
            waiting += [field.type for field in info.fields]
        elif isinstance(info, msgspec.inspect.UnionType):
            waiting += info.types
        elif isinstance(info, msgspec.inspect.ListType):
            waiting.append(info.item_type)
    return found


def _exact(name: str, made: Schema, optional: set[str]) -> Schema:
    properties = {key: _described(name, key, inner) for key, inner in made["properties"].items()}
    return {
        "type": "object",
        "description": made["description"],
        "properties": properties,
        "required": [key for key in properties if key not in optional],
        "additionalProperties": False,
    }


def _described(name: str, key: str, inner: Schema) -> Schema:
    note = NOTES[name][key]
    inner = _renamed({word: value for word, value in inner.items() if word != "default"})
    return inner | note.schema | {"description": note.text}


def _renamed(value: Any) -> Any:
    """The same schema, with every reference to a struct's name led to its name in the document."""
    if isinstance(value, dict):
        return {key: public_name(inner) if key == "$ref" else _renamed(inner) for key, inner in value.items()}
    return [_renamed(inner) for inner in value] if isinstance(value, list) else value
