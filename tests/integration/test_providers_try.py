"""`mutoscope providers try` with fakes: one create and one remix, and everything that may be odd about them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from mutoscope.cli import main
from mutoscope.cli.provider_trial import Limits, carry_out
from mutoscope.cli.trial_report import Report
from mutoscope.clock import SystemClock
from mutoscope.domain.errors import UnsupportedByModel
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.money import MILLION, Price
from mutoscope.domain.video import Size
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Body, Form, Json, Part
from mutoscope.egress.door import Door
from mutoscope.providers.configuration import ConfiguredProvider, Credential
from mutoscope.providers.protocol import Done, Job, Poll, Provider, Running, Submitted
from mutoscope.providers.recording import Recording, RecordingDoor
from mutoscope.providers.trial import Trial, plan_trial
from mutoscope.redaction import Redaction
from mutoscope.testing.upstreams.door import door_to
from mutoscope.testing.upstreams.fake import SECRET, FakeUpstream
from mutoscope.testing.upstreams.mishaps import Mishap, Stage
from mutoscope.testing.upstreams.roster import BY_NAME, Pair

pytestmark = pytest.mark.anyio

RUNGS = {
    "runway": Strategy.EDIT,
    "gemini_omni": Strategy.NATIVE,
    "openai_compatible": Strategy.NATIVE,
}
PLENTY = 100 * MILLION


class Hasty(SystemClock):
    """Nobody waits, and time goes on all the same."""

    def __init__(self) -> None:
        self._skipped = 0.0

    def now(self) -> float:
        return super().now() + self._skipped

    async def sleep(self, seconds: float) -> None:
        self._skipped += seconds
        await asyncio.sleep(0)


@dataclass
class Tried:
    fake: FakeUpstream
    trial: Trial
    report: Report
    lines: list[str]
    recorded: str
    folder: Path
    is_fine: bool


async def tried(
    pair: Pair,
    fake: FakeUpstream,
    folder: Path,
    *,
    most: int = PLENTY,
    minutes: float = 15.0,
    around: Callable[[Provider], Any] = lambda provider: provider,
) -> Tried:
    account, lines = pair.account(fake), []
    configured = ConfiguredProvider(
        name=pair.name,
        adapter=replace(pair.adapter, make=lambda account: around(pair.adapter.make(account))),
        base_url=account.base_url,
        credentials=(Credential(pair.name, "KEY", fake.secret),),
        models=tuple(spec for spec in pair.specs((pair.name,)).values() if spec.name not in pair.unconfirmed),
        options=account.options,
    )
    clock, report = Hasty(), Report(lines.append)
    trial = plan_trial(pair.name, configured.models, clock.now())
    recording = Recording(folder / "trial.jsonl", Redaction([fake.secret]))
    is_fine = await carry_out(
        trial,
        configured,
        configured.credentials[0],
        recording,
        Limits(most, minutes),
        report,
        door=door_to(fake.url),
        clock=clock,
    )
    recording.close()
    return Tried(fake, trial, report, lines, recording.path.read_text(), folder, is_fine)


@pytest.fixture
def fake(request: pytest.FixtureRequest) -> Iterator[tuple[Pair, FakeUpstream]]:
    pair = BY_NAME[request.param]
    made = pair.make_fake()
    with made.serving():
        yield pair, made


def only(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("fake", [name], indirect=True)


@pytest.mark.parametrize("fake", sorted(RUNGS), indirect=True)
async def test_a_create_and_its_remix_by_the_highest_rung(fake: tuple[Pair, FakeUpstream], tmp_path: Path) -> None:
    found = await tried(*fake, tmp_path)
    assert found.is_fine, found.report.differences
    assert found.trial.remix is not None
    assert found.trial.remix.strategy is RUNGS[fake[0].name]
    assert len(fake[1].accepted) == 2, "each is asked for once"
    for name in ("trial-create.mp4", "trial-remix.mp4"):
        assert (tmp_path / name).stat().st_size > 1000


@pytest.mark.parametrize("fake", sorted(RUNGS), indirect=True)
async def test_the_recording_has_all_calls_and_no_secret(fake: tuple[Pair, FakeUpstream], tmp_path: Path) -> None:
    found = await tried(*fake, tmp_path)
    lines = [json.loads(line) for line in found.recorded.splitlines()]
    asked = [line for line in lines if line["method"] != "SOCKET"]
    assert len(asked) >= len(fake[1].requests) / 2 > 2
    assert {"method", "url", "headers", "body", "status", "answer_headers"} <= asked[0].keys()
    assert fake[1].secret not in found.recorded
    assert fake[1].secret not in "\n".join(found.lines)
    assert max(map(len, found.recorded.splitlines())) < 20_000, "nothing bulky"


@only("runway")
async def test_an_unknown_outcome_ends_it_and_nothing_is_sent_again(
    fake: tuple[Pair, FakeUpstream], tmp_path: Path
) -> None:
    fake[1].play(Stage.SUBMIT, Mishap.CUT)
    found = await tried(*fake, tmp_path)
    assert not found.is_fine
    assert "Look in the account" in found.report.differences[0]
    posts = [path for method, path, _ in fake[1].requests if method == "POST" and "to_video" in path]
    assert len(posts) == 1


@only("runway")
async def test_a_status_word_never_seen_is_told_and_the_next_answer_counts(
    fake: tuple[Pair, FakeUpstream], tmp_path: Path
) -> None:
    fake[1].play(Stage.POLL, Mishap.UNKNOWN_WORD)
    found = await tried(*fake, tmp_path)
    assert len(found.report.differences) == 1
    assert "status" in found.report.differences[0]
    assert len(fake[1].accepted) == 2


@only("runway")
async def test_the_time_limit_ends_it_with_the_id_to_look_for(fake: tuple[Pair, FakeUpstream], tmp_path: Path) -> None:
    fake[1].polls_running = 10_000
    found = await tried(*fake, tmp_path, minutes=2)
    assert fake[1].accepted[0].id in found.report.differences[-1]
    assert len(fake[1].accepted) == 1


@only("runway")
async def test_no_remix_where_too_little_is_left(fake: tuple[Pair, FakeUpstream], tmp_path: Path) -> None:
    found = await tried(*fake, tmp_path, most=1)
    assert "--max-spend" in found.report.differences[-1]
    assert len(fake[1].accepted) == 1


class Around:
    """An adapter in front of another one."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Twice(Around):
    """Sends everything a second time, as a broken adapter might."""

    async def submit(self, job: Job) -> Submitted:
        await self._inner.submit(job)
        return await self._inner.submit(job)


