"""Pictures, clips and sounds that a request names by an address: fetched through the door, before it is accepted."""

from __future__ import annotations

from dataclasses import replace

from mutoscope.domain.errors import InvalidRequest, UpstreamError
from mutoscope.egress.door import Door
from mutoscope.egress.limits import Limits
from mutoscope.service.requests import Upload

FETCH_SECONDS = 15.0


class Fetching:
    """door: None where this server fetches nothing. most_bytes: of one file."""

    def __init__(self, door: Door | None, most_bytes: int) -> None:
        self._door = door
        self._limits = Limits(total=FETCH_SECONDS, idle=FETCH_SECONDS, body=most_bytes)

    async def __call__(self, upload: Upload) -> Upload:
        """The upload with its bytes. InvalidRequest names the field when they cannot be had.

        A stranger's address is asked as the door allows it: public, over https, without anything of ours.
        """
        if upload.url is None:
            return upload
        if self._door is None:
            raise _invalid(upload, "this server fetches no files from the network ('fetch_references' is off).")
        try:
            reply = await self._door.request("GET", upload.url, limits=self._limits)
        except UpstreamError as error:
            raise _invalid(upload, f"the file could not be fetched. {error.message}") from None
        if reply.status != 200 or not reply.body:
            raise _invalid(upload, f"the file could not be fetched: its address answers HTTP {reply.status}.")
        return replace(upload, data=reply.body)


def _invalid(upload: Upload, reason: str) -> InvalidRequest:
    works = "Send it as a multipart file part or as a base64 data URL instead."
    return InvalidRequest(f"Invalid '{upload.param}': {reason} {works}", param=upload.param)
