"""All models as one dated file, in the form that `models_file` takes: to be read, edited and put in its place."""

from __future__ import annotations

from collections.abc import Iterable

from mutoscope.domain.errors import ConfigurationError
from mutoscope.providers.model_data import DatedModel, ModelData, packaged_notes

HEAD = """\
# Every model that this version of Mutoscope knows, with limits, prices and end dates. Edit what has changed, and name
# this file in the setting `models_file`; models that are left out stay as they are packaged.
"""


def sheet(data: ModelData, adapters: Iterable[str]) -> str:
    """The text. Its date is the oldest of the files that it is put together from; each adapter's own stands above it.

    ConfigurationError for a model that does not stand under a [[model]] of its own.
    """
    known = {name: models for name in adapters if (models := data.of(name))}
    oldest = min((model.as_of for models in known.values() for model in models), default="")
    parts = [HEAD, f'as_of = "{oldest}"\n', *(_part(name, models) for name, models in known.items())]
    return "\n".join(parts)


def _part(adapter: str, models: list[DatedModel]) -> str:
    for model in models:
        if not model.text:
            raise ConfigurationError(
                f"File of models: {model.entry.name!r} is no table of its own; write each model under a [[model]]."
            )
    dates = ", ".join(sorted({model.as_of for model in models}))
    notes = packaged_notes(adapter)
    return f"# {adapter}: facts of {dates}\n{notes}\n" + "\n".join(f"{model.text}\n" for model in models)
