"""How the servers that speak this API differ, one record each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import ConfigurationError
from mutoscope.providers.account import Account

_DAY = 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Dialect:
    """One server's habits.

    capabilities: all that can be asked of it; a model declares those that it has. takes_json: whether a create without
    files may be JSON. seconds_are_numbers: whether a length is a number in JSON. key_header: which header bears the
    credential; as a bearer token if it is "Authorization". remix_route: the last part of the path of a native remix,
    "remix" or "edits". names_model: whether a change of its own video names the model. names_floor: whether it knows
    `min_strategy`. always: fields of every request. clip_field: of a clip that guides; clip_is_url: whether its value
    is an address rather than a file. pictures_field, guides_field: of the pictures that guide, as files, or of all that
    guides, as a list of objects. sound_field: of a sound that guides, as an object. audio_field: of the wish for sound.
    options_field: what holds provider options; else they stand among the other fields. tells_progress: whether its
    progress means something. links_outside: whether a result may lie behind a `url` elsewhere. deletes_after: whether
    its copy of a result is dropped once we have ours.
    busy_is_proof: whether a 503 with an error of its own says that nothing was started. key_seconds: as in `Recovery`.
    poll_seconds: between questions, where it does not say. is_one_call: whether it has no jobs, and the answer to a
    create is the video: see `localai.py`.
    """

    capabilities: frozenset[Capability]
    takes_json: bool = True
    seconds_are_numbers: bool = False
    key_header: str = "Authorization"
    remix_route: str = "remix"
    names_model: bool = False
    names_floor: bool = False
    always: Mapping[str, Any] = field(default_factory=dict)
    clip_field: str = ""
    clip_is_url: bool = False
    pictures_field: str = ""
    guides_field: str = ""
    sound_field: str = ""
    audio_field: str = ""
    options_field: str = ""
    tells_progress: bool = True
    links_outside: bool = False
    deletes_after: bool = False
    busy_is_proof: bool = False
    key_seconds: float = 0.0
    poll_seconds: float = 5.0
    is_one_call: bool = False


# Fields that many servers take beside the protocol's own, under these very names.
_USUAL = frozenset({Capability.IMAGE_REFERENCE, Capability.SEED, Capability.NEGATIVE_PROMPT, Capability.OPTIONS})
_CHANGES = frozenset({Capability.NATIVE_REMIX, Capability.EDIT, Capability.EXTEND, Capability.EXTEND_OWN})
_ORIGINAL = _USUAL | _CHANGES | {Capability.CHARACTERS}

DIALECTS: Mapping[str, Dialect] = {
    "openai": Dialect(_ORIGINAL | {Capability.CANCEL}),
    # Forms only; no remix, edits or extensions; sound by `generate_sound`; progress jumps from 0 to 100.
    "vllm_omni": Dialect(
        _USUAL
        | {
            Capability.AUDIO,
            Capability.CANCEL,
            Capability.CLIP_REFERENCE,
            Capability.REFERENCES,
            Capability.SOUND_REFERENCES,
        },
        takes_json=False,
        clip_field="video_reference",
        clip_is_url=True,
        pictures_field="input_references",
        sound_field="audio_reference",
        audio_field="generate_sound",
        tells_progress=False,
        deletes_after=True,
        busy_is_proof=True,
        poll_seconds=2.0,
    ),
    # A deletion there stops nothing, so it cannot cancel.
    "sglang": Dialect(
        _USUAL | {Capability.CLIP_REFERENCE},
        seconds_are_numbers=True,
        clip_field="video_reference",
        links_outside=True,
        deletes_after=True,
        poll_seconds=2.0,
    ),
    # No jobs, no source clips.
    "localai": Dialect(
        _USUAL | {Capability.LAST_FRAME, Capability.REFERENCES, Capability.SOUND_REFERENCES}, is_one_call=True
    ),
    # No deletion at all.
    "litellm": Dialect(_ORIGINAL),
    "new_api": Dialect(_USUAL | {Capability.NATIVE_REMIX}),
    # No edits or extensions documented.
    "azure": Dialect(
        frozenset({Capability.IMAGE_REFERENCE, Capability.NATIVE_REMIX, Capability.CANCEL}), key_header="api-key"
    ),
    # Another instance of this server. Keys count for 30 days there; a day is left for clocks that disagree.
    "mutoscope": Dialect(
        _ORIGINAL
        | {
            Capability.AUDIO,
            Capability.CANCEL,
            Capability.CLIP_REFERENCE,
            Capability.LAST_FRAME,
            Capability.REFERENCES,
            Capability.SOUND_REFERENCES,
        },
        names_model=True,
        names_floor=True,
        # What a model was declared to honour must not be left out there without a word.
        always={"on_unsupported": "refuse"},
        guides_field="input_references",
        audio_field="generate_audio",
        options_field="provider_options",
        key_seconds=29 * _DAY,
        poll_seconds=3.0,
    ),
}


def check_models(account: Account, dialect: Dialect) -> None:
    """ConfigurationError for a model that declares what its server cannot carry."""
    for model in account.models:
        if beyond := sorted(model.capabilities - dialect.capabilities):
            allowed = ", ".join(sorted(dialect.capabilities))
            raise ConfigurationError(
                f"Model '{model.name}' of provider '{account.name}' declares the capability '{beyond[0]}', which the "
                f"dialect '{account.options['dialect']}' cannot carry. Allowed are: {allowed}."
            )
