"""`mutoscope worker`: a process that makes videos and answers nobody."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def worker(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of this process, for files on their way.")] = None,
    database: Annotated[str | None, typer.Option(help="postgresql://USER:PASSWORD@HOST/NAME.")] = None,
    host: Annotated[str | None, typer.Option(help="Address of the probes (127.0.0.1).")] = None,
    port: Annotated[int, typer.Option(help="Port of the probes /healthz and /readyz; 0 takes a free one.")] = 0,
    storage: Annotated[
        str | None, typer.Option(help="Bucket for the files, the same for all: s3://, gs:// or az://BUCKET/PREFIX.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    announce: Annotated[
        Path | None, typer.Option(help="Write {url, pid, admin_url} as JSON to this file once ready.")
    ] = None,
) -> None:
    """Make videos for servers on the same database.

    Any number of them may run, on any machines, each with a data folder of its own; all share one PostgreSQL database
    and one bucket. What a worker had in hand when it died is taken over by another within half a minute.
    """
    from mutoscope.cli.serve import run

    given = {
        "data_dir": data_dir,
        "database": database,
        "storage": storage,
        "host": host,
        "port": port,
        "log_level": log_level,
    }
    run(given, config, announce, role="worker")
