"""A clip continued without being encoded again: its packets are copied, and new frames follow in the same stream."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from mutoscope.media.encode import Encoder
from mutoscope.media.probe import opened

if TYPE_CHECKING:
    from av.packet import Packet

_START_CODE = b"\x00\x00\x00\x01"


class CannotSplice(Exception):
    """The clip is no stream that our encoder could go on with."""


class Splice(Encoder):
    """An encoder whose file begins with the pictures of `source`, bit for bit; every frame added follows them.

    frames: how many pictures the source must have. Raises CannotSplice when it has another number, uneven steps of
    time, or was encoded with other parameters than ours; MediaUnreadable when it cannot be read. `path` is then
    worthless.
    """

    def __init__(self, path: Path, source: Path, frames: int, width: int, height: int, fps: int) -> None:
        _check_times(source, frames, fps)
        super().__init__(path, width, height, fps)
        self._offset = 0
        context = self._stream.codec_context
        context.open()
        if _from_start_codes(context.extradata or b"") != _parameters(source):
            self._container.close()
            raise CannotSplice("encoded with other parameters")
        for packet in _copied(source):
            self._mux([packet])
        self._offset = frames

    def _mux(self, packets: list[Packet]) -> None:
        for packet in packets:
            assert packet.pts is not None
            assert packet.dts is not None
            packet.pts, packet.dts = packet.pts + self._offset, packet.dts + self._offset
        super()._mux(packets)


def _check_times(source: Path, frames: int, fps: int) -> None:
    with opened(source) as (container, stream):
        times = [packet.pts * packet.time_base for packet in container.demux(stream) if packet.pts is not None]
    if sorted(times) != [Fraction(number, fps) for number in range(frames)]:
        raise CannotSplice(f"not {frames} pictures in even steps")


def _copied(source: Path) -> Iterator[Packet]:
    """The clip's packets in the form that the encoder gives."""
    from av.packet import Packet

    with opened(source) as (container, stream):
        for packet in container.demux(stream):
            if packet.pts is None:
                continue
            copy = Packet(b"".join(_START_CODE + unit for unit in _from_lengths(bytes(packet))))
            copy.pts, copy.dts, copy.time_base = packet.pts, packet.dts, packet.time_base
            copy.duration, copy.is_keyframe = packet.duration, packet.is_keyframe
            yield copy


def _parameters(source: Path) -> list[bytes]:
    """The stream's parameter sets, from its configuration record (ISO/IEC 14496-15, 5.3.3.1.2).

    It begins with five bytes and, for each kind of set, a number of them whose upper bits are reserved.
    """
    with opened(source) as (_, stream):
        record = stream.codec_context.extradata or b""
    found, at = [], 5
    for mask in (0x1F, 0xFF):
        if at >= len(record):
            break
        count, at = record[at] & mask, at + 1
        for _ in range(count):
            size = int.from_bytes(record[at : at + 2])
            found.append(record[at + 2 : at + 2 + size])
            at += 2 + size
    return found


def _from_start_codes(stream: bytes) -> list[bytes]:
    return [unit for unit in stream.split(_START_CODE) if unit]


def _from_lengths(packet: bytes) -> Iterator[bytes]:
    """The units of a packet, each behind its length in four bytes as our encoder's files have it."""
    at = 0
    while at + 4 <= len(packet):
        size = int.from_bytes(packet[at : at + 4])
        yield packet[at + 4 : at + 4 + size]
        at += 4 + size
