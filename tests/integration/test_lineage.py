"""The tree of a video, as its owner sees it."""

from __future__ import annotations

from pathlib import Path

import pytest
from whole_server import ended, running

from mutoscope.domain.errors import VideoNotFound
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Operation
from mutoscope.providers.protocol import Running
from mutoscope.service.requests import Caller, NewChange, NewExtension, NewVideo, SourceId, Upload
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, remix, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4").read_bytes()


async def test_the_whole_tree_from_any_of_its_videos(tmp_path: Path, clip: bytes) -> None:
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):
        root = await create(server, caller, NewVideo("a lake"))
        await create(server, caller, NewVideo("another tree"))
        await ended(server, caller, root.id)
        left = await remix(server, caller, root.id, "at night")
        right = await remix(server, caller, root.id, "in snow")
        await ended(server, caller, left.id)
        longer = NewExtension("a boat comes", SourceId(left.id, "video.id"), 2)
        leaf = (await server.service.make(caller, longer, attempt())).video
        await ended(server, caller, right.id)
        await ended(server, caller, leaf.id)
        trees = [await server.service.lineage(caller, one.id) for one in (root, left, right, leaf)]
        assert all(tree == trees[0] for tree in trees)
        assert trees[0].root_id == root.id
        assert [(node.id, node.source_id, node.prompt, node.strategy) for node in trees[0].nodes] == [
            (root.id, None, "a lake", None),
            (left.id, root.id, "at night", "native"),
            (right.id, root.id, "in snow", "native"),
            (leaf.id, left.id, "a boat comes", "native"),
        ]
        assert {node.state for node in trees[0].nodes} == {State.COMPLETED}


async def test_what_was_deleted_keeps_its_place_without_its_words(tmp_path: Path, clip: bytes) -> None:
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):
        root = await create(server, caller)
        await ended(server, caller, root.id)
        middle = await remix(server, caller, root.id, "at night")
        await ended(server, caller, middle.id)
        leaf = await remix(server, caller, middle.id, "in snow")
        await ended(server, caller, leaf.id)
        for gone in (root, middle):
            await server.service.delete(caller, gone.id)
            with pytest.raises(VideoNotFound):
                await server.service.lineage(caller, gone.id)
        tree = await server.service.lineage(caller, leaf.id)
        assert [(node.id, node.prompt) for node in tree.nodes] == [
            (root.id, None),
            (middle.id, None),
            (leaf.id, "in snow"),
        ]
        assert tree.nodes[2].source_id == middle.id


async def test_what_is_not_finished_and_what_has_no_source(tmp_path: Path, clip: bytes) -> None:
    async with running(tmp_path / "data", ScriptedProvider(clip=clip, polls=[Running(10.0, 0.5)])) as (server, caller):
        new = NewChange("make it snow", Upload(clip, "video"), Operation.EDIT)
        made = (await server.service.make(caller, new, attempt())).video
        tree = await server.service.lineage(caller, made.id)
        (node,) = tree.nodes
        assert (tree.root_id, node.source_id, node.strategy) == (made.id, None, "edit")
        assert not node.state.is_final


async def test_it_is_the_tenants_own(tmp_path: Path, clip: bytes) -> None:
    async with running(tmp_path / "data", ScriptedProvider(clip=clip)) as (server, caller):
        root = await create(server, caller)
        for video_id in (root.id, "video_none", "../x"):
            with pytest.raises(VideoNotFound):
                await server.service.lineage(Caller("stranger", "key_2"), video_id)
