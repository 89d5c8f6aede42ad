"""The phrases for each exact edit, as patterns that must match a part of a prompt as a whole, and what each means."""

from __future__ import annotations

import re
from collections.abc import Callable

from mutoscope.domain.local_edits import (
    FASTEST,
    MOST_ROUNDS,
    SLOWEST,
    Amount,
    Boomerang,
    Crop,
    Edit,
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
)
from mutoscope.domain.local_numbers import BARE_FACTOR, COUNT, FACTOR, SPAN, TIME, count_of, factor_of, seconds_of

_FACTOR_DIGITS = 4
# Shapes between a quarter and four times as wide as high.
_MOST_UNLIKE = 4
THING = (
    r"(?:(?:the |my |this |that )?(?:whole |entire |full )?"
    r"(?:video|clip|footage|film|movie|shot|picture|image|scene|thing|playback|recording)(?: file)?"
    r"|it|this|that|everything)"
)
_AMOUNT = r"(?:(?P<amount>slightly|a bit|a little|a little bit|a touch|somewhat|subtly|much|a lot|far|way|very much) )?"
_AMOUNTS = {"much": Amount.MUCH, "a lot": Amount.MUCH, "far": Amount.MUCH, "way": Amount.MUCH, "very much": Amount.MUCH}
_PALETTE = r"(?: (?:tones?|colou?rs?|look|grade|grading|filter|white balance|temperature|light))?"
_SOUND = r"(?:the )?(?:sound|audio|music|soundtrack|audio track|sound track)"
_SHORTEN = rf"(?:trim|cut|shorten|crop|reduce|limit)(?: {THING})?(?: down)? to "
_ONLY = rf"(?:{_SHORTEN}|(?:keep|take|use|show|play) )?(?:only |just )?"
_TAKE = rf"(?:(?:trim|keep|take|use|show|play)(?: {THING})?(?: to)? )?(?:only |just )?"
_FROM_TO = rf"(?P<start>{SPAN}) ?(?:to|until|till|through|-) ?(?:seconds? )?(?P<end>{SPAN})"
_MIRROR = r"(?:mirror(?:ed)?|flip(?:ped)?)"
_OFF = r"(?:without|minus|cut off|cut|cut away|trim off|chop off|chop|remove|drop|delete|skip|lose|take off|discard)"

# Words of a plain wish, and how much is done then: the plan says it in numbers.
_PLAIN_SPEEDS = {
    "faster": {Amount.SLIGHT: 1.2, Amount.PLAIN: 1.5, Amount.MUCH: 2.0},
    "slower": {Amount.SLIGHT: 0.85, Amount.PLAIN: 0.75, Amount.MUCH: 0.5},
}
_SHAPES = {
    "square": (1, 1),
    "portrait": (9, 16),
    "vertical": (9, 16),
    "upright": (9, 16),
    "landscape": (16, 9),
    "horizontal": (16, 9),
    "widescreen": (16, 9),
}
_SHAPE_WORDS = "|".join(_SHAPES)

Match = re.Match[str]
Reader = Callable[[Match], Edit | None]


def _speed(factor: float | None) -> Edit | None:
    if factor is None or not SLOWEST <= factor <= FASTEST:
        return None
    return Speed(round(factor, _FACTOR_DIGITS))


def _plain_speed(found: Match) -> Edit | None:
    way = "faster" if found["way"].startswith(("fast", "quick", "speed", "accel")) else "slower"
    return _speed(_PLAIN_SPEEDS[way][_amount(found)])


def _percent(found: Match) -> Edit | None:
    share = float(found["percent"]) / 100
    return _speed(1 + share if found["way"].startswith(("fast", "quick", "speed", "accel")) else 1 - share)


def _faster_by(found: Match) -> Edit | None:
    return _speed(factor_of(found["factor"]))


def _slower_by(found: Match) -> Edit | None:
    factor = factor_of(found["factor"])
    return _speed(1 / factor if factor else None)


def _crop(across: int, down: int) -> Edit | None:
    if not across or not down or max(across / down, down / across) > _MOST_UNLIKE:
        return None
    return Crop(across, down)


def _ratio(found: Match) -> Edit | None:
    return _crop(int(found["across"]), int(found["down"]))


def _amount(found: Match) -> Amount:
    word = found.groupdict().get("amount") or found.groupdict().get("behind")
    return Amount.PLAIN if word is None else _AMOUNTS.get(word, Amount.SLIGHT)


def _grade(tone: Tone) -> Reader:
    return lambda found: Grade(tone, _amount(found))


def _always(edit: Edit) -> Reader:
    return lambda _found: edit


