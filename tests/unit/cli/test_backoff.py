from __future__ import annotations

import pytest

from mutoscope.cli.backoff import Trouble, delay_before_retry

NOW = 1_758_941_485.0


def delay(method: str, attempt: int = 1, patient: bool = False, keyed: bool = False, **trouble: object) -> float | None:
    made = Trouble(**trouble)  # type: ignore[arg-type]
    return delay_before_retry(method, made, attempt, now=NOW, patient=patient, keyed=keyed)


@pytest.mark.parametrize("status", [None, 408, 429, 500, 502, 503, 504])
def test_a_get_is_sent_again_after_trouble_that_passes(status: int | None) -> None:
    assert delay("GET", status=status) == 0.5


@pytest.mark.parametrize("status", [400, 401, 404, 409, 413])
def test_a_get_is_not_sent_again_after_a_refusal(status: int) -> None:
    assert delay("GET", status=status) is None


@pytest.mark.parametrize("method", ["POST", "DELETE"])
@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_what_may_have_had_an_effect_is_not_sent_again(method: str, status: int | None) -> None:
    assert delay(method, status=status) is None


@pytest.mark.parametrize("status", [None, 429, 500, 503])
def test_a_key_makes_a_post_as_harmless_as_a_get(status: int | None) -> None:
    assert delay("POST", keyed=True, status=status) == 0.5
    assert delay("POST", keyed=True, status=400) is None


def test_a_post_is_sent_again_if_it_was_never_received_or_the_server_asks_for_it() -> None:
    assert delay("POST", refused=True) == 0.5
    assert delay("POST", status=503, headers={"x-should-retry": "true"}) == 0.5


def test_the_server_can_forbid_a_retry() -> None:
    assert delay("GET", status=500, headers={"x-should-retry": "false"}) is None


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"retry-after": "3"}, 3.0),
        ({"retry-after-ms": "250", "retry-after": "3"}, 0.25),
        ({"retry-after": "Sat, 27 Sep 2025 02:51:35 GMT"}, 10.0),
        ({"retry-after": "soon"}, 0.5),
        ({"retry-after": "-4"}, 0.5),
        ({"retry-after": "nan"}, 0.5),
        ({"retry-after": "121"}, None),
        ({"retry-after": "inf"}, None),
    ],
)
def test_retry_after(headers: dict[str, str], expected: float | None) -> None:
    assert delay("GET", status=429, headers=headers) == expected


def test_the_wait_doubles_up_to_a_limit_and_ends() -> None:
    assert [delay("GET", attempt, status=500) for attempt in range(1, 6)] == [0.5, 1.0, 2.0, 4.0, None]
    assert [delay("GET", attempt, refused=True) for attempt in range(1, 4)] == [0.5, 1.0, None]


def test_patience_sits_out_about_a_minute() -> None:
    waits = [delay("GET", attempt, patient=True, refused=True) for attempt in range(1, 12)]
    assert waits[-1] is None
    assert 45 < sum(wait or 0 for wait in waits) < 90
