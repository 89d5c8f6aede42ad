"""A server with a file of providers: accounts, slots, further names, secrets, and one door for all."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from mutoscope.app import Mutoscope
from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import ConfigurationError
from mutoscope.domain.money import Price
from mutoscope.egress.door import Door
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.protocol import OnUnknown, Recovery
from mutoscope.providers.registry import Registry
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider

SECRETS = {"REEL_KEY": "s3cr3t-one", "OTHER_KEY": "s3cr3t-two"}
MODEL = replace(
    ScriptedProvider("reel").models[0],
    price=Price(per_second=100_000, as_of="2026-11-22"),
    capabilities=frozenset({Capability.EDIT}),
    remembers=frozenset(),
    ends="2026-12-01",
)


class Reel(ScriptedProvider):
    def __init__(self, account: Account) -> None:
        super().__init__(account.name, recovery=Recovery(deadline_seconds=10))
        self.models = account.models
        self.account = account


REEL = Adapter("reel", Reel, base_url="https://reel.example", secret_variable="REEL_KEY", models=(MODEL,))


@pytest.fixture(autouse=True)
def registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Registry, "names", property(lambda _self: ["reel"]))
    monkeypatch.setattr(Registry, "adapter", lambda _self, _name: REEL)


@pytest.fixture
def start(tmp_path: Path) -> Iterator:
    begun: list[Mutoscope] = []

    def started(
        text: str, environment: dict[str, str] | None = None, door: Door | None = None, **settings
    ) -> Mutoscope:
        for server in begun:
            server.close()
        begun.clear()
        (tmp_path / "providers.toml").write_text(text)
        server = Mutoscope(
            Settings(data_dir=tmp_path, **settings),
            door=door,
            environment=SECRETS if environment is None else environment,
        )
        begun.append(server)
        return server

    yield started
    for server in begun:
        server.close()


TWO = """
[reel]
credentials = [{ name = "main", api_key_env = "REEL_KEY" }, { name = "second", api_key_env = "OTHER_KEY" }]
concurrency = 3
submits_per_minute = 7
on_unknown = "hold"
[aliases]
"sora-2" = ["reel-1", "flipbook"]
"""


def desk_of(server: Mutoscope):
    return server._production._desk


def test_every_account_is_a_provider_of_its_own(start) -> None:
    server = start(TWO)
    desk = desk_of(server)
    assert list(desk.providers) == ["flipbook", "flipbook-instant", "local", "reel@main", "reel@second", "rehearsal"]
    assert [desk.providers[f"reel@{name}"].account.secret for name in ("main", "second")] == list(SECRETS.values())
    model = server.service.catalog.models["reel-1"]
    assert (model.provider, model.accounts) == ("reel", ("reel@main", "reel@second"))
    assert server._production._limits["reel@second"] == 3
    assert server._production._limits["flipbook"] == server.settings.flipbook_slots
    assert not all(desk.may_submit("reel@main") for _ in range(8))
    assert all(desk.may_submit("flipbook") for _ in range(50))
    resolved = server.service.catalog.resolve("sora-2")
    assert (resolved.model.name, resolved.fallbacks, resolved.notice) == ("reel-1", ("flipbook",), None)
    assert server.service.catalog.resolve("sora-2-pro").model.name == "flipbook"
    assert server.service.catalog.resolve("reel/reel-1").model is model


def test_one_door_that_trusts_the_files_hosts_or_the_tests_own(start) -> None:
    server = start(TWO)
    assert {each.account.door for each in desk_of(server).providers.values() if hasattr(each, "account")} == {
        server.door
    }
    assert server.door._rules.trusted == {("reel.example", 443)}
    mine = Door()
    assert start(TWO, door=mine).door is mine


@pytest.mark.parametrize(
    ("setting", "choice"),
    [("", "hold"), ("fail", "hold"), ("reel=fail", "fail"), ("reel=fail, reel@main=resubmit_once", "resubmit_once")],
)
def test_the_nearest_word_about_lost_submissions_counts(start, setting: str, choice: str) -> None:
    desk = desk_of(start(TWO, on_unknown=setting))
    recovery = desk.recovery_of(desk.providers["reel@main"])
    assert (recovery.on_unknown, recovery.deadline_seconds) == (OnUnknown(choice), 10)


def test_deadlines_of_the_file_stand_above_the_settings(start) -> None:
    desk = desk_of(start("[reel]\nunknown_deadline = 77", unknown_deadline=5.0))
    assert desk.recovery_of(desk.providers["reel"]).deadline_seconds == 77
    assert desk.recovery_of(desk.providers["flipbook"]).deadline_seconds == 5


def test_a_missing_variable_stops_the_start_and_gives_the_folder_back(start, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"providers\.toml:3: .*OTHER_KEY, which is not set") as caught:
        start(TWO, {"REEL_KEY": "s3cr3t-one"})
    assert "s3cr3t" not in str(caught.value)
    start(TWO)


def test_a_paid_model_without_a_cap_stops_the_start_and_says_how_to_set_one(start) -> None:
    with pytest.raises(ConfigurationError, match=r"cost money: reel-1.*MUTOSCOPE_BUDGET_PER_DAY=10"):
        start(TWO, budget_per_day=0.0)


def test_an_end_that_is_near_is_a_warning_and_no_secret_is_in_the_log(start) -> None:
    with capture_logs() as logs:
        start(TWO)
    (told,) = [each for each in logs if each["event"] == "a model ends"]
    assert (told["log_level"], told["model"]) == ("warning", "reel-1")
    assert "2026-12-01" in told["reason"]
    assert "s3cr3t" not in json.dumps(logs)
