"""The whole suite as one witness: what nobody may read is in no log, error or page of any server that it starts.

The canary secrets are the credentials that the suite gives to its servers, the canary prompts all prompts that these
have accepted. Each process of tests writes down what it was answered; the one that leads reads everything at the end.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
from collections.abc import Iterable, Iterator
from functools import wraps
from pathlib import Path
from typing import Any

import httpx2
import pytest

from mutoscope.testing import bucket
from mutoscope.testing.upstreams import fake

# What adapters and command lines are given in the tests of their own files, and the keys of the stand-ins.
SECRETS = (
    fake.SECRET,
    bucket.SECRET,
    "ark-key-canary",
    "canary-credential-5e1f0c7a",
    "fal-key-canary",
    "s3cr3t-one",
    "s3cr3t-two",
    "s3cr3t-value",
    "sk-canary-4711-do-not-tell",
    "sk-very-secret-4711",
    "slow-s3cr3t",
)
# A key of ours is shown once, where it is made: at the first start, and on the page. In an error it has no business.
OUR_KEY = re.compile(r"muto-[a-z2-7]{40}")
# So many words in a row that stand in a prompt are an echo of it.
ECHO_WORDS = 5
# What a server says by itself: the example of its first start, and the name of a model.
OUR_WORDS = frozenset({("a", "misty", "lake", "at", "sunrise"), ("gemini", "omni", "1", "2", "flash")})
ERRORS, PAGES, CAPTURED = "errors.canary", "pages.canary", "captured.canary"
_WORD = re.compile(r"\w+")


class Listener:
    """Writes down what the tests of this process are answered."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config

    def pytest_sessionstart(self) -> None:
        httpx2.Client.send = self._overheard(httpx2.Client.send)  # type: ignore[method-assign]
        httpx2.AsyncClient.send = self._overheard_later(httpx2.AsyncClient.send)  # type: ignore[method-assign]

    def _overheard(self, send: Any) -> Any:
        @wraps(send)
        def sending(client: Any, request: Any, *, stream: bool = False, **options: Any) -> Any:
            answer = send(client, request, stream=stream, **options)
            self._note(answer, stream=stream)
            return answer

        return sending

    def _overheard_later(self, send: Any) -> Any:
        @wraps(send)
        async def sending(client: Any, request: Any, *, stream: bool = False, **options: Any) -> Any:
            answer = await send(client, request, stream=stream, **options)
            self._note(answer, stream=stream)
            return answer

        return sending

    def _note(self, answer: httpx2.Response, *, stream: bool) -> None:
        if stream:
            return
        if answer.headers.get("content-type", "").startswith("text/html"):
            self._write(PAGES, answer)
        elif answer.status_code >= 400:
            self._write(ERRORS, answer)

    def _write(self, name: str, answer: httpx2.Response) -> None:
        with (_folder(self._config) / name).open("a") as file:
            file.write(f"{answer.request.method} {answer.request.url.path} {answer.status_code} {answer.text}\n")


class Reader:
    """Of the process that leads: keeps what the tests' own servers logged, and reads all at the end."""

    def __init__(self, config: pytest.Config) -> None:
        self._config = config
        self._found: list[str] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        logged = [text for title, text in report.sections if "stderr" in title]
        if report.passed and any(logged):
            with (_folder(self._config) / CAPTURED).open("a") as file:
                file.write(f"{report.nodeid}\n{''.join(logged)}\n")

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self._found = list(found_in(_folder(self._config)))
        if self._found:
            session.exitstatus = pytest.ExitCode.TESTS_FAILED

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        if self._found:
            terminalreporter.section("a secret or a prompt was told")
            for line in self._found:
                terminalreporter.line(line)


def found_in(folder: Path) -> Iterator[str]:
    """Where in the files below a folder a canary is, a line each."""
    echoes = set(_echoes(prompts_below(folder))) - OUR_WORDS
    for path in sorted(folder.rglob("*")):
        is_log = path.suffix == ".log" or path.name in ("log", CAPTURED)
        if not path.is_file() or not (is_log or path.name in (ERRORS, PAGES)):
            continue
        text = path.read_text(errors="replace")
        yield from (f"{path}: {secret}" for secret in SECRETS if secret in text)
        if path.name == ERRORS:
            yield from (f"{path}: {key}" for key in OUR_KEY.findall(text))
        if path.name != PAGES:  # there a tenant reads its own
            yield from (f"{path}: {' '.join(echo)}" for echo in sorted(echoes.intersection(_echoes([text]))))


def prompts_below(folder: Path) -> set[str]:
    """Every prompt that a server with a database in this folder has accepted."""
    prompts: set[str] = set()
    for path in folder.rglob("*.db"):
        # One that is not ours, of another version, or broken on purpose.
        with contextlib.suppress(sqlite3.Error), contextlib.closing(_reading(path)) as session:
            rows = session.execute("SELECT request FROM videos")
            prompts.update(json.loads(request).get("prompt", "") for (request,) in rows)
    return prompts


def _reading(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _echoes(texts: Iterable[str]) -> Iterator[tuple[str, ...]]:
    for text in texts:
        words = _WORD.findall(text.lower())
        yield from zip(*(words[start:] for start in range(ECHO_WORDS)), strict=False)


def _folder(config: pytest.Config) -> Path:
    """Where this process, and those that it leads, keep what tests write. There is no other way to it from a hook."""
    return config._tmp_path_factory.getbasetemp()  # type: ignore[attr-defined]
