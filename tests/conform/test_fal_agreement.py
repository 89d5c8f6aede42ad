"""The adapter of fal and fal's own client mean the same: what one orders, the other orders and follows.

The client has no types of what endpoints take, so it says nothing of our table of models.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict

import pytest

from conform.agreement import agreed
from conform.ways import BADGE, changed_clips, new_clips
from mutoscope.domain.catalog import ModelSpec
from mutoscope.providers.fal.jobs import addresses_of, id_by_rule
from mutoscope.providers.fal.wiring import app_of
from mutoscope.providers.protocol import Job
from mutoscope.testing.upstreams.fake import FakeUpstream
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio


def jobs(specs: Mapping[str, ModelSpec], _fake: FakeUpstream) -> Iterator[Job]:
    # The stand-in lacks the endpoints of some, and some fields of the last one's.
    left_out = BY_NAME["fal"].unconfirmed | {"fal-wan-vace-14b"}
    for model in specs.values():
        if model.name not in left_out:
            yield from new_clips(model, callback_url="http://127.0.0.1:9/told")
            yield from changed_clips(model, has_guides="pictures" in model.wiring.get("edit", {}))


async def test_what_the_adapter_orders_the_client_orders_in_the_same_words() -> None:
    readings = await agreed("fal", jobs, "fal_repeat.py", "fal-client")
    for each in readings:
        assert each.told["words"] == ["Queued", "InProgress", "Completed"]
        upstream_id = id_by_rule(app_of(each.job.model), each.told["id"])
        assert asdict(addresses_of(upstream_id)) == each.told["paths"]
        assert each.done.assets[0].location == each.told["link"]
    assert readings[-1].job.badge == BADGE
