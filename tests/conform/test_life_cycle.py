"""What every client may rely on while many videos are made at once: how one changes, and how they are listed."""

from __future__ import annotations

import time
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import pairwise
from typing import Any

import pytest
from openai import OpenAI

from conform.fixture_server import FixtureServer

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

VIDEOS = 200
AT_ONCE = 16
SOURCE = "video_123"
FINAL = ("completed", "failed")
Seen = list[dict[str, Any]]


class Roll:
    """Which videos there are, as their clients know it; lists grow by single appends, so threads may share them."""

    def __init__(self) -> None:
        self.accepted: list[str] = []
        self.ended: list[str] = []
        self.deleted: list[str] = []


def test_the_life_of_two_hundred_videos(server: FixtureServer) -> None:
    roll = Roll()
    with server.client() as client, ThreadPoolExecutor(AT_ONCE) as pool:
        lives = [pool.submit(live, client, number, roll) for number in range(VIDEOS)]
        rounds = 0
        while not all(life.done() for life in lives):
            for order in ("asc", "desc"):
                check_pages(client, order, roll)
            rounds += 1
        assert rounds > 1, "all videos had ended before the list was looked at twice"
        assert roll.deleted
        check_lives(client, lives, roll)


def live(client: OpenAI, number: int, roll: Roll) -> Seen:
    """Everything that one client saw of its video; every fourth is a remix."""
    prompt = f"video {number}"
    video = client.videos.remix(SOURCE, prompt=prompt) if number % 4 == 3 else client.videos.create(prompt=prompt)
    roll.accepted.append(video.id)
    assert video.id in {each.id for each in client.videos.list().data}, "a fresh video is not on the first page"
    seen = [video.to_dict()]
    while seen[-1]["status"] not in FINAL:
        time.sleep(0.1)
        seen.append(client.videos.retrieve(video.id).to_dict())
    roll.ended.append(video.id)
    return seen


def check_pages(client: OpenAI, order: Any, roll: Roll) -> None:
    """Page through all while others write, and remove a video that a cursor names on the way."""
    accepted, deleted = list(roll.accepted), list(roll.deleted)
    found: list[str] = []
    page = client.videos.list(limit=23, order=order)
    while True:
        found += [video.id for video in page.data]
        if not page.has_more:
            break
        cursor = page.data[-1].id
        if cursor in roll.ended and len(roll.deleted) == len(deleted):
            client.videos.delete(cursor)
            roll.deleted.append(cursor)
        page = client.videos.list(limit=23, order=order, after=cursor)
    assert len(found) == len(set(found)), "a video was listed twice"
    assert set(accepted) - set(deleted) <= set(found), "a video is missing from the list"
    assert not set(deleted) & set(found), "a deleted video was listed"


def check_lives(client: OpenAI, lives: list[Future[Seen]], roll: Roll) -> None:
    for life in lives:
        seen = life.result()
        for before, after in pairwise(seen):
            assert after["progress"] >= before["progress"]
            assert not (before["status"] == "in_progress" and after["status"] == "queued")
        for each in seen:
            assert type(each["progress"]) is int
            assert (each["progress"] == 100) == (each["status"] == "completed")
        assert seen[-1]["status"] == "completed", seen[-1]
        if (video_id := seen[-1]["id"]) not in roll.deleted:
            assert client.videos.retrieve(video_id).to_dict() == seen[-1], "a video changed after its end"
