"""The page as its visitors use it: a real server, a real browser, real clips."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Locator, Page, StorageState, expect

from acceptance.servers import ServerProcess
from browser.chromium import PHONE, SMALL_PHONE
from browser.seen import Seen
from browser.stock import MODEL, Stock

VIDEO_PAGE = re.compile(r"/page/videos/video_[0-9a-f]{48}(#.*)?$")
WAIT = 120_000
pytestmark = pytest.mark.timeout(300)

# The drift between both clips, in seconds, over as many pictures while they play.
DRIFTS = """
(pictures) => new Promise((resolve) => {
  const [one, other] = document.querySelectorAll("[data-clip]");
  const found = [];
  const look = () => {
    if (found.push(Math.abs(one.currentTime - other.currentTime)) < pictures) requestAnimationFrame(look);
    else resolve(found);
  };
  look();
})
"""

# What is said of the element that has the focus.
FOCUSED = """
(() => {
  const it = document.activeElement;
  if (it.matches("body, main")) return "";
  return [it.getAttribute("aria-label"), it.labels?.[0]?.textContent, it.textContent].find(Boolean);
})()
"""


@pytest.fixture(autouse=True)
def _generous() -> None:
    expect.set_options(timeout=60_000)


def video_page(page: Page, video_id: str, more: str = "") -> None:
    page.goto(f"/page/videos/{video_id}{more}")


def clips(page: Page) -> tuple[Locator, Locator]:
    return page.locator("[data-clip=source]"), page.locator("[data-clip=remix]")


def time_of(clip: Locator) -> float:
    return clip.evaluate("(clip) => clip.currentTime")


def plays_on(seen: Seen, clip: str, beyond: float) -> None:
    seen.until("([clip, beyond]) => document.querySelector(clip)?.currentTime > beyond", [clip, beyond])


def test_sign_in_and_out(browser: Browser, server: ServerProcess) -> None:
    seen = Seen(browser, server.url)
    page = seen.page
    page.goto("/settings")
    expect(page).to_have_url(re.compile(r"/sign-in\?to="))
    page.get_by_label("API key").fill("muto-nobody")
    page.get_by_role("button", name="Sign in").click()
    expect(page.locator("#key-error")).to_contain_text("Incorrect API key")
    page.get_by_label("API key").fill(server.api_key)
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_role("heading", name="Settings", level=1)).to_be_visible()
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    page.goto("/")
    expect(page).to_have_url(re.compile("/sign-in$"))
    seen.close()


def test_from_the_playground_to_the_last_picture_and_away(seen: Seen) -> None:
    page = seen.page
    page.goto("/playground")
    page.get_by_label("Prompt").fill("A lighthouse in a storm")
    page.get_by_label("Model").select_option(MODEL)
    page.get_by_label("Size").select_option("640x360")
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(VIDEO_PAGE)
    # Its end is followed without anybody's doing: the page shows the clip by itself.
    page.locator("video").wait_for(timeout=WAIT)
    page.locator("video").evaluate("(video) => { video.muted = true; return video.play(); }")
    plays_on(seen, "video", 0.5)
    expect(page.get_by_text("AI-generated", exact=True)).to_be_visible()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("The video is deleted.")).to_be_visible()


def test_progress_is_seen_while_it_is_made(seen: Seen, stock: Stock) -> None:
    slow = stock.begin("", prompt="It takes half a minute", model=MODEL, seconds="4", test_case="slow")
    percent = "(place) => Number(document.querySelector(`${place} [data-percent]`)?.textContent)"
    page = seen.page
    video_page(page, slow)
    seen.until(f"(place) => ({percent})(place) > 0", "article")
    first = page.evaluate(percent, "article")
    seen.until(f"([place, first]) => ({percent})(place) > first", ["article", first])
    page.goto("/")
    card = f"#{slow}"
    first = page.evaluate(percent, card)
    seen.until(f"([place, first]) => ({percent})(place) > first", [card, first])
    assert page.locator(f"{card} progress").evaluate("(bar) => bar.value") > first
    # Deleted elsewhere: the card goes without a word of ours.
    stock.http.delete(f"/v1/videos/{slow}").raise_for_status()
    expect(page.locator(card)).to_have_count(0)


def test_a_remix_beside_its_source(seen: Seen, stock: Stock) -> None:
    page = seen.page
    video_page(page, stock.root)
    page.get_by_label("What should change").fill("Let the sun set")
    page.get_by_role("button", name="Show plan and price").click()
    expect(page.get_by_role("heading", name="This is what would be made")).to_be_visible()
    assert page.url.endswith("/remix#remix")
    page.get_by_role("button", name="Make the remix").click()
    page.wait_for_url(VIDEO_PAGE)
    # At its top, not at the form that the plan was under.
    assert "#" not in page.url
    page.get_by_role("link", name="Compare with its source").click(timeout=WAIT)
    page.get_by_role("button", name="Play", exact=True).click()
    plays_on(seen, "[data-clip=remix]", 0.3)
    drifts = sorted(page.evaluate(DRIFTS, 60))
    assert drifts[len(drifts) * 8 // 10] <= 0.04, drifts
    page.keyboard.press("k")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    source, remix = clips(page)
    assert time_of(source) == pytest.approx(time_of(remix), abs=0.04)


def test_one_play_head_for_both(seen: Seen, stock: Stock) -> None:
    page = seen.page
    video_page(page, stock.child, "/compare")
    scrub = page.get_by_label("Time", exact=True)
    scrub.wait_for()
    scrub.fill("2")
    source, remix = clips(page)
    for clip in (source, remix):
        assert time_of(clip) == pytest.approx(2, abs=0.01)
    page.keyboard.press(".")
    after = time_of(source)
    assert 2.0 < after < 2.15
    page.keyboard.press(",")
    page.keyboard.press(",")
    assert time_of(source) == time_of(remix) < 2.0
    page.get_by_role("button", name="One picture on").focus()
    page.keyboard.press("ArrowRight")
    assert time_of(remix) == pytest.approx(time_of(source))
    assert time_of(remix) > 2.5


def test_the_divider_and_side_by_side(seen: Seen, stock: Stock) -> None:
    page = seen.page
    video_page(page, stock.child, "/compare")
    divider = page.get_by_label("Divider")
    divider.wait_for()
    divider.focus()
    for _ in range(10):
        page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuetext") == "60 percent source"
    covered = page.locator(".pair-clip.is-source").evaluate("(clip) => getComputedStyle(clip).clipPath")
    assert "40%" in covered or "60%" in covered
    box = page.locator("[data-stage]").bounding_box()
    assert box is not None
    page.mouse.click(box["x"] + box["width"] * 0.25, box["y"] + box["height"] / 2)
    assert int(divider.input_value()) == pytest.approx(25, abs=3)
    page.get_by_role("button", name="Side by side").click()
    expect(divider).to_be_hidden()
    source, remix = (clip.bounding_box() for clip in clips(page))
    assert source is not None
    assert remix is not None
    assert source["x"] + source["width"] <= remix["x"]


def test_space_plays_whatever_was_clicked(seen: Seen, stock: Stock) -> None:
    page = seen.page
    video_page(page, stock.child, "/compare")
    page.get_by_label("Time", exact=True).wait_for()
    beside = page.get_by_role("button", name="Side by side")
    beside.click()
    page.keyboard.press("Space")
    plays_on(seen, "[data-clip=remix]", 0.2)
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()
    # Who came to a button by keyboard presses it.
    page.get_by_role("button", name="Wipe").focus()
    page.keyboard.press("Space")
    expect(beside).to_have_attribute("aria-pressed", "false")
    expect(page.get_by_role("button", name="Play", exact=True)).to_be_visible()


def test_on_a_phone_each_label_stays_on_its_side(
    browser: Browser, server: ServerProcess, session: StorageState, stock: Stock
) -> None:
    upright = stock.remix(stock.create("A tower", size="720x1280"), "Make it night")
    seen = Seen(browser, server.url, session, size=SMALL_PHONE)
    page = seen.page
    video_page(page, upright, "/compare")
    page.get_by_label("Divider").wait_for()
    line = page.locator("[data-line]").bounding_box()
    source, remix = (tag.bounding_box() for tag in page.locator(".pair-tag").all())
    assert line is not None
    assert source is not None
    assert remix is not None
    assert source["x"] + source["width"] < line["x"]
    assert remix["x"] > line["x"] + line["width"]
    assert source["x"] >= 0
    assert remix["x"] + remix["width"] <= SMALL_PHONE[0]
    seen.close()


def test_the_shorter_clip_rests_on_its_last_picture(seen: Seen, stock: Stock) -> None:
    page = seen.page
    video_page(page, stock.longer, "/compare")
    scrub = page.get_by_label("Time", exact=True)
    scrub.wait_for()
    source, remix = clips(page)
    lengths = [clip.evaluate("(clip) => clip.duration") for clip in (source, remix)]
    assert lengths[0] < lengths[1]
    scrub.fill(str(lengths[0] + 1))
    assert time_of(source) == pytest.approx(lengths[0], abs=0.05)
    page.get_by_role("button", name="Play", exact=True).click()
    plays_on(seen, "[data-clip=remix]", lengths[0] + 1.5)
    assert time_of(source) == pytest.approx(lengths[0], abs=0.05)
    assert source.evaluate("(clip) => clip.paused")


def test_clips_of_different_shapes_keep_theirs(seen: Seen, stock: Stock) -> None:
    page = seen.page
    upright = stock.create("A tower", size="720x1280", seconds="8")
    elsewhere = f"{seen.url}/page/videos/{upright}/content"
    page.route(f"**/videos/{stock.root}/content", lambda route: route.continue_(url=elsewhere))
    video_page(page, stock.child, "/compare")
    page.get_by_label("Time", exact=True).wait_for()
    source, remix = clips(page)
    for name in ("Wipe", "Side by side"):
        page.get_by_role("button", name=name).click()
        for clip, shape in ((source, 9 / 16), (remix, 16 / 9)):
            assert clip.evaluate("(clip) => clip.videoWidth / clip.videoHeight") == pytest.approx(shape, rel=0.01)
            assert clip.evaluate("(clip) => getComputedStyle(clip).objectFit") == "contain"
        stage = page.locator("[data-stage]").bounding_box()
        boxes = [clip.bounding_box() for clip in (source, remix)]
        assert stage is not None
        for box in boxes:
            assert box is not None
            assert box["width"] <= stage["width"]
            assert box["height"] <= stage["height"] + 1
    # The source is the longer one here: it leads, and the remix rests.
    page.get_by_label("Time", exact=True).fill("7")
    assert time_of(source) == pytest.approx(7, abs=0.01)
    assert time_of(remix) == pytest.approx(4, abs=0.05)


def test_the_tree(seen: Seen, stock: Stock) -> None:
    page = seen.page
    child, grandchild = stock.child, stock.grandchild
    video_page(page, grandchild)
    page.get_by_role("link", name="Tree").click()
    tree = page.get_by_role("region", name="Tree of videos")
    here = tree.locator("[aria-current=true]")
    expect(here).to_have_count(1)
    assert grandchild in (here.get_attribute("href") or "")
    expect(here).to_be_in_viewport()
    # A nested list: the video is within the item of the deleted one, and that within the root's.
    deleted = tree.locator("li", has=page.locator("[aria-current=true]")).filter(has_text="Deleted")
    assert deleted.count() >= 2
    expect(tree.locator("img").first).to_be_visible()
    assert tree.locator("img").evaluate_all("(all) => Promise.all(all.map((one) => one.decode())).then(() => true)")
    link = tree.locator(f'a.leaf-link[href$="{child}"]')
    link.focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/{child}")


def test_the_playground_follows_its_model(seen: Seen) -> None:
    page = seen.page
    page.goto("/playground")
    page.get_by_label("Prompt").fill("Words that stay")
    page.get_by_label("Length").select_option("8")
    expect(page.locator("[data-price]")).to_contain_text("8 s")
    page.get_by_label("Seed").fill("seven")
    page.get_by_role("button", name="Check plan and price").click()
    expect(page.locator("#seed-error")).to_contain_text("whole number")
    expect(page.get_by_label("Seed")).to_be_focused()
    page.get_by_label("Seed").fill("7")
    page.get_by_label("First picture").set_input_files(
        {"name": "no.png", "mimeType": "image/png", "buffer": b"no picture"}
    )
    page.get_by_role("button", name="Check plan and price").click()
    expect(page.locator("#input_reference-error")).to_be_visible()
    assert page.get_by_label("First picture").evaluate("(input) => input.files.length") == 1
    page.get_by_label("First picture").set_input_files([])
    page.get_by_role("button", name="Check plan and price").click()
    expect(page.get_by_role("heading", name="This is what would be made")).to_be_visible()
    expect(page.get_by_label("Prompt")).to_have_value("Words that stay")
    expect(page).to_have_url(re.compile("/playground$"))


def test_a_double_click_makes_one_video(seen: Seen, stock: Stock) -> None:
    page = seen.page
    page.goto("/playground")
    prompt = "Pressed twice in a row"
    page.get_by_label("Prompt").fill(prompt)
    page.get_by_role("button", name="Make the video").dblclick()
    page.wait_for_url(VIDEO_PAGE)
    assert sum(video["prompt"] == prompt for video in stock.all()) == 1


def test_a_key_of_ones_own(seen: Seen, browser: Browser, server: ServerProcess) -> None:
    page = seen.page
    page.goto("/settings")
    page.get_by_label("What the new key is for").fill("Laptop")
    page.get_by_role("button", name="Make a key").click()
    secret = page.locator(".fresh code").inner_text()
    assert secret.startswith("muto-")
    keys = page.locator("#keys .row").count()
    page.reload()
    assert secret not in page.content()
    assert page.locator("#keys .row").count() == keys
    other = Seen(browser, server.url)
    other.page.goto("/")
    other.page.get_by_label("API key").fill(secret)
    other.page.get_by_role("button", name="Sign in").click()
    other.page.get_by_role("link", name="Settings").click()
    expect(other.page.get_by_text("Signed in with", exact=True)).to_be_visible()
    page.get_by_role("button", name="Revoke Laptop…").click()
    page.get_by_role("button", name="Revoke for good").click()
    expect(page.get_by_text("Revoked", exact=True)).to_be_visible()
    other.page.goto("/")
    expect(other.page.get_by_role("heading", name="Sign in")).to_be_visible()
    other.close()


def test_webhooks(seen: Seen, receiver: str) -> None:
    page = seen.page
    page.goto("/settings")
    page.get_by_role("link", name="Webhooks").click()
    page.get_by_label("Name").fill("My app")
    page.get_by_label("Address").fill("http://192.168.0.1/hooks")
    page.get_by_role("button", name="Make the endpoint").click()
    expect(page.locator("#endpoint-url-error")).to_be_visible()
    expect(page.get_by_label("Address")).to_be_focused()
    page.get_by_label("Address").fill(f"http://{receiver}/hooks")
    page.get_by_role("button", name="Make the endpoint").click()
    secret = page.locator(".fresh code")
    first = secret.inner_text()
    assert first.startswith("whsec_")
    page.reload()
    expect(secret).to_have_count(0)
    page.get_by_role("button", name="Send it").click()
    expect(page.get_by_text("took the test event: it answered 204")).to_be_visible()
    page.get_by_role("button", name="Change the secret").click()
    expect(secret).to_contain_text("whsec_")
    assert secret.inner_text() != first
    page.get_by_label("Name").fill("Renamed")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("heading", name="Renamed", level=1)).to_be_visible()
    page.get_by_role("button", name="Delete…").click()
    page.get_by_role("button", name="Delete for good").click()
    expect(page.get_by_text("It is deleted.")).to_be_visible()
    expect(page.get_by_role("link", name="Renamed")).to_have_count(0)


def test_what_failed_is_tried_again(seen: Seen, stock: Stock) -> None:
    page = seen.page
    video_page(page, stock.failed)
    page.get_by_role("link", name="Try again").click()
    expect(page.get_by_label("Prompt")).to_have_value("A clip that the provider refuses")


def test_both_themes(seen: Seen) -> None:
    page = seen.page

    def ground() -> str:
        return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    page.goto("/settings")
    page.emulate_media(color_scheme="light")
    light = ground()
    page.emulate_media(color_scheme="dark")
    dark = ground()
    assert light != dark
    with page.expect_response("**/page/theme"):
        page.locator("#colours").get_by_role("button", name="Light").click()
    assert ground() == light
    page.reload()
    assert ground() == light
    expect(page.locator("#colours").get_by_role("button", name="Light")).to_have_attribute("aria-pressed", "true")


def test_no_page_is_wider_than_a_phone(
    browser: Browser, server: ServerProcess, session: StorageState, stock: Stock
) -> None:
    seen = Seen(browser, server.url, session, size=PHONE, is_mobile=True, has_touch=True)
    paths = ["/", "/playground", "/settings", "/?q=nothing-is-like-that", f"/page/videos/{stock.failed}"]
    paths += [f"/page/videos/{stock.grandchild}", f"/page/videos/{stock.grandchild}/lineage"]
    paths += [f"/page/videos/{stock.child}/compare", "/settings/webhooks", stock.endpoint, "/page/webhooks/whe_none"]
    for path in paths:
        seen.page.goto(path)
        wide = seen.page.evaluate("document.documentElement.scrollWidth")
        assert wide <= PHONE[0], f"{path}: {wide}"
    seen.close()


def test_with_nothing_but_the_keyboard(browser: Browser, server: ServerProcess) -> None:
    seen = Seen(browser, server.url)
    page, press = seen.page, seen.page.keyboard.press

    def reach(name: str, key: str = "Tab") -> None:
        """Go on until what is named has the focus, which then can be seen."""
        for _ in range(80):
            focused = page.evaluate(FOCUSED)
            if name in (focused or ""):
                style = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert style != "none", f"nobody sees that {name!r} has the focus"
                return
            press(key)
        raise AssertionError(f"no way to {name!r}")

    page.goto("/")
    reach("API key")
    page.keyboard.type(server.api_key)
    press("Enter")
    page.wait_for_url(f"{server.url}/")
    reach("Skip to the content")
    reach("Playground")
    press("Enter")
    page.wait_for_url("**/playground")
    reach("Prompt")
    page.keyboard.type("Made without a mouse")
    reach("Make the video")
    press("Enter")
    page.wait_for_url(VIDEO_PAGE)
    page.locator("video").wait_for(timeout=WAIT)
    reach("What should change")
    page.keyboard.type("At night")
    reach("Make the remix")
    press("Enter")
    page.wait_for_url(lambda url: (VIDEO_PAGE.search(url) is not None and url != page.url) or True)
    page.get_by_role("link", name="Compare with its source").wait_for(timeout=WAIT)
    reach("Compare with its source")
    press("Enter")
    page.wait_for_url("**/compare")
    page.locator("[data-controls]:not([hidden])").wait_for()
    press("Space")
    plays_on(seen, "[data-clip=remix]", 0.2)
    page.goto("/")
    press("j")
    press("Enter")
    page.wait_for_url(VIDEO_PAGE)
    expect(page.get_by_role("heading", level=1)).to_have_text("At night")
    reach("Delete…")
    press("Enter")
    reach("Delete for good", "Shift+Tab")
    press("Enter")
    expect(page.get_by_text("The video is deleted.")).to_be_visible()
    seen.close()


def test_without_scripts(browser: Browser, server: ServerProcess, session: StorageState, stock: Stock) -> None:
    seen = Seen(browser, server.url, session, java_script_enabled=False)
    page = seen.page
    page.goto("/playground")
    page.get_by_label("Prompt").fill("Made by a form alone")
    page.get_by_label("Model").select_option("flipbook")
    page.get_by_role("button", name="Show what this model takes").click()
    expect(page).to_have_url(re.compile("model=flipbook&"))
    expect(page.get_by_label("Prompt")).to_have_value("Made by a form alone")
    page.get_by_label("Model").select_option(MODEL)
    page.get_by_role("button", name="Check plan and price").click()
    expect(page.get_by_role("heading", name="This is what would be made")).to_be_visible()
    page.get_by_role("button", name="Make the video").click()
    page.wait_for_url(VIDEO_PAGE)
    video_page(page, stock.child, "/compare")
    assert page.locator("video[controls]").count() == 2
    seen.context.close()
