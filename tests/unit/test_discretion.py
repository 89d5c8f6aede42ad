"""The last step before a line is written: what it takes out, and what it leaves."""

from __future__ import annotations

from typing import Any

import pytest

from mutoscope import correlation
from mutoscope.logs import Discretion, prompt_facts
from mutoscope.redaction import HIDDEN, HIDDEN_WORDS, origins_alone, without_words

PROMPT = "a heron stands in the reeds, and waits for the first light of the day"


@pytest.fixture
def discretion() -> Discretion:
    return Discretion()


def shown(discretion: Discretion, **line: Any) -> Any:
    return discretion(None, "info", line)


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Bearer abcdef-123456",
        "the key sk-proj-0123456789abcdefgh was refused",
        "muto-3o3v6hxkobg2jqzn42h4doxl53umzafpyyrcvper",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.abc-def",
        "AKIAIOSFODNN7EXAMPLE",
        "api_key='0123456789abcdef'",
        "password=hunter2hunter2",
        "postgresql://user:hunter2hunter2@db/name",
        "https://bucket.example/clip.mp4?X-Amz-Signature=0123456789abcdef&x=1",
    ],
)
def test_what_looks_like_a_secret_is_taken_out_wherever_it_stands(discretion: Discretion, text: str) -> None:
    parts = ("abcdef-123456", "0123456789abcdef", "3o3v6hx", "MfKQ9r8", "hunter2", "IOSFODNN", "eyJ")
    secret = next(part for part in parts if part in text)
    for line in ({"event": text}, {"reason": ["x", {"deep": text}]}, {"exception": f"Traceback\n  {text}\n"}):
        assert secret not in str(shown(discretion, **line))


def test_what_is_known_to_be_secret_is_taken_out_of_anything(discretion: Discretion) -> None:
    discretion.hide(["plain-words"])
    assert shown(discretion, said=ValueError("it was plain-words"))["said"] == f"it was {HIDDEN}"
    assert shown(discretion, said=b"plain-words")["said"] == HIDDEN


def test_ids_and_numbers_are_left(discretion: Discretion) -> None:
    line = {"video_id": f"video_{'0123456789abcdef' * 3}", "request_id": f"req_{'ab' * 16}", "n": 3, "ok": True}
    assert shown(discretion, **line) == line
    assert shown(discretion, upstream_id=None, reason=None) == {"reason": None}


def test_the_prompt_at_work_is_taken_out_in_whole_and_in_part(discretion: Discretion) -> None:
    correlation.asks_for(PROMPT)
    try:
        said = shown(discretion, reason=f"'{PROMPT}' is refused: {PROMPT[10:40]}…", event="refused")
        assert said == {"reason": f"'{HIDDEN_WORDS}' is refused: {HIDDEN_WORDS}…", "event": "refused"}
        discretion.log_prompts = True
        assert PROMPT in shown(discretion, reason=PROMPT)["reason"]
    finally:
        correlation.asks_for("")


def test_a_short_prompt_is_taken_out_as_a_whole_only() -> None:
    assert without_words("the cat sat, a red cat", "a red cat") == f"the cat sat, {HIDDEN_WORDS}"
    assert without_words("x marks x", "x") == "x marks x"


def test_a_prompt_is_told_by_its_length_and_hash() -> None:
    facts = prompt_facts(PROMPT)
    assert facts["prompt_characters"] == len(PROMPT)
    assert len(facts["prompt_sha256"]) == 16


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("https://a.example:8443/hook/secret?key=secret", f"https://a.example:8443/{HIDDEN}"),
        ("https://user:secret@a.example", f"https://a.example/{HIDDEN}"),
        ("https://a.example?secret", f"https://a.example/{HIDDEN}"),
        ("https://a.example/", "https://a.example"),
        ("https://[2001:db8::1]/secret", f"https://[2001:db8::1]/{HIDDEN}"),
        ("https://[secret", HIDDEN),
        (
            "No connection to https://a.example/secret: refused.",
            f"No connection to https://a.example/{HIDDEN}: refused.",
        ),
        ("HTTP 503", "HTTP 503"),
    ],
)
def test_of_an_address_only_the_origin_is_told(text: str, told: str) -> None:
    assert origins_alone(text) == told
    assert origins_alone(told) == told


def test_an_upstreams_words_about_our_credential_stay_readable(discretion: Discretion) -> None:
    said = "The upstream does not accept this server's credential. It says: Incorrect API key provided."
    assert shown(discretion, event=said)["event"] == said
