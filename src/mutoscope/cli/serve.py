"""`mutoscope serve`: the server in one process, on one data folder."""

from __future__ import annotations

import asyncio
import errno
import json
import os
import signal
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mutoscope.cli.outcome import ExitCode
from mutoscope.domain.catalog import SORA_NAMES, Catalog
from mutoscope.domain.errors import ConfigurationError, DatabaseUnavailable
from mutoscope.settings import Settings, chosen, load

if TYPE_CHECKING:
    from mutoscope.app import Mutoscope
    from mutoscope.cli.admin_port import AdminPort

USAGE_ERROR = 2


def serve(
    data_dir: Annotated[Path | None, typer.Option(help="Folder of the database and the videos.")] = None,
    database: Annotated[
        str | None, typer.Option(help="postgresql://USER:PASSWORD@HOST/NAME instead of a file in the data folder.")
    ] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (8650); 0 takes a free one.")] = None,
    storage: Annotated[
        str | None, typer.Option(help="Bucket for the files: s3://, gs:// or az://BUCKET/PREFIX (the data folder).")
    ] = None,
    work: Annotated[
        bool | None, typer.Option("--work/--no-work", help="Also make videos, or leave that to `mutoscope worker`.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings.")] = None,
    log_level: Annotated[str | None, typer.Option(help="debug, info, warning or error.")] = None,
    announce: Annotated[
        Path | None, typer.Option(help="Write {url, api_key, pid, admin_url} as JSON to this file once ready.")
    ] = None,
) -> None:
    """Start the server.

    One process with SQLite and the local disk is all there need be. With a database on PostgreSQL and files in a bucket
    there may be any number, here and as `mutoscope worker`.
    """
    given = {
        "data_dir": data_dir,
        "database": database,
        "storage": storage,
        "work": work,
        "host": host,
        "port": port,
        "log_level": log_level,
    }
    run(given, config, announce)


def run(given: dict[str, Any], config: Path | None, announce: Path | None, role: str | None = None) -> None:
    """Start a process of this role and stay until it ends; leaves with its exit code."""
    try:
        settings = load(given, os.environ, config)
        is_set = "admin_port" in chosen(given, os.environ, config)
        code = _serve(settings, announce, role, admin_port_is_set=is_set)
    except ConfigurationError as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(USAGE_ERROR) from None
    except DatabaseUnavailable as error:
        typer.echo(error.message, err=True)
        raise typer.Exit(ExitCode.TEMPORARY) from None
    except OSError as error:
        typer.echo(f"The server cannot start: {error}", err=True)
        raise typer.Exit(1) from None
    raise typer.Exit(code)


def _serve(settings: Settings, announce: Path | None, role: str | None, *, admin_port_is_set: bool) -> int:
    from mutoscope import tracing
    from mutoscope.app import Mutoscope
    from mutoscope.cli.admin_port import AdminPort
    from mutoscope.logs import configure

    configure(settings.log_level, log_prompts=settings.log_prompts)
    tracing.start(os.environ)
    listener = _listen(settings)
    admin = AdminPort.open(settings, was_chosen=admin_port_is_set)
    server = Mutoscope(settings, on_lost=_die, role=role)
    try:
        first = asyncio.run(_prepare(server, needs_key=role != "worker"))
        url = _url(settings, listener)
        welcome = _welcome_worker if role == "worker" else _welcome
        drawn = drawn_names(server.service.catalog)
        return _run(server, listener, admin, lambda: welcome(url, first, announce, settings, admin.url, drawn))
    finally:
        server.close()
        listener.close()
        admin.close()
        tracing.stop()


def _die() -> None:
    """End at once, as by a crash, which loses nothing: whatever we still did would be beside another process."""
    os.write(2, b"This process was away for too long, and others have taken over its work. Ended.\n")
    os._exit(ExitCode.TEMPORARY)


def _listen(settings: Settings) -> socket.socket:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.host, settings.port))
    except OSError as error:
        listener.close()
        raise ConfigurationError(_why_not(settings, error)) from None
    return listener


def _why_not(settings: Settings, error: OSError) -> str:
    place = f"Cannot listen on {settings.host} port {settings.port}: {error.strerror or error}."
    if error.errno == errno.EADDRINUSE:
        return f"{place} `mutoscope doctor` tells whether another Mutoscope runs there; --port chooses another."
    return f"{place} Choose another with --port or --host."


def _where(settings: Settings) -> str:
    return "--database postgresql://…" if settings.database else f"--data-dir {settings.data_dir}"


@dataclass(frozen=True, slots=True)
class _First:
    """What a first start has to show, once: its API key, and the path of a link into the page."""

    secret: str
    link: str | None


