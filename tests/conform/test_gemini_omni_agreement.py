"""The adapter of Gemini Omni and Google's own SDK mean the same: what one orders, the other orders and follows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pytest

from conform.agreement import agreed
from conform.ways import BADGE, changed_clips, new_clips
from contract.jobs import given, job_for
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Job, Source
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeUpstream
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

OWN_FIELDS = {
    "labels": {"team": "film"},
    "safety_settings": [{"type": "harassment", "threshold": "block_only_high"}],
    "system_instruction": "Make it quiet.",
}


def jobs(specs: Mapping[str, ModelSpec], fake: FakeUpstream) -> Iterator[Job]:
    picture = given(film.picture(BADGE, Size(640, 360)), "image/png", size=Size(640, 360))
    for model in specs.values():
        if model.ends is not None:  # the service does not have it any more, and neither does the stand-in
            continue
        yield from new_clips(model, callback_url="http://127.0.0.1:9/told")
        yield job_for(model, options={"provider_options": OWN_FIELDS})
        yield job_for(model, guides=(picture, picture))
        first = fake.accepted[0]
        first.more["state"] = "done"  # only what is finished is remembered
        own = Source("video_0", "gemini_omni", first.id, {"interaction_id": first.id}, "")
        yield job_for(model, operation=Operation.REMIX, strategy="native", source=own)
        if Capability.EXTEND_OWN in model.capabilities:
            yield job_for(model, operation=Operation.EXTENSION, strategy="native", source=own, added_seconds=4)
        yield from changed_clips(model, has_guides=True)


async def test_what_the_adapter_orders_the_client_orders_in_the_same_words() -> None:
    readings = await agreed("gemini_omni", jobs, "google_genai_repeat.py", "google-genai")
    for each in readings:
        assert each.told["status"] == "completed"
        assert each.told["uri"]
        assert each.done.facts["interaction_id"] == each.told["id"]
    verified = {model.upstream_model for model in BY_NAME["gemini_omni"].specs().values() if model.verified == "sdk"}
    assert {each.job.model for each in readings} == verified
    assert readings[-1].job.badge == BADGE
