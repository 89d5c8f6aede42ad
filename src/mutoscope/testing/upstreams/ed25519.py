"""Ed25519 signatures as RFC 8032 gives them, for fakes that sign their webhooks.

Not made to keep a secret: it takes longer for some keys than for others. The keys of a fake guard nothing.
"""

from __future__ import annotations

import hashlib

_P = 2**255 - 19  # the field
_Q = 2**252 + 27742317777372353535851937790883648493  # the order of the group
_D = -121665 * pow(121666, _P - 2, _P) % _P  # the curve

Point = tuple[int, int, int, int]  # X, Y, Z and T: x = X/Z, y = Y/Z, x*y = T/Z

_BASE_Y = 4 * pow(5, _P - 2, _P) % _P
_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE: Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)


def public_key(seed: bytes) -> bytes:
    """The 32 bytes that belong to a secret seed of 32 bytes."""
    return _packed(_times(_scalar(_hash(seed)), _BASE))


def sign(seed: bytes, message: bytes) -> bytes:
    """The signature of a message, 64 bytes."""
    digest = _hash(seed)
    scalar, prefix, public = _scalar(digest), digest[32:], public_key(seed)
    once = int.from_bytes(_hash(prefix + message), "little") % _Q
    commitment = _packed(_times(once, _BASE))
    challenge = int.from_bytes(_hash(commitment + public + message), "little") % _Q
    return commitment + ((once + challenge * scalar) % _Q).to_bytes(32, "little")


def _hash(data: bytes) -> bytes:
    return hashlib.sha512(data).digest()


def _scalar(digest: bytes) -> int:
    number = int.from_bytes(digest[:32], "little")
    return number & ((1 << 254) - 8) | (1 << 254)


def _add(one: Point, other: Point) -> Point:
    a = (one[1] - one[0]) * (other[1] - other[0]) % _P
    b = (one[1] + one[0]) * (other[1] + other[0]) % _P
    c = 2 * one[3] * other[3] * _D % _P
    d = 2 * one[2] * other[2] % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return (e * f % _P, g * h % _P, f * g % _P, e * h % _P)


def _times(number: int, point: Point) -> Point:
    total: Point = (0, 1, 1, 0)
    while number:
        if number & 1:
            total = _add(total, point)
        point = _add(point, point)
        number >>= 1
    return total


def _packed(point: Point) -> bytes:
    inverse = pow(point[2], _P - 2, _P)
    x, y = point[0] * inverse % _P, point[1] * inverse % _P
    return (y | (x & 1) << 255).to_bytes(32, "little")
