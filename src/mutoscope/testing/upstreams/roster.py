"""Every fake with the adapter that it is for: how the one is reached by the other."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from importlib import import_module
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from mutoscope.clock import SystemClock
from mutoscope.domain.catalog import ModelSpec
from mutoscope.egress.door import Door
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.model_file import read_models
from mutoscope.testing.upstreams.door import door_to
from mutoscope.testing.upstreams.fake import FakeUpstream
from mutoscope.testing.upstreams.mishaps import Mishap, Stage


@dataclass(frozen=True, slots=True)
class Pair:
    """One fake and its adapter.

    fake: its class, as "module:name" below this package. base: what its URL is followed by. options: of the adapter,
    given the fake's URL. creates, edits: the models that make a clip of words, and that change one by its words.
    arguments: of the fake. unconfirmed: the models that the fake does not have, because nobody documents their names.
    result_stage, link_stage: which answer says what became of the work, and which one leads to the clip. decides_early:
    whether how the work ends is decided before it is asked about. never: what has another meaning there, or none.
    """

    name: str
    fake: str
    base: str = ""
    options: Callable[[str], dict[str, Any]] = lambda _url: {}
    creates: str = ""
    edits: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    unconfirmed: frozenset[str] = frozenset()
    result_stage: Stage = Stage.POLL
    link_stage: Stage = Stage.POLL
    decides_early: bool = False
    never: frozenset[tuple[Stage, Mishap]] = frozenset()

    @property
    def adapter(self) -> Adapter:
        return import_module(f"mutoscope.providers.{self.name}").ADAPTER

    def make_fake(self, **more: Any) -> FakeUpstream:
        module, _, name = self.fake.partition(":")
        return getattr(import_module(f"mutoscope.testing.upstreams.{module}"), name)(**{**self.arguments, **more})

    def specs(self, accounts: tuple[str, ...] = ()) -> dict[str, ModelSpec]:
        """The adapter's models by name."""
        file = read_models(self.models_file.read_text("utf-8"), self.name)
        return {
            spec.name: spec for spec in (_placed(entry.spec(self.name, file.as_of, accounts)) for entry in file.model)
        }

    @property
    def models_file(self) -> Traversable:
        """What the upstream offers: our reading of its documentation, or for an operator's own server, an example."""
        own = files("mutoscope.testing.upstreams").joinpath("models", f"{self.name}.toml")
        return own if own.is_file() else files("mutoscope.providers").joinpath("models", f"{self.name}.toml")

    def account(self, fake: FakeUpstream, door: Door | None = None, **options: Any) -> Account:
        """The one account that the fake has."""
        declared = {option.name: option.default for option in self.adapter.options}
        return Account(
            name=self.name,
            base_url=fake.url + self.base,
            secret=fake.secret,
            models=tuple(self.specs().values()),
            options=declared | self.options(fake.url) | options,
            door=door or door_to(fake.url),
            clock=SystemClock(),
        )


def _placed(spec: ModelSpec) -> ModelSpec:
    """The model with its workflows found where they lie."""
    folder = files("mutoscope.testing.upstreams").joinpath("comfyui", "workflows")

    def placed(wiring: Mapping[str, Any]) -> dict[str, Any]:
        return {
            name: str(folder.joinpath(value))
            if name == "workflow"
            else placed(value)
            if isinstance(value, dict)
            else value
            for name, value in wiring.items()
        }

    return replace(spec, wiring=placed(spec.wiring)) if spec.provider == "comfyui" else spec


PAIRS = (
    Pair(
        "comfyui",
        "comfyui:FakeComfyUI",
        creates="wan-comfy",
        edits="wan-comfy",
        arguments={"auth": "bearer"},
        decides_early=True,
        # A job that it does not know is an empty object; a 404 is somebody else's.
        never=frozenset({(Stage.POLL, Mishap.NOT_FOUND)}),
    ),
    Pair(
        "fal",
        "fal:FalFake",
        options=lambda url: {"upload_url": url, "jwks_url": f"{url}/.well-known/jwks.json"},
        creates="fal-kling-o3-pro",
        edits="fal-kling-o3-pro",
        result_stage=Stage.RESULT,
        link_stage=Stage.RESULT,
        unconfirmed=frozenset({"fal-seedance-2.5", "fal-seedance-2.0", "fal-minimax-h3", "fal-minimax-h3-max"}),
    ),
    Pair(
        "gemini_omni",
        "gemini_omni:FakeGeminiOmni",
        base="/v1beta",
        creates="gemini-omni-1.2-flash",
        edits="gemini-omni-1.2-flash",
    ),
    Pair("kling", "kling:FakeKling", creates="kling-3.0", edits="kling-3.0-omni"),
    Pair(
        "openai_compatible",
        "openai_compatible:FakeOpenAICompatible",
        base="/v1",
        link_stage=Stage.DOWNLOAD,
        # Its clip has a route of its own, which no answer names.
        never=frozenset({(Stage.POLL, Mishap.NO_ASSET)}),
        creates="sora-2-elsewhere",
        edits="sora-2-elsewhere",
    ),
    Pair("runway", "runway:RunwayFake", creates="gen4.5", edits="aleph2", arguments={"allows_loopback": True}),
    Pair("seedance", "seedance:FakeSeedance", base="/api/v3", creates="seedance-2.5", edits="seedance-2.5"),
    Pair(
        "xai",
        "xai:FakeXai",
        base="/v1",
        creates="grok-imagine-video",
        edits="grok-imagine-video",
        arguments={"requests_per_minute": 100_000},
    ),
)

BY_NAME = {pair.name: pair for pair in PAIRS}
