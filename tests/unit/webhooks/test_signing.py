"""Signatures are what the official verifier takes; what is no secret signs nothing."""

from __future__ import annotations

import base64
import time

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from mutoscope.webhooks.signing import PREFIX, UnfitSecret, headers_of, hint_of, key_of, new_secret, signature

BODY = b'{"id":"evt_1","data":{"id":"video_1"}}'


def signed(*keys: str, at: float | None = None) -> dict[str, str]:
    return headers_of("wh_1", int(time.time() if at is None else at), BODY, keys)


def test_the_official_verifier_takes_it() -> None:
    secret = new_secret()
    assert Webhook(secret).verify(BODY, signed(secret))["id"] == "evt_1"


def test_during_a_rotation_either_secret_verifies() -> None:
    new, old = new_secret(), new_secret()
    headers = signed(new, old)
    assert len(headers["webhook-signature"].split()) == 2
    for secret in (new, old):
        Webhook(secret).verify(BODY, headers)


@pytest.mark.parametrize("late", [301, -301])
def test_a_signature_of_another_time_does_not_hold(late: int) -> None:
    secret = new_secret()
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, signed(secret, at=time.time() - late))


def test_another_body_id_or_secret_does_not_hold() -> None:
    secret = new_secret()
    for body, headers, key in (
        (BODY + b" ", signed(secret), secret),
        (BODY, signed(secret) | {"webhook-id": "wh_2"}, secret),
        (BODY, signed(secret), new_secret()),
    ):
        with pytest.raises(WebhookVerificationError):
            Webhook(key).verify(body, headers)


@pytest.mark.parametrize(
    "secret",
    ["", PREFIX, "secret", PREFIX + "!", PREFIX + base64.b64encode(b"x" * 23).decode(), PREFIX + "eA" * 100],
)
def test_what_is_no_secret_signs_nothing(secret: str) -> None:
    with pytest.raises(UnfitSecret):
        key_of(secret)
    with pytest.raises(UnfitSecret):
        signature("wh_1", 1, BODY, [secret])


def test_nothing_is_signed_with_nothing() -> None:
    with pytest.raises(UnfitSecret):
        signature("wh_1", 1, BODY, [])


def test_a_secret_is_long_and_its_hint_is_not_it() -> None:
    secret = new_secret()
    assert len(key_of(secret)) == 32
    assert secret != new_secret()
    assert len(hint_of(secret)) < 12
