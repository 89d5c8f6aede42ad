"""Runway: every model of ours is asked, on each route that it has, for what the service's own types allow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from contract.jobs import changing, clip, given, job_for
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.video import Size
from mutoscope.providers.protocol import Job
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

PAIR = BY_NAME["runway"]
BADGE = 4711
# By the first picture alone: Runway takes a shape from nowhere else there.
BY_PICTURE = {"kling2.5_turbo_pro", "happyhorse_1_0"}


def jobs_of(model: ModelSpec) -> Iterator[tuple[Job, dict[str, Any]]]:
    """One of each kind, and what the fake's book must say of it."""
    can, first = model.capabilities, film.picture(BADGE, Size(640, 360))
    size = model.sizes.sizes[-1] if model.sizes.sizes else model.default_size
    text_sizes = model.wiring.get("text_sizes", [str(size)])
    if model.from_words:
        yield job_for(model, size=Size.parse(text_sizes[-1])), {"kind": "create"}
    if Capability.IMAGE_REFERENCE in can:
        yield job_for(model, size=size, reference=first), {"kind": "frame", "badge": BADGE}
    if Capability.LAST_FRAME in can:
        last = film.picture(12, Size(640, 360))
        yield job_for(model, size=size, reference=first, last_frame=last), {"kind": "frame", "ending": 12}
    guides = (given(first, "image/png", size=Size(640, 360)),) if model.wiring.get("references") else ()
    if Capability.EDIT in can:
        yield changing(model, clip(BADGE), "edit", guides=guides), {"kind": "edit", "badge": BADGE, "seconds": 5.0}
    if Capability.CLIP_REFERENCE in can:
        yield changing(model, clip(BADGE), "reference", size=size, guides=guides), {"kind": "reference", "badge": BADGE}


@pytest.mark.parametrize("model", PAIR.specs().values(), ids=lambda model: model.name)
async def test_every_route_of_a_model(model: ModelSpec) -> None:
    fake = PAIR.make_fake()
    with fake.serving():
        account = PAIR.account(fake)
        provider = PAIR.adapter.make(account)
        for job, expected in jobs_of(model):
            await provider.submit(job)
            made = fake.accepted[-1]
            assert {name: getattr(made, name) for name in expected} == expected
            if made.kind == "create" or (made.kind == "frame" and model.name not in BY_PICTURE):
                told, asked = made.size, job.request.size
                assert abs(told.width * asked.height / (told.height * asked.width) - 1) < 0.01
        assert fake.accepted, "a model without a route"
        await account.door.aclose()
