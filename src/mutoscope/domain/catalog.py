"""What models this server offers, what each can do, and how a requested name becomes one of them."""

from __future__ import annotations

import difflib
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from mutoscope.domain.clip_limits import EVERY_CLIP, ClipLimits
from mutoscope.domain.errors import InvalidRequest, ModelNotFound, UnsupportedByModel
from mutoscope.domain.money import Price
from mutoscope.domain.sound_limits import ONE_SOUND, SoundLimits
from mutoscope.domain.video import PROMPT_MAX_CHARACTERS, Size

# The names that old Sora code asks for, in the wire contract's section 2.1. They resolve to the default model.
SORA_NAMES = frozenset({"sora-2", "sora-2-pro", "sora-2-2025-10-06", "sora-2-pro-2025-10-06", "sora-2-2025-12-08"})


class Capability(StrEnum):
    """Something a model can do besides making a clip from a prompt."""

    NATIVE_REMIX = "native_remix"  # remembers its own videos and edits them by a described change
    EDIT = "edit"  # changes any clip by a described change, whoever made it
    LOCAL_EDIT = "local_edit"  # makes exact changes to any clip, and no others
    EXTEND = "extend"  # continues any clip
    EXTEND_OWN = "extend_own"  # continues the videos that it remembers
    CHARACTERS = "characters"
    IMAGE_REFERENCE = "image_reference"  # takes a first frame
    LAST_FRAME = "last_frame"
    REFERENCES = "references"  # takes pictures, clips or sounds that guide it
    SOUND_REFERENCES = "sound_references"  # takes sounds among them
    CLIP_REFERENCE = "clip_reference"  # makes a new clip with the motion and look of a given one
    NEGATIVE_PROMPT = "negative_prompt"
    AUDIO = "audio"
    OPTIONS = "provider_options"  # takes fields of its own
    SEED = "seed"
    CANCEL = "cancel"
    TEST_CASES = "test_cases"  # plays failures and delays on demand


