"""A PostgreSQL server of one's own: in a folder that goes with it, on a free loopback port, durable as a real one."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path

import psycopg

from mutoscope.app import migrate_all
from mutoscope.testing.processes import free_port

# How long a server may take to come back after a crash, and how often that is tried.
RETURN_SECONDS = 60.0
TRY_AGAIN_SECONDS = 0.2


class PostgresMissing(RuntimeError):
    """Its programs are not on this machine."""

    def __init__(self) -> None:
        super().__init__("PostgreSQL is not installed. On Debian: apt-get install postgresql")


class PostgresServer:
    """Started by `start`. As root it runs as the user postgres, because PostgreSQL refuses root."""

    def __init__(self) -> None:
        self._programs = programs()
        self._prefix = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self._folder = Path(tempfile.mkdtemp(prefix="mutoscope-postgres-"))
        if self._prefix:
            entry = pwd.getpwnam("postgres")
            os.chown(self._folder, entry.pw_uid, entry.pw_gid)
        self.data = self._folder / "data"
        self.port = free_port()
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

    def crash(self) -> None:
        """kill -9 its first process, and start again as soon as the orphaned sessions let go of its memory."""
        os.kill(int((self.data / "postmaster.pid").read_text().split()[0]), signal.SIGKILL)
        deadline = time.monotonic() + RETURN_SECONDS
        while True:
            try:
                return self.start()
            except subprocess.CalledProcessError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(TRY_AGAIN_SECONDS)

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
            found = session.execute(statement)  # type: ignore[arg-type]
            return found.fetchall() if found.description else []

    def _has(self, name: str) -> bool:
        return bool(self.run("postgres", f"SELECT 1 FROM pg_database WHERE datname = '{name}'"))  # noqa: S608

    def _call(self, program: str, *arguments: str) -> None:
        command = [*self._prefix, str(self._programs / program), *arguments]
        subprocess.run(  # noqa: S603
            command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, cwd="/", timeout=120
        )


def programs() -> Path:
    """Where PostgreSQL's programs are. PostgresMissing where they are not."""
    found = [Path(each).parent for each in [shutil.which("initdb")] if each]
    found += sorted((each.parent for each in Path("/usr/lib/postgresql").glob("*/bin/initdb")), reverse=True)
    if not found:
        raise PostgresMissing
    return found[0]
