"""The command line: a client like any other, and the commands that start and look after a server."""

from __future__ import annotations

from mutoscope.cli.main import main

__all__ = ["main"]
