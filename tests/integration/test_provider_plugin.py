"""The example of a provider in a package of its own: installed for real, then asked for a video."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from whole_server import ended

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.cli.provider_checks import check_all
from mutoscope.domain.errors import ConfigurationError, UpstreamProtocolError
from mutoscope.domain.lifecycle import State
from mutoscope.domain.money import Standing
from mutoscope.domain.wishes import Wishes
from mutoscope.providers.opening import open_configuration
from mutoscope.service.requests import NewVideo
from mutoscope.settings import Settings
from studio import create, write_clip

EXAMPLE = Path(__file__).parents[2] / "examples/provider_plugin"
SECRET = "slow-s3cr3t"
MODULE = "mutoscope_slowreel"

pytestmark = pytest.mark.anyio


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package in a folder of its own, on the path as long as these tests run."""
    folder = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source") / "plugin"
    source.mkdir()
    for file in EXAMPLE.glob("*.*"):
        (source / file.name).write_bytes(file.read_bytes())
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-index"]
    subprocess.run([*pip, "--no-deps", "--no-build-isolation", "--target", str(folder), str(source)], check=True)
    sys.path.insert(0, str(folder))
    importlib.invalidate_caches()
    yield folder
    sys.path.remove(str(folder))
    sys.modules.pop(MODULE, None)
    importlib.invalidate_caches()


class Service:
    """Slowreel itself, as its documentation has it."""

    def __init__(self, clip: bytes) -> None:
        self.clip = clip
        self.url = ""
        self.reels: dict[str, dict] = {}
        self.looks: dict[str, int] = {}

    async def start(self, request: web.Request) -> web.Response:
        self.check(request)
        key, body = request.headers["Idempotency-Key"], await request.json()
        if "unseemly" in body["prompt"]:
            return web.json_response({"error": {"code": "unseemly", "sentence": "We do not film that."}}, status=422)
        self.reels.setdefault(key, body)
        return web.json_response({"reel": key})

    async def look(self, request: web.Request) -> web.Response:
        self.check(request)
        reel = request.match_info["reel"]
        if reel not in self.reels:
            return web.json_response({}, status=404)
        self.looks[reel] = self.looks.get(reel, 0) + 1
        stages = [{"stage": "waiting"}, {"stage": "filming", "percent": 40}, {"stage": "done", "has_film": True}]
        return web.json_response(stages[min(self.looks[reel], 3) - 1])

    async def film(self, request: web.Request) -> web.Response:
        self.check(request)
        return web.Response(body=self.clip)

    async def account(self, request: web.Request) -> web.Response:
        self.check(request)
        return web.json_response({"credit": 12})

    def check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {SECRET}":
            raise web.HTTPUnauthorized


@asynccontextmanager
async def slowreel(clip: bytes) -> AsyncIterator[Service]:
    service = Service(clip)
    app = web.Application()
    app.add_routes(
        [
            web.post("/v1/reels", service.start),
            web.get("/v1/reels/{reel}", service.look),
            web.get("/v1/reels/{reel}/film", service.film),
            web.get("/v1/account", service.account),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    service.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield service
    finally:
        await runner.cleanup()


def configure(folder: Path, url: str) -> Settings:
    (folder / "providers.toml").write_text(f'[slowreel]\nbase_url = "{url}"\noptions = {{ grain = "coarse" }}\n')
    return Settings(data_dir=folder)


async def test_the_server_offers_its_model_and_makes_a_clip(installed: Path, tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    async with slowreel(clip) as service:
        server = Mutoscope(configure(tmp_path, service.url), environment={"SLOWREEL_KEY": SECRET})
        try:
            caller = await server.service.authenticate((await create_key(server.database, 1.0)).secret)
            app = server.asgi()
            async with app.router.lifespan_context(app):  # type: ignore[attr-defined]
                assert server.service.catalog.models["slowreel-1"].provider == "slowreel"
                made = await create(server, caller, NewVideo("a slow river", wishes=Wishes(model="slowreel-1")))
                refused = await create(server, caller, NewVideo("an unseemly river", wishes=Wishes(model="slowreel-1")))
                video = await ended(server, caller, made.id)
                other = await ended(server, caller, refused.id)
            assert (video.state, video.failure) == (State.COMPLETED, None)
            assert video.usage is not None
            assert (video.usage.amount, video.usage.standing) == (50_000, Standing.SETTLED)
            assert other.failure is not None
            assert "We do not film that." in other.failure.message
            (body,) = service.reels.values()
            assert body == {
                "model": "reel-one", "prompt": "a slow river", "size": "640x480", "seconds": 4, "grain": "coarse",
            }  # fmt: skip
        finally:
            await server.database.leave_loop()
            server.close()


async def test_its_free_question_is_asked_by_the_check(installed: Path, tmp_path: Path) -> None:
    async with slowreel(b"") as service:
        settings = configure(tmp_path, service.url)
        (good,) = await check_all(open_configuration(settings, {"SLOWREEL_KEY": SECRET}))
        (bad,) = await check_all(open_configuration(settings, {"SLOWREEL_KEY": "wrong"}))
    assert (good.ok, good.details[-1]) == (True, "12 films left")
    assert not bad.ok
    assert "wrong" not in json.dumps(bad.told())


async def test_its_options_are_judged_like_all_others(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "providers.toml").write_text('[slowreel]\n\noptions = { grain = "none" }\n')
    with pytest.raises(ConfigurationError, match=r"providers\.toml:3: 'slowreel.options.grain' is 'none'"):
        open_configuration(Settings(data_dir=tmp_path), {"SLOWREEL_KEY": SECRET})


@pytest.mark.parametrize("answer", [{"stage": "resting"}, {"stage": 3}, {}, []])
async def test_a_stage_that_is_not_documented_is_never_guessed_at(installed: Path, answer: object) -> None:
    module = importlib.import_module(MODULE)
    with pytest.raises(UpstreamProtocolError):
        module.poll_of("r1", answer, None)
