"""What nobody has confirmed of an upstream is an option of its fake: each adapter must do both ways.

A variation is what the fake does instead of our best guess, and where the operator would have to say so, the adapter's
option. In each one a video is made and an edit of it, from the first call to the last byte.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from contract.jobs import changing, clip, job_for
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import SourceRefused, UpstreamError, UpstreamQuotaExhausted
from mutoscope.providers.protocol import Done, Poll, Provider, Refused, Running, Waiting
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import BY_NAME

pytestmark = pytest.mark.anyio

POLLS = 15


@dataclass(frozen=True)
class Variation:
    """pair: the upstream. fake: its options. adapter: ours. base: instead of the pair's. capabilities: of the model."""

    pair: str
    fake: dict[str, Any] = field(default_factory=dict)
    adapter: dict[str, Any] = field(default_factory=dict)
    base: str | None = None
    capabilities: frozenset[Capability] | None = None

    def __str__(self) -> str:
        told = ", ".join(f"{name}={value}" for name, value in {**self.fake, **self.adapter}.items())
        return f"{self.pair}: {told}"


def flavour(name: str, base: str = "/v1", *capabilities: Capability) -> Variation:
    fake = {"flavour": name, "models": ("sora-2",)}
    return Variation("openai_compatible", fake, {"dialect": name}, base, frozenset(capabilities))


VARIATIONS = [
    Variation("fal", {"validates_at": "result"}),
    Variation("fal", {"refuses_unknown_fields": False}),
    Variation("fal", {"waiting_status": 202}),
    Variation("fal", {"bare_cancel": True}),
    Variation("gemini_omni", {"delivers_uris": True}),
    Variation("gemini_omni", {"delivers_uris": False}, {"delivery": "inline"}),
    Variation("gemini_omni", {}, {"clips_by": "inline"}),
    Variation("gemini_omni", {"delivers_uris": True, "redirects": True}),
    Variation("gemini_omni", {"background_needs_store": False}),
    Variation("kling", {"data_urls": True}),
    Variation("kling", {"shots_by_default": False}),
    Variation("kling", {"duplicate_code": 1200}),
    Variation("runway", {"refuses_unknown_fields": False}),
    Variation("runway", {"tells_issues": True}),
    Variation("runway", {"unknown_delete": 204}),
    Variation("runway", {"polls_throttled": 2}),
    Variation("seedance", {"refuse_unknown": False}),
    Variation("seedance", {"strict_edit": False}),
    Variation("seedance", {"running_delete": (409, "Conflict")}),
    Variation("xai", {"video_data_urls": False}),
    Variation("xai", {"edits_take": ()}),
    Variation("xai", {"whole_extension": False}),
    Variation("xai", {"moderated_has_url": False}),
    Variation("xai", {}, {"days_stored": 0}),
    Variation("comfyui", {"auth": "none"}),
    Variation("comfyui", {"strict_prompt_ids": False}),
    Variation("comfyui", {"refuse_repeated": True}),
    Variation("comfyui", {"jobs_api": False, "cancel_api": False}),
    Variation("comfyui", {"gap_polls": 1}),
    Variation("comfyui", {"disable_metadata": True}),
    Variation("openai_compatible", {"redirects": True}),
    flavour("azure", "/openai/v1", Capability.NATIVE_REMIX),
    flavour("litellm", "/v1", Capability.NATIVE_REMIX, Capability.EDIT),
    flavour("new_api", "/v1", Capability.NATIVE_REMIX),
    flavour("mutoscope", "/v1", Capability.NATIVE_REMIX, Capability.EDIT),
    flavour("vllm_omni", "/v1", Capability.CLIP_REFERENCE),
    flavour("sglang", "/v1", Capability.CLIP_REFERENCE),
]


