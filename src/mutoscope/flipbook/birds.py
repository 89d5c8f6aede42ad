"""A bird on the wing, drawn anew for every part of its wing beat."""

from __future__ import annotations

import math

FRAMES = 12


def frame_svg(index: int) -> str:
    """The SVG of frame `index` of FRAMES of one beat, facing left."""
    beat = math.cos(2.0 * math.pi * index / FRAMES)
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 72 72">'
        f'<path fill="#59616b" d="{_wing(-3.0, beat * 0.82 + 0.10, 0.9)}"/>'
        '<path fill="#e9ebee" d="M10 37c5-6 14-8 24-6 8 1 14 3 27 3l-5 5c-8 1-14 3-22 3-10 0-19-1-24-5Z"/>'
        '<path fill="#cfd4da" d="M13 39c8 4 22 4 43 0-8 1-14 3-22 3-9 0-16-1-21-3Z"/>'
        '<path fill="#e0933a" d="M11 35.500L4 38l7 1Z"/><circle cx="15" cy="35.500" r="1.100" fill="#22262b"/>'
        f'<path fill="#7f8994" d="{_wing(0.0, beat, 1.0)}"/>'
        f'<path fill="#454c55" d="{_tip(beat)}"/>'
        "</svg>"
    )


def _wing(shift: float, beat: float, reach: float) -> str:
    """Outline of a wing: up when beat is 1, down at -1; the elbow leads the tip."""
    tip_x, tip_y = 50 + shift - 6 * abs(beat), 35 - 31 * beat * reach
    elbow = 35 - 22 * beat * reach - 3
    return (
        f"M{24 + shift} 34C{24 + shift} {elbow + 5:.1f} {29 + shift} {elbow:.1f} {tip_x:.1f} {tip_y:.1f}"
        f"C{45 + shift} {(tip_y + 35) / 2 + 2:.1f} {43 + shift} 34 {42 + shift} 35Z"
    )


def _tip(beat: float) -> str:
    """The dark end of the near wing."""
    x, y = 50 - 6 * abs(beat), 35 - 31 * beat
    inner = 35 - 25 * beat
    return f"M{x - 8:.1f} {inner - 2:.1f}L{x:.1f} {y:.1f}L{x - 2:.1f} {inner + 4 * beat:.1f}Z"
