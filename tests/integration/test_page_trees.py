"""The tree of a video and its comparison with its source."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from test_page_videos import clip, enter, made, signed_in
from visitor import visiting
from whole_server import ended

from mutoscope.domain.lifecycle import State
from mutoscope.domain.lineage import Lineage, LineageNode
from mutoscope.gallery.lineage import places_of
from mutoscope.testing import ScriptedProvider
from studio import remix as change

__all__ = ["clip"]
pytestmark = pytest.mark.anyio
HOSTILE = '"><script>alert(1)</script>'


def node(name: str, source: str | None, prompt: str | None = "words") -> LineageNode:
    return LineageNode(name, source, prompt, State.COMPLETED, None, 1.0)


def drawn(nodes: list[LineageNode]) -> str:
    """The tree as the template nests it."""
    text = ""
    for place in places_of(Lineage(nodes[0].id, tuple(nodes)), 2.0):
        text += f"({place.node.id}" if place.is_opening else f"({place.node.id}{')' * (1 + place.closes)}"
    return text


def test_each_video_stands_within_its_source() -> None:
    assert drawn([node("a", None)]) == "(a)"
    assert drawn([node("a", None), node("b", "a"), node("c", "a"), node("d", "b")]) == "(a(b(d))(c))"
    assert drawn([node("a", None), node("b", "a"), node("c", "b"), node("d", "c")]) == "(a(b(c(d))))"


def test_a_long_chain_is_no_depth_of_ours() -> None:
    nodes = [node("0", None), *(node(str(place), str(place - 1)) for place in range(1, 5000))]
    assert drawn(nodes).endswith(")" * 5000)


def test_pictures_are_those_that_are_kept() -> None:
    gone, kept = node("a", None, None), LineageNode("b", "a", "x", State.COMPLETED, None, 1.0, expires_at=3.0)
    over = LineageNode("c", "a", "x", State.COMPLETED, None, 1.0, expires_at=2.0)
    places = places_of(Lineage("a", (gone, kept, over)), 2.0)
    assert [place.has_picture for place in places] == [False, True, False]


async def test_the_tree_and_the_comparison(tmp_path: Path, clip: bytes) -> None:
    provider = ScriptedProvider(clip=clip)
    async with signed_in(tmp_path, provider) as (server, caller, visitor), visiting(server) as stranger:
        root = await made(server, caller)
        remix = await ended(server, caller, (await change(server, caller, root.id, HOSTILE)).id)
        tree = (await visitor.get(f"/page/videos/{remix.id}/lineage")).text
        assert re.findall(r'<a class="leaf-link" href="/page/videos/([^"]+)"', tree) == [root.id, remix.id]
        assert tree.count("<ul") - tree.count("</ul>") == 0
        assert tree.count('aria-current="true"') == 1
        beside = (await visitor.get(f"/page/videos/{remix.id}/compare")).text
        assert beside.count("<video controls muted") == 2
        assert beside.count("AI-generated") >= 2
        for html in (tree, beside):
            assert "<script>alert" not in html
            assert not re.search(r"<[^>]+\s(?:style|on\w+)=", html)
        assert "has no source" in (await visitor.get(f"/page/videos/{root.id}/compare")).text
        await server.service.delete(caller, root.id)
        assert "was deleted" in (await visitor.get(f"/page/videos/{remix.id}/compare")).text
        tree = (await visitor.get(f"/page/videos/{remix.id}/lineage")).text
        assert "a lake" not in tree
        assert "Deleted" in tree
        await enter(server, stranger, "neighbours")
        for more in ("lineage", "compare"):
            assert (await stranger.get(f"/page/videos/{remix.id}/{more}")).status_code == 404
