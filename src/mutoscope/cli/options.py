"""The options that several commands share, each with its one sentence."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

DEFAULT_URL = "http://127.0.0.1:8650/v1"

Url = Annotated[
    str,
    typer.Option("--url", envvar="MUTOSCOPE_URL", help="The server, with or without /v1.", rich_help_panel="Server"),
]
ApiKey = Annotated[
    str | None, typer.Option("--api-key", envvar="MUTOSCOPE_API_KEY", help="Your API key.", rich_help_panel="Server")
]
VideoId = Annotated[str, typer.Argument(help="Id of the video.", metavar="VIDEO_ID", show_default=False)]
Source = Annotated[
    str, typer.Argument(help="Id of a video, or a file to upload.", metavar="VIDEO_ID_OR_FILE", show_default=False)
]
Change = Annotated[str, typer.Argument(help="What changes; - reads it from standard input.", show_default=False)]
Model = Annotated[str | None, typer.Option("--model", help="Which model to ask; the server's default if not given.")]
Seed = Annotated[int | None, typer.Option("--seed", help="A number that makes the same request draw the same again.")]
Rehearse = Annotated[
    bool, typer.Option("--rehearse", help="Show what would come of it: nothing is sent anywhere, nothing is charged.")
]
IdempotencyKey = Annotated[
    str | None,
    typer.Option("--idempotency-key", help="Ask again with the same key, and no second one is made.", metavar="KEY"),
]
Wait = Annotated[bool, typer.Option("--wait", help="Wait until the video is completed or failed.")]
Output = Annotated[
    str | None,
    typer.Option("--output", "-o", help="Wait, then save the video here; - for standard output.", metavar="FILE"),
]
Json = Annotated[bool, typer.Option("--json", help="Print the server's object and nothing else.")]
NoProgress = Annotated[bool, typer.Option("--no-progress", help="Wait in silence.")]


class Order(StrEnum):
    """Which end of the list comes first, by the wire's words."""

    DESC = "desc"
    ASC = "asc"


class OnUnsupported(StrEnum):
    """What the server does about a field that the model cannot honour, by the wire's words."""

    REFUSE = "refuse"
    ADJUST = "adjust"
