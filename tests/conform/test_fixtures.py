"""What docs/reference/testing.md promises of the test server."""

from __future__ import annotations

from pathlib import Path

import openai
import pytest
from openai import OpenAI

from conform.fixture_server import FixtureServer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

VIDEO, CHARACTER = "video_123", "char_123"
STARTS = {"video": (4, b"ftyp"), "thumbnail": (8, b"WEBP"), "spritesheet": (0, b"\xff\xd8\xff")}


def check_fixtures(client: OpenAI) -> None:
    video = client.videos.retrieve(VIDEO)
    assert (video.status, video.progress, video.size, video.seconds) == ("completed", 100, "720x1280", "4")
    assert client.videos.get_character(CHARACTER).name == "Otto"
    for variant, (at, start) in STARTS.items():
        data = client.videos.download_content(VIDEO, variant=variant).read()  # type: ignore[arg-type]
        assert data[at : at + len(start)] == start


def test_the_fixtures_are_there_and_come_back(server: FixtureServer) -> None:
    with server.client() as client:
        check_fixtures(client)
        for _ in range(3):
            assert client.videos.delete(VIDEO).deleted
            check_fixtures(client)
        assert VIDEO in {video.id for video in client.videos.list(order="asc").data}
        assert client.videos.remix(VIDEO, prompt="Make it night").remixed_from_video_id == VIDEO


def test_the_double_with_test_cases_is_there_too(server: FixtureServer) -> None:
    with server.client() as client:
        assert {model.id for model in client.models.list()} == {"scripted-1", "flipbook-instant"}
        video = client.videos.create_and_poll(
            model="flipbook-instant", prompt="A ferry", extra_body={"test_case": "fails_at_60"}
        )
        assert video.error is not None
        assert video.error.code == "encoding_failed"


def test_a_kept_folder_and_a_key_of_ones_own(tmp_path: Path) -> None:
    options = ("--data-dir", str(tmp_path / "data"), "--key", "another key")
    first = FixtureServer(*options)
    with first.client("another key") as client:
        made = client.videos.create_and_poll(prompt="A lake")
    assert first.stop() == 0
    again = FixtureServer(*options)
    with again.client("another key") as client:
        check_fixtures(client)
        assert client.videos.retrieve(made.id).status == "completed"
    with again.client() as stranger, pytest.raises(openai.AuthenticationError):
        stranger.videos.list()
    assert again.stop() == 0


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    assert FixtureServer().stop() == 0
    assert list(tmp_path.iterdir()) == []
