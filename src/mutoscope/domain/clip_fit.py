"""What is done to a clip that a model does not take as it is, before it is sent; or why that will not do. No IO.

Scaling, other times between the pictures and stronger compression keep motion, length and framing: they are always
allowed. What cuts off, holds or frames the picture changes what the model is shown, and is done only where that is
allowed. Every change is told.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from itertools import product

from mutoscope.domain.clip_limits import MP4, ClipLimits, SourceClip
from mutoscope.domain.video import Size
from mutoscope.domain.wishes import Adjustment

FIELD = "source_clip"

# What a clip needs at least to be worth sending: bits for each pixel of each picture, sound in bits a second, bytes of
# the container and bytes in it for each picture and second.
_LEAST_BITS_PER_PIXEL = 0.02
_SOUND_BITS = 128_000
_CONTAINER_BYTES, _BYTES_PER_PICTURE = 4096, 24
# Where nobody knows the rate.
_USUAL_FPS = 30.0
# A clip is never scaled below this short side to save bytes.
_LEAST_LINES = 240
_MEBIBYTE = 1 << 20

_SIZE = "The clip is {}."
_ALLOWED_BY = "'on_unsupported': 'adjust' allows"


@dataclass(frozen=True, slots=True)
class Fit:
    """How the clip comes out.

    size: in pixels, both sides even. seconds: its length where that is changed, None where it is not; less than the
    clip has cuts off its end, more holds its last picture. picture: the part of `size` that the picture fills, in its
    middle, with black bars around it; None for all of it. fps: pictures per second; None keeps their times.
    most_bytes: of the file; None for any. told: each change.
    """

    size: Size
    seconds: float | None = None
    picture: Size | None = None
    fps: float | None = None
    most_bytes: int | None = None
    told: tuple[Adjustment, ...] = field(default=(), compare=False)


def fit_clip(clip: SourceClip, limits: ClipLimits, *, may_lose: bool, keeps_length: bool = False) -> Fit | str:
    """What makes a clip that is not taken fit, or the reason why nothing does.

    may_lose: whether its end may be cut off, its last picture held, and bars put around it. keeps_length: of a clip
    that is continued, whose end is needed as it is.
    """
    seconds = _length(clip, limits, may_lose, keeps_length)
    if isinstance(seconds, str):
        return seconds
    fps = _rate(clip, limits)
    frame = _frame(clip, limits, may_lose, _room(limits, seconds, fps or clip.fps or _USUAL_FPS))
    if isinstance(frame, str):
        return frame
    most_bytes = None if math.isinf(limits.most_bytes) else int(limits.most_bytes)
    fit = Fit(frame[0], None if seconds == clip.seconds else seconds, frame[1], fps, most_bytes)
    left = limits.misfit(SourceClip(seconds, fit.size, None, fps or clip.fps))
    return left or replace(fit, told=_told(clip, limits, fit))


def _length(clip: SourceClip, limits: ClipLimits, may_lose: bool, keeps_length: bool) -> float | str:
    wrong = limits.wrong_length(clip.seconds)
    if wrong is None:
        return clip.seconds
    is_long = clip.seconds > limits.longest
    if keeps_length:
        return f"{wrong} It goes on from its end, so its length is not changed."
    if not may_lose:
        return f"{wrong} {_ALLOWED_BY} {'to cut off its end' if is_long else 'to hold its last picture'}."
    return limits.longest if is_long else limits.shortest


def _rate(clip: SourceClip, limits: ClipLimits) -> float | None:
    """Another rate, where the clip's own is not taken: a part or multiple of it if there is one, for even motion."""
    if limits.wrong_rate(clip.fps) is None or clip.fps is None:
        return None
    if clip.fps > limits.highest_fps:
        even = clip.fps / math.ceil(clip.fps / limits.highest_fps - 1e-3)
        return even if even >= limits.lowest_fps else limits.highest_fps
    even = clip.fps * math.ceil(limits.lowest_fps / clip.fps - 1e-3)
    return even if even <= limits.highest_fps else limits.lowest_fps


def _room(limits: ClipLimits, seconds: float, fps: float) -> float:
    """The most pixels of a picture whose clip is still worth sending within the bytes that are taken."""
    if math.isinf(limits.most_bytes):
        return math.inf
    pictures = max(1.0, seconds * fps)
    spare = limits.most_bytes - _CONTAINER_BYTES - pictures * _BYTES_PER_PICTURE - seconds * _SOUND_BITS / 8
    return max(0.0, spare * 8 / pictures / _LEAST_BITS_PER_PIXEL)


