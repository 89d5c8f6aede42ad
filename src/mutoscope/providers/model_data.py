"""The data of all models: one dated file for each adapter in this package, and the operator's own above them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from mutoscope.providers.model_checks import faults, is_date
from mutoscope.providers.model_file import ModelEntry, ModelFile
from mutoscope.providers.toml_file import TomlFile
from mutoscope.providers.toml_lines import Place

_BLOCK = re.compile(r"^(?=[ \t]*\[\[[ \t]*model[ \t]*\]\])", re.MULTILINE)
# Comments below a model are about what follows.
_AFTER = re.compile(r"(?:\n[ \t]*(?:#.*)?)+\Z")


@dataclass(frozen=True, slots=True)
class DatedModel:
    """A model of a file, and the date of that file's facts. text: as it stands there, with its comments;
    "" where it is no [[model]] table of its own.
    """

    entry: ModelEntry
    as_of: str
    text: str = ""


class ModelData:
    """What the files say. newer: the operator's file, whose models replace the packaged ones by adapter and name."""

    def __init__(self, newer: TomlFile | None = None) -> None:
        self._newer: dict[str, list[DatedModel]] = {}
        for model in _models_in(newer) if newer is not None else ():
            self._newer.setdefault(model.entry.adapter, []).append(model)

    @classmethod
    def read(cls, path: str, adapters: list[str]) -> ModelData:
        """path: of the operator's file; "" for none. adapters: those that there are."""
        if not path:
            return cls()
        newer = TomlFile.read(Path(path).expanduser())
        for number, model in enumerate(newer.data.get("model", [])):
            if isinstance(model, dict) and isinstance(model.get("adapter"), str) and model["adapter"] not in adapters:
                raise newer.refused(("model", number, "adapter"), model["adapter"], ", ".join(adapters))
        return cls(newer)

    def of(self, adapter: str) -> list[DatedModel]:
        """The models of an adapter: in the packaged order, then those that only the operator's file has."""
        newer = {model.entry.name: model for model in self._newer.get(adapter, [])}
        packaged = {model.entry.name: model for model in _packaged(adapter)}
        return list({**packaged, **newer}.values())


def checked(file: TomlFile, entry: ModelEntry, place: Place) -> ModelEntry:
    """The model itself. ConfigurationError for the first thing that is wrong with it. place: where it stands."""
    for fault in faults(entry):
        raise file.refused((*place, *fault.place), fault.value, fault.allowed)
    return entry


def packaged_notes(adapter: str) -> str:
    """The comments above the packaged models of an adapter; "" where there are none."""
    file = _packaged_file(adapter)
    lines = [] if file is None else _BLOCK.split(file.text)[0].splitlines()
    return "\n".join(line for line in lines if line.startswith("#"))


def _packaged(adapter: str) -> list[DatedModel]:
    file = _packaged_file(adapter)
    return [] if file is None else list(_models_in(file))


def _packaged_file(adapter: str) -> TomlFile | None:
    data = files("mutoscope.providers").joinpath("models", f"{adapter}.toml")
    return TomlFile(f"models/{adapter}.toml", data.read_text("utf-8")) if data.is_file() else None


def _models_in(file: TomlFile) -> Iterator[DatedModel]:
    read = file.convert(file.data, ModelFile, ())
    if not is_date(read.as_of):
        raise file.refused(("as_of",), read.as_of, 'a date such as "2026-11-22"')
    seen: dict[tuple[str, str], int] = {}
    texts = [_AFTER.sub("", text) for text in _BLOCK.split(file.text)[1:]]
    for number, entry in enumerate(read.model):
        checked(file, entry, ("model", number))
        if seen.setdefault((entry.adapter, entry.name), number) != number:
            raise file.wrong(("model", number, "name"), f"is {entry.name!r}, which this file has already")
        yield DatedModel(entry, read.as_of, texts[number] if len(texts) == len(read.model) else "")
