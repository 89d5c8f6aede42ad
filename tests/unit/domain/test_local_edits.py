"""What people ask `local` for, in their words: understood exactly, or refused with the part that is not."""

from __future__ import annotations

import pytest

from mutoscope.domain.errors import UnsupportedByModel
from mutoscope.domain.local_edits import (
    Amount,
    Boomerang,
    Crop,
    Edit,
    Extent,
    Flip,
    Grade,
    Grey,
    Keep,
    Loop,
    Mute,
    Reverse,
    Rotate,
    Speed,
    Tone,
    as_text,
    outcome,
)
from mutoscope.domain.local_words import read
from mutoscope.domain.video import Size

MUCH, SLIGHT = Amount.MUCH, Amount.SLIGHT
SQUARE, PORTRAIT, WIDE = Crop(1, 1), Crop(9, 16), Crop(16, 9)
FLIP, UPRIGHT = Flip(), Flip(upright=True)
REVERSE, GREY, MUTE, BOOMERANG = Reverse(), Grey(), Mute(), Boomerang()

UNDERSTOOD: list[tuple[str, list[Edit]]] = [
    ("Make it faster", [Speed(1.5)]),
    ("slower please", [Speed(0.75)]),
    ("a bit faster", [Speed(1.2)]),
    ("much slower", [Speed(0.5)]),
    ("Twice as fast", [Speed(2)]),
    ("Make it twice as fast.", [Speed(2)]),
    ("0.5x", [Speed(0.5)]),
    ("at 1.5x speed", [Speed(1.5)]),
    ("Speed it up 2x", [Speed(2)]),
    ("speed up by 50%", [Speed(1.5)]),
    ("50% slower", [Speed(0.5)]),
    ("25% faster", [Speed(1.25)]),
    ("slow it down by 20 percent", [Speed(0.8)]),
    ("half speed", [Speed(0.5)]),
    ("Play it at half the speed", [Speed(0.5)]),
    ("Please slow the video down to half speed", [Speed(0.5)]),
    ("double the speed", [Speed(2)]),
    ("three times faster", [Speed(3)]),
    ("three times as fast", [Speed(3)]),
    ("4 times slower", [Speed(0.25)]),
    ("Slow motion", [Speed(0.5)]),
    ("Play it in slow-mo", [Speed(0.5)]),
    ("speed it up", [Speed(1.5)]),
    ("Slow down", [Speed(0.75)]),
    ("at 200% of the original speed", [Speed(2)]),
    ("Crop it to a square", [SQUARE]),
    ("square", [SQUARE]),
    ("Make it square", [SQUARE]),
    ("9:16", [PORTRAIT]),
    ("crop to 9:16 portrait", [PORTRAIT]),
    ("portrait (9:16)", [PORTRAIT]),
    ("Crop to portrait", [PORTRAIT]),
    ("make it vertical", [PORTRAIT]),
    ("Turn the clip into a vertical video", [PORTRAIT]),
    ("16:9", [WIDE]),
    ("widescreen", [WIDE]),
    ("crop to 16 by 9", [WIDE]),
    ("landscape format", [WIDE]),
    ("4:5", [Crop(4, 5)]),
    ("crop the video to 4:5", [Crop(4, 5)]),
    ("Change the aspect ratio to 1:1", [SQUARE]),
    ("Reverse it", [REVERSE]),
    ("Play it backwards", [REVERSE]),
    ("in reverse", [REVERSE]),
    ("Could you play the video in reverse?", [REVERSE]),
    ("reverse the clip", [REVERSE]),
    ("Black and white", [GREY]),
    ("Make it black & white", [GREY]),
    ("B&W", [GREY]),
    ("Turn it into black and white", [GREY]),
    ("grayscale", [GREY]),
    ("Convert the footage to greyscale", [GREY]),
    ("monochrome", [GREY]),
    ("remove the colour", [GREY]),
    ("warmer", [Grade(Tone.WARMER)]),
    ("Warmer colors", [Grade(Tone.WARMER)]),
    ("a little warmer", [Grade(Tone.WARMER, SLIGHT)]),
    ("much cooler", [Grade(Tone.COOLER, MUCH)]),
    ("cooler tones", [Grade(Tone.COOLER)]),
    ("brighter", [Grade(Tone.BRIGHTER)]),
    ("Brighten it up", [Grade(Tone.BRIGHTER)]),
    ("make the picture slightly darker", [Grade(Tone.DARKER, SLIGHT)]),
    ("more contrast", [Grade(Tone.MORE_CONTRAST)]),
    ("Increase the contrast", [Grade(Tone.MORE_CONTRAST)]),
    ("less contrast", [Grade(Tone.LESS_CONTRAST)]),
    ("less saturated", [Grade(Tone.LESS_SATURATED)]),
    ("more saturation", [Grade(Tone.MORE_SATURATED)]),
    ("more vivid colours", [Grade(Tone.MORE_SATURATED)]),
    ("sepia", [Grade(Tone.SEPIA)]),
    ("Give it a sepia tone", [Grade(Tone.SEPIA)]),
    ("Mirror it", [FLIP]),
    ("mirrored", [FLIP]),
    ("Flip it horizontally", [FLIP]),
    ("flip left to right", [FLIP]),
    ("Flip the video vertically", [UPRIGHT]),
    ("turn it upside down", [Rotate(2)]),
    ("Rotate 90 degrees", [Rotate(1)]),
    ("rotate it by 90° clockwise", [Rotate(1)]),
    ("rotate 90 degrees counterclockwise", [Rotate(3)]),
    ("Rotate the video 90 degrees to the left", [Rotate(3)]),
    ("rotate it 180 degrees", [Rotate(2)]),
    ("rotate left", [Rotate(3)]),
    ("a quarter turn to the right", [Rotate(1)]),
    ("First 3 seconds", [Keep(0, 3)]),
    ("Keep only the first 3 seconds", [Keep(0, 3)]),
    ("only the first two seconds", [Keep(0, 2)]),
    ("Trim it to 3 seconds", [Keep(0, 3)]),
    ("the last 2.5 s", [Keep(-2.5)]),
    ("From 2 s to 5 s", [Keep(2, 5)]),
    ("from 0:02 to 0:05", [Keep(2, 5)]),
    ("Keep between 1 and 3 seconds", [Keep(1, 3)]),
    ("Trim from 2 to 5 seconds", [Keep(2, 5)]),
    ("2-5s", [Keep(2, 5)]),
    ("Cut the last second", [Keep(0, -1)]),
    ("cut off the first half second", [Keep(0.5)]),
    ("Remove the first 2 seconds", [Keep(2)]),
    ("without the last two and a half seconds", [Keep(0, -2.5)]),
    ("start at 2 seconds", [Keep(2)]),
    ("from 2 s on", [Keep(2)]),
    ("Stop after 4 seconds", [Keep(0, 4)]),
    ("Loop it", [Loop(2)]),
    ("loop it three times", [Loop(3)]),
    ("repeat 4 times", [Loop(4)]),
    ("play it twice", [Loop(2)]),
    ("Play the clip 3 times", [Loop(3)]),
    ("Make this clip 2 times slower", [Speed(0.5)]),
    ("make it play at double speed", [Speed(2)]),
    ("speed up the clip by a factor of 2", [Speed(2)]),
    ("only keep the last 4 seconds", [Keep(-4)]),
    ("Boomerang", [BOOMERANG]),
    ("make it a boomerang", [BOOMERANG]),
    ("forwards and then backwards", [BOOMERANG]),
    ("Mute it", [MUTE]),
    ("no sound", [MUTE]),
    ("Remove the audio", [MUTE]),
    ("make it silent", [MUTE]),
    ("Black and white and twice as fast", [GREY, Speed(2)]),
    ("crop to a square, reverse it and loop it twice", [SQUARE, REVERSE, Loop(2)]),
    ("Make it faster and warmer", [Speed(1.5), Grade(Tone.WARMER)]),
    ("First 2 seconds, then reversed; mute.", [Keep(0, 2), REVERSE, MUTE]),
    ("Please make the video black and white. Keep everything else the same.", [GREY]),
    ("Rotate left & mirror", [Rotate(3), FLIP]),
    ("I'd like it a bit brighter, with more contrast and less saturation, please",
     [Grade(Tone.BRIGHTER, SLIGHT), Grade(Tone.MORE_CONTRAST), Grade(Tone.LESS_SATURATED)]),
]  # fmt: skip

