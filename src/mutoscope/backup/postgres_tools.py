"""PostgreSQL's own pg_dump and pg_restore, which know every kind of object and every version better than we would."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable

# Never the rows of these: without its schema's number no server starts on what was not put back to the end, and a
# server's own secrets are of no use to anybody but a thief; a restored one makes new ones.
LEFT_OUT = ("schema_version", "commits", "secrets")
_COMPLAINT = 2_000


def dump(url: str, path: Path, snapshot: str, schemas: Iterable[str], server: int) -> None:
    """Write the tables of these schemas, as that exported snapshot sees them, as an archive. server: its major version.

    ConfigurationError if there is no pg_dump, or one that is older than the server; DatabaseUnavailable if it fails.
    """
    program = _program("pg_dump", server)
    chosen = [f"--schema={_quoted(name)}" for name in schemas]
    without = [f"--exclude-table-data=*.{name}" for name in LEFT_OUT]
    options = ["--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}", f"--file={path}"]
    _run(url, program, *options, *chosen, *without)


def load(url: str, path: Path, server: int, existing: Iterable[str]) -> None:
    """Put an archive into an empty database, all of it or nothing. existing: schemas that are there already."""
    program = _program("pg_restore", server)
    listed = _call([program, "--list", str(path)])
    if listed.returncode:
        raise ConfigurationError(f"pg_restore cannot read {path}: {_last_words(listed.stderr)}")
    with tempfile.NamedTemporaryFile("w", suffix=".list") as wanted:
        wanted.write("\n".join(_without_schemas(listed.stdout.splitlines(), existing)))
        wanted.flush()
        options = ["--single-transaction", "--exit-on-error", "--no-owner", "--no-privileges"]
        _run(url, program, *options, f"--use-list={wanted.name}", str(path))


def _without_schemas(lines: Iterable[str], existing: Iterable[str]) -> list[str]:
    """A list of contents without the making of, and the comments on, schemas that exist: public always does."""
    names = "|".join(re.escape(name) for name in existing)
    making = re.compile(rf"\d+; \d+ \d+ (SCHEMA - |COMMENT - SCHEMA )({names}) ")
    return [line for line in lines if not making.match(line)]


def _program(name: str, server: int) -> str:
    path = shutil.which(name)
    if path is None:
        raise ConfigurationError(
            f"{name} is not installed, and a backup of PostgreSQL needs it: version {server} or newer, on the PATH. "
            "It belongs to PostgreSQL's client programs (on Debian: apt-get install postgresql-client)."
        )
    told = _call([path, "--version"]).stdout
    found = re.search(r"(\d+)(\.\d+|\w+)", told)
    version = int(found[1]) if found else 0
    if version < server:
        raise ConfigurationError(
            f"{name} is version {version or 'unknown'} and the server is PostgreSQL {server}: an older {name} cannot "
            f"be trusted with it. Install version {server} or newer."
        )
    return path


def _run(url: str, program: str, *options: str) -> None:
    address: dict[str, Any] = dict(conninfo_to_dict(url))
    # Not on the command line, which everybody on the machine can read.
    secret = {"PGPASSWORD": address.pop("password")} if address.get("password") else {}
    ended = _call([program, "--no-password", f"--dbname={make_conninfo(**address)}", *options], secret)
    if ended.returncode:
        raise DatabaseUnavailable(f"{Path(program).name} failed: {_last_words(ended.stderr)}")


def _call(command: list[str], environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - a program by its full name, with arguments of ours and no shell
        command, env={**os.environ, **(environment or {})}, capture_output=True, text=True, check=False
    )


def _last_words(complaint: str) -> str:
    return complaint.strip()[-_COMPLAINT:] or "it does not say why."


def _quoted(name: str) -> str:
    """A schema's name as a pattern that matches it alone."""
    return '"' + name.replace('"', '""') + '"'
