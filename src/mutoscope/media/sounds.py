"""What a sound is: opens it with the formats and decoders that are allowed here, and measures it without decoding.

Only the media child calls this, as it does `media/probe.py`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from mutoscope.domain.errors import MediaUnreadable
from mutoscope.media.probe import MAX_SECONDS, check_whole, container_at, demuxer_of, head_of, promised_seconds

if TYPE_CHECKING:
    from av.audio.stream import AudioStream
    from av.container import InputContainer

# By FFmpeg's names of their containers.
_MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "mov": "audio/mp4",
    "aac": "audio/aac",
    "flac": "audio/flac",
}
# Whose length is written in the file; FFmpeg guesses that of the others, by the first packets or the file's own length.
_TELLS_LENGTH = frozenset({"mov", "flac"})
_PCM = ("u8", "s16le", "s24le", "s32le", "f32le", "f64le", "alaw", "mulaw")
_CODECS = frozenset({"mp3", "aac", "vorbis", "opus", "flac", *(f"pcm_{kind}" for kind in _PCM)})
_DECODERS = ",".join(sorted({*_CODECS, "mp3float", "libopus"}))


@dataclass(frozen=True, slots=True)
class SoundMeasures:
    """A sound's media type, and its length in seconds."""

    media_type: str
    seconds: float


def is_sound(path: Path) -> bool:
    """Whether a file is a sound and no clip. MediaUnreadable when it begins like neither."""
    head = head_of(path)
    if (demuxer := _demuxer(head)) != "mov":
        if demuxer is None and demuxer_of(head) is None:
            raise MediaUnreadable(
                "The file is no picture, clip or sound that can be read here; PNG, JPEG, WebP, MP4, WebM, MP3, WAV, "
                "Ogg, M4A, AAC and FLAC can."
            )
        return demuxer is not None
    with container_at(path, demuxer, _DECODERS) as container:
        return bool(container.streams.audio) and not _has_moving_pictures(container)


def measure_sound(path: Path) -> SoundMeasures:
    """Measure a sound by its packets, and decode the first. MediaUnreadable when that cannot be done."""
    demuxer = _demuxer(head_of(path)) or ""
    with _opened(path, demuxer) as (container, stream):
        seconds = 0.0
        # Not by their times: in a file of several sounds, one behind the other, they begin anew.
        for packet in container.demux(stream):
            if packet.size and packet.time_base is not None:
                seconds += float((packet.duration or 0) * packet.time_base)
                if seconds > MAX_SECONDS:
                    raise MediaUnreadable(f"The sound is longer than {MAX_SECONDS} seconds.")
        check_whole(seconds > 0, seconds, promised_seconds(stream) if demuxer in _TELLS_LENGTH else seconds)
    with _opened(path, demuxer) as (container, stream):
        if next(iter(container.decode(stream)), None) is None:
            raise MediaUnreadable("No sound of the file can be decoded.")
    return SoundMeasures(_MEDIA_TYPES[demuxer], seconds)


@contextmanager
def _opened(path: Path, demuxer: str) -> Iterator[tuple[InputContainer, AudioStream]]:
    with container_at(path, demuxer, _DECODERS) as container:
        yield container, _sound_stream(container)


def _sound_stream(container: InputContainer) -> AudioStream:
    stream = next(iter(container.streams.audio), None)
    if stream is None or stream.codec_context is None:
        raise MediaUnreadable("The file has no sound.")
    if _has_moving_pictures(container):
        raise MediaUnreadable("The file has pictures beside its sound.")
    name = stream.codec_context.codec.canonical_name
    if name not in _CODECS:
        raise MediaUnreadable(f"The sound is coded as '{name}', which is not read here.")
    return stream


def _has_moving_pictures(container: InputContainer) -> bool:
    """Whether there is more to be seen than the picture on a record's sleeve."""
    from av.stream import Disposition

    return any(not stream.disposition & Disposition.attached_pic for stream in container.streams.video)


def _demuxer(head: bytes) -> str | None:
    """By the first bytes of a file; "mov" for a clip, too."""
    if head[:4] == b"RIFF" and head[8:12] == b"WAVE":
        return "wav"
    if demuxer := {b"OggS": "ogg", b"fLaC": "flac"}.get(head[:4]):
        return demuxer
    if head[4:8] == b"ftyp":
        return "mov"
    # ISO 11172-3, 2.4.1.3, and ISO 14496-3, 1.A.2.2: twelve set bits (eleven in MPEG 2.5), then the layer.
    if head[:1] == b"\xff" and head[1] & 0xF6 == 0xF0:
        return "aac"
    is_frame = head[:1] == b"\xff" and head[1] & 0xE6 == 0xE2
    return "mp3" if is_frame or head[:3] == b"ID3" else None
