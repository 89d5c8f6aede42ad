"""How people ask for an exact change: plain English to `local_edits`, and nothing that is not understood let through.

The words are cut into parts at commas and "and". Each part must be one edit as a whole, but for words that ask for
nothing ("please", "make it", "the video"). So a part with one word too many is refused, not done by half.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mutoscope.domain.local_edits import CAN_DO, Edit, refused
from mutoscope.domain.local_phrases import PATTERNS, THING

SHOWN_CHARACTERS = 100
_PLAIN = str.maketrans({
    "(": " ", ")": " ", "[": " ", "]": " ", "\u2019": "'", "\u00d7": "x", "\u00b0": " degrees ",
})  # fmt: skip

# "and" inside of these does not part anything.
_JOINED = (
    (r"\bblack (?:and|&|'?n'?) white\b|\bblack-(?:and|&)-white\b|\bb ?& ?w\b|\bb/w\b", "black-white"),
    (r"\bforwards? (?:and|and then|then) (?:backwards?|in reverse)\b|\bback and forth\b", "boomerang"),
    (r"\bbetween (?=[\d\w.:]+(?: ?\w+)? and )(.+?) and\b", r"from \1 to"),
    (r" and a half\b", "_and_a_half"),
    (r"\bleft (?:and|to|for|with) right\b", "left-right"),
    (r"\b(?:top (?:and|to|with) bottom|up (?:and|to) down)\b", "top-bottom"),
)
_PARTING = re.compile(
    r"\s*(?:[,;\n+]|[.!?](?=\s|$)|\b(?:and then|and also|and|then|also|plus|finally|but also)\b|&)\s*"
)

_ASKING = (
    r"(?:please|now|just|only|simply|first|next|kindly|can you|could you|would you|will you|i want you to|i want to|"
    r"i want|i need|i'd like you to|i'd like to|i'd like|i would like|we want|we need|let's|let us|to|want|have)"
)
_MAKING = r"(?:make|making|turn|convert|change|render|have|set|put|get|play|run|show|give|apply|do|use|keep|want|bring)"
_AHEAD = re.compile(
    rf"(?:{_ASKING}\s+)*(?:{_MAKING}\s+)?(?:(?:in)?to\s+)?(?:{THING}\s+)?(?:(?:go|play|run)\s+)?"
    r"(?:(?:to be|be|to look|look|looking|to appear|appear|is|should be|plays?|into|to|in|as|"
    r"a(?! bit| little| touch| lot)|an|the|with|some)\s+)*"
)
_BEHIND = re.compile(
    rf"(?:\s+(?:please|thanks|thank you|now|instead|overall|throughout|for me|(?:of|for|in|on|to) {THING}|{THING}))*"
)
_NOTHING = re.compile(
    r"(?:(?:please )?(?:keep|leave) (?:everything else|all else|the rest)"
    r"(?: (?:the same|as is|as it is|as it was|unchanged|untouched|alone|intact))?"
    r"|nothing else|change nothing else|no other changes?|don't change anything else|please|thanks|thank you)"
)


def read(prompt: str) -> tuple[Edit, ...]:
    """The edits that a prompt asks for, in its order.

    UnsupportedByModel (`unsupported_operation`) quotes the first part that is none, and lists what can be done.
    """
    edits = [edit for part in _parts(prompt) if (edit := _edit(part)) is not None]
    if not edits:
        raise refused(f"The prompt names no change. Model 'local' can do: {CAN_DO}.")
    return tuple(edits)


def _parts(prompt: str) -> Iterator[str]:
    text = prompt.lower().translate(_PLAIN)
    text = re.sub(r"[^\S\n]+", " ", text).strip()
    for pattern, joined in _JOINED:
        text = re.sub(pattern, joined, text)
    for part in _PARTING.split(text):
        bare = part.strip(" \"'`.!?:")
        if bare:
            yield bare


def _edit(part: str) -> Edit | None:
    if _NOTHING.fullmatch(part):
        return None
    for wish in _readings(part):
        for pattern, reader in PATTERNS:
            found = pattern.fullmatch(wish)
            if found is not None and (edit := reader(found)) is not None:
                return edit
    shown = part.replace("black-white", "black and white")[:SHOWN_CHARACTERS]
    raise refused(f"'{shown}' is not understood, or is more than an exact change. Model 'local' can do: {CAN_DO}.")


def _readings(part: str) -> Iterator[str]:
    """The part as it is, and without the words around it that ask for nothing."""
    yield part
    ahead = _AHEAD.match(part)
    rest = part[ahead.end() :] if ahead else part
    yield rest
    for tail in re.finditer(r"\s", rest):
        if _BEHIND.fullmatch(rest, tail.start()):
            yield rest[: tail.start()]
            break
