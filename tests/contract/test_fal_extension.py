"""fal: a clip that is continued by the shipped model for that."""

from __future__ import annotations

import pytest

from contract.jobs import clip, job_for
from mutoscope.domain.errors import UpstreamRejected
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Done, Running, Waiting
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

PAIR = BY_NAME["fal"]
MODEL = PAIR.specs()["fal-ltx-2.3-extend"]


async def test_an_uploaded_clip_goes_on_at_its_end() -> None:
    fake = PAIR.make_fake()
    with fake.serving():
        account = PAIR.account(fake)
        provider = PAIR.adapter.make(account)
        badge = film.new_badge()
        source = clip(badge, 4.0)
        job = job_for(MODEL, operation=Operation.EXTENSION, strategy="frame", clip=source, seconds=10, added_seconds=6)
        upstream_id = (await provider.submit(job)).upstream_id
        answer = await provider.poll(upstream_id)
        while isinstance(answer, Waiting | Running):
            answer = await provider.poll(upstream_id)
        assert isinstance(answer, Done)
        assert film.badge_of(b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])) == badge
        (made,) = fake.accepted
        assert (made.kind, made.seconds, made.size) == ("extend", 10.0, Size(1280, 720))
        assert (made.asked["mode"], made.asked["duration"]) == ("end", 6)
        with pytest.raises(UpstreamRejected, match="no endpoint"):
            await provider.submit(job_for(MODEL))
        assert len(fake.accepted) == 1
        await account.door.aclose()
