"""What is done to a drawn frame before it is encoded: a rehearsal's mark, and a size that flipbook does not draw."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from mutoscope.domain.rehearsal import MARK
from mutoscope.flipbook.scene import Scene
from mutoscope.providers.rehearsal_mark import RehearsalMark
from mutoscope.providers.render_job import RenderJob


class Finish:
    """Calling it with a frame in I420 gives the frame to encode."""

    def __init__(self, job: RenderJob) -> None:
        self._shown = None if job.shown is None else (job.shown[0], job.shown[1])
        self._model = job.rehearses
        self._mark = RehearsalMark(*(self._shown or (job.width, job.height))) if job.rehearses else None

    @property
    def changes_frames(self) -> bool:
        """Whether frames that are there already cannot be kept bit for bit."""
        return self._shown is not None or self._mark is not None

    def size(self, scene: Scene) -> tuple[int, int]:
        """Width and height of the file, in pixels."""
        return self._shown or (scene.width, scene.height)

    def comment(self, plain: str) -> str:
        """What the file says about its making."""
        return f"{MARK} of the model {self._model!r}, which was not asked. {plain}" if self._model else plain

    def __call__(self, frame: NDArray[np.uint8]) -> NDArray[np.uint8]:
        if self._shown is not None:
            frame = _scaled(frame, *self._shown)
        return frame if self._mark is None else self._mark.put_on(frame)


def _scaled(i420: NDArray[np.uint8], width: int, height: int) -> NDArray[np.uint8]:
    import av

    picture = av.VideoFrame.from_numpy_buffer(np.ascontiguousarray(i420), format="yuv420p")
    return np.ascontiguousarray(picture.reformat(width, height, interpolation="BICUBIC").to_ndarray(), dtype=np.uint8)
