"""The adapter of Seedance and BytePlus's own client mean the same: what one orders, the other orders and follows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from conform.agreement import agreed
from contract.jobs import changing, clip, given, job_for
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Job
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeUpstream

pytestmark = pytest.mark.anyio

SHAPE = Size(1280, 720)


def jobs(specs: Mapping[str, ModelSpec], fake: FakeUpstream) -> list[Job]:
    """Each way in which the adapter orders: every model, every rung, frames and references, all that may be wished."""
    newest, older, oldest = (specs[f"seedance-{name}"] for name in ("2.5", "2.0", "1.5-pro"))
    picture = film.picture(77, SHAPE)
    source = clip(11, 5.0, SHAPE, link=fake.link(film.film(11, SHAPE, 5.0)))
    guide = given(picture, "image/png")
    wishes = {"seed": 7, "options": {"generate_audio": True}, "callback_url": "http://127.0.0.1:9/told"}
    return [
        *(job_for(model) for model in specs.values()),
        job_for(newest, **wishes),
        *(job_for(model, reference=picture, last_frame=picture) for model in (newest, older, oldest)),
        job_for(newest, guides=(guide, guide)),
        changing(newest, source, "edit"),
        *(changing(model, source, "reference") for model in (newest, older)),
        job_for(newest, operation=Operation.EXTENSION, strategy="frame", clip=source, seconds=9, added_seconds=4),
    ]


async def test_what_the_adapter_orders_the_client_orders_in_the_same_words() -> None:
    readings = await agreed("seedance", jobs, "seedance_repeat.py", "byteplus-python-sdk-v2", service_tier="flex")
    for each in readings:
        assert each.told["status"] == "succeeded"
        assert each.done.facts["seed"] == each.told["seed"] == each.job.more["seed"]
    assert readings[-1].job.badge == 11
