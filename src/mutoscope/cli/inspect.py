"""`mutoscope inspect`: one video whole, as its operator sees it."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from mutoscope.cli.keys import DatabaseUrl, DataDir, at_database, database_place
from mutoscope.cli.options import Json, VideoId
from mutoscope.cli.outcome import CliError, ExitCode

if TYPE_CHECKING:
    from mutoscope.database.connection import Database

ADMIN_SECONDS = 10.0

Admin = Annotated[
    str | None, typer.Option("--admin", help="Ask a server's admin port instead, such as http://127.0.0.1:8651.")
]


def inspect(
    video_id: VideoId,
    prompt: Annotated[bool, typer.Option("--prompt", help="Show the caller's words too.")] = False,
    as_json: Json = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    admin: Admin = None,
) -> None:
    """Show one video whole: its request, attempts, money and files, and what happens next.

    It reads the database, beside a running server or without one. Where only the server can read that, its admin port
    tells the same (--admin); it is asked by itself where the file of the database cannot be read.
    """
    from mutoscope.cli import show

    told = _from_admin(admin, video_id, prompt) if admin else _from_database(video_id, prompt, data_dir, database)
    if told is None:
        raise CliError(f"There is no video '{video_id}'.", ExitCode.NOT_FOUND)
    if as_json:
        show.print_json(told)
        return
    from mutoscope.cli.inspection_view import print_inspection

    print_inspection(told)


def _from_database(video_id: str, prompt: bool, data_dir: Path | None, database: str | None) -> dict[str, Any] | None:
    from mutoscope.admin.inspection import inspect as look
    from mutoscope.database.address import file_of

    url = database_place(data_dir, database)
    file = file_of(url)
    if file is not None and file.exists() and not os.access(file, os.R_OK | os.W_OK):
        return _from_admin(_own_admin(), video_id, prompt)

    async def work(opened: Database) -> dict[str, Any] | None:
        return await look(opened, video_id, time.time(), prompt)

    return at_database(url, work, may_be_new=False)


def _own_admin() -> str:
    """That of a server with our settings."""
    from mutoscope.settings import load

    settings = load({}, os.environ)
    host = f"[{settings.admin_host}]" if ":" in settings.admin_host else settings.admin_host
    return f"http://{host}:{settings.admin_port}"


def _from_admin(url: str, video_id: str, prompt: bool) -> dict[str, Any] | None:
    if not url.startswith(("http://", "https://")):
        raise CliError(f"{url!r} is no address of an admin port.", ExitCode.USAGE, hint="Such as http://127.0.0.1:8651")
    place = f"{url.rstrip('/')}/videos/{quote(video_id, safe='')}{'?prompt=true' if prompt else ''}"
    # A proxy from the environment must not stand between us and a server on this machine.
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(place, timeout=ADMIN_SECONDS) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        if error.code == 404:
            return None
        raise CliError(f"{url} answers HTTP {error.code}.", ExitCode.REFUSED) from None
    except (OSError, ValueError) as error:
        raise CliError(f"The admin port {url} cannot be reached: {error}", ExitCode.UNREACHABLE) from None