def _rotate(found: Match) -> Edit | None:
    degrees = (
        {"quarter": 90, "half": 180, None: 90}.get(found["turn"]) if not found["degrees"] else int(found["degrees"])
    )
    if degrees not in (90, 180, 270):
        return None
    quarters = degrees // 90
    is_left = (found["way"] or "").startswith(("counter", "anti", "ccw", "left", "to the left"))
    return Rotate(-quarters % 4 if is_left else quarters)


def _keep(start: str | None, end: str | None) -> Reader:
    """The part between two groups of a match; a name that begins with "-" counts from the clip's end."""

    def moment(found: Match, name: str | None) -> float | None:
        if name is None:
            return None
        seconds = seconds_of(found[name.removeprefix("-")])
        return -seconds if name.startswith("-") and seconds else seconds

    def reader(found: Match) -> Edit | None:
        first, last = moment(found, start), moment(found, end)
        if (start and not first and end is None) or (end and not last):
            return None
        begin = first or 0.0
        return None if last is not None and 0 <= last <= begin else Keep(begin, last)

    return reader


def _loop(found: Match) -> Edit | None:
    rounds = count_of(found["rounds"]) if found["rounds"] else 2
    return Loop(rounds) if rounds is not None and 2 <= rounds <= MOST_ROUNDS else None


def _span(found: Match) -> Edit | None:
    start, end = seconds_of(found["start"]), seconds_of(found["end"])
    return Keep(start, end) if start is not None and end is not None and start < end else None


def _fits(found: Match) -> bool:
    """Whether the word for a shape, if there is one, agrees with the numbers."""
    if (shape := found["shape"]) is None:
        return True
    return _lie_of(int(found["across"]), int(found["down"])) == _lie_of(*_SHAPES[shape])


def _lie_of(across: int, down: int) -> int:
    return (across > down) - (across < down)


def _told_rotation(found: Match) -> Edit | None:
    """A rotation that says by how much or which way."""
    return _rotate(found) if any(found[name] for name in ("degrees", "turn", "way")) else None


def _names_time(found: Match) -> bool:
    """Whether "2 to 5" is about seconds at all."""
    return "s" in found["end"] or "m" in found["end"] or ":" in found["start"] or "second" in found[0]


_FASTER = rf"(?P<way>faster|quicker|sped up|speed(?: {THING})? up|accelerated?)"
_SLOWER = rf"(?P<way>slower|slowed down|slowed|slow(?: {THING})? down)"
_RATIO = r"(?P<across>\d{1,2}) ?(?::|x|by|/) ?(?P<down>\d{1,2})"
_CROPPING = (
    rf"(?:(?:crop(?:ped)?|cut|reframe|trim|re-?crop|cent(?:er|re) ?-?crop(?:ped)?)(?: {THING})?(?: down)?"
    r"(?: (?:in|to|into|as|for|at))? (?:an? |the )?)?"
)
_FORMAT = r"(?: (?:format|crop|aspect(?: ratio)?|ratio|mode|orientation|frame|shape|version|video|clip))*"
_UP = r"(?:raise|increase|boost|up|pump up|turn up|add|more|higher|extra|stronger|greater)(?: the)?"
_DOWN = r"(?:lower|reduce|decrease|turn down|less|cut|weaker|softer|soften)(?: the)?"
_MUCH_BEHIND = r"(?: (?P<behind>slightly|a bit|a little|a little bit|a touch|somewhat|much|a lot))?"
_DEGREES = r"(?:(?:by )?(?P<degrees>\d{2,3})(?: ?(?:degrees?|deg))?|(?:by )?(?:a )?(?P<turn>quarter|half)(?: turn)?)?"
_WAY = r"(?: ?(?:to the )?(?P<way>clockwise|cw|right|counter-? ?clockwise|anti-? ?clockwise|ccw|left))?"

