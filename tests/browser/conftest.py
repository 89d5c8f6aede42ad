"""A real server with clips in it, and Debian's Chromium looking at it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from playwright.sync_api import Browser, StorageState, sync_playwright

from acceptance.servers import ServerProcess
from browser.chromium import CHROMIUM, FLAGS
from browser.seen import Seen
from browser.stock import MODEL, PROVIDERS, Stock


class _Taker(BaseHTTPRequestHandler):
    """Takes every webhook."""

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture(scope="session")
def receiver() -> Iterator[str]:
    """The address of somebody in the operator's own network, where webhooks may be sent."""
    with ThreadingHTTPServer(("127.0.0.1", 0), _Taker) as taker:
        Thread(target=taker.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{taker.server_port}"
        taker.shutdown()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory, receiver: str) -> Iterator[ServerProcess]:
    folder = tmp_path_factory.mktemp("page")
    (folder / "providers.toml").write_text(PROVIDERS)
    chosen = {"MUTOSCOPE_DEFAULT_MODEL": MODEL, "MUTOSCOPE_PROVIDERS": str(folder / "providers.toml")}
    chosen["MUTOSCOPE_WEBHOOK_HOSTS"] = receiver
    started = ServerProcess(folder / "data", chosen)
    yield started
    assert started.stop() == 0, started.log.read_text()[-4000:]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one file: as long as it is there, a loop runs in this thread, and no other test could run one."""
    if not Path(CHROMIUM).exists():
        missing = f"{CHROMIUM} is missing. On Debian: apt-get install chromium"
        if os.environ.get("CI") == "true":
            pytest.fail(missing)
        pytest.skip(missing)
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield launched
        launched.close()


@pytest.fixture(scope="session")
def stock(server: ServerProcess) -> Iterator[Stock]:
    with server.http() as http:
        yield Stock(http)


@pytest.fixture(scope="module")
def session(server: ServerProcess, browser: Browser) -> StorageState:
    """The cookies of somebody who is signed in."""
    context = browser.new_context(base_url=server.url)
    page = context.new_page()
    page.goto("/")
    page.get_by_label("API key").fill(server.api_key)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("heading", name="Gallery").or_(
        page.get_by_role("heading", name="Make your first")
    ).first.wait_for()
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture
def seen(server: ServerProcess, browser: Browser, session: StorageState) -> Iterator[Seen]:
    """A page of somebody signed in, on which nothing may go wrong unseen."""
    looking = Seen(browser, server.url, session)
    yield looking
    looking.close()
