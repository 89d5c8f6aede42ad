"""The render queue with children that misbehave on purpose, and flipbook with the real one."""

from __future__ import annotations

import asyncio
import json
import os
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from mutoscope.providers.render_job import CLIP, FACTS, VIDEO, RenderJob
from mutoscope.providers.render_process import ChildCommand
from mutoscope.providers.render_queue import Drawing, Drawn, Failed, Queued, RenderQueue, Standing
from mutoscope.providers.render_spare import SpareProcess

pytestmark = pytest.mark.anyio

# The prompt says how the child behaves; "folder/tries" counts its starts.
SCRIPTED_CHILD = """
import json, os, sys, time
from pathlib import Path

line = sys.stdin.buffer.readline()
if not line:
    sys.exit()
job = json.loads(line)
folder = Path(job["folder"])
with Path(job["ledger"]).open("a") as ledger:
    ledger.write(f"{folder.name} {os.getpid()}\\n")
tries = sum(text.startswith(folder.name + " ") for text in Path(job["ledger"]).read_text().splitlines())

def say(words):
    print(json.dumps(words), flush=True)

def finish():
    (folder / "facts.json").write_text(json.dumps({"try": tries, "warm": "warm" in sys.argv}))
    (folder / "video.mp4").write_bytes(b"clip")
    say({"done": True})

say({"progress": 40})
match job["prompt"]:
    case "draw":
        finish()
    case "crash":
        os.abort()
    case "crash once":
        os.abort() if tries == 1 else finish()
    case "crash after the end":
        finish()
        os.abort()
    case "hang":
        time.sleep(60)
    case "babble":
        sys.stdout.write("{" * 1_000_000)
    case "lie":
        say({"done": True})
    case "complain":
        sys.stderr.write("x" * 5_000_000)
        finish()
    case "fail":
        say({"failed": "not to be drawn"})
    case "refuse":
        say({"refused": "not to be done"})
    case "tell the clip":
        (folder / "facts.json").write_text(json.dumps({"bytes": Path(job["clip"]).stat().st_size}))
        (folder / "video.mp4").write_bytes(b"clip")
        say({"done": True})
    case "no space":
        say({"no_space": "the disk is full"})
    case "exhaust":
        import resource
        limit = int(sys.argv[2])
        resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
        hoard = [bytearray(16 << 20) for _ in range(1000)]
"""


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, bool]]:
    return "asyncio", {"use_uvloop": True}


@pytest.fixture
def command(tmp_path: Path) -> ChildCommand:
    (tmp_path / "scripted_child.py").write_text(SCRIPTED_CHILD)
    return ChildCommand(
        "scripted_child", memory_bytes=256 << 20, environment={"PYTHONPATH": str(tmp_path)}, stall_seconds=1.0
    )


@pytest.fixture
async def queue(tmp_path: Path, command: ChildCommand) -> AsyncIterator[RenderQueue]:
    queue = RenderQueue(tmp_path / "clips", SpareProcess(command, 0))
    yield queue
    await queue.aclose()


def job(queue: RenderQueue, name: str, prompt: str) -> RenderJob:
    folder = queue.folder(name)
    ledger = folder.parent.parent / "ledger"
    return RenderJob(name, name, 1, prompt, None, 0, 64, 64, 1, None, str(folder), str(ledger))


async def submit(queue: RenderQueue, name: str, prompt: str = "draw") -> None:
    await queue.submit(name, job(queue, name, prompt))


async def settled(queue: RenderQueue, name: str) -> Standing | None:
    return await until(queue, name, lambda standing: not isinstance(standing, Queued | Drawing))


async def until(queue: RenderQueue, name: str, met: Callable[[Standing | None], bool]) -> Standing | None:
    async with asyncio.timeout(20):
        while not met(standing := await queue.look(name)):
            await asyncio.sleep(0.01)
    return standing


def starts(queue: RenderQueue) -> list[str]:
    """Which jobs children were started for, in order."""
    return [line.split()[0] for line in (queue.folder("x").parent.parent / "ledger").read_text().splitlines()]


def is_running(process_id: int) -> bool:
    try:
        return Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0] not in "ZX"
    except FileNotFoundError:
        return False


def child_of(queue: RenderQueue) -> int:
    return int((queue.folder("x").parent.parent / "ledger").read_text().split()[-1])


async def test_a_job_is_drawn_and_known_by_its_folder(queue: RenderQueue) -> None:
    await submit(queue, "one")
    assert await settled(queue, "one") == Drawn(queue.folder("one"), {"try": 1, "warm": False})
    assert await queue.look("unknown") is None


