"""Runway: a clip that is continued, whatever Runway answers to that."""

from __future__ import annotations

from typing import Any

import pytest

from contract.jobs import clip, job_for
from mutoscope.domain.video import Operation, Size
from mutoscope.providers.protocol import Done, ExtensionResult, Running, Waiting, extension_result
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

PAIR = BY_NAME["runway"]
MORE = {"gemini_omni_flash_1.1": {"ratio": "1280:720"}, "seedance2_5": {"audio": True}}


@pytest.mark.parametrize("is_whole", [True, False])
@pytest.mark.parametrize("name", MORE)
async def test_a_clip_goes_on_either_way(name: str, is_whole: bool) -> None:
    fake = PAIR.make_fake(extension_is_whole=is_whole)
    with fake.serving():
        account = PAIR.account(fake)
        provider, model = PAIR.adapter.make(account), PAIR.specs()[name]
        badge = film.new_badge()
        more: dict[str, Any] = {"seconds": 10, "added_seconds": 6, "strategy": "frame", "clip": clip(badge, 4.0)}
        job = job_for(model, "on and on", operation=Operation.EXTENSION, **more)
        upstream_id = (await provider.submit(job)).upstream_id
        answer = await provider.poll(upstream_id)
        while isinstance(answer, Waiting | Running):
            answer = await provider.poll(upstream_id)
        assert isinstance(answer, Done)
        data = b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])
        assert film.badge_of(data) == badge
        size, seconds = film.measures(data)
        assert (size, round(seconds)) == (Size(1280, 720), 10 if is_whole else 6)
        (made,) = fake.accepted
        asked = {name: value for name, value in made.asked.items() if name not in ("videoUri", "promptVideo")}
        assert asked == {"model": name, "mode": "extend", "promptText": "on and on", "duration": 6, **MORE[name]}
        await account.door.aclose()


@pytest.mark.parametrize("told", ExtensionResult)
def test_the_operator_may_know_what_runway_answers(told: ExtensionResult) -> None:
    account = PAIR.account(PAIR.make_fake(), extension_result=str(told))
    assert extension_result(PAIR.adapter.make(account)) is told
    assert extension_result(PAIR.adapter.make(PAIR.account(PAIR.make_fake()))) is ExtensionResult.MEASURED
