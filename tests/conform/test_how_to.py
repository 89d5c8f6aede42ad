"""Every block of the how-tos on moving does what the page says."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from conform.fixture_server import KEY, FixtureServer
from conform.how_to import blocks, filled
from conform.installed import NODE, client, run
from conform.litellm_proxy import MASTER_KEY

README = "../../README.md"
WATCH = "watch-events.md"
HOSTED, LITELLM, NEW_API = "move-from-the-hosted-api.md", "move-from-litellm.md", "move-from-new-api.md"


def bash(text: str, folder: Path) -> str:
    return run(["bash", "-euo", "pipefail", "-c", text], folder=folder)


def python(text: str, folder: Path, *path: Path, **environment: str) -> str:
    return run([sys.executable, "-W", "ignore", "-c", text], *path, folder=folder, **environment)


def variables(server: FixtureServer) -> dict[str, str]:
    return {"OPENAI_BASE_URL": server.base_url, "OPENAI_API_KEY": KEY}


def test_the_readmes_curl_lines(server: FixtureServer, tmp_path: Path) -> None:
    _, block, _ = blocks(README, "sh")
    said = bash(filled(block, server), tmp_path)
    assert said.count('"status":"queued"') == 2
    assert '"error":{' not in said


def test_two_variables(server: FixtureServer, tmp_path: Path) -> None:
    (block,) = blocks(HOSTED, "bash")
    assert '"status":"queued"' in bash(filled(block, server), tmp_path)


@pytest.mark.parametrize("version", ["sdk-2.40", None, "sdk-3.57"], ids=["2.40", "the lock's", "3.57"])
def test_the_hosted_apis_python(server: FixtureServer, tmp_path: Path, version: str | None) -> None:
    text = "".join(blocks(HOSTED, "python")) + "\nprint(edit.status, edit.remixed_from_video_id, framed.status)"
    path = (client(version),) if version else ()
    said = python(filled(text, server), tmp_path, *path, **variables(server)).split()
    assert said[0] == "completed"
    assert said[3:5] == ["completed", "queued"]
    assert said[5] == said[2] != "None"
    assert said[6] == "queued"
    assert (tmp_path / "lake.mp4").read_bytes()[4:8] == b"ftyp"


def test_the_hosted_apis_node(server: FixtureServer, tmp_path: Path) -> None:
    (block,) = blocks(HOSTED, "js")
    (tmp_path / "node_modules").symlink_to(client("node") / "node_modules")
    (tmp_path / "edit.mjs").write_text(filled(block, server))
    assert run([str(NODE), "edit.mjs", "video_123"], folder=tmp_path, **variables(server)) == "queued\n"


def test_litellms_sdk(server: FixtureServer, tmp_path: Path) -> None:
    text = filled(blocks(LITELLM, "python")[0], server)
    text += "\nprint(video.status, remix.status, clip[4:8])"
    # Else it would fetch its price list from the network.
    said = python(text, tmp_path, client("litellm"), LITELLM_LOCAL_MODEL_COST_MAP="True")
    assert said.split() == ["completed", "queued", "b'ftyp'"]


def test_litellms_proxy(proxy_url: str, tmp_path: Path) -> None:
    block = blocks(LITELLM, "python")[1]
    text = block.replace("http://127.0.0.1:4000/v1", proxy_url).replace("sk-…", MASTER_KEY)
    said = python(text + "\nprint(video.status, remix.status, clip[4:8], edit.status, longer.seconds)", tmp_path)
    assert said.split() == ["completed", "queued", "b'ftyp'", "queued", "8"]


def test_new_api(server: FixtureServer, tmp_path: Path) -> None:
    for block in blocks(NEW_API, "bash"):
        bash(filled(block, server), tmp_path)
    assert (tmp_path / "start.mp4").stat().st_size == 100


def test_watching_from_python(server: FixtureServer, tmp_path: Path) -> None:
    one, all_of_them = (filled(block, server) if "muto-" in block else block for block in blocks(WATCH, "python"))
    end = """

def handle(event):
    print("heard", event["type"])
    if event["type"] == "video.completed" and event["data"]["id"] == video.id:
        raise SystemExit

watch("0")
"""
    said = python(one + all_of_them + end, tmp_path).splitlines()
    assert "video.completed 100" in said
    assert said[-1] == "heard video.completed"


def test_watching_from_javascript(server: FixtureServer, tmp_path: Path) -> None:
    (block,) = blocks(WATCH, "js")
    show = "const show = (event) => { console.log(event.object, event.type); process.exit(0); };\n"
    (tmp_path / "watch.mjs").write_text(show + filled(block, server))
    assert run([str(NODE), "watch.mjs"], folder=tmp_path).startswith("event ")
