"""Templates, styles and scripts: what they may not hold, and whether they can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.requests import Request

from mutoscope.domain.lifecycle import State
from mutoscope.domain.video import Size, Video, VideoRequest
from mutoscope.gallery import statics
from mutoscope.gallery.navigation import NAVIGATION
from mutoscope.gallery.rendering import Look
from mutoscope.gallery.statics import Statics

FOLDER = Path(statics.__file__).parent
TEMPLATES = sorted(FOLDER.glob("templates/*.html"))
STYLES = sorted(FOLDER.glob("static/*.css"))
SCRIPTS = sorted(FOLDER.glob("static/*.js"))
TOKENS = (FOLDER / "static/tokens.css").read_text()
PAIR = re.compile(r"--([\w-]+): light-dark\((#\w+), (#\w+)\);")
SINGLE = re.compile(r"--([\w-]+): (#\w+);")


def request(cookie: str = "") -> Request:
    headers = [(b"host", b"127.0.0.1:8650"), (b"cookie", cookie.encode())]
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": headers, "scheme": "http"}
    return Request({**scope, "server": ("127.0.0.1", 8650), "state": {}})


@pytest.fixture(scope="module")
def look() -> Look:
    return Look(Statics(), lambda: 1_000.0)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: path.name)
def test_a_template_has_nothing_inline_and_nothing_unescaped(path: Path) -> None:
    text = path.read_text()
    assert re.search(r"\sstyle=|\son[a-z]+=|<style|javascript:", text) is None
    assert re.search(r"<script(?! type=\"module\" src=)", text) is None
    assert re.search(r"\|\s*safe\b|Markup|autoescape", text) is None
    assert re.search(r"(?:src|href)=\"(?:https?:)?//", text) is None


@pytest.mark.parametrize("path", [*STYLES, *SCRIPTS], ids=lambda path: path.name)
def test_nothing_is_loaded_from_elsewhere(path: Path) -> None:
    text = path.read_text()
    assert "@import" not in text
    assert re.search(r"https?://", text) is None
    assert re.search(r"\beval\b|new Function|document\.write", text) is None


def test_every_icon_that_is_used_is_drawn() -> None:
    drawn = set(re.findall(r'<symbol id="([^"]+)"', (FOLDER / "static/sprite.svg").read_text()))
    used = {name for path in TEMPLATES for name in re.findall(r"icon\('([^']+)'", path.read_text())}
    assert used | {entry.icon for entry in NAVIGATION} <= drawn


def test_every_script_is_found_by_its_neighbours() -> None:
    names = {path.name for path in SCRIPTS}
    imported = {name for path in SCRIPTS for name in re.findall(r'from "\./([^"]+)"', path.read_text())}
    assert imported | {"main.js"} <= names


def test_a_hostile_prompt_is_text(look: Look) -> None:
    words = "<script>alert(1)</script>\"' onmouseover=x {{ 1 }}"
    asked = VideoRequest(words, words, Size(64, 64), 4)
    video = Video("video_1", "default", State.QUEUED, 0, asked, "p", 1.0)
    html = look.text("card.html", request(), video=video)
    assert "<script>" not in html
    assert html.count("&lt;script&gt;alert(1)&lt;/script&gt;&#34;&#39; onmouseover=x {{ 1 }}") == 2


@pytest.mark.parametrize(
    ("cookie", "attribute"),
    [
        ("mutoscope_theme=dark", 'data-theme="dark"'),
        ("mutoscope_theme=light", 'data-theme="light"'),
        ('mutoscope_theme="><b>', ""),
        ("", ""),
    ],
)
def test_the_theme_is_in_the_page_before_any_script(look: Look, cookie: str, attribute: str) -> None:
    html = look.text("problem.html", request(cookie), title="x", message="")
    assert re.findall(r"<html lang=\"en\"\s?([^>]*)>", html) == [attribute]


def test_the_address_of_the_files_follows_their_content(monkeypatch: pytest.MonkeyPatch) -> None:
    found = Statics()
    assert found.url("main.js") == f"/page/static/{found.version}/main.js"
    with pytest.raises(KeyError):
        found.url("../sessions.py")


# -- contrast: WCAG 2.2, 1.4.3 and 1.4.11 --------------------------------------------------------------------


def colours(theme: int) -> dict[str, str]:
    """The colours by name. theme: 0 for light, 1 for dark."""
    return dict(SINGLE.findall(TOKENS)) | {name: pair[theme] for name, *pair in PAIR.findall(TOKENS)}


def contrast(one: str, other: str) -> float:
    lights = sorted((_luminance(one), _luminance(other)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_text_can_be_read(theme: int) -> None:
    known = colours(theme)
    pairs = [(text, ground) for text in ("ink", "muted") for ground in ("paper", "sheet", "raised", "info-wash")]
    pairs += [(text, ground) for text in ("amber-text", "good", "bad", "wait") for ground in ("paper", "sheet")]
    pairs += [("ink", "bad-wash"), ("bad", "bad-wash"), ("on-amber", "amber")]
    pairs += [("on-stage", "stage"), ("on-stage-muted", "stage"), ("amber", "stage")]
    for text, ground in pairs:
        assert contrast(known[text], known[ground]) >= 4.5, (text, ground)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_borders_of_fields_and_the_focus_can_be_seen(theme: int) -> None:
    known = colours(theme)
    for border in ("edge", "focus"):
        for ground in ("paper", "sheet"):
            assert contrast(known[border], known[ground]) >= 3, (border, ground)
