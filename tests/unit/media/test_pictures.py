"""Pictures by their first bytes and headers, and decoded."""

from __future__ import annotations

import struct
import zlib
from io import BytesIO

import pytest
from PIL import Image

from mutoscope.domain.errors import MediaUnreadable
from mutoscope.domain.video import Size
from mutoscope.media.pictures import MAX_SIDE, decode, measure, sniff


def encoded(kind: str, size: tuple[int, int] = (50, 30), mode: str = "RGB", **options: object) -> bytes:
    buffer = BytesIO()
    Image.new(mode, size).save(buffer, kind, **options)
    return buffer.getvalue()


def png_header(width: int, height: int) -> bytes:
    body = b"IHDR" + struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + body + struct.pack(">I", zlib.crc32(body))


PICTURES = [
    ("image/png", encoded("PNG")),
    ("image/png", encoded("PNG", mode="RGBA")),
    ("image/jpeg", encoded("JPEG")),
    ("image/jpeg", encoded("JPEG", progressive=True)),
    ("image/jpeg", encoded("JPEG", mode="CMYK")),
    ("image/jpeg", encoded("JPEG", mode="L", comment=b"x" * 60_000)),
    ("image/webp", encoded("WEBP")),
    ("image/webp", encoded("WEBP", lossless=True)),
    ("image/webp", encoded("WEBP", mode="RGBA", exif=b"Exif\0\0")),
]


@pytest.mark.parametrize(("media_type", "data"), PICTURES)
def test_type_and_size_come_from_the_header(media_type: str, data: bytes) -> None:
    picture = measure(data)
    assert (picture.media_type, picture.size) == (media_type, Size(50, 30))


@pytest.mark.parametrize(("media_type", "data"), PICTURES)
def test_every_kind_decodes_to_rgb(media_type: str, data: bytes) -> None:
    image = decode(data)
    assert (image.mode, image.size) == ("RGB", (50, 30))


@pytest.mark.parametrize("data", [b"", b"GIF89a" + bytes(50), b"<svg/>", b"RIFF\0\0\0\0AVI ", b"BM" + bytes(60)])
def test_other_files_are_no_pictures(data: bytes) -> None:
    assert sniff(data) is None
    with pytest.raises(MediaUnreadable, match="PNG, JPEG and WebP"):
        measure(data)


@pytest.mark.parametrize(("media_type", "data"), PICTURES)
def test_a_cut_header_is_told_as_damage(media_type: str, data: bytes) -> None:
    with pytest.raises(MediaUnreadable, match="header is damaged"):
        measure(data[:18])


@pytest.mark.parametrize("size", [(MAX_SIDE + 1, 1), (1, 4_000_000_000), (8000, 8000)])
def test_what_is_too_large_is_refused_by_its_header_alone(size: tuple[int, int]) -> None:
    with pytest.raises(MediaUnreadable, match=f"{size[0]}x{size[1]}"):
        measure(png_header(*size))


def test_a_size_of_nothing_is_damage() -> None:
    with pytest.raises(MediaUnreadable, match="damaged"):
        measure(png_header(0, 5))


def test_endless_segments_end_the_search() -> None:
    with pytest.raises(MediaUnreadable, match="damaged"):
        measure(b"\xff\xd8" + b"\xff" * 5_000_000)


@pytest.mark.parametrize(("media_type", "data"), PICTURES)
def test_a_cut_body_cannot_be_decoded(media_type: str, data: bytes) -> None:
    with pytest.raises(MediaUnreadable, match=r"cannot be decoded|damaged"):
        decode(data[: len(data) * 3 // 4])


def test_two_headers_that_disagree_are_refused() -> None:
    large = encoded("PNG", (60, 60))
    with pytest.raises(MediaUnreadable, match="cannot be decoded"):
        decode(png_header(2, 2) + large[8:])


def test_orientation_turns_the_picture() -> None:
    image = Image.new("RGB", (40, 20))
    image.putpixel((0, 0), (255, 255, 255))
    exif = image.getexif()
    exif[0x0112] = 6
    buffer = BytesIO()
    image.save(buffer, "PNG", exif=exif)
    turned = decode(buffer.getvalue())
    assert turned.size == (20, 40)
    assert turned.getpixel((19, 0)) == (255, 255, 255)


def test_transparency_comes_out_on_white() -> None:
    buffer = BytesIO()
    Image.new("RGBA", (2, 2), (0, 0, 0, 0)).save(buffer, "PNG")
    assert decode(buffer.getvalue()).getpixel((0, 0)) == (255, 255, 255)


def test_sixteen_bits_keep_their_brightness() -> None:
    buffer = BytesIO()
    Image.new("I;16", (2, 2), 0x8000).save(buffer, "PNG")
    level = decode(buffer.getvalue()).getpixel((0, 0))
    assert isinstance(level, tuple)
    assert level[0] in (127, 128)
