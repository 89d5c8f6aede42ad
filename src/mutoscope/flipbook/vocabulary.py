"""The closed lists of words that a scene is described with, and the flat form in which a scene is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Protocol

SETTINGS = (
    "lake", "river", "waterfall", "ocean", "coast", "beach", "island", "underwater", "mountain", "mountain_snow",
    "snowfield", "volcano", "canyon", "desert", "savanna", "hills", "field", "forest", "jungle", "village", "city",
    "street", "interior", "space", "sky", "abstract",
)  # fmt: skip
TIMES = ("dawn", "day", "sunset", "dusk", "night")
SEASONS = ("spring", "summer", "autumn", "winter")
WEATHER = ("clouds", "fog", "rain", "storm", "snow", "wind", "dust")
CAMERAS = (
    "static", "forward", "dolly_in", "dolly_out", "pan_left", "pan_right", "tilt_up", "tilt_down", "rise",
    "tracking", "orbit", "zoom_in", "zoom_out", "handheld",
)  # fmt: skip
STYLES = ("illustration", "watercolor", "oil", "ink", "anime", "pixel", "cyberpunk", "bw", "color")
SPEEDS = ("slower", "faster")
LOCKS = ("camera", "setting", "subjects", "composition", "all")

SCALARS = ("setting", "time", "season", "camera", "style", "palette", "speed")


@dataclass(frozen=True, slots=True)
class Reading:
    """A scene in words of the vocabulary.

    subjects: singular common nouns in the order of the text, none twice. palette: colour words joined by a comma,
    or warm, cool, sepia. confidence: 0 to 1 for each field that the text spoke of or that was guessed from it.
    unmatched: content words of the text that found no place.
    """

    setting: str
    time: str = "day"
    season: str | None = None
    weather: tuple[str, ...] = ()
    camera: str = "static"
    subjects: tuple[str, ...] = ()
    style: str | None = None
    palette: str | None = None
    speed: str | None = None
    confidence: dict[str, float] = field(default_factory=dict)
    unmatched: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The flat form, with lists for what holds several words."""
        return {
            "setting": self.setting,
            "time": self.time,
            "season": self.season,
            "weather": list(self.weather),
            "camera": self.camera,
            "subjects": list(self.subjects),
            "style": self.style,
            "palette": self.palette,
            "speed": self.speed,
            "confidence": {name: round(value, 2) for name, value in self.confidence.items()},
            "unmatched": list(self.unmatched),
        }


class Described(Protocol):
    """What is asked of the source of a change: a `Reading`, or anything that has its words."""

    @property
    def setting(self) -> str: ...
    @property
    def time(self) -> str: ...
    @property
    def season(self) -> str | None: ...
    @property
    def style(self) -> str | None: ...
    @property
    def palette(self) -> str | None: ...
    @property
    def weather(self) -> tuple[str, ...]: ...
    @property
    def subjects(self) -> tuple[str, ...]: ...


@dataclass(frozen=True, slots=True)
class Delta:
    """set: scalars by field; add, remove: weather and subjects by name; lock: what must stay, words of `LOCKS`.

    unmatched: content words of the change that found no place, as it spells them. guessed: 0 to 1 for each field of
    `set` whose value was guessed by nearness of meaning.
    """

    set: dict[str, str] = field(default_factory=dict)
    add: tuple[str, ...] = ()
    remove: tuple[str, ...] = ()
    lock: tuple[str, ...] = ()
    unmatched: tuple[str, ...] = ()
    guessed: dict[str, float] = field(default_factory=dict)

    @property
    def confidence(self) -> dict[str, float]:
        """0 to 1 for each field that is set."""
        return {**dict.fromkeys(self.set, 1.0), **self.guessed}

    def to_json(self) -> dict[str, Any]:
        """The delta's form on the wire: the four lists and maps, without `unmatched` and `guessed`."""
        return {"set": dict(self.set), "add": list(self.add), "remove": list(self.remove), "lock": list(self.lock)}
