"""`mutoscope webhooks` on a database, without a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from mutoscope.access.keys import create_key
from mutoscope.cli.keys import at_database
from mutoscope.cli.webhooks import webhooks
from mutoscope.database.address import address_of
from mutoscope.webhooks.endpoints import callbacks_id, endpoint_values
from mutoscope.webhooks.vault import Vault

DEAD = (
    "INSERT INTO deliveries"
    " (id, endpoint_id, lane, event_id, event_type, video_id, at, state, attempts, next_at, status)"
    " VALUES ('wh_1', 'whe_1', 'default/whe_1', 'evt_1', 'video.failed', 'video_1', 1.0, 'dead', 12, 1.0, 503)"
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A data folder with an endpoint and a delivery that was given up."""

    async def fill(database: Any) -> None:
        await create_key(database, 1.0)
        vault = Vault("", tmp_path)
        _, values = endpoint_values(vault, "whe_1", "default", "x", "https://example.com/", ["video.failed"], 1.0)
        await database.write(lambda tx: tx.run("add_endpoint", **values))
        await database.write(lambda tx: tx.connection.exec_driver_sql(DEAD))

    at_database(address_of(tmp_path / "mutoscope.db"), fill)
    return tmp_path


def run(folder: Path, *words: str) -> tuple[int, str]:
    done = CliRunner().invoke(webhooks, [*words, "--data-dir", str(folder)])
    return done.exit_code, done.output


def test_endpoints_and_deliveries_are_listed(folder: Path) -> None:
    _, said = run(folder, "list")
    assert "whe_1" in said
    assert "https://example.com/" in said
    _, said = run(folder, "deliveries", "whe_1")
    assert all(word in said for word in ("wh_1", "video.failed", "dead", "12", "503"))


def test_what_was_given_up_is_sent_again(folder: Path) -> None:
    assert run(folder, "replay", "whe_1") == (0, "1 will be sent again.\n")
    assert run(folder, "replay", "whe_1") == (0, "0 will be sent again.\n")
    assert run(folder, "replay", "whe_1", "wh_1") == (0, "1 will be sent again.\n")
    assert run(folder, "replay", "whe_1", "wh_2")[0] == 1
    assert "pending" in run(folder, "deliveries", "whe_1")[1]


@pytest.mark.parametrize("words", [(), ("wh_1",)], ids=["all", "one"])
def test_what_is_sent_again_waits_for_no_rest_of_its_receiver(folder: Path, words: tuple[str, ...]) -> None:
    place, rest = address_of(folder / "mutoscope.db"), {"lane": "default/whe_1", "endpoint_id": "whe_1", "until": 2e9}
    at_database(place, lambda opened: opened.write(lambda tx: tx.run("rest_lane", **rest)))
    run(folder, "replay", "whe_1", *words)
    (due,) = at_database(place, lambda opened: opened.all("lanes_due", now=1.9e9, latest=3e9, limit=9))
    assert not due["is_resting"]


def test_an_unknown_endpoint_is_told(folder: Path) -> None:
    for words in (("deliveries", "whe_2"), ("replay", "whe_2")):
        code, said = run(folder, *words)
        assert code == 1
        assert "There is no endpoint 'whe_2'" in said


def test_the_callback_secret_stays_until_it_is_rotated(folder: Path) -> None:
    code, first = run(folder, "secret", "default")
    assert code == 0
    assert first.startswith("whsec_")
    assert run(folder, "secret", "default") == (0, first)
    _, second = run(folder, "secret", "default", "--rotate")
    assert second != first
    assert run(folder, "secret", "default") == (0, second)

    async def row(database: Any) -> Any:
        return await database.one("endpoint", id=callbacks_id("default"))

    kept = at_database(address_of(folder / "mutoscope.db"), row)
    assert Vault("", folder).open(kept["old_secret"], kept["id"]) == first.strip()
    assert run(folder, "secret", "nobody")[0] == 1


def test_another_key_is_told(folder: Path) -> None:
    run(folder, "secret", "default")
    (folder / "secret.key").write_text("A" * 43 + "=")
    code, said = run(folder, "secret", "default")
    assert code == 1
    assert "another key" in said
