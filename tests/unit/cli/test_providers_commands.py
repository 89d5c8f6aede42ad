"""`mutoscope providers`: without a server, without a cent, and without a word of any secret."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from dialect_double import Run

from mutoscope.cli.records import short_price
from mutoscope.domain.errors import UpstreamKeyInvalid
from mutoscope.providers.runway import Runway

SECRET = "s3cr3t-value"
ACCOUNT = "/v1/organization"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("RUNWAYML_API_SECRET", "A", "B"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("A", SECRET)
    monkeypatch.setenv("MUTOSCOPE_DATA_DIR", str(tmp_path))
    return tmp_path


class Upstream:
    def __init__(self) -> None:
        self.asked: list[tuple[str, str, str]] = []
        self.url = ""


@contextmanager
def serving() -> Iterator[Upstream]:
    upstream = Upstream()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            upstream.asked.append((self.command, self.path, str(self.headers)))
            is_account = self.path == ACCOUNT
            body = b'{"creditBalance": 12}' if is_account else b""
            self.send_response(200 if is_account else 404)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_POST = do_PUT = do_DELETE = do_GET

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        upstream.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield upstream
        finally:
            server.shutdown()
            thread.join()


def write(folder: Path, text: str) -> None:
    (folder / "providers.toml").write_text(text)


TWO = """
[mine]
adapter = "runway"
base_url = "{url}"
models = ["gen4.5", "aleph2"]
credentials = [{{ name = "a", api_key_env = "A" }}, {{ name = "b", api_key_env = "B" }}]
"""


def test_the_list_has_a_line_for_each_model(run: Run, folder: Path) -> None:
    write(folder, TWO.format(url="https://mine.example"))
    result = run("providers", "list")  # B is not set, which the list does not need
    assert result.code == 0
    assert result.out.splitlines() == [
        "mine\trunway\tmine@a,mine@b\tgen4.5\t0.12 USD a second\tframe,prompt\tsdk\t-",
        "mine\trunway\tmine@a,mine@b\taleph2\t0.28 USD a second\tedit\tsdk\t-",
    ]
    data = json.loads(run("providers", "list", "--json").out)["data"]
    assert data[1] == {
        "provider": "mine",
        "adapter": "runway",
        "accounts": ["mine@a", "mine@b"],
        "model": "aleph2",
        "price": {"per_second": "0.28", "currency": "USD", "as_of": "2026-11-22"},
        "strategies": ["edit"],
        "verified": "sdk",
        "ends": None,
    }


def test_none_is_said_and_is_no_fault(run: Run, folder: Path) -> None:
    for command in ("list", "check"):
        result = run("providers", command)
        assert (result.code, result.out) == (0, "")
        assert "No provider is configured" in result.err
    assert json.loads(run("providers", "check", "--json").out) == {"ok": True, "accounts": []}


@pytest.mark.parametrize("command", ["list", "check"])
def test_a_bad_file_is_2_with_its_line(run: Run, folder: Path, command: str) -> None:
    write(folder, "\n[runway]\nconcurrency = 0\n")
    result = run("providers", command)
    assert result.code == 2
    assert "providers.toml:3: 'runway.concurrency' is 0; allowed: a whole number from 1 to 1000." in result.err


def test_the_check_says_what_is_wrong_with_which_account(run: Run, folder: Path) -> None:
    with serving() as upstream:
        write(folder, TWO.format(url=upstream.url))
        result = run("providers", "check", "--json")
    told = json.loads(result.out)
    first, second = told["accounts"]
    assert (result.code, told["ok"]) == (1, False)
    details = [f"{upstream.url} answers HTTP 404", "A is set", "The key is accepted. The account has 12 credits."]
    assert first == {"account": "mine@a", "ok": True, "details": details}
    assert (second["account"], second["ok"]) == ("mine@b", False)
    assert "names B, which is not set" in second["details"][1]
    assert {(method, path) for method, path, _ in upstream.asked} == {("GET", "/"), ("GET", ACCOUNT)}
    told = [headers for _, path, headers in upstream.asked if path != ACCOUNT]
    assert SECRET not in result.out + result.err + "".join(told)


def test_all_well_is_0(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("B", "another")
    with serving() as upstream:
        write(folder, TWO.format(url=upstream.url))
        result = run("providers", "check")
    assert result.code == 0
    assert [line.split("\t")[:2] for line in result.out.splitlines()] == [["✓ ok", "mine@a"], ["✓ ok", "mine@b"]]


def test_a_host_that_cannot_be_reached_is_wrong(run: Run, folder: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # and does not listen
        write(folder, f'[runway]\napi_key_env = "A"\nbase_url = "http://127.0.0.1:{taken.getsockname()[1]}"\n')
        result = run("providers", "check")
    assert result.code == 1
    assert result.out.startswith("✕ fail\trunway\t")


def test_https_without_a_certificate_is_wrong(run: Run, folder: Path) -> None:
    with serving() as upstream:
        write(folder, f'[runway]\napi_key_env = "A"\nbase_url = "{upstream.url.replace("http", "https")}"\n')
        result = run("providers", "check")
    assert result.code == 1
    assert upstream.asked == []


@pytest.mark.parametrize(("good", "said"), [(True, "12 credits"), (False, "Not the key.")])
def test_an_adapter_that_can_ask_for_free_is_asked(
    run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch, good: bool, said: str
) -> None:
    async def check(self: Runway) -> str:
        if not good:
            raise UpstreamKeyInvalid(said)
        return said

    monkeypatch.setattr(Runway, "check", check)
    with serving() as upstream:
        write(folder, f'[runway]\napi_key_env = "A"\nbase_url = "{upstream.url}"\n')
        result = run("providers", "check")
    assert result.code == (0 if good else 1)
    assert result.out.rstrip().endswith(said)


@pytest.mark.parametrize(
    ("price", "short"),
    [
        (None, "free"),
        ({"per_second": "0.28", "currency": "USD"}, "0.28 USD/s"),
        ({"per_video": "0.50", "currency": "USD"}, "0.50 USD/video"),
        ({"by_side": {"720": "0.08", "2160": "0.42"}, "currency": "USD"}, "0.08–0.42 USD/s"),
        ({"by_side": {"720": "0.08", "1080": "0.08"}, "currency": "USD"}, "0.08 USD/s"),
    ],
)
def test_a_price_that_fits_a_terminal(price: Any, short: str) -> None:
    assert short_price(price) == short


def test_what_is_known_is_printed_and_can_be_put_in_its_place(run: Run, folder: Path) -> None:
    printed = run("providers", "models")
    assert printed.code == 0
    file = folder / "models.toml"
    file.write_text(printed.out.replace('per_second = "0.12"', 'per_second = "0.99"'))
    (folder / "mutoscope.toml").write_text(f'models_file = "{file}"\n')
    again = run("providers", "models", "--config", str(folder / "mutoscope.toml"))
    assert again.out == file.read_text()
    assert 'per_second = "0.99"' in again.out
