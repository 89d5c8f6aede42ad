"""Traces by OpenTelemetry, from a request to the upstream's answer. Off, and free, until `start` finds where they go.

The libraries come with the extra `mutoscope[otel]`. A trace goes on over the row: its `traceparent` is stored with the
video. No span holds a prompt, a secret or an error's words.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any

from mutoscope.domain.errors import ConfigurationError

VARIABLES = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")
NEW_TRACE = ""
FLUSH_MILLISECONDS = 3_000

_OFF: AbstractContextManager[None] = nullcontext()
_provider: Any = None
_tracer: Any = None


def start(environment: Mapping[str, str]) -> None:
    """Send traces where OpenTelemetry's own variables say; nothing where they are not set."""
    named = next((name for name in VARIABLES if environment.get(name)), None)
    if named is None:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        raise ConfigurationError(
            f"{named} is set, but OpenTelemetry is not installed. Install it in the clone with "
            "`.venv/bin/pip install --editable '.[otel]'`, or unset it."
        ) from None
    service = environment.get("OTEL_SERVICE_NAME", "mutoscope")
    provider = TracerProvider(resource=Resource.create({"service.name": service}))
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    use(provider)


def use(provider: Any) -> None:
    """Make spans with this OpenTelemetry provider from now on; None for no more."""
    global _provider, _tracer  # one for each process, like the logs
    _provider, _tracer = provider, None if provider is None else provider.get_tracer("mutoscope")


def stop() -> None:
    """Send what is left, and make no more."""
    if _provider is not None:
        _provider.force_flush(FLUSH_MILLISECONDS)
        _provider.shutdown()
        use(None)


def is_on() -> bool:
    return _tracer is not None


def span(
    name: str, parent: str | None = None, *, kind: str = "internal", attributes: Mapping[str, Any] | None = None
) -> AbstractContextManager[None]:
    """A span around a block. parent: a traceparent; NEW_TRACE begins one; None goes on with the span around this."""
    return _OFF if _tracer is None else _span(name, parent, kind, attributes or {})


@contextmanager
def _span(name: str, parent: str | None, kind: str, attributes: Mapping[str, Any]) -> Iterator[None]:
    from opentelemetry.context import Context
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    around = None
    if parent is not None:
        around = TraceContextTextMapPropagator().extract({"traceparent": parent}, Context())
    with _tracer.start_as_current_span(
        name,
        context=around,
        kind=SpanKind[kind.upper()],
        attributes={key: value for key, value in attributes.items() if value is not None},
        record_exception=False,  # an error's words may repeat a prompt
        set_status_on_exception=False,
    ) as opened:
        try:
            yield
        except BaseException as error:
            opened.set_attribute("error.type", type(error).__name__)
            opened.set_status(Status(StatusCode.ERROR))
            raise


def describe(name: str | None = None, **attributes: Any) -> None:
    """Say more of the span around this. Attributes by their names, with two underscores for each dot."""
    if _tracer is None:
        return
    from opentelemetry import trace

    current = trace.get_current_span()
    if name is not None:
        current.update_name(name)
    for key, value in attributes.items():
        current.set_attribute(key.replace("__", "."), value)


def traceparent() -> str | None:
    """What others need to go on with the trace of the span around this, as W3C writes it; None without one."""
    if _tracer is None:
        return None
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carrier: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carrier)
    return carrier.get("traceparent")
