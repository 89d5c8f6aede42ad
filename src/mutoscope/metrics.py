"""Every metric of a process, for Prometheus, and the few words by which the other rooms count.

No tenant, no prompt and no id is ever a label. A provider is an account of the operator's, a model one of the catalog,
a route a template, a method or code one of a fixed list: what callers send makes no new series.

What a process does is counted as it happens (`REGISTRY`); what stands in the database is a `Standing`, read when
somebody asks. Both together are an `exposition`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# The answer to a caller who left before there was one, as reverse proxies log it.
CLIENT_LEFT = 499

disable_created_metrics()
REGISTRY = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_REQUEST_SECONDS = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
_WAIT_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_LAG_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 60.0, 120.0, 300.0)
_JOB_SECONDS = (0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0, 300.0, 600.0, 1_200.0, 3_600.0, 14_400.0)

_REQUESTS = Counter(
    "mutoscope_http_requests",
    "Requests answered, by method, route template and HTTP status; 499 is a caller who left before the answer.",
    ["method", "route", "status"],
    registry=REGISTRY,
)
_REQUEST_DURATION = Histogram(
    "mutoscope_http_request_duration_seconds",
    "Seconds from a request's headers to the end of its answer, what its caller asked to wait included.",
    ["method", "route"],
    buckets=_REQUEST_SECONDS,
    registry=REGISTRY,
)
_SUBMISSIONS = Counter(
    "mutoscope_submissions",
    "Outcomes of submissions to a provider: accepted, rejected, not_sent or unknown.",
    ["provider", "outcome"],
    registry=REGISTRY,
)
_ENDED = Counter(
    "mutoscope_videos_ended",
    "Videos that this process brought to their end, completed or failed.",
    ["provider", "model", "state"],
    registry=REGISTRY,
)
_FAILURES = Counter(
    "mutoscope_failures",
    "Videos that failed, by the code that their callers are told.",
    ["provider", "code"],
    registry=REGISTRY,
)
_PRODUCTION = Histogram(
    "mutoscope_video_duration_seconds",
    "Seconds from the acceptance of a video to its completion.",
    ["provider", "model"],
    buckets=_JOB_SECONDS,
    registry=REGISTRY,
)
_POLL_LAG = Histogram(
    "mutoscope_poll_lag_seconds",
    "Seconds between the moment at which an upstream was to be asked about a video and the question.",
    ["provider"],
    buckets=_LAG_SECONDS,
    registry=REGISTRY,
)
_DETECTION_LAG = Histogram(
    "mutoscope_detection_lag_seconds",
    "Seconds, at most, between an upstream's finishing of a video and the row that says so: since it was last asked.",
    ["provider"],
    buckets=_LAG_SECONDS,
    registry=REGISTRY,
)
_DELIVERIES = Counter(
    "mutoscope_deliveries",
    "Attempts to deliver an event to a webhook endpoint, by outcome.",
    ["outcome"],
    registry=REGISTRY,
)
_DELIVERY_LAG = Histogram(
    "mutoscope_delivery_lag_seconds",
    "Seconds between an event and its first attempted delivery to a webhook endpoint.",
    buckets=_LAG_SECONDS,
    registry=REGISTRY,
)
_CRASHES = Counter(
    "mutoscope_child_crashes",
    "Child processes that died, hung or talked nonsense in the middle of their work, by what they were for.",
    ["child"],
    registry=REGISTRY,
)
_WRITE_WAIT = Histogram(
    "mutoscope_database_write_wait_seconds",
    "Seconds from asking for a write to its commit, or to the news that there is none.",
    buckets=_WAIT_SECONDS,
    registry=REGISTRY,
)
_DOOR_BYTES = Counter(
    "mutoscope_door_bytes",
    "Bytes that went through the door to other servers: sent, and received as they came.",
    ["direction"],
    registry=REGISTRY,
)
_DOOR_REFUSALS = Counter(
    "mutoscope_door_refusals", "Addresses that the door refused to reach, by its own rules.", registry=REGISTRY
)
_SENT, _RECEIVED = _DOOR_BYTES.labels("sent"), _DOOR_BYTES.labels("received")


def request_answered(method: str, route: str, status: int, seconds: float) -> None:
    """route: a template of ours, such as /v1/videos/{video_id}; never a path that was asked for."""
    counter, histogram = _series_of(method if method in METHODS else "other", route, status)
    counter.inc()
    histogram.observe(seconds)


@cache
def _series_of(method: str, route: str, status: int) -> tuple[Counter, Histogram]:
    """Looked up once: that takes longer than counting, and every request counts."""
    return _REQUESTS.labels(method, route, str(status)), _REQUEST_DURATION.labels(method, route)


def submission_ended(provider: str, outcome: str) -> None:
    _SUBMISSIONS.labels(provider, outcome).inc()


def video_completed(provider: str, model: str, seconds: float) -> None:
    """seconds: since it was accepted."""
    _ENDED.labels(provider, model, "completed").inc()
    _PRODUCTION.labels(provider, model).observe(max(0.0, seconds))


def video_failed(provider: str, model: str, code: str) -> None:
    _ENDED.labels(provider, model, "failed").inc()
    _FAILURES.labels(provider, code).inc()


def poll_begun(provider: str, lag: float) -> None:
    """lag: seconds since it was due; less than none for one that was asked early."""
    _POLL_LAG.labels(provider).observe(max(0.0, lag))


def finish_detected(provider: str, lag: float) -> None:
    """lag: seconds since the upstream may have had the news."""
    _DETECTION_LAG.labels(provider).observe(max(0.0, lag))


def delivery_attempted(outcome: str, lag: float | None = None) -> None:
    """outcome: one of a few fixed words. lag: of a first attempt, the seconds since its event."""
    _DELIVERIES.labels(outcome).inc()
    if lag is not None:
        _DELIVERY_LAG.observe(max(0.0, lag))


def child_crashed(child: str) -> None:
    """child: what it was for, such as "flipbook" or "media"."""
    _CRASHES.labels(child).inc()


def write_waited(seconds: float) -> None:
    _WRITE_WAIT.observe(seconds)


def door_sent(length: int) -> None:
    _SENT.inc(length)


def door_received(length: int) -> None:
    _RECEIVED.inc(length)


def door_refused() -> None:
    _DOOR_REFUSALS.inc()


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands in the database, and which upstreams are left alone.

    videos: state, provider, how many, the longest in that state in seconds. money: provider, currency, spent and held,
    in millionths. circuits: provider, "upstream" or "account", whether it is open. unreadable_secrets: of webhook
    endpoints, those that this process cannot open. videos: None where none can be read.
    """

    videos: Sequence[tuple[str, str, int, float]] | None
    money: Sequence[tuple[str, str, int, int]]
    circuits: Sequence[tuple[str, str, bool]]
    unreadable_secrets: int


