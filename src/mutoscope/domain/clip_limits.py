"""Which clips a model takes: the bounds that its upstream documents, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mutoscope.domain.video import Size

_MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class ClipLimits:
    """The clips that a model takes, all bounds included; by default every one.

    shortest, longest: in seconds. smallest_side, longest_side: in pixels. fewest_pixels, most_pixels: of a frame.
    most_bytes: of the file.
    """

    shortest: float = 0.0
    longest: float = math.inf
    smallest_side: int = 1
    longest_side: int = 1 << 16
    fewest_pixels: int = 1
    most_pixels: float = math.inf
    most_bytes: float = math.inf

    def misfit(self, seconds: float, size: Size, length: int | None) -> str | None:
        """Why a clip is not taken, in one sentence; None if it is. length: in bytes, None where nobody knows."""
        sides = (size.width, size.height)
        if seconds < self.shortest:
            return f"The clip is {seconds:g} s long; at least {self.shortest:g} s are taken."
        if seconds > self.longest:
            return f"The clip is {seconds:g} s long; at most {self.longest:g} s are taken."
        if min(sides) < self.smallest_side:
            return f"The clip is {size}; sides of at least {self.smallest_side} pixels are taken."
        if max(sides) > self.longest_side:
            return f"The clip is {size}; sides of at most {self.longest_side} pixels are taken."
        if not self.fewest_pixels <= size.width * size.height <= self.most_pixels:
            return f"The clip is {size}; frames of {self._pixels} are taken."
        if length is not None and length > self.most_bytes:
            return f"The clip has {length / _MEBIBYTE:.1f} MiB; at most {self.most_bytes / _MEBIBYTE:.1f} are taken."
        return None

    @property
    def _pixels(self) -> str:
        fewest, most = f"at least {self.fewest_pixels} pixels", f"at most {self.most_pixels:.0f} pixels"
        if math.isinf(self.most_pixels):
            return fewest
        return most if self.fewest_pixels <= 1 else f"{self.fewest_pixels} to {self.most_pixels:.0f} pixels"


EVERY_CLIP = ClipLimits()
