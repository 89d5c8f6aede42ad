"""`mutoscope pause` and `resume`: the kill switch for everything that costs money."""

from __future__ import annotations

import time

import typer

from mutoscope.cli.keys import DatabaseUrl, DataDir, at_database, database_place


def pause(data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Stop all paid submissions at once; what is queued waits.

    It counts for every server on this database, from this moment on. Nothing is lost: `mutoscope resume` goes on.
    """
    from mutoscope.engine.desk import PAUSED

    _switch(data_dir, database, PAUSED)
    typer.echo("Paused: no paid video is submitted until `mutoscope resume`.")


def resume(data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Let paid submissions go on after `mutoscope pause`."""
    from mutoscope.engine.desk import RUNNING

    _switch(data_dir, database, RUNNING)
    typer.echo("Resumed.")


def _switch(data_dir: DataDir, database: DatabaseUrl, value: str) -> None:
    from mutoscope.engine.desk import SUBMITS

    now = time.time()
    place = database_place(data_dir, database)
    at_database(
        place,
        lambda opened: opened.write(lambda tx: tx.run("set_switch", name=SUBMITS, value=value, now=now)),
        may_be_new=False,
    )
