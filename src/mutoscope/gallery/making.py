"""The form that makes a video: which models may do it, what each of them lets one choose, and what was filled in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import msgspec

from mutoscope.domain.catalog import Capability, Catalog, ModelSpec
from mutoscope.domain.errors import CallerError, InvalidRequest
from mutoscope.domain.video import Size, VideoRequest, check_prompt
from mutoscope.domain.wishes import Wishes
from mutoscope.gallery.forms import ONCE, new_once
from mutoscope.service.proposals import Proposal
from mutoscope.service.requests import NewVideo, Upload

PICTURE = "input_reference"
FIELDS = (
    "prompt", "model", "size", "seconds", "seed", "negative_prompt", "generate_audio", "provider_options", PICTURE,
)  # fmt: skip
REHEARSE = "rehearse"
# Offered where a model takes every size in a range.
COMMON = tuple(
    Size(width, height)
    for width, height in ((1280, 720), (720, 1280), (1024, 1024), (1920, 1080), (1080, 1920), (960, 540), (640, 360))
)
MOST_DIGITS = 12
MOST_OPTION_CHARACTERS = 16_384


@dataclass(frozen=True, slots=True)
class MakeForm:
    """What the form shows. models: those that make something new; changers: those that only change what is there.

    values: what was filled in, by field. errors: messages by the field that they are about; under "" what is about
    none of these. plan: what would be made, once that was asked for. lost_picture: whether a picture was sent, which
    a browser does not send again by itself. once: a number for this showing of the form.
    """

    models: tuple[ModelSpec, ...]
    changers: tuple[ModelSpec, ...]
    model: ModelSpec
    size: Size
    seconds: int
    values: Mapping[str, str]
    errors: Mapping[str, str] = field(default_factory=dict)
    plan: Proposal | None = None
    lost_picture: bool = False
    once: str = field(default_factory=new_once)

    @property
    def sizes(self) -> tuple[Size, ...]:
        allowed = self.model.sizes.sizes or tuple(size for size in COMMON if self.model.sizes.allows(size))
        return tuple(dict.fromkeys((*allowed, self.size)))

    @property
    def price(self) -> int | None:
        """Of what is chosen, in millionths; None where it is free."""
        if self.model.price is None:
            return None
        return self.model.price.of(self.seconds, min(self.size.width, self.size.height))

    @property
    def needs_picture(self) -> bool:
        return not self.model.from_words

    def takes(self, capability: str) -> bool:
        return Capability(capability) in self.model.capabilities

    def with_error(self, error: CallerError) -> MakeForm:
        return replace(self, errors={error.param if error.param in FIELDS else "": error.message})


def make_form(catalog: Catalog, given: Mapping[str, str]) -> MakeForm:
    """The form for the model that is named, with those of the given choices that it takes."""
    models = tuple(model for model in catalog.models.values() if _makes_new(model))
    names = {model.name: model for model in models}
    model = names.get(given.get("model", "")) or names.get(catalog.default) or models[0]
    size = Size.parse(given.get("size", ""))
    seconds = given.get("seconds", "")
    form = MakeForm(
        models=models,
        changers=tuple(each for each in catalog.models.values() if each.name not in names),
        model=model,
        size=size if size is not None and model.sizes.allows(size) else model.default_size,
        seconds=int(seconds) if _is_number(seconds) and int(seconds) in model.seconds else model.default_seconds,
        values={name: given.get(name, "") for name in FIELDS},
    )
    return replace(form, once=given[ONCE]) if given.get(ONCE) else form


def fields_of(request: VideoRequest) -> dict[str, str]:
    """What the form would have been filled with to ask for this. A file that went along has to be given again."""
    options = request.options
    own, sound = options.get("provider_options"), options.get("generate_audio")
    return {
        "prompt": request.prompt,
        "model": request.model,
        "size": str(request.size),
        "seconds": f"{request.seconds:g}",
        "seed": "" if request.seed is None else str(request.seed),
        "negative_prompt": options.get("negative_prompt", ""),
        "generate_audio": "" if sound is None else "yes" if sound else "no",
        "provider_options": msgspec.json.format(msgspec.json.encode(own)).decode() if own else "",
    }


def new_video(fields: Mapping[str, str], files: Mapping[str, bytes]) -> NewVideo:
    """What the form asks for. InvalidRequest names the field that cannot be read."""
    seconds = fields.get("seconds", "")
    return NewVideo(
        fields.get("prompt", ""),
        Wishes(
            model=fields.get("model") or None,
            seed=_seed(fields.get("seed", "").strip()),
            options=_options(fields),
            rehearse=fields.get("do") == REHEARSE,
        ),
        size=fields.get("size") or None,
        seconds=(int(seconds) if _is_number(seconds) else seconds) or None,
        reference=Upload(files[PICTURE], PICTURE) if PICTURE in files else None,
    )


def _options(fields: Mapping[str, str]) -> dict[str, Any]:
    options: dict[str, Any] = {}
    if unwanted := fields.get("negative_prompt", "").strip():
        options["negative_prompt"] = check_prompt(unwanted, "negative_prompt")
    if sound := fields.get("generate_audio"):
        options["generate_audio"] = sound == "yes"
    if own := fields.get("provider_options", "").strip():
        options["provider_options"] = _object(own)
    return options


def _object(text: str) -> dict[str, Any]:
    param = "provider_options"
    if len(text) > MOST_OPTION_CHARACTERS:
        raise InvalidRequest(f"Invalid '{param}': longer than {MOST_OPTION_CHARACTERS} characters.", param=param)
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise InvalidRequest(f"Invalid '{param}': expected a JSON object, such as {{}}.", param=param) from None


def _seed(text: str) -> int | None:
    if not text:
        return None
    if not _is_number(text):
        raise InvalidRequest("Invalid 'seed': expected a whole number.", param="seed")
    return int(text)


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdecimal() and len(text) <= MOST_DIGITS


def _makes_new(model: ModelSpec) -> bool:
    if Capability.LOCAL_EDIT in model.capabilities:
        return False
    return model.from_words or Capability.IMAGE_REFERENCE in model.capabilities
