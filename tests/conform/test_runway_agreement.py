"""The adapter of Runway and Runway's own client mean the same: what one orders, the other orders and follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from conform.agreement import agreed
from conform.ways import BADGE, changed_clips, new_clips
from mutoscope.domain.catalog import ModelSpec
from mutoscope.providers.protocol import Job
from mutoscope.testing.upstreams.fake import FakeUpstream
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio


def jobs(specs: Mapping[str, ModelSpec], _fake: FakeUpstream) -> Iterator[Job]:
    for model in specs.values():
        yield from new_clips(model)
    for model in specs.values():
        yield from changed_clips(model, has_guides="references" in model.wiring)


async def test_what_the_adapter_orders_the_client_orders_in_the_same_words() -> None:
    readings = await agreed("runway", jobs, "runway_repeat.py", "runwayml")
    for each in readings:
        assert (each.told["status"], each.told["links"]) == ("SUCCEEDED", 1)
        assert each.done.charged == each.told["credits"] * 10_000
    verified = {model.upstream_model for model in BY_NAME["runway"].specs().values() if model.verified == "sdk"}
    assert {each.job.model for each in readings} == verified
    assert readings[-1].job.badge == BADGE