class Trial:
    """One variation, served and asked."""

    def __init__(self, variation: Variation) -> None:
        self.pair = BY_NAME[variation.pair]
        if variation.base is not None:
            self.pair = replace(self.pair, base=variation.base)
        self._variation = variation
        self.fake = self.pair.make_fake(**variation.fake)

    def open(self) -> None:
        account = self.pair.account(self.fake, **self._variation.adapter)
        if self._variation.capabilities is not None:
            account = replace(
                account, models=tuple(replace(m, capabilities=self._variation.capabilities) for m in account.models)
            )
        self.account = account
        self.provider: Provider = self.pair.adapter.make(account)
        self.specs = {model.name: model for model in account.models}

    async def close(self) -> None:
        await self.provider.aclose()
        await self.account.door.aclose()

    async def ended(self, upstream_id: str) -> Poll:
        for _ in range(POLLS):
            answer = await self.provider.poll(upstream_id)
            if not isinstance(answer, Waiting | Running):
                return answer
        raise AssertionError(f"still {answer} after {POLLS} polls")

    async def clip_of(self, upstream_id: str) -> bytes:
        answer = await self.ended(upstream_id)
        assert isinstance(answer, Done), answer
        return b"".join([chunk async for chunk in self.provider.fetch(answer.assets[0])])

    def change(self, badge: int) -> Any:
        """A remix of a clip that others made, by the best rung that the model has for one."""
        model = self.specs[self.pair.edits]
        link = self.fake.link(film.film(badge, film.Size(1280, 720), 5.0))
        for capability, strategy in ((Capability.EDIT, "edit"), (Capability.CLIP_REFERENCE, "reference")):
            if capability in model.capabilities:
                return changing(model, clip(badge, link=link), strategy)
        return None


@asynccontextmanager
async def tried(variation: Variation) -> AsyncIterator[Trial]:
    trial = Trial(variation)
    with trial.fake.serving():
        trial.open()
        try:
            yield trial
        finally:
            await trial.close()


@pytest.mark.parametrize("variation", VARIATIONS, ids=str)
async def test_a_video_and_a_change_either_way(variation: Variation) -> None:
    async with tried(variation) as trial:
        first = (await trial.provider.submit(job_for(trial.specs[trial.pair.creates]))).upstream_id
        assert film.badge_of(await trial.clip_of(first)) == trial.fake.accepted[0].badge
        badge = film.new_badge()
        if (job := trial.change(badge)) is not None:
            changed = (await trial.provider.submit(job)).upstream_id
            assert film.badge_of(await trial.clip_of(changed)) == badge
        doomed = (await trial.provider.submit(job_for(trial.specs[trial.pair.creates]))).upstream_id
        await trial.provider.cancel(doomed)
        # The fake's CDN has the address of its API, so that a redirect to it is no step to another's host.
        assert not trial.fake.leaks or variation.fake.get("redirects")


NO_CREDIT = [
    Variation("fal", {"no_credit_status": 402}),
    Variation("kling", {"arrears_status": 403}),
    Variation("runway", {"no_credit_status": 402}),
    Variation("xai", {"no_credit_status": 402}),
    Variation("xai", {"no_credit_status": 429}),
]


@pytest.mark.parametrize("variation", NO_CREDIT, ids=str)
async def test_an_empty_account_either_way(variation: Variation) -> None:
    async with tried(variation) as trial:
        trial.fake.play(Stage.SUBMIT, Mishap.NO_CREDIT)
        with pytest.raises(UpstreamQuotaExhausted):
            await trial.provider.submit(job_for(trial.specs[trial.pair.creates]))
        assert trial.fake.accepted == []


SOURCE_AT_WORK = [
    Variation("runway", {"assets_checked_at": "work"}),
    Variation("gemini_omni", {"refuses_uploads": True}),
]


@pytest.mark.parametrize("variation", SOURCE_AT_WORK, ids=str)
async def test_a_source_that_is_refused_either_way(variation: Variation) -> None:
    async with tried(variation) as trial:
        trial.fake.play(Stage.SUBMIT, Mishap.SOURCE_REFUSED)
        error: UpstreamError | None = None
        try:
            answer = await trial.ended((await trial.provider.submit(trial.change(7))).upstream_id)
            error = answer.error if isinstance(answer, Refused) else None
        except SourceRefused as refused:
            error = refused
        assert isinstance(error, SourceRefused), error
