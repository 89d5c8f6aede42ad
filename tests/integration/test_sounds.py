"""Sounds that guide a model: read by the real child process, judged by the model's limits, sent by the whole server."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import av
import httpx2 as httpx
import pytest
from av.stream import Disposition
from PIL import Image
from whole_server import ended, running

from mutoscope.access.keys import create_key
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import InvalidRequest, MediaUnreadable, UnsupportedByModel
from mutoscope.domain.sound_limits import SoundLimits
from mutoscope.domain.video import Operation
from mutoscope.domain.wishes import OnUnsupported, Wishes
from mutoscope.media.sounds import SoundMeasures
from mutoscope.media.studio import ClipMeasures, Studio
from mutoscope.service.requests import Guide, NewChange, NewVideo, SourceId, Upload
from mutoscope.testing import ScriptedProvider
from mutoscope.testing.listening import listen, listening
from mutoscope.testing.upstreams.roster import BY_NAME
from studio import SOUNDS, attempt, create, sound, write_clip

pytestmark = pytest.mark.anyio

MEDIA_TYPES = {
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "ogg": "audio/ogg",
    "m4a": "audio/mp4",
    "mp4": "audio/mp4",
    "aac": "audio/aac",
    "flac": "audio/flac",
}


# What is a sound


async def read(folder: Path, data: bytes) -> ClipMeasures | SoundMeasures:
    path = folder / "upload"
    path.write_bytes(data)
    return await Studio().check_recording(path)


@pytest.mark.parametrize("kind", SOUNDS)
async def test_sounds_of_every_kind_are_measured(tmp_path: Path, kind: str) -> None:
    found = await read(tmp_path, sound(kind, 2.5))
    assert isinstance(found, SoundMeasures)
    assert (found.media_type, found.seconds) == (MEDIA_TYPES[kind], pytest.approx(2.5, abs=0.1))


@pytest.mark.parametrize("kind", ["mp3", "ogg", "aac"])
async def test_one_behind_the_other_is_as_long_as_both(tmp_path: Path, kind: str) -> None:
    found = await read(tmp_path, sound(kind, 2.0) + sound(kind, 1.0))
    assert found.seconds == pytest.approx(3.0, abs=0.1)


async def test_a_recording_that_did_not_know_its_length_is_measured(tmp_path: Path) -> None:
    data, unknown = sound("wav", 2.0), b"\xff\xff\xff\xff"
    at = data.index(b"data") + 4
    found = await read(tmp_path, data[:4] + unknown + data[8:at] + unknown + data[at + 4 :])
    assert found.seconds == pytest.approx(2.0, abs=0.1)


async def test_a_clip_is_none_though_it_has_sound(tmp_path: Path) -> None:
    found = await read(tmp_path, write_clip(tmp_path / "clip.mp4").read_bytes())
    assert isinstance(found, ClipMeasures)
    assert found.media_type == "video/mp4"


def with_cover(data: bytes, container: str) -> bytes:
    """The same sound in its sleeve."""
    target, cover = BytesIO(), BytesIO()
    Image.new("RGB", (64, 64), "red").save(cover, "JPEG")
    with av.open(BytesIO(data), "r") as source, av.open(target, "w", format=container) as out:
        heard = out.add_stream_from_template(source.streams.audio[0])
        seen = out.add_stream("mjpeg", width=64, height=64)
        seen.pix_fmt = "yuvj420p"
        seen.disposition = Disposition.attached_pic
        packets = [packet for packet in source.demux() if packet.dts is not None]
        picture = av.Packet(cover.getvalue())
        picture.stream, picture.pts, picture.dts, picture.is_keyframe = seen, 0, 0, True
        out.mux(picture)
        for packet in packets:
            packet.stream = heard
            out.mux(packet)
    return target.getvalue()


@pytest.mark.parametrize(("kind", "container"), [("mp3", "mp3"), ("m4a", "mp4"), ("flac", "flac")])
async def test_a_cover_makes_no_clip_of_it(tmp_path: Path, kind: str, container: str) -> None:
    found = await read(tmp_path, with_cover(sound(kind), container))
    assert (found.media_type, found.seconds) == (MEDIA_TYPES[kind], pytest.approx(1.0, abs=0.1))


@pytest.mark.parametrize("kind", ["flac", "m4a"])
async def test_one_that_is_cut_short_is_refused(tmp_path: Path, kind: str) -> None:
    data = sound(kind, 3.0)
    with pytest.raises(MediaUnreadable):
        await read(tmp_path, data[: len(data) // 2])


@pytest.mark.parametrize(
    "data",
    [b"", b"no sound", b"ID3" + bytes(500), b"\xff\xfb" + bytes(500), b"\xff", b"RIFF\0\0\0\0WAVE", b"OggS" + bytes(99),
     b"fLaC" + bytes(99), b"\0\0\0\x18ftypM4A " + bytes(99)],
)  # fmt: skip
async def test_what_only_begins_like_one_is_refused(tmp_path: Path, data: bytes) -> None:
    with pytest.raises(MediaUnreadable):
        await read(tmp_path, data)


async def test_what_is_nothing_that_we_read_is_told(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match="no picture, clip or sound"):
        await read(tmp_path, b"no sound")


async def test_ten_minutes_are_the_most(tmp_path: Path) -> None:
    with pytest.raises(MediaUnreadable, match="longer than 600 seconds"):
        await read(tmp_path, sound("wav", 601, rate=8_000))


# What a model takes


@pytest.fixture
def able(tmp_path: Path) -> Callable[..., ScriptedProvider]:
    """A provider whose model can do what the test says and no more."""
    clip = write_clip(tmp_path / "clip.mp4", width=96, height=64).read_bytes()

    def make(*capabilities: Capability, **more: Any) -> ScriptedProvider:
        provider = ScriptedProvider(clip=clip)
        can: dict[str, Any] = {"capabilities": frozenset(capabilities), "remembers": frozenset(), **more}
        provider.models = (replace(provider.models[0], **can),)
        return provider

    return make


GUIDED = (Capability.REFERENCES, Capability.SOUND_REFERENCES)


def guided(*guides: bytes, role: str | None = None, **more: Any) -> Wishes:
    read = tuple(Guide(Upload(data, f"input_references[{place}]"), role) for place, data in enumerate(guides))
    return Wishes(options={"input_references": lambda: read}, **more)


async def test_a_sound_is_kept_described_and_handed_over(tmp_path, able) -> None:
    provider, hum = able(*GUIDED), sound("mp3")
    async with running(tmp_path / "data", provider) as (server, caller):
        made = (await server.service.make(caller, NewVideo("x", guided(hum, role="voice")), attempt())).video
        (described,) = made.request.options["input_references"]
        assert described.keys() == {"sha256", "media_type", "seconds", "role"}
        assert (described["media_type"], described["role"]) == ("audio/mpeg", "voice")
        assert described["seconds"] == pytest.approx(1.0, abs=0.1)
        await ended(server, caller, made.id)
        (given,) = provider.jobs[-1].guides
        assert (given.media_type, given.size, given.role, given.bytes) == ("audio/mpeg", None, "voice", len(hum))
        assert given.seconds == described["seconds"]
        assert await given.read() == hum
        assert await server.database.all("unused_inputs", before=2e9, limit=10) == []


REASONS = [
    ((Capability.REFERENCES,), {}, [1.0], 0, "takes no sounds"),
    (GUIDED, {}, [1.0, 1.0], 1, "There are 2 sounds; at most 1 is taken"),
    (GUIDED, {"sound_limits": SoundLimits(3, 2.5)}, [1.0, 1.0, 1.0], 2, "in all; at most 2.5 s"),
    (GUIDED, {"sound_limits": SoundLimits(by_link=True)}, [1.0], 0, "'public_url' is not set"),
]


@pytest.mark.parametrize(("capabilities", "more", "lengths", "place", "said"), REASONS)
async def test_what_a_model_does_not_take_is_refused_or_left_out(
    tmp_path, able, capabilities: tuple[Capability, ...], more: dict, lengths: list[float], place: int, said: str
) -> None:
    sounds = [sound("wav", seconds) for seconds in lengths]
    async with running(tmp_path / "data", able(*capabilities, **more)) as (server, caller):
        strict = NewVideo("x", guided(*sounds, on_unsupported=OnUnsupported.REFUSE))
        with pytest.raises(UnsupportedByModel, match=said) as refused:
            await server.service.make(caller, strict, attempt())
        assert refused.value.param == f"input_references[{place}]"
        plan = await server.service.plan(caller, NewVideo("x", guided(*sounds)))
        assert len(plan.request.options["input_references"]) == len(sounds) - 1
        (told,) = plan.adjustments
        assert (told.field, told.to) == (f"input_references[{place}]", None)
        assert said in told.reason


async def test_pictures_and_clips_are_not_counted_as_sounds(tmp_path, able) -> None:
    picture = BytesIO()
    Image.new("RGB", (48, 32), "red").save(picture, "PNG")
    clip = write_clip(tmp_path / "another.mp4").read_bytes()
    async with running(tmp_path / "data", able(*GUIDED)) as (server, caller):
        plan = await server.service.plan(caller, NewVideo("x", guided(clip, picture.getvalue(), sound("ogg"), clip)))
        kinds = [one["media_type"] for one in plan.request.options["input_references"]]
        assert (kinds, plan.adjustments) == (["video/mp4", "image/png", "audio/ogg", "video/mp4"], ())


async def test_one_that_cannot_be_read_names_its_place(tmp_path, able) -> None:
    async with running(tmp_path / "data", able(*GUIDED)) as (server, caller):
        with pytest.raises(InvalidRequest, match="no picture, clip or sound") as refused:
            await server.service.make(caller, NewVideo("x", guided(sound(), b"no sound")), attempt())
        assert refused.value.param == "input_references[1]"


@pytest.mark.parametrize("takes", [True, False])
async def test_a_remix_takes_a_sound_along_or_tells(tmp_path, able, takes: bool) -> None:
    provider = able(Capability.EDIT, *(GUIDED if takes else GUIDED[:1]))
    async with running(tmp_path / "data", provider) as (server, caller):
        source = await create(server, caller, NewVideo("a lake", size="96x64"))
        await ended(server, caller, source.id)
        origin = SourceId(source.id, "video_id")
        new = NewChange("to this song", origin, Operation.REMIX, guided(sound("flac")))
        made = (await server.service.make(caller, new, attempt())).video
        await ended(server, caller, made.id)
        assert [given.media_type for given in provider.jobs[-1].guides] == (["audio/flac"] if takes else [])
        assert [one["field"] for one in made.adjustments] == ([] if takes else ["input_references[0]"])


# The whole server


@pytest.mark.parametrize("way", ["file", "data URL"])
async def test_from_a_client_to_vllm_omni(tmp_path: Path, way: str) -> None:
    pair, hum = BY_NAME["openai_compatible"], sound("mp3", 2.0)
    fake = pair.make_fake(flavour="vllm_omni", polls_queued=0, polls_running=1)
    listener, url = listen()
    with fake.serving():
        account = pair.account(fake, dialect="vllm_omni", poll_seconds=0.5)
        can = {"capabilities": frozenset(GUIDED), "remembers": frozenset(), "price": None}
        name = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
        model = replace(account.models[0], name="wan", upstream_model=name, **can)
        provider = pair.adapter.make(replace(account, models=(model,)))
        async with (
            running(tmp_path / "data", provider, public_url=url) as (server, _),  # type: ignore[arg-type]
            listening(server.asgi(), listener),
            httpx.AsyncClient(base_url=url, timeout=60) as client,
        ):
            key = await create_key(server.database, 1.0)
            client.headers["authorization"] = f"Bearer {key.secret}"
            (listed,) = [one for one in (await client.get("/v1/models")).json()["data"] if one["id"] == "wan"]
            assert "sound_references" in listed["capabilities"]
            asked = {"prompt": "a lake", "model": "wan", "size": "1280x720", "seconds": "4"}
            if way == "file":
                answer = await client.post("/v1/videos", data=asked, files=[("input_references[]", ("h.mp3", hum))])
            else:
                address = f"data:audio/mpeg;base64,{base64.b64encode(hum).decode()}"
                asked["input_references"] = [{"audio_url": address, "role": "voice"}]  # type: ignore[assignment]
                answer = await client.post("/v1/videos", json=asked)
            assert answer.status_code == 200, answer.text
            path = f"/v1/videos/{answer.json()['id']}"
            video: dict[str, Any] = {}
            for _ in range(10):
                video = (await client.get(path, params={"wait": "5"})).json()
                if video["status"] in ("completed", "failed"):
                    break
            assert (video["status"], video.get("adjustments")) == ("completed", None), video
        await account.door.aclose()
        (job,) = fake.accepted
        assert job.more["sounds"] == pytest.approx([2.0], abs=0.1)
        assert f"{url}/v1/source/" in job.asked["audio_reference"]
        assert job.asked["audio_reference"].endswith('/sound.mp3"}')
    listener.close()
