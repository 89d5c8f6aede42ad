"""Two servers on one PostgreSQL database, asked by two hundred at once: at the edge of a budget, and by twins."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import psycopg
import pytest

from mutoscope.testing.ground import PostgresGround, Role
from mutoscope.testing.stage import Stage
from postgres_server import need_postgres

pytestmark = [pytest.mark.timeout(600)]

AT_ONCE = 200
ROOM = 25
KEYS, TWINS = 200, 50


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    need_postgres()
    made = Stage(tmp_path, partial(PostgresGround, roles=(Role.API, Role.API)))
    try:
        for post in made.posts:
            assert made.start(post).ready() is not None, post.log()
        yield made
    finally:
        made.close()


def one(stage: Stage, statement: str) -> Any:
    with psycopg.connect(stage.ground.database, autocommit=True) as session:
        row = session.execute(statement.encode()).fetchone()
        assert row is not None
        return row[0]


def change(stage: Stage, statement: str) -> None:
    with psycopg.connect(stage.ground.database, autocommit=True) as session:
        session.execute(statement.encode())


async def ask(stage: Stage, keys: list[str | None]) -> list[tuple[int, dict]]:
    """Post once for each key, in turn at either server, `AT_ONCE` at a time."""
    turnstile = asyncio.Semaphore(AT_ONCE)

    async with aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(limit=AT_ONCE), headers={"Authorization": f"Bearer {stage.api_key}"}
    ) as session:

        async def post(number: int, key: str | None) -> tuple[int, dict]:
            headers = {} if key is None else {"Idempotency-Key": key}
            url = f"{stage.urls[number % len(stage.urls)]}/v1/videos"
            async with turnstile, session.post(url, json={"prompt": "a lake"}, headers=headers) as answer:
                return answer.status, await answer.json()

        return await asyncio.gather(*(post(number, key) for number, key in enumerate(keys)))


def test_two_hundred_at_the_edge_of_a_budget_overspend_nothing(stage: Stage) -> None:
    asyncio.run(ask(stage, [None]))
    price = one(stage, "SELECT price FROM videos")
    change(stage, f"UPDATE tenants SET caps = '{{\"day\": {price * (ROOM + 1)}}}' WHERE name = 'default'")
    answers = asyncio.run(ask(stage, [None] * AT_ONCE))
    assert Counter(status for status, _ in answers) == {200: ROOM, 402: AT_ONCE - ROOM}
    assert {body["error"]["code"] for status, body in answers if status == 402} == {"budget_exceeded"}
    assert one(stage, "SELECT MAX(amount) FROM budgets WHERE scope = 'tenant:default'") == price * (ROOM + 1)
    assert one(stage, "SELECT SUM(amount) FROM ledger WHERE kind = 'reserved'") == price * (ROOM + 1)


def test_fifty_twins_of_two_hundred_keys_make_two_hundred_videos(stage: Stage) -> None:
    keys: list[str | None] = [f"key-{number % KEYS}" for number in range(KEYS * TWINS)]
    answers = asyncio.run(ask(stage, keys))
    assert Counter(status for status, _ in answers) == {200: KEYS * TWINS}
    made: dict[str | None, set[str]] = {}
    for key, (_, body) in zip(keys, answers, strict=True):
        made.setdefault(key, set()).add(body["id"])
    assert {len(videos) for videos in made.values()} == {1}
    assert one(stage, "SELECT COUNT(*) FROM videos") == KEYS
    assert one(stage, "SELECT COUNT(*) FROM ledger") == KEYS
