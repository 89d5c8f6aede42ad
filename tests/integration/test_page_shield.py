"""Requests that no page of ours has sent are refused, and every answer carries the policy."""

from __future__ import annotations

from pathlib import Path

import pytest
from visitor import SITE, visiting
from whole_server import running

from mutoscope.gallery.shield import HEADERS
from mutoscope.testing import ScriptedProvider

pytestmark = pytest.mark.anyio

POSTS = ("/sign-in", "/sign-out", "/page/theme", "/page/videos/video_1/remix", "/page/videos/video_1/delete")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "headers",
    [
        {"origin": "http://evil.example"},
        {"origin": "null"},
        {"origin": ""},
        {"origin": "http://127.0.0.1:9999"},  # the same site for cookies, and another server
        {"origin": f"{SITE}.evil.example"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
        {"sec_fetch_site": "none"},
    ],
    ids=str,
)
async def test_a_form_of_somebody_else(tmp_path: Path, path: str, headers: dict[str, str]) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        answer = await visitor.post(path, {"theme": "dark"}, **headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


async def test_a_browser_without_fetch_metadata(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        answer = await visitor.post("/page/theme", {"theme": "dark"}, sec_fetch_site="")
        assert answer.status_code == 303


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8650", "127.0.0.1.evil.example", "", "[::2]:8650"])
async def test_a_name_that_leads_here_and_is_not_ours(tmp_path: Path, host: str) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        answer = await visitor.get("/sign-in", host=host)
        assert answer.status_code == 403
        assert answer.headers["content-security-policy"] == HEADERS["content-security-policy"]


@pytest.mark.parametrize("host", ["localhost", "LocalHost:1", "127.0.0.1:8650", "[::1]:8650", "clips.example"])
async def test_our_own_names(tmp_path: Path, host: str) -> None:
    settings = {"public_url": "https://clips.example/below"}
    async with running(tmp_path, ScriptedProvider(), **settings) as (server, _), visiting(server) as visitor:
        assert (await visitor.get("/sign-in", host=host)).status_code == 200


async def test_the_api_is_reached_by_any_name(tmp_path: Path) -> None:
    """It asks for a key, which no browser sends by itself."""
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        assert (await visitor.get("/v1/models", host="clips.example")).status_code == 401


async def test_the_policy_is_on_every_answer(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        shown = await visitor.get("/sign-in")
        style = shown.text.partition('rel="stylesheet" href="')[2].partition('"')[0]
        answers = [
            shown,
            await visitor.get("/"),
            await visitor.get(style),
            await visitor.get("/page/nothing"),
            await visitor.get("/page/videos/x"),
            await visitor.client.put("/sign-in", headers={"origin": SITE}),
            await visitor.post("/sign-in", {"key": "wrong"}),
            await visitor.client.post("/sign-in", content=b"\xff", headers={"origin": SITE}),
        ]
        assert [answer.status_code for answer in answers] == [200, 303, 200, 404, 303, 405, 401, 400]
        for answer in answers:
            assert all(answer.headers[name] == value for name, value in HEADERS.items())
        assert "unsafe" not in HEADERS["content-security-policy"]
        assert answers[2].headers["cache-control"] == "public, max-age=31536000, immutable"
        assert shown.headers["cache-control"] == "no-store"


async def test_a_form_without_end(tmp_path: Path) -> None:
    async with running(tmp_path, ScriptedProvider()) as (server, _), visiting(server) as visitor:
        assert (await visitor.post("/sign-in", {"key": "x" * 500_000})).status_code == 400
        crowd = {f"field{number}": "" for number in range(100)}
        assert (await visitor.post("/sign-in", crowd)).status_code == 400
