"""A browser's page under watch: scripts that fail, policies that are broken, dialogs and foreign addresses are kept."""

from __future__ import annotations

import time
from typing import Any

from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, StorageState

from browser.chromium import DESKTOP

# Told on the console, which outlives the page that said it.
REPORTER = """
addEventListener("securitypolicyviolation", (event) =>
  console.error("POLICY", event.violatedDirective, event.blockedURI)
);
"""
# What the hostile strings of `hostile.py` set, where one of them is ever run.
CANARY = "pwned"


class Seen:
    """complaints: what went wrong so far. close: AssertionError if anything did."""

    def __init__(self, browser: Browser, url: str, session: StorageState | None = None, **options: Any) -> None:
        width, height = options.pop("size", DESKTOP)
        self.url = url
        self.complaints: list[str] = []
        self.context = browser.new_context(
            base_url=url, storage_state=session, viewport={"width": width, "height": height}, **options
        )
        self.context.add_init_script(REPORTER)
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.complaints.append(f"script: {error}"))
        self.page.on("request", self._asked)

    def until(self, expression: str, argument: Any = None, seconds: float = 120) -> None:
        """Wait until this holds in the page. Playwright's own way needs `eval`, which the page's policy refuses."""
        deadline = time.monotonic() + seconds
        while not self._holds(expression, argument):
            assert time.monotonic() < deadline, f"never: {expression}"
            self.page.wait_for_timeout(50)

    def _holds(self, expression: str, argument: Any) -> bool:
        try:
            return bool(self.page.evaluate(expression, argument))
        except Error as error:
            # The page is being replaced by the next one.
            if "context" not in str(error):
                raise
            return False

    def watch_dialogs(self) -> None:
        """From now on a dialog is a complaint."""

        def opened(dialog: Any) -> None:
            self.complaints.append(f"dialog: {dialog.message}")
            dialog.dismiss()

        self.page.on("dialog", opened)

    def check(self) -> None:
        if not self.page.url.startswith("about:") and self.page.evaluate(f"typeof {CANARY}") != "undefined":
            self.complaints.append(f"the canary is set on {self.page.url}")
        assert self.complaints == []

    def close(self) -> None:
        self.check()
        self.context.close()

    def _heard(self, message: ConsoleMessage) -> None:
        # The browser also tells of every answer that is no success; tests ask for some.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.url, "data:", "blob:")):
            self.complaints.append(f"foreign: {request.url}")
