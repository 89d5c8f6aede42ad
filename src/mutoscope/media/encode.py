"""Frames to an MP4 file that plays everywhere: H.264, faststart, exact length."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from av.packet import Packet

COMMENT = "Drawn by Mutoscope's flipbook engine: an animatic computed by code, not footage and not an AI model's film."

OVER_FOOTAGE = "A clip that was changed or continued by Mutoscope's flipbook engine, by code and not by an AI model."

# ITU-T H.273: code point 1 is BT.709 for primaries, transfer and matrix. FFmpeg's AVCOL_RANGE_MPEG (limited) is 1 too.
_BT709 = 1
_LIMITED = 1

# A fixed number of threads and not one per core: x264's output depends on it.
_THREADS = 2
_SECONDS_BETWEEN_KEYFRAMES = 2


class Encoder:
    """Writes one clip to `path`, frame by frame; frame n is shown from n/fps to (n+1)/fps.

    width, height: pixels, even. fps: whole frames per second. preset: x264's trade of time against bytes. comment: what
    the file says about its making. The file is complete only after `close`. As a context manager it closes on success,
    and on an exception leaves an unfinished file for the caller to remove.
    Raises av.FFmpegError (an OSError's subclass where the disk is at fault).
    """

    def __init__(
        self,
        path: Path,
        width: int,
        height: int,
        fps: int,
        preset: str = "veryfast",
        comment: str = COMMENT,
    ) -> None:
        import av

        self._container = av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"})
        self._container.metadata["comment"] = comment
        self._stream = self._container.add_stream(
            "libx264", rate=fps, options={"preset": preset, "crf": "21", "threads": str(_THREADS)}
        )
        self._shape = (height * 3 // 2, width)
        self._time_base = Fraction(1, fps)
        self._count = 0
        context = self._stream.codec_context
        context.width, context.height, context.pix_fmt = width, height, "yuv420p"
        context.time_base = self._time_base
        context.gop_size = _SECONDS_BETWEEN_KEYFRAMES * fps
        context.color_range = _LIMITED
        context.color_primaries = context.color_trc = context.colorspace = _BT709

    def add(self, i420: np.ndarray) -> None:
        """Append a frame: uint8 of shape (height * 3 // 2, width), contiguous, planes Y, U, V, BT.709 limited range.

        The array is the caller's again when this returns: x264 takes its own copy of what it is given.
        """
        import av

        if i420.shape != self._shape:
            raise ValueError(f"expected a frame of shape {self._shape}, got {i420.shape}")
        frame = av.VideoFrame.from_numpy_buffer(i420, format="yuv420p")
        frame.pts, frame.time_base = self._count, self._time_base
        frame.color_range, frame.colorspace = _LIMITED, _BT709
        self._count += 1
        self._mux(self._stream.encode(frame))

    def close(self) -> None:
        """Write what is still in the encoder and the index, and close the file."""
        self._mux(self._stream.encode(None))
        self._container.close()

    def _mux(self, packets: list[Packet]) -> None:
        self._container.mux(packets)

    def __enter__(self) -> Encoder:
        return self

    def __exit__(self, kind: type[BaseException] | None, _: BaseException | None, __: TracebackType | None) -> None:
        if kind is None:
            self.close()
        else:
            self._container.close()
