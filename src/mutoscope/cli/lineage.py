"""`mutoscope lineage`: where a video comes from, and what came of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mutoscope.cli.options import DEFAULT_URL, ApiKey, Json, Url, VideoId
from mutoscope.cli.session import run

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rich.text import Text

    from mutoscope.cli.records import LineageNode

DELETED = "(deleted)"


def lineage(video_id: VideoId, as_json: Json = False, url: Url = DEFAULT_URL, api_key: ApiKey = None) -> None:
    """Show where a video comes from, and what came of it.

    A tree on a terminal, the video itself in bold; in a pipe one line a video with its depth below the root, id,
    status, strategy and prompt, separated by tabs.
    """
    from mutoscope.cli import show
    from mutoscope.cli.records import read_lineage

    answer = run(url, api_key, lambda client: client.lineage(video_id))
    nodes = read_lineage(answer)
    if as_json:
        show.print_json(answer)
    elif show.out().is_terminal:
        _print_tree(nodes, video_id)
    else:
        for depth, node in _with_depths(nodes):
            prompt = DELETED if node.prompt is None else show.shorten(node.prompt, 60)
            columns = (str(depth), node.id, node.status, node.strategy or "")
            show.print_data("\t".join((*(show.clean(each) or "-" for each in columns), prompt)))


def _with_depths(nodes: Sequence[LineageNode]) -> list[tuple[int, LineageNode]]:
    """Each video stands behind its source, so its depth is known when its turn comes."""
    depths: dict[str, int] = {}
    for node in nodes:
        depths[node.id] = depths.get(node.source or "", -1) + 1
    return [(depths[node.id], node) for node in nodes]


def _print_tree(nodes: Sequence[LineageNode], video_id: str) -> None:
    from rich.text import Text
    from rich.tree import Tree

    from mutoscope.cli import show

    trunk = Tree(Text(), hide_root=True, guide_style="dim")
    branches: dict[str, Tree] = {}
    for node in nodes:
        stem = branches.get(node.source or "", trunk)
        branches[node.id] = stem.add(_leaf(node, is_asked_for=node.id == video_id))
    show.out().print(trunk)


def _leaf(node: LineageNode, *, is_asked_for: bool) -> Text:
    from rich.text import Text

    from mutoscope.cli import show

    words = Text(DELETED, style="dim") if node.prompt is None else Text(show.shorten(node.prompt, 60))
    how = Text(f"  {show.clean(node.strategy)}" if node.strategy else "", style="cyan")
    name = Text(f"  {show.clean(node.id)}", style="bold" if is_asked_for else "dim")
    return Text.assemble(show.status_text(node.status), "  ", words, how, name)
