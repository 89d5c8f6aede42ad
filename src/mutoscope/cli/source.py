"""An argument that names a video: by its id on the server, or as a file of one's own."""

from __future__ import annotations

from pathlib import Path

from mutoscope.cli.outcome import misused

_HINT = "Give a video file, or the id of a video: `mutoscope list` shows them."
_ENDINGS = (".mp4", ".webm", ".mov")


def id_or_file(argument: str) -> str | Path:
    """The file to upload if there is one of that name, otherwise the id.

    CliError (usage) for nothing at all, and for what can only have been meant as a file and is none: it has a slash,
    or ends in .mp4, .webm or .mov.
    """
    if not argument.strip():
        raise misused("A video's id or file is empty.", _HINT)
    path = Path(argument)
    if path.is_file():
        return path
    if "/" in argument or argument.lower().endswith(_ENDINGS):
        raise misused(f"{argument} cannot be uploaded." if path.exists() else f"There is no file {argument}.", _HINT)
    return argument
