from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from aiohttp import web
from dialect_double import FILM, KEY, Double, Run, answering, cut_after, envelope, page_of_html

PROMPT = "A misty lake at sunrise"


def test_a_failed_video_ends_with_1_and_says_why(run: Run, double: Double) -> None:
    double.path = [("in_progress", 10), ("failed", 10)]
    double.error = {"code": "encoding_failed", "message": "The picture could not be drawn."}
    result = run("create", PROMPT, "--wait")
    assert result.code == 1
    assert "The picture could not be drawn." in result.err
    assert "encoding_failed" in result.err
    assert "video_new" in result.err


def test_a_status_that_is_not_in_the_api_ends_the_wait(run: Run, double: Double) -> None:
    double.path = [("daydreaming", 10)]
    result = run("create", PROMPT, "--wait")
    assert result.code == 1
    assert "'daydreaming'" in result.err


def test_list_in_a_pipe_has_a_line_a_video(run: Run, double: Double) -> None:
    for number in range(3):
        double.add(f"video_{number}", prompt=f"take\t{number}\n\x1b[31mred")
    result = run("list", "--limit", "2", "--order", "asc")
    lines = [line.split("\t") for line in result.out.splitlines()]
    assert [line[0] for line in lines] == ["video_0", "video_1"]
    assert lines[0][1:6] == ["queued", "0%", "flipbook", "8", "1280x720"]
    assert lines[0][7] == "take 0 �[31mred"
    assert "mutoscope list --after video_1" in result.err
    assert double.seen[0].query == {"limit": "2", "order": "asc"}


def test_list_as_json_is_the_servers_page(run: Run, double: Double) -> None:
    double.add("video_0", prompt="Ein See 湖")
    page = json.loads(run("list", "--json").out)
    assert page["data"] == [double.videos["video_0"]]
    assert page["object"] == "list"


def test_get_shows_even_a_failed_video_with_0(run: Run, double: Double) -> None:
    double.add("video_a", status="failed", error={"code": "timeout", "message": "Too slow."})
    result = run("get", "video_a")
    assert result.code == 0
    assert "error\tToo slow. (timeout)\n" in result.out


def test_get_wait_ends_as_the_video_does(run: Run, double: Double) -> None:
    double.add("video_a", status="failed", error={"code": "timeout", "message": "Too slow."})
    assert run("get", "video_a", "--wait").code == 1


def test_a_wait_sits_out_a_restart(run: Run, double: Double, quick: None) -> None:
    async def begin(request: web.Request) -> web.StreamResponse:
        double.then(*[answering(502)] * 7)
        return web.json_response(double.add("video_new"))

    double.then(begin)
    result = run("create", PROMPT, "--wait", "--json")
    assert json.loads(result.out)["status"] == "completed"
    assert len(double.requests("GET")) == 7 + len(double.path)


def test_delete_prints_ids_and_goes_on_after_a_refusal(run: Run, double: Double) -> None:
    double.add("video_a")
    double.add("video_b")
    result = run("delete", "video_a", "video_gone", "video_b", "--yes")
    assert (result.code, result.out) == (5, "video_a\nvideo_b\n")
    assert "video_gone" in result.err
    assert not double.videos


def test_delete_asks_nobody_in_a_pipe(run: Run, double: Double, monkeypatch: pytest.MonkeyPatch) -> None:
    double.add("video_a")
    monkeypatch.setattr(sys, "stdin", io.StringIO(""))
    assert run("delete", "video_a").code == 2
    assert "video_a" in double.videos


@pytest.mark.parametrize(
    ("variant", "name", "content"),
    [
        ("video", "video_a.mp4", FILM),
        ("thumbnail", "video_a.webp", b"picture"),
        ("spritesheet", "video_a.jpg", b"picture"),
    ],
)
def test_download_names_files_itself(
    run: Run, double: Double, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variant: str, name: str, content: bytes
) -> None:
    monkeypatch.chdir(tmp_path)
    double.add("video_a", status="completed")
    result = run("download", "video_a", "--variant", variant)
    assert (result.code, result.out) == (0, f"{name}\n")
    assert (tmp_path / name).read_bytes() == content


def test_download_to_standard_output(run: Run, double: Double, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    double.add("video_a", status="completed")
    command = [sys.executable, "-m", "mutoscope", "download", "video_a", "-o", "-"]
    assert subprocess.run(command, check=True, capture_output=True).stdout == FILM


def test_a_cut_download_goes_on_where_it_stopped(run: Run, double: Double, tmp_path: Path, quick: None) -> None:
    double.add("video_a", status="completed")
    double.then(cut_after(100_000))
    assert run("download", "video_a", "-o", str(tmp_path)).code == 0
    assert (tmp_path / "video_a.mp4").read_bytes() == FILM
    ranges = [seen.headers.get("Range") for seen in double.seen]
    assert ranges[0] is None
    assert ranges[1] is not None
    assert ranges[1].startswith("bytes=")


def test_a_download_that_stays_cut_leaves_the_old_file(run: Run, double: Double, tmp_path: Path, quick: None) -> None:
    double.add("video_a", status="completed")
    (tmp_path / "video_a.mp4").write_bytes(b"older")
    double.then(*[cut_after(0)] * 20)
    result = run("download", "video_a", "-o", str(tmp_path))
    assert result.code != 0
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("video_a.mp4", b"older")]


@pytest.mark.parametrize("status", ["queued", "failed"])
def test_an_error_never_becomes_a_file(run: Run, double: Double, tmp_path: Path, status: str) -> None:
    double.add("video_a", status=status)
    result = run("download", "video_a", "-o", str(tmp_path / "film.mp4"))
    assert result.code == 1
    assert "not ready" in result.err
    assert list(tmp_path.iterdir()) == []


