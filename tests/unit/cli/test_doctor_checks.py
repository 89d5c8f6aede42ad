from __future__ import annotations

import base64
import json
import socket
import sqlite3
from dataclasses import replace
from pathlib import Path

import pytest
from dialect_double import Double, Run

from mutoscope.access.keys import create_key
from mutoscope.cli import checks
from mutoscope.cli.checks import Verdict
from mutoscope.cli.keys import at_database
from mutoscope.database.address import address_of
from mutoscope.database.connection import Database
from mutoscope.domain.errors import ConfigurationError
from mutoscope.media.encode import Encoder
from mutoscope.settings import Settings
from mutoscope.webhooks.endpoints import endpoint_values
from mutoscope.webhooks.vault import Vault

KEY, OTHER_KEY = (base64.b64encode(letter * 32).decode() for letter in (b"k", b"w"))


def test_doctor_finds_this_machine_well(run: Run, tmp_path: Path) -> None:
    result = run("doctor", "--json", "--data-dir", str(tmp_path / "data"), "--port", "0")
    told = json.loads(result.out)
    assert [check["name"] for check in told["checks"] if check["verdict"] == "fail"] == []
    assert (result.code, told["ok"]) == (0, True)
    assert len(told["checks"]) == 9
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


def sealed(folder: Path, key: str) -> Settings:
    """Settings with this key, of a server that has an endpoint whose secret was sealed with another."""

    async def fill(database: Database) -> None:
        await create_key(database, 1.0)
        vault = Vault(KEY, None)
        _, values = endpoint_values(vault, "whe_1", "default", "x", "https://example.com/", ["video.failed"], 1.0)
        await database.write(lambda tx: tx.run("add_endpoint", **values))

    at_database(address_of(folder / "mutoscope.db"), fill)
    return Settings(data_dir=folder, secret_key=key)


def test_signing_secrets_that_the_key_does_not_open_fail(tmp_path: Path) -> None:
    assert checks.webhook_secrets(Settings(data_dir=tmp_path)) == (Verdict.OK, "there is no database yet")
    settings = sealed(tmp_path, OTHER_KEY)
    assert checks.webhook_secrets(replace(settings, secret_key=KEY)) == (Verdict.OK, "1 kept, the key opens all")
    for key in (OTHER_KEY, ""):
        verdict, said = checks.webhook_secrets(replace(settings, secret_key=key))
        assert verdict is Verdict.FAIL
        assert said.startswith("1 of 1 cannot be opened, so that nothing is sent to whe_1:")
    assert not (tmp_path / "secret.key").exists()


def test_an_older_database_stays_as_it_is(tmp_path: Path) -> None:
    settings = sealed(tmp_path, KEY)
    with sqlite3.connect(tmp_path / "mutoscope.db") as file:
        file.execute("DELETE FROM schema_version WHERE number > 12")
    verdict, said = checks.webhook_secrets(settings)
    assert verdict is Verdict.OK
    assert "another version" in said
    with sqlite3.connect(tmp_path / "mutoscope.db") as file:
        assert file.execute("SELECT MAX(number) FROM schema_version").fetchone() == (12,)
