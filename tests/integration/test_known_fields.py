"""Fields beyond the dialect on models that take them, and on rungs where they mean nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from whole_server import ended, running

from mutoscope.database.connection import Row
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import InvalidRequest, UnsupportedByModel
from mutoscope.domain.video import Operation, Size
from mutoscope.domain.wishes import OnUnsupported, Wishes
from mutoscope.service.requests import Guide, NewChange, NewExtension, NewVideo, SourceId, Upload
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, write_clip

pytestmark = pytest.mark.anyio


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4", width=96, height=64).read_bytes()


@pytest.fixture
def picture() -> bytes:
    file = BytesIO()
    Image.new("RGB", (48, 32), "red").save(file, "PNG")
    return file.getvalue()


@pytest.fixture
def able(clip: bytes) -> Callable[..., ScriptedProvider]:
    """A provider whose model can do what the test says and no more."""

    def make(*capabilities: Capability, **more: Any) -> ScriptedProvider:
        provider = ScriptedProvider(clip=clip)
        can: dict[str, Any] = {"capabilities": frozenset(capabilities), "remembers": frozenset(), **more}
        provider.models = (replace(provider.models[0], **can),)
        return provider

    return make


async def test_pictures_and_clips_are_judged_stored_and_described(tmp_path, able, clip, picture) -> None:
    async with running(tmp_path / "data", able(Capability.REFERENCES, Capability.LAST_FRAME)) as (server, caller):
        guides = (Guide(Upload(picture, "a"), "style"), Guide(Upload(clip, "b")))
        wishes = Wishes(options={"last_frame": lambda: Upload(picture, "c"), "input_references": lambda: guides})
        made = (await server.service.make(caller, NewVideo("x", wishes), attempt())).video
        last, (style, motion) = made.request.options["last_frame"], made.request.options["input_references"]
        assert (last["media_type"], last["size"]) == ("image/png", "48x32")
        assert (style["sha256"], style["role"]) == (last["sha256"], "style")
        assert (motion["media_type"], motion["size"], motion["seconds"]) == ("video/mp4", "96x64", 1.0)
        rows: list[Row] = await server.database.all("unused_inputs", before=2e9, limit=10)
        assert rows == [], "uploads that a video was made with stay"


async def test_an_upload_that_cannot_be_read_names_its_place(tmp_path, able) -> None:
    async with running(tmp_path / "data", able(Capability.REFERENCES)) as (server, caller):
        wishes = Wishes(options={"input_references": lambda: (Guide(Upload(b"no clip", "input_references[0]")),)})
        with pytest.raises(InvalidRequest) as refused:
            await server.service.make(caller, NewVideo("x", wishes), attempt())
        assert refused.value.param == "input_references[0]"


async def test_a_first_frame_that_the_model_does_not_take(tmp_path, able, picture) -> None:
    async with running(tmp_path / "data", able()) as (server, caller):
        plan = await server.service.plan(caller, NewVideo("x", reference=Upload(picture, "input_reference")))
        assert plan.request.reference is None
        assert [(one.field, one.to) for one in plan.adjustments] == [("input_reference", None)]
        strict = Wishes(on_unsupported=OnUnsupported.REFUSE)
        with pytest.raises(UnsupportedByModel) as refused:
            await server.service.plan(caller, NewVideo("x", strict, reference=Upload(picture, "input_reference")))
        assert refused.value.param == "input_reference"


async def test_a_remix_that_is_a_new_clip_takes_a_shape_and_a_first_frame(tmp_path, able, picture) -> None:
    provider = able(Capability.CLIP_REFERENCE, Capability.IMAGE_REFERENCE)
    async with running(tmp_path / "data", provider) as (server, caller):
        source = await create(server, caller, NewVideo("a lake", size="96x64"))
        await ended(server, caller, source.id)
        wishes = Wishes(options={"first_frame": lambda: Upload(picture, "first_frame")})
        origin = SourceId(source.id, "video_id")
        new = NewChange("at night", origin, Operation.REMIX, wishes, aspect_ratio="1:1", resolution="128p")
        plan = await server.service.plan(caller, new)
        assert plan.plan is not None
        assert (plan.plan.strategy, plan.request.size, plan.adjustments) == ("reference", Size(128, 128), ())
        assert plan.request.reference is not None


async def test_one_that_keeps_its_source_tells_what_it_leaves_out(tmp_path, able, picture) -> None:
    provider = able(Capability.EDIT, Capability.EXTEND, Capability.IMAGE_REFERENCE, Capability.REFERENCES)
    async with running(tmp_path / "data", provider) as (server, caller):
        source = await create(server, caller, NewVideo("a lake", size="96x64"))
        await ended(server, caller, source.id)
        origin = SourceId(source.id, "video_id")
        guide = Guide(Upload(picture, "input_references[0]"), "subject")
        options = {"first_frame": lambda: Upload(picture, "first_frame"), "input_references": lambda: (guide,)}
        shape = {"aspect_ratio": "1:1", "resolution": "auto"}
        for new in (
            NewChange("at night", origin, Operation.REMIX, Wishes(options=options), **shape),
            NewExtension("it rains", origin, 2, Wishes(options=options), **shape),
        ):
            plan = await server.service.plan(caller, new)
            assert [one.field for one in plan.adjustments] == ["aspect_ratio", "first_frame"], new
            assert plan.request.size == Size(96, 64)
            assert [one["role"] for one in plan.request.options["input_references"]] == ["subject"]
        strict = NewChange("x", origin, Operation.REMIX, Wishes(on_unsupported=OnUnsupported.REFUSE), **shape)
        with pytest.raises(UnsupportedByModel, match="has the size of its source") as refused:
            await server.service.plan(caller, strict)
        assert refused.value.param == "aspect_ratio"
