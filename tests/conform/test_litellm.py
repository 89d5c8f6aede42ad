"""LiteLLM as a client of ours: all of its SDK's video calls, and its proxy between us and the official SDK."""

from __future__ import annotations

import json
import time
from pathlib import Path

import openai
import pytest
from openai.types import Video

from conform.fixture_server import KEY, FixtureServer
from conform.installed import client, python
from conform.litellm_proxy import MASTER_KEY

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

ROUND_TRIP = Path(__file__).with_name("litellm_round_trip.py")
CALLS = {
    "video_generation", "video_status", "video_content", "video_list", "video_remix", "video_create_character",
    "video_get_character", "video_edit", "video_extension",
}  # fmt: skip
EXPECTED = {
    "statuses": ["completed"],
    "have_a_source": [False, False, False, True, True, False, True],
    "seconds": ["4", "4", "4", "4", "4", "4", "12"],
    "character": [True, "Otto"],
    "listed": 3,
    "is_mp4": True,
    "is_webp": True,
}


def test_every_call_of_the_sdk(server: FixtureServer) -> None:
    said = json.loads(python(ROUND_TRIP, server.base_url, KEY, path=(client("litellm"),)))
    assert set(said["calls"]) == CALLS | {f"a{name}" for name in CALLS}, "there are calls that this test does not make"
    assert said["functions"] == EXPECTED
    assert said["coroutines"] == EXPECTED


@pytest.fixture(scope="module")
def proxy(proxy_url: str) -> openai.OpenAI:
    """The official SDK in front of LiteLLM's proxy in front of us."""
    return openai.OpenAI(base_url=proxy_url, api_key=MASTER_KEY, max_retries=0, timeout=60)


@pytest.fixture(scope="module")
def source(proxy: openai.OpenAI) -> Video:
    return _ended(proxy, proxy.videos.create(model="sora-2", prompt="A lake", size="720x1280", seconds="4"))


def test_create_remix_and_content_through_the_proxy(proxy: openai.OpenAI, source: Video) -> None:
    assert (source.status, source.progress, source.seconds, source.size) == ("completed", 100, "4", "720x1280")
    remix = _ended(proxy, proxy.videos.remix(source.id, prompt="Make it night"))
    assert remix.status == "completed"
    assert remix.remixed_from_video_id
    assert proxy.videos.download_content(remix.id).read()[4:8] == b"ftyp"


def test_a_picture_through_the_proxy(proxy: openai.OpenAI) -> None:
    video = proxy.videos.create(model="sora-2", prompt="A lake", input_reference=("lake.png", b"Example", "image/png"))
    assert _ended(proxy, video).status == "completed"


@pytest.mark.parametrize(("path", "more", "seconds"), [("edits", {}, "4"), ("extensions", {"seconds": "8"}, "12")])
def test_changes_by_id_as_json(proxy: openai.OpenAI, source: Video, path: str, more: dict, seconds: str) -> None:
    body = {"prompt": "Make it snow", "video": {"id": source.id}, **more}
    made = _ended(proxy, proxy.post(f"/videos/{path}", body=body, cast_to=Video))
    assert (made.status, made.seconds) == ("completed", seconds)


def test_a_refusal_keeps_its_status_and_words(proxy: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="Supported values"):
        proxy.videos.create(model="sora-2", prompt="A lake", seconds="99")  # type: ignore[arg-type]


def test_the_proxy_deletes_nothing(proxy: openai.OpenAI, source: Video) -> None:
    with pytest.raises(openai.APIStatusError) as refusal:
        proxy.videos.delete(source.id)
    assert refusal.value.status_code == 405


def _ended(proxy: openai.OpenAI, video: Video) -> Video:
    while (now := proxy.videos.retrieve(video.id)).status in ("queued", "in_progress"):
        time.sleep(0.1)
    return now
