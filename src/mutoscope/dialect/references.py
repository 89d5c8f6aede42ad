"""Pictures, clips and sounds that come with a request: as a file, a data URL, an object around one, or a list of one.

What the bytes are is decided by whoever decodes them; file names and declared types are never believed.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Mapping
from typing import Any

from mutoscope.dialect.json_text import decode
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.dialect.values import invalid_type, missing
from mutoscope.domain.errors import InvalidRequest
from mutoscope.domain.video import is_wellformed_id
from mutoscope.service.requests import Guide, Origin, SourceId, Upload

# The dialect's own name first; the others are what clients of other servers send.
NAMES = ("input_reference", "first_frame", "image", "image_url", "reference_url", "image_reference")
VIDEO = "video"

_URL_KEYS = ("image_url", "video_url", "audio_url", "url", "image", "reference_url")
_FILE_ID = "file_id"
_PICTURE_WORKS = (
    "Send the image as a multipart file part, as a base64 data URL (data:image/png;base64,...) or as an https:// URL."
)
_CLIP_WORKS = (
    "Send the clip as a multipart file part or as a base64 data URL (data:video/mp4;base64,...), "
    'or name a video of this server as {"id": "video_..."}.'
)


MOST_GUIDES = 16
URL_CHARACTERS = 4096
_ROLE = re.compile(r"[a-z0-9_]{1,64}")
_GUIDE_WORKS = (
    "Send each picture, clip or sound as a multipart file part or as a base64 data URL (data:image/png;base64,...), or "
    "in an object around one with 'image_url', 'video_url' or 'audio_url' and perhaps 'role'."
)


def may_be_long(name: str) -> bool:
    """Whether a form field of this name may carry a data URL, and so exceed the limit of text fields."""
    return name.startswith((*NAMES, VIDEO, "last_frame", "input_references"))


def read_reference(fields: Mapping[str, Any], limits: Limits) -> Upload | None:
    """The one reference among the fields, or None. InvalidRequest names the field and what works."""
    given = [name for name in NAMES if name in fields and not _is_blank(fields[name])]
    if not given:
        return None
    if len(given) > 1:
        raise InvalidRequest(f"'{given[0]}' and '{given[1]}' mean the same; give exactly one of them.", param=given[1])
    return _Reader(given[0], limits, _PICTURE_WORKS).upload(fields[given[0]])


def read_later(fields: Mapping[str, Any], name: str, limits: Limits) -> Callable[[], Upload] | None:
    """What reads the picture in a field; None if it was not given.

    Later, because a model that takes none leaves it out, and then nobody minds how it looks.
    """
    value = fields.get(name)
    return None if _is_absent(value) else lambda: _Reader(name, limits, _PICTURE_WORKS).upload(value)


def read_guides_later(fields: Mapping[str, Any], name: str, limits: Limits) -> Callable[[], tuple[Guide, ...]] | None:
    """The same for a list of pictures, clips and sounds, each perhaps with a `role`."""
    value = fields.get(name)
    return None if _is_absent(value) else lambda: _guides(value, name, limits)


def _guides(value: Any, name: str, limits: Limits) -> tuple[Guide, ...]:
    text = value.text() if isinstance(value, Part) and not _holds_file(value) else value
    if isinstance(text, str) and text.lstrip().startswith(("{", "[")):
        value = decode(text.strip().encode(), limits, name)
    entries = value if isinstance(value, list) else [value]
    if len(entries) > MOST_GUIDES:
        raise InvalidRequest(f"Invalid '{name}': at most {MOST_GUIDES} are allowed, got {len(entries)}.", param=name)
    return tuple(_guide(entry, f"{name}[{place}]", limits) for place, entry in enumerate(entries))


def _guide(entry: Any, param: str, limits: Limits) -> Guide:
    if isinstance(entry, str) and entry.lstrip().startswith("{"):
        entry = decode(entry.strip().encode(), limits, param)
    role = entry.get("role") if isinstance(entry, dict) else None
    role = role.text() if isinstance(role, Part) else role
    if role is not None and (not isinstance(role, str) or not _ROLE.fullmatch(role)):
        raise InvalidRequest(
            f"Invalid '{param}.role': expected 1 to 64 lower-case letters, digits and underscores.",
            param=f"{param}.role",
        )
    return Guide(_Reader(param, limits, _GUIDE_WORKS).upload(entry), role)


def read_origin(fields: Mapping[str, Any], limits: Limits) -> Origin:
    """What an edit, an extension or a character starts from: the id of a video, or an uploaded clip.

    An empty file beside an id counts as absent. InvalidRequest when there is neither, or both.
    """
    value = fields.get(VIDEO)
    entries = [entry for entry in (value if isinstance(value, list) else [value]) if not _is_absent(entry)]
    if not entries:
        raise missing(VIDEO)
    if len(entries) > 1:
        raise InvalidRequest(f"Invalid '{VIDEO}': expected one clip or one id, got {len(entries)}.", param=VIDEO)
    return _origin(entries[0], limits)


def _origin(value: Any, limits: Limits) -> Origin:
    if isinstance(value, Part) and not _holds_file(value):
        value = value.text()
    if isinstance(value, str) and value.lstrip().startswith("{"):
        value = decode(value.strip().encode(), limits, VIDEO)
    if isinstance(value, dict) and "id" in value:
        inner = value["id"].text() if isinstance(value["id"], Part) else value["id"]
        if not isinstance(inner, str):
            raise invalid_type(f"{VIDEO}.id", "a string", inner)
        if not inner.strip():
            raise missing(f"{VIDEO}.id")
        return SourceId(inner, f"{VIDEO}.id")
    if isinstance(value, str) and is_wellformed_id(value.strip()):
        return SourceId(value.strip(), VIDEO)
    return _Reader(VIDEO, limits, _CLIP_WORKS).upload(value)


def _is_absent(value: Any) -> bool:
    return value in (None, "", {}, []) or (isinstance(value, Part) and not value.data)


def _is_blank(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, Part) and value.is_blank)


class _Reader:
    """Reads the value of one field; every error carries its name."""

    def __init__(self, param: str, limits: Limits, what_works: str) -> None:
        self._param = param
        self._limits = limits
        self._what_works = what_works

    @property
    def _url_key(self) -> str:
        return "video_url" if self._param == VIDEO else "image_url"

    def upload(self, value: Any) -> Upload:
        match value:
            case Part():
                return self._file(value.data) if _holds_file(value) else self._text(value.text())
            case str():
                return self._text(value)
            case dict():
                return self._object(value)
            case [only]:
                return self.upload(only)
            case list():
                raise self._invalid(f"expected exactly one file, got {len(value)}.")
        raise self._invalid("expected a file, a data URL or an object.", code="invalid_type")

    def _file(self, data: bytes) -> Upload:
        if not data:
            raise self._invalid("the file is empty.")
        return Upload(data, self._param)

    def _text(self, text: str) -> Upload:
        text = text.strip()
        if text.startswith(("{", "[")):
            return self.upload(decode(text.encode(), self._limits, self._param))
        return self._url(text)

    def _object(self, reference: dict[str, Any]) -> Upload:
        keys = [key for key in (*_URL_KEYS, _FILE_ID) if not _is_blank(reference.get(key))]
        if len(keys) != 1:
            raise self._invalid(f"expected exactly one of '{self._url_key}' and 'file_id'.")
        if keys == [_FILE_ID]:
            raise self._invalid(
                f"this server stores no files to refer to. {self._what_works}", f"{self._param}.{_FILE_ID}"
            )
        inner = reference[keys[0]]
        if isinstance(inner, dict):
            inner = inner.get("url")
        if isinstance(inner, Part):
            # Java sends the text of an inner key under the type of a file, so only the key says what it is.
            inner = inner.text()
        if not isinstance(inner, str):
            raise self._invalid(f"'{keys[0]}' must be a string or an object with 'url'.", code="invalid_type")
        return self._url(inner.strip())

    def _url(self, url: str) -> Upload:
        scheme = url[:8].lower()
        if scheme.startswith("data:"):
            return self._data_url(url)
        if scheme.startswith(("http://", "https://")):
            if len(url) > URL_CHARACTERS:
                raise self._invalid(f"the URL has {len(url)} characters; at most {URL_CHARACTERS} are allowed.")
            return Upload(b"", self._param, url)
        raise self._invalid(f"it is neither a file nor a URL. {self._what_works}")

    def _data_url(self, url: str) -> Upload:
        if len(url) > self._limits.data_url_characters:
            raise self._invalid(
                f"the data URL has {len(url)} characters; at most {self._limits.data_url_characters} are allowed.",
                code="string_above_max_length",
            )
        head, comma, payload = url.partition(",")
        if not comma or not head.lower().endswith(";base64"):
            raise self._invalid(f"the data URL is not base64. {self._what_works}")
        try:
            return self._file(base64.b64decode(payload.encode("ascii"), validate=True))
        except (binascii.Error, UnicodeEncodeError):
            raise self._invalid("the data URL holds characters that are not base64, or is cut off.") from None

    def _invalid(self, problem: str, param: str | None = None, code: str | None = None) -> InvalidRequest:
        return InvalidRequest(f"Invalid '{self._param}': {problem}", param=param or self._param, code=code)


def _holds_file(part: Part) -> bool:
    """Whether a part is the image itself and not an address of one, whatever the client called it."""
    if part.filename is not None:
        return True
    if part.data[:8].lower().startswith((b"data:", b"http://", b"https://")):
        return False
    return part.is_file or not _is_utf8(part.data)


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
