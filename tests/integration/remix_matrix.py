"""The remix matrix: the table of what is expected, and one real server over all fakes that says what happens."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import aiohttp

from mutoscope.media.studio import Studio
from mutoscope.testing.lenient import LenientStudio
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.ensemble import Ensemble, Server, serving
from mutoscope.testing.upstreams.fake import FakeJob

TABLE = Path(__file__).parents[1] / "data" / "remix_matrix.toml"
STRATEGIES = ("native", "edit", "reference", "frame", "prompt", "local")
ADJUST, LOW = {"on_unsupported": "adjust"}, {"min_strategy": "prompt"}
# What callers wish for in each environment.
WISHES: dict[str, dict[str, str]] = {
    "open": ADJUST,
    "strict": {},
    "low": ADJUST | LOW,
    "strict-low": LOW,
    "private": ADJUST,
    "private-low": ADJUST | LOW,
    "closed": ADJUST,
    "closed-low": ADJUST | LOW,
}
# The settings of each server, and the environments that are asked there.
SERVERS: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({}, ("open", "strict", "low", "strict-low")),
    ({"is_public": False}, ("private", "private-low")),
    ({"allow_cross_provider": False}, ("closed", "closed-low")),
)
NOT_ASKED = "."
SCENE = "A red fox crosses the snow."
LOCAL_CHANGE = "black and white"
IN_HAND = 24
PATIENCE = 150.0


class Cell(NamedTuple):
    """One remix: where, what of, and by which model."""

    environment: str
    source: str
    target: str

    @property
    def change(self) -> str:
        """Words that no other cell has; but those that `local` knows, where it is not asked for what it does not."""
        knows = self.target == "local" and self.environment != "strict"
        return LOCAL_CHANGE if knows else f"Make it night, as {'/'.join(self)} has it."


@dataclass(slots=True)
class Outcome:
    """What became of a cell. plan, video: the server's answers, or its errors. jobs: those that an upstream took."""

    plan: dict[str, Any]
    video: dict[str, Any]
    clip: bytes | None = None
    jobs: list[FakeJob] = field(default_factory=list)

    @property
    def is_made(self) -> bool:
        return self.video.get("status") == "completed"


class Table:
    """What is expected, and why."""

    def __init__(self, text: str) -> None:
        told = tomllib.loads(text)
        self.sources: dict[str, dict[str, Any]] = told["sources"]
        self.why: dict[str, dict[str, str]] = told["why"]
        told_cells = {
            Cell(environment, source, target): answer
            for environment, matrix in told["matrix"].items()
            for source, target, answer in _cells(matrix)
            if answer != NOT_ASKED
        }
        self.cells = {cell: answer.strip("()") for cell, answer in told_cells.items()}
        self.only_planned = {cell for cell, answer in told_cells.items() if answer.startswith("(")}

    def reason(self, cell: Cell) -> str:
        """Where the answer stands."""
        answer = self.cells[cell]
        return self.why.get(cell.target, {}).get(answer) or self.why["any"][answer]


def _cells(matrix: str) -> Iterator[tuple[str, str, str]]:
    head, *rows = [line.split() for line in matrix.strip().splitlines()]
    for target, *answers in rows:
        for source, answer in zip(head, answers, strict=True):
            yield source, target, answer


class Made:
    """What the server said to all cells.

    clips, stills: of the sources, and their first and last frames as pictures. ending: the models that take a picture
    to end with.
    """

    def __init__(self) -> None:
        self.outcomes: dict[Cell, Outcome] = {}
        self.clips: dict[str, bytes] = {}
        self.stills: dict[str, tuple[bytes, bytes]] = {}
        self.models: frozenset[str] = frozenset()
        self.ending: frozenset[str] = frozenset()
        self.leaks: list[str] = []

    def badge(self, source: str, strategy: str, *, last: bool = False) -> int:
        """What frames show that were made by this strategy of a source: its badge, or the one that stands for it."""
        given = self.stills[source][last] if strategy == "frame" else self.clips[source]
        shown = film.badge_of(given)
        return film.badge_for(given) if shown is None else shown


