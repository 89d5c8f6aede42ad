"""A draft at Seedance and then its full video, asked for as a remix: through the whole server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from whole_server import ended, running

from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Operation
from mutoscope.domain.wishes import Wishes
from mutoscope.providers.seedance.provider import Seedance
from mutoscope.service.requests import NewChange, NewVideo, SourceId
from mutoscope.testing.upstreams.ensemble import Hurried
from mutoscope.testing.upstreams.roster import BY_NAME
from studio import attempt, create

pytestmark = pytest.mark.anyio

PAIR = BY_NAME["seedance"]
MODEL = "seedance-1.5-pro"


def wishes(floor: Strategy | None = None, **theirs: Any) -> Wishes:
    return Wishes(model=MODEL, options={"provider_options": theirs}, min_strategy=floor)


async def test_the_full_video_of_a_draft(tmp_path: Path) -> None:
    fake = PAIR.make_fake()
    with fake.serving():
        account = PAIR.account(fake)
        provider: Any = Hurried(Seedance(account), account.door)  # type: ignore[arg-type]
        async with running(tmp_path, provider, budget_per_day=100.0) as (server, caller):
            new = NewVideo("a lake", wishes(draft=True), size="864x496", seconds=4)
            draft = await ended(server, caller, (await create(server, caller, new)).id)
            assert draft.state is State.COMPLETED, draft.failure
            source, full = SourceId(draft.id, "video_id"), wishes(Strategy.FRAME, content=[{"type": "draft_task"}])
            change = NewChange("in full", source, Operation.REMIX, full, resolution="720p")
            made = await server.service.make(caller, change, attempt())
            video = await ended(server, caller, made.video.id)
            assert video.state is State.COMPLETED, video.failure
            first, second = fake.accepted
            assert (second.kind, second.badge, second.seconds) == ("native", first.badge, 4.0)
            assert second.asked["content"] == [{"type": "draft_task", "draft_task": {"id": first.id}}]
            assert (min(first.size.width, first.size.height), min(second.size.width, second.size.height)) == (480, 720)