@only("runway")
async def test_not_even_a_broken_adapter_submits_twice(fake: tuple[Pair, FakeUpstream], tmp_path: Path) -> None:
    found = await tried(*fake, tmp_path, around=Twice)
    assert "second time" in found.report.differences[-1]
    assert len(fake[1].accepted) == 1


class Odd(Around):
    """Goes back and forth, advises an hour's pause, charges a millionth more, and forgets what it should remember."""

    async def poll(self, upstream_id: str) -> Poll:
        answer = await self._inner.poll(upstream_id)
        if isinstance(answer, Done):
            return replace(answer, charged=400_001, facts={})
        self._progress = 90.0 - getattr(self, "_progress", 0.0)
        return Running(self._progress, 3600.0 if self._progress == 0 else None)


@only("gemini_omni")
async def test_every_difference_is_told(
    fake: tuple[Pair, FakeUpstream], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    accept = fake[1].accept
    monkeypatch.setattr(fake[1], "accept", lambda job: accept(replace(job, size=Size(640, 480), seconds=5.0)))
    found = await tried(*fake, tmp_path, around=Odd, minutes=600)
    told = "\n".join(found.report.differences)
    for words in (
        "progress falls from 90 to 0",
        "pause of 3600",
        "charged is 0.400001",
        "is 640x480",
        "5.00 s",
        "facts",
    ):
        assert words in told, told
    assert not found.is_fine


def test_the_cheapest_is_chosen_a_free_one_first() -> None:
    specs = list(BY_NAME["runway"].specs(("runway",)).values())
    trial = plan_trial("runway", specs, 0.0)
    costs = [spec.price.of(min(spec.seconds), 64) for spec in specs if spec.from_words and spec.price]
    assert trial.create.cost == min(costs)
    dear = next(spec for spec in specs if spec.name == "veo3.1")
    free = replace(dear, name="free", price=Price())
    assert plan_trial("runway", [*specs, free], 0.0).create.spec.name == "free"
    with pytest.raises(UnsupportedByModel):
        plan_trial("runway", [replace(dear, from_words=False)], 0.0)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("k-1234567890:s-0987654321", "[hidden]"),
        ("Bearer s-0987654321!", "Bearer [hidden]!"),
        ("https://a.example/x?X-Amz-Signature=abc&b=2", "https://a.example/x?X-Amz-Signature=…&b=…"),
        ("https://user:pass@a.example/x", "https://a.example/x"),
        ("A" * 500, f"{'A' * 24}… (500 characters)"),
        ("data:image/png;base64,AAAA", "data:… (26 characters)"),
    ],
)
def test_what_is_hidden(text: str, shown: str) -> None:
    assert Redaction(["k-1234567890:s-0987654321"]).text(text) == shown


