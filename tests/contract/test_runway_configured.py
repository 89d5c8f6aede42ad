"""Models of Runway's that are in no table of ours: the entries that its page shows are all that one needs."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from contract.jobs import job_for
from mutoscope.clock import SystemClock
from mutoscope.domain.catalog import Capability
from mutoscope.domain.video import Size
from mutoscope.providers.configuration import read_providers
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.protocol import Done, Running, Waiting
from mutoscope.providers.registry import Registry
from mutoscope.providers.toml_file import TomlFile
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.checks import flag, one_of, text, whole
from mutoscope.testing.upstreams.door import door_to
from mutoscope.testing.upstreams.fake import SECRET
from mutoscope.testing.upstreams.runway import RunwayFake
from mutoscope.testing.upstreams.runway.fields import pictures, ratios
from mutoscope.testing.upstreams.runway.models import Model

pytestmark = pytest.mark.anyio

PAGE = (Path(__file__).parents[2] / "docs/providers/runway.md").read_text()
(ENTRIES,) = (block for block in re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL) if "wan3" in block)
NAMES = ("grok_imagine_1_5", "wan3", "kling_4-new")
AUTO = one_of("auto_480p", "auto_720p", "auto_1080p")
WORDS: dict[str, Any] = {"promptText": text, "duration": whole(1, 15)}


def framed(*positions: str, **fields: Any) -> Model:
    return Model("frame", {**WORDS, "promptImage": pictures(*positions), **fields}, ("promptImage",), "promptImage")


# By the types of runwayml 5.24.0.
THERE = {
    "text_to_video": {
        "grok_imagine_1_5": Model(
            "create",
            {**WORDS, "ratio": ratios("1:1 16:9 9:16 4:3 3:4 3:2 2:3"), "resolution": one_of("480p", "720p", "1080p")},
            ("promptText",),
        ),
        "wan3": Model(
            "create",
            {**WORDS, "audio": flag, "ratio": ratios("1280:720 720:1280 1920:1080 1080:1920")},
            ("promptText",),
        ),
        "kling_4": Model(
            "create",
            {**WORDS, "ratio": ratios("1280:720 720:1280 940:940 1920:1080 1080:1920 1440:1440")},
            ("promptText",),
        ),
    },
    "image_to_video": {
        "grok_imagine_1_5": framed("first", resolution=one_of("480p", "720p", "1080p")),
        "wan3": framed("first", "last", audio=flag, ratio=AUTO),
        "kling_4": framed("first", "last", ratio=one_of("auto_720p", "auto_1080p")),
    },
}


@pytest.mark.parametrize("name", NAMES)
async def test_an_entry_alone_is_enough(name: str) -> None:
    fake = RunwayFake(allows_loopback=True, models=THERE)
    with fake.serving():
        file = TomlFile("providers.toml", f'[runway]\nbase_url = "{fake.url}"\napi_key_env = "KEY"\n{ENTRIES}')
        (told,) = read_providers(file, {"KEY": SECRET}, ModelData(), Registry(installed=())).providers
        door = door_to(fake.url)
        provider = told.make(told.credentials[0], door, SystemClock())
        try:
            (model,) = (model for model in provider.models if model.name == name)
            first, last = film.picture(41, Size(640, 360)), film.picture(42, Size(640, 360))
            can_end = Capability.LAST_FRAME in model.capabilities
            for size in model.sizes.sizes:
                await provider.submit(job_for(model, size=size))
                made = fake.accepted[-1]
                assert (made.kind, made.model) == ("create", model.upstream_model)
                assert made.size.width * size.height == pytest.approx(made.size.height * size.width, rel=0.01)
                await provider.submit(job_for(model, size=size, reference=first, last_frame=last if can_end else None))
                assert (fake.accepted[-1].kind, fake.accepted[-1].badge) == ("frame", 41)
                assert fake.accepted[-1].ending == (42 if can_end else None)
            upstream_id = (await provider.submit(job_for(model))).upstream_id
            while isinstance(answer := await provider.poll(upstream_id), Waiting | Running):
                pass
            assert isinstance(answer, Done), answer
            data = b"".join([chunk async for chunk in provider.fetch(answer.assets[0])])
            assert film.badge_of(data) == fake.accepted[-1].badge
            await provider.cancel(upstream_id)
        finally:
            await door.aclose()
