"""Which adapters there are, and what a package that brings a wrong one is told."""

from __future__ import annotations

import sys
from importlib.metadata import Distribution, EntryPoint

import pytest

from mutoscope.domain.errors import ConfigurationError
from mutoscope.providers.account import Adapter
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.registry import BUILT_IN, GROUP, Registry

GOOD = Adapter("slow", lambda _account: pytest.fail("not asked for"))
MISNAMED = Adapter("other", lambda _account: pytest.fail("not asked for"))
NO_ADAPTER = "a text"


class Package(Distribution):
    def __init__(self, name: str) -> None:
        self._name = name

    def read_text(self, filename: str) -> str | None:
        return f"Name: {self._name}\n" if filename == "METADATA" else None

    def locate_file(self, path):
        raise NotImplementedError


def point(name: str, value: str, package: str = "slow-package") -> EntryPoint:
    made = EntryPoint(name, f"{__name__}:{value}", GROUP)
    vars(made)["dist"] = Package(package)
    return made


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_built_in_adapter_is_one_of_its_name(name: str) -> None:
    assert Registry(installed=()).adapter(name).name == name


@pytest.mark.parametrize("name", BUILT_IN)
def test_every_packaged_file_of_models_is_right(name: str) -> None:
    for model in ModelData().of(name):
        assert model.as_of
        assert model.entry.adapter == name
        assert model.entry.spec(name, model.as_of).name == model.entry.name


def test_a_package_may_bring_one() -> None:
    registry = Registry(("xai",), [point("slow", "GOOD")])
    assert registry.names == ["slow", "xai"]
    assert registry.adapter("slow") is GOOD


def test_nothing_is_imported_before_it_is_asked_for() -> None:
    module = "mutoscope.providers.xai"
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith(module)}
    try:
        registry = Registry(("xai",), [EntryPoint("slow", "no_such_module:ADAPTER", GROUP)])
        assert registry.names == ["slow", "xai"]
        assert module not in sys.modules
    finally:
        sys.modules.update(kept)


@pytest.mark.parametrize(
    ("points", "asked", "words"),
    [
        ([point("xai", "GOOD")], None, ["'xai'", "'slow-package'", "built in"]),
        ([point("flipbook", "GOOD")], None, ["'flipbook'", "'slow-package'", "built in"]),
        ([point("slow", "GOOD", "first"), point("slow", "GOOD", "second")], None, ["'slow'", "'first'", "'second'"]),
        ([point("slow", "NO_ADAPTER")], "slow", ["'slow-package'", "is a str", "Adapter"]),
        ([point("slow", "MISSING")], "slow", ["'slow-package'", "cannot be loaded", "MISSING"]),
        ([point("slow", "MISNAMED")], "slow", ["'slow-package'", "'other'"]),
    ],
)
def test_a_wrong_one_is_told_with_its_package(points: list[EntryPoint], asked: str | None, words: list[str]) -> None:
    def opened() -> None:
        registry = Registry(("xai",), points)
        assert asked is not None, "the list itself is wrong"
        registry.adapter(asked)

    with pytest.raises(ConfigurationError) as caught:
        opened()
    for word in words:
        assert word in caught.value.message
