"""What clients may ask of xAI: the fields, their types and ranges, and prices.

Where the documentation and the official client tell different limits, the narrower one holds here: the client's text
says 30 s for a clip to be continued, and 1 s for the least that is added.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from mutoscope.testing.upstreams.xai.errors import Refused

V1, V1_5, LITE = "grok-imagine-video", "grok-imagine-video-1.5", "grok-imagine-video-1.5-lite"
# Dollars per second of the result, by the short side of its picture, and per picture sent along.
PRICES = {
    V1: {480: 0.05, 720: 0.07},
    V1_5: {480: 0.08, 720: 0.14, 1080: 0.25},
    LITE: {480: 0.02, 720: 0.03, 1080: 0.14},
}
PRICE_OF_A_PICTURE = 0.002
TICKS_OF_A_DOLLAR = 10**10
SHORT_SIDES = {"480p": 480, "720p": 720, "1080p": 1080}
EDITED_SECONDS = 8.7
EXTENDED_SECONDS = (2.0, 15.0)
KEYFRAMES_APART = 1 / 3
KEPT_SECONDS = 2_592_000


class Strict(msgspec.Struct, forbid_unknown_fields=True):
    """A JSON object that may have no other fields than these."""


class Source(Strict):
    url: str | None = None
    file_id: str | None = None


class Audio(Strict):
    url: str | None = None
    voice_id: str | None = None


class Keyframe(Strict):
    image: Source
    timestamp_s: Annotated[float, Meta(gt=0)]


class PublicUrl(Strict):
    expires_after: Annotated[int, Meta(ge=3600)]


class Storage(Strict):
    filename: Annotated[str, Meta(min_length=1)] | None = None
    expires_after: Annotated[int, Meta(ge=1, le=KEPT_SECONDS)] = KEPT_SECONDS
    public_url: bool | PublicUrl | None = None


class Asked(Strict, kw_only=True):
    model: str
    prompt: str
    storage_options: Storage | None = None
    user: str | None = None


class Generation(Asked, kw_only=True):
    duration: Annotated[int, Meta(ge=1, le=15)] | None = None
    aspect_ratio: Literal["1:1", "16:9", "9:16", "4:3", "3:4", "3:2", "2:3"] | None = None
    resolution: Literal["480p", "720p", "1080p"] | None = None
    image: Source | None = None
    last_frame: Source | None = None
    keyframes: Annotated[list[Keyframe], Meta(min_length=1, max_length=4)] | None = None
    reference_images: Annotated[list[Source], Meta(min_length=1, max_length=7)] | None = None
    reference_audios: Annotated[list[Audio], Meta(min_length=1, max_length=3)] | None = None
    generate_audio: bool | None = None

    @property
    def frames(self) -> dict[str, object]:
        """The fields that say what the clip shows at a certain moment."""
        named = {"image": self.image, "last_frame": self.last_frame, "keyframes": self.keyframes}
        return {name: given for name, given in named.items() if given is not None}


class Edit(Asked, kw_only=True):
    video: Source


class Extension(Asked, kw_only=True):
    video: Source
    duration: Annotated[int, Meta(ge=2, le=10)] | None = None


A = TypeVar("A", bound=Asked)


def read(body: bytes, kind: type[A], edits_take: frozenset[str]) -> A:
    """The body of a submission. edits_take: see `FakeXai`. Raises Refused."""
    try:
        asked = msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise Refused(422, f"Failed to deserialize the JSON body into the target type: {error}") from None
    except msgspec.DecodeError as error:
        raise Refused(400, f"Failed to parse the request body as JSON: {error}") from None
    if kind is not Generation:
        for extra in {"storage_options", "user"} - edits_take:
            if getattr(asked, extra) is not None:
                raise Refused(422, f"Failed to deserialize the JSON body: unknown field `{extra}`", extra)
    if not asked.prompt and not (isinstance(asked, Generation) and asked.frames):
        raise Refused(422, "prompt is empty, and no frame is given", "prompt")
    if asked.model not in PRICES:
        raise Refused(404, f"The model {asked.model} does not exist or your team does not have access to it.")
    if asked.storage_options is not None and asked.storage_options.public_url is False:
        raise Refused(422, "public_url is true or an object", "storage_options")
    return asked


def check(asked: Generation, default_seconds: int) -> None:
    """Refuse what goes together with neither the model nor the other fields."""
    if SHORT_SIDES[asked.resolution or "480p"] not in PRICES[asked.model]:
        raise Refused(400, f"resolution {asked.resolution} is not supported by {asked.model}", "resolution")
    for param in ("last_frame", "keyframes"):
        if param in asked.frames and asked.model != V1_5:
            raise Refused(400, f"{param} is not supported by {asked.model}", param)
    moments = sorted(keyframe.timestamp_s for keyframe in asked.keyframes or ())
    if moments and moments[-1] >= (asked.duration or default_seconds):
        raise Refused(400, "timestamp_s is not within the duration", "keyframes")
    if any(later - earlier < KEYFRAMES_APART for earlier, later in pairwise(moments)):
        raise Refused(400, "keyframes must be at least 1/3 second apart", "keyframes")
    if asked.reference_images:
        if asked.frames and asked.model != V1_5:
            raise Refused(400, "reference_images cannot be combined with image", "reference_images")
        if asked.resolution == "1080p":
            raise Refused(400, "reference_images supports up to 720p", "resolution")
    for audio in asked.reference_audios or ():
        if (audio.url is None) == (audio.voice_id is None):
            raise Refused(422, "an audio has either url or voice_id", "reference_audios")
