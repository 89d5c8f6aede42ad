"""Traces on the wire: what a real server sends to a collector, decoded as the protocol's own messages say."""

from __future__ import annotations

import gzip
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from acceptance.servers import ServerProcess

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
PROMPT = "a canary wears a green hat over seven hills"


class Collector:
    """Takes what exporters send to `/v1/traces`, OTLP over HTTP, and answers as a collector does."""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                is_packed = self.headers.get("content-encoding") == "gzip"
                assert (self.path, self.headers["content-type"]) == ("/v1/traces", "application/x-protobuf")
                collector.bodies.append(gzip.decompress(body) if is_packed else body)
                self.send_response(200)
                self.send_header("content-type", "application/x-protobuf")
                self.send_header("content-length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Says nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def spans(self) -> list[Span]:
        found = []
        for body in list(self.bodies):
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                found += [span for scope in resource.scope_spans for span in scope.spans]
        return found

    def services(self) -> set[str]:
        asked = [ExportTraceServiceRequest.FromString(body) for body in self.bodies]
        attributes = [each for ask in asked for one in ask.resource_spans for each in one.resource.attributes]
        return {each.value.string_value for each in attributes if each.key == "service.name"}

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def collector() -> Iterator[Collector]:
    started = Collector()
    yield started
    started.close()


def test_a_collector_gets_the_whole_trace_of_a_video(collector: Collector, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", {"OTEL_EXPORTER_OTLP_ENDPOINT": collector.url})
    with server.http() as http:
        body = {"model": "flipbook-instant", "prompt": PROMPT, "seconds": "1", "size": "64x64"}
        parent = {"traceparent": f"00-{TRACE}-{SPAN}-01"}
        video = http.post("/v1/videos", json=body, headers=parent).raise_for_status().json()
        deadline = time.monotonic() + 60
        while http.get(f"/v1/videos/{video['id']}").json()["status"] != "completed":
            assert time.monotonic() < deadline
            time.sleep(0.1)
    assert server.stop() == 0, server.log.read_text()[-4000:]
    spans = [span for span in collector.spans() if span.trace_id.hex() == TRACE]
    names = {span.name for span in spans}
    assert {"submit", "collect", "finish"} <= {name.split()[0] for name in names}, names
    ids = {span.span_id.hex() for span in spans} | {SPAN}
    assert {span.parent_span_id.hex() for span in spans} <= ids, "a span hangs from one that nobody sent"
    assert collector.services() == {"mutoscope"}
    assert not any(PROMPT.encode() in body for body in collector.bodies)


def test_a_collector_that_is_away_holds_up_nobody(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"})
    with server.http() as http:
        body = {"model": "flipbook-instant", "prompt": PROMPT, "seconds": "1", "size": "64x64"}
        http.post("/v1/videos", json=body).raise_for_status()
    begun = time.monotonic()
    assert server.stop() == 0
    assert time.monotonic() - begun < 25