@dataclass(frozen=True, slots=True)
class SizeRule:
    """Which pixel sizes a model takes: the listed ones, or every even size in a range.

    sizes: the exact list, if not empty. Otherwise each side is even, `minimum` to `maximum` pixels, and
    width times height is at most `maximum_pixels`.
    """

    sizes: tuple[Size, ...] = ()
    minimum: int = 64
    maximum: int = 1920
    maximum_pixels: int = 1920 * 1080

    def allows(self, size: Size) -> bool:
        if self.sizes:
            return size in self.sizes
        sides = (size.width, size.height)
        in_range = all(self.minimum <= side <= self.maximum and side % 2 == 0 for side in sides)
        return in_range and size.width * size.height <= self.maximum_pixels

    def fit(self, size: Size) -> Size:
        """The allowed size nearest in shape to `size`, never larger where smaller ones of that shape are allowed."""
        if self.allows(size):
            return size
        if self.sizes:
            return min(self.sizes, key=lambda own: _unlikeness(own, size))
        scale = min(1.0, self.maximum / max(size.width, size.height))
        scale = min(scale, math.sqrt(self.maximum_pixels / (size.width * size.height)))
        return Size(self._side(size.width * scale), self._side(size.height * scale))

    def _side(self, length: float) -> int:
        return max(self.minimum + self.minimum % 2, int(length) // 2 * 2)

    def __str__(self) -> str:
        if self.sizes:
            return ", ".join(f"'{size}'" for size in self.sizes)
        return (
            f"'WIDTHxHEIGHT' with even sides from {self.minimum} to {self.maximum} pixels "
            f"and at most {self.maximum_pixels} pixels in all, for example '1280x720'"
        )


@dataclass(frozen=True, slots=True)
class ModelSpec:
    """One model as callers see it.

    name: what callers ask for. provider: the adapter that serves it. upstream_model: its name there.
    seconds: every length it takes. remembers: the providers whose videos it can remix natively.
    seconds_per_second: typical work time per second of clip, used only to advise a polling interval.
    price: what a video costs, None where it is free. is_drawn: whether its videos are drawn by code, which nobody may
    mistake for film. longest_seconds: of a clip that is edited, or of an extended whole. prompt_limit: in characters.
    edit_limits, reference_limits, extend_limits: of the clips that it edits, takes as a reference, or continues.
    sound_limits: of the sounds among its references, where it takes any.
    remembers_seconds: how long after completion it can remix a video natively; None for ever. remembered_by: the fact
    of a video without which its provider cannot come back to it; None where it always can. accounts: the engine's
    names of those that serve it; by default the provider has one, of its own name. verified: who tried it: "docs"
    nobody, written from documentation; "sdk" the official SDK against a fake; "live 2026-11-26" somebody with a key;
    "tests" those of this repository, what is made on this machine.
    ends: the date when its upstream takes it away, such as "2026-12-31". wiring: what only its adapter reads.
    from_words: whether it makes a clip of words alone; else it wants a picture or a clip. guided_edits: whether
    references may go along when it changes or continues a clip, and not only with a new one. clips_by_link: whether its
    upstream takes clips by a public address only. own_link: the facts of its provider's own videos that hold such an
    address, and the Unix time until when it leads somewhere; None where the upstream keeps none.
    """

    name: str
    provider: str
    upstream_model: str
    sizes: SizeRule
    seconds: tuple[int, ...]
    default_size: Size
    default_seconds: int
    capabilities: frozenset[Capability] = frozenset()
    remembers: frozenset[str] = frozenset()
    seconds_per_second: float = 10.0
    released: int = 0
    owner: str = "mutoscope"
    price: Price | None = None
    is_drawn: bool = False
    longest_seconds: int = 120
    prompt_limit: int = PROMPT_MAX_CHARACTERS
    edit_limits: ClipLimits = EVERY_CLIP
    reference_limits: ClipLimits = EVERY_CLIP
    extend_limits: ClipLimits = EVERY_CLIP
    sound_limits: SoundLimits = ONE_SOUND
    remembers_seconds: float | None = None
    remembered_by: str | None = None
    accounts: tuple[str, ...] = ()
    verified: str = "docs"
    ends: str | None = None
    from_words: bool = True
    guided_edits: bool = True
    clips_by_link: bool = False
    own_link: tuple[str, str] | None = None
    wiring: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_paid(self) -> bool:
        return self.price is not None

    @property
    def is_own(self) -> bool:
        """Whether it runs on this machine, so that nobody else sees what it is given."""
        return self.is_drawn

    def check_prompt(self, prompt: str) -> None:
        if len(prompt) > self.prompt_limit:
            raise InvalidRequest(
                f"Invalid 'prompt': string too long. Model '{self.name}' takes at most {self.prompt_limit} characters, "
                f"got {len(prompt)}.",
                param="prompt",
                code="string_above_max_length",
            )

    def check_size(self, size: Size) -> Size:
        if not self.sizes.allows(size):
            raise InvalidRequest(
                f"Invalid value: '{size}'. Supported values for model '{self.name}' are: {self.sizes}.",
                param="size",
            )
        return size

    def check_seconds(self, seconds: int | str) -> int:
        if isinstance(seconds, str) or seconds not in self.seconds:
            raise InvalidRequest(
                f"Invalid value: '{seconds}'. Supported values for model '{self.name}' are: {_spell(self.seconds)}.",
                param="seconds",
            )
        return seconds

    def fit_seconds(self, seconds: float) -> int:
        """The length that it makes nearest to `seconds`; of two as near, the longer."""
        return min(self.seconds, key=lambda own: (abs(own - seconds), -own))

    def check_start(self, has_picture: bool) -> None:
        """Refuse a create that gives the model nothing to begin with. has_picture: whether a first frame came along."""
        if self.from_words or (has_picture and Capability.IMAGE_REFERENCE in self.capabilities):
            return
        if Capability.IMAGE_REFERENCE in self.capabilities:
            raise InvalidRequest(
                f"Model '{self.name}' makes no video of words alone; send a picture that it begins with.",
                param="input_reference",
                code="missing_required_parameter",
            )
        raise UnsupportedByModel(
            f"Model '{self.name}' makes no new videos; it changes a clip: use the routes for remixes and edits.",
            param="model",
            code="unsupported_operation",
        )

    def require(self, capability: Capability, param: str) -> None:
        if capability not in self.capabilities:
            raise UnsupportedByModel(f"Model '{self.name}' does not support '{param}'.", param=param)


def provider_of(account: str) -> str:
    """The provider that an account belongs to: "runway" of "runway@second"."""
    return account.partition("@")[0]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A requested name made one of ours; `notice` tells the caller when the name was an old one's alias.

    fallbacks: the names that the operator wants to be tried when the model's upstream refuses.
    """

    model: ModelSpec
    notice: str | None = None
    fallbacks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Catalog:
    """All models of this server. `sora_alias` decides whether Sora's names resolve to `default`.

    aliases: further names, each for one model or several, of which the later ones are its fallbacks.
    """

    models: dict[str, ModelSpec]
    default: str
    sora_alias: bool = True
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        models: Iterable[ModelSpec],
        default: str,
        sora_alias: bool = True,
        aliases: Mapping[str, tuple[str, ...]] | None = None,
    ) -> Catalog:
        return cls({model.name: model for model in models}, default, sora_alias, aliases or {})

    def resolve(self, name: str | None) -> Resolved:
        """The model behind a requested name; None asks for the default. ModelNotFound names the candidates."""
        if name is None:
            return Resolved(self.models[self.default])
        if name in self.models:
            return Resolved(self.models[name])
        if name in self.aliases:
            first, *others = self.aliases[name]
            model = self.models[first]
            return Resolved(model, _notice(name, model) if name in SORA_NAMES else None, tuple(others))
        if (model := self._by_full_name(name)) is not None:
            return Resolved(model)
        if name in SORA_NAMES and self.sora_alias:
            model = self.models[self.default]
            return Resolved(model, _notice(name, model))
        raise ModelNotFound(self._not_found(name), param="model")

    def names_of(self, model: ModelSpec) -> tuple[str, ...]:
        """The further names that lead to a model, the operator's first."""
        own = [name for name, targets in self.aliases.items() if targets[0] == model.name]
        if not (self.sora_alias and model.name == self.default):
            return tuple(own)
        return (*own, *sorted(SORA_NAMES - self.aliases.keys() - self.models.keys()))

    def _by_full_name(self, name: str) -> ModelSpec | None:
        """The model that is meant by "provider/model", whatever it is called here."""
        provider, _, rest = name.partition("/")
        own = [model for model in self.models.values() if model.provider == provider]
        return next((model for model in own if rest in (model.name, model.upstream_model)), None)

    def _not_found(self, name: str) -> str:
        near = difflib.get_close_matches(name, [*self.models, *self.aliases], n=1)
        hint = f" Did you mean '{near[0]}'?" if near else ""
        return (
            f"The model '{name[:100]}' does not exist here. Available models: {', '.join(sorted(self.models))}.{hint}"
        )


def _notice(name: str, model: ModelSpec) -> str | None:
    """Nobody gets an illustration for a film without being told."""
    if not model.is_drawn:
        return None
    return (
        f"'{name}' was asked for; this server answered with '{model.name}', its built-in engine: "
        "an illustrated animatic drawn by code, not a film by a video model."
    )


def _unlikeness(one: Size, other: Size) -> tuple[float, int]:
    """How far two sizes are apart: in shape first, then in area."""
    shape = abs(math.log(one.width * other.height / (one.height * other.width)))
    return round(shape, 3), abs(one.width * one.height - other.width * other.height)


def _spell(values: tuple[int, ...]) -> str:
    if len(values) > 6 and values == tuple(range(values[0], values[-1] + 1)):
        return f"every whole number from '{values[0]}' to '{values[-1]}'"
    quoted = [f"'{value}'" for value in values]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])}, and {quoted[-1]}"
