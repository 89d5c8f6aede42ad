"""Links by which upstreams fetch clips: over the wire, with every mistake answered alike."""

from __future__ import annotations

import base64
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2 as httpx
import pytest
from whole_server import ended, running

from bucket import Bucket
from mutoscope.access.keys import create_key
from mutoscope.access.links import Links, Seal
from mutoscope.app import Mutoscope
from mutoscope.clock import SystemClock
from mutoscope.domain.assets import Variant, storage_key
from mutoscope.domain.errors import ConfigurationError, UpstreamTimeout
from mutoscope.domain.video import Operation
from mutoscope.providers.protocol import Given, Recovery
from mutoscope.service.requests import Caller, NewChange, NewExtension, SourceId, Upload
from mutoscope.settings import Settings
from mutoscope.testing import ManualClock, ScriptedProvider
from mutoscope.testing.listening import listen, listening
from postgres_server import PostgresServer
from studio import attempt, create, write_clip

pytestmark = pytest.mark.anyio

URL = "https://mutoscope.example/studio/"
HOURS = 3_600.0


class ShiftedClock(SystemClock):
    """The time of day, and what a test adds to it."""

    ahead = 0.0

    def now(self) -> float:
        return super().now() + self.ahead


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


@asynccontextmanager
async def wired(
    folder: Path, clip: bytes, **how: Any
) -> AsyncIterator[tuple[Mutoscope, Caller, ScriptedProvider, Any]]:
    """A server that is heard under its public address, and a client without a key."""
    provider = ScriptedProvider(clip=clip)
    listener, url = listen()
    try:
        async with (
            running(folder, provider, public_url=how.pop("public_url", url), **how) as (server, caller),
            listening(server.asgi(), listener),
            httpx.AsyncClient(base_url=url) as client,
        ):
            yield server, caller, provider, client
    finally:
        listener.close()


async def edited(server: Mutoscope, caller: Caller, clip: bytes) -> Any:
    new = NewChange("At night", Upload(clip, "video"), Operation.EDIT)
    video = (await server.service.make(caller, new, attempt())).video
    return await ended(server, caller, video.id)


async def extended(server: Mutoscope, caller: Caller) -> tuple[str, Any]:
    """A video, and the one that continues it."""
    source = await ended(server, caller, (await create(server, caller)).id)
    new = NewExtension("On and on", SourceId(source.id, "video"), 4)
    made = (await server.service.make(caller, new, attempt())).video
    return source.id, await ended(server, caller, made.id)


def given(provider: ScriptedProvider) -> Given:
    clip = provider.jobs[-1].clip
    assert clip is not None
    return clip


def link_of(provider: ScriptedProvider) -> str:
    link = given(provider).link
    assert link is not None
    return link


@pytest.mark.usefixtures("either")
async def test_an_upstream_fetches_what_it_was_given(tmp_path, clip) -> None:
    async with wired(tmp_path / "data", clip) as (server, caller, provider, client):
        for make in (extended(server, caller), edited(server, caller, clip)):
            await make
            link = link_of(provider)
            assert link.endswith("/clip.mp4")
            whole, head = await client.get(link), await client.head(link)
            assert (whole.status_code, whole.content) == (200, clip)
            assert (head.status_code, head.content) == (200, b"")
            assert head.headers["content-length"] == str(len(clip))
            for answer in (whole, head):
                assert answer.headers["content-type"] == "video/mp4"
                assert answer.headers["cache-control"] == "private, no-store"
                assert answer.headers["x-robots-tag"] == "noindex"
                assert answer.headers["accept-ranges"] == "bytes"
            part = await client.get(link, headers={"range": "bytes=10-19", "if-range": whole.headers["etag"]})
            assert (part.status_code, part.content) == (206, clip[10:20])
            assert part.headers["content-range"] == f"bytes 10-19/{len(clip)}"
            beyond = await client.get(link, headers={"range": f"bytes={len(clip)}-"})
            assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(clip)}")
            known = await client.get(link, headers={"if-none-match": whole.headers["etag"]})
            assert (known.status_code, known.content) == (304, b"")