async def test_the_same_job_twice_is_drawn_once(queue: RenderQueue) -> None:
    await asyncio.gather(submit(queue, "one"), submit(queue, "one"))
    await settled(queue, "one")
    await submit(queue, "one")
    assert isinstance(await queue.look("one"), Drawn)
    assert starts(queue) == ["one"]


async def test_first_come_first_drawn(queue: RenderQueue) -> None:
    names = [f"job{number}" for number in range(4)]
    for name in names:
        await submit(queue, name)
    assert await queue.look("job3") == Queued()
    await settled(queue, "job3")
    assert starts(queue) == names


async def test_slots_draw_at_the_same_time(tmp_path: Path, command: ChildCommand) -> None:
    queue = RenderQueue(tmp_path / "clips", SpareProcess(replace(command, stall_seconds=30), 0), slots=2)
    for name in ("a", "b", "c"):
        await submit(queue, name, "hang")
    for name in ("a", "b"):
        await until(queue, name, lambda standing: standing == Drawing(40.0))
    assert await queue.look("c") == Queued()
    await queue.aclose()


@pytest.mark.parametrize("prompt", ["crash", "babble", "lie", "exhaust", "hang"])
async def test_a_child_that_breaks_is_tried_twice_and_given_up(queue: RenderQueue, prompt: str) -> None:
    await submit(queue, "bad", prompt)
    await submit(queue, "good")
    standing = await settled(queue, "bad")
    assert isinstance(standing, Failed)
    assert not standing.may_pass
    assert isinstance(await settled(queue, "good"), Drawn)
    assert starts(queue) == ["bad", "bad", "good"]


async def test_one_crash_is_forgiven(queue: RenderQueue) -> None:
    await submit(queue, "one", "crash once")
    assert await settled(queue, "one") == Drawn(queue.folder("one"), {"try": 2, "warm": False})


async def test_what_is_on_disk_counts_and_not_how_the_child_ended(queue: RenderQueue) -> None:
    await submit(queue, "one", "crash after the end")
    assert isinstance(await settled(queue, "one"), Drawn)
    assert starts(queue) == ["one"]


async def test_a_flood_on_standard_error_does_no_harm(queue: RenderQueue) -> None:
    await submit(queue, "one", "complain")
    assert isinstance(await settled(queue, "one"), Drawn)


@pytest.mark.parametrize(
    ("prompt", "expected"),
    [
        ("fail", Failed("not to be drawn")),
        ("refuse", Failed("not to be done", refused=True)),
        ("no space", Failed("the disk is full", may_pass=True)),
    ],
)
async def test_a_reason_given_is_final_and_told(queue: RenderQueue, prompt: str, expected: Failed) -> None:
    await submit(queue, "one", prompt)
    assert await settled(queue, "one") == expected
    assert starts(queue) == ["one"]


async def submit_with_clip(queue: RenderQueue, clip: AsyncIterator[bytes]) -> None:
    wanted = replace(job(queue, "one", "tell the clip"), clip=str(queue.folder("one") / CLIP))
    await queue.submit("one", wanted, clip=lambda: clip)


async def test_a_clip_lies_in_the_folder_before_its_child_starts(queue: RenderQueue) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        for _ in range(5):
            yield bytes(1000)
            await asyncio.sleep(0.02)

    submitting = asyncio.create_task(submit_with_clip(queue, slowly()))
    await asyncio.sleep(0.03)
    assert await queue.look("one") == Queued()
    await submitting
    assert await settled(queue, "one") == Drawn(queue.folder("one"), {"bytes": 5000})


async def test_a_job_is_forgotten_while_its_clip_comes(queue: RenderQueue) -> None:
    more = asyncio.Event()

    async def waiting() -> AsyncIterator[bytes]:
        yield bytes(1000)
        await more.wait()
        yield bytes(1000)

    submitting = asyncio.create_task(submit_with_clip(queue, waiting()))
    async with asyncio.timeout(5):
        while not (queue.folder("one") / CLIP).exists():
            await asyncio.sleep(0.01)
    await queue.forget("one")
    more.set()
    await asyncio.gather(submitting, return_exceptions=True)
    assert await queue.look("one") is None
    await submit(queue, "two")
    await settled(queue, "two")
    assert starts(queue) == ["two"]
    assert not queue.folder("one").exists()


async def test_a_clip_that_breaks_off_leaves_no_job(queue: RenderQueue) -> None:
    async def broken() -> AsyncIterator[bytes]:
        yield bytes(1000)
        raise ConnectionResetError("gone")

    with pytest.raises(ConnectionResetError):
        await submit_with_clip(queue, broken())
    assert await queue.look("one") is None
    assert not queue.folder("one").exists()


