"""A lost answer is the SDK's to repeat and ours to recognise: one video, however often it asks."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import openai
import pytest
from openai import OpenAI

from acceptance.servers import ServerProcess

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")

SMALL = {"size": "64x64", "seconds": "1", "model": "flipbook-instant"}


@contextmanager
def losing(server: ServerProcess, answers: int) -> Iterator[str]:
    """The server behind a line that swallows its first answers, each after it was given, and cuts the connection."""
    upstream = urlsplit(server.url)
    listener = socket.create_server(("127.0.0.1", 0))
    left = [answers]

    def carry(client: socket.socket) -> None:
        with client, socket.create_connection((upstream.hostname, upstream.port)) as onward:
            client.settimeout(10)
            threading.Thread(target=_pour, args=(client, onward), daemon=True).start()
            answer = onward.recv(65536)
            if left[0] > 0:
                left[0] -= 1
                client.shutdown(socket.SHUT_RDWR)
                return
            client.sendall(answer)
            _pour(onward, client)

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=carry, args=(client,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.close()


def _pour(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
    except OSError:
        pass


def ids(client: OpenAI) -> set[str]:
    return {video.id for video in client.videos.list(limit=100)}  # type: ignore[attr-defined]


@pytest.mark.parametrize("lost", [1, 2])
def test_the_sdk_repeats_itself_and_one_video_is_made(server: ServerProcess, client: OpenAI, lost: int) -> None:
    before = ids(client)
    with losing(server, lost) as url:
        behind = OpenAI(base_url=f"{url}/v1", api_key=server.api_key, max_retries=2)
        answer = behind.videos.with_raw_response.create(prompt=f"a lake, lost {lost} times", **SMALL)  # type: ignore
    assert answer.headers["idempotent-replayed"] == "true"
    assert ids(client) - before == {answer.parse().id}


def test_a_remix_too(server: ServerProcess, client: OpenAI) -> None:
    source = client.videos.create_and_poll(prompt="a lake", **SMALL)  # type: ignore
    before = ids(client)
    with losing(server, 1) as url:
        behind = OpenAI(base_url=f"{url}/v1", api_key=server.api_key, max_retries=2)
        remix = behind.videos.remix(source.id, prompt="at night")
    assert ids(client) - before == {remix.id}


def test_without_a_retry_the_answer_is_lost_and_the_video_is_not(server: ServerProcess, client: OpenAI) -> None:
    before = ids(client)
    with losing(server, 1) as url:
        behind = OpenAI(base_url=f"{url}/v1", api_key=server.api_key, max_retries=0)
        with pytest.raises(openai.APIConnectionError):
            behind.videos.create(prompt="a lake, lost for good", **SMALL)  # type: ignore
    assert len(ids(client) - before) == 1


def test_two_equal_requests_are_two_videos_and_a_key_makes_them_one(client: OpenAI) -> None:
    first, second = (client.videos.create(prompt="a twin", **SMALL) for _ in range(2))  # type: ignore
    assert first.id != second.id
    keyed = [
        client.videos.create(prompt="a twin", extra_headers={"Idempotency-Key": "twin"}, **SMALL)  # type: ignore
        for _ in range(2)
    ]
    assert keyed[0].id == keyed[1].id not in (first.id, second.id)
    with pytest.raises(openai.BadRequestError) as reused:
        client.videos.create(prompt="another", extra_headers={"Idempotency-Key": "twin"}, **SMALL)  # type: ignore
    assert (reused.value.code, reused.value.param) == ("idempotency_key_reused", "Idempotency-Key")


def test_a_refusal_is_the_http_error_of_who_waited_for_it(client: OpenAI) -> None:
    case = {"extra_body": {"test_case": "moderated_at_submit"}}
    with pytest.raises(openai.BadRequestError) as refused:
        client.videos.create(prompt="x", extra_headers={"Prefer": "wait=20"}, **SMALL, **case)  # type: ignore
    assert refused.value.code == "moderation_blocked"
    video = client.videos.retrieve(refused.value.response.headers["mutoscope-video-id"])
    assert (video.status, video.error and video.error.code) == ("failed", "moderation_blocked")
    video = client.videos.create_and_poll(prompt="x", **SMALL, **case)  # type: ignore
    assert (video.status, video.error and video.error.code) == ("failed", "moderation_blocked")


def test_a_long_poll_answers_at_the_change(client: OpenAI) -> None:
    video = client.videos.create(prompt="x", **SMALL)  # type: ignore
    looks = 0
    while video.status in ("queued", "in_progress"):
        video = client.videos.retrieve(video.id, extra_query={"wait": "20"})
        looks += 1
    assert video.status == "completed"
    assert looks <= 2
