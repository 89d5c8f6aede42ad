"""`mutoscope webhooks`: where events are sent, what became of them, sending again; beside a running server."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mutoscope.cli.keys import DatabaseUrl, DataDir, at_database, database_place

if TYPE_CHECKING:
    from mutoscope.database.connection import Database, Transaction
    from mutoscope.webhooks.vault import Vault

webhooks = typer.Typer(no_args_is_help=True, help="List webhook endpoints and deliveries, send again, show secrets.")
EndpointId = Annotated[str, typer.Argument(help="The endpoint's id, as `webhooks list` shows it.", metavar="ENDPOINT")]
Tenant = Annotated[str, typer.Argument(help="Name of the tenant.", metavar="TENANT", show_default=False)]


@webhooks.command("list")
def list_(data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """List the endpoints of all tenants, with how many deliveries wait and how many were given up."""
    table = _table("id", "tenant", "url", "events", "pending", "dead", "disabled")
    rows = at_database(
        database_place(data_dir, database), lambda opened: opened.report("all_endpoints"), may_be_new=False
    )
    from mutoscope.webhooks.endpoints import types_from_json

    for row in rows:
        types = ", ".join(types_from_json(row["event_types"]))
        disabled = _when(row["disabled_at"]) if row["disabled_at"] else ""
        url = row["url"] or "as requests say"
        table.add_row(row["id"], row["tenant"], url, types, str(row["pending"]), str(row["dead"]), disabled)
    _print(table)


@webhooks.command()
def deliveries(
    endpoint: EndpointId,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="How many at most.")] = 20,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """List what was and will be sent to an endpoint, the newest first."""

    async def work(opened: Database) -> Any:
        await _must_exist(opened, endpoint)
        return await opened.all("deliveries_of", endpoint_id=endpoint, cursor=1 << 62, limit=limit)

    table = _table("id", "event", "video", "state", "attempts", "last answer", "next attempt")
    for row in at_database(database_place(data_dir, database), work, may_be_new=False):
        following = _when(row["next_at"]) if row["state"] == "pending" else ""
        answer = str(row["status"] or row["note"] or "")
        table.add_row(
            row["id"], row["event_type"], row["video_id"], row["state"], str(row["attempts"]), answer, following
        )
    _print(table)


@webhooks.command()
def replay(
    endpoint: EndpointId,
    delivery: Annotated[str | None, typer.Argument(help="One delivery's id; else all that were given up.")] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Send again what was given up, or one delivery whatever became of it; a running server does it at once."""

    def write(tx: Transaction) -> int:
        tx.run("wake_lanes", endpoint_id=endpoint)
        if delivery is None:
            return tx.run("replay_dead", endpoint_id=endpoint, now=time.time())
        return tx.run("replay_delivery", endpoint_id=endpoint, id=delivery, now=time.time())

    async def work(opened: Database) -> int:
        await _must_exist(opened, endpoint)
        return await opened.write(write)

    count = at_database(database_place(data_dir, database), work, may_be_new=False)
    if delivery is not None and not count:
        typer.echo(f"There is no delivery {delivery!r} of this endpoint, or it is under way.", err=True)
        raise typer.Exit(1)
    typer.echo(f"{count} will be sent again.")


@webhooks.command()
def secret(
    tenant: Tenant,
    rotate: Annotated[
        bool, typer.Option("--rotate", help="Make a new one; the present one signs for 24 hours.")
    ] = False,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
    config: Annotated[Path | None, typer.Option(help="TOML file of settings, as the server's.")] = None,
) -> None:
    """Print the secret that signs for the addresses that a tenant's requests name (`callback_url`)."""
    from mutoscope.domain.errors import SecretKeyMissing
    from mutoscope.webhooks.vault import Unreadable

    place = database_place(data_dir, database)
    vault = _vault(place, data_dir, config)
    try:
        found = at_database(place, lambda opened: _callback_secret(opened, vault, tenant, rotate), may_be_new=False)
    except Unreadable as error:
        typer.echo(f"It cannot be opened: {error}.", err=True)
        raise typer.Exit(1) from None
    except SecretKeyMissing as error:
        typer.echo(f"{error.message} The server makes its key at the first need of it.", err=True)
        raise typer.Exit(1) from None
    if found is None:
        typer.echo(f"There is no tenant {tenant!r}.", err=True)
        raise typer.Exit(1)
    typer.echo(found)


async def _callback_secret(opened: Database, vault: Vault, tenant: str, rotate: bool) -> str | None:
    from mutoscope.service.webhooks import KEEP_SECONDS
    from mutoscope.webhooks.endpoints import callbacks_id, callbacks_values, rotated_values

    if await opened.one("consent_of", tenant=tenant) is None:
        return None
    now, row = time.time(), await opened.one("endpoint", id=callbacks_id(tenant))
    if row is None:
        values = callbacks_values(vault, tenant, now)
        await opened.write(lambda tx: tx.run("add_endpoint", **values))
        row = await opened.one("endpoint", id=callbacks_id(tenant))
        assert row is not None
    elif rotate:
        made, values = rotated_values(vault, row, now, KEEP_SECONDS)
        await opened.write(lambda tx: tx.run("rotate_endpoint", **values))
        return made
    return vault.open(row["secret"], row["id"])


def _vault(place: str, data_dir: Path | None, config: Path | None) -> Vault:
    """As the server has it: the key is among the settings, or beside its database file. None is made here."""
    from mutoscope.database.address import file_of
    from mutoscope.settings import load
    from mutoscope.webhooks.vault import Vault

    file = file_of(place)
    settings = load({"data_dir": data_dir}, os.environ, config)
    folder = None if file is None else (data_dir or file.parent)
    return Vault(settings.secret_key, folder, makes_key=False)


async def _must_exist(opened: Database, endpoint: str) -> None:
    if await opened.one("endpoint", id=endpoint) is None:
        typer.echo(f"There is no endpoint {endpoint!r}; `mutoscope webhooks list` shows them.", err=True)
        raise typer.Exit(1)


def _table(*columns: str) -> Any:
    from rich.table import Table

    return Table(*columns, box=None)


def _print(table: Any) -> None:
    from rich.console import Console

    Console(width=None if os.isatty(1) else 240).print(table)


def _when(seconds: float) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")