_GRADES: dict[Tone, tuple[str, ...]] = {
    Tone.SEPIA: (rf"{_AMOUNT}sepia(?:-? ?ton(?:e|ed|es))?(?: (?:filter|look|effect))?",),
    Tone.WARMER: (
        rf"{_AMOUNT}warmer{_PALETTE}",
        rf"warm(?: it)? up(?: the colou?rs)?{_MUCH_BEHIND}",
        "warm tones",
    ),
    Tone.COOLER: (
        rf"{_AMOUNT}(?:cooler{_PALETTE}|colder (?:tones?|colou?rs?|look|grade))",
        rf"cool(?: it)? down(?: the colou?rs)?{_MUCH_BEHIND}",
        "cool tones",
    ),
    Tone.BRIGHTER: (
        rf"{_AMOUNT}(?:brighter|lighter|more brightness)",
        rf"brighten(?: {THING})?(?: up)?{_MUCH_BEHIND}",
        rf"{_UP} brightness{_MUCH_BEHIND}",
    ),
    Tone.DARKER: (
        rf"{_AMOUNT}(?:darker|dimmer|less bright|less brightness)",
        rf"(?:darken|dim)(?: {THING})?(?: down)?{_MUCH_BEHIND}",
        rf"{_DOWN} brightness{_MUCH_BEHIND}",
    ),
    Tone.MORE_CONTRAST: (
        rf"{_AMOUNT}(?:more contrast|higher contrast|more contrasty|contrastier)",
        rf"{_UP} contrast{_MUCH_BEHIND}",
    ),
    Tone.LESS_CONTRAST: (
        rf"{_AMOUNT}(?:less contrast|lower contrast|less contrasty)",
        rf"{_DOWN} contrast{_MUCH_BEHIND}",
    ),
    Tone.MORE_SATURATED: (
        rf"{_AMOUNT}more (?:saturated|saturation|colou?rful|vivid|vibrant)(?: colou?rs)?",
        rf"{_UP} saturation{_MUCH_BEHIND}",
        "saturate(?: it)?(?: more)?",
    ),
    Tone.LESS_SATURATED: (
        rf"{_AMOUNT}less (?:saturated|saturation|colou?rful|vivid|vibrant)(?: colou?rs)?",
        rf"{_DOWN} saturation{_MUCH_BEHIND}",
        rf"desaturated?(?: it)?{_MUCH_BEHIND}",
        "muted colou?rs",
    ),
}