def make_all(table: Table, folder: Path) -> Made:
    """Each source once, and all cells, on servers one after the other over the same data and the same upstreams."""
    made, ids = Made(), {}
    with serving(polls_queued=0, polls_running=1) as ensemble:
        for settings, environments in SERVERS:
            with ensemble.server(folder, studio=LenientStudio(), **settings) as server:
                asyncio.run(_Asker(server, ensemble, table, made, ids).run(environments))
        made.leaks = [leak for fake in ensemble.fakes.values() for leak in fake.leaks]
    return made


class _Asker:
    """A client of one server."""

    def __init__(self, server: Server, ensemble: Ensemble, table: Table, made: Made, ids: dict[str, str]) -> None:
        self._server, self._ensemble, self._table, self._made, self._ids = server, ensemble, table, made, ids
        self._hands = asyncio.Semaphore(IN_HAND)

    async def run(self, environments: Sequence[str]) -> None:
        headers = {"Authorization": f"Bearer {self._server.key}"}
        async with aiohttp.ClientSession(self._server.url, headers=headers) as self._session:
            models = await self._ask("GET", "/v1/models")
            self._made.models = frozenset(model["id"] for model in models["data"])
            able = (model["id"] for model in models["data"] if "last_frame" in model["capabilities"])
            self._made.ending = frozenset(able)
            if not self._ids:
                await asyncio.gather(*(self._source(name) for name in self._table.sources))
            cells = [cell for cell in self._table.cells if cell.environment in environments]
            there = [cell for cell in cells if cell.target in self._made.models]
            outcomes = await asyncio.gather(*(self._outcome(cell) for cell in there))
            self._made.outcomes |= dict(zip(there, outcomes, strict=True))

    async def _source(self, name: str) -> None:
        asked = self._table.sources[name] | {"prompt": SCENE}
        video = await self._ended(await self._ask("POST", "/v1/videos", json=asked))
        assert video["status"] == "completed", video
        self._ids[name] = video["id"]
        self._made.clips[name] = clip = await self._clip(video["id"])
        self._made.stills[name] = await _ends_of(clip)

    async def _outcome(self, cell: Cell) -> Outcome:
        path = f"/v1/videos/{self._ids[cell.source]}/remix"
        asked = {"prompt": cell.change, "model": cell.target, **WISHES[cell.environment]}
        async with self._hands:
            plan = await self._ask("POST", f"{path}?dry_run=true", json=asked)
            if cell in self._table.only_planned:
                return Outcome(plan, {})
            video = await self._ended(await self._ask("POST", path, json=asked))
            outcome = Outcome(plan, video)
            if outcome.is_made:
                outcome.clip = await self._clip(video["id"])
        taken = [job for fake in self._ensemble.fakes.values() for job in fake.accepted]
        outcome.jobs = [job for job in taken if cell.change.rstrip(".") in job.prompt]
        return outcome

    async def _ended(self, video: dict[str, Any]) -> dict[str, Any]:
        """The video at its end, or as it is when patience has; an error as it is."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                while video.get("status") in ("queued", "in_progress"):
                    video = await self._ask("GET", f"/v1/videos/{video['id']}?wait=30")
        return video

    async def _clip(self, video_id: str) -> bytes:
        async with self._session.get(f"/v1/videos/{video_id}/content") as answer:
            answer.raise_for_status()
            return await answer.read()

    async def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        async with self._session.request(method, path, **more) as answer:
            return await answer.json()


async def _ends_of(clip: bytes) -> tuple[bytes, bytes]:
    """The first and the last frame, as the server takes them."""
    studio = Studio()
    try:
        with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
            file.write(clip)
            file.flush()
            return await studio.still(Path(file.name)), await studio.still(Path(file.name), last=True)
    finally:
        await studio.aclose()
