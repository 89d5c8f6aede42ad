"""The command table. A command's module is imported only when that command runs, which keeps --help quick."""

from __future__ import annotations

import inspect
import os
import sys
from dataclasses import dataclass
from importlib import import_module
from typing import Annotated, Any, cast

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command

from mutoscope.cli.outcome import CliError, ExitCode


@dataclass(frozen=True, slots=True)
class Entry:
    """One command: its name, where it is as `module:attribute` in this package, one sentence, its panel in the help.

    The attribute is a function with typer's annotations, or a `Typer` with commands of its own.
    """

    name: str
    place: str
    sentence: str
    panel: str


QUESTION = "_MUTOSCOPE_COMPLETE"
"""The environment variable in which the shell's script asks for completions."""

VIDEOS, SERVER, PICTURES, SHELL = "Videos", "Server", "Look first", "Shell"

COMMANDS = (
    Entry("create", "making:create", "Ask for a video.", VIDEOS),
    Entry("remix", "making:remix", "Make a new video from a completed one and a change.", VIDEOS),
    Entry("edit", "making:edit", "Change a video: a completed one, or a file of yours.", VIDEOS),
    Entry("extend", "making:extend", "Make a video longer: a completed one, or a file of yours.", VIDEOS),
    Entry("list", "videos:list_videos", "List videos, the newest first.", VIDEOS),
    Entry("get", "videos:get", "Show one video, or wait for it.", VIDEOS),
    Entry("lineage", "lineage:lineage", "Show where a video comes from, and what came of it.", VIDEOS),
    Entry("download", "videos:download", "Save a completed video, its thumbnail or its spritesheet.", VIDEOS),
    Entry("delete", "videos:delete", "Delete videos; those still in the making are cancelled.", VIDEOS),
    Entry("character", "character:character", "Make a character from a film, or look at one.", VIDEOS),
    Entry("models", "models:models", "List the models with their sizes, lengths, capabilities and prices.", VIDEOS),
    Entry("usage", "usage:usage", "Sum up what paid videos cost: spent, and held.", VIDEOS),
    Entry("demo", "demo:demo", "Make a video and its remix on a server of its own, from nothing.", PICTURES),
    Entry("scene", "scene:scene", "Show the scene that flipbook reads from a prompt.", PICTURES),
    Entry("serve", "serve:serve", "Start the server.", SERVER),
    Entry("worker", "worker:worker", "Make videos for servers on the same database.", SERVER),
    Entry("migrate", "migrate:migrate", "Bring the database to this version's schema.", SERVER),
    Entry("backup", "backup:backup", "Copy a server's rows and files into a folder, while it runs.", SERVER),
    Entry("restore", "backup:restore", "Put a backup into an empty place.", SERVER),
    Entry("import", "imports:imports", "Turn another server's configuration into ours.", SERVER),
    Entry("keys", "keys:keys", "Create, list and revoke API keys.", SERVER),
    Entry("page", "page:page", "Print a link that signs you in to the page, once.", SERVER),
    Entry("budget", "budget:budget", "Cap what tenants and keys may spend, and close what is held.", SERVER),
    Entry(
        "consent",
        "consent:consent",
        "Say whether a tenant's videos may go to others than their makers.",
        SERVER,
    ),
    Entry(
        "providers",
        "providers:providers",
        "List the configured providers, check that they can be reached, try one, or print what is known.",
        SERVER,
    ),
    Entry(
        "inspect",
        "inspect:inspect",
        "Show one video whole: its request, attempts, money and files, and what happens next.",
        SERVER,
    ),
    Entry("webhooks", "webhooks:webhooks", "List webhook endpoints and deliveries, send again, show secrets.", SERVER),
    Entry("pause", "pause:pause", "Stop all paid submissions at once; what is queued waits.", SERVER),
    Entry("resume", "pause:resume", "Let paid submissions go on after `mutoscope pause`.", SERVER),
    Entry("doctor", "doctor:doctor", "Check this machine, part by part.", SERVER),
    Entry("completion", "completion:completion", "Print the script that completes commands in your shell.", SHELL),
)


class LazyGroup(TyperGroup):
    """Lists every command from the table; loads only the one that is called."""

    def list_commands(self, ctx: Any) -> list[str]:
        return [entry.name for entry in COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        entry = next((entry for entry in COMMANDS if entry.name == cmd_name), None)
        if entry is None:
            return None
        return TyperCommand(name=entry.name, help=entry.sentence, rich_help_panel=entry.panel)

    def resolve_command(self, ctx: Any, args: list[str]) -> tuple[str | None, Any, list[str]]:
        self.commands = {entry.name: self.get_command(ctx, entry.name) for entry in COMMANDS}
        name, _, rest = super().resolve_command(ctx, args)
        return name, load(name) if name else None, rest


def load(name: str) -> Any:
    """The real command, its module imported."""
    module, attribute = next(entry.place for entry in COMMANDS if entry.name == name).split(":")
    found = getattr(import_module(f"mutoscope.cli.{module}"), attribute)
    holder = typer.Typer(add_completion=False)
    holder.callback()(_nothing)
    if isinstance(found, typer.Typer):
        holder.add_typer(found, name=name)
    else:
        holder.command(name)(found)
    command = cast(TyperGroup, get_command(holder)).commands[name]
    for each in (command, *getattr(command, "commands", {}).values()):
        each.help = unwrapped(each.help or "")
    return command


def unwrapped(text: str) -> str:
    """A docstring whose paragraphs are one line each, for a terminal of any width; indented lines stay as they are."""
    paragraphs = inspect.cleandoc(text).split("\n\n")
    return "\n\n".join(each if "\n  " in each else each.replace("\n", " ") for each in paragraphs)


def _nothing() -> None:
    """Makes a Typer a group, however many commands it holds."""


_EPILOG = "\n".join(
    ["MUTOSCOPE_URL and MUTOSCOPE_API_KEY name the server and the key.", "", "Exit codes:"]
    + [f"  {code.value:<3}  {code.meaning}" for code in ExitCode]
)

app = typer.Typer(
    cls=LazyGroup,
    help="The Videos API that you host yourself: create, poll, download and remix.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _print_version(asked: bool) -> None:
    if asked:
        from mutoscope import __version__

        typer.echo(f"mutoscope {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> None:
    """Run the command line and exit with one of the documented codes."""
    if QUESTION in os.environ:
        from mutoscope.cli.completion import prepare_answer

        prepare_answer()
    try:
        app(complete_var=QUESTION)
    except CliError as error:
        from mutoscope.cli.show import print_error

        print_error(error)
        sys.exit(error.exit_code)
