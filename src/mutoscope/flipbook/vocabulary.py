"""The closed lists of words that a scene is described with, and the flat form in which a scene is printed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