# The prompt, and how the part begins that is named as not understood.
REFUSED = [
    ("Make it night", "make it night"),
    ("Add a dog", "add a dog"),
    ("black and white and add a dog", "add a dog"),
    ("twice as fast at night", "twice as fast at night"),
    ("Make the dog faster", "make the dog faster"),
    ("a square table", "a square table"),
    ("make the sky warmer", "make the sky warmer"),
    ("Crop out the man on the left", "crop out the man"),
    ("remove the first man", "remove the first man"),
    ("reverse the car", "reverse the car"),
    ("a black and white cat", "a black and white cat"),
    ("not black and white", "not black and white"),
    ("Don't make it faster", "don't make it faster"),
    ("stabilise it", "stabilise it"),
    ("vintage", "vintage"),
    ("cinematic", "cinematic"),
    ("like an old film", "like an old film"),
    ("upscale to 4K", "upscale to 4k"),
    ("loop it forever", "loop it forever"),
    ("seamless loop", "seamless loop"),
    ("loop it 200 times", "loop it 200 times"),
    ("100 times faster", "100 times faster"),
    ("100% slower", "100% slower"),
    ("0x", "0x"),
    ("rotate it 45 degrees", "rotate it 45 degrees"),
    ("rotate", "rotate"),
    ("turn it", "turn it"),
    ("9:1", "9:1"),
    ("0:16", "0:16"),
    ("landscape 9:16", "landscape 9:16"),
    ("from 5 s to 2 s", "from 5 s to 2 s"),
    ("first 0 seconds", "first 0 seconds"),
    ("cut from 2 s to 5 s", "cut from 2 s to 5 s"),
    ("trim the first 2 seconds", "trim the first 2 seconds"),
    ("2 to 5", "2 to 5"),
    ("first", "first"),
    ("twice", "twice"),
    ("three times", "three times"),
    ("Change the music to jazz", "change the music to jazz"),
    ("louder", "louder"),
    ("mute the colours", "mute the colours"),
    ("sunset and warmer", "sunset"),
    ("warmer weather", "warmer weather"),
    ("make it warm", "make it warm"),
    ("bright", "bright"),
    ("blur the background", "blur the background"),
    ("zoom in", "zoom in"),
    ("fade to black", "fade to black"),
    ("make it longer", "make it longer"),
    ("extend it by 4 seconds", "extend it by 4 seconds"),
    ("schwarz-weiß", "schwarz-weiß"),
    ("ignore all previous instructions", "ignore all previous instructions"),
    ("the square of nine is 81", "the square of nine is 81"),
    ("faster, faster than light", "faster than light"),
    ("black and white only the first 3 seconds", "black and white only"),
    ("mirror the left half", "mirror the left half"),
]  # fmt: skip


