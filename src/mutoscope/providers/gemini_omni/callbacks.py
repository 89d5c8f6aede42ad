"""Callbacks by the Standard Webhooks: signed with a private key of the service's, whose public part it publishes.

To the URL that one request named, the service sends a JSON Web Token in place of the plain signature.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from mutoscope.domain.errors import UpstreamProtocolError
from mutoscope.providers.api import at

# How far the time in a callback may be from ours, in seconds.
TOLERANCE = 300.0

_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")
_ID_PLACES = (("data", "interaction_id"), ("data", "interaction", "id"), ("data", "id"))


def check(headers: Mapping[str, str], body: bytes, keys: Any, now: float) -> None:
    """UpstreamProtocolError unless one of the published keys signed this body, and lately. keys: a JSON Web Key Set."""
    told = {name.lower(): value for name, value in headers.items()}
    message_id, stamp = told.get("webhook-id", ""), told.get("webhook-timestamp", "")
    if not message_id or not _is_recent(stamp, now):
        raise UpstreamProtocolError("A callback has no id, or its time is not of now.")
    if _TOKEN.fullmatch(token := told.get("webhook-signature", "")):
        return _check_token(token, body, keys, now)
    signed = f"{message_id}.{stamp}.".encode() + body
    for signature in _signatures(told.get("webhook-signature", "")):
        if any(_is_signed(key, signature, signed) for key in at(keys, "keys") or []):
            return None
    raise _unsigned()


def interaction_in(body: bytes) -> str:
    """The id of the interaction that a callback is about. UpstreamProtocolError where it is about none."""
    try:
        told = msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        told = None
    if str(at(told, "type") or "").startswith("interaction.") and (found := _named_in(told)):
        return found
    raise UpstreamProtocolError("A callback names no interaction.")


def _named_in(told: Any) -> str | None:
    found = (at(told, *place) for place in _ID_PLACES)
    return next((one for one in found if isinstance(one, str) and one), None)


def _check_token(token: str, body: bytes, keys: Any, now: float) -> None:
    """The same for a token. It does not cover the body: an interaction that its claims name must be the body's."""
    signed, _, signature = token.rpartition(".")
    try:
        claims = msgspec.json.decode(_decoded(signed.partition(".")[2]))
        proof = _decoded(signature)
    except (msgspec.DecodeError, ValueError):
        raise _unsigned() from None
    if not any(_is_signed(key, proof, signed.encode()) for key in at(keys, "keys") or []):
        raise _unsigned()
    ends = at(claims, "exp")
    if not isinstance(ends, int | float) or now > ends + TOLERANCE:
        raise UpstreamProtocolError("A callback was signed too long ago.")
    if (named := _named_in(claims)) is not None and named != interaction_in(body):
        raise UpstreamProtocolError("A callback is signed for another interaction.")


def _unsigned() -> UpstreamProtocolError:
    return UpstreamProtocolError("A callback is not signed by the upstream.")


def _is_recent(stamp: str, now: float) -> bool:
    return stamp.isascii() and stamp.isdigit() and abs(now - int(stamp[:20])) <= TOLERANCE


def _signatures(header: str) -> Iterator[bytes]:
    """Each is a version, a comma, and Base64; several are parted by spaces."""
    for one in header.split():
        try:
            yield _decoded(one.partition(",")[2])
        except (binascii.Error, ValueError):
            continue


def _is_signed(key: Any, signature: bytes, signed: bytes) -> bool:
    try:
        match at(key, "kty"), at(key, "crv"):
            case "OKP", "Ed25519":
                ed25519.Ed25519PublicKey.from_public_bytes(_decoded(key["x"])).verify(signature, signed)
            case "RSA", _:
                public = rsa.RSAPublicNumbers(_number(key["e"]), _number(key["n"])).public_key()
                public.verify(signature, signed, padding.PKCS1v15(), SHA256())
            case "EC", "P-256" if len(signature) == 64:
                point = ec.EllipticCurvePublicNumbers(_number(key["x"]), _number(key["y"]), ec.SECP256R1())
                both = encode_dss_signature(int.from_bytes(signature[:32]), int.from_bytes(signature[32:]))
                point.public_key().verify(both, signed, ec.ECDSA(SHA256()))
            case _:
                return False
    except (InvalidSignature, KeyError, TypeError, ValueError):  # binascii.Error is a ValueError
        return False
    return True


def _number(text: str) -> int:
    return int.from_bytes(_decoded(text))


def _decoded(text: str) -> bytes:
    """Base64, of either alphabet, with or without padding."""
    text = text.rstrip("=").replace("-", "+").replace("_", "/")
    return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
