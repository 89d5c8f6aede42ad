from __future__ import annotations

import os
import signal
import sys
import textwrap
import threading
from pathlib import Path

import pytest

from mutoscope.cli import local_server
from mutoscope.cli.outcome import CliError

SERVER = """
    import json, os, pathlib, sys, time
    folder = pathlib.Path(sys.argv[1])
    print("listening", flush=True)
    told = {"url": "http://127.0.0.1:1", "api_key": "k", "pid": os.getpid()}
    folder.joinpath("pid").write_text(str(os.getpid()))
    folder.joinpath("announce.json").write_text(json.dumps(told))
    time.sleep(60)
"""
DEAF = "\n    import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN)" + SERVER
BROKEN = '\n    print("Traceback:\\n    no such module"); raise SystemExit(3)'


def use(monkeypatch: pytest.MonkeyPatch, script: str) -> list[Path]:
    """Run `script` in the server's place; the list gets the folder it was given."""
    folders: list[Path] = []

    def command(folder: Path) -> list[str]:
        folders.append(folder)
        return [sys.executable, "-c", textwrap.dedent(script), str(folder)]

    monkeypatch.setattr(local_server, "_command", command)
    return folders


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_the_server_is_stopped_and_its_folder_removed(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = use(monkeypatch, SERVER)
    with local_server.running_server() as server:
        assert server == ("http://127.0.0.1:1", "k")
        pid = int((folders[0] / "pid").read_text())
        assert is_alive(pid)
    assert not is_alive(pid)
    assert not folders[0].exists()


def test_a_server_that_does_not_listen_to_sigterm_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = use(monkeypatch, DEAF)
    monkeypatch.setattr(local_server, "STOP_TIMEOUT", 0.2)
    with local_server.running_server():
        pid = int((folders[0] / "pid").read_text())
    assert not is_alive(pid)


def test_a_server_that_does_not_start_tells_its_last_words(monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, BROKEN)
    with pytest.raises(CliError) as told, local_server.running_server():
        pytest.fail("a dead server cannot be ready")
    assert "code 3" in told.value.message
    assert told.value.hint == "the server's last words:\nTraceback:\n    no such module"


def test_a_failure_in_the_block_shows_the_log_too(monkeypatch: pytest.MonkeyPatch) -> None:
    folders = use(monkeypatch, SERVER)
    with pytest.raises(CliError) as told, local_server.running_server():
        raise ValueError("odd")
    assert told.value.message == "ValueError: odd"
    assert told.value.hint is not None
    assert "listening" in told.value.hint
    assert not folders[0].exists()


@pytest.mark.parametrize(("number", "expected"), [(signal.SIGTERM, SystemExit), (signal.SIGINT, CliError)])
def test_signals_stop_the_server(
    monkeypatch: pytest.MonkeyPatch, number: signal.Signals, expected: type[BaseException]
) -> None:
    folders = use(monkeypatch, SERVER)
    pids: list[int] = []

    def interrupted() -> None:
        with local_server.running_server():
            pids.append(int((folders[0] / "pid").read_text()))
            os.kill(os.getpid(), number)
            threading.Event().wait(60)

    with pytest.raises(expected) as leaving:
        interrupted()
    code = leaving.value.exit_code if isinstance(leaving.value, CliError) else leaving.value.args[0]
    assert code == 128 + number
    assert not is_alive(pids[0])
    assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
