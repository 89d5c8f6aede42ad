"""ComfyUI: a picture that guides, by the reference image of a VACE graph."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from contract.jobs import given, job_for
from mutoscope.domain.catalog import Capability
from mutoscope.domain.video import Size
from mutoscope.providers.protocol import Done, Running, Waiting
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

PAIR = BY_NAME["comfyui"]


async def test_a_picture_guides_a_create(tmp_path: Path) -> None:
    fake = PAIR.make_fake()
    with fake.serving():
        account = PAIR.account(fake)
        model = account.models[0]
        graph = json.loads(Path(model.wiring["image"]["workflow"]).read_bytes())
        inputs = {**graph["40"]["inputs"], "strength": 1.0, "reference_image": graph["40"]["inputs"]["start_image"]}
        del inputs["start_image"]
        graph["40"] = {"class_type": "WanVaceToVideo", "inputs": inputs}
        workflow = tmp_path / "guided.json"
        workflow.write_text(json.dumps(graph))
        places = dict(model.wiring["image"]["inputs"])
        places["guide"] = places.pop("image")
        guided = {**model.wiring["image"], "workflow": str(workflow), "inputs": places}
        can = model.capabilities | {Capability.REFERENCES}
        model = replace(model, capabilities=can, wiring={**model.wiring, "guided": guided})
        provider = PAIR.adapter.make(replace(account, models=(model,)))
        badge = film.new_badge()
        picture = given(film.picture(badge, Size(640, 480)), "image/png", size=Size(640, 480))
        upstream_id = (await provider.submit(job_for(model, guides=(picture,)))).upstream_id
        answer = await provider.poll(upstream_id)
        for _ in range(15):
            if not isinstance(answer, Waiting | Running):
                break
            answer = await provider.poll(upstream_id)
        assert isinstance(answer, Done), answer
        data = b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])
        assert film.badge_of(data) == badge
        assert fake.accepted[0].kind == "reference"
        await provider.aclose()
        await account.door.aclose()
