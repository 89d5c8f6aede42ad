"""The card: text that fits in any script, colour from the seed, and what moves."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from PIL import Image, ImageDraw

from mutoscope.providers import instant_text
from mutoscope.providers.instant_card import Card
from mutoscope.providers.instant_design import Colours, Words
from mutoscope.providers.instant_patch import Patch, to_i420
from mutoscope.providers.instant_text import Typeface, fit

SENTENCE = "A cinematic drone shot over a misty lake at sunrise, and then the fog lifts"


@pytest.fixture
def no_typefaces(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine without any typeface but Pillow's."""
    monkeypatch.setattr(instant_text, "_OF_THE_SYSTEM", ())
    _forget()
    yield
    monkeypatch.undo()
    _forget()


def _forget() -> None:
    instant_text._faces_here.cache_clear()
    instant_text._face_of.cache_clear()


@pytest.mark.parametrize("text", [SENTENCE, "x" * 300, "word " * 300, "日本の湖" * 60, "😀 مرحبا " * 40])
@pytest.mark.parametrize(("width", "height"), [(400, 200), (60, 40), (30, 12)])
def test_text_stays_in_its_place(text: str, width: int, height: int) -> None:
    block = fit(text, width, height, largest=40, smallest=8)
    assert 8 <= block.typeface.size <= 40
    assert block.height <= max(height, block.typeface.line_height)
    for line in block.lines:
        assert block.typeface.width(line) <= max(width, block.typeface.width("x ..."))


def test_text_is_as_large_as_it_can_be_and_whole_where_it_fits() -> None:
    assert fit("Night", 400, 200, 40, 8).typeface.size == 40
    block = fit(SENTENCE, 400, 100, 40, 8)
    assert 8 < block.typeface.size < 40
    assert " ".join(block.lines) == SENTENCE


def test_what_does_not_fit_is_cut_and_says_so() -> None:
    block = fit("word " * 500, 200, 60, 20, 12)
    assert block.lines[-1].endswith(" ...")


def test_letters_without_a_glyph_become_their_base_or_a_box(no_typefaces: None) -> None:
    assert fit("Fluß über naïve", 900, 90, 40, 8).lines == ("Fluß uber naive",)
    canvas = Image.new("L", (40, 40))
    Typeface(30).draw(ImageDraw.Draw(canvas), 2, 20, "湖", 255)  # type: ignore[arg-type]
    frame = np.asarray(canvas)
    assert frame[20, 2:6].max() > 100, "no frame around the code point"
    assert frame[8:32, 8:28].max() > 100, "no digits in it"


def test_the_seed_decides_the_colour() -> None:
    tones = {Colours.of(seed).middle for seed in range(20)}
    assert len(tones) == 20
    assert Colours.of(7) == Colours.of(7)


@pytest.mark.parametrize(("width", "height"), [(64, 64), (66, 70), (1920, 64), (64, 1920), (1280, 720)])
def test_only_the_footer_moves(width: int, height: int) -> None:
    card = Card(Words("create", SENTENCE), width, height, 2, seed=1)
    frames = [Patch.of(card.frame(index).copy()).luma for index in range(card.frame_count)]
    assert card.frame_count == 48
    assert len({frame.tobytes() for frame in frames}) == 48
    moving = np.any(np.diff(np.stack(frames).astype(int), axis=0) != 0, axis=(0, 2))
    assert moving.any()
    assert not moving[: height // 2].any()
    assert (frames[0].shape, frames[0].dtype) == ((height, width), np.uint8)


def test_a_frame_is_the_same_whenever_it_is_drawn() -> None:
    card = Card(Words("create", SENTENCE), 320, 180, 1, seed=1)
    first = card.frame(5).copy()
    card.frame(20)
    assert np.array_equal(card.frame(5), first)


def test_colours_are_bt709_limited() -> None:
    # ITU-R BT.709, item 3: for pure red Y' = 0.2126; limited range puts that at 16 + 219 * 0.2126 = 62.6.
    red = Patch.of(to_i420(Image.new("RGB", (16, 16), (255, 0, 0))))
    assert abs(int(red.luma[8, 8]) - 63) <= 1
    assert abs(int(red.chroma[1, 4, 4]) - 240) <= 1
    white = Patch.of(to_i420(Image.new("RGB", (16, 16), (255, 255, 255))))
    assert abs(int(white.luma[8, 8]) - 235) <= 1
