"""Signing secrets at rest: sealed with AES-GCM under one key of this server, each bound to the row that it belongs to.

The key comes from the setting `secret_key`. Without it a single process makes one in its data folder at the first need;
several processes have no folder in common, so they must be given it. No backup has it.
"""

from __future__ import annotations

import base64
import binascii
import os
import secrets
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from mutoscope.domain.errors import SecretKeyMissing

KEY_BYTES = 32
FILE_NAME = "secret.key"
_NONCE_BYTES = 12
_FORM = "v1."


class Unreadable(Exception):
    """A sealed secret that this key does not open."""


class Vault:
    """Seals and opens. key: the setting; "" for the file in `folder`, which is None where nobody else would have it.

    makes_key: whether the file is made where it is missing; a command beside a server must not choose its key.
    """

    def __init__(self, key: str, folder: Path | None, *, makes_key: bool = True) -> None:
        self._given = key
        self._folder = folder
        self._makes_key = makes_key
        self._key: bytes | None = None

    @property
    def has_key(self) -> bool:
        """Whether there is a key, or a place to keep one that is made at the first need."""
        return bool(self._given) or self._folder is not None

    def seal(self, secret: str, owner: str) -> str:
        """owner: the id of the row that it is for. SecretKeyMissing when there is no key."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        sealed = AESGCM(self._opened(may_make=True)).encrypt(nonce, secret.encode(), owner.encode())
        return _FORM + base64.b64encode(nonce + sealed).decode()

    def open(self, sealed: str, owner: str) -> str:
        """What was sealed for this owner. Unreadable, or SecretKeyMissing when there is no key."""
        try:
            raw = base64.b64decode(sealed.removeprefix(_FORM), validate=True)
            key = AESGCM(self._opened(may_make=False))
            return key.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], owner.encode()).decode()
        except (InvalidTag, binascii.Error, ValueError):
            raise Unreadable(f"the secret of {owner} was sealed with another key") from None

    def _opened(self, *, may_make: bool) -> bytes:
        if self._key is None:
            self._key = _decoded(self._given) if self._given else self._from_file(may_make)
        return self._key

    def _from_file(self, may_make: bool) -> bytes:
        if self._folder is None:
            raise SecretKeyMissing
        path = self._folder / FILE_NAME
        if not path.exists():
            if not (may_make and self._makes_key):
                raise SecretKeyMissing(f"{path} is missing, and MUTOSCOPE_SECRET_KEY is not set.")
            _make(path)
        try:
            return _decoded(path.read_text(encoding="ascii").strip())
        except OSError as error:
            raise SecretKeyMissing(f"{path} cannot be read: {error.strerror}.") from None


def _make(path: Path) -> None:
    """Whole or not at all, and on disk before anything is sealed with it."""
    partial = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(base64.b64encode(secrets.token_bytes(KEY_BYTES)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(partial, path)  # somebody else's stays
    except FileExistsError:
        pass
    finally:
        partial.unlink()
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _decoded(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise SecretKeyMissing("The key for signing secrets is not the base64 of 32 bytes.")
    return key
