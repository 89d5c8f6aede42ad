"""Numbers as people write them: times, factors and counts, as patterns and as what they mean."""

from __future__ import annotations

import re

_WORDS = {
    "a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8, "nine": 9,
    "ten": 10, "eleven": 11, "twelve": 12, "fifteen": 15, "twenty": 20, "thirty": 30,
}  # fmt: skip
_WORD = "|".join(sorted(_WORDS, key=len, reverse=True))
_NUMBER = rf"(?:\d+(?:\.\d+)?|\.\d+|{_WORD})"
_SECOND = r"(?:seconds|second|secs|sec|s)"
_MINUTE = r"(?:minutes|minute|mins|min|m)"
_CLOCK = r"\d{1,2}:[0-5]\d(?:\.\d+)?"
_HALF = rf"half (?:a )?{_SECOND}|{_NUMBER}_and_a_half {_SECOND}"

# A length of time, for "first": "3 seconds", "two secs", "second", "half a second", "1:05".
TIME = rf"(?:{_HALF}|{_NUMBER} ?-?(?:{_SECOND}|{_MINUTE})|{_CLOCK}|second|minute)"
# The same, or a bare number where its unit comes later.
SPAN = rf"(?:{_HALF}|{_NUMBER} ?-?(?:{_SECOND}|{_MINUTE})|{_CLOCK}|\d+(?:\.\d+)?)"
# How often: "twice", "3 times", "2x".
COUNT = rf"(?:twice|thrice|{_NUMBER} ?(?:times|x))"
# A speed that needs no further word: "2x", "x2".
BARE_FACTOR = r"(?:\d+(?:\.\d+)? ?x|\.\d+ ?x|x ?\d+(?:\.\d+)?)"
FACTOR = rf"(?:{COUNT}|{BARE_FACTOR})"


def seconds_of(text: str) -> float | None:
    """What `TIME` or `SPAN` has matched, in seconds."""
    text = text.strip()
    if text.startswith("half"):
        return 0.5
    if ":" in text:
        minutes, seconds = text.split(":")
        return 60 * int(minutes) + float(seconds)
    if text in ("second", "minute"):
        return 60.0 if text == "minute" else 1.0
    found = re.match(rf"({_NUMBER})(_and_a_half)? ?-?({_MINUTE}|{_SECOND})?$", text)
    if found is None or (number := _number(found[1])) is None:
        return None
    number += 0.5 if found[2] else 0.0
    return number * 60 if (found[3] or "").startswith("m") else number


def factor_of(text: str) -> float | None:
    """What `FACTOR` or `COUNT` has matched: 2 for "twice"."""
    if text in ("twice", "thrice"):
        return 2.0 if text == "twice" else 3.0
    return _number(re.sub(r"times|x", "", text).strip())


def count_of(text: str) -> int | None:
    """What `COUNT` has matched, if it is a whole number."""
    number = factor_of(text)
    return int(number) if number is not None and number == int(number) else None


def _number(text: str) -> float | None:
    if text in _WORDS:
        return float(_WORDS[text])
    try:
        return float(text)
    except ValueError:
        return None
