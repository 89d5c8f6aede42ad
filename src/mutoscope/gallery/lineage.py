"""The tree that a video belongs to, from its root on, as a nested list with thumbnails."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.lifecycle import State
from mutoscope.domain.lineage import Lineage, LineageNode
from mutoscope.gallery.rooms import Room, Visit
from mutoscope.gallery.video import path_of


@dataclass(frozen=True, slots=True)
class Place:
    """A video in the tree, in the order of reading. closes: how many lists end behind it.

    has_picture: whether its files are still there.
    """

    node: LineageNode
    level: int
    is_opening: bool
    closes: int
    has_picture: bool


def routes(room: Room) -> list[Route]:
    async def tree(visit: Visit) -> Response:
        video = await room.service.retrieve(visit.caller, visit.video_id)
        lineage = await room.service.lineage(visit.caller, visit.video_id)
        places = tuple(places_of(lineage, room.clock.now()))
        return room.look.page("lineage.html", visit.request, video=video, places=places)

    return [room.route(f"{path_of('{video_id}')}/lineage", GET=tree)]


def places_of(lineage: Lineage, now: float) -> Iterator[Place]:
    """The tree read from its root, each video before those made from it. Walked, not recursed: chains may be long."""
    children: dict[str | None, list[LineageNode]] = {}
    for node in lineage.nodes:
        children.setdefault(node.source_id if node.id != lineage.root_id else None, []).append(node)
    # closes: the lists that end with the last of them.
    waiting = [(node, 0, 0) for node in reversed(children.get(None, []))]
    while waiting:
        node, level, closes = waiting.pop()
        own = children.get(node.id, [])
        is_last = [position == len(own) - 1 for position in range(len(own))]
        yield Place(node, level, bool(own), 0 if own else closes, _has_picture(node, now))
        behind = [(child, level + 1, closes + 1 if last else 0) for child, last in zip(own, is_last, strict=True)]
        waiting += reversed(behind)


def _has_picture(node: LineageNode, now: float) -> bool:
    is_kept = node.expires_at is None or now < node.expires_at
    return node.prompt is not None and node.state is State.COMPLETED and is_kept
