"""What only a bucket does: it cannot be reached, refuses, fails half-way, lies at an address; and its secrets."""

from __future__ import annotations

import asyncio
import fcntl
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import structlog

from bucket import SECRET, Bucket, Moto, closed_endpoint, credentials, endpoint
from mutoscope.app import Mutoscope
from mutoscope.domain.errors import ConfigurationError, StorageUnavailable
from mutoscope.settings import Settings
from mutoscope.storage.bucket import PART
from mutoscope.storage.opening import open_storage
from mutoscope.storage.protocol import NotStored, Storage, StorageRefused

pytestmark = pytest.mark.anyio

AZURE_KEY = "QS1zZWNyZXQtdGhhdC1ub2JvZHktbWF5LXJlYWQ="


@pytest.fixture(autouse=True)
def no_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.delenv(name, raising=False)


def reached_at(url: str, folder: Path, patch: pytest.MonkeyPatch) -> Storage:
    for name, value in credentials(url).items():
        patch.setenv(name, value)
    return open_storage("s3://a-bucket/some/prefix", folder)


async def one(chunk: bytes = b"bytes", times: int = 1) -> AsyncIterator[bytes]:
    for _ in range(times):
        yield chunk


async def everything_asked_of(storage: Storage) -> list[StorageUnavailable]:
    """The errors of all the questions that there are."""

    async def read() -> None:
        async for _ in storage.read("a"):
            pass

    async def local() -> None:
        async with storage.local("a"):
            pass

    questions = [
        storage.write("a", one()),
        storage.write("a", one(bytes(PART), 2)),
        read(),
        local(),
        storage.size("a"),
        storage.delete("a"),
        storage.delete_prefix("a"),
        storage.check(),
    ]
    answers = await asyncio.gather(*questions, return_exceptions=True)
    for answer in answers:
        assert isinstance(answer, StorageUnavailable), answer
        assert answer.__cause__ is None
        assert answer.__suppress_context__
    return answers  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("status", "refused", "said"),
    [
        ("503 Slow Down", False, "status 503"),
        ("500 Oops", False, "status 500"),
        ("403 Forbidden", True, "refused access: check the credentials"),
        ("401 Unauthorized", True, "refused access: check the credentials"),
        ("400 Bad Request", True, "status 400"),
        ("301 Elsewhere", True, "another region: set AWS_REGION"),
    ],
)
async def test_an_endpoint_that_answers_badly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, status: str, refused: bool, said: str
) -> None:
    async with endpoint(lambda _line: (status, "")) as (url, asked):
        errors = await everything_asked_of(reached_at(url, tmp_path, monkeypatch))
    assert len(asked) >= len(errors)
    for error in errors:
        assert said in error.message
        assert isinstance(error, StorageRefused) is refused
        assert url not in error.message
        assert SECRET not in error.message
    assert not list(tmp_path.rglob("*.*"))


