"""`mutoscope character`: who may appear in videos."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from mutoscope.cli.options import DEFAULT_URL, ApiKey, IdempotencyKey, Json, Url
from mutoscope.cli.session import run

character = typer.Typer(no_args_is_help=True, help="Make a character from a film, or look at one.")


@character.command()
def create(
    name: Annotated[str, typer.Argument(help="What prompts will call it.", show_default=False)],
    film: Annotated[
        Path,
        typer.Argument(help="A film of it.", metavar="FILE", exists=True, dir_okay=False, readable=True),
    ],
    idempotency_key: IdempotencyKey = None,
    as_json: Json = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Upload a film of somebody or something that is to appear in videos.

    Prints the character's id, or with --json the object. To use it, give its id to `create` and say its name there.

    Example:
      id=$(mutoscope character create Otto otto.mp4)
      mutoscope create "Otto walks through the rain" --character "$id" --wait
    """
    from mutoscope.cli import show

    made = run(url, api_key, lambda client: client.create_character(name, film, key=idempotency_key))
    if as_json:
        show.print_json(made.raw)
    else:
        show.print_data(made.id)


@character.command()
def get(
    character_id: Annotated[str, typer.Argument(help="Id of the character.", metavar="ID", show_default=False)],
    as_json: Json = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Show one character."""
    from mutoscope.cli import show

    found = run(url, api_key, lambda client: client.character(character_id))
    if as_json:
        show.print_json(found.raw)
    else:
        show.print_character(found)
