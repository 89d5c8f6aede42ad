"""The adapter of Seedance and BytePlus's own client mean the same: what one orders, the other orders and follows."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from conform.installed import client, python
from contract.jobs import changing, clip, given, job_for
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Done, Job
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import SECRET, FakeUpstream
from mutoscope.testing.upstreams.roster import BY_NAME

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


async def test_what_the_adapter_orders_the_client_orders_in_the_same_words(tmp_path: Path) -> None:
    pair = BY_NAME["seedance"]
    fake, bodies = pair.make_fake(), tmp_path / "bodies.json"
    with fake.serving() as url:
        account = pair.account(fake, service_tier="flex")
        provider = pair.adapter.make(account)
        for job in jobs({model.name: model for model in account.models}, fake):
            await provider.submit(job)
        ordered = [job.asked for job in fake.accepted]
        bodies.write_text(json.dumps(ordered))
        script = Path(__file__).with_name("seedance_repeat.py")
        told = python(script, f"{url}{pair.base}", SECRET, str(bodies), path=(client("byteplus-python-sdk-v2"),))
        said = json.loads(told)
        assert said["statuses"] == ["succeeded"] * len(ordered)
        again = [fake.jobs[task] for task in said["ids"]]
        assert [job.asked for job in again] == ordered
        for job in again:  # and the client's tasks are read by the adapter
            done = await provider.poll(job.id)
            assert isinstance(done, Done)
            assert done.facts["seed"] == job.more["seed"]
        data = b"".join([chunk async for chunk in provider.fetch(done.assets[0])])
        await provider.aclose()
        await account.door.aclose()
    assert film.badge_of(data) == 11
    assert not fake.leaks