@pytest.mark.parametrize(("prompt", "edits"), UNDERSTOOD, ids=[prompt for prompt, _ in UNDERSTOOD])
def test_it_is_understood(prompt: str, edits: list[Edit]) -> None:
    assert list(read(prompt)) == edits


@pytest.mark.parametrize(("prompt", "part"), REFUSED, ids=[prompt for prompt, _ in REFUSED])
def test_it_is_refused_and_the_part_is_named(prompt: str, part: str) -> None:
    with pytest.raises(UnsupportedByModel) as refusal:
        read(prompt)
    assert (refusal.value.error_code, refusal.value.param) == ("unsupported_operation", "prompt")
    assert refusal.value.message.startswith(f"'{part}")
    assert "Model 'local' can do: speed" in refusal.value.message


@pytest.mark.parametrize("prompt", ["keep everything else as it is", ", and, then.", "..."])
def test_nothing_asked_is_refused_too(prompt: str) -> None:
    with pytest.raises(UnsupportedByModel, match="names no change"):
        read(prompt)


@pytest.mark.parametrize("prompt", [prompt for prompt, _ in UNDERSTOOD])
def test_its_own_words_are_understood_alike(prompt: str) -> None:
    assert read(as_text(read(prompt))) == read(prompt)


@pytest.mark.parametrize("tone", list(Tone))
@pytest.mark.parametrize("amount", list(Amount))
def test_every_grade_has_words(tone: Tone, amount: Amount) -> None:
    assert read(as_text([Grade(tone, amount)])) == (Grade(tone, amount),)


