"""The commands that make a video: create, remix, edit and extend."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mutoscope.cli.options import (
    DEFAULT_URL,
    ApiKey,
    Change,
    IdempotencyKey,
    Json,
    Model,
    NoProgress,
    OnUnsupported,
    Output,
    Rehearse,
    Seed,
    Source,
    Url,
    VideoId,
    Wait,
)
from mutoscope.cli.session import Afterwards, run
from mutoscope.cli.source import id_or_file


def create(
    prompt: Annotated[str, typer.Argument(help="What to show; - reads it from standard input.", show_default=False)],
    model: Model = None,
    size: Annotated[str | None, typer.Option("--size", help="Pixels, such as 1280x720.")] = None,
    seconds: Annotated[int | None, typer.Option("--seconds", help="Length in whole seconds.")] = None,
    seed: Seed = None,
    reference: Annotated[
        Path | None,
        typer.Option(
            "--reference", help="An image to start from.", metavar="FILE", exists=True, dir_okay=False, readable=True
        ),
    ] = None,
    character: Annotated[
        list[str] | None,
        typer.Option("--character", help="Who appears; name them in the prompt. May be repeated.", metavar="ID"),
    ] = None,
    negative_prompt: Annotated[str | None, typer.Option("--negative-prompt", help="What not to show.")] = None,
    on_unsupported: Annotated[
        OnUnsupported | None,
        typer.Option("--on-unsupported", help="Refuse what the model cannot do, or make the video without it."),
    ] = None,
    test_case: Annotated[
        str | None, typer.Option("--test-case", help="Play a failure or a delay, if the model can.", metavar="NAME")
    ] = None,
    rehearse: Rehearse = False,
    idempotency_key: IdempotencyKey = None,
    wait: Wait = False,
    output: Output = None,
    as_json: Json = False,
    no_progress: NoProgress = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Ask for a video.

    Prints its id, or with --json the object. With --wait it ends when the video does; --output also saves it.

    Example:
      mutoscope create "A lighthouse in a storm" --seconds 8 --output storm.mp4
    """
    fields = _given(
        prompt=_read(prompt),
        model=model,
        size=size,
        seconds=None if seconds is None else str(seconds),
        seed=seed,
        characters=[{"id": each} for each in character] if character else None,
        negative_prompt=negative_prompt,
        on_unsupported=on_unsupported,
        test_case=test_case,
        mode=_mode(rehearse),
    )
    after = Afterwards(wait, output, as_json, no_progress)
    run(url, api_key, lambda client: after.make(client, lambda: client.create(fields, reference, key=idempotency_key)))


def remix(
    video_id: VideoId,
    prompt: Change,
    model: Model = None,
    seed: Seed = None,
    rehearse: Rehearse = False,
    idempotency_key: IdempotencyKey = None,
    wait: Wait = False,
    output: Output = None,
    as_json: Json = False,
    no_progress: NoProgress = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Make a new video from a completed one and a change.

    What the change does not name stays as it was. Prints the new video's id, or with --json the object.

    Example:
      mutoscope remix video_123 "Make it night" --output night.mp4
    """
    fields = _given(prompt=_read(prompt), model=model, seed=seed, mode=_mode(rehearse))
    after = Afterwards(wait, output, as_json, no_progress)
    run(url, api_key, lambda client: after.make(client, lambda: client.remix(video_id, fields, key=idempotency_key)))


def edit(
    video: Source,
    prompt: Change,
    model: Model = None,
    seed: Seed = None,
    rehearse: Rehearse = False,
    idempotency_key: IdempotencyKey = None,
    wait: Wait = False,
    output: Output = None,
    as_json: Json = False,
    no_progress: NoProgress = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Change a video: a completed one, or a file of yours.

    An argument that is a file here is uploaded, anything else is an id. Prints the new video's id, or with --json
    the object.

    Examples:
      mutoscope edit video_123 "Make it night" --output night.mp4
      mutoscope edit holiday.mp4 "Let it snow" --wait
    """
    source = id_or_file(video)
    fields = _given(prompt=_read(prompt), model=model, seed=seed, mode=_mode(rehearse))
    after = Afterwards(wait, output, as_json, no_progress)
    run(url, api_key, lambda client: after.make(client, lambda: client.edit(source, fields, key=idempotency_key)))


def extend(
    video: Source,
    prompt: Annotated[
        str, typer.Argument(help="What happens next; - reads it from standard input.", show_default=False)
    ],
    seconds: Annotated[
        int, typer.Option("--seconds", help="How many to add, 1 to 20.", metavar="N", min=1, max=20, show_default=False)
    ],
    model: Model = None,
    seed: Seed = None,
    rehearse: Rehearse = False,
    idempotency_key: IdempotencyKey = None,
    wait: Wait = False,
    output: Output = None,
    as_json: Json = False,
    no_progress: NoProgress = False,
    url: Url = DEFAULT_URL,
    api_key: ApiKey = None,
) -> None:
    """Make a video longer: a completed one, or a file of yours.

    An argument that is a file here is uploaded, anything else is an id. The new video holds the old one and what
    was added. Prints its id, or with --json the object.

    Example:
      mutoscope extend video_123 "The storm passes" --seconds 4 --wait
    """
    source = id_or_file(video)
    fields = _given(prompt=_read(prompt), seconds=str(seconds), model=model, seed=seed, mode=_mode(rehearse))
    after = Afterwards(wait, output, as_json, no_progress)
    run(url, api_key, lambda client: after.make(client, lambda: client.extend(source, fields, key=idempotency_key)))


def _given(**fields: Any) -> Mapping[str, Any]:
    return {name: value for name, value in fields.items() if value is not None}


def _mode(rehearse: bool) -> str | None:
    return "rehearse" if rehearse else None


def _read(prompt: str) -> str:
    return sys.stdin.read().strip() if prompt == "-" else prompt
