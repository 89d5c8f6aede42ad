"""The files behind a video: which download, which media type, how a spritesheet is laid out."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

INPUTS = "inputs"
_FITTED = "fitted-"


class Variant(StrEnum):
    """Which download. The values are the words of the `variant` query parameter."""

    VIDEO = "video"
    THUMBNAIL = "thumbnail"
    SPRITESHEET = "spritesheet"

    @property
    def media_type(self) -> str:
        return _MEDIA_TYPES[self][0]

    @property
    def extension(self) -> str:
        return _MEDIA_TYPES[self][1]


_MEDIA_TYPES = {
    Variant.VIDEO: ("video/mp4", "mp4"),
    Variant.THUMBNAIL: ("image/webp", "webp"),
    Variant.SPRITESHEET: ("image/jpeg", "jpg"),
}


@dataclass(frozen=True, slots=True)
class Asset:
    """A stored file. `key` is its place in storage, `bytes` its exact length, `sha256` in lower-case hex."""

    variant: Variant
    key: str
    media_type: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class SpritesheetGrid:
    """A grid of stills in reading order; cell times divide the clip evenly, each at its interval's middle."""

    columns: int = 4
    rows: int = 4

    @property
    def cells(self) -> int:
        return self.columns * self.rows

    def moments(self, seconds: float) -> list[float]:
        """The time of each cell in seconds from the start of a clip `seconds` long."""
        return [seconds * (index + 0.5) / self.cells for index in range(self.cells)]


def storage_key(tenant: str, video_id: str, attempt: int, variant: Variant) -> str:
    """Where one variant of one attempt lies. Built from our own words only, never from the caller's."""
    return f"{tenant}/{video_id}/{attempt}-{variant}.{variant.extension}"


def fitted_key(tenant: str, video_id: str, plan: str) -> str:
    """Where the source's clip lies as this video's model takes it. plan: a hash of what was done to it."""
    return f"{tenant}/{video_id}/{_FITTED}{plan}.mp4"


@dataclass(frozen=True, slots=True)
class Place:
    """Whose file a key is for. folder: a video's id, or `INPUTS`. name: in that folder; of an input its hash."""

    tenant: str
    folder: str
    name: str

    @property
    def is_input(self) -> bool:
        return self.folder == INPUTS

    @property
    def is_fitted(self) -> bool:
        return not self.is_input and self.name.startswith(_FITTED)


def place_of(key: str) -> Place:
    """The parts of a key that `storage_key`, `fitted_key` or `input_key` has made."""
    tenant, folder, name = key.split("/")
    return Place(tenant, folder, name)


def link_name(media_type: str) -> str:
    """How a public address of such bytes ends."""
    return _LINK_NAMES.get(media_type, "file.bin")


_LINK_NAMES = {
    "video/mp4": "clip.mp4",
    "video/webm": "clip.webm",
    "image/png": "picture.png",
    "image/jpeg": "picture.jpg",
    "image/webp": "picture.webp",
    "audio/mpeg": "sound.mp3",
    "audio/wav": "sound.wav",
    "audio/ogg": "sound.ogg",
    "audio/mp4": "sound.m4a",
    "audio/aac": "sound.aac",
    "audio/flac": "sound.flac",
}


def input_key(tenant: str, sha256: str) -> str:
    """Where an uploaded reference lies, by the hash of its bytes."""
    return f"{tenant}/{INPUTS}/{sha256}"