async def test_it_shows_neither_tenant_nor_place_nor_video(tmp_path, clip) -> None:
    async with wired(tmp_path / "data", clip) as (server, caller, provider, client):
        source_id, _ = await extended(server, caller)
        link = link_of(provider)
        answer = await client.get(link)
        token = urlsplit(link).path.split("/")[3]
        plain = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
        said = [link.encode(), plain, json.dumps(dict(answer.headers)).encode()]
        for secret in (source_id, caller.tenant, storage_key(caller.tenant, source_id, 1, Variant.VIDEO)):
            assert not any(secret.encode() in one for one in said), secret


async def test_every_mistake_has_the_same_answer(tmp_path, clip) -> None:
    async with wired(tmp_path / "data", clip) as (server, caller, provider, client):
        await edited(server, caller, clip)
        link = urlsplit(link_of(provider)).path
        head, token, name = link[: -len("/clip.mp4")].rpartition("/")[0], link.split("/")[3], "clip.mp4"
        letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
        for place, letter in enumerate(token):
            # The neighbour differs in the last bit alone, which a lenient decoder may not even look at.
            other = letters[letters.index(letter) ^ 1]
            assert server.links.read(token[:place] + other + token[place + 1 :]) is None, place
        foreign = Seal(bytes(32)).close(b'["default","default/inputs/x","video/mp4",9999999999]')
        wrong = [
            f"{token[:-1]}{'A' if token[-1] != 'A' else 'B'}/{name}",
            f"{token[:-1]}/{name}",
            f"{token}=/{name}",
            f"{token}A/{name}",
            f"{token[:20]} {token[20:]}/{name}",
            f"{token[:20]}%00{token[20:]}/{name}",
            f"{token.swapcase()}/{name}",
            f"{foreign}/{name}",
            f"{'A' * 5_000}/{name}",
            f"é/{name}",
            f"/{name}",
            "",
            token,
            f"{token}/",
            f"{token}/clip.webm",
            f"{token}/{name}/",
            f"{token}/../{name}",
            f"{token}/%2e%2e/{name}",
        ]
        answers = [await client.get(f"{head}/{one}") for one in wrong]
        assert {(one.status_code, one.text) for one in answers} == {(404, answers[0].text)}
        assert answers[0].json()["error"]["code"] == "route_not_found"
        hidden = ("date", "x-request-id", "openai-processing-ms")
        shown = [{name: text for name, text in one.headers.items() if name not in hidden} for one in answers]
        assert all(one == shown[0] for one in shown)
        assert (await client.head(f"{head}/{wrong[0]}")).status_code == 404
        assert (await client.post(link)).status_code == 405
        assert (await client.get(link)).status_code == 200


async def test_it_ends_after_its_time(tmp_path, clip) -> None:
    clock = ShiftedClock()
    async with wired(tmp_path / "data", clip, clock=clock) as (server, caller, provider, client):
        await edited(server, caller, clip)
        link = link_of(provider)
        clock.ahead = 6 * HOURS - 60
        assert (await client.get(link)).status_code == 200
        clock.ahead = 6 * HOURS + 1
        over = await client.get(link)
        assert (over.status_code, over.text) == (404, (await client.get(f"{link}x")).text)


async def test_what_is_asked_for_again_gets_the_same_link(database) -> None:
    clock = ManualClock()
    links = Links(database, clock.now, URL, 6 * HOURS)
    await links.open()
    began = clock.now()
    first = links.to("acme/video_1/1-video.mp4", "video/mp4", began)
    assert first is not None
    assert first.startswith(f"{URL}v1/source/")
    await clock.advance(3 * HOURS)
    assert links.to("acme/video_1/1-video.mp4", "video/mp4", began) == first
    assert links.to("acme/video_2/1-video.mp4", "video/mp4", began) != first
    assert links.to("acme/video_1/1-video.mp4", "video/webm", began) != first
    await clock.advance(1)
    later = links.to("acme/video_1/1-video.mp4", "video/mp4", began)
    assert later is not None
    assert later != first
    await clock.advance(3 * HOURS - 2)
    assert links.read(first.split("/")[-2]) is not None
    await clock.advance(1)
    assert links.read(first.split("/")[-2]) is None
    assert links.read(later.split("/")[-2]) is not None


async def test_a_repeated_submission_says_the_same(tmp_path, clip) -> None:
    lost = UpstreamTimeout("The answer was lost.")
    keyed = Recovery(key_seconds=3_600, deadline_seconds=10)
    provider = ScriptedProvider(clip=clip, submits=[lost, lost, None], recovery=keyed)
    async with running(tmp_path / "data", provider, public_url=URL) as (server, caller):
        await edited(server, caller, clip)
        assert len(provider.jobs) == 3
        assert len({job.clip and job.clip.link for job in provider.jobs}) == 1


