"""Through the whole server: a clip that its maker continues by an id, a picture that moves, and a cast passed on."""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from mutoscope.domain.video import Size
from mutoscope.testing.lenient import LenientStudio
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.ensemble import Server, serving
from mutoscope.testing.upstreams.fake import FakeUpstream
from mutoscope.testing.upstreams.roster import BY_NAME

PORTRAIT = film.picture(film.new_badge(), Size(480, 640))
MOVER = {"image_url": f"data:image/png;base64,{base64.b64encode(PORTRAIT).decode()}"}


class Client:
    def __init__(self, session: aiohttp.ClientSession) -> None:
        self._session = session

    async def ask(self, path: str, **more: Any) -> dict[str, Any]:
        async with self._session.post(f"/v1/videos{path}", **more) as answer:
            return await answer.json()

    async def made(self, path: str, **fields: Any) -> dict[str, Any]:
        video = await self.ask(path, json=fields)
        for _ in range(10):
            if video.get("status") not in ("queued", "in_progress"):
                break
            async with self._session.get(f"/v1/videos/{video['id']}?wait=10") as answer:
                video = await answer.json()
        assert video.get("status") == "completed", video
        return video

    async def badge(self, video: dict[str, Any]) -> int | None:
        async with self._session.get(f"/v1/videos/{video['id']}/content") as answer:
            return film.badge_of(await answer.read())


def asking(folder: Path, name: str, ask: Callable[[Client, FakeUpstream], Awaitable[None]]) -> None:
    """Ask a server that nobody can reach from outside, before one upstream."""

    async def asked(server: Server, fake: FakeUpstream) -> None:
        headers = {"Authorization": f"Bearer {server.key}"}
        async with aiohttp.ClientSession(server.url, headers=headers) as session:
            await ask(Client(session), fake)

    with (
        serving((BY_NAME[name],)) as ensemble,
        ensemble.server(folder, is_public=False, studio=LenientStudio()) as server,
    ):
        asyncio.run(asked(server, ensemble.fakes[name]))


def test_kling_continues_its_clip_and_lets_a_picture_move_as_it_does(tmp_path: Path) -> None:
    asking(tmp_path, "kling", continue_and_move)


def test_a_character_of_ours_appears_in_a_video_of_theirs(tmp_path: Path) -> None:
    asking(tmp_path, "openai_compatible", cast)


async def continue_and_move(client: Client, fake: FakeUpstream) -> None:
    first = await client.made("", model="kling-1.6", prompt="a fox runs")
    badge = fake.accepted[0].badge
    longer = await client.made("/extensions", video={"id": first["id"]}, prompt="on", seconds="5")
    assert (longer["seconds"], await client.badge(longer)) == ("10", badge)
    moved = await client.made(
        f"/{longer['id']}/remix", model="kling-3.0-motion", prompt="a dancer", input_references=[MOVER]
    )
    assert (moved["remix"]["strategy"], await client.badge(moved)) == ("reference", badge)
    assert [job.kind for job in fake.accepted] == ["create", "extend", "reference"]
    newer = await client.made("", model="kling-3.0", prompt="a fox runs")
    refused = await client.ask(
        "/extensions", json={"model": "kling-1.6", "video": {"id": newer["id"]}, "prompt": "on", "seconds": "5"}
    )
    assert "'kling' left no id of the source" in refused["error"]["message"]
    assert len(fake.accepted) == 4


async def cast(client: Client, fake: FakeUpstream) -> None:
    badge = film.new_badge()
    form = aiohttp.FormData({"name": "Mossy"})
    form.add_field("video", film.film(badge, Size(1280, 720), 2.0), filename="a.mp4", content_type="video/mp4")
    character = await client.ask("/characters", data=form)
    video = await client.made(
        "", model="sora-2-elsewhere", prompt="Mossy sleeps", characters=[{"id": character["id"]}], seconds="4"
    )
    assert await client.badge(video) == badge
    (job,) = fake.accepted
    assert job.asked["characters"] != [{"id": character["id"]}], "theirs has an id of its own"
