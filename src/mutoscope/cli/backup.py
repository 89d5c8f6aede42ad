"""`mutoscope backup` and `mutoscope restore`: everything that cannot be made again, out and in."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from mutoscope.cli.outcome import ExitCode
from mutoscope.domain.errors import DatabaseUnavailable, MutoscopeError, StorageUnavailable
from mutoscope.settings import Settings, load

if TYPE_CHECKING:
    from mutoscope.backup.manifest import Files
    from mutoscope.backup.restoring import Restored

T = TypeVar("T")

Target = Annotated[Path, typer.Argument(help="Folder to make; it may exist if it is empty.", show_default=False)]
Source = Annotated[Path, typer.Argument(help="Folder that `mutoscope backup` made.", show_default=False)]
DataDir = Annotated[Path | None, typer.Option(help="Folder of the server's data.")]
Database = Annotated[str | None, typer.Option(help="sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.")]
Bucket = Annotated[
    str | None, typer.Option("--storage", help="Bucket of the files: s3://, gs:// or az://BUCKET/PREFIX.")
]
Config = Annotated[Path | None, typer.Option(help="TOML file of settings.")]


def backup(
    target: Target,
    data_dir: DataDir = None,
    database: Database = None,
    storage: Bucket = None,
    config: Config = None,
    rows_only: Annotated[bool, typer.Option("--rows-only", help="Leave the files out: the bucket keeps them.")] = False,
) -> None:
    """Copy a server's rows and files into a folder, while it runs.

    The exit code is 1, and the backup is whole without them, when files that rows name are missing or damaged.
    """
    from mutoscope.app import database_url
    from mutoscope.backup.making import back_up
    from mutoscope.clock import SystemClock
    from mutoscope.storage.opening import open_storage

    settings = _settings(data_dir, database, storage, config)
    opened = _done(lambda: open_storage(settings.storage, settings.data_dir))
    made = _run(back_up(database_url(settings), opened, target, SystemClock(), rows_only=rows_only))
    typer.echo(f"Backed up {_count(made.database.videos, 'video')} and {_told(made.files)} to {target}.")
    if made.files is not None and _complain(made.files):
        raise typer.Exit(ExitCode.REFUSED)


def restore(
    source: Source,
    data_dir: DataDir = None,
    database: Database = None,
    storage: Bucket = None,
    config: Config = None,
) -> None:
    """Put a backup into an empty place.

    All of it is verified first. Paid videos that may have been submitted after the backup are not submitted again:
    the server finds out what became of them when it starts.
    """
    from mutoscope.app import database_url, migrate_all
    from mutoscope.backup.restoring import Place
    from mutoscope.backup.restoring import restore as put_back
    from mutoscope.clock import SystemClock

    settings = _settings(data_dir, database, storage, config)
    url = database_url(settings)
    restored = _run(put_back(source, Place(url, settings.storage, settings.data_dir), SystemClock()))
    _report(restored)
    _done(lambda: migrate_all(url))  # the task queue's own tables, should they be older


def _report(restored: Restored) -> None:
    made = restored.manifest
    when = f"{made.taken_at:%Y-%m-%d %H:%M:%S} UTC"
    typer.echo(f"Restored {_count(made.database.videos, 'video')} and {_told(made.files)}, as of {when}.")
    if made.files is None:
        typer.echo("The storage must have the files already: the backup was made with --rows-only.", err=True)
    if restored.uncertain:
        typer.echo(
            f"{_count(restored.uncertain, 'paid video')} may have been submitted after the backup. None is submitted "
            "anew: the server looks for each when it starts.",
            err=True,
        )


def _complain(files: Files) -> bool:
    """Say what is not in the backup. Whether any of it is a fault."""
    from mutoscope.backup.manifest import Reason

    faults = [each for each in files.skipped if each.reason is not Reason.DELETED]
    for each in faults:
        typer.echo(f"Not in the backup: {each.key} is {each.reason}.", err=True)
    if deleted := len(files.skipped) - len(faults):
        typer.echo(f"{_count(deleted, 'file')} left out: deleted while the backup was made.", err=True)
    return bool(faults)


def _told(files: Files | None) -> str:
    return "no files" if files is None else f"{_count(files.count, 'file')} ({files.bytes:,} bytes)"


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _settings(data_dir: Path | None, database: str | None, storage: str | None, config: Path | None) -> Settings:
    given = {"data_dir": data_dir, "database": database, "storage": storage}
    return _done(lambda: load(given, os.environ, config))


def _run(work: Coroutine[Any, Any, T]) -> T:
    return _done(lambda: asyncio.run(work))


def _done(work: Any) -> Any:
    """What `work` gives, or the end of the command in plain words."""
    try:
        return work()
    except (DatabaseUnavailable, StorageUnavailable) as error:
        code, message = ExitCode.TEMPORARY, error.message
    except MutoscopeError as error:
        code, message = ExitCode.USAGE, error.message
    except OSError as error:
        code, message = ExitCode.REFUSED, f"The disk failed: {error}"
    typer.echo(message, err=True)
    raise typer.Exit(code)
