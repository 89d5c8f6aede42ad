"""Which adapters there are: the built-in ones, and those that installed packages bring along.

A package brings one by an entry point of the group `mutoscope.providers`, whose name is the adapter's and which names
an `Adapter`. An adapter's module is imported only when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points

from mutoscope.domain.errors import ConfigurationError
from mutoscope.providers.account import Adapter

GROUP = "mutoscope.providers"

# Each is a module of this package with an `ADAPTER` of the same name.
BUILT_IN = ("openai_compatible", "comfyui", "fal", "gemini_omni", "kling", "runway", "seedance", "xai")

# The engines of this machine, which need no configuration.
OWN = ("flipbook", "flipbook-instant", "local", "rehearsal")


class Registry:
    """The adapters by name.

    built_in: names of modules of this package. installed: entry points of other packages. ConfigurationError, which
    names the package, for one whose name is taken.
    """

    def __init__(self, built_in: Iterable[str] = BUILT_IN, installed: Iterable[EntryPoint] | None = None) -> None:
        self._built_in = tuple(built_in)
        self._installed: dict[str, EntryPoint] = {}
        for point in entry_points(group=GROUP) if installed is None else installed:
            self._add(point)

    @property
    def names(self) -> list[str]:
        return sorted([*self._built_in, *self._installed])

    def adapter(self, name: str) -> Adapter:
        """The adapter of one of `names`. ConfigurationError when what a package brings is none."""
        if name in self._built_in:
            return import_module(f"mutoscope.providers.{name}").ADAPTER
        point = self._installed[name]
        try:
            found = point.load()
        except Exception as error:  # another package's code, which may raise anything
            raise ConfigurationError(
                f"{_whose(point)} cannot be loaded: {type(error).__name__}: {error}. Update or uninstall the package."
            ) from error
        if not isinstance(found, Adapter):
            raise ConfigurationError(
                f"{_whose(point)} names {point.value!r}, which is a {type(found).__name__}; allowed: an Adapter of "
                "mutoscope.providers.account."
            )
        if found.name != name:
            raise ConfigurationError(f"{_whose(point)} names an adapter that calls itself {found.name!r}.")
        return found

    def _add(self, point: EntryPoint) -> None:
        if point.name in (*self._built_in, *OWN):
            raise ConfigurationError(f"{_whose(point)} has a name that is taken: it is built in. Uninstall it.")
        if point.name in self._installed:
            other = _distribution(self._installed[point.name])
            raise ConfigurationError(
                f"{_whose(point)} has a name that is taken: {other} brings it too. Uninstall one of them."
            )
        self._installed[point.name] = point


def _whose(point: EntryPoint) -> str:
    return f"The provider {point.name!r} of the package {_distribution(point)}"


def _distribution(point: EntryPoint) -> str:
    return repr(point.dist.name if point.dist is not None else "unknown")
