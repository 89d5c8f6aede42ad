"""`mutoscope usage`: what the paid videos of a key's tenant cost."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from mutoscope.cli.options import DEFAULT_URL, ApiKey, Json, Url
from mutoscope.cli.session import run


class By(StrEnum):
    """What the sums are divided by."""

    DAY = "day"
    MODEL = "model"
    KEY = "key"


def usage(
    by: Annotated[By, typer.Option(help="A line for each of these.")] = By.DAY,
    first: Annotated[str | None, typer.Option("--from", metavar="DATE", help="First UTC day; 30 days back.")] = None,
    last: Annotated[str | None, typer.Option("--to", metavar="DATE", help="Last UTC day; today.")] = None,
    as_json: Json = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Sum up what paid videos cost: spent, and held.

    In a pipe one line for each day, model or key with its name, number of videos, spent and held, separated by tabs.
    """
    from rich.text import Text

    from mutoscope.cli import show

    query = {"by": by.value} | ({"from": first} if first else {}) | ({"to": last} if last else {})
    answer = run(url, api_key, lambda client: client.usage(query))
    if as_json:
        show.print_json(answer)
        return
    rows = [(str(line["name"]), str(line["videos"]), str(line["spent"]), str(line["held"])) for line in answer["data"]]
    show.print_rows([tuple(Text(show.clean(cell)) for cell in row) for row in rows])
    sums = f"{answer['first_day']} to {answer['last_day']}: spent {answer['spent']}, reserved or held {answer['held']} "
    show.say(show.clean(sums + str(answer["currency"])), "dim")
