"""Storage in a bucket of S3, Google Cloud Storage or Azure: one object for each key."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError

from mutoscope.domain.errors import StorageUnavailable
from mutoscope.storage.bucket import NO_BUCKET, PART, asked, explained, status_of
from mutoscope.storage.draft import Draft, in_thread, sweep
from mutoscope.storage.feed import Feed
from mutoscope.storage.protocol import CHUNK, NotStored, StorageRefused, Stored, check_key
from mutoscope.storage.tally import Tally

if TYPE_CHECKING:
    from obstore import BytesStream, GetOptions
    from obstore.store import ObjectStore

CHECK_SECONDS = 5.0
ABORT_SECONDS = 5.0
PARTS_AT_ONCE = 2
LIST_PAGE = 1_000

# No key's segment may begin with a dot, so this is nobody's.
_PROBE = ".check"


class ObjectStorage:
    """Objects of `bucket`. copies: a folder of this machine for those that a child process must read as files.

    An object takes its place when its last byte has come, so that a reader sees the old bytes or the new ones. What
    is longer than a part goes up as a multipart upload, which is taken back when it fails. A killed process and an
    outage leave one behind: a lifecycle rule of the bucket clears those away, because the library cannot list them.
    """

    def __init__(self, bucket: ObjectStore, copies: Path) -> None:
        self._bucket = bucket
        self._copies = copies

    async def write(self, key: str, chunks: AsyncIterator[bytes]) -> Stored:
        check_key(key)
        tally = Tally()
        measured = _measured(chunks, tally)
        head = [chunk async for chunk in _until_part(measured, tally)]
        try:
            if tally.bytes < PART:
                await asked(obstore.put_async(self._bucket, key, b"".join(head), use_multipart=False))
            else:
                await self._upload(key, head, measured)
        except NotStored:
            raise StorageRefused(NO_BUCKET) from None
        return tally.stored

    async def read(self, key: str, start: int = 0, length: int | None = None) -> AsyncIterator[bytes]:
        check_key(key)
        if length == 0:
            if await self.size(key) is None:
                raise NotStored
            return
        stream = await self._open(key, start, length)
        while (piece := await _next(stream)) is not None:
            for offset in range(0, len(piece), CHUNK):
                yield piece[offset : offset + CHUNK]

    @contextlib.asynccontextmanager
    async def local(self, key: str) -> AsyncIterator[Path]:
        draft = Draft(self._copies)
        try:
            await in_thread(draft.open)
            async for chunk in self.read(key):
                await in_thread(draft.add, chunk)
            yield draft.path
        finally:
            draft.discard()

    async def size(self, key: str) -> int | None:
        try:
            return (await asked(obstore.head_async(self._bucket, check_key(key))))["size"]
        except NotStored:
            return None

    async def delete(self, key: str) -> None:
        await self._delete(check_key(key))

    async def delete_prefix(self, prefix: str) -> None:
        pages = obstore.list(self._bucket, check_key(prefix.removesuffix("/")), chunk_size=LIST_PAGE)
        try:
            async for page in pages:
                for entry in page:
                    await self._delete(entry["path"])
        except BaseError as error:
            raise explained(error) from None

    async def sweep(self) -> int:
        return await in_thread(sweep, self._copies)

    async def free(self) -> int | None:
        return None

    async def check(self) -> None:
        try:
            async with asyncio.timeout(CHECK_SECONDS):
                await asked(obstore.put_async(self._bucket, _PROBE, b"?", use_multipart=False))
                await self._delete(_PROBE)
        except TimeoutError:
            raise StorageUnavailable(f"The bucket did not answer within {CHECK_SECONDS:.0f} seconds.") from None
        except NotStored:
            raise StorageRefused(NO_BUCKET) from None

    async def _upload(self, key: str, head: list[bytes], rest: AsyncIterator[bytes]) -> None:
        feed = Feed()
        sending = asyncio.create_task(
            asked(obstore.put_async(self._bucket, key, feed, chunk_size=PART, max_concurrency=PARTS_AT_ONCE))
        )
        sending.add_done_callback(lambda _: feed.abandon())
        try:
            for chunk in head:
                await feed.put(chunk)
            async for chunk in rest:
                if sending.done():
                    break
                await feed.put(chunk)
            await feed.put(None)
            await asyncio.shield(sending)
        except BaseException:
            feed.stop()
            await asyncio.wait([sending], timeout=ABORT_SECONDS)
            sending.cancel()
            raise

    async def _open(self, key: str, start: int, length: int | None) -> BytesStream | None:
        """The object's bytes from there on; None when it ends before."""
        options: GetOptions = {}
        if length is not None:
            options = {"range": (start, start + length)}
        elif start:
            options = {"range": {"offset": start}}
        try:
            found = await obstore.get_async(self._bucket, key, options=options)
        except (BaseError, FileNotFoundError) as error:
            if status_of(error) == 416:
                return None
            raise explained(error) from None
        return found.stream(min_chunk_size=CHUNK)

    async def _delete(self, name: str) -> None:
        with contextlib.suppress(NotStored):
            await asked(obstore.delete_async(self._bucket, name))


async def _measured(chunks: AsyncIterator[bytes], tally: Tally) -> AsyncIterator[bytes]:
    async for chunk in chunks:
        await asyncio.to_thread(tally.add, chunk)
        yield chunk


async def _until_part(measured: AsyncIterator[bytes], tally: Tally) -> AsyncIterator[bytes]:
    """The chunks until they fill a part, or all of them."""
    while tally.bytes < PART and (chunk := await anext(measured, None)) is not None:
        yield chunk


async def _next(stream: BytesStream | None) -> bytes | None:
    if stream is None:
        return None
    try:
        return bytes(await anext(stream))
    except StopAsyncIteration:
        return None
    except BaseError as error:
        raise explained(error) from None
