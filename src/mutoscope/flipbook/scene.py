"""The scene: flipbook's plan, from which every frame is computed. Stored beside the video, so that a remix edits it.

All positions are absolute and in the world's own units, so that a remix which locks the camera really keeps
it: a camera pose does not depend on the ground under it.
"""

from __future__ import annotations

from dataclasses import dataclass, field

SCENE_VERSION = 1
FRAMES_PER_SECOND = 24


@dataclass(frozen=True, slots=True)
class Keyframe:
    """The camera at one moment.

    u: moment, 0 at the first frame, 1 at the end of the clip. x, y, z: metres; x to the right, y up from
    the world's zero level, z ahead at yaw 0. yaw: radians to the right. tilt: radians upward, small (at most
    0.25 either way). zoom: 1 is the normal lens, 2 shows half the field.
    """

    u: float
    x: float
    y: float
    z: float
    yaw: float = 0.0
    tilt: float = 0.0
    zoom: float = 1.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A move by its name in the vocabulary, and the absolute path that it was turned into.

    handheld adds a small shake that depends on the scene's seed.
    """

    move: str
    path: tuple[Keyframe, ...]
    shake: float = 0.0


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing in the scene.

    name: singular noun of the vocabulary ("boat"). x: -1 to 1 of the frame's half width, where it stands at
    the middle of the clip. depth: 0 near to 1 far. scale: 1 is its usual size. motion: still, cross_left,
    cross_right, fly, swim, bob or rise. count: how many of it.
    """

    name: str
    x: float
    depth: float = 0.35
    scale: float = 1.0
    motion: str = "still"
    count: int = 1


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a renderer needs; deterministic: the same scene gives the same frames.

    setting, time, season, weather, style, palette, speed: words of the vocabulary. seed: composition, terrain
    and clouds come from it. sun: -1 to 1 of the frame's half width, where the sun or moon stands.
    width, height: pixels, even. seconds: whole. unmatched: words of the prompt that found no place.
    confidence: 0 to 1 for each field that was read from the prompt.
    """

    seed: int
    width: int
    height: int
    seconds: int
    prompt: str
    setting: str
    time: str
    camera: Camera
    season: str | None = None
    weather: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    style: str | None = None
    palette: str | None = None
    speed: str | None = None
    sun: float = 0.3
    unmatched: tuple[str, ...] = ()
    confidence: dict[str, float] = field(default_factory=dict)
    version: int = SCENE_VERSION

    @property
    def frame_count(self) -> int:
        return self.seconds * FRAMES_PER_SECOND
