"""One trace from the request to the upstream's last answer, over the row; nothing of it where nobody asked for it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from acceptance.echo import Echo
from mutoscope import tracing
from mutoscope.access.keys import create_key
from mutoscope.app import Mutoscope
from mutoscope.domain.errors import ConfigurationError
from mutoscope.settings import Settings
from studio import write_clip

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"


@pytest.fixture
def exporter() -> Iterator[InMemorySpanExporter]:
    memory = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(memory))
    tracing.use(provider)
    yield memory
    tracing.use(None)
    provider.shutdown()


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Echo]:
    upstream = Echo(write_clip(tmp_path / "clip.mp4"))
    yield upstream
    upstream.close()


def play(folder: Path, echo: Echo, prompt: str, **settings: bool) -> str:
    """Make one video on a whole server, its caller's trace told; the video's id once it has ended."""
    folder.mkdir()
    echo.write_providers(folder)
    server = Mutoscope(Settings(data_dir=folder, **settings), environment={"LOOSE_KEY": "canary-5e1f0c7a"})
    try:
        with TestClient(server.asgi()) as http:  # type: ignore[arg-type]
            key = http.portal.call(create_key, server.database, 1.0)  # type: ignore[union-attr]
            headers = {"authorization": f"Bearer {key.secret}", "traceparent": PARENT}
            made = http.post("/v1/videos", json={"prompt": prompt, "model": "loose-1"}, headers=headers).json()
            path = f"/v1/videos/{made['id']}"
            for _ in range(40):
                video = http.get(path, headers={**headers, "traceparent": "", "prefer": "wait=1"}).json()
                if video["status"] in ("completed", "failed"):
                    break
                http.portal.call(_pause)  # type: ignore[union-attr]
            return made["id"]
    finally:
        server.close()


async def _pause() -> None:
    import asyncio

    await asyncio.sleep(0.25)


def test_one_trace_leads_from_the_request_to_the_upstream(
    tmp_path: Path, echo: Echo, exporter: InMemorySpanExporter
) -> None:
    video_id = play(tmp_path / "data", echo, "a quiet harbour at dawn")
    spans = [span for span in exporter.get_finished_spans() if span.context and span.context.trace_id == int(TRACE, 16)]
    by_id = {span.context.span_id: span for span in spans if span.context}
    names = [span.name for span in spans]
    assert {"POST /v1/videos", "submit", "poll", "collect", "finish", "HTTP POST", "HTTP GET"} <= set(names)

    def parents(span: ReadableSpan) -> list[str]:
        above = by_id.get(span.parent.span_id) if span.parent else None
        return [span.name, *(parents(above) if above else [])]

    lines = {tuple(parents(span)) for span in spans}
    assert ("HTTP POST", "submit", "POST /v1/videos") in lines
    assert ("HTTP GET", "poll", "POST /v1/videos") in lines
    assert ("HTTP GET", "collect", "POST /v1/videos") in lines
    assert ("finish", "collect", "POST /v1/videos") in lines
    of_video = [span for span in spans if span.name in ("submit", "poll", "collect")]
    assert {(span.attributes or {})["mutoscope.video_id"] for span in of_video} == {video_id}
    # A request without a trace of its own begins one, and upstreams are told of none.
    assert any(span.name == "GET /v1/videos/{video_id}" and span not in spans for span in exporter.get_finished_spans())
    assert not any("traceparent" in headers for headers in echo.heard)


def test_no_span_holds_a_prompt_or_a_secret(tmp_path: Path, echo: Echo, exporter: InMemorySpanExporter) -> None:
    play(tmp_path / "data", echo, "REFUSE a canary yellow submarine")
    said = "\n".join(span.to_json() for span in exporter.get_finished_spans())
    assert "submit" in said
    assert "canary" not in said


def test_upstreams_are_told_where_the_setting_says_so(
    tmp_path: Path, echo: Echo, exporter: InMemorySpanExporter
) -> None:
    play(tmp_path / "data", echo, "a quiet harbour", trace_upstreams=True)
    assert {headers["traceparent"].split("-")[1] for headers in echo.heard if "traceparent" in headers} == {TRACE}


def test_without_an_endpoint_nothing_is_loaded() -> None:
    code = "import sys, os; from mutoscope import tracing; import mutoscope.app; tracing.start({}); "
    code += "print(tracing.is_on(), any(name.startswith('opentelemetry.sdk') for name in sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "False"]


def test_an_endpoint_without_the_extra_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opentelemetry.sdk.trace", None)
    with pytest.raises(ConfigurationError, match=r"--editable '\.\[otel\]'"):
        tracing.start({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:4318"})
