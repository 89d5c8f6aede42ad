"""The file of providers as the commands open it: the options that say where it is, and the reading."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from mutoscope.cli.outcome import misused
from mutoscope.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from mutoscope.providers.configuration import Configuration
    from mutoscope.settings import Settings

DataDir = Annotated[Path | None, typer.Option(help="Folder of the server's data.")]
Config = Annotated[Path | None, typer.Option(help="TOML file of settings.")]


def opened(data_dir: Path | None, config: Path | None) -> tuple[Settings, Configuration]:
    """Settings and providers as `serve` would have them."""
    from mutoscope.providers.flipbook import MODELS as FLIPBOOK
    from mutoscope.providers.instant import MODELS as INSTANT
    from mutoscope.providers.local import MODELS as LOCAL
    from mutoscope.providers.opening import open_configuration
    from mutoscope.settings import load

    try:
        settings = load({"data_dir": data_dir}, os.environ, config)
        return settings, open_configuration(settings, os.environ, [*FLIPBOOK, *INSTANT, *LOCAL])
    except ConfigurationError as error:
        raise misused(error.message) from None
