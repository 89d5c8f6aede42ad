"""The pictures of docs/how-to/use-the-page.md, where SCREENSHOTS names their folder: `make screenshots` does."""

from __future__ import annotations

import io
import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.sync_api import Browser, StorageState, expect

from acceptance.servers import ServerProcess
from browser.seen import Seen
from browser.stock import Stock

FOLDER = os.environ.get("SCREENSHOTS", "")
SIZE = (1200, 800)
COLOURS = 256
MOST_BYTES = 200_000
SCENES = (
    "A neon city street in the rain at night, tall towers",
    "Dunes at golden hour, aerial shot",
    "A lighthouse in a storm, waves breaking over the rocks",
    "A coral reef with drifting jellyfish",
)
ROOT = "A cinematic drone shot over a misty lake at sunrise"

pytestmark = [pytest.mark.timeout(1800), pytest.mark.skipif(not FOLDER, reason="SCREENSHOTS is not set")]


def test_pictures_for_the_docs(
    browser: Browser, server: ServerProcess, session: StorageState, stock: Stock, receiver: str
) -> None:
    asked = {"name": "My app", "url": f"http://{receiver}/hooks", "event_types": ["video.completed", "video.failed"]}
    endpoint = stock.http.post("/v1/webhook_endpoints", json=asked).raise_for_status().json()["id"]
    for prompt in SCENES:
        stock.create(prompt, model="flipbook", size="640x360")
    root = stock.create(ROOT, model="flipbook", size="960x540")
    snow = stock.remix(root, "Keep the same camera movement but make it a snowy mountain at dawn")
    for source, change in ((root, "Make it night, with stars"), (snow, "Let it snow harder"), (snow, "In autumn")):
        stock.remix(source, change)
    looks = {
        "gallery": ("/", "light"),
        "compare": (f"/page/videos/{snow}/compare", "dark"),
        "tree": (f"/page/videos/{snow}/lineage", "light"),
        "playground": ("/playground", "light"),
        "settings": ("/settings", "dark"),
        "webhooks": (f"/page/webhooks/{endpoint}", "light"),
    }
    for name, (path, theme) in looks.items():
        seen = Seen(browser, server.url, session, size=SIZE, color_scheme=theme, reduced_motion="reduce")
        page = seen.page
        page.goto(path)
        page.wait_for_load_state("networkidle")
        if name == "compare":
            page.get_by_label("Time", exact=True).fill("2")
            page.get_by_label("Time", exact=True).blur()
            page.wait_for_timeout(1_000)
        if name == "playground":
            page.get_by_label("Prompt").fill("A steam train crossing a viaduct in autumn")
            page.get_by_role("button", name="Check plan and price").click()
            expect(page.get_by_role("heading", name="This is what would be made")).to_be_visible()
            expect(page.get_by_role("button", name="Show what this model takes")).to_be_hidden()
        keep(page.screenshot(), Path(FOLDER) / f"page-{name}.png")
        seen.close()


def keep(screenshot: bytes, path: Path) -> None:
    """With few enough colours to be small."""
    picture = Image.open(io.BytesIO(screenshot)).convert("RGB")
    for colours in (COLOURS, COLOURS // 2):
        picture.quantize(colours, dither=Image.Dither.NONE).save(path, optimize=True)
        if path.stat().st_size <= MOST_BYTES:
            return
    raise AssertionError(f"{path.name} has {path.stat().st_size} bytes")
