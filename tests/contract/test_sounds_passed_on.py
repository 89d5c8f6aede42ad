"""Sounds among the references: each adapter that takes them, against the fake of its upstream."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contract.jobs import clip, given, job_for
from mutoscope.domain.catalog import Capability, ModelSpec
from mutoscope.domain.errors import UpstreamError
from mutoscope.domain.video import Size
from mutoscope.providers.protocol import Done, Given, Provider, Running, Waiting
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeUpstream
from mutoscope.testing.upstreams.roster import BY_NAME
from studio import sound

pytestmark = pytest.mark.anyio

GUIDED = frozenset({Capability.REFERENCES, Capability.SOUND_REFERENCES})


@asynccontextmanager
async def world(
    name: str, model: Callable[[ModelSpec], ModelSpec] = lambda spec: spec, **more: Any
) -> AsyncIterator[tuple[FakeUpstream, Provider, ModelSpec]]:
    """A fake, its adapter, and one model. model: what becomes of the roster's. more: the fake's arguments."""
    pair = BY_NAME[name]
    fake = pair.make_fake(**more)
    with fake.serving():
        options = {"dialect": more["flavour"]} if "flavour" in more else {}
        account = pair.account(fake, **options)
        spec = model(next(one for one in account.models if one.name == pair.creates))
        provider = pair.adapter.make(replace(account, models=(spec,)))
        yield fake, provider, spec
        await provider.aclose()
        await account.door.aclose()


def heard(fake: FakeUpstream, seconds: float, kind: str = "mp3") -> Given:
    data = sound(kind, seconds)
    return given(data, "audio/mpeg", seconds=seconds, link=fake.link(data, f".{kind}"))


async def made(provider: Provider, upstream_id: str) -> bytes:
    answer = await provider.poll(upstream_id)
    for _ in range(15):
        if not isinstance(answer, Waiting | Running):
            break
        answer = await provider.poll(upstream_id)
    assert isinstance(answer, Done), answer
    return b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])


def vllm(spec: ModelSpec) -> ModelSpec:
    name = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
    return replace(spec, upstream_model=name, capabilities=GUIDED, remembers=frozenset(), price=None)


@pytest.mark.parametrize("name", ["seedance", "xai"])
async def test_sounds_go_by_their_address(name: str) -> None:
    async with world(name) as (fake, provider, spec):
        guides = (heard(fake, 1.0), heard(fake, 2.5, "flac"))
        assert await made(provider, (await provider.submit(job_for(spec, guides=guides))).upstream_id)
        assert fake.accepted[-1].more["sounds"] == pytest.approx([1.0, 2.5], abs=0.1)


@pytest.mark.parametrize("has_link", [True, False])
async def test_vllm_omni_takes_one_by_address_or_as_it_is(has_link: bool) -> None:
    async with world("openai_compatible", vllm, flavour="vllm_omni") as (fake, provider, spec):
        hum = heard(fake, 1.5)
        hum = hum if has_link else replace(hum, link=None)
        badge = film.new_badge()
        picture = given(film.picture(badge, Size(640, 480)), "image/png", size=Size(640, 480))
        upstream_id = (await provider.submit(job_for(spec, guides=(picture, hum)))).upstream_id
        assert film.badge_of(await made(provider, upstream_id)) == badge
        assert fake.accepted[-1].more["sounds"] == pytest.approx([1.5], abs=0.1)


def guided_by_clip_and_sound(folder: Path) -> Callable[[ModelSpec], ModelSpec]:
    """A graph that puts a sound under a clip which VACE goes by."""

    def made_of(model: ModelSpec) -> ModelSpec:
        edit = model.wiring["edit"]
        graph = json.loads(Path(edit["workflow"]).read_bytes())
        graph["60"] = {"class_type": "LoadAudio", "inputs": {"audio": "hum.wav"}}
        graph["9"]["inputs"]["audio"] = ["60", 0]
        workflow = folder / "guided.json"
        workflow.write_text(json.dumps(graph))
        places = {name: place for name, place in edit["inputs"].items() if name != "video"}
        places |= {"guide_clip": "50.inputs.file", "guide_sound": "60.inputs.audio"}
        guided = {"workflow": str(workflow), "inputs": places}
        return replace(model, capabilities=model.capabilities | GUIDED, wiring={**model.wiring, "guided": guided})

    return made_of


async def test_comfyui_loads_a_clip_and_a_sound(tmp_path: Path) -> None:
    async with world("comfyui", guided_by_clip_and_sound(tmp_path)) as (fake, provider, spec):
        badge = film.new_badge()
        guides = (heard(fake, 1.0), clip(badge, 3.0, Size(832, 480)))
        upstream_id = (await provider.submit(job_for(spec, guides=guides))).upstream_id
        assert film.badge_of(await made(provider, upstream_id)) == badge
        assert fake.accepted[-1].more["sounds"] == pytest.approx([1.0], abs=0.1)


@pytest.mark.parametrize(("name", "more"), [("seedance", {}), ("openai_compatible", {"flavour": "vllm_omni"})])
async def test_a_fake_hears_what_is_no_sound(name: str, more: dict[str, Any]) -> None:
    async with world(name, vllm if more else lambda spec: spec, **more) as (fake, provider, spec):
        silent = film.film(film.new_badge(), Size(640, 480), 1.0)
        wrong = given(silent, "audio/mpeg", seconds=1.0, link=fake.link(silent, ".mp3"))
        with pytest.raises(UpstreamError, match="no sound"):
            await provider.submit(job_for(spec, guides=(wrong,)))
        assert not fake.accepted