def test_a_web_page_never_becomes_a_file(run: Run, double: Double, tmp_path: Path) -> None:
    double.then(page_of_html)
    assert run("download", "video_a", "-o", str(tmp_path)).code == 1
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_key_ends_with_4(run: Run, double: Double) -> None:
    result = run("list", "--api-key", "muto-wrong")
    assert result.code == 4
    assert "Incorrect API key" in result.err
    assert "req_1" in result.err
    assert "MUTOSCOPE_API_KEY" in result.err


def test_a_missing_video_ends_with_5(run: Run, double: Double) -> None:
    result = run("get", "video_gone")
    assert (result.code, result.out) == (5, "")
    assert "video_gone" in result.err


def test_a_refusal_names_the_field(run: Run, double: Double) -> None:
    async def refuse(request: web.Request) -> web.StreamResponse:
        return envelope(400, "invalid_value", "Invalid value: '7x9'.", "size")

    double.then(refuse)
    result = run("create", PROMPT, "--size", "7x9")
    assert result.code == 1
    for expected in ("Invalid value: '7x9'.", "size", "invalid_value", "req_1"):
        assert expected in result.err


def test_nobody_there_ends_with_3(run: Run, monkeypatch: pytest.MonkeyPatch, quick: None) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        monkeypatch.setenv("MUTOSCOPE_URL", f"http://127.0.0.1:{free.getsockname()[1]}")
        result = run("list")
    assert result.code == 3
    assert "nothing listens there" in result.err


def test_retry_after_is_kept_on_a_get(run: Run, double: Double) -> None:
    double.add("video_a")
    double.then(answering(429, "rate_limit_exceeded", retry_after="0.3"), answering(503, retry_after_ms="50"))
    started = time.monotonic()
    assert run("get", "video_a").code == 0
    assert time.monotonic() - started > 0.35
    assert len(double.seen) == 3


def test_a_server_that_is_something_else(run: Run, double: Double) -> None:
    double.then(page_of_html)
    result = run("list")
    assert result.code == 1
    assert "not as a Videos API" in result.err


@pytest.mark.parametrize(
    "url", ["", "ftp://host", "http://", "http://me:pw@host", "http://host/?a=1", "http://host:99999"]
)
def test_an_address_that_is_none_ends_with_2(run: Run, url: str) -> None:
    assert run("list", "--url", url).code == 2


@pytest.mark.parametrize("arguments", [["list", "--limit", "x"], ["create"], ["lst"], ["get", ".."], ["get", ""]])
def test_wrong_usage_ends_with_2(run: Run, double: Double, arguments: list[str]) -> None:
    assert run(*arguments).code == 2
    assert not double.seen


def test_ctrl_c_tells_that_the_video_goes_on(double: Double) -> None:
    double.path = [("in_progress", 1)] * 1000
    command = [sys.executable, "-m", "mutoscope", "create", PROMPT, "--wait"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ)) as child:
        deadline = time.monotonic() + 60
        while not double.requests("GET") and time.monotonic() < deadline:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        _, errors = child.communicate(timeout=60)
    assert child.returncode == 130
    assert b"the video goes on" in errors
    assert b"mutoscope get video_new --wait" in errors
    assert b"mutoscope download video_new" in errors
    assert KEY.encode() not in errors


def test_models_in_a_pipe_have_a_line_each(run: Run, double: Double) -> None:
    sides = {"minimum": 64, "maximum": 1920}
    double.models = [
        {"id": "flipbook", "sizes": [], "seconds": ["1", "2"], "capabilities": ["edit", "seed"], "size_range": sides}
        | {"default_size": "720x1280", "default_seconds": "4", "strategies": ["edit", "prompt"], "verified": "docs"}
        | {"price": {"per_second": "0.10", "currency": "USD", "as_of": "2026-11-22"}},
        {"id": "bare"},
    ]
    assert run("models").out.splitlines() == [
        "flipbook\t720x1280\t4\t64..1920\t1,2\tedit,seed\tedit,prompt\t0.10 USD a second\tdocs",
        "bare\t-\t-\t-\t-\t-\t-\t-\t-",
    ]
    assert json.loads(run("models", "--json").out) == {"object": "list", "data": double.models}


def test_a_lineage_in_a_pipe_has_a_line_each(run: Run, double: Double) -> None:
    double.add("video_b")
    node = {"status": "completed", "created_at": 1_758_941_485}
    double.nodes = [
        {**node, "id": "video_a", "remixed_from_video_id": None, "prompt": None, "strategy": None},
        {**node, "id": "video_b", "remixed_from_video_id": "video_a", "prompt": "at\nnight", "strategy": "native"},
        {**node, "id": "video_c", "remixed_from_video_id": "video_b", "prompt": "in snow", "strategy": "edit"},
        {**node, "id": "video_d", "remixed_from_video_id": "video_a", "prompt": "at noon", "strategy": "native"},
    ]
    assert run("lineage", "video_b").out.splitlines() == [
        "0\tvideo_a\tcompleted\t-\t(deleted)",
        "1\tvideo_b\tcompleted\tnative\tat night",
        "2\tvideo_c\tcompleted\tedit\tin snow",
        "1\tvideo_d\tcompleted\tnative\tat noon",
    ]
    assert json.loads(run("lineage", "video_b", "--json").out)["nodes"] == double.nodes
    assert run("lineage", "video_none").code == 5
