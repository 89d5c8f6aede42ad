"""What axe-core finds on every page, in both themes: nothing serious, nothing critical."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, StorageState

from acceptance.servers import ServerProcess
from browser.chromium import DESKTOP, PHONE
from browser.seen import Seen
from browser.stock import OTHERS, Stock

AXE = Path(__file__).parents[2] / ".clients" / "axe" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
pytestmark = pytest.mark.timeout(300)

RUN = """
async () => (await axe.run()).violations.map(({ id, impact, nodes }) => ({
  id, impact, nodes: nodes.slice(0, 5).map((node) => `${node.target} ${node.failureSummary}`)
}))
"""


@pytest.fixture(scope="module")
def axe() -> str:
    assert AXE.exists(), "axe-core is missing: `make clients` installs it"
    return AXE.read_text()


@pytest.mark.parametrize("size", [DESKTOP, PHONE], ids=["desktop", "phone"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious(
    axe: str, browser: Browser, server: ServerProcess, session: StorageState, stock: Stock, theme: str,
    size: tuple[int, int],
) -> None:  # fmt: skip
    # What axe itself adds to a page is none of the page's: its policy is left out here, and here alone.
    seen = Seen(browser, server.url, session, color_scheme=theme, size=size, bypass_csp=True, reduced_motion="reduce")
    page = seen.page
    found = {}
    for path in paths_of(stock):
        page.goto(path)
        page.wait_for_load_state()
        if path.endswith("/compare"):
            page.locator("[data-controls]:not([hidden])").wait_for()
        if path.endswith("#sure"):
            page.locator("[popovertarget=sure]").first.click()
        page.evaluate(axe)
        if grave := [one for one in page.evaluate(RUN) if one["impact"] in GRAVE]:
            found[path] = grave
    seen.context.clear_cookies()
    page.goto("/sign-in")
    page.evaluate(axe)
    if grave := [one for one in page.evaluate(RUN) if one["impact"] in GRAVE]:
        found["/sign-in"] = grave
    assert found == {}
    seen.close()


def paths_of(stock: Stock) -> list[str]:
    grandchild, child = stock.grandchild, stock.child
    return [
        "/",
        "/?q=nothing-is-like-that",
        f"/page/videos/{stock.root}",
        f"/page/videos/{grandchild}",
        f"/page/videos/{grandchild}#sure",
        f"/page/videos/{stock.failed}",
        f"/page/videos/{child}/compare",
        f"/page/videos/{grandchild}/lineage",
        "/playground",
        f"/playground?model={OTHERS}",
        "/settings",
        "/settings/webhooks",
        stock.endpoint,
        "/page/nothing",
    ]
