"""An extension of which only the new part came is put behind its source; one that came whole is left as it is."""

from __future__ import annotations

import io
from pathlib import Path

import av
import numpy as np
import pytest

from integration.test_continued_and_cast import MOVER, Client, asking
from mutoscope.domain.errors import MediaUnreadable
from mutoscope.domain.video import Size
from mutoscope.media.studio import Studio
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeUpstream

SMALL, WIDE = Size(320, 240), Size(640, 240)


def written(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def with_sound(path: Path, content: bytes, seconds: float) -> Path:
    """The same pictures with a tone."""
    with av.open(io.BytesIO(content), "r") as given, av.open(str(path), "w") as out:
        pictures = out.add_stream_from_template(given.streams.video[0])
        sound = out.add_stream("aac", rate=44_100, layout="mono")
        for packet in given.demux(video=0):
            if packet.size:
                packet.stream = pictures
                out.mux(packet)
        wave = np.sin(np.arange(round(seconds * 44_100)) / 20).astype(np.float32)[None]
        frame = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44_100, 0
        for one in (frame, None):
            out.mux(sound.encode(one))
    return path


def loudness(path: Path) -> list[float]:
    """Of each half second."""
    with av.open(str(path)) as given:
        samples = np.concatenate([frame.to_ndarray()[0] for frame in given.decode(audio=0)])
    return [float(np.abs(part).mean()) for part in np.array_split(samples, round(len(samples) / 24_000))]


@pytest.mark.anyio
async def test_another_shape_and_rate_comes_behind_in_the_size_of_the_source(tmp_path: Path) -> None:
    source = with_sound(tmp_path / "source.mp4", film.film(11, SMALL, 2.0), 2.0)
    answer = written(tmp_path / "answer.mp4", film.film(12, WIDE, 1.0))
    joined = tmp_path / "joined.mp4"
    assert await Studio().join(source, answer, joined, 1.0)
    data = joined.read_bytes()
    size, seconds = film.measures(data)
    assert (size, round(seconds, 1)) == (SMALL, 3.0)
    assert film.badge_of(data) == 11
    with av.open(str(joined)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 72
    heard = loudness(joined)
    assert min(heard[:4]) > 0.3
    assert max(heard[5:]) < 0.01


@pytest.mark.anyio
async def test_the_length_tells_what_came_unless_the_operator_does(tmp_path: Path) -> None:
    source, answer, joined = (tmp_path / name for name in ("source.mp4", "answer.mp4", "joined.mp4"))
    written(source, film.film(11, SMALL, 2.0))
    written(answer, film.film(11, SMALL, 3.0))
    assert not await Studio().join(source, answer, joined, 1.0)
    assert not joined.exists()
    assert await Studio().join(source, answer, joined)
    assert round(film.measures(joined.read_bytes())[1], 1) == 5.0
    with pytest.raises(MediaUnreadable):
        await Studio().join(source, written(answer, b"no clip"), joined)


@pytest.mark.parametrize("is_whole", [True, False])
def test_an_extension_of_any_kind_is_whole_in_the_end(tmp_path: Path, is_whole: bool) -> None:
    async def go_on(client: Client, fake: FakeUpstream) -> None:
        fake.extension_is_whole = is_whole  # type: ignore[attr-defined]
        first = await client.made("", model="seedance2_5", prompt="a fox runs", seconds="4")
        longer = await client.made("/extensions", video={"id": first["id"]}, prompt="on", seconds="4")
        assert (longer["seconds"], await client.badge(longer)) == ("8", fake.accepted[0].badge)
        extended = 8.0 if is_whole else 4.0
        assert [(job.kind, job.seconds) for job in fake.accepted] == [("create", 4.0), ("extend", extended)]
        assert longer["remix"]["adjustments"] == []

    asking(tmp_path, "runway", go_on)


@pytest.mark.parametrize("is_whole", [True, False])
def test_the_upstreams_own_copy_of_a_part_is_not_taken_for_the_whole(tmp_path: Path, is_whole: bool) -> None:
    async def change(client: Client, fake: FakeUpstream) -> None:
        fake.extension_is_whole = is_whole  # type: ignore[attr-defined]
        first = await client.made("", model="kling-1.6", prompt="a fox runs")
        for seconds in ("10", "15"):
            first = await client.made("/extensions", video={"id": first["id"]}, prompt="on", seconds="5")
            assert first["seconds"] == seconds
        moved = await client.ask(
            f"/{first['id']}/remix",
            json={"model": "kling-3.0-motion", "prompt": "a dancer", "input_references": [MOVER]},
        )
        if is_whole:
            assert moved["remix"]["strategy"] == "reference"
        else:
            assert "'public_url' is not set" in moved["error"]["message"]

    asking(tmp_path, "kling", change)


def test_a_part_that_cannot_be_joined_is_delivered_as_it_came(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def cannot(*_: object) -> bool:
        raise MediaUnreadable("no")

    monkeypatch.setattr(Studio, "join", cannot)

    async def go_on(client: Client, fake: FakeUpstream) -> None:
        fake.extension_is_whole = False  # type: ignore[attr-defined]
        first = await client.made("", model="seedance2_5", prompt="a fox runs", seconds="4")
        longer = await client.made("/extensions", video={"id": first["id"]}, prompt="on", seconds="5")
        assert (longer["seconds"], await client.badge(longer)) == ("5", fake.accepted[0].badge)
        (told,) = longer["remix"]["adjustments"]
        assert (told["field"], told["from"], told["to"]) == ("seconds", "9", "5")

    asking(tmp_path, "runway", go_on)
