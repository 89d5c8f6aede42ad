"""The world's time: how fast waves, clouds and subjects move, also where an extension changes their speed."""

from __future__ import annotations

from mutoscope.flipbook.scene import Scene

# How fast the world goes for the speed words of the vocabulary.
PACE = {"slower": 0.6, "faster": 1.7}


def at(scene: Scene, seconds: float) -> float:
    """The world's time in seconds at a moment of the clip: it never jumps."""
    pace, begun, passed = PACE.get(scene.speed or "", 1.0), 0.0, 0.0
    for turn in scene.turns:
        if turn.at >= seconds:
            break
        passed += (turn.at - begun) * pace
        pace, begun = PACE.get(turn.speed or "", 1.0), turn.at
    return passed + (seconds - begun) * pace