async def test_an_endpoint_that_is_down(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun = time.monotonic()
    errors = await everything_asked_of(reached_at(closed_endpoint(), tmp_path, monkeypatch))
    assert time.monotonic() - begun < 30
    assert {error.message for error in errors} == {"The bucket did not answer."}
    assert {type(error) for error in errors} == {StorageUnavailable}


async def test_an_endpoint_that_hangs_is_given_up_soon(moto: Moto, bucket: Bucket, tmp_path: Path) -> None:
    storage = open_storage(bucket.address, tmp_path)
    await storage.write("a", one())
    moto.pause()
    begun = time.monotonic()
    try:
        errors = await everything_asked_of(storage)
    finally:
        moto.resume()
    assert time.monotonic() - begun < 20  # one silence, and a slow machine
    assert "within 5 seconds" in errors[-1].message
    await storage.write("later", one())
    assert await storage.size("later") == 5


async def test_an_upload_that_is_refused_half_way_is_taken_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(line: str) -> tuple[str, str]:
        if line.startswith("post"):
            return "200 OK", (
                "<InitiateMultipartUploadResult><Bucket>b</Bucket><Key>a</Key><UploadId>u1</UploadId>"
                "</InitiateMultipartUploadResult>"
            )
        return ("400 Bad Request" if "partnumber=3" in line else "200 OK"), ""

    drawn = 0

    async def source() -> AsyncIterator[bytes]:
        nonlocal drawn
        for _ in range(20):
            drawn += 1
            yield bytes(PART)

    async with endpoint(answer) as (url, asked):
        # The refusal, or the broken line of a part that was still being sent: whichever is heard first.
        with pytest.raises((StorageRefused, StorageUnavailable), match=r"status 400|did not answer"):
            await reached_at(url, tmp_path, monkeypatch).write("a", source())
    assert drawn < 20  # nobody draws on for nothing
    assert asked[-1] == "delete /a-bucket/some/prefix/a?uploadid=u1 http/1.1"
    assert not any("partnumber=8" in line for line in asked)


async def test_a_missing_bucket(moto: Moto, bucket: Bucket, tmp_path: Path) -> None:
    storage = open_storage("s3://no-such-bucket/some/prefix", tmp_path)
    for attempt in (storage.write("a", one()), storage.write("a", one(bytes(PART), 2)), storage.check()):
        with pytest.raises(StorageRefused, match="bucket does not exist"):
            await attempt
    with pytest.raises(NotStored):
        await anext(storage.read("a"))


async def test_no_credentials_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_METADATA_ENDPOINT", closed_endpoint())
    monkeypatch.setenv("AWS_ENDPOINT_URL", closed_endpoint())
    with pytest.raises(StorageRefused, match="no credentials"):
        await open_storage("s3://a-bucket", tmp_path).check()


@pytest.mark.parametrize(
    ("address", "variables", "line"),
    [
        ("s3://a-bucket/p/q", {"AWS_ENDPOINT_URL": ""}, "head /a-bucket/p/q/k http/1.1"),
        ("s3://a-bucket/p/q/", {"AWS_ENDPOINT_URL_S3": ""}, "head /a-bucket/p/q/k http/1.1"),
        ("s3://a-bucket", {"AWS_ENDPOINT_URL": ""}, "head /a-bucket/k http/1.1"),
        ("gs://a-bucket/p", {"GOOGLE_BASE_URL": "", "GOOGLE_BEARER_TOKEN": SECRET}, "head /a%2dbucket/p%2fk http/1.1"),
        (
            "az://a-container/p",
            {"AZURE_STORAGE_ENDPOINT": "", "AZURE_STORAGE_ACCOUNT_NAME": "me", "AZURE_STORAGE_ACCOUNT_KEY": AZURE_KEY},
            "head /a-container/p/k http/1.1",
        ),
    ],
)
async def test_each_kind_of_address_asks_its_bucket(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, address: str, variables: dict[str, str], line: str
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    async with endpoint(lambda _line: ("403 Forbidden", "")) as (url, asked):
        for name, value in variables.items():
            monkeypatch.setenv(name, value or url)
        with pytest.raises(StorageUnavailable):
            await open_storage(address, tmp_path).size("k")
    assert asked == [line]


def test_an_environment_that_says_too_little(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AZURE_STORAGE_ACCOUNT_NAME", "AZURE_STORAGE_ENDPOINT"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(ConfigurationError, match=r"Setting 'storage'.*az://a-container"):
        open_storage("az://a-container", tmp_path)
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_NAME", "me")
    monkeypatch.setenv("AZURE_STORAGE_ACCOUNT_KEY", f"%{SECRET}")
    with pytest.raises(ConfigurationError) as refused:
        open_storage("az://a-container", tmp_path)
    assert SECRET not in refused.value.message


async def test_sweeping_takes_the_copies_of_a_dead_process(bucket: Bucket, tmp_path: Path) -> None:
    storage = open_storage(bucket.address, tmp_path)
    await storage.write("a", one())
    copies = tmp_path / "work" / "copies"
    async with storage.local("a") as living:
        (copies / "stale").write_bytes(b"half a clip")
        assert await storage.sweep() == 1
        assert list(copies.iterdir()) == [living]
        with living.open("rb") as file, pytest.raises(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


async def test_no_space_is_asked_of_a_bucket(bucket: Bucket, tmp_path: Path) -> None:
    assert await open_storage(bucket.address, tmp_path).free() is None


# -- at the start of the server -------------------------------------------------------------------------------


async def test_a_bucket_that_will_never_do_is_refused_at_the_start(bucket: Bucket, tmp_path: Path) -> None:
    server = Mutoscope(Settings(data_dir=tmp_path, storage="s3://no-such-bucket"))
    try:
        with pytest.raises(ConfigurationError, match=r"Setting 'storage' is 's3://no-such-bucket': .*not exist"):
            await server.prove_storage()
    finally:
        server.close()


async def test_a_bucket_that_is_only_away_holds_up_no_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in credentials(closed_endpoint()).items():
        monkeypatch.setenv(name, value)
    server = Mutoscope(Settings(data_dir=tmp_path, storage="s3://a-bucket"))
    try:
        with structlog.testing.capture_logs() as logged:
            await server.prove_storage()
            assert "storage" in await server.service.not_ready()
    finally:
        server.close()
    assert [entry["reason"] for entry in logged] == ["The bucket did not answer."] * 2