_TABLE: tuple[tuple[str, Reader], ...] = (
    # speed
    (rf"{_AMOUNT}{_FASTER}{_MUCH_BEHIND}", _plain_speed),
    (rf"{_AMOUNT}{_SLOWER}{_MUCH_BEHIND}", _plain_speed),
    (rf"(?:by )?(?P<percent>\d+(?:\.\d+)?) ?(?:%|percent) {_FASTER}", _percent),
    (rf"(?:by )?(?P<percent>\d+(?:\.\d+)?) ?(?:%|percent) {_SLOWER}", _percent),
    (rf"{_FASTER}(?: by)? (?P<percent>\d+(?:\.\d+)?) ?(?:%|percent)", _percent),
    (rf"{_SLOWER}(?: by)? (?P<percent>\d+(?:\.\d+)?) ?(?:%|percent)", _percent),
    (r"(?:at |to )?(?P<percent>\d+(?:\.\d+)?) ?(?:%|percent)(?: (?:of )?(?:its |the )?(?:original |normal )?speed)",
     lambda found: _speed(float(found["percent"]) / 100)),
    (rf"(?:speed(?: up)?(?: {THING})?(?: up)?|sped up|faster)(?: by| to| at)?(?: a factor of)?"
     rf" (?P<factor>{FACTOR}|\d+)",
     _faster_by),
    (rf"(?:at |by )?(?P<factor>{FACTOR}) (?:(?:the )?(?:original |normal )?(?:playback )?speed|faster)", _faster_by),
    (rf"(?P<factor>{FACTOR}) as (?:fast|quick|quickly)", _faster_by),
    (rf"(?:at )?(?P<factor>{BARE_FACTOR})", _faster_by),
    (rf"(?P<factor>{COUNT}) (?:slower|as slow|as slowly)", _slower_by),
    (rf"slow(?:ed)?(?: {THING})? down(?: by)?(?: a factor of)? (?P<factor>{FACTOR})", _slower_by),
    (r"(?:at )?(?:double|twice)(?: the| its)?(?: original| normal)? (?:speed|tempo|pace)", _always(Speed(2.0))),
    (rf"(?:slow(?:ed)?(?: {THING})? down )?(?:at |to |by )?(?:half|half the|half its|half of the)(?: original| normal)?"
     r"(?: speed| tempo| pace| as fast)|halve(?: the)? speed", _always(Speed(0.5))),
    (r"(?:at |to )?(?:a )?quarter(?: of)?(?: the| its)?(?: original| normal)? speed", _always(Speed(0.25))),
    (r"(?:slow ?-?motion|slow ?-?mo|slo ?-?mo)", _always(Speed(0.5))),
    # shape
    (rf"{_CROPPING}(?:aspect ratio (?:of |to )?)?{_RATIO}{_FORMAT}(?: (?P<shape>{_SHAPE_WORDS}))?{_FORMAT}",
     lambda found: _ratio(found) if _fits(found) else None),
    (rf"(?P<shape>{_SHAPE_WORDS})(?: format| crop)? {_RATIO}{_FORMAT}",
     lambda found: _ratio(found) if _fits(found) else None),
    (rf"{_CROPPING}(?P<shape>{_SHAPE_WORDS}){_FORMAT}", lambda found: Crop(*_SHAPES[found["shape"]])),
    # order of time
    (rf"reversed?|backwards?|reverse order|reverse playback|rewound|in reverse|(?:reverse|rewind) {THING}",
     _always(Reverse())),
    (r"(?:play(?: it)?|run(?: it)?) (?:backwards?|in reverse)", _always(Reverse())),
    (r"boomerang(?:ed)?(?: effect| loop| style)?|ping-? ?pong(?: effect| loop)?", _always(Boomerang())),
    (rf"(?:loop(?:ed)?|repeat(?:ed)?)(?: {THING})?(?: (?P<rounds>{COUNT}))?(?: over)?", _loop),
    (rf"(?:play(?: {THING})? )?(?P<rounds>twice|{COUNT})(?: in a row| over| in a loop)", _loop),
    (rf"play(?: {THING})? (?P<rounds>{COUNT})", _loop),
    # colour
    (r"black-white(?: (?:filter|look|effect|style|version|footage|film|grade))?", _always(Grey())),
    (r"(?:monochrome|gr[ae]y-? ?scale|bw|colou?rless|desaturate(?:d)?(?: it)? (?:completely|fully|entirely))"
     r"(?: (?:filter|look|effect|version))?", _always(Grey())),
    (r"(?:completely|fully|entirely) desaturated?", _always(Grey())),
    (r"(?:no|without(?: any)?|(?:remove|drop|take out|strip)(?: all)?(?: the)?) colou?rs?", _always(Grey())),
    # direction
    (rf"(?:{_MIRROR}|mirror image|mirror effect)(?: {THING})?(?: (?:horizontally|left-right|sideways))?",
     _always(Flip())),
    (r"horizontal(?:ly)? (?:flip(?:ped)?|mirrored)|flop(?: it)?", _always(Flip())),
    (rf"{_MIRROR}(?: {THING})? (?:vertically|top-bottom|upside down)", _always(Flip(upright=True))),
    (r"vertical(?:ly)? (?:flip(?:ped)?|mirrored)", _always(Flip(upright=True))),
    (r"upside down", _always(Rotate(2))),
    (rf"(?:rotated?|turn(?:ed)?)(?: {THING})? ?{_DEGREES}{_WAY}", _told_rotation),
    (rf"(?P<degrees>)(?P<turn>quarter|half) turn{_WAY}", _rotate),
    (rf"{_DEGREES}{_WAY} ?rotation", _told_rotation),
    # a part of it
    (rf"{_ONLY}(?:the )?(?:first|opening|initial) (?P<end>{TIME})(?: only)?", _keep(None, "end")),
    (rf"{_ONLY}(?:the )?(?:last|final|closing) (?P<start>{TIME})(?: only)?", _keep("-start", None)),
    (rf"(?:trim|cut|shorten|reduce|limit)(?: {THING})?(?: down)? to (?P<end>{SPAN})(?: long)?", _keep(None, "end")),
    (rf"{_OFF} (?:the )?(?:first|opening|initial) (?P<start>{TIME})(?: off)?", _keep("start", None)),
    (rf"{_OFF} (?:the )?(?:last|final|closing) (?P<end>{TIME})(?: off)?", _keep(None, "-end")),
    (rf"{_OFF} (?P<start>{SPAN}) (?:from|off|at) (?:the )?(?:start|beginning|front)", _keep("start", None)),
    (rf"{_OFF} (?P<end>{SPAN}) (?:from|off|at) (?:the )?end", _keep(None, "-end")),
    (rf"{_TAKE}(?:the (?:part|section|bit) )?from (?:seconds? )?{_FROM_TO}(?: only)?", _span),
    (rf"{_TAKE}(?:the )?(?:seconds? )?{_FROM_TO}", lambda found: _span(found) if _names_time(found) else None),
    (rf"(?:start|starting|begin|beginning|keep)(?: it)? (?:at|from|with)(?: second)? (?P<start>{SPAN})"
     r"(?: (?:on|onwards?))?",
     _keep("start", None)),
    (rf"from (?P<start>{SPAN}) (?:on|onwards?|to the end)", _keep("start", None)),
    (rf"(?:(?:end|stop|ending)(?: it)? (?:at|after|with)|until|up to)(?: second)? (?P<end>{SPAN})", _keep(None, "end")),
    # sound
    (rf"(?:muted?|silenced?|silent)(?: {THING}| {_SOUND})?|(?:no|without(?: any)?|with no) {_SOUND}", _always(Mute())),
    (rf"(?:remove|drop|strip|delete|cut|turn off|take out|take away|switch off|lose|get rid of) {_SOUND}",
     _always(Mute())),
)  # fmt: skip


# In the order in which they are tried.
PATTERNS: tuple[tuple[re.Pattern[str], Reader], ...] = tuple(
    (re.compile(pattern), reader)
    for pattern, reader in (
        *_TABLE,
        *((pattern, _grade(tone)) for tone, patterns in _GRADES.items() for pattern in patterns),
    )
)
