"""The playground: what a model lets one choose, what it costs, and what is made of a form."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image
from test_page_videos import signed_in
from visitor import SITE, Visitor, hidden

from mutoscope.app import Mutoscope
from mutoscope.domain.catalog import Capability
from mutoscope.domain.money import Price
from mutoscope.domain.video import Size
from mutoscope.service.requests import Caller
from mutoscope.testing import ScriptedProvider

pytestmark = pytest.mark.anyio

PRICED = Price(per_second=100_000, as_of="2026-11-25")


def paid(*capabilities: Capability) -> ScriptedProvider:
    provider = ScriptedProvider(price=PRICED)
    lengths = {"seconds": (4, 8, 12), "default_seconds": 4}
    provider.models = (replace(provider.models[0], capabilities=frozenset(capabilities), **lengths),)
    return provider


def png(size: Size) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (size.width, size.height), "navy").save(written, "PNG")
    return written.getvalue()


async def count(server: Mutoscope, caller: Caller) -> int:
    return len((await server.service.list(caller, after=None, limit=100, descending=True)).videos)


async def send(visitor: Visitor, picture: bytes | None = None, **fields: str) -> tuple[int, str, str]:
    """Status, body and the place that the answer leads to."""
    answer = await visitor.client.post(
        "/playground",
        data={"prompt": "a lake", "once": "0" * 32, **fields},
        files={"input_reference": ("a.png", b"" if picture is None else picture, "image/png")},
        headers={"origin": SITE, "sec-fetch-site": "same-origin", "sec-fetch-dest": "document"},
    )
    return answer.status_code, answer.text, answer.headers.get("location", "")


def error_of(html: str, field: str) -> str:
    found = re.search(rf'id="{field}-error">.*?<span>(.*?)</span>', html, re.DOTALL)
    return found[1] if found else ""


async def test_choices_follow_the_model(tmp_path: Path) -> None:
    async with signed_in(tmp_path, paid()) as (server, _, visitor):
        shown = (await visitor.get("/playground?seconds=8&prompt=%22%3Cb%3E")).text
        assert "0.80 USD" in shown
        assert "Rehearse it for free" in shown
        assert "<b>" not in shown
        assert "&#34;&lt;b&gt;</textarea>" in shown
        model = server.service.catalog.models[server.service.catalog.default]
        for length in model.seconds:
            assert f'<option value="{length}"' in shown
        assert "0.40 USD" in (await visitor.get("/playground?seconds=9999&size=1x1&model=nobody")).text


async def test_a_plan_makes_nothing_and_a_form_makes_one(tmp_path: Path) -> None:
    async with signed_in(
        tmp_path,
        paid(),
    ) as (server, caller, visitor):
        status, shown, _ = await send(visitor, do="plan", seconds="4")
        assert (status, "This is what would be made" in shown) == (200, True)
        assert await count(server, caller) == 0
        once = hidden(shown, "once")
        first = await send(visitor, do="make", seconds="4", once=once)
        again = await send(visitor, do="make", seconds="4", once=once)
        assert first[0] == again[0] == 303
        assert first[2] == again[2]
        assert await count(server, caller) == 1
        assert (await send(visitor, do="make", seconds="4", once="another"))[2] != first[2]


async def test_a_rehearsal_costs_nothing(tmp_path: Path) -> None:
    async with signed_in(tmp_path, paid()) as (server, caller, visitor):
        status, _, place = await send(visitor, do="rehearse", seconds="4")
        assert status == 303
        video = await server.service.retrieve(caller, place.rpartition("/")[2])
        assert video.rehearsal is not None
        assert video.usage is None


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("prompt", "", "empty"),
        ("prompt", "a\x00b", "control character"),
        ("seed", "seven", "whole number"),
        ("seed", "99999999999", "integer from 0"),
        ("seconds", "5", "Supported values"),
        ("seconds", "-1", "Supported values"),
        ("size", "1x1", "Supported values"),
        ("model", "nobody", "does not exist"),
        ("provider_options", "[1]", "JSON object"),
        ("provider_options", "{" * 9000, "JSON object"),
    ],
)
async def test_an_error_stands_beside_its_field(tmp_path: Path, field: str, value: str, said: str) -> None:
    async with signed_in(tmp_path, paid(Capability.SEED, Capability.OPTIONS, Capability.NEGATIVE_PROMPT)) as (
        server,
        caller,
        visitor,
    ):
        status, shown, _ = await send(visitor, None, **{"do": "make", field: value})
        assert status == 400
        assert said in error_of(shown, field)
        assert await count(server, caller) == 0


async def test_a_picture_goes_along(tmp_path: Path) -> None:
    async with signed_in(tmp_path, paid(Capability.IMAGE_REFERENCE)) as (
        server,
        caller,
        visitor,
    ):
        size = server.service.catalog.models[server.service.catalog.default].default_size
        status, shown, _ = await send(visitor, b"no picture", do="make")
        assert status == 400
        assert error_of(shown, "input_reference")
        assert "Choose the picture again" in shown
        status, shown, place = await send(visitor, png(size), do="make", size=str(size))
        assert status == 303, error_of(shown, "input_reference")
        video = await server.service.retrieve(caller, place.rpartition("/")[2])
        assert video.request.reference is not None


async def test_a_form_is_bounded(tmp_path: Path) -> None:
    async with signed_in(tmp_path, paid()) as (_, _, visitor):
        status, shown, _ = await send(visitor, b"\0" * 26 * 1024 * 1024, do="make")
        assert status == 400
        assert "longer than" in shown
        broken = await visitor.client.post(
            "/playground",
            content=b"--x\r\nnonsense",
            headers={"origin": SITE, "content-type": "multipart/form-data; boundary=x"},
        )
        assert broken.status_code == 400