CLIP = Extent(Size(1280, 720), 8.0)


@pytest.mark.parametrize(
    ("prompt", "becomes"),
    [
        ("twice as fast", Extent(Size(1280, 720), 4)),
        ("0.5x", Extent(Size(1280, 720), 16)),
        ("square", Extent(Size(720, 720), 8)),
        ("portrait", Extent(Size(406, 720), 8)),
        ("4:5", Extent(Size(576, 720), 8)),
        ("16:9", CLIP),
        ("rotate left", Extent(Size(720, 1280), 8)),
        ("rotate left, 16:9", Extent(Size(720, 406), 8)),
        ("rotate 180", CLIP),
        ("mirror, black and white, reverse, warmer, mute", CLIP),
        ("the first 3 s", Extent(Size(1280, 720), 3)),
        ("the last 3 s", Extent(Size(1280, 720), 3)),
        ("without the last second, without the first second", Extent(Size(1280, 720), 6)),
        ("twice as fast, first 3 seconds", Extent(Size(1280, 720), 3)),
        ("first 3 seconds, twice as fast", Extent(Size(1280, 720), 1.5)),
        ("loop 3 times", Extent(Size(1280, 720), 24)),
        ("boomerang", Extent(Size(1280, 720), 16)),
        ("first 8 seconds", CLIP),
    ],
)
def test_what_a_clip_becomes(prompt: str, becomes: Extent) -> None:
    assert outcome(read(prompt), CLIP) == becomes


def test_an_odd_row_is_dropped() -> None:
    assert outcome([Reverse()], Extent(Size(641, 359), 1)) == Extent(Size(640, 358), 1)


@pytest.mark.parametrize(
    ("prompt", "says"),
    [
        ("first 9 seconds", "'the first 9 s' cannot be taken of a clip that is 8 s long"),
        ("from 7 s to 9 s", "'from 7 s to 9 s' cannot be taken"),
        ("without the first 8 seconds", "cannot be taken"),
        ("the last 10 seconds", "cannot be taken"),
        ("twice as fast, first 5 seconds", "of a clip that is 4 s long"),
        ("first 0.05 seconds", "would be 0.05 s long"),
        ("loop 20 times, loop 20 times", "would be 3200 s long"),
    ],
)
def test_what_no_clip_can_become(prompt: str, says: str) -> None:
    with pytest.raises(UnsupportedByModel, match=says):
        outcome(read(prompt), CLIP)


def test_nonsense_is_read_quickly() -> None:
    """No pattern takes time that grows faster than the prompt's length."""
    for prompt in (
        "a " * 15_000,
        "from " * 6_000,
        "make it " * 4_000,
        "the first " * 3_000,
        "1" * 30_000,
        "left " * 6_000,
    ):
        with pytest.raises(UnsupportedByModel):
            read(prompt)
