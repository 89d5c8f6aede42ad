"""What a request may ask for beyond the dialect's own fields, and what becomes of it where a model cannot do it.

The fields are those of design: what the models of 2026 take. A field that the model cannot honour is an error before
anything is spent, or it is left out and listed, as `on_unsupported` says.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import InvalidRequest, UnsupportedByModel
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.test_cases import CASES, OPTION


class OnUnsupported(StrEnum):
    """What to do with a known field that the model cannot honour."""

    REFUSE = "refuse"
    ADJUST = "adjust"


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A field that was changed or left out, so that the model could take the request. `to` is None when left out."""

    field: str
    given: Any
    to: Any
    reason: str


@dataclass(frozen=True, slots=True)
class Wishes:
    """The fields that every create-type request may carry.

    model: the name asked for. fallbacks: those to be asked after it, should it refuse. options: extension fields by
    wire name, values as read. on_unsupported: None for the model's own default. max_price: the most that the video may
    cost. min_strategy: the lowest rung of a remix. rehearse: whether a rehearsal was asked for. callback_url: where the
    video's end is told. ignored: names of fields that nobody used.
    """

    model: str | None = None
    seed: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    on_unsupported: OnUnsupported | None = None
    max_price: float | None = None
    min_strategy: Strategy | None = None
    rehearse: bool = False
    fallbacks: tuple[str, ...] = ()
    callback_url: str | None = None
    ignored: tuple[str, ...] = ()


TEST_CASE = OPTION
LAST_FRAME = "last_frame"
INPUT_REFERENCES = "input_references"
REHEARSE: Literal["rehearse"] = "rehearse"
SHOWN_CHARACTERS = 100

# Which capability a field needs. A field that is absent here is for one kind of request and judged there.
NEEDS = {
    "first_frame": Capability.IMAGE_REFERENCE,
    "negative_prompt": Capability.NEGATIVE_PROMPT,
    "generate_audio": Capability.AUDIO,
    LAST_FRAME: Capability.LAST_FRAME,
    "input_references": Capability.REFERENCES,
    "provider_options": Capability.OPTIONS,
    TEST_CASE: Capability.TEST_CASES,
}


def honoured(wishes: Wishes, model: ModelSpec) -> tuple[dict[str, Any], tuple[Adjustment, ...]]:
    """The options that the model takes, and those that were left out.

    UnsupportedByModel names the first that it does not take where the caller, or a paid model by default, wants a
    refusal. A test case is never left out: nobody wants to pay for a video that was meant to fail.
    """
    kept: dict[str, Any] = {}
    left_out: list[Adjustment] = []
    for name, value in wishes.options.items():
        if NEEDS[name] in model.capabilities:
            kept[name] = _judged(name, value)
        elif name == "generate_audio" and value is False:
            continue  # a model without sound is silent anyway
        elif name == TEST_CASE:
            raise UnsupportedByModel(f"Model '{model.name}' does not support '{name}'.", param=name)
        else:
            left_out.append(leave_out(name, value, wishes, model))
    return kept, tuple(left_out)


def seed_for(wishes: Wishes, model: ModelSpec) -> tuple[int | None, tuple[Adjustment, ...]]:
    """The seed asked for, where the model takes one."""
    if wishes.seed is None or Capability.SEED in model.capabilities:
        return wishes.seed, ()
    return None, (leave_out("seed", wishes.seed, wishes, model),)


def leave_out(name: str, value: Any, wishes: Wishes, model: ModelSpec, reason: str | None = None) -> Adjustment:
    """What tells that a field was left out. UnsupportedByModel where the caller, or the model's default, refuses that.

    reason: a sentence; by default that the model does not support the field.
    """
    if refuses(wishes, model):
        raise UnsupportedByModel(reason or f"Model '{model.name}' does not support '{name}'.", param=name)
    return Adjustment(name, _shown(value), None, reason or f"Model '{model.name}' does not support it.")


def refuses(wishes: Wishes, model: ModelSpec) -> bool:
    """Whether what the model cannot honour is refused rather than left out or changed."""
    return (wishes.on_unsupported or default_for(model)) is OnUnsupported.REFUSE


def default_for(model: ModelSpec) -> OnUnsupported:
    """Money is never spent on less than what was asked for, unless the caller says so."""
    return OnUnsupported.REFUSE if model.is_paid else OnUnsupported.ADJUST


def _judged(name: str, value: Any) -> Any:
    if name == TEST_CASE and value not in CASES:
        allowed = ", ".join(f"'{case}'" for case in CASES)
        raise InvalidRequest(f"Invalid value: '{value}'. Supported values are: {allowed}.", param=name)
    return value


def _shown(value: Any) -> Any:
    """What is told of a value that was left out: its beginning, and nothing of files and objects."""
    if isinstance(value, str):
        return value if len(value) <= SHOWN_CHARACTERS else f"{value[:SHOWN_CHARACTERS]}…"
    return value if isinstance(value, int | float | bool) else None
