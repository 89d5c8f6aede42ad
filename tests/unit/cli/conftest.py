from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest
from dialect_double import KEY, Double, Result, Run, running

from mutoscope.cli import main


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]) -> Run:
    """Run `mutoscope` with these arguments, in a wide terminal that is none."""
    monkeypatch.setenv("COLUMNS", "200")

    def invoke(*arguments: str) -> Result:
        monkeypatch.setattr(sys, "argv", ["mutoscope", *arguments])
        with pytest.raises(SystemExit) as leaving:
            main()
        sys.stdout.flush()
        captured = capfdbinary.readouterr()
        return Result(int(leaving.value.code or 0), captured.out.decode(), captured.err.decode())

    return invoke


@pytest.fixture
def double(monkeypatch: pytest.MonkeyPatch) -> Iterator[Double]:
    """A well-behaved server that the command line is pointed at, and its key."""
    with running(Double()) as server:
        monkeypatch.setenv("MUTOSCOPE_URL", server.url)
        monkeypatch.setenv("MUTOSCOPE_API_KEY", KEY)
        yield server


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Back-off and resumption without the waiting."""
    import asyncio

    real = asyncio.sleep
    monkeypatch.setattr("mutoscope.cli.client.asyncio.sleep", lambda seconds: real(min(seconds, 0.01)))
