"""Pictures as upstreams want them in JSON."""

from __future__ import annotations

import base64

from mutoscope.domain.errors import UpstreamRejected


def media_type_of(picture: bytes) -> str:
    """By the first bytes. UpstreamRejected for what is no PNG, JPEG or WebP: nothing has been sent then."""
    if picture.startswith(b"\x89PNG"):
        return "image/png"
    if picture.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if picture[:4] == b"RIFF" and picture[8:12] == b"WEBP":
        return "image/webp"
    raise UpstreamRejected("The picture is neither a PNG nor a JPEG nor a WebP; nothing was sent.")


def in_base64(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def data_url(data: bytes, media_type: str) -> str:
    return f"data:{media_type};base64,{in_base64(data)}"
