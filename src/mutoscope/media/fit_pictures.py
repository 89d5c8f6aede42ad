"""The pictures of a clip in another size, with bars, at other times or for another length: YUV 4:2:0, upright."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mutoscope.domain.clip_fit import Fit
from mutoscope.domain.errors import MediaUnreadable
from mutoscope.media.pictures import MAX_PIXELS
from mutoscope.media.probe import MAX_FRAMES, opened

if TYPE_CHECKING:
    from av import VideoFrame
    from numpy.typing import NDArray

# ITU-T H.273 matrices: of RGB, BT.709, unspecified, and BT.601 in 525 lines. Players take an unspecified one by height.
_RGB, _BT709, _UNSPECIFIED, _BT601 = 0, 1, 2, 6
_LIMITED = 1
_HIGH_DEFINITION = 720
_BLACK = {"luma": 16, "chroma": 128}
# Time bases round: so many seconds are no difference.
_SLACK = Fraction(1, 1000)
_USUAL_STEP = Fraction(1, 24)
# How far a clip's shape may be from the one that was planned with; sides are rounded to even or whole blocks.
_SAME_SHAPE = 0.02


@dataclass(frozen=True, slots=True)
class Look:
    """What the first picture says about all. turns: quarter turns to the left that make it upright."""

    turns: int
    matrix: int
    primaries: int
    transfer: int
    aspect: Fraction

    @classmethod
    def of(cls, clip: Path) -> Look:
        """MediaUnreadable when no picture can be decoded."""
        with opened(clip) as (container, stream):
            first = next(iter(container.decode(stream)), None)
            if first is None:
                raise MediaUnreadable("No picture of the file can be decoded.")
            turns = round(first.rotation / 90) % 4
            aspect = Fraction(stream.sample_aspect_ratio or 1)
            primaries, transfer = int(first.color_primaries), int(first.color_trc)
            return cls(turns, _matrix(first), primaries, transfer, 1 / aspect if turns % 2 else aspect)


class FittedPictures:
    """Takes a clip's frames in the order of their times, and gives those to be encoded, in `time_base`.

    time_base: of the clip's stream.
    """

    def __init__(self, fit: Fit, look: Look, time_base: Fraction) -> None:
        from av.video.reformatter import VideoReformatter

        self._fit = fit
        self._look = look
        self._step = None if fit.fps is None else 1 / Fraction(fit.fps).limit_denominator(1001)
        self.time_base = self._step or time_base
        self._most = None if fit.seconds is None else Fraction(fit.seconds).limit_denominator(1000)
        self._reformatter = VideoReformatter()
        self.start: Fraction | None = None
        self._shown: VideoFrame | None = None
        self._begin = self._gap = Fraction(0)
        self._read = self._given = 0
        self._is_cut = False

    @property
    def is_done(self) -> bool:
        """Whether everything that follows is cut off."""
        return self._is_cut

    def take(self, frame: VideoFrame) -> Iterator[VideoFrame]:
        """The frames whose end is known now. MediaUnreadable for what is over the limits, or not as it was planned."""
        self._check(frame)
        if frame.pts is None or frame.time_base is None:
            return
        time = frame.pts * frame.time_base
        if self.start is None:
            self.start = time
        begin = time - self.start
        if self._shown is not None and begin <= self._begin:
            return
        yield from self._until(begin)
        if self._shown is not None:
            self._gap = begin - self._begin
        self._shown, self._begin = frame, begin

    def close(self) -> Iterator[VideoFrame]:
        """The last ones, and the last picture for as long as it is held. MediaUnreadable where there was none."""
        if self._shown is None:
            raise MediaUnreadable("No picture of the file can be decoded.")
        last = (self._shown.duration or 0) * (self._shown.time_base or 0)
        gap = Fraction(last or self._gap or _USUAL_STEP)
        yield from self._until(self._begin + gap)
        while self._most is not None and not self._is_cut and self._begin + gap < self._most - _SLACK:
            self._begin += gap
            yield from self._until(self._begin + gap, is_held=True)

    def _until(self, end: Fraction, is_held: bool = False) -> Iterator[VideoFrame]:
        """The picture shown last, which stays until `end`."""
        if self._shown is None or self._is_cut:
            return
        begin, picture = self._begin, None
        while True:
            if self._step is not None:
                begin = self._given * self._step
                if begin >= end - _SLACK:
                    return
            until = end if self._step is None else begin + self._step
            if self._most is not None and until > self._most + _SLACK and not is_held:
                self._is_cut = True
                return
            picture = self._shaped(self._shown) if picture is None else picture
            picture.pts, picture.time_base = round(begin / self.time_base), self.time_base
            picture.duration = max(1, round((until - begin) / self.time_base))
            self._given += 1
            yield picture
            if self._step is None:
                return

    def _check(self, frame: VideoFrame) -> None:
        self._read += 1
        if self._read > MAX_FRAMES or frame.width * frame.height > MAX_PIXELS:
            raise MediaUnreadable("The clip has more pictures, or larger ones, than are read here.")
        lies = self._look.turns % 2
        width, height = (frame.height, frame.width) if lies else (frame.width, frame.height)
        inner = self._fit.picture or self._fit.size
        if abs(width * inner.height / (height * inner.width) - 1) > _SAME_SHAPE and min(inner.width, inner.height) > 64:
            raise MediaUnreadable(f"The clip is {width}x{height}, which is not the shape that its plan was made for.")

    def _shaped(self, frame: VideoFrame) -> VideoFrame:
        """The frame scaled, made upright and set between bars."""
        import av
        from av.video.frame import PictureType
        from av.video.reformatter import Interpolation

        inner, look = self._fit.picture or self._fit.size, self._look
        wide, tall = (inner.height, inner.width) if look.turns % 2 else (inner.width, inner.height)
        scaled = self._reformatter.reformat(
            frame,
            wide,
            tall,
            "yuv420p",
            dst_colorspace=_BT709 if frame.colorspace == _RGB else None,
            dst_color_range=_LIMITED,
            interpolation=Interpolation.BICUBIC,
            threads=2,
        )
        if look.turns or self._fit.picture is not None:
            planes = np.asarray(scaled.to_ndarray(), np.uint8)
            scaled = av.VideoFrame.from_ndarray(self._arranged(planes, wide, tall), format="yuv420p")
        scaled.pict_type = PictureType.NONE  # the encoder decides, not the clip
        return scaled

    def _arranged(self, planes: NDArray[np.uint8], wide: int, tall: int) -> NDArray[np.uint8]:
        """Planes Y, U, V below each other, turned and between bars."""
        size, inner = self._fit.size, self._fit.picture or self._fit.size
        left, top = (size.width - inner.width) // 4 * 2, (size.height - inner.height) // 4 * 2
        arranged = []
        for part, share, black in _parts(planes, wide, tall):
            canvas = np.full((size.height // share, size.width // share), black, np.uint8)
            turned = np.rot90(part, self._look.turns)
            rows, columns = turned.shape
            canvas[top // share : top // share + rows, left // share : left // share + columns] = turned
            arranged.append(canvas.reshape(-1))
        return np.concatenate(arranged).reshape(size.height * 3 // 2, size.width)


def _parts(planes: NDArray[np.uint8], wide: int, tall: int) -> Iterator[tuple[NDArray[np.uint8], int, int]]:
    """Each plane, by how much its sides are smaller than the picture's, and its black."""
    flat, luma, chroma = planes.reshape(-1), wide * tall, wide * tall // 4
    yield flat[:luma].reshape(tall, wide), 1, _BLACK["luma"]
    for at in (luma, luma + chroma):
        yield flat[at : at + chroma].reshape(tall // 2, wide // 2), 2, _BLACK["chroma"]


def _matrix(frame: VideoFrame) -> int:
    matrix = int(frame.colorspace)
    if matrix == _RGB:
        return _BT709
    if matrix != _UNSPECIFIED:
        return matrix
    return _BT709 if min(frame.width, frame.height) >= _HIGH_DEFINITION else _BT601
