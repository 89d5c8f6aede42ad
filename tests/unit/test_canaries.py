from __future__ import annotations

import json
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

import canaries
from canaries import CAPTURED, ERRORS, PAGES, SECRETS, found_in
from mutoscope.database.address import address_of
from mutoscope.database.connection import FILE_NAME
from mutoscope.database.migrate import migrate

PROMPT = "A grey heron waits in the reeds at dawn"
KEY = "muto-" + "a2" * 20


@pytest.fixture
def folder() -> Iterator[Path]:
    """Of a suite whose one server has accepted a prompt; not below the real one's, which would find what is here."""
    with tempfile.TemporaryDirectory() as name:
        address = address_of(Path(name, FILE_NAME))
        migrate(address)
        with closing(sqlite3.connect(Path(name, FILE_NAME))) as session:
            needed = [row for row in session.execute("PRAGMA table_info(videos)") if row[3] and row[4] is None]
            values = {row[1]: 0 for row in needed} | {"request": json.dumps({"prompt": PROMPT})}
            columns, places = ", ".join(values), ", ".join("?" * len(values))
            session.execute(f"INSERT INTO videos ({columns}) VALUES ({places})", [*values.values()])
            session.commit()
        yield Path(name)


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("server-0.log", f"sent Bearer {SECRETS[0]}"),
        (CAPTURED, "a heron, a GREY HERON waits, in the reeds"),
        (ERRORS, f'{{"error": {{"message": "waits in the reeds at dawn", "key": "{SECRETS[1]}"}}}}'),
        (ERRORS, KEY),
        (PAGES, f"<code>{SECRETS[2]}</code>"),
    ],
)
def test_what_was_told_is_found(folder: Path, name: str, told: str) -> None:
    (folder / "deep").mkdir()
    (folder / "deep" / name).write_text(told)
    assert list(found_in(folder))


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("server-0.log", f"The key of the first start: {KEY}"),
        (CAPTURED, "the grey heron sleeps in the reeds"),
        (PAGES, f"{PROMPT} {KEY}"),
        ("transcript.jsonl", PROMPT),
    ],
)
def test_what_may_be_told_is_not(folder: Path, name: str, told: str) -> None:
    (folder / name).write_text(told)
    assert list(found_in(folder)) == []


def test_a_key_of_ours_looks_so() -> None:
    from mutoscope.access import keys

    characters = keys.RANDOM_BYTES * 8 // 5
    assert canaries.OUR_KEY.fullmatch("muto-" + "a" * characters)
