from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest
from aiohttp import web
from dialect_double import FILM, Double, Run, answering, files, form

PROMPT = "A misty lake at sunrise"
CLIP = b"\x00\x00\x00\x18ftypmp42 a clip"
MAKING = (
    ("create", PROMPT),
    ("create", PROMPT, "--reference", "clip.mp4"),
    ("remix", "video_a", PROMPT),
    ("edit", "video_a", PROMPT),
    ("edit", "clip.mp4", PROMPT),
    ("extend", "video_a", PROMPT, "--seconds", "4"),
    ("extend", "clip.mp4", PROMPT, "--seconds", "4"),
    ("character", "create", "Otto", "clip.mp4"),
)


@pytest.fixture
def clip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file clip.mp4 in the folder where the commands run."""
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "clip.mp4"
    path.write_bytes(CLIP)
    return path


def test_create_sends_json_and_prints_the_id_alone(run: Run, double: Double) -> None:
    result = run("create", PROMPT, "--seconds", "4", "--size", "640x360", "--seed", "7")
    assert (result.code, result.out) == (0, "video_new\n")
    (post,) = double.requests("POST")
    assert json.loads(post.body) == {"prompt": PROMPT, "seconds": "4", "size": "640x360", "seed": 7}
    assert not double.requests("GET")


def test_create_with_a_reference_sends_a_form(run: Run, double: Double, tmp_path: Path) -> None:
    picture = tmp_path / "lake.png"
    picture.write_bytes(b"\x89PNG picture")
    assert run("create", PROMPT, "--seconds", "4", "--reference", str(picture)).code == 0
    (post,) = double.requests("POST")
    assert post.headers["Content-Type"].startswith("multipart/form-data")
    assert b'name="input_reference"; filename="lake.png"' in post.body
    assert b"\x89PNG picture" in post.body
    assert b'name="seconds"\r\n\r\n4' in post.body


def test_create_waits_and_prints_the_servers_object(run: Run, double: Double) -> None:
    result = run("create", PROMPT, "--wait", "--json")
    assert result.code == 0
    assert json.loads(result.out) == double.videos["video_new"]
    assert double.videos["video_new"]["status"] == "completed"
    assert result.err.splitlines()[0].startswith("queued 0%")
    assert result.err.splitlines()[-1].startswith("completed 100%")


def test_create_passes_on_the_servers_notice(run: Run, double: Double) -> None:
    async def with_notice(request: web.Request) -> web.StreamResponse:
        return web.json_response(double.add("video_new", notice="'sora-2' was asked for; flipbook answers."))

    double.then(with_notice)
    result = run("create", PROMPT)
    assert result.out == "video_new\n"
    assert "'sora-2' was asked for; flipbook answers." in result.err.splitlines()


def test_no_progress_waits_in_silence(run: Run, double: Double) -> None:
    result = run("create", PROMPT, "--wait", "--json", "--no-progress")
    assert (result.code, result.err) == (0, "")


def test_output_waits_and_saves(run: Run, double: Double, tmp_path: Path) -> None:
    result = run("create", PROMPT, "--output", str(tmp_path / "lake.mp4"))
    assert (result.code, result.out) == (0, "video_new\n")
    assert (tmp_path / "lake.mp4").read_bytes() == FILM


def test_a_bad_place_is_refused_before_anything_is_made(run: Run, double: Double, tmp_path: Path) -> None:
    result = run("create", PROMPT, "--output", str(tmp_path / "nowhere" / "lake.mp4"))
    assert result.code == 2
    assert not double.seen


def test_a_prompt_can_come_from_standard_input(run: Run, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO("A lake\n"))
    assert run("create", "-").code == 0
    assert json.loads(double.requests("POST")[0].body) == {"prompt": "A lake"}


def test_remix(run: Run, double: Double) -> None:
    double.add("video_a", status="completed")
    result = run("remix", "video_a", "make it snow", "--json")
    assert json.loads(result.out)["remixed_from_video_id"] == "video_a"
    assert double.requests("POST")[0].path == "/v1/videos/video_a/remix"
    assert json.loads(double.requests("POST")[0].body) == {"prompt": "make it snow"}


def test_create_passes_on_what_some_models_take(run: Run, double: Double) -> None:
    options = ("--negative-prompt", "rain", "--on-unsupported", "adjust", "--test-case", "slow")
    assert run("create", PROMPT, *options, "--character", "char_a", "--character", "char_b").code == 0
    assert json.loads(double.requests("POST")[0].body) == {
        "prompt": PROMPT,
        "characters": [{"id": "char_a"}, {"id": "char_b"}],
        "negative_prompt": "rain",
        "on_unsupported": "adjust",
        "test_case": "slow",
    }


def test_characters_in_a_form_are_written_as_the_official_clients_do(run: Run, double: Double, clip: Path) -> None:
    who = ("--character", "char_a", "--character", "char_b")
    assert run("create", PROMPT, "--reference", str(clip), *who).code == 0
    (post,) = double.requests("POST")
    assert form(post) == [("prompt", PROMPT), ("characters[][id]", "char_a"), ("characters[][id]", "char_b")]


def test_edit_by_id_sends_json(run: Run, double: Double) -> None:
    result = run("edit", "video_a", "make it snow", "--model", "flipbook", "--seed", "7")
    assert (result.code, result.out) == (0, "video_edit\n")
    (post,) = double.requests("POST")
    assert post.path == "/v1/videos/edits"
    wanted = {"prompt": "make it snow", "video": {"id": "video_a"}, "model": "flipbook", "seed": 7}
    assert json.loads(post.body) == wanted


def test_edit_of_a_file_uploads_it(run: Run, double: Double, clip: Path) -> None:
    assert run("edit", "clip.mp4", "make it snow", "--seed", "7").code == 0
    (post,) = double.requests("POST")
    assert post.path == "/v1/videos/edits"
    assert form(post) == [("prompt", "make it snow"), ("seed", "7")]
    assert files(post) == {"video": ("clip.mp4", "video/mp4", CLIP)}


@pytest.mark.parametrize(("source", "sent"), [("video_a", {"id": "video_a"}), ("clip.mp4", None)])
def test_extend(run: Run, double: Double, clip: Path, source: str, sent: object) -> None:
    result = run("extend", source, "the storm passes", "--seconds", "4", "--wait", "--json")
    assert json.loads(result.out)["status"] == "completed"
    (post,) = double.requests("POST")
    assert post.path == "/v1/videos/extensions"
    fields = json.loads(post.body) if sent else dict(form(post))
    assert fields.pop("video", None) == sent
    assert fields == {"prompt": "the storm passes", "seconds": "4"}


@pytest.mark.parametrize("seconds", [(), ("--seconds", "0"), ("--seconds", "21"), ("--seconds", "2.5")])
def test_extend_wants_whole_seconds_from_1_to_20(run: Run, double: Double, seconds: tuple[str, ...]) -> None:
    assert run("extend", "video_a", PROMPT, *seconds).code == 2
    assert not double.seen


@pytest.mark.parametrize("command", ["edit", "extend"])
@pytest.mark.parametrize("argument", ["no.mp4", "no.WebM", "no.mov", "here/video_a", "/", ""])
def test_a_file_that_is_not_there_is_refused_before_anything_is_sent(
    run: Run, double: Double, command: str, argument: str
) -> None:
    result = run(command, argument, PROMPT, *(("--seconds", "4") if command == "extend" else ()))
    assert result.code == 2
    assert argument in result.err
    assert "mutoscope list" in result.err
    assert not double.seen


def test_character_create_uploads_and_prints_the_id_alone(run: Run, double: Double, clip: Path) -> None:
    result = run("character", "create", "Otto", str(clip))
    assert (result.code, result.out) == (0, "char_new\n")
    (post,) = double.requests("POST")
    assert post.path == "/v1/videos/characters"
    assert form(post) == [("name", "Otto")]
    assert files(post) == {"video": ("clip.mp4", "video/mp4", CLIP)}


def test_character_get(run: Run, double: Double, clip: Path) -> None:
    made = json.loads(run("character", "create", "Otto", str(clip), "--json").out)
    assert made == double.characters["char_new"]
    assert json.loads(run("character", "get", "char_new", "--json").out) == made
    shown = run("character", "get", "char_new").out.splitlines()
    assert shown[:2] == ["character\tchar_new", "name\tOtto"]
    assert run("character", "get", "char_gone").code == 5


@pytest.mark.parametrize("command", MAKING, ids=" ".join)
def test_an_answer_that_gets_lost_never_makes_a_second_one(
    run: Run, double: Double, clip: Path, quick: None, command: tuple[str, ...]
) -> None:
    double.lost = 2
    assert run(*command).code == 0
    assert double.made == 1
    posts = double.requests("POST")
    assert len(posts) == 3
    assert len({post.headers["Idempotency-Key"] for post in posts}) == 1


def test_every_command_has_a_key_of_its_own(run: Run, double: Double) -> None:
    for _ in range(2):
        assert "this request already" not in run("create", PROMPT).err
    assert double.made == 2


@pytest.mark.parametrize("command", MAKING, ids=" ".join)
def test_a_script_can_choose_the_key(run: Run, double: Double, clip: Path, command: tuple[str, ...]) -> None:
    first, again = (run(*command, "--idempotency-key", "shot-7") for _ in range(2))
    assert (first.code, again.code) == (0, 0)
    assert first.out == again.out
    assert double.made == 1
    assert double.requests("POST")[0].headers["Idempotency-Key"] == "shot-7"
    assert "this request already" not in first.err
    assert ("this request already" in again.err) == (command[0] != "character")


def test_a_key_that_was_used_for_something_else_is_refused(run: Run, double: Double) -> None:
    run("create", PROMPT, "--idempotency-key", "shot-7")
    result = run("create", "A city", "--idempotency-key", "shot-7")
    assert result.code == 1
    assert "idempotency_key_reused" in result.err


@pytest.mark.parametrize("key", ["", "two words", "é", "a\nb"])
def test_a_key_that_no_header_can_carry_ends_with_2(run: Run, double: Double, key: str) -> None:
    assert run("create", PROMPT, "--idempotency-key", key).code == 2
    assert not double.seen


def test_a_gateway_in_trouble_is_asked_again_but_a_refusal_is_not(run: Run, double: Double, quick: None) -> None:
    double.then(answering(502), answering(503, retry_after_ms="1"))
    assert run("create", PROMPT).code == 0
    assert len(double.requests("POST")) == 3
    double.then(answering(429, "queue_full", "Full.", x_should_retry="false"))
    assert run("create", PROMPT).code == 1
    assert len(double.requests("POST")) == 4
