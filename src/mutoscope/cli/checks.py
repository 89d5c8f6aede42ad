"""What `doctor` looks at: one function a part, each answering with a finding and never with an exception."""

from __future__ import annotations

import asyncio
import errno
import http.client
import importlib
import os
import platform
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from mutoscope import __version__
from mutoscope.domain.errors import ConfigurationError
from mutoscope.settings import Settings

if TYPE_CHECKING:
    from mutoscope.database.connection import Row

LOW_DISK = 2 << 30
_SIDE, _FRAMES = 64, 2
# So many endpoints are named in one line.
_NAMED = 3


class Verdict(StrEnum):
    """ok: fine. warn: works, but read it. fail: the server would not work."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found, in one line."""

    name: str
    verdict: Verdict
    detail: str


def findings(settings: Settings) -> list[Finding]:
    """All checks in their order, against the settings that `serve` would use."""
    folder = settings.data_dir
    checks: list[tuple[str, Callable[[], tuple[Verdict, str]]]] = [
        ("versions", versions),
        ("sqlite", sqlite),
        ("encoder", encoder),
        ("renderer", renderer),
        ("data folder", lambda: data_folder(folder)),
        ("disk", lambda: disk(folder)),
        ("port", lambda: port(settings.host, settings.port)),
        ("clock", lambda: clock(time.time())),
        ("webhook secrets", lambda: webhook_secrets(settings)),
    ]
    return [Finding(name, *_guarded(check)) for name, check in checks]


def versions() -> tuple[Verdict, str]:
    system = f"{platform.system()} {platform.machine()}"
    return Verdict.OK, f"mutoscope {__version__}, Python {platform.python_version()}, {system}"


def sqlite() -> tuple[Verdict, str]:
    from mutoscope.database.sqlite import driver

    try:
        module = driver()
    except ConfigurationError as error:
        return Verdict.FAIL, error.message
    return Verdict.OK, f"SQLite {module.sqlite_version} from {module.__name__.split('.')[0]}"


def encoder() -> tuple[Verdict, str]:
    """Really encode two grey frames and count what comes back."""
    import av
    import numpy as np

    from mutoscope.media.encode import Encoder

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "two.mp4"
        with Encoder(path, _SIDE, _SIDE, 24) as film:
            for _ in range(_FRAMES):
                film.add(np.full((_SIDE * 3 // 2, _SIDE), 128, np.uint8))
        with av.open(str(path)) as container:
            count = sum(1 for _ in container.decode(video=0))
    if count != _FRAMES:
        return Verdict.FAIL, f"PyAV {av.__version__} wrote {_FRAMES} frames with libx264 and read back {count}"
    return Verdict.OK, f"libx264 of PyAV {av.__version__} encodes"


def renderer() -> tuple[Verdict, str]:
    started = time.perf_counter()
    importlib.import_module("mutoscope.flipbook.render")
    return Verdict.OK, f"flipbook loads in {time.perf_counter() - started:.1f} s"


def data_folder(folder: Path) -> tuple[Verdict, str]:
    """Whether files can be made in it, or in the nearest folder above that exists."""
    there = _existing(folder)
    if not there.is_dir():
        return Verdict.FAIL, f"{there} is not a folder"
    try:
        with tempfile.TemporaryFile(dir=there):
            pass
    except OSError as error:
        return Verdict.FAIL, f"{there} cannot be written to: {error.strerror}"
    return Verdict.OK, f"{folder} is writable" if there == folder else f"{folder} will be made"


def disk(folder: Path) -> tuple[Verdict, str]:
    free = shutil.disk_usage(_existing(folder)).free
    verdict = Verdict.WARN if free < LOW_DISK else Verdict.OK
    return verdict, f"{free / (1 << 30):.1f} GiB free" + ("; 2 GiB or more is advised" if free < LOW_DISK else "")


def port(host: str, number: int) -> tuple[Verdict, str]:
    """Whether `serve` could listen there, and if not, who answers."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, number))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                return Verdict.FAIL, f"{host} port {number} cannot be used: {error.strerror}"
        else:
            return Verdict.OK, f"{host} port {number} is free"
    if _is_mutoscope(host, number):
        return Verdict.OK, f"a Mutoscope server answers on {host} port {number}"
    return Verdict.WARN, f"another program holds {host} port {number}; start with --port"


def clock(now: float) -> tuple[Verdict, str]:
    """Times and retries need a clock that is not behind the files that were installed.

    now: Unix seconds.
    """
    told = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(now))
    if now < Path(__file__).stat().st_mtime - 60:
        return Verdict.WARN, f"{told} is before Mutoscope was installed; set the clock"
    return Verdict.OK, told


def webhook_secrets(settings: Settings) -> tuple[Verdict, str]:
    """Whether the server's key opens every signing secret; else nothing is sent to those endpoints."""
    from mutoscope.app import database_url
    from mutoscope.database.address import file_of
    from mutoscope.database.migrate import check
    from mutoscope.webhooks.endpoints import unreadable
    from mutoscope.webhooks.vault import Vault

    url = database_url(settings)
    file = file_of(url)
    if file is None:
        check(url)
    elif not file.exists():
        return Verdict.OK, "there is no database yet"
    rows = asyncio.run(_sealed_secrets(url))
    if rows is None:
        return Verdict.OK, "not looked at: the database has the schema of another version"
    closed = unreadable(Vault(settings.secret_key, None if file is None else settings.data_dir, makes_key=False), rows)
    if not closed:
        return Verdict.OK, f"{len(rows)} kept, the key opens all"
    named = ", ".join(closed[:_NAMED]) + (", …" if len(closed) > _NAMED else "")
    return Verdict.FAIL, (
        f"{len(closed)} of {len(rows)} cannot be opened, so that nothing is sent to {named}: the secret_key that "
        "is given here is not the one that they were sealed with"
    )


async def _sealed_secrets(url: str) -> Sequence[Row] | None:
    """None of a database with another schema than this version's; asking changes nothing in it."""
    from mutoscope.backup.rows import rows_at
    from mutoscope.database.migrate import newest

    reader = rows_at(url).reader()
    try:
        schema = await reader.select("schema_number", {})
        return await reader.select("sealed_secrets", {}) if schema[0]["number"] == newest() else None
    finally:
        await reader.leave()
        reader.close()


def _guarded(check: Callable[[], tuple[Verdict, str]]) -> tuple[Verdict, str]:
    try:
        return check()
    except Exception as error:
        return Verdict.FAIL, " ".join(f"{type(error).__name__}: {error}".split())


def _existing(folder: Path) -> Path:
    folder = folder.absolute()
    return next((each for each in (folder, *folder.parents) if os.path.lexists(each)), Path("/"))


def _is_mutoscope(host: str, number: int) -> bool:
    """Ask for the list of models without a key: our server refuses in its own envelope, with a request id."""
    name = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - compared, not listened on
    name = f"[{name}]" if ":" in name else name
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        opener.open(f"http://{name}:{number}/v1/models", timeout=2)
    except urllib.error.HTTPError as refusal:
        with refusal:
            return "x-request-id" in refusal.headers and b'"error"' in refusal.read(65_536)
    except (OSError, http.client.HTTPException):
        return False
    return False
