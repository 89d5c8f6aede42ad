"""A PostgreSQL server for the tests: in a folder of its own, on a free loopback port, durable as a real one."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from itertools import count
from pathlib import Path

import psycopg
import pytest

from mutoscope.app import migrate_all


class PostgresServer:
    """Started by `start`. As root it runs as the user postgres, because PostgreSQL refuses root."""

    def __init__(self) -> None:
        self._programs = _programs()
        self._prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="mutoscope-postgres-"))
        if self._prefix:
            entry = pwd.getpwnam("postgres")
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        self.data = self._folder / "data"
        self.port = _free_port()
        self._numbers = count(1)
        self._call("initdb", "-D", str(self.data), "-U", "mutoscope", "-A", "trust", "-E", "UTF8", "--locale=C")
        self.start()

    def start(self, *options: str) -> None:
        settings = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories='' {' '.join(options)}"
        log = str(self._folder / "log")
        self._call("pg_ctl", "-D", str(self.data), "-w", "-t", "60", "-l", log, "-o", settings, "start")

    def stop(self, how: str = "fast") -> None:
        """how: fast ends every session; immediate is a crash."""
        self._call("pg_ctl", "-D", str(self.data), "-w", "-m", how, "stop")

    def close(self) -> None:
        self.stop("immediate")
        shutil.rmtree(self._folder)

    def address(self, name: str) -> str:
        return f"postgresql://mutoscope@127.0.0.1:{self.port}/{name}"

    def database(self, *, migrated: bool = True) -> str:
        """The address of a new database."""
        name = f"test_{next(self._numbers)}"
        if not migrated:
            self.run("postgres", f"CREATE DATABASE {name}")
            return self.address(name)
        if not self._has("model"):
            self.run("postgres", "CREATE DATABASE model")
            migrate_all(self.address("model"))
        self.run("postgres", f"CREATE DATABASE {name} TEMPLATE model")
        return self.address(name)

    def run(self, name: str, statement: str) -> list[tuple]:
        with psycopg.connect(self.address(name), autocommit=True) as session:
            found = session.execute(statement)
            return found.fetchall() if found.description else []

    def _has(self, name: str) -> bool:
        return bool(self.run("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))

    def _call(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self._programs / program), *arguments]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd="/", timeout=120)


def _programs() -> Path:
    """Where PostgreSQL's programs are. A test without them is skipped, and fails where CI asks for the whole truth."""
    found = [Path(each).parent for each in [shutil.which("initdb")] if each]
    found += sorted((each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/initdb")), reverse=True)
    if found:
        return found[0]
    missing = "PostgreSQL is not installed. On Debian: apt-get install postgresql"
    if os.environ.get("CI") == "true":
        pytest.fail(missing)
    pytest.skip(missing)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
