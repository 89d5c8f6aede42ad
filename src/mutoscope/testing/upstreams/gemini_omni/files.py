"""The Files API, as far as clips need it: resumable uploads, look-ups, and the download of what the model made."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from typing import Any

from mutoscope.testing.upstreams.gemini_omni.errors import Refusal, wrong


@dataclass(slots=True)
class StoredFile:
    """polls: how often it was asked about. is_generated: made by the model, and so to be downloaded."""

    id: str
    mime_type: str
    data: bytes
    is_generated: bool = False
    is_gone: bool = False
    began: float = field(default_factory=time.time)
    polls: int = 0


@dataclass(slots=True)
class _Upload:
    mime_type: str
    length: int
    data: bytearray = field(default_factory=bytearray)


class Files:
    """The files of one project.

    lifetime_seconds: how long one is kept. polls_processing: for how many look-ups an upload is not ready for use.
    """

    def __init__(self, lifetime_seconds: float, polls_processing: int) -> None:
        self.lifetime_seconds, self.polls_processing = lifetime_seconds, polls_processing
        self._files: dict[str, StoredFile] = {}
        self._uploads: dict[str, _Upload] = {}

    def knows_upload(self, upload_id: str | None) -> bool:
        return upload_id in self._uploads

    def start(self, headers: Any) -> str:
        """Begin an upload; its id."""
        if headers.get("x-goog-upload-protocol") != "resumable" or headers.get("x-goog-upload-command") != "start":
            raise wrong("Only the resumable protocol is supported.")
        length, mime_type = (headers.get(f"x-goog-upload-header-content-{name}", "") for name in ("length", "type"))
        if not length.isdecimal() or not mime_type:
            raise wrong("X-Goog-Upload-Header-Content-Length and -Type are required.")
        upload_id = secrets.token_urlsafe(24)
        self._uploads[upload_id] = _Upload(mime_type, int(length))
        return upload_id

    def go_on(self, upload_id: str, headers: Any, data: bytes) -> StoredFile | None:
        """Take the next bytes; the file when they were the last."""
        upload = self._uploads[upload_id]
        words = [word.strip() for word in headers.get("x-goog-upload-command", "").split(",")]
        if "upload" not in words or headers.get("x-goog-upload-offset") != str(len(upload.data)):
            raise wrong("Wrong upload command or offset.")
        upload.data += data
        if "finalize" not in words:
            return None
        if len(upload.data) != upload.length:
            raise wrong(f"The upload has {len(upload.data)} bytes, {upload.length} were announced.")
        del self._uploads[upload_id]
        return self.add(bytes(upload.data), upload.mime_type, is_generated=False)

    def add(self, data: bytes, mime_type: str, *, is_generated: bool) -> StoredFile:
        file = StoredFile(secrets.token_hex(6), mime_type, data, is_generated)
        self._files[file.id] = file
        return file

    def find(self, file_id: str) -> StoredFile:
        """The file. Refusal (403, as the service says it) for one that is unknown, gone or deleted."""
        file = self._files.get(file_id)
        if file is None or file.is_gone or time.time() >= file.began + self.lifetime_seconds:
            message = f"You do not have permission to access the File {file_id} or it may not exist."
            raise Refusal(403, message)
        return file

    def delete(self, file_id: str) -> None:
        self.find(file_id)
        del self._files[file_id]

    def expire(self) -> None:
        for file in self._files.values():
            file.is_gone = True

    def is_active(self, file: StoredFile) -> bool:
        return file.is_generated or file.polls >= self.polls_processing

    def shown(self, file: StoredFile, url: str) -> dict[str, Any]:
        """The resource, in the Files API's own spelling. url: of the service."""
        address = f"{url}/v1beta/files/{file.id}"
        generated = {"downloadUri": f"{address}:download?alt=media"} if file.is_generated else {}
        return {
            "name": f"files/{file.id}",
            "mimeType": file.mime_type,
            "sizeBytes": str(len(file.data)),
            "createTime": stamp(file.began),
            "updateTime": stamp(file.began),
            "expirationTime": stamp(file.began + self.lifetime_seconds),
            "sha256Hash": base64.b64encode(hashlib.sha256(file.data).hexdigest().encode()).decode(),
            "uri": address,
            "state": "ACTIVE" if self.is_active(file) else "PROCESSING",
            "source": "GENERATED" if file.is_generated else "UPLOADED",
            **generated,
        }


def stamp(seconds: float) -> str:
    """A time as the service writes it."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
