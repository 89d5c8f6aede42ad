"""What is accepted, how often, and when not: the whole server over a scripted upstream."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from whole_server import ended, running, until

from mutoscope.access.keys import create_key
from mutoscope.access.pace import Pace
from mutoscope.app import Mutoscope
from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import (
    AssetExpired,
    CharacterNotFound,
    ContentRefused,
    IdempotencyConflict,
    InvalidRequest,
    NotStarted,
    QueueFull,
    SourceNotCompleted,
    StorageFull,
    TooManyRequests,
    UnsupportedByModel,
    UpstreamQuotaExhausted,
    VideoNotFound,
)
from mutoscope.domain.lifecycle import State
from mutoscope.domain.remix import Strategy
from mutoscope.domain.video import Operation, Size
from mutoscope.domain.wishes import OnUnsupported, Wishes
from mutoscope.engine import janitor
from mutoscope.providers.protocol import Running, Waiting
from mutoscope.service.requests import (
    Attempt,
    Caller,
    NewChange,
    NewCharacter,
    NewExtension,
    NewVideo,
    SourceId,
    Upload,
)
from mutoscope.testing import ScriptedProvider
from studio import attempt, create, remix, write_clip

pytestmark = [pytest.mark.anyio, pytest.mark.usefixtures("either")]

LAKE = NewVideo("a lake")
FOREVER = [Running(10.0, 0.5)]


@pytest.fixture
def clip(tmp_path: Path) -> bytes:
    return write_clip(tmp_path / "clip.mp4", seconds=2, width=96, height=64).read_bytes()


@pytest.fixture
def open_server(tmp_path: Path, clip: bytes) -> Callable[..., Any]:
    def run(provider: ScriptedProvider | None = None, **settings: Any) -> Any:
        return running(tmp_path / "data", provider or ScriptedProvider(clip=clip), **settings)

    return run


async def count(server: Mutoscope, caller: Caller) -> int:
    return len((await server.service.list(caller, after=None, limit=100, descending=True)).videos)


# -- once and no more ----------------------------------------------------------------------------------------


async def test_a_key_makes_one_video_whoever_comes_first(open_server) -> None:
    async with open_server() as (server, caller):
        same = Attempt("f", key="k")
        made = await asyncio.gather(*(server.service.make(caller, LAKE, same) for _ in range(20)))
        assert len({one.video.id for one in made}) == 1
        assert [one.replayed for one in made].count(False) == 1
        assert await count(server, caller) == 1


async def test_a_key_is_the_tenants_and_for_one_request(open_server) -> None:
    async with open_server() as (server, caller):
        first = await server.service.make(caller, LAKE, Attempt("f", key="k"))
        with pytest.raises(IdempotencyConflict):
            await server.service.make(caller, LAKE, Attempt("g", key="k"))
        stranger = Caller("stranger", "key_2")
        await server.database.write(lambda tx: tx.run("add_tenant", name="stranger", now=1.0))
        other = await server.service.make(stranger, LAKE, Attempt("f", key="k"))
        assert not other.replayed
        assert other.video.id != first.video.id


async def test_a_replay_tells_how_the_video_stands_now(open_server) -> None:
    async with open_server() as (server, caller):
        same = Attempt("f", key="k")
        made = await server.service.make(caller, LAKE, same)
        await ended(server, caller, made.video.id)
        again = await server.service.make(caller, LAKE, same)
        assert (again.replayed, again.video.state) == (True, State.COMPLETED)
        await server.service.delete(caller, made.video.id)
        with pytest.raises(VideoNotFound, match="deleted since"):
            await server.service.make(caller, LAKE, same)
        assert await count(server, caller) == 0


async def test_a_replay_of_a_remix_outlives_its_source(open_server) -> None:
    async with open_server() as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        new = NewChange("at night", SourceId(source.id, "video_id"), Operation.REMIX)
        made = await server.service.make(caller, new, Attempt("f", key="k"))
        await server.service.delete(caller, source.id)
        assert (await server.service.make(caller, new, Attempt("f", key="k"))).video.id == made.video.id


async def test_what_was_refused_is_not_remembered(open_server) -> None:
    async with open_server() as (server, caller):
        with pytest.raises(InvalidRequest):
            await server.service.make(caller, NewVideo("a lake", size="1x1"), Attempt("f", key="k"))
        made = await server.service.make(caller, LAKE, Attempt("g", key="k"))
        assert not made.replayed


async def test_an_sdks_retry_finds_what_its_lost_answer_was_about(open_server) -> None:
    async with open_server() as (server, caller):
        first = await server.service.make(caller, LAKE, Attempt("f", retry_count=0))
        for retry in (1, 2):
            again = await server.service.make(caller, LAKE, Attempt("f", retry_count=retry))
            assert (again.video.id, again.replayed) == (first.video.id, True)
        other = await server.service.make(caller, LAKE, Attempt("g", retry_count=1))
        assert not other.replayed


async def test_two_lost_answers_are_found_by_two_retries(open_server) -> None:
    async with open_server() as (server, caller):
        lost = {(await server.service.make(caller, LAKE, Attempt("f", retry_count=0))).video.id for _ in range(2)}
        assert len(lost) == 2, "two requests without a key are two videos"
        found = {(await server.service.make(caller, LAKE, Attempt("f", retry_count=1))).video.id for _ in range(2)}
        assert found == lost
        third = await server.service.make(caller, LAKE, Attempt("f", retry_count=1))
        assert not third.replayed, "there was no third lost answer"


async def test_a_retry_whose_first_attempt_never_came_makes_the_video(open_server) -> None:
    async with open_server() as (server, caller):
        made = await server.service.make(caller, LAKE, Attempt("f", retry_count=1))
        assert not made.replayed
        again = await server.service.make(caller, LAKE, Attempt("f", retry_count=2))
        assert (again.video.id, again.replayed) == (made.video.id, True)


async def test_a_retry_that_overtakes_its_first_attempt_makes_no_second_video(open_server) -> None:
    async with open_server() as (server, caller):
        retry = await server.service.make(caller, LAKE, Attempt("f", retry_count=1))
        first = await server.service.make(caller, LAKE, Attempt("f", retry_count=0))
        assert (first.video.id, first.replayed) == (retry.video.id, True)
        another = await server.service.make(caller, LAKE, Attempt("f", retry_count=0))
        assert not another.replayed


async def test_a_retry_after_a_deletion_is_a_new_wish(open_server) -> None:
    async with open_server() as (server, caller):
        first = await server.service.make(caller, LAKE, Attempt("f", retry_count=0))
        await server.service.delete(caller, first.video.id)
        again = await server.service.make(caller, LAKE, Attempt("f", retry_count=1))
        assert again.video.id != first.video.id


async def test_a_retry_of_a_remix_outlives_its_source(open_server) -> None:
    async with open_server() as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        new = NewChange("at night", SourceId(source.id, "video_id"), Operation.REMIX)
        made = await server.service.make(caller, new, Attempt("f", retry_count=0))
        await server.service.delete(caller, source.id)
        assert (await server.service.make(caller, new, Attempt("f", retry_count=1))).video.id == made.video.id


async def test_another_key_of_the_tenant_is_not_the_same_caller(open_server) -> None:
    async with open_server() as (server, caller):
        await server.service.make(caller, LAKE, Attempt("f", retry_count=0))
        colleague = Caller(caller.tenant, "key_of_a_colleague")
        made = await server.service.make(colleague, LAKE, Attempt("f", retry_count=1))
        assert not made.replayed


# -- not now -------------------------------------------------------------------------------------------------


async def test_a_full_queue_refuses_new_videos_and_answers_old_ones(open_server, clip) -> None:
    async with open_server(ScriptedProvider(clip=clip, polls=FOREVER), queue_limit=2) as (server, caller):
        first = await server.service.make(caller, LAKE, Attempt("f", key="k", retry_count=0))
        second = await create(server, caller)
        with pytest.raises(QueueFull, match="at most 2") as full:
            await create(server, caller)
        assert full.value.retry_after is not None
        assert 1 <= full.value.retry_after <= 60
        with pytest.raises(QueueFull):
            await server.service.plan(caller, LAKE)
        assert (await server.service.make(caller, LAKE, Attempt("f", key="k"))).video.id == first.video.id
        assert await count(server, caller) == 2
        await server.service.delete(caller, second.id)
        await create(server, caller)


async def test_a_full_disk_refuses_before_anything_is_stored(open_server, tmp_path) -> None:
    async with open_server() as (server, caller):
        made = await server.service.make(caller, LAKE, Attempt("f", retry_count=0))

        async def nothing() -> int:
            return 1000

        server.service._storage.free = nothing  # type: ignore[method-assign]
        for refused in (create(server, caller), server.service.plan(caller, LAKE)):
            with pytest.raises(StorageFull):
                await refused
        uploads = NewChange("x", Upload(b"x" * 1000, "video"), Operation.EDIT)
        with pytest.raises(StorageFull):
            await server.service.make(caller, uploads, attempt())
        with pytest.raises(StorageFull):
            await server.service.create_character(caller, NewCharacter("M", Upload(b"x", "video")), attempt())
        assert not (tmp_path / "data" / "storage" / caller.tenant / "inputs").exists()
        again = await server.service.make(caller, LAKE, Attempt("f", retry_count=1))
        assert again.video.id == made.video.id, "what was accepted stays accepted"
        assert await count(server, caller) == 1


async def test_a_tenant_that_asks_too_often_is_told_when_to_come_again(open_server) -> None:
    """With whichever of its keys: who makes more of them may ask no more often."""
    async with open_server() as (server, _):
        server.service._pace = Pace(60, lambda: 0.0)
        keys = [(await create_key(server.database, 1.0)).secret for _ in range(2)]
        taken = [(await server.service.authenticate(keys[number % 2])).allowance for number in range(60)]
        assert taken[-1] is not None
        assert taken[-1].remaining == 0
        for key in keys:
            with pytest.raises(TooManyRequests) as slow:
                await server.service.authenticate(key)
            assert slow.value.retry_after == 1
        another = await create_key(server.database, 1.0, tenant="another")
        assert (await server.service.authenticate(another.secret)).allowance is not None


# -- waiting -------------------------------------------------------------------------------------------------


async def test_a_wait_ends_with_the_change(open_server, clip) -> None:
    async with open_server(ScriptedProvider(clip=clip, polls=FOREVER)) as (server, caller):
        video = await create(server, caller)
        started = await server.service.next_status(caller, video.id, 10.0)
        assert started.state.status == "in_progress"
        before = asyncio.get_running_loop().time()
        same = await server.service.next_status(caller, video.id, 0.3)
        assert same.state.status == "in_progress"
        assert 0.25 < asyncio.get_running_loop().time() - before < 5


async def test_a_wait_for_the_end_is_over_at_once_when_it_comes(open_server) -> None:
    async with open_server() as (server, caller):
        video = await create(server, caller)
        while not video.state.is_final:
            video = await server.service.next_status(caller, video.id, 20.0)
        told = server.clock.now()
        assert video.completed_at is not None
        assert told - video.completed_at < 0.5
        assert (await server.service.next_status(caller, video.id, 20.0)).state is State.COMPLETED


async def test_a_wait_for_a_deleted_video_ends(open_server, clip) -> None:
    async with open_server(ScriptedProvider(clip=clip, polls=FOREVER)) as (server, caller):
        video = await create(server, caller)
        waiting = asyncio.create_task(server.service.submitted(caller, video.id, 30.0))
        await waiting
        waiting = asyncio.create_task(server.service.next_status(caller, video.id, 30.0))
        await asyncio.sleep(0.2)
        await server.service.delete(caller, video.id)
        with pytest.raises(VideoNotFound):
            await asyncio.wait_for(waiting, 3.0)


async def test_nobody_is_left_waiting_by_a_server_that_stops(open_server, clip) -> None:
    async with open_server(ScriptedProvider(clip=clip, polls=FOREVER)) as (server, caller):
        video = await create(server, caller)
        await server.service.submitted(caller, video.id, 10.0)
        waiting = asyncio.create_task(server.service.next_status(caller, video.id, 30.0))
        await asyncio.sleep(0.1)
        server.stop_waiting()
        assert (await asyncio.wait_for(waiting, 3.0)).state is State.GENERATING


@pytest.mark.parametrize("error", [ContentRefused("Not that."), UpstreamQuotaExhausted("No credit.")])
async def test_a_refused_submission_is_told_to_who_waits(open_server, error) -> None:
    async with open_server(ScriptedProvider(submits=[error])) as (server, caller):
        video = await create(server, caller)
        with pytest.raises(NotStarted, match=error.message) as told:
            await server.service.submitted(caller, video.id, 20.0)
        assert (told.value.failure_code, told.value.video_id) == (error.code, video.id)
        assert (await server.service.retrieve(caller, video.id)).state is State.FAILED


async def test_who_waits_for_the_submission_has_the_video_once_it_is_accepted(open_server, clip) -> None:
    async with open_server(ScriptedProvider(clip=clip, polls=[Waiting(5.0)])) as (server, caller):
        video = await create(server, caller)
        assert (await server.service.submitted(caller, video.id, 20.0)).state is State.GENERATING


# -- edits, extensions, characters ---------------------------------------------------------------------------


async def test_an_edit_of_a_video_is_a_remix_by_another_name(open_server) -> None:
    provider = ScriptedProvider(clip=b"")
    async with open_server(provider=None) as (server, caller):
        source = await create(server, caller)
        source = await ended(server, caller, source.id)
        new = NewChange("at night", SourceId(source.id, "video.id"), Operation.EDIT)
        made = (await server.service.make(caller, new, attempt())).video
        assert (made.source_id, made.strategy, made.request.operation) == (source.id, "native", Operation.EDIT)
        assert (made.request.size, made.request.seconds) == (source.request.size, source.request.seconds)
    assert provider.jobs == []


async def test_an_edit_of_an_upload_starts_a_root_of_its_own(open_server, clip) -> None:
    provider = ScriptedProvider(clip=clip)
    async with open_server(provider) as (server, caller):
        new = NewChange("make it snow", Upload(clip, "video"), Operation.EDIT)
        made = (await server.service.make(caller, new, attempt())).video
        assert (made.source_id, made.root_id, made.strategy) == (None, made.id, "edit")
        assert (made.request.size, made.request.seconds) == (Size(96, 64), 2.0)
        assert made.skipped == ({"strategy": "native", "reason": "The clip was uploaded."},)
        await ended(server, caller, made.id)
        (job,) = provider.jobs
        assert job.clip is not None
        assert b"".join([chunk async for chunk in job.clip.open()]) == clip
        assert (job.prompt, job.strategy, job.source) == ("make it snow", "edit", None)


async def test_an_upstream_is_not_asked_for_the_size_of_an_edit(open_server, tmp_path) -> None:
    large = write_clip(tmp_path / "large.mp4", width=2560, height=1440).read_bytes()
    async with open_server() as (server, caller):
        for policy in (None, OnUnsupported.REFUSE):
            new = NewChange("x", Upload(large, "video"), Operation.EDIT, Wishes(on_unsupported=policy))
            plan = await server.service.plan(caller, new)
            assert (plan.request.size, plan.adjustments) == (Size(2560, 1440), ())


async def test_an_extension_tells_the_stitched_total(open_server, clip) -> None:
    provider = ScriptedProvider(clip=clip)
    async with open_server(provider) as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        new = NewExtension("night falls", SourceId(source.id, "video.id"), 5)
        made = (await server.service.make(caller, new, attempt())).video
        assert (made.source_id, made.strategy) == (source.id, "native")
        assert (made.request.seconds, made.request.added_seconds) == (6, 5)
        await ended(server, caller, made.id)
        assert provider.jobs[1].clip is not None, "a continuation needs what it continues"
        uploaded = NewExtension("night falls", Upload(clip, "video"), 5)
        other = (await server.service.make(caller, uploaded, attempt())).video
        assert (other.request.seconds, other.strategy, other.source_id) == (7.0, "frame", None)


async def test_a_whole_that_is_too_long_is_refused(open_server, clip) -> None:
    async with open_server() as (server, caller):
        video = (await server.service.make(caller, NewVideo("a lake", seconds=20), attempt())).video
        for total in (40, 60, 80, 100, 120):
            await ended(server, caller, video.id)
            new = NewExtension("on", SourceId(video.id, "video.id"), 20)
            video = (await server.service.make(caller, new, attempt())).video
            assert video.request.seconds == total
        await ended(server, caller, video.id)
        with pytest.raises(InvalidRequest, match="at most 120 s") as refused:
            await server.service.make(caller, NewExtension("on", SourceId(video.id, "video.id"), 1), attempt())
        assert refused.value.param == "seconds"


@pytest.mark.parametrize("data", [b"Example data", b"\x00\x00\x00\x20ftypisom" + b"\xff" * 200, b""])
async def test_an_upload_that_is_no_clip_is_refused_and_not_kept(open_server, tmp_path, data, monkeypatch) -> None:
    async with open_server() as (server, caller):
        with pytest.raises(InvalidRequest) as refused:
            await server.service.make(caller, NewChange("x", Upload(data, "video"), Operation.EDIT), attempt())
        assert refused.value.param == "video"
        assert await count(server, caller) == 0
        monkeypatch.setattr(janitor, "INPUT_SECONDS", 0.0)
        await until(lambda: _is_empty(server, tmp_path / "data" / "storage"))


async def _is_empty(server: Mutoscope, folder: Path) -> bool:
    server._production._janitor.call()
    return [path for path in folder.rglob("*") if path.is_file()] == []


async def test_uploads_stay_as_long_as_a_video_or_a_character_needs_them(
    open_server, clip, tmp_path, monkeypatch
) -> None:
    folder, an_hour = tmp_path / "data" / "storage", janitor.INPUT_SECONDS
    async with open_server() as (server, caller):
        await server.service.plan(caller, NewChange("x", Upload(clip, "video"), Operation.EDIT))
        monkeypatch.setattr(janitor, "INPUT_SECONDS", 0.0)
        await until(lambda: _is_empty(server, folder))
        monkeypatch.setattr(janitor, "INPUT_SECONDS", an_hour)
        made = await server.service.make(caller, NewChange("x", Upload(clip, "video"), Operation.EDIT), attempt())
        await ended(server, caller, made.video.id)
        monkeypatch.setattr(janitor, "INPUT_SECONDS", 0.0)
        for _ in range(3):
            server._production._janitor.call()
            await asyncio.sleep(0.1)
        assert len(list((folder / caller.tenant / "inputs").iterdir())) == 1
        await server.service.delete(caller, made.video.id)
        await until(lambda: _is_empty(server, folder))
        monkeypatch.setattr(janitor, "INPUT_SECONDS", an_hour)
        await server.service.create_character(caller, NewCharacter("Mossy", Upload(clip, "video")), attempt())
        monkeypatch.setattr(janitor, "INPUT_SECONDS", 0.0)
        for _ in range(3):
            server._production._janitor.call()
            await asyncio.sleep(0.1)
        assert len(list((folder / caller.tenant / "inputs").iterdir())) == 1


async def test_a_failed_video_leaves_no_files(open_server, tmp_path) -> None:
    async with open_server(ScriptedProvider(clip=b"no video")) as (server, caller):
        video = await ended(server, caller, (await create(server, caller)).id)
        assert video.failure is not None
        assert video.failure.code == "media_unreadable"
        await until(lambda: _is_empty(server, tmp_path / "data" / "storage"))
        assert (await server.service.retrieve(caller, video.id)).failure == video.failure


async def test_an_unfinished_video_cannot_be_edited_or_extended(open_server, clip) -> None:
    async with open_server(ScriptedProvider(clip=clip, polls=FOREVER)) as (server, caller):
        source = await create(server, caller)
        origin = SourceId(source.id, "video.id")
        for new in (NewChange("x", origin, Operation.EDIT), NewExtension("x", origin, 4)):
            with pytest.raises(SourceNotCompleted, match=r"edited|extended"):
                await server.service.make(caller, new, attempt())


async def test_a_floor_above_what_the_model_can_refuses_before_anything(open_server, clip) -> None:
    async with open_server() as (server, caller):
        wishes = Wishes(min_strategy=Strategy.NATIVE)
        new = NewChange("x", Upload(clip, "video"), Operation.EDIT, wishes)
        with pytest.raises(UnsupportedByModel, match="'edit' at best") as refused:
            await server.service.make(caller, new, attempt())
        assert (refused.value.param, refused.value.error_code) == ("min_strategy", "unsupported_operation")


async def test_a_character_is_stored_and_handed_to_the_provider(open_server, clip) -> None:
    provider = ScriptedProvider(clip=clip)
    async with open_server(provider) as (server, caller):
        mossy = await server.service.create_character(caller, NewCharacter(" Mossy ", Upload(clip, "video")), attempt())
        assert (mossy.name, mossy.id[:5]) == ("Mossy", "char_")
        assert await server.service.retrieve_character(caller, mossy.id) == mossy
        video = (await server.service.make(caller, NewVideo("mossy runs", characters=(mossy.id,)), attempt())).video
        await ended(server, caller, video.id)
        assert [character.name for character in provider.jobs[0].request.characters] == ["Mossy"]
        with pytest.raises(InvalidRequest, match="does not mention 'Mossy'"):
            await server.service.make(caller, NewVideo("a fox", characters=(mossy.id,)), attempt())
        with pytest.raises(CharacterNotFound):
            await server.service.retrieve_character(Caller("stranger", "key_2"), mossy.id)


async def test_a_character_of_a_video_outlives_it(open_server) -> None:
    async with open_server() as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        made = NewCharacter("Mossy", SourceId(source.id, "video.id"))
        mossy = await server.service.create_character(caller, made, attempt())
        again = await server.service.create_character(caller, made, Attempt("f", key="k"))
        assert (await server.service.create_character(caller, made, Attempt("f", key="k"))).id == again.id != mossy.id
        row = await server.database.one("character_of_tenant", tenant=caller.tenant, id=mossy.id)
        await server.service.delete(caller, source.id)
        kept = await server.service._storage.size(f"{caller.tenant}/inputs/{row['input']}")
        assert kept is not None
        assert kept > 1000


async def test_names_that_are_none(open_server, clip) -> None:
    async with open_server() as (server, caller):
        for name in ("", "  ", "x" * 81, "a\nb"):
            with pytest.raises(InvalidRequest) as refused:
                await server.service.create_character(caller, NewCharacter(name, Upload(clip, "video")), attempt())
            assert refused.value.param == "name", name


# -- fields beyond the dialect -------------------------------------------------------------------------------


async def test_what_a_model_cannot_honour_is_told_or_refused(open_server) -> None:
    async with open_server() as (server, caller):
        options = {"negative_prompt": "people", "generate_audio": True}
        made = (await server.service.make(caller, NewVideo("x", Wishes(options=options)), attempt())).video
        assert [one["field"] for one in made.adjustments] == ["negative_prompt", "generate_audio"]
        assert made.request.options == {}
        strict = Wishes(options=options, on_unsupported=OnUnsupported.REFUSE)
        with pytest.raises(UnsupportedByModel) as refused:
            await server.service.make(caller, NewVideo("x", strict), attempt())
        assert (refused.value.param, refused.value.error_code) == ("negative_prompt", "unsupported_parameter")
        with pytest.raises(UnsupportedByModel, match="test_case"):
            await server.service.make(caller, NewVideo("x", Wishes(options={"test_case": "stalls"})), attempt())


SIZES_IN_WORDS = [
    ({"aspect_ratio": "16:9", "resolution": "720p"}, "1280x720"),
    ({"aspect_ratio": "9:16", "resolution": "1080p"}, "1080x1920"),
    ({"size": "720p", "aspect_ratio": "1:1"}, "720x720"),
    ({"size": "16:9"}, "114x64"),
    ({"resolution": "480p"}, "480x480"),
    ({"size": "128x96", "aspect_ratio": "1:1"}, "128x96"),
    ({"aspect_ratio": "auto"}, "64x64"),
]


async def test_a_size_in_words(open_server) -> None:
    async with open_server() as (server, caller):
        for fields, size in SIZES_IN_WORDS:
            made = (await server.service.make(caller, NewVideo("x", **fields), attempt())).video
            assert str(made.request.size) == size, fields
            assert made.ignored == (("aspect_ratio",) if fields.get("size") == "128x96" else ()), fields


# -- expiry --------------------------------------------------------------------------------------------------


async def test_files_expire_and_history_stays(open_server, tmp_path) -> None:
    async with open_server(retention_seconds=0.5) as (server, caller):
        source = await create(server, caller)
        done = await ended(server, caller, source.id)
        assert done.expires_at is not None
        assert done.completed_at is not None
        assert done.expires_at == pytest.approx(done.completed_at + 0.5)
        await asyncio.sleep(0.6)
        with pytest.raises(AssetExpired):
            await server.service.content(caller, source.id, Variant.VIDEO)
        with pytest.raises(AssetExpired):
            await remix(server, caller, source.id, "at night")
        server._production._janitor.call()
        folder = tmp_path / "data" / "storage" / caller.tenant / source.id

        async def is_gone() -> bool:
            return not folder.exists()

        await until(is_gone)
        kept = await server.service.retrieve(caller, source.id)
        assert (kept.state, kept.request.prompt) == (State.COMPLETED, "a lake")


async def test_what_is_stored_behind_the_removal_is_found_at_a_second_look(
    open_server, tmp_path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a process does that was frozen in mid-upload while another took over, and the owner deleted the video."""
    async with open_server() as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        folder = tmp_path / "data" / "storage" / caller.tenant / source.id
        await server.service.delete(caller, source.id)

        async def is_gone() -> bool:
            return not folder.exists()

        await until(is_gone)
        folder.mkdir(parents=True)
        (folder / "late.mp4").write_bytes(b"late")
        server._production._janitor.call()
        await asyncio.sleep(0.3)
        assert folder.exists(), "a second look so soon would come before the late bytes"
        monkeypatch.setattr(janitor, "SECOND_LOOK_SECONDS", 0.0)
        server._production._janitor.call()
        await until(is_gone)


async def test_files_that_a_remix_needs_outlast_their_time(open_server, clip, tmp_path) -> None:
    provider = ScriptedProvider(clip=clip)
    async with open_server(provider, retention_seconds=0.5) as (server, caller):
        source = await create(server, caller)
        await ended(server, caller, source.id)
        provider._polls = FOREVER
        made = await remix(server, caller, source.id, "at night")
        await asyncio.sleep(0.6)
        server._production._janitor.call()
        await asyncio.sleep(0.5)
        folder = tmp_path / "data" / "storage" / caller.tenant / source.id
        assert folder.exists()
        await server.service.delete(caller, made.id)

        async def is_gone() -> bool:
            server._production._janitor.call()
            return not folder.exists()

        await until(is_gone)
