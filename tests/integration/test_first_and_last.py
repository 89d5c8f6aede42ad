"""By `frame` a model that takes a picture to end with is given the source's last one, and the plan says so."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import whole_server
from PIL import Image
from whole_server import ended

from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import SourceRefused
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.video import Operation, Size, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.providers.protocol import Provider
from mutoscope.service.requests import Caller, Guide, NewChange, NewVideo, SourceId, Upload
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from mutoscope.testing.upstreams import film
from studio import attempt, create, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]

FIRST_AND_LAST = frozenset({Capability.IMAGE_REFERENCE, Capability.LAST_FRAME, Capability.REFERENCES})


def other(*submits: Any, capabilities: frozenset[Capability] = FIRST_AND_LAST) -> ScriptedProvider:
    provider = ScriptedProvider("other", submits=submits or (None,))
    provider.models = (replace(provider.models[0], capabilities=capabilities),)
    return provider


@asynccontextmanager
async def serving(folder: Path, provider: ScriptedProvider) -> AsyncIterator[tuple[Mutoscope, Caller, Video]]:
    """A server with a finished video, which grows lighter from its first picture to its last."""
    clip = write_clip(folder / "clip.mp4").read_bytes()
    provider._clip = clip
    providers: list[Provider] = [ScriptedProvider(clip=clip), provider]
    chosen = Settings(data_dir=folder / "data", database=whole_server.database, default_model="scripted-1")
    server = Mutoscope(chosen, [lambda _, one=one: one for one in providers])
    try:
        caller = await server.service.authenticate((await create_key(server.database, 1.0)).secret)
        async with server.asgi().router.lifespan_context(server.asgi()):  # type: ignore[attr-defined]
            source = await create(server, caller, NewVideo("a lake", seconds=1))
            yield server, caller, await ended(server, caller, source.id)
    finally:
        server.close()


def change(source: Video, **options: Any) -> NewChange:
    wishes = Wishes(model="other-1", min_strategy=Strategy.FRAME, options=options)
    return NewChange("make it night", SourceId(source.id, "video_id"), Operation.REMIX, wishes)


def lightness(picture: bytes | None) -> float:
    assert picture is not None
    return float(np.mean(np.asarray(Image.open(io.BytesIO(picture)).convert("L"))))


async def test_the_last_picture_goes_along_and_that_is_told(tmp_path: Path) -> None:
    provider = other()
    async with serving(tmp_path, provider) as (server, caller, source):
        planned = await server.service.plan(caller, change(source))
        video = (await server.service.make(caller, change(source), attempt())).video
        await ended(server, caller, video.id)
        (job,) = provider.jobs
        assert lightness(job.reference) < 60
        assert lightness(job.last_frame) > 170
        told = [(one["field"], one["from"], one["to"]) for one in video.adjustments]
        assert told == [("last_frame", None, "source")]
        assert [one.field for one in planned.adjustments] == ["last_frame"]


@pytest.mark.parametrize(
    ("capabilities", "field"),
    [
        (FIRST_AND_LAST, "last_frame"),
        (FIRST_AND_LAST, "input_references"),
        (FIRST_AND_LAST - {Capability.LAST_FRAME}, None),
    ],
)
async def test_nothing_of_the_source_ends_what_shall_end_otherwise(tmp_path: Path, capabilities, field) -> None:
    """The caller's own picture, or references; or the model takes none."""
    provider, picture = other(capabilities=capabilities), Upload(film.picture(7, Size(64, 64)), "picture")
    asked = {"last_frame": lambda: picture, "input_references": lambda: (Guide(picture),)}
    async with serving(tmp_path, provider) as (server, caller, source):
        new = change(source, **({field: asked[field]} if field else {}))
        video = (await server.service.make(caller, new, attempt())).video
        await ended(server, caller, video.id)
        (job,) = provider.jobs
        assert job.reference is not None
        assert job.last_frame == (picture.data if field == "last_frame" else None)
        assert video.adjustments == ()


async def test_a_lower_rung_keeps_it_and_the_next_one_forgets_it(tmp_path: Path) -> None:
    refused = SourceRefused("The clip has a logo.")
    provider = other(refused, refused, None, capabilities=FIRST_AND_LAST | {Capability.EDIT})
    async with serving(tmp_path, provider) as (server, caller, source):
        new = change(source)
        new = replace(new, wishes=replace(new.wishes, min_strategy=Strategy.PROMPT))
        video = (await server.service.make(caller, new, attempt())).video
        assert video.adjustments == ()
        video = await ended(server, caller, video.id)
        assert [job.strategy for job in provider.jobs] == ["edit", "frame", "prompt"]
        assert [job.last_frame is not None for job in provider.jobs] == [False, True, False]
        assert (video.strategy, video.adjustments) == ("prompt", ())
