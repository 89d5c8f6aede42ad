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


# x, y, z, yaw, tilt and zoom of a keyframe, or their change per second.
Six = tuple[float, float, float, float, float, float]


@dataclass(frozen=True, slots=True)
class Knot:
    """The camera at one moment of an extension; between two knots it goes as a cubic curve does.

    at: seconds of the clip. pose: x, y, z, yaw, tilt, zoom as in `Keyframe`. rate: their change per second.
    shake: as in `Camera`.
    """

    at: float
    pose: Six
    rate: Six
    shake: float = 0.0


@dataclass(frozen=True, slots=True)
class Camera:
    """A move by its name in the vocabulary, and the absolute path that it was turned into.

    shake: of a hand-held camera, 0 to 1; it depends on the scene's seed. onward: how the camera goes on where the clip
    was extended; the path then ends at the first knot, and worlds are still built around the path alone, so that an
    extension finds them as they were.
    """

    move: str
    path: tuple[Keyframe, ...]
    shake: float = 0.0
    onward: tuple[Knot, ...] = ()


@dataclass(frozen=True, slots=True)
class Subject:
    """A thing in the scene.

    name: singular noun of the vocabulary ("boat"). x: -1 to 1 of the frame's half width, where it stands at
    the middle of the clip. depth: 0 near to 1 far. scale: 1 is its usual size. motion: still, cross_left,
    cross_right, fly, swim, bob or rise. count: how many of it. span: first and last second of the stretch of the clip
    that it was placed for, when it came with an extension; None for the clip as it was first made.
    """

    name: str
    x: float
    depth: float = 0.35
    scale: float = 1.0
    motion: str = "still"
    count: int = 1
    span: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What an extension changed: from `at` (seconds) on, the scene has this look; fields as in `Scene`."""

    at: float
    setting: str
    time: str
    season: str | None = None
    weather: tuple[str, ...] = ()
    subjects: tuple[Subject, ...] = ()
    style: str | None = None
    palette: str | None = None
    speed: str | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything a renderer needs; deterministic: the same scene gives the same frames.

    setting, time, season, weather, style, palette, speed: words of the vocabulary. seed: composition, terrain
    and clouds come from it. sun: -1 to 1 of the frame's half width, where the sun or moon stands.
    width, height: pixels, even. unmatched: words of the prompt that found no place.
    confidence: 0 to 1 for each field that was read from the prompt. turns: what extensions changed, in their order;
    the look's fields of the scene itself are those of its beginning.
    """

    seed: int
    width: int
    height: int
    seconds: float
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
    turns: tuple[Turn, ...] = ()

    @property
    def frame_count(self) -> int:
        return round(self.seconds * FRAMES_PER_SECOND)

    @property
    def first_seconds(self) -> float:
        """How long the clip was before it was extended: what the camera's path spans."""
        return self.camera.onward[0].at if self.camera.onward else self.seconds

    @property
    def first_subjects(self) -> tuple[Subject, ...]:
        """Who was there before any extension: worlds make room for these alone."""
        return tuple(subject for subject in self.subjects if subject.span is None)
