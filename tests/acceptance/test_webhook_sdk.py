"""Webhook endpoints as the stock SDK manages them: all eight calls, and the errors that it makes of ours."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI

from acceptance.quick_server import QuickServer
from mutoscope.testing.processes import Child

pytestmark = [pytest.mark.filterwarnings("ignore::DeprecationWarning")]


@pytest.fixture(scope="module")
def receiver(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = Path(tmp_path_factory.mktemp("receiver"))
    child = Child("receiver", folder / "announced", folder / "log", "--ledger", folder / "heard")
    told = child.ready()
    assert told is not None
    yield told["url"]
    child.stop()


@pytest.fixture(scope="module")
def sdk(receiver: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[OpenAI]:
    hosts = {"MUTOSCOPE_WEBHOOK_HOSTS": receiver.removeprefix("http://")}
    server = QuickServer(Path(tmp_path_factory.mktemp("hooks")) / "data", hosts)
    yield server.client()
    assert server.stop() == 0


def test_all_eight_calls(sdk: OpenAI, receiver: str) -> None:
    assert sdk.webhooks.event_types.list().data == [
        "video.queued",
        "video.in_progress",
        "video.completed",
        "video.failed",
        "video.deleted",
    ]
    made = sdk.webhooks.create(name="one", url=f"{receiver}/ok", event_types=["video.completed"])
    assert made.id.startswith("whe_")
    assert made.signing_secret.startswith("whsec_")
    assert set(made.to_dict()) == {
        "id",
        "object",
        "name",
        "url",
        "event_types",
        "created_at",
        "updated_at",
        "signing_secret_hint",
        "signing_secret",
    }
    assert made.updated_at == made.created_at
    assert made.signing_secret_hint is not None
    assert made.signing_secret_hint.endswith(made.signing_secret[-4:])
    kept = sdk.webhooks.retrieve(made.id)
    assert "signing_secret" not in kept.to_dict()
    changed = sdk.webhooks.update(made.id, name="two", event_types=["video.failed", "video.completed"])
    assert (changed.name, changed.url, changed.event_types) == ("two", made.url, ["video.failed", "video.completed"])
    rotated = sdk.webhooks.rotate_secret(made.id, keep_old_secret_active_for_24_hours=True)
    assert rotated.signing_secret != made.signing_secret
    tried = sdk.webhooks.test(made.id, event_type="video.completed")
    assert (tried.status_code, tried.success, tried.webhook_endpoint_id) == (200, True, made.id)
    assert sdk.webhooks.delete(made.id).deleted is True
    with pytest.raises(openai.NotFoundError) as missing:
        sdk.webhooks.retrieve(made.id)
    assert missing.value.code == "webhook_endpoint_not_found"


def test_pages_go_on_behind_a_cursor(sdk: OpenAI, receiver: str) -> None:
    made = [
        sdk.webhooks.create(name=str(number), url=f"{receiver}/ok", event_types=["video.completed"]).id
        for number in range(5)
    ]
    assert [each.id for each in sdk.webhooks.list(limit=2)] == made[::-1]
    page = sdk.webhooks.list(limit=2, after=made[1])
    assert [each.id for each in page.data] == [made[0]]
    assert page.has_more is False
    assert sdk.webhooks.list(after="whe_unknown").data == []
    for each in made:
        sdk.webhooks.delete(each)


def test_what_is_wrong_is_named(sdk: OpenAI, receiver: str) -> None:
    good = {"name": "one", "url": f"{receiver}/ok", "event_types": ["video.completed"]}
    for changed, param in (
        ({"url": "http://example.com"}, "url"),
        ({"url": "https://10.0.0.1/"}, "url"),
        ({"url": 5}, "url"),
        ({"name": " "}, "name"),
        ({"name": "x" * 257}, "name"),
        ({"event_types": []}, "event_types"),
        ({"event_types": ["batch.completed"]}, "event_types"),
        ({"event_types": [{}]}, "event_types"),
    ):
        with pytest.raises(openai.BadRequestError) as refused:
            sdk.post("/webhook_endpoints", body={**good, **changed}, cast_to=object)
        assert refused.value.param == param, changed
    with pytest.raises(openai.BadRequestError, match=r"'video.completed', 'video.failed'"):
        sdk.webhooks.create(name="one", url=f"{receiver}/ok", event_types=["batch.completed"])
    for name in good:
        with pytest.raises(openai.BadRequestError) as refused:
            sdk.post("/webhook_endpoints", body={**good, name: None}, cast_to=object)
        assert (refused.value.param, refused.value.code) == (name, "missing_required_parameter")


def test_a_test_that_nobody_hears_says_so(sdk: OpenAI, receiver: str) -> None:
    made = sdk.webhooks.create(name="one", url=f"{receiver}/500", event_types=["video.completed"])
    assert sdk.webhooks.test(made.id, event_type="video.failed").status_code == 500
    sdk.webhooks.update(made.id, url="https://localhost/")
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.webhooks.test(made.id, event_type="video.failed")
    assert refused.value.code == "webhook_endpoint_unreachable"
    sdk.webhooks.delete(made.id)


def test_a_callback_address_is_part_of_the_request(sdk: OpenAI, receiver: str) -> None:
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.videos.create(prompt="a lake", extra_body={"callback_url": "https://192.168.0.1/"})
    assert refused.value.param == "callback_url"
    again = {"Idempotency-Key": "one"}
    body = {"callback_url": f"{receiver}/ok"}
    first = sdk.videos.create(prompt="a lake", extra_body=body, extra_headers=again)
    assert sdk.videos.create(prompt="a lake", extra_body=body, extra_headers=again).id == first.id
    with pytest.raises(openai.BadRequestError) as refused:
        sdk.videos.create(prompt="a lake", extra_body={"callback_url": f"{receiver}/other"}, extra_headers=again)
    assert refused.value.code == "idempotency_key_reused"