class _Families(Collector):
    def __init__(self, standing: Standing) -> None:
        self._standing = standing

    def collect(self) -> Iterable[Metric]:
        from mutoscope import __version__

        standing = self._standing
        yield InfoMetricFamily("mutoscope_build", "The version that runs.", value={"version": __version__})
        is_read = standing.videos is not None
        yield GaugeMetricFamily(
            "mutoscope_database_up", "Whether the rows behind these numbers could be read: 1 or 0.", value=int(is_read)
        )
        yield from _of_videos(standing.videos or ())
        yield from _of_money(standing.money)
        open_ = GaugeMetricFamily(
            "mutoscope_circuit_open",
            "Whether an upstream is left alone (1): by itself, or because of the account's key or credit.",
            labels=["provider", "part"],
        )
        for provider, part, is_open in standing.circuits:
            open_.add_metric([provider, part], int(is_open))
        yield open_
        yield GaugeMetricFamily(
            "mutoscope_webhook_secrets_unreadable",
            "Webhook endpoints whose signing secret this process cannot open, so that it sends them nothing.",
            value=standing.unreadable_secrets,
        )


def _of_videos(rows: Sequence[tuple[str, str, int, float]]) -> Iterable[Metric]:
    count = GaugeMetricFamily(
        "mutoscope_videos", "Videos that are there, deleted ones left out.", labels=["state", "provider"]
    )
    oldest = GaugeMetricFamily(
        "mutoscope_oldest_in_state_seconds",
        "Seconds that the longest waiting video has been in an unfinished state; of queued ones the age of the queue.",
        labels=["state", "provider"],
    )
    for state, provider, videos, seconds in rows:
        count.add_metric([state, provider], videos)
        if state not in ("completed", "failed", "cancelled"):
            oldest.add_metric([state, provider], seconds)
    yield count
    yield oldest


def _of_money(rows: Sequence[tuple[str, str, int, int]]) -> Iterable[Metric]:
    spent = CounterMetricFamily(
        "mutoscope_money_spent", "Money settled for videos, in units of the currency.", labels=["provider", "currency"]
    )
    held = GaugeMetricFamily(
        "mutoscope_money_held",
        "Money reserved for videos and neither settled nor released yet, in units of the currency.",
        labels=["provider", "currency"],
    )
    for provider, currency, settled, reserved in rows:
        spent.add_metric([provider, currency], settled / 1e6)
        held.add_metric([provider, currency], reserved / 1e6)
    yield spent
    yield held


def exposition(standing: Standing) -> bytes:
    """All metrics in Prometheus' text format."""
    of_database = CollectorRegistry()
    of_database.register(_Families(standing))
    return generate_latest(REGISTRY) + generate_latest(of_database)
