from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
from dialect_double import Double, Run

from mutoscope.cli import checks
from mutoscope.cli.checks import Verdict
from mutoscope.domain.errors import ConfigurationError
from mutoscope.media.encode import Encoder


def test_doctor_finds_this_machine_well(run: Run, tmp_path: Path) -> None:
    result = run("doctor", "--json", "--data-dir", str(tmp_path / "data"), "--port", "0")
    told = json.loads(result.out)
    assert [check["name"] for check in told["checks"] if check["verdict"] == "fail"] == []
    assert (result.code, told["ok"]) == (0, True)
    assert len(told["checks"]) == 8
    assert not (tmp_path / "data").exists()


def test_a_failed_check_ends_with_1(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    result = run("doctor", "--data-dir", str(tmp_path / "file"))
    assert result.code == 1
    assert "is not a folder" in result.out


def test_a_bad_setting_ends_with_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MUTOSCOPE_PORT", "99999")
    assert run("doctor").code == 2


def test_an_unsafe_sqlite_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse() -> None:
        raise ConfigurationError("SQLite 3.40.1 can corrupt a database.")

    monkeypatch.setattr("mutoscope.database.sqlite.driver", refuse)
    assert checks.sqlite() == (Verdict.FAIL, "SQLite 3.40.1 can corrupt a database.")


def test_the_encoder_really_encodes(monkeypatch: pytest.MonkeyPatch) -> None:
    assert checks.encoder()[0] is Verdict.OK
    real, calls = Encoder.add, iter([True, False])
    monkeypatch.setattr(Encoder, "add", lambda self, frame: real(self, frame) if next(calls) else None)
    assert checks.encoder()[0] is Verdict.FAIL


def test_little_disk_is_a_warning(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(checks.shutil, "disk_usage", lambda _: type("Usage", (), {"free": 1 << 30}))
    assert checks.disk(tmp_path / "later")[0] is Verdict.WARN


def test_a_taken_port_is_a_warning_unless_it_is_ours(double: Double) -> None:
    given_up = []
    for _ in range(3):  # somebody else may take one of them at once
        with socket.create_server(("127.0.0.1", 0)) as other:
            given_up.append(other.getsockname()[1])
            assert checks.port("127.0.0.1", given_up[-1])[0] is Verdict.WARN
    assert Verdict.OK in [checks.port("127.0.0.1", number)[0] for number in given_up]
    ours = int(double.url.rsplit(":", 1)[1])
    assert checks.port("127.0.0.1", ours) == (Verdict.OK, f"a Mutoscope server answers on 127.0.0.1 port {ours}")


def test_an_address_of_another_machine_fails() -> None:
    assert checks.port("192.0.2.1", 8650)[0] is Verdict.FAIL


def test_a_clock_before_the_installation_is_a_warning() -> None:
    assert checks.clock(0.0)[0] is Verdict.WARN
    assert checks.clock(4e9)[0] is Verdict.OK
