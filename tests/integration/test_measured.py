"""A video tells the size and length that its file has."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.whole_server import ended, running
from mutoscope.domain.video import Size
from mutoscope.service.requests import NewVideo
from mutoscope.testing.doubles import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4", seconds=2, width=96).read_bytes()


class Approximate(ScriptedProvider):
    """Its one clip is what it makes, whatever was asked for."""

    is_exact = False


async def test_what_came_is_told_where_it_is_not_what_was_asked_for(tmp_path, clip) -> None:
    async with running(tmp_path, Approximate(clip=clip, size=Size(64, 64))) as (server, caller):
        video = await ended(server, caller, (await create(server, caller, NewVideo("a lake", seconds=4))).id)
        assert (video.request.size, video.request.seconds) == (Size(96, 64), 2.0)
        told = [(one["field"], one["from"], one["to"]) for one in video.adjustments]
        assert told == [("size", "64x64", "96x64"), ("seconds", "4", "2")]


async def test_nothing_is_told_where_it_is(tmp_path, clip) -> None:
    async with running(tmp_path, Approximate(clip=clip, size=Size(96, 64))) as (server, caller):
        video = await ended(server, caller, (await create(server, caller, NewVideo("a lake", seconds=2))).id)
        assert (video.request.size, video.request.seconds, video.adjustments) == (Size(96, 64), 2, ())