async def _prepare(server: Mutoscope, needs_key: bool) -> _First | None:
    try:
        await server.prove_storage()
        return await _first_key(server) if needs_key else None
    finally:
        await server.database.leave_loop()


async def _first_key(server: Mutoscope) -> _First | None:
    """The key of a first start on loopback, to be shown once; elsewhere a missing key is refused."""
    from mutoscope.access.keys import create_key, has_keys
    from mutoscope.access.sign_in_links import make_link

    if await has_keys(server.database):
        return None
    if not server.settings.is_loopback:
        raise ConfigurationError(
            f"There is no API key, and {server.settings.host} can be reached from outside. Make one first: "
            f"mutoscope keys create {_where(server.settings)}"
        )
    key = await create_key(server.database, server.clock.now(), name="first start")
    link = await make_link(server.database, server.clock.now(), key.id) if server.settings.page else None
    return _First(key.secret, link)


def _run(server: Mutoscope, listener: socket.socket, admin: AdminPort, on_started: Callable[[], None]) -> int:
    import uvicorn

    from mutoscope.dialect.protocol import Protocol

    config = uvicorn.Config(
        server.asgi(),
        http=Protocol,
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=True,
        timeout_graceful_shutdown=round(server.settings.shutdown_grace),
    )

    class Runner(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            if self.started:
                await admin.start(server.admin())
                on_started()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            server.stop_waiting()
            await admin.stop()
            await super().shutdown(sockets)

    # uvicorn raises the signal that stopped it once more when all is done; by then there is nothing left to end.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda _number, _frame: None)
    runner = Runner(config)
    runner.run(sockets=[listener])
    if not runner.started:
        return 1
    typer.echo("Stopped. What was queued or running goes on at the next start.", err=True)
    return 0


def _url(settings: Settings, listener: socket.socket) -> str:
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    return f"http://{host}:{listener.getsockname()[1]}"


def drawn_names(catalog: Catalog) -> str | None:
    """The sentence that says which of Sora's names the built-in engine answers; None if it answers none of them."""
    model = catalog.models[catalog.default]
    names = sorted(SORA_NAMES & set(catalog.names_of(model)))
    if not names or not model.name.startswith("flipbook"):
        return None
    which = "Sora's model names are" if len(names) == len(SORA_NAMES) else f"The names {', '.join(names)} are"
    return f"{which} answered by '{model.name}', a built-in engine: drawn by code, not filmed."


def _welcome(
    url: str, first: _First | None, announce: Path | None, settings: Settings, admin_url: str | None, drawn: str | None
) -> None:
    from mutoscope.database.address import shown

    if announce is not None:
        secret = first and first.secret
        _write_announcement(announce, {"url": url, "api_key": secret, "pid": os.getpid(), "admin_url": admin_url})
    typer.echo(f"Mutoscope listens on {url}, data in {settings.data_dir}.")
    if settings.database:
        typer.echo(f"The database is {shown(settings.database)}.")
    if admin_url is not None:
        typer.echo(f"Metrics, and videos as operators see them: {admin_url}")
    if drawn:
        typer.echo(drawn)
    if first is not None:
        typer.echo(_first_steps(url, first.secret))
        if first.link is not None:
            typer.echo(f"Or look at it; this link works once, within an hour:\n\n    {url}{first.link}\n")
        return
    typer.echo("The API keys made before still hold; `mutoscope keys create` makes another.")
    if settings.page:
        typer.echo(f"The page is at {url}/; `mutoscope page` prints a link that signs you in.")


def _welcome_worker(
    url: str,
    _first: _First | None,
    announce: Path | None,
    settings: Settings,
    admin_url: str | None,
    _drawn: str | None,
) -> None:
    from mutoscope.database.address import shown

    if announce is not None:
        _write_announcement(announce, {"url": url, "api_key": None, "pid": os.getpid(), "admin_url": admin_url})
    typer.echo(f"Mutoscope makes videos for {shown(settings.database)}; whether all is well: {url}/readyz")


def _write_announcement(path: Path, content: dict[str, Any]) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.touch(mode=0o600)
    partial.write_text(json.dumps(content), encoding="utf-8")
    partial.rename(path)


def _first_steps(url: str, secret: str) -> str:
    return f"""
Your API key, shown only this once:

    {secret}

Try it:

    curl {url}/v1/videos -H "Authorization: Bearer {secret}" -F prompt="A misty lake at sunrise"

    from openai import OpenAI
    client = OpenAI(base_url="{url}/v1", api_key="{secret}")
    print(client.videos.create_and_poll(prompt="A misty lake at sunrise"))
"""
