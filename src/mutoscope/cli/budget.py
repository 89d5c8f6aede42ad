"""`mutoscope budget`: caps of tenants and keys, and the money of which nobody knows yet; beside a running server."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Annotated

import typer

from mutoscope.cli.keys import DatabaseUrl, DataDir, at_database, database_place

if TYPE_CHECKING:
    from mutoscope.database.connection import Database, Row, Transaction
    from mutoscope.domain.money import Kind

budget = typer.Typer(no_args_is_help=True, help="Cap what tenants and keys may spend, and close what is held.")
Tenant = Annotated[str | None, typer.Option(help="Name of the tenant.")]
Key = Annotated[str | None, typer.Option(help="The key's id, or how it begins, as `keys list` shows them.")]
Amount = Annotated[float | None, typer.Option(min=0, help="In USD; not given leaves it without a limit.")]
VideoId = Annotated[str, typer.Argument(help="Id of the video.", metavar="VIDEO_ID", show_default=False)]


@budget.command("set")
def set_(
    tenant: Tenant = None,
    key: Key = None,
    per_day: Amount = None,
    per_month: Amount = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Set the caps of a tenant or of a key, from the next request on. Caps that are not given are taken away."""
    if (tenant is None) == (key is None):
        raise typer.BadParameter("Give --tenant or --key, one of them.")
    from mutoscope.domain.money import Period, in_millionths

    given = {Period.DAY: per_day, Period.MONTH: per_month}
    caps = json.dumps({period: in_millionths(amount) for period, amount in given.items() if amount is not None})

    def write(tx: Transaction) -> int:
        if tenant is not None:
            return tx.run("set_tenant_caps", caps=caps, name=tenant)
        return tx.run("set_key_caps", caps=caps, id=key)

    if not at_database(database_place(data_dir, database), lambda opened: opened.write(write), may_be_new=False):
        typer.echo(f"There is no {'tenant' if tenant else 'active key'} {tenant or key!r}.", err=True)
        raise typer.Exit(1)
    typer.echo("Set.")


@budget.command()
def held(data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """List the videos that have ended and whose money is still held: look for them in the upstream's account."""
    from mutoscope.domain.money import as_text

    rows = at_database(database_place(data_dir, database), lambda opened: opened.all("held_videos"), may_be_new=False)
    for row in rows:
        what = f"{as_text(row['price'])} {row['currency']}"
        seen = row["upstream_id"] or "no id from there"
        typer.echo("\t".join((row["id"], what, row["provider"], seen, row["error_code"] or row["state"])))
    if not rows:
        typer.echo("Nothing is held. What is reserved for videos in the making is not listed here.", err=True)


@budget.command()
def settle(
    video_id: VideoId,
    amount: Annotated[float | None, typer.Option(min=0, help="What was charged, in USD; else the price.")] = None,
    data_dir: DataDir = None,
    database: DatabaseUrl = None,
) -> None:
    """Say that the upstream charged for a video whose money is held."""
    from mutoscope.domain.money import Kind, in_millionths

    charged = None if amount is None else in_millionths(amount)
    _conclude(database_place(data_dir, database), video_id, Kind.SETTLED, charged)


@budget.command()
def release(video_id: VideoId, data_dir: DataDir = None, database: DatabaseUrl = None) -> None:
    """Say that the upstream did not charge for a video whose money is held."""
    from mutoscope.domain.money import Kind

    _conclude(database_place(data_dir, database), video_id, Kind.RELEASED, None)


def _conclude(place: object, video_id: str, kind: Kind, charged: int | None) -> None:
    from mutoscope.database.ledger import conclude

    async def work(opened: Database) -> bool:
        row: Row | None = await opened.one("held_video", id=video_id)
        if row is None:
            return False
        return await opened.write(lambda tx: conclude(tx, row, kind, time.time(), charged))

    if not at_database(place, work, may_be_new=False):  # type: ignore[arg-type]
        typer.echo(
            f"No money is held for a video {video_id!r}; `mutoscope budget held` shows those there are.", err=True
        )
        raise typer.Exit(1)
    typer.echo(f"{kind.capitalize()}.")
