"""The question of `mutoscope providers check`, put to each upstream: it costs nothing and tells a bad key."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from mutoscope.domain.errors import UpstreamError, UpstreamKeyInvalid, UpstreamQuotaExhausted, UpstreamUnavailable
from mutoscope.providers.account import Account
from mutoscope.providers.protocol import Checks
from mutoscope.testing.upstreams.fake import SECRET, FakeUpstream
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import BY_NAME, PAIRS, Pair

pytestmark = pytest.mark.anyio

# Which of the fake's answers it is.
STAGES = {"runway": Stage.FIND, "seedance": Stage.FIND, "kling": Stage.FIND, "openai_compatible": Stage.FIND}


@pytest.fixture(params=PAIRS, ids=lambda pair: pair.name)
async def asked(request: pytest.FixtureRequest) -> AsyncIterator[tuple[Pair, FakeUpstream, Account]]:
    fake = request.param.make_fake()
    with fake.serving():
        account = request.param.account(fake)
        yield request.param, fake, account
        await account.door.aclose()


async def answer(pair: Pair, account: Account) -> str:
    provider = pair.adapter.make(account)
    assert isinstance(provider, Checks)
    try:
        return await provider.check()
    finally:
        await provider.aclose()


async def test_a_good_account(asked: tuple[Pair, FakeUpstream, Account]) -> None:
    pair, fake, account = asked
    said = await answer(pair, account)
    assert ("answers, on cuda:0" if pair.name == "comfyui" else "The key is accepted.") in said
    assert SECRET not in said
    assert fake.accepted == []
    assert {method for method, _, _ in fake.requests} == {"GET"}, "it asks, and does nothing"


async def test_a_key_that_is_refused(asked: tuple[Pair, FakeUpstream, Account]) -> None:
    pair, _, account = asked
    with pytest.raises(UpstreamKeyInvalid) as refused:
        await answer(pair, replace(account, secret="sk-other"))
    assert "sk-other" not in refused.value.message


async def test_an_upstream_that_is_not_well(asked: tuple[Pair, FakeUpstream, Account]) -> None:
    pair, fake, account = asked
    stage = STAGES.get(pair.name, Stage.POLL)
    if pair.name == "comfyui":
        pytest.skip("its route about the machine plays no mishaps")
    fake.play(stage, Mishap.BROKEN)
    with pytest.raises(UpstreamError) as failed:
        await answer(pair, account)
    assert isinstance(failed.value, UpstreamUnavailable), repr(failed.value)


async def test_an_account_without_credit() -> None:
    pair = BY_NAME["runway"]
    fake = pair.make_fake(credits=0)
    with fake.serving():
        account = pair.account(fake)
        with pytest.raises(UpstreamQuotaExhausted, match="no credit left"):
            await answer(pair, account)
        await account.door.aclose()


@pytest.mark.parametrize("flavour", ["openai", "vllm_omni", "sglang", "litellm", "new_api", "azure", "mutoscope"])
async def test_every_kind_of_server_of_this_dialect(flavour: str) -> None:
    pair = BY_NAME["openai_compatible"]
    fake = pair.make_fake(flavour=flavour)
    with fake.serving():
        account = pair.account(fake, dialect=flavour)
        account = replace(account, models=(), base_url=fake.url + ("/openai/v1" if flavour == "azure" else "/v1"))
        assert "The key is accepted." in await answer(pair, account)
        with pytest.raises(UpstreamKeyInvalid):
            await answer(pair, replace(account, secret="sk-other"))
        await account.door.aclose()
