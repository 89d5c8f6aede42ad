"""Screenshots of every page, in both themes and both widths, against a real server with videos in it.

python tests/browser/shots.py FOLDER [DATA]

DATA keeps the server's folder, so that the videos are made once.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
from chromium import CHROMIUM, FLAGS
from playwright.sync_api import Browser, Page, sync_playwright

WIDTHS = {"desktop": (1280, 860), "phone": (390, 844)}
THEMES = ("light", "dark")
SCENES = (
    ("A cinematic drone shot over a misty lake at sunrise", "1280x720", "4"),
    ("A lighthouse in a storm, waves breaking over the rocks", "1280x720", "4"),
    ("A neon city street in the rain at night, tall towers", "720x1280", "4"),
    ("A coral reef with drifting jellyfish", "1280x720", "4"),
    ("Dunes at golden hour, aerial shot", "1280x720", "4"),
)
REMIXES = (
    (0, "Keep the same camera movement but make it a snowy mountain at dawn"),
    (1, "Make it night, with lightning"),
)
HOSTILE = '<script>alert(1)</script> "quoted" & <img src=x onerror=alert(2)> averyveryverylongword' + "o" * 60


@dataclass(frozen=True)
class Server:
    """A running server. link: one that signs in once."""

    url: str
    api_key: str
    link: str


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    announcement, log = folder / "announced", folder / "log"
    announcement.unlink(missing_ok=True)
    command = [sys.executable, "-m", "mutoscope", "serve", "--port", "0", "--data-dir", str(folder / "data")]
    with log.open("wb") as output:
        process = subprocess.Popen([*command, "--announce", str(announcement)], stdout=output, stderr=output)
    try:
        wait_for(announcement.exists, 60)
        said = json.loads(announcement.read_text())
        key = folder / "key"
        if said["api_key"]:
            key.write_text(said["api_key"])
        made = [sys.executable, "-m", "mutoscope", "page", "--data-dir", str(folder / "data"), "--url", said["url"]]
        link = subprocess.run(made, capture_output=True, text=True, check=True).stdout.strip()
        yield Server(said["url"], key.read_text(), link)
    finally:
        process.terminate()
        process.wait(30)


def wait_for(check: Any, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not check():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.1)


class Maker:
    """Makes videos as any client does."""

    def __init__(self, server: Server) -> None:
        self.http = httpx.Client(
            base_url=f"{server.url}/v1", headers={"Authorization": f"Bearer {server.api_key}"}, timeout=60
        )

    def create(self, **fields: Any) -> str:
        return self.http.post("/videos", json=fields).raise_for_status().json()["id"]

    def remix(self, source: str, **fields: Any) -> str:
        return self.http.post(f"/videos/{source}/remix", json=fields).raise_for_status().json()["id"]

    def ended(self, video_id: str, seconds: float = 300) -> str:
        def is_final() -> bool:
            return self.http.get(f"/videos/{video_id}").json()["status"] in ("completed", "failed")

        wait_for(is_final, seconds)
        return video_id


def seed(maker: Maker) -> dict[str, str]:
    """Videos worth looking at; their ids by what is to be seen in them."""
    roots = [maker.create(prompt=words, size=size, seconds=length) for words, size, length in SCENES]
    maker.ended(maker.create(prompt=HOSTILE, model="flipbook-instant", size="640x360", seconds="4"))
    failed = maker.create(
        prompt="A clip that the provider refuses", model="flipbook-instant", seconds="4", test_case="moderated"
    )
    for each in roots:
        maker.ended(each)
    remixes = [maker.ended(maker.remix(roots[place], prompt=words)) for place, words in REMIXES]
    chained = maker.ended(maker.remix(remixes[0], prompt="Let it snow harder"))
    maker.ended(failed)
    return {"root": roots[0], "remix": chained, "failed": failed, "portrait": roots[2]}


def sign_in(page: Page, server: Server, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Continue").click()
    page.wait_for_url(f"{server.url}/")


def shoot(browser: Browser, server: Server, ids: dict[str, str], state: Any, out: Path) -> None:
    places = {"gallery": "/", "search": "/?q=lake&status=completed", "nothing": "/?q=zzz", "missing": "/page/nothing"}
    places |= {f"video-{name}": f"/page/videos/{video_id}" for name, video_id in ids.items()}
    for width, (across, down) in WIDTHS.items():
        for theme in THEMES:
            context = browser.new_context(
                viewport={"width": across, "height": down}, color_scheme=theme, storage_state=state
            )
            page = context.new_page()
            page.on("console", lambda message: print(f"console {message.type}: {message.text}"))
            for name, path in places.items():
                page.goto(server.url + path)
                page.wait_for_load_state("networkidle")
                overflow = page.evaluate("document.documentElement.scrollWidth - innerWidth")
                if overflow > 0:
                    print(f"{name} {width}: {overflow} px too wide")
                # Pictures below the window are fetched when they come near it.
                page.evaluate("document.querySelectorAll('img').forEach((image) => { image.loading = 'eager' })")
                page.wait_for_load_state("networkidle")
                page.screenshot(path=out / f"{name}-{width}-{theme}.png", full_page=True)
            plan_of_a_remix(page, server, ids["root"], out / f"plan-{width}-{theme}.png")
            context.close()


def plan_of_a_remix(page: Page, server: Server, video_id: str, path: Path) -> None:
    page.goto(f"{server.url}/page/videos/{video_id}")
    page.get_by_label("What should change").fill("Make it a stormy night")
    page.get_by_role("button", name="Show plan and price").click()
    page.wait_for_load_state("networkidle")
    page.screenshot(path=path, full_page=True)


def main(out: Path, data: Path) -> None:
    for folder in (out, data):
        folder.mkdir(parents=True, exist_ok=True)
    seeded = data / "seeded.json"
    with serving(data) as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        context = browser.new_context(viewport={"width": 1280, "height": 860})
        page = context.new_page()
        page.goto(f"{server.url}/")
        page.screenshot(path=out / "sign-in.png")
        sign_in(page, server, server.link)
        if not seeded.exists():
            page.screenshot(path=out / "empty.png", full_page=True)
            seeded.write_text(json.dumps(seed(Maker(server))))
        ids = json.loads(seeded.read_text())
        ids["running"] = Maker(server).create(prompt="A steam train crossing a viaduct in autumn", seconds="12")
        shoot(browser, server, ids, context.storage_state(), out)
        browser.close()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as temporary:
        main(Path(sys.argv[1]), Path(sys.argv[2] if len(sys.argv) > 2 else temporary))
