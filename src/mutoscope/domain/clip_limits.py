"""Which clips a model takes: the bounds that its upstream documents, as data."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mutoscope.domain.video import Size

MP4 = "video/mp4"
_MEBIBYTE = 1 << 20
# Rates are fractions such as 30000/1001 and are measured by counting pictures: so much is no difference.
_SAME_RATE = 0.01


@dataclass(frozen=True, slots=True)
class SourceClip:
    """What is known of a stored clip. size: in pixels as it is meant to be seen. bytes, fps: None if nobody knows."""

    seconds: float
    size: Size
    bytes: int | None = None
    fps: float | None = None
    media_type: str = MP4


@dataclass(frozen=True, slots=True)
class ClipLimits:
    """The clips that a model takes, all bounds included; by default every one.

    shortest, longest: in seconds. smallest_side, longest_side: in pixels. most_bytes: of the file. lowest_fps,
    highest_fps: pictures per second. narrowest, widest: width by height. fewest_pixels, most_pixels: width times
    height. only_mp4: whether other containers are refused.
    """

    shortest: float = 0.0
    longest: float = math.inf
    smallest_side: int = 1
    longest_side: int = 1 << 16
    most_bytes: float = math.inf
    lowest_fps: float = 0.0
    highest_fps: float = math.inf
    narrowest: float = 0.0
    widest: float = math.inf
    fewest_pixels: int = 1
    most_pixels: float = math.inf
    only_mp4: bool = False

    def misfit(self, clip: SourceClip) -> str | None:
        """Why a clip is not taken, in one sentence; None if it is. What nobody knows of it is not held against it."""
        return (
            self.wrong_length(clip.seconds)
            or self.wrong_size(clip.size)
            or self.wrong_rate(clip.fps)
            or self.wrong_file(clip)
        )

    def wrong_length(self, seconds: float) -> str | None:
        if seconds < self.shortest:
            return f"The clip is {seconds:g} s long; at least {self.shortest:g} s are taken."
        if seconds > self.longest:
            return f"The clip is {seconds:g} s long; at most {self.longest:g} s are taken."
        return None

    def wrong_size(self, size: Size) -> str | None:
        """Of sides, shape or area."""
        sides, pixels = (size.width, size.height), size.width * size.height
        if min(sides) < self.smallest_side:
            return f"The clip is {size}; sides of at least {self.smallest_side} pixels are taken."
        if max(sides) > self.longest_side:
            return f"The clip is {size}; sides of at most {self.longest_side} pixels are taken."
        if pixels < self.fewest_pixels:
            return f"The clip is {size}; at least {self.fewest_pixels} pixels in all are taken."
        if pixels > self.most_pixels:
            return f"The clip is {size}; at most {self.most_pixels:.0f} pixels in all are taken."
        return self.wrong_shape(size)

    def wrong_shape(self, size: Size) -> str | None:
        shape = size.width / size.height
        if shape < self.narrowest:
            return f"The clip is {size}; a width of at least {self.narrowest:g} times the height is taken."
        if shape > self.widest:
            return f"The clip is {size}; a width of at most {self.widest:g} times the height is taken."
        return None

    def wrong_rate(self, fps: float | None) -> str | None:
        if fps is not None and fps < self.lowest_fps - _SAME_RATE * self.lowest_fps:
            return f"The clip has {fps:.4g} pictures a second; at least {self.lowest_fps:g} are taken."
        if fps is not None and fps > self.highest_fps + _SAME_RATE * self.highest_fps:
            return f"The clip has {fps:.4g} pictures a second; at most {self.highest_fps:g} are taken."
        return None

    def wrong_file(self, clip: SourceClip) -> str | None:
        """Of length in bytes, or of container."""
        if clip.bytes is not None and clip.bytes > self.most_bytes:
            most = self.most_bytes / _MEBIBYTE
            return f"The clip has {clip.bytes / _MEBIBYTE:.1f} MiB; at most {most:.1f} are taken."
        if self.only_mp4 and clip.media_type != MP4:
            return f"The clip is {clip.media_type}; {MP4} is taken."
        return None


EVERY_CLIP = ClipLimits()