async def test_a_deleted_video_takes_its_links_along(tmp_path, clip) -> None:
    async with wired(tmp_path / "data", clip) as (server, caller, provider, client):
        source_id, _ = await extended(server, caller)
        of_video = link_of(provider)
        made = await edited(server, caller, clip)
        of_upload = link_of(provider)
        assert [(await client.get(link)).status_code for link in (of_video, of_upload)] == [200, 200]
        await server.service.delete(caller, source_id)
        assert (await client.get(of_video)).status_code == 404
        assert (await client.head(of_upload)).status_code == 200
        await server.service.delete(caller, made.id)
        assert (await client.head(of_upload)).status_code == 404


async def test_each_tenant_has_its_own(tmp_path, clip) -> None:
    """The same bytes of two tenants are two uploads, and the one's deletion is not the other's."""
    async with wired(tmp_path / "data", clip) as (server, caller, provider, client):
        key = await create_key(server.database, 1.0, tenant="other")
        other = await server.service.authenticate(key.secret)
        mine = await edited(server, caller, clip)
        link = link_of(provider)
        await edited(server, other, clip)
        others = link_of(provider)
        assert link != others
        await server.service.delete(caller, mine.id)
        assert (await client.get(link)).status_code == 404
        assert (await client.get(others)).content == clip


async def test_it_outlives_the_server(tmp_path, clip) -> None:
    async with wired(tmp_path / "data", clip) as (server, caller, provider, _):
        await edited(server, caller, clip)
        path = urlsplit(link_of(provider)).path
    async with wired(tmp_path / "data", clip) as (_, _, _, client):
        assert (await client.get(path)).content == clip


async def test_any_process_serves_it(tmp_path, clip, postgres: PostgresServer, bucket: Bucket) -> None:
    shared: dict[str, Any] = {"database": postgres.database(), "storage": bucket.address}
    async with wired(tmp_path / "one", clip, **shared) as (server, caller, provider, _):
        await edited(server, caller, clip)
        path = urlsplit(link_of(provider)).path
        replica = Mutoscope(
            Settings(data_dir=tmp_path / "two", public_url=URL, default_model="scripted-1", **shared),
            [lambda _: ScriptedProvider()],
            role="api",
        )
        listener, url = listen()
        try:
            async with (
                replica.running(),
                listening(replica.asgi(), listener),
                httpx.AsyncClient(base_url=url) as client,
            ):
                assert (await client.get(path)).content == clip
        finally:
            listener.close()
            replica.close()


async def test_without_a_public_url_there_are_none(tmp_path, clip) -> None:
    async with wired(tmp_path / "data", clip) as (server, caller, provider, _):
        await edited(server, caller, clip)
        path = urlsplit(link_of(provider)).path
    async with wired(tmp_path / "data", clip, public_url="") as (server, caller, provider, client):
        await edited(server, caller, clip)
        assert given(provider).link is None
        refused = await client.get(path)
        assert (refused.status_code, refused.json()["error"]["code"]) == (404, "route_not_found")


async def test_its_key_is_in_no_log_and_no_backup(tmp_path, clip, capfd) -> None:
    from mutoscope.backup.rows import rows_at

    async with wired(tmp_path / "data", clip) as (server, caller, provider, client):
        await edited(server, caller, clip)
        assert (await client.get(link_of(provider))).status_code == 200
        row = await server.database.one("secret_of", name="source_links")
        assert row is not None
        key = row["value"]
        assert len(bytes.fromhex(key)) == 32
        assert key not in repr(server.links._seal)
    copy = tmp_path / "copy.db"
    rows_at(f"sqlite:///{tmp_path / 'data' / 'mutoscope.db'}").save(copy)
    assert key.encode() not in copy.read_bytes()
    said = "".join(capfd.readouterr())
    assert key not in said
    assert urlsplit(link_of(provider)).path not in said


@pytest.mark.parametrize("seconds", [0, 299, 86_401, float("nan")])
def test_a_time_out_of_range_is_refused(seconds) -> None:
    with pytest.raises(ConfigurationError, match="source_link_seconds"):
        Settings(source_link_seconds=seconds)
