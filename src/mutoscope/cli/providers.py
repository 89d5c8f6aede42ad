"""`mutoscope providers`: what the file of providers says, and whether they can be reached. Needs no running server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from mutoscope.cli.outcome import ExitCode, misused
from mutoscope.cli.provider_file import Config, DataDir, opened
from mutoscope.cli.providers_try import try_
from mutoscope.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from mutoscope.cli.provider_checks import AccountFinding
    from mutoscope.providers.configuration import Configuration

providers = typer.Typer(
    no_args_is_help=True,
    help="List the configured providers, check that they can be reached, try one, or print what is known.",
)
providers.command("try")(try_)
Json = Annotated[bool, typer.Option("--json", help="Print JSON and nothing else.")]


@providers.command("list")
def list_(data_dir: DataDir = None, config: Config = None, as_json: Json = False) -> None:
    """List every model of every configured provider.

    A table on a terminal; in a pipe one line a model with provider, adapter, accounts, model, price, remix strategies,
    who verified it and when it ends, separated by tabs, and commas between several.
    """
    from mutoscope.cli.show import print_json

    rows = _rows(opened(data_dir, config)[1])
    if as_json:
        print_json({"object": "list", "data": rows})
    elif rows:
        _print_rows(rows)
    else:
        typer.echo("No provider is configured beside the built-in engines.", err=True)


@providers.command()
def check(data_dir: DataDir = None, config: Config = None, as_json: Json = False) -> None:
    """Check every account of every configured provider; spends nothing.

    Looks whether its environment variable is set, its host has an address and answers, and asks what its adapter can
    ask for free. The exit code is 1 if anything is wrong, 2 if the file is.
    """
    from mutoscope.cli.provider_checks import check_all
    from mutoscope.cli.show import print_json

    _, configuration = opened(data_dir, config)
    found = asyncio.run(check_all(configuration))
    failed = any(not finding.ok for finding in found)
    if as_json:
        print_json({"ok": not failed, "accounts": [finding.told() for finding in found]})
    elif found:
        _print_findings(found)
    else:
        typer.echo("No provider is configured beside the built-in engines.", err=True)
    if failed:
        raise typer.Exit(ExitCode.REFUSED)


@providers.command()
def models(data_dir: DataDir = None, config: Config = None) -> None:
    """Print all that is known of every service's models as one dated file, in the form that `models_file` takes.

    With the operator's own file, where the settings name one. Needs no file of providers.
    """
    from mutoscope.providers.model_data import ModelData
    from mutoscope.providers.model_sheet import sheet
    from mutoscope.providers.registry import Registry

    settings, _ = opened(data_dir, config)
    names = Registry().names
    try:
        text = sheet(ModelData.read(settings.models_file, names), names)
    except ConfigurationError as error:
        raise misused(error.message) from None
    typer.echo(text, nl=False)


def _rows(configuration: Configuration) -> list[dict[str, Any]]:
    """One for each model; what `/v1/models` tells, it tells in the same words."""
    import msgspec

    from mutoscope.dialect.schema import model_object

    rows = []
    for provider in configuration.providers:
        for model in provider.models:
            told = msgspec.to_builtins(model_object(model))
            rows.append(
                {
                    "provider": provider.name,
                    "adapter": provider.adapter.name,
                    "accounts": [credential.account for credential in provider.credentials],
                    "model": model.name,
                    **{name: told[name] for name in ("price", "strategies", "verified", "ends")},
                }
            )
    return rows


def _print_rows(rows: Sequence[Mapping[str, Any]]) -> None:
    from rich.text import Text

    from mutoscope.cli.show import clean, out, print_rows

    if not out().is_terminal:
        print_rows([tuple(Text(clean(cell) or "-") for cell in _whole(row)) for row in rows])
        return
    titles = ("provider", "model", "price", "remixes by", "verified")
    head = tuple(Text(title, style="dim") for title in titles)
    print_rows([head, *(tuple(Text(clean(cell)) for cell in _short(row)) for row in rows)])


def _whole(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Everything, for programs to read."""
    from mutoscope.cli.records import price_text

    return (
        row["provider"],
        row["adapter"],
        ",".join(row["accounts"]),
        row["model"],
        price_text(row["price"]),
        ",".join(row["strategies"]),
        row["verified"],
        row["ends"] or "",
    )


def _short(row: Mapping[str, Any]) -> tuple[str, ...]:
    """What fits a terminal: the adapter and the keys where the provider's name does not say them, the best rungs."""
    from mutoscope.cli.records import short_price

    more = [] if row["adapter"] == row["provider"] else [row["adapter"]]
    more += [f"{len(row['accounts'])} keys"] if len(row["accounts"]) > 1 else []
    best, rest = row["strategies"][:2], row["strategies"][2:]
    ends = _ends(row["ends"], date.today().isoformat())
    return (
        row["provider"] + (f" ({', '.join(more)})" if more else ""),
        row["model"],
        short_price(row["price"]),
        ", ".join(best) + ("…" if rest else "") or "nothing",
        row["verified"] + (f", ends {ends}" if ends else ""),
    )


def _ends(day: str | None, today: str) -> str:
    return f"{day} (past)" if day is not None and day < today else day or ""


def _print_findings(found: Sequence[AccountFinding]) -> None:
    from rich.text import Text

    from mutoscope.cli.show import clean, print_rows

    print_rows(
        [
            (
                Text("✓ ok" if finding.ok else "✕ fail", style="green" if finding.ok else "red"),
                Text(finding.account),
                Text(clean("; ".join(finding.details)), style="dim"),
            )
            for finding in found
        ]
    )
