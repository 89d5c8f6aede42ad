"""An extended scene as chapters: one for its beginning and one for every change that an extension brought."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace

from mutoscope.flipbook.scene import Scene, Turn

# How long a change takes to come in, seconds.
FADE = 1.5
# What a change may alter in the picture; the speed alone works through the clock.
_LOOK = tuple(known.name for known in fields(Turn) if known.name not in ("at", "speed"))


@dataclass(frozen=True, slots=True)
class Chapter:
    """From second `at` on the clip shows this scene, fully so once the fade is over."""

    at: float
    scene: Scene

    def share(self, seconds: float) -> float:
        """How much of the picture is this chapter's: 0 before it begins, 1 after its fade, smooth between."""
        if self.at == 0.0:
            return 1.0
        t = min(1.0, max(0.0, (seconds - self.at) / FADE))
        return t * t * (3.0 - 2.0 * t)


def chapters_of(scene: Scene) -> tuple[Chapter, ...]:
    """The chapters in their order; each one's scene has the look of its turn."""
    changed = [
        Chapter(turn.at, replace(scene, **{name: getattr(turn, name) for name in _LOOK})) for turn in scene.turns
    ]
    return (Chapter(0.0, scene), *changed)
