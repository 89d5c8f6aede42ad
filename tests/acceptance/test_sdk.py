"""The official SDK against a real server: the whole life of a video and its remix."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import av
import openai
import pytest
from openai import OpenAI
from openai.types import Video
from PIL import Image

from acceptance.servers import ServerProcess

warnings.filterwarnings("ignore", category=DeprecationWarning)

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

KEYS = {
    "id", "object", "model", "status", "progress", "created_at", "completed_at", "expires_at", "prompt", "size",
    "seconds", "remixed_from_video_id", "error",
}  # fmt: skip
SMALL = {"size": "192x108", "seconds": "1"}


@pytest.fixture(scope="module")
def source(client: OpenAI) -> Video:
    return client.videos.create_and_poll(prompt="A misty lake at sunrise, drone shot", **SMALL)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def remix(client: OpenAI, source: Video) -> Video:
    made = client.videos.remix(source.id, prompt="Keep the camera but make it a snowy mountain at night")
    assert made.id != source.id
    assert made.status == "queued"
    assert made.remixed_from_video_id == source.id
    return client.videos.poll(made.id)


def test_create_and_poll_completes(source: Video) -> None:
    assert set(source.to_dict()) >= KEYS
    assert source.status == "completed", source.error
    assert source.progress == 100
    assert (source.size, source.seconds, source.model) == ("192x108", "1", "flipbook")
    assert source.remixed_from_video_id is None
    assert source.error is None
    assert isinstance(source.created_at, int)
    assert isinstance(source.completed_at, int)
    assert source.completed_at >= source.created_at


def test_the_remix_edits_the_stored_scene(remix: Video, source: Video) -> None:
    assert remix.status == "completed", remix.error
    assert remix.remixed_from_video_id == source.id
    assert (remix.size, remix.seconds) == (source.size, source.seconds)
    told = remix.to_dict()["remix"]
    assert isinstance(told, dict)
    assert told["strategy"] == "native"
    assert told["provider"] == "flipbook"


def test_the_video_variant_is_a_faststart_mp4_of_exact_length(client: OpenAI, source: Video, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    client.videos.download_content(source.id).write_to_file(path)
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height, stream.frames) == (192, 108, 24)
        assert stream.duration is not None
        assert stream.time_base is not None
        assert float(stream.duration * stream.time_base) == 1.0
        assert sum(1 for _ in container.decode(stream)) == 24


@pytest.mark.parametrize(("variant", "media_type", "kind"), [
    ("thumbnail", "image/webp", "WEBP"), ("spritesheet", "image/jpeg", "JPEG"),
])  # fmt: skip
def test_stills(client: OpenAI, remix: Video, variant: str, media_type: str, kind: str) -> None:
    answer = client.videos.download_content(remix.id, variant=variant)  # type: ignore[arg-type]
    assert answer.response.headers["content-type"] == media_type
    with Image.open(io.BytesIO(answer.read())) as picture:
        assert picture.format == kind
        picture.load()


def test_ranges_resume_a_download(client: OpenAI, source: Video) -> None:
    whole = client.videos.download_content(source.id)
    data, etag = whole.read(), whole.response.headers["etag"]
    part = client.videos.download_content(source.id, extra_headers={"Range": "bytes=100-199", "If-Range": etag})
    assert part.response.status_code == 206
    assert part.read() == data[100:200]
    assert part.response.headers["content-range"] == f"bytes 100-199/{len(data)}"
    with pytest.raises(openai.APIStatusError) as beyond:
        client.videos.download_content(source.id, extra_headers={"Range": f"bytes={len(data)}-"})
    assert beyond.value.status_code == 416


def test_both_prefixes_answer_the_same_bytes(server: ServerProcess, source: Video) -> None:
    with server.http() as http:
        for path in (f"/videos/{source.id}", "/videos?limit=2", f"/videos/{source.id}/content", "/videos/nope"):
            one, other = http.get(f"/v1{path}"), http.get(f"/v1/openai{path}")
            assert one.status_code == other.status_code
            assert one.content == other.content


def test_paging_both_ways_sees_each_video_once(client: OpenAI, source: Video, remix: Video) -> None:
    made = [client.videos.create(prompt=f"A forest, take {take}", **SMALL) for take in range(5)]  # type: ignore[arg-type]
    newest_first = [video.id for video in client.videos.list(limit=2)]
    oldest_first = [video.id for video in client.videos.list(limit=2, order="asc")]
    assert newest_first == oldest_first[::-1]
    assert len(set(newest_first)) == len(newest_first)
    assert newest_first[:5] == [video.id for video in reversed(made)]
    for video in made:
        assert client.videos.delete(video.id).deleted


def test_deleting_cancels_and_hides(client: OpenAI) -> None:
    video = client.videos.create(prompt="A city in the rain", size="1280x720", seconds="12")
    deleted = client.videos.delete(video.id)
    assert (deleted.id, deleted.object, deleted.deleted) == (video.id, "video.deleted", True)
    with pytest.raises(openai.NotFoundError):
        client.videos.retrieve(video.id)
    with pytest.raises(openai.NotFoundError):
        client.videos.delete(video.id)
    # A cursor that points at a deleted video goes on from its place.
    assert client.videos.list(after=video.id, limit=1).data[0].id != video.id


@pytest.mark.parametrize(("fields", "param", "code"), [
    ({"prompt": ""}, "prompt", "empty_string"),
    ({"prompt": "x" * 32_001}, "prompt", "string_above_max_length"),
    ({"prompt": "x", "model": "gpt-4"}, "model", "model_not_found"),
    ({"prompt": "x", "size": "63x64"}, "size", "invalid_value"),
    ({"prompt": "x", "seconds": "21"}, "seconds", "invalid_value"),
    ({"prompt": "x", "input_reference": b"Example data"}, "input_reference", "invalid_value"),
])  # fmt: skip
def test_bad_input_is_named(client: OpenAI, fields: dict, param: str, code: str) -> None:
    before = client.videos.list(limit=1).first_id  # type: ignore[attr-defined]
    with pytest.raises(openai.BadRequestError) as refusal:
        client.videos.create(**fields)
    assert (refusal.value.param, refusal.value.code) == (param, code)
    assert refusal.value.request_id
    assert client.videos.list(limit=1).first_id == before  # type: ignore[attr-defined]


def test_a_wrong_key_is_no_retryable_error(server: ServerProcess) -> None:
    with pytest.raises(openai.AuthenticationError) as refusal:
        server.client(api_key="muto-wrong").videos.list()
    assert refusal.value.code == "invalid_api_key"


def test_soras_name_is_served_with_a_notice(client: OpenAI) -> None:
    answer = client.videos.with_raw_response.create(model="sora-2", prompt="A lake", **SMALL)  # type: ignore[arg-type]
    assert "animatic" in answer.headers["mutoscope-notice"]
    video = answer.parse()
    assert video.model == "flipbook"
    assert "animatic" in str(video.to_dict()["notice"])
    client.videos.delete(video.id)


def test_a_picture_is_the_first_frame(client: OpenAI, tmp_path: Path) -> None:
    picture = tmp_path / "red.png"
    Image.new("RGB", (192, 108), (200, 30, 30)).save(picture)
    video = client.videos.create(prompt="Zoom in slowly", input_reference=picture, **SMALL)  # type: ignore[arg-type]
    video = client.videos.poll(video.id)
    assert video.status == "completed", video.error
    thumbnail = client.videos.download_content(video.id, variant="thumbnail").read()
    with Image.open(io.BytesIO(thumbnail)) as still:
        red, green, blue = still.convert("RGB").resize((1, 1)).getpixel((0, 0))  # type: ignore[misc]
    assert red > 2 * green
    assert red > 2 * blue


def test_another_tenant_sees_nothing(server: ServerProcess, source: Video) -> None:
    import subprocess
    import sys

    made = subprocess.run(
        [sys.executable, "-m", "mutoscope", "keys", "create", "--tenant", "other", "--data-dir", str(server.data_dir)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    secret = made.stdout.strip()
    assert made.stdout == f"{secret}\n"
    other = server.client(api_key=secret)
    assert other.videos.list().data == []
    for call in (
        lambda: other.videos.retrieve(source.id),
        lambda: other.videos.delete(source.id),
        lambda: other.videos.download_content(source.id),
        lambda: other.videos.remix(source.id, prompt="mine now"),
    ):
        with pytest.raises(openai.NotFoundError):
            call()
    subprocess.run(
        [sys.executable, "-m", "mutoscope", "keys", "revoke", secret[:11], "--data-dir", str(server.data_dir)],
        check=True, capture_output=True,
    )  # fmt: skip
    with pytest.raises(openai.AuthenticationError):
        other.videos.list()
