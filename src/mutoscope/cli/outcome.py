"""How a command ends: the exit codes and the one error that every command raises to leave with one."""

from __future__ import annotations

from collections.abc import Mapping
from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell sees. The numbers are documented and do not change."""

    OK = 0
    REFUSED = 1
    USAGE = 2
    UNREACHABLE = 3
    NOT_AUTHENTICATED = 4
    NOT_FOUND = 5
    TEMPORARY = 75
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    ExitCode.OK: "done",
    ExitCode.REFUSED: "the video failed, or the server refused the request",
    ExitCode.USAGE: "wrong usage or configuration",
    ExitCode.UNREACHABLE: "the server cannot be reached",
    ExitCode.NOT_AUTHENTICATED: "the API key is missing or wrong",
    ExitCode.NOT_FOUND: "no such video or character",
    ExitCode.TEMPORARY: "the database cannot be reached, or others have taken over this process's work: start again",
    ExitCode.INTERRUPTED: "interrupted",
}


class CliError(Exception):
    """Ends the command with `exit_code`.

    message: one sentence for the user. facts: short labelled details such as the field's name and the request's
    id; empty ones are dropped. hint: what to do next; may have several lines.
    """

    def __init__(
        self,
        message: str,
        exit_code: ExitCode = ExitCode.REFUSED,
        *,
        facts: Mapping[str, str | None] | None = None,
        hint: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.exit_code = exit_code
        self.facts = {label: value for label, value in (facts or {}).items() if value}
        self.hint = hint


def misused(message: str, hint: str | None = None) -> CliError:
    """The command line or a setting is wrong."""
    return CliError(message, ExitCode.USAGE, hint=hint)
