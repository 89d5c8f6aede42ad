"""One LocalAI server: a single call makes a clip, and its answer, minutes later, says where it lies.

There is no job to ask about: the id of what was made is its address. Who never heard the answer cannot find out what
became of the call, and the server honours no keys. So a lost call is unknown like any other; only where no model has a
price is it made once more, as nobody pays for it twice.
"""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from typing import Any

from mutoscope.domain.assets import Variant
from mutoscope.domain.errors import UpstreamError, UpstreamRejected, UpstreamUnavailable
from mutoscope.domain.hops import HEADER as HOPS
from mutoscope.egress.answers import Reply
from mutoscope.egress.bodies import Json
from mutoscope.egress.limits import Limits
from mutoscope.providers.account import Account
from mutoscope.providers.api import Api, at, body_of, text_at
from mutoscope.providers.free_question import ACCEPTED
from mutoscope.providers.openai_compatible.answers import sentence_of
from mutoscope.providers.openai_compatible.bodies import add_options, wishes
from mutoscope.providers.openai_compatible.dialects import DIALECTS, check_models
from mutoscope.providers.protocol import Done, Job, OnUnknown, Poll, Recovery, RemoteAsset, Submitted

DIALECT = DIALECTS["localai"]
# Not a byte comes before the clip is made: as long as a submission may last at all.
WORK = Limits(idle=3_600.0, total=3_600.0)
# Every route but this one stands below it.
_VERSION = "/v1"


class LocalAI:
    """The provider. ConfigurationError for a model that declares what the server cannot carry."""

    is_local = False

    def __init__(self, account: Account) -> None:
        check_models(account, DIALECT)
        self.name = account.name
        self.models = account.models
        is_free = not any(model.is_paid for model in account.models)
        self.recovery = Recovery(on_unknown=OnUnknown.RESUBMIT_ONCE if is_free else OnUnknown.FAIL)
        self._api = Api.bearer(account, tells=sentence_of)

    async def submit(self, job: Job) -> Submitted:
        """Ask, and wait for the clip."""
        headers = {"Idempotency-Key": job.key, HOPS: str(job.request.hops + 1)}
        body = Json(await body_of_job(job))
        told = await self._api.start(
            job, "POST", self._root("/video"), body, headers=headers, judge=self._judge, limits=WORK
        )
        return Submitted(text_at(told, "data", 0, "url"), 0.0)

    async def poll(self, upstream_id: str) -> Poll:
        """Nothing is asked: what has an id is made."""
        return Done((RemoteAsset(Variant.VIDEO, upstream_id),))

    async def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        """From the server itself, as a rule; where its answer leads elsewhere, as from a stranger."""
        is_path = asset.location.startswith("/")
        location = self._root(asset.location) if is_path else asset.location
        async for chunk in self._api.download(location, own=self._api.is_own(location)):
            yield chunk

    async def cancel(self, upstream_id: str) -> None:
        """Nothing: what has an id is made, and a call cannot be named."""

    async def forget(self, upstream_id: str) -> None:
        """Nothing: there is no route to delete files."""

    async def check(self) -> str:
        """By the list of its models."""
        await self._api.ask("GET", self._root(f"{_VERSION}/models"))
        said = "The list of models can be read."
        return f"{ACCEPTED} {said}" if self._api.secret else said

    async def aclose(self) -> None:
        """Nothing runs here."""

    def _root(self, path: str) -> str:
        return self._api.base.removesuffix(_VERSION) + path

    def _judge(self, reply: Reply) -> UpstreamError | None:
        """A server's error in the server's own words: the call has ended there, without a clip.

        The status alone would prove nothing: it may be a gateway's, which got tired of waiting.
        """
        if reply.status < 500 or at(body_of(reply), "error", "code") != reply.status:
            return None
        said = self._api.said(reply)
        if reply.status == 503:
            return UpstreamUnavailable(f"The upstream says: {said}", nothing_started=True)
        return UpstreamRejected(f"The upstream could not make the video: {said}")


async def body_of_job(job: Job) -> dict[str, Any]:
    """What the route is asked with. UpstreamRejected for guides that it does not take, and for options of its own.

    The model's wiring may say `fps`: then the length is told in frames as well.
    """
    size, seconds = job.request.size, int(job.request.seconds)
    fields: dict[str, Any] = {
        "model": job.model.upstream_model,
        "prompt": job.prompt,
        "width": size.width,
        "height": size.height,
        "seconds": str(seconds),
        # The clip itself in the answer would have to be kept between two calls, and a crash would lose it.
        "response_format": "url",
        **wishes(job, DIALECT),
    }
    if fps := job.model.wiring.get("fps"):
        fields |= {"fps": fps, "num_frames": seconds * fps}
    for name, picture in (("start_image", job.reference), ("end_image", job.last_frame)):
        if picture is not None:
            fields[name] = _encoded(picture)
    fields |= await _guides(job)
    add_options(job, DIALECT, fields)
    return fields


async def _guides(job: Job) -> dict[str, Any]:
    pictures = [guide for guide in job.guides if guide.media_type.startswith("image/")]
    sounds = [guide for guide in job.guides if guide.media_type.startswith("audio/")]
    if len(sounds) > 1 or len(pictures) + len(sounds) < len(job.guides):
        raise UpstreamRejected("LocalAI takes pictures and one sound as guides, and no clips.")
    fields: dict[str, Any] = {}
    if pictures:
        fields["ref_images"] = [_encoded(await picture.read()) for picture in pictures]
    if sounds:
        fields["audio"] = _encoded(await sounds[0].read())
    return fields


def _encoded(data: bytes) -> str:
    """As every version takes it: bare, not as a data URL."""
    return base64.b64encode(data).decode("ascii")
