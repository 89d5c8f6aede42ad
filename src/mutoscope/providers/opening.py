"""From the settings to the configuration of the providers: which files are read, if any."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import ConfigurationError
from mutoscope.providers.configuration import Configuration, read_providers
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.registry import Registry
from mutoscope.providers.toml_file import TomlFile
from mutoscope.settings import Settings

AUTO = "auto"
FILE_NAME = "providers.toml"


def open_configuration(
    settings: Settings,
    environment: Mapping[str, str],
    others: Iterable[ModelSpec] = (),
    registry: Registry | None = None,
) -> Configuration:
    """What the file of providers says; nothing where there is none. Arguments and errors as of `read_providers`."""
    file = providers_file(settings)
    if file is None and not settings.models_file:
        return Configuration()
    registry = registry or Registry()
    data = ModelData.read(settings.models_file, registry.names)
    if file is None:
        return Configuration()
    return read_providers(TomlFile.read(file), environment, data, registry, others)


def providers_file(settings: Settings) -> Path | None:
    """Where the file is; None where there shall be none. One that is named and missing is a ConfigurationError."""
    if not settings.providers:
        return None
    if settings.providers == AUTO:
        file = settings.data_dir / FILE_NAME
        return file if file.exists() else None
    file = Path(settings.providers).expanduser()
    if not file.is_file():
        raise ConfigurationError(
            f"Setting 'providers' is {settings.providers!r}, which is no file; allowed: auto, a file, or nothing."
        )
    return file
