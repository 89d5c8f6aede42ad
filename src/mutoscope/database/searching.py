"""Words looked for in prompts: patterns that a database narrows by, and the exact answer afterwards.

A request is stored as JSON that begins with its prompt, so a pattern that ends where the next field begins finds words
of prompts only. A letter beyond ASCII, whose case one database folds and another does not, may be anything in a
pattern: `matches` has the last word.
"""

from __future__ import annotations

from mutoscope.database.videos import encode

PATTERNS = 3


def words_of(text: str) -> tuple[str, ...]:
    """The words of a search, the longest first, which narrow it most."""
    return tuple(sorted(dict.fromkeys(text.split()), key=len, reverse=True))


def patterns(words: tuple[str, ...]) -> tuple[str, ...]:
    """Patterns for LIKE with `!` as its escape, for the first of the words; those that are missing match everything."""
    made = tuple(f'{{"prompt":"%{_pattern(word)}%","size":"%' for word in words[:PATTERNS])
    return made + ("%",) * (PATTERNS - len(made))


def matches(words: tuple[str, ...], prompt: str) -> bool:
    """Whether every word is in the prompt, in whatever case."""
    folded = prompt.casefold()
    return all(word.casefold() in folded for word in words)


def _pattern(word: str) -> str:
    return "".join(_letter(letter) for letter in word.lower())


def _letter(letter: str) -> str:
    if not letter.isascii():
        return "%" if letter.isalpha() else letter
    return "".join(f"!{one}" if one in "!%_" else one for one in encode(letter)[1:-1])
