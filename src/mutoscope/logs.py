"""Logging: one line an event on standard error, for people on a terminal and as JSON elsewhere.

Every line, those of the libraries too, passes `Discretion` last: whoever logs what, no secret and no prompt comes out.
"""

from __future__ import annotations

import hashlib
import logging
import sys
from collections.abc import Iterable, MutableMapping
from typing import Any

import structlog

from mutoscope import correlation
from mutoscope.redaction import Redaction, without_words

# A traceback is worth more than what an upstream says.
LONGEST_TEXT = 20_000


class Discretion:
    """The last step before a line is written: takes out what must not be read. log_prompts: leaves prompts in."""

    def __init__(self) -> None:
        self.log_prompts = False
        self._redaction = Redaction((), LONGEST_TEXT)

    def hide(self, secrets: Iterable[str]) -> None:
        """What must appear in no line, beside what looks like a secret anyway."""
        self._redaction = Redaction(secrets, LONGEST_TEXT)

    def __call__(self, _logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        words = () if self.log_prompts else correlation.words()
        return {name: self._shown(name, value, words) for name, value in line.items() if self._is_told(name, value)}

    def _is_told(self, name: str, value: Any) -> bool:
        return value is not None or name not in correlation.JOINING

    def _shown(self, name: str, value: Any, words: tuple[str, ...]) -> Any:
        shown = self._redaction.value({name: _plain(value)})[name]
        return _without(shown, words) if words else shown


discretion = Discretion()


def configure(level: str, *, log_prompts: bool = False) -> None:
    """Set up structlog and the libraries under us. level: debug, info, warning or error."""
    number = logging.getLevelNamesMapping()[level.upper()]
    discretion.log_prompts = log_prompts
    # Plain tracebacks: those with local variables would show request bodies.
    on_terminal = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    renderer = on_terminal if sys.stderr.isatty() else structlog.processors.JSONRenderer()
    begin: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    # Tracebacks become text before the last look, on a terminal too.
    end: list[Any] = [structlog.processors.format_exc_info, discretion, renderer]
    structlog.configure(
        processors=[*begin, *end],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # it warns of every bad body, which we answer
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[*begin, structlog.stdlib.add_logger_name],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end],
        )
    )
    logging.basicConfig(level=max(number, logging.WARNING), handlers=[handler])


def prompt_facts(prompt: str) -> dict[str, Any]:
    """What a line tells of a prompt: enough to recognise it; the words only where a setting says so."""
    if discretion.log_prompts:
        return {"prompt": prompt}
    return {"prompt_sha256": sha256_of(prompt), "prompt_characters": len(prompt)}


def sha256_of(prompt: str) -> str:
    """The first 16 hexadecimal digits."""
    return hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()[:16]


def _plain(value: Any) -> Any:
    """Anything as what a line can hold: what is no JSON is written as text, which is looked through too."""
    match value:
        case str() | int() | float() | bool() | None:
            return value
        case dict():
            return {str(name): _plain(item) for name, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [_plain(item) for item in value]
        case bytes():
            return value.decode(errors="replace")
    return str(value)


def _without(value: Any, words: tuple[str, ...]) -> Any:
    match value:
        case str():
            for each in words:
                value = without_words(value, each)
            return value
        case dict():
            return {name: _without(item, words) for name, item in value.items()}
        case list():
            return [_without(item, words) for item in value]
    return value
