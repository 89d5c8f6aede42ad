"""Every domain error has its status, its retry advice and its envelope."""

from __future__ import annotations

import json

import pytest

from mutoscope.dialect.errors import LONGEST_RETRY_AFTER, render
from mutoscope.domain import errors as domain

TABLE = [
    (domain.CallerError, 400, False),
    (domain.InvalidRequest, 400, False),
    (domain.UnsupportedByModel, 400, False),
    (domain.SourceNotCompleted, 400, False),
    (domain.NotAuthenticated, 401, False),
    (domain.NotAllowed, 403, False),
    (domain.ModelNotFound, 400, False),
    (domain.VideoNotFound, 404, False),
    (domain.RouteNotFound, 404, False),
    (domain.MethodNotAllowed, 405, False),
    (domain.VideoNotReady, 404, False),
    (domain.VideoFailed, 400, False),
    (domain.VariantNotAvailable, 404, False),
    (domain.AssetExpired, 404, False),
    (domain.FileTooLarge, 413, False),
    (domain.UnsupportedMedia, 415, False),
    (domain.TooManyRequests, 429, True),
    (domain.ContentRefused, 400, False),
    (domain.UpstreamRejected, 400, False),
    (domain.UpstreamKeyInvalid, 502, False),
    (domain.UpstreamQuotaExhausted, 503, False),
    (domain.UpstreamRateLimited, 503, True),
    (domain.UpstreamUnavailable, 503, True),
    (domain.UpstreamTimeout, 504, True),
    (domain.UpstreamTaskLost, 502, False),
    (domain.UpstreamProtocolError, 502, False),
    (domain.SubmissionUnknown, 502, False),
    (domain.StorageUnavailable, 503, True),
    (domain.DatabaseUnavailable, 503, True),
    (domain.MediaUnreadable, 500, False),
    (domain.EncodingFailed, 500, False),
    (domain.IllegalTransition, 500, False),
    (domain.MutoscopeError, 500, False),
    (KeyError, 500, False),
]


@pytest.mark.parametrize(("kind", "status", "retry"), TABLE)
def test_the_table(kind, status, retry):
    response = render(kind())
    error = json.loads(bytes(response.body))["error"]
    assert response.status_code == status
    assert response.headers["x-should-retry"] == str(retry).lower()
    assert ("retry-after" in response.headers) == (status in (429, 503))
    assert ("www-authenticate" in response.headers) == (status == 401)
    assert list(error) == ["message", "type", "param", "code"]
    expected = "rate_limit_error" if status == 429 else "server_error" if status >= 500 else "invalid_request_error"
    assert error["type"] == expected
    assert isinstance(error["code"], str)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        ("moderation_blocked", 400),
        ("upstream_rejected", 400),
        ("upstream_key_invalid", 502),
        ("upstream_quota_exhausted", 503),
        ("upstream_unavailable", 503),
        ("submission_unknown", 502),
        ("generation_timeout", 502),
    ],
)
def test_a_video_that_was_not_started_is_answered_like_its_failure_and_never_sent_again(code, status):
    response = render(domain.NotStarted(code, "The account is empty.", "video_7"))
    error = json.loads(bytes(response.body))["error"]
    assert (response.status_code, error["code"], error["message"]) == (status, code, "The account is empty.")
    assert response.headers["x-should-retry"] == "false"
    assert response.headers["mutoscope-video-id"] == "video_7"


def every_class(kind=domain.MutoscopeError):
    """Those that the dialect may be handed: the domain's own; further ones are their rooms' business."""
    if kind.__module__ == domain.__name__:
        yield kind
    for child in kind.__subclasses__():
        yield from every_class(child)


def test_no_class_is_answered_in_a_way_that_clients_resend_silently():
    for kind in every_class():
        response = render(kind("quota", "No.", "video_1") if kind is domain.NotStarted else kind())
        assert response.status_code not in (408, 409, 422)
        assert response.headers["x-should-retry"] in ("true", "false")


def test_a_subclass_without_a_line_has_its_parents():
    class Narrower(domain.VideoNotFound):
        """Narrower."""

    assert render(Narrower()).status_code == 404


def test_codes_and_params_of_the_raiser():
    error = json.loads(bytes(render(domain.InvalidRequest("No.", param="size", code="empty_string")).body))["error"]
    assert error == {"message": "No.", "type": "invalid_request_error", "param": "size", "code": "empty_string"}
    assert json.loads(bytes(render(domain.NotAuthenticated(missing=True)).body))["error"]["code"] is None


def test_our_own_failures_do_not_tell_their_details():
    for error in (domain.DatabaseUnavailable("/secret/path"), ValueError("/secret/path")):
        assert b"secret" not in bytes(render(error).body)


@pytest.mark.parametrize(("asked", "told"), [(None, 2), (0.2, 1), (7.1, 8), (9999, LONGEST_RETRY_AFTER)])
def test_retry_after_is_whole_seconds_that_clients_obey(asked, told):
    assert render(domain.UpstreamRateLimited(retry_after=asked)).headers["retry-after"] == str(told)
