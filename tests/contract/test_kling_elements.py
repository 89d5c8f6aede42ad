"""Elements that a caller has saved at Kling, by either API; and 4k by the older one."""

from __future__ import annotations

from typing import Any

import pytest

from contract.jobs import changing, clip, given, job_for
from contract.test_kling_older import ended, error_of, kling
from mutoscope.domain.errors import UpstreamRejected
from mutoscope.domain.video import Size
from mutoscope.providers.protocol import Done, Job
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

SPECS = BY_NAME["kling"].specs()
HERO, LAMP = "829391812391", 17
NEWER = {"contents": [{"type": "element", "element_id": HERO}, {"type": "element", "element_id": LAMP, "id": "lamp"}]}
OLDER = {"element_list": [{"element_id": HERO}, {"element_id": LAMP}]}


def asked(name: str, prompt: str = "she waves", **more: Any) -> Job:
    theirs = OLDER if SPECS[name].wiring.get("is_older") else NEWER
    return job_for(SPECS[name], prompt, options={"provider_options": theirs}, **more)


@pytest.mark.parametrize("name", ["kling-3.0-omni", "kling-o1", "kling-video-o1", "kling-v3-omni"])
async def test_elements_are_named_and_go_along(name: str) -> None:
    async with kling(elements=(HERO, LAMP)) as (fake, provider):
        guide = given(film.picture(5, Size(480, 640)), "image/png", size=Size(480, 640))
        upstream_id = (await provider.submit(asked(name, guides=(guide,)))).upstream_id
        assert isinstance(await ended(provider, upstream_id), Done)
        (job,) = fake.accepted
        assert (job.kind, job.more["ignored"]) == ("reference", [])
        named = "@image_1, @element_1, @lamp." if "contents" in job.asked else None
        named = named or "<<<image_1>>>, <<<element_1>>>, <<<element_2>>>."
        assert job.prompt == f"she waves. Be guided by {named}"


@pytest.mark.parametrize("name", ["kling-3.0-omni", "kling-v3-omni"])
async def test_elements_beside_a_clip_that_is_edited(name: str) -> None:
    async with kling(elements=(HERO, LAMP)) as (fake, provider):
        link = fake.link(film.film(7, Size(1280, 720), 4.0))
        theirs = asked(name).request.options
        await provider.submit(changing(SPECS[name], clip(7, 4.0, link=link), "edit", options=dict(theirs)))
        assert (fake.accepted[0].kind, fake.accepted[0].badge) == ("edit", 7)


@pytest.mark.parametrize("name", ["kling-3.0-omni", "kling-v3-omni"])
async def test_an_element_that_is_not_there_is_refused_by_kling(name: str) -> None:
    async with kling(elements=()) as (fake, provider):
        assert type(await error_of(provider.submit(asked(name)))) is UpstreamRejected
        assert fake.accepted == []


@pytest.mark.parametrize("wrong", [{}, ["hero"], [{"element_id": True}], [{"element_id": ""}], [{"id": "hero"}]])
async def test_what_is_no_list_of_elements_is_refused_before_anything_is_sent(wrong: Any) -> None:
    async with kling() as (fake, provider):
        job = job_for(SPECS["kling-v3-omni"], options={"provider_options": {"element_list": wrong}})
        error = await error_of(provider.submit(job))
        assert type(error) is UpstreamRejected
        assert "element_list" in error.message
        assert fake.requests == []


@pytest.mark.parametrize("name", ["kling-v3", "kling-v3-omni"])
@pytest.mark.parametrize(
    ("size", "mode"), [(Size(1280, 720), "std"), (Size(1080, 1920), "pro"), (Size(3840, 2160), "4k")], ids=str
)
async def test_a_size_of_the_older_api_is_a_mode_and_has_its_price(name: str, size: Size, mode: str) -> None:
    model = SPECS[name]
    async with kling() as (fake, provider):
        await provider.submit(job_for(model, size=size))
        (job,) = fake.accepted
        assert (job.asked["mode"], job.size) == (mode, size)
    assert model.price is not None
    paid = {"std": 84_000, "pro": 112_000, "4k": 420_000}[mode]
    assert model.price.of(1, min(size.width, size.height)) == paid
