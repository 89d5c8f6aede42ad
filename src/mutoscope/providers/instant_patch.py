"""Pieces of a picture with luma and halved chroma, and laying one over another."""

from __future__ import annotations

from dataclasses import dataclass

import av
import numpy as np
from PIL import Image


def to_i420(picture: Image.Image) -> np.ndarray:
    """An RGB picture of even sides as uint8 of shape (height * 3 // 2, width), planes Y, U, V, BT.709 limited range."""
    frame = av.VideoFrame.from_image(picture)
    return frame.reformat(format="yuv420p", dst_colorspace="ITU709", dst_color_range="MPEG").to_ndarray()


@dataclass(frozen=True, slots=True)
class Patch:
    """Views of an I420 array: luma of shape (height, width), chroma of shape (2, height // 2, width // 2)."""

    luma: np.ndarray
    chroma: np.ndarray

    @classmethod
    def of(cls, i420: np.ndarray) -> Patch:
        rows, width = i420.shape
        height = rows * 2 // 3
        return cls(i420[:height], i420[height:].reshape(2, height // 2, width // 2))

    @property
    def width(self) -> int:
        return self.luma.shape[1]

    def columns(self, since: int, until: int) -> Patch:
        """The part between two even columns."""
        return Patch(self.luma[:, since:until], self.chroma[:, :, since // 2 : until // 2])

    def lay(self, other: Patch, x: int, y: int) -> None:
        """Copy `other` over this one, its upper left corner at even (x, y); it must lie within."""
        height, width = other.luma.shape
        self.luma[y : y + height, x : x + width] = other.luma
        self.chroma[:, y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] = other.chroma
