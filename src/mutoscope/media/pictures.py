"""Pictures from strangers: what they are by their first bytes, how large by their headers, and decoded to RGB.

`measure` reads headers only, in plain Python, and may run anywhere. `decode` hands the bytes to Pillow and
belongs into a child process.

Formats: PNG (W3C PNG third edition, 11.2.1 IHDR), JPEG (ITU-T T.81, B.2.2 frame header), WebP (RFC 9649, 2.5 to 2.7).
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING

from mutoscope.domain.errors import MediaUnreadable
from mutoscope.domain.video import Size

if TYPE_CHECKING:
    from PIL.Image import Image

MAX_SIDE = 8192
MAX_PIXELS = 50_000_000

_FORMATS = {"image/png": "PNG", "image/jpeg": "JPEG", "image/webp": "WEBP"}

# Start of frame 0 to 15, without the three code points that mean Huffman table, reserved and arithmetic coding.
_JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})
_JPEG_MOST_SEGMENTS = 1000


@dataclass(frozen=True, slots=True)
class Picture:
    """A still picture: its media type, and its size in pixels as it is meant to be seen."""

    media_type: str
    size: Size


def sniff(data: bytes) -> str | None:
    """The media type by the first bytes, or None if it is none of PNG, JPEG and WebP."""
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return None


def measure(data: bytes) -> Picture:
    """Type and stored size from the headers alone. MediaUnreadable when it is no picture, or larger than we decode."""
    media_type = sniff(data)
    if media_type is None:
        raise MediaUnreadable("The file is no picture that can be read here; PNG, JPEG and WebP can.")
    reader = {"image/png": _png_size, "image/jpeg": _jpeg_size, "image/webp": _webp_size}[media_type]
    size = reader(data)
    if size is None or size.width < 1 or size.height < 1:
        raise MediaUnreadable(f"The file begins like {media_type}, but its header is damaged.")
    if max(size.width, size.height) > MAX_SIDE or size.width * size.height > MAX_PIXELS:
        raise MediaUnreadable(
            f"The picture is {size}; at most {MAX_SIDE} pixels a side and {MAX_PIXELS:,} pixels in all can be read."
        )
    return Picture(media_type, size)


def decode(data: bytes) -> Image:
    """The whole picture as 8-bit RGB, turned as its EXIF orientation says; of an animation the first frame.

    Transparent parts come out on white. MediaUnreadable when the bytes are damaged or cut short.
    """
    from PIL import Image, ImageOps

    picture = measure(data)
    try:
        with warnings.catch_warnings(), Image.open(BytesIO(data), formats=[_FORMATS[picture.media_type]]) as image:
            warnings.simplefilter("ignore")
            _require(image.size == (picture.size.width, picture.size.height))
            image.load()
            ImageOps.exif_transpose(image, in_place=True)
            return _flat(image)
    # Pillow's decoders let ValueError, SyntaxError, IndexError and struct.error of damaged files through.
    except (MemoryError, KeyboardInterrupt):
        raise
    except Exception as error:
        raise MediaUnreadable(f"The file begins like {picture.media_type}, but cannot be decoded.") from error


def _require(agrees: bool) -> None:
    """A second header deeper in the file must not get past the limits on the first."""
    if not agrees:
        raise ValueError("two headers disagree on the size")


def _flat(image: Image) -> Image:
    from PIL import Image as images

    if image.mode.startswith("I"):
        image = image.point(lambda value: value / 256).convert("L")
    if not image.has_transparency_data:
        return image.convert("RGB")
    if image.mode != "RGBA":
        image = image.convert("RGBA")
    ground = images.new("RGB", image.size, "white")
    ground.paste(image, mask=image.getchannel("A"))
    return ground


def _png_size(data: bytes) -> Size | None:
    if data[12:16] != b"IHDR" or len(data) < 24:
        return None
    return Size(int.from_bytes(data[16:20]), int.from_bytes(data[20:24]))


def _jpeg_size(data: bytes) -> Size | None:
    at = 2
    for _ in range(_JPEG_MOST_SEGMENTS):
        if at + 9 > len(data) or data[at] != 0xFF:
            return None
        marker = data[at + 1]
        if marker in _JPEG_FRAMES:
            return Size(int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7]))
        if marker == 0xFF:
            at += 1
        elif marker in _JPEG_WITHOUT_LENGTH:
            at += 2
        else:
            at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return None


def _webp_size(data: bytes) -> Size | None:
    kind, body = data[12:16], data[20:30]
    if len(body) < 10:
        return None
    if kind == b"VP8X":
        return Size(1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little"))
    if kind == b"VP8L" and body[0] == 0x2F:
        bits = int.from_bytes(body[1:5], "little")
        return Size(1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF))
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a":
        return Size(int.from_bytes(body[6:8], "little") & 0x3FFF, int.from_bytes(body[8:10], "little") & 0x3FFF)
    return None