def test_fields_and_headers_that_are_named_like_secrets_are_hidden() -> None:
    redaction = Redaction([])
    fields = {"fields": {"policy": "eyJ", "X-Amz-Credential": "AKIA"}, "access_token": ["t"], "max_tokens": 3}
    hidden = {"fields": {"policy": "[hidden]", "X-Amz-Credential": "[hidden]"}, "access_token": "[hidden]"}
    assert redaction.value(fields) == {**hidden, "max_tokens": 3}
    assert redaction.headers({"Authorization": "x", "Retry-After": "7", "Set-Cookie": "y"}) == {"retry-after": "7"}


class Echo(Door):
    """An upstream that says back what it was told, in every place."""

    async def request(self, method: str, url: str, **_more: Any) -> Reply:
        told = json.dumps({"error": f"bad key {SECRET}", SECRET: [f"https://a.example/{SECRET}?key={SECRET}"]})
        return Reply(401, {"X-Request-Id": f"for-{SECRET}"}, told.encode())


async def test_a_secret_that_is_said_back_is_not_recorded(tmp_path: Path) -> None:
    recording = Recording(tmp_path / "echo.jsonl", Redaction([SECRET]))
    door = RecordingDoor(Echo(), recording)
    headers, url = {"Authorization": SECRET, "Accept": SECRET}, f"https://a.example/{SECRET}/x?key={SECRET}"
    parts = (Part("key", SECRET), Part("file", b"x" * 1000, "a.mp4", "video/mp4"))
    bodies: list[Body] = [Json({"prompt": SECRET}), Form(parts), SECRET.encode()]
    for body in bodies:
        assert (await door.request("POST", url, headers=headers, body=body)).status == 401
    await door.aclose()
    recording.close()
    recorded = recording.path.read_text()
    assert len(recorded.splitlines()) == 3
    assert SECRET not in recorded
    assert '"status": 401' in recorded


FILE = """
[gpu]
adapter = "openai_compatible"
base_url = "http://127.0.0.1:9/v1"
[[gpu.model]]
name = "wan"
upstream_model = "wan"
owner = "alibaba"
sizes = ["832x480"]
seconds = [4]
default_size = "832x480"
default_seconds = 4
"""


@pytest.mark.parametrize(
    ("more", "arguments", "said"),
    [
        ('price = { per_second = "0.10" }', [], "--max-spend 0.40"),
        ('price = { per_second = "0.10" }', ["--max-spend", "0.39"], "would cost 0.40"),
        ("", [], "No price is known for wan"),
        ("", ["--max-spend", "-1"], "allowed: an amount"),
        ("", ["--max-spend", "nan"], "allowed: an amount"),
        ("", ["--max-spend", "1"], "--yes"),
    ],
)
def test_refusals_before_anything_is_sent(
    more: str, arguments: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "providers.toml").write_text(FILE + more)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    assert run(["providers", "try", "gpu", "--data-dir", str(tmp_path), *arguments]) == 2
    assert said in " ".join(capsys.readouterr().err.split())
    assert not list(tmp_path.glob("mutoscope-try-*"))


def test_an_account_that_cannot_be_reached_is_a_failure_with_a_recording(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys
) -> None:
    (tmp_path / "providers.toml").write_text(FILE)
    monkeypatch.chdir(tmp_path)
    arguments = ["providers", "try", "gpu", "--data-dir", str(tmp_path), "--max-spend", "1", "--yes"]
    assert [run(arguments), run(arguments)] == [1, 1]
    assert "nothing was started" in capsys.readouterr().out
    assert len(list(tmp_path.glob("mutoscope-try-gpu-*.jsonl"))) == 2


def run(arguments: list[str]) -> int:
    """The exit code of the command."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sys.argv", ["mutoscope", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
    return int(ended.value.code or 0)
