"""`mutoscope serve` with one more provider, which makes nothing and is ready at once."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from acceptance.servers import ServerProcess
from mutoscope import app
from mutoscope.clock import SystemClock
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import write_clip

TESTS = Path(__file__).parents[1]
NAME = "quick"
MODEL = f"{NAME}-1"


class QuickMutoscope(app.Mutoscope):
    """The server that `serve` builds, with the quick provider added."""

    def __init__(self, settings: Settings, **rest: Any) -> None:
        quick = ScriptedProvider(NAME, clip=quick_clip())
        super().__init__(settings, [*app.built_in(settings, SystemClock()), lambda _on_change: quick], **rest)


def quick_clip() -> bytes:
    """One second of 64 by 64 pixels."""
    with tempfile.TemporaryDirectory() as folder:
        return write_clip(Path(folder) / "clip.mp4").read_bytes()


class QuickServer(ServerProcess):
    """The same in a process of its own; requests that name no model are the quick provider's."""

    program: ClassVar = ("-m", "acceptance.quick_server")

    def __init__(self, data_dir: Path, environment: Mapping[str, str] | None = None) -> None:
        paths = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
        super().__init__(data_dir, {"PYTHONPATH": paths, "MUTOSCOPE_DEFAULT_MODEL": MODEL, **(environment or {})})


if __name__ == "__main__":
    app.Mutoscope = QuickMutoscope  # type: ignore[misc]
    from mutoscope.cli import main

    sys.exit(main())
