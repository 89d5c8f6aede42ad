"""Packed answers: small pieces, whatever they hold, and nothing broken is taken for whole."""

import gzip
import random
import zlib

import pytest

from mutoscope.egress.errors import BadAnswer
from mutoscope.egress.inflate import PIECE, Inflater, Plain, inflater

TEXT = random.Random(7).randbytes(40_000) * 5


def raw_deflate(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(data) + packer.flush()


PACKED = {
    "gzip": gzip.compress(TEXT),
    "X-GZIP ": gzip.compress(TEXT),
    "deflate": zlib.compress(TEXT),
    "Deflate": raw_deflate(TEXT),
}


def unpacked(encoding: str, data: bytes, step: int) -> bytes:
    unpacker = inflater(encoding)
    pieces = [piece for at in range(0, len(data), step) for piece in unpacker.feed(data[at : at + step])]
    unpacker.finish()
    assert all(0 < len(piece) <= PIECE for piece in pieces)
    return b"".join(pieces)


@pytest.mark.parametrize("step", [1, 1_000, 1 << 30])
@pytest.mark.parametrize(("encoding", "data"), PACKED.items(), ids=PACKED)
def test_in_any_pieces(encoding: str, data: bytes, step: int) -> None:
    assert unpacked(encoding, data, step) == TEXT


@pytest.mark.parametrize("length", [0, 1, PIECE - 1, PIECE, PIECE + 1, 2 * PIECE])
def test_at_the_edge_of_a_piece(length: int) -> None:
    assert unpacked("gzip", gzip.compress(bytes(length)), 1 << 30) == bytes(length)


def test_several_members_and_a_filled_block() -> None:
    assert unpacked("gzip", gzip.compress(b"one ") + gzip.compress(b"two") + bytes(100), 1 << 30) == b"one two"


@pytest.mark.parametrize(("encoding", "data"), PACKED.items(), ids=PACKED)
def test_what_ends_too_early_is_not_whole(encoding: str, data: bytes) -> None:
    with pytest.raises(BadAnswer):
        unpacked(encoding, data[:-1], 1_000)


@pytest.mark.parametrize("data", [b"plain text", gzip.compress(TEXT) + b"rubbish", b"\x1f\x8b" + bytes(50)], ids=len)
def test_what_is_broken_is_told(data: bytes) -> None:
    with pytest.raises(BadAnswer):
        unpacked("gzip", data, 1 << 30)


def test_a_flipped_byte_is_told() -> None:
    data = bytearray(gzip.compress(TEXT))
    data[len(data) // 2] ^= 1
    with pytest.raises(BadAnswer):
        unpacked("gzip", bytes(data), 1_000)


@pytest.mark.parametrize("encoding", ["br", "zstd", "compress", "gzip, gzip", "gzip, br", "?"])
def test_an_encoding_that_was_not_asked_for(encoding: str) -> None:
    with pytest.raises(BadAnswer):
        inflater(encoding)


def test_nothing_at_all_is_whole() -> None:
    Inflater("gzip").finish()
    assert isinstance(inflater(""), Plain)
    assert isinstance(inflater("Identity"), Plain)


def test_a_bomb_comes_in_small_pieces() -> None:
    packed = gzip.compress(bytes(50_000_000))
    first = next(iter(Inflater("gzip").feed(packed)))
    assert len(first) == PIECE