def _frame(clip: SourceClip, limits: ClipLimits, may_lose: bool, room: float) -> tuple[Size, Size | None] | str:
    """The size that is sent and, where bars are put around it, the size of the picture in it.

    room: the most pixels of the picture by the bytes that are taken.
    """
    own, wrong = clip.size, limits.wrong_size(clip.size)
    width, height = _shaped(own, limits)
    has_bars = (width, height) != (own.width, own.height)
    if has_bars and not may_lose:
        return f"{wrong} {_ALLOWED_BY} to put bars around it."
    short, long, pixels = min(width, height), max(width, height), width * height
    least = max(limits.smallest_side / short, math.sqrt(limits.fewest_pixels / pixels))
    most = min(limits.longest_side / long, math.sqrt(limits.most_pixels / pixels))
    if least > most:
        return f"{wrong or _SIZE.format(own)} No size of its shape is taken."
    scale = min(max(1.0, least), most)
    if pixels * scale**2 > room:
        scale = math.sqrt(room / pixels)
        if scale < least or scale * short < min(_LEAST_LINES, short):
            return limits.wrong_file(clip) or f"So many bytes as are taken are too few for {clip.seconds:g} s."
    size = _even(width * scale, height * scale, own, limits)
    if size is None:
        return f"{wrong or _SIZE.format(own)} No size of its shape is taken."
    return size, _inside(own, size) if has_bars else None


def _shaped(size: Size, limits: ClipLimits) -> tuple[float, float]:
    """The smallest frame around a picture of this size that has a shape which is taken."""
    widest = min(limits.widest, limits.longest_side / limits.smallest_side)
    narrowest = max(limits.narrowest, limits.smallest_side / limits.longest_side)
    if size.width > widest * size.height:
        return size.width, size.width / widest
    if size.width < narrowest * size.height:
        return size.height * narrowest, size.height
    return size.width, size.height


def _even(width: float, height: float, own: Size, limits: ClipLimits) -> Size | None:
    """The size with even sides that is taken and nearest in shape, not larger than the clip's own if there is one."""

    def near(side: float) -> list[int]:
        return [even for even in range(round(side / 2) * 2 - 4, round(side / 2) * 2 + 6, 2) if even > 0]

    def unlikeness(size: Size) -> tuple[bool, float, float]:
        grows = size.width > max(own.width, width) or size.height > max(own.height, height)
        shape = abs(math.log(size.width * height / (size.height * width)))
        return grows, round(shape, 4), abs(size.width * size.height - width * height)

    sizes = [Size(*sides) for sides in product(near(width), near(height))]
    return min((size for size in sizes if limits.wrong_size(size) is None), key=unlikeness, default=None)


def _inside(own: Size, size: Size) -> Size:
    """The largest picture of the clip's shape inside `size`."""
    scale = min(size.width / own.width, size.height / own.height)
    width, height = (max(2, round(side * scale / 2) * 2) for side in (own.width, own.height))
    return Size(min(width, size.width), min(height, size.height))


def _told(clip: SourceClip, limits: ClipLimits, fit: Fit) -> tuple[Adjustment, ...]:
    """Each change, from what to what and why."""
    told = []
    if fit.seconds is not None:
        done = "Its end is cut off." if fit.seconds < clip.seconds else "Its last picture is held."
        told.append(_change(f"{clip.seconds:g} s", f"{fit.seconds:g} s", f"{limits.wrong_length(clip.seconds)} {done}"))
    if fit.size != clip.size:
        why = limits.wrong_size(clip.size) or limits.wrong_file(clip) or "What is encoded anew has even sides."
        done = "It is scaled." if fit.picture is None else "Bars are put around it."
        told.append(_change(str(clip.size), str(fit.size), f"{why} {done}"))
    if fit.fps is not None and clip.fps is not None:
        told.append(_change(f"{clip.fps:.4g} fps", f"{fit.fps:.4g} fps", str(limits.wrong_rate(clip.fps))))
    if clip.bytes is not None and clip.bytes > limits.most_bytes:
        most = f"at most {limits.most_bytes / _MEBIBYTE:.1f} MiB"
        told.append(_change(f"{clip.bytes / _MEBIBYTE:.1f} MiB", most, str(limits.wrong_file(clip))))
    if clip.media_type != MP4:
        told.append(_change(clip.media_type, MP4, f"What is sent in place of the clip is {MP4}."))
    return tuple(told)


def _change(given: str, to: str, reason: str) -> Adjustment:
    return Adjustment(FIELD, given, to, reason)
