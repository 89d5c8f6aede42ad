"""What a harness's processes stand on: a database, a storage, and how many of them there are, of which role."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from mutoscope.database.address import address_of
from mutoscope.database.connection import FILE_NAME
from mutoscope.testing.bucket import Moto
from mutoscope.testing.postgres import PostgresServer
from mutoscope.testing.witnesses import Files, Folder


class Role(StrEnum):
    """What a process does: answer, make videos, or both."""

    SERVER = "server"
    API = "api"
    WORKER = "worker"

    @property
    def answers(self) -> bool:
        return self is not Role.WORKER

    @property
    def works(self) -> bool:
        return self is not Role.API


class Ground(Protocol):
    """One database and one storage, shared by processes.

    name: of the kind of database. roles: of the processes. database: its address. storage: the setting of that name.
    environment: what each process needs to reach them. files: the storage as a bystander sees it. can_crash: whether
    the database is a process of its own.
    """

    name: str
    roles: tuple[Role, ...]
    database: str
    storage: str
    environment: dict[str, str]
    files: Files
    can_crash: bool

    def crash(self) -> None:
        """End the database without a warning and start it again."""
        ...

    def close(self) -> None:
        """End what was started for it."""
        ...


class SqliteGround:
    """A file and a folder, which one server holds alone."""

    name = "sqlite"
    storage = ""
    can_crash = False

    def __init__(self, folder: Path) -> None:
        data = data_dir(folder, 0)
        self.roles: tuple[Role, ...] = (Role.SERVER,)
        self.database = address_of(data / FILE_NAME)
        self.environment: dict[str, str] = {}
        self.files: Files = Folder(data / "storage")

    def crash(self) -> None:
        raise NotImplementedError("a file dies with its server")

    def close(self) -> None:
        """Nothing was started."""


class PostgresGround:
    """A PostgreSQL server and a bucket, both processes of their own, for as many processes as there are roles."""

    name = "postgresql"
    can_crash = True

    def __init__(self, folder: Path, roles: Sequence[Role]) -> None:
        self.roles: tuple[Role, ...] = tuple(roles)
        with ExitStack() as started:
            self._server = PostgresServer()
            started.callback(self._server.close)
            self.database = self._server.database()
            moto = Moto(folder / "moto.log")
            started.callback(moto.stop)
            bucket = moto.new_bucket()
            self._started = started.pop_all()
        self.files: Files = bucket
        self.storage = bucket.address
        self.environment = bucket.environment

    def crash(self) -> None:
        self._server.crash()

    def close(self) -> None:
        self._started.close()


def many(workers: int, servers: int) -> tuple[Role, ...]:
    """Processes that only answer, and workers behind them."""
    return (Role.API,) * servers + (Role.WORKER,) * workers


def data_dir(folder: Path, number: int) -> Path:
    """Where the process of this number has its data folder."""
    return folder / f"data-{number}"


GroundMaker = Callable[[Path], Ground]