async def test_a_failed_job_may_be_handed_in_again(queue: RenderQueue) -> None:
    await submit(queue, "one", "fail")
    await settled(queue, "one")
    await submit(queue, "one", "draw")
    assert isinstance(await settled(queue, "one"), Drawn)


async def test_stopping_kills_the_child_within_a_second(tmp_path: Path, command: ChildCommand) -> None:
    queue = RenderQueue(tmp_path / "clips", SpareProcess(replace(command, stall_seconds=30), 0))
    await submit(queue, "one", "hang")
    await submit(queue, "two", "draw")
    await until(queue, "one", lambda standing: standing == Drawing(40.0))
    child, begun = child_of(queue), time.monotonic()
    await queue.forget("one")
    assert time.monotonic() - begun < 1.0
    assert not is_running(child)
    assert await queue.look("one") is None
    assert not queue.folder("one").exists()
    assert isinstance(await settled(queue, "two"), Drawn)
    await queue.aclose()


async def test_a_waiting_job_can_be_stopped(queue: RenderQueue) -> None:
    await submit(queue, "one", "hang")
    await submit(queue, "two")
    await queue.stop("two")
    await settled(queue, "one")
    assert await queue.look("two") is None
    assert "two" not in starts(queue)


async def test_closing_kills_the_child_and_a_new_queue_draws_afresh(tmp_path: Path, command: ChildCommand) -> None:
    first = RenderQueue(tmp_path / "clips", SpareProcess(replace(command, stall_seconds=30), 0))
    await submit(first, "done")
    await settled(first, "done")
    await submit(first, "cut", "hang")
    await until(first, "cut", lambda standing: standing == Drawing(40.0))
    child = child_of(first)
    await first.aclose()
    assert not is_running(child)

    second = RenderQueue(tmp_path / "clips", SpareProcess(command, 0))
    assert isinstance(await second.look("done"), Drawn)
    assert await second.look("cut") is None
    (second.folder("cut") / "123.part").write_bytes(b"half a clip")
    await submit(second, "done")
    await submit(second, "cut")
    assert isinstance(await settled(second, "cut"), Drawn)
    assert sorted(path.name for path in second.folder("cut").iterdir()) == sorted([FACTS, VIDEO])
    assert starts(second) == ["done", "cut", "cut"]
    await second.aclose()


async def test_every_change_is_told_at_once(tmp_path: Path, command: ChildCommand) -> None:
    heard: list[str] = []
    queue = RenderQueue(tmp_path / "clips", SpareProcess(command, 0), on_change=heard.append)
    await submit(queue, "one")
    await settled(queue, "one")
    await submit(queue, "two", "fail")
    await settled(queue, "two")
    assert heard[0] == "one"
    assert heard.count("one") == 3
    assert heard[-1] == "two"
    await queue.aclose()


async def test_a_spare_takes_the_second_job_and_retires(tmp_path: Path, command: ChildCommand) -> None:
    queue = RenderQueue(tmp_path / "clips", SpareProcess(command, 0.5))
    await submit(queue, "one")
    await settled(queue, "one")
    await submit(queue, "two")
    assert await settled(queue, "two") == Drawn(queue.folder("two"), {"try": 1, "warm": True})
    await asyncio.sleep(1.0)
    await submit(queue, "three")
    assert await settled(queue, "three") == Drawn(queue.folder("three"), {"try": 1, "warm": False})
    await queue.aclose()


async def test_a_child_that_cannot_start_is_a_fault_that_may_pass(
    tmp_path: Path, command: ChildCommand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.executable", str(tmp_path / "no-such-python"))
    queue = RenderQueue(tmp_path / "clips", SpareProcess(command, 0))
    await submit(queue, "one")
    standing = await settled(queue, "one")
    assert isinstance(standing, Failed)
    assert standing.may_pass
    await queue.aclose()


async def test_folders_that_nobody_asked_for_again_are_removed(tmp_path: Path, command: ChildCommand) -> None:
    queue = RenderQueue(tmp_path / "clips", SpareProcess(command, 0))
    for name, age_in_days, files in (
        ("unfinished-old", 2, []),
        ("unfinished-new", 0, []),
        ("finished-old", 8, [FACTS, VIDEO]),
        ("finished-new", 2, [FACTS, VIDEO]),
    ):
        queue.folder(name).mkdir(parents=True)
        for file in files:
            (queue.folder(name) / file).write_text(json.dumps({}))
        moment = time.time() - age_in_days * 86_400
        os.utime(queue.folder(name), (moment, moment))
    await submit(queue, "one")
    assert {path.name for path in queue.folder("x").parent.iterdir()} == {"unfinished-new", "finished-new", "one"}
    await settled(queue, "one")
    await queue.aclose()
