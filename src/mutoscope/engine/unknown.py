"""Finding out what became of a submission whose answer never came: a callback told it, the same key, or a look-up.

Never a second job: either the upstream answers a repetition with the first one, or it is only looked for.
"""

from __future__ import annotations

from typing import cast

import structlog

from mutoscope.database.connection import Row
from mutoscope.domain.errors import ContentRefused, UpstreamError, UpstreamRejected
from mutoscope.domain.lifecycle import State
from mutoscope.engine.callbacks import calls_back
from mutoscope.engine.desk import Desk
from mutoscope.engine.retry import backoff
from mutoscope.failpoints import failpoint
from mutoscope.providers.protocol import Finder, Job, Provider, Submitted

log = structlog.get_logger(__name__)

LONGEST_PAUSE = 15.0
# Where only a callback can tell: to look costs one row of ours.
CALLBACK_PAUSE = 2.0

# What can only be said of a request that is looked at for the first time. A key or a balance is looked at before that:
# the first, accepted call may be what used up the credit.
_PROOFS = (ContentRefused, UpstreamRejected)

Finding = Submitted | UpstreamError | None


class Detective:
    """Climbs down the ladder of what a provider declares in its `recovery`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    async def find_out(self, row: Row, provider: Provider, job: Job, since: float) -> Finding:
        """The accepted job; the refusal that proves that there is none; or None when it cannot be found out in time.

        since: Unix seconds when the call was made. The upstream may show a job late, so it is looked for until the
        provider's deadline, counted from now: while the server was down, nobody looked. None too when the video has
        ended meanwhile.
        """
        looks, until = 0, self._desk.clock.now() + self._desk.recovery_of(provider).deadline_seconds
        while True:
            failpoint("submit.before_look", row["id"])
            finding = await self.look(provider, job, since)
            if finding is not None or not self._has_a_way(provider, self._desk.clock.now() - since):
                return finding
            looks += 1
            left = until - self._desk.clock.now()
            if left <= 0:
                return None
            longest = LONGEST_PAUSE if _can_ask(provider, self._desk.clock.now() - since) else CALLBACK_PAUSE
            await self._desk.clock.sleep(min(left, backoff(looks, longest=longest)))
            if (await self._desk.row(row["id"]))["state"] != State.SUBMITTING:
                return None

    async def look(self, provider: Provider, job: Job, since: float) -> Finding:
        """One try. None when it told nothing."""
        if (told := await self._told(provider, job)) is not None:
            return told
        recovery, age = provider.recovery, self._desk.clock.now() - since
        try:
            # Under one key never two texts: an upstream may refuse that, and the refusal would prove nothing.
            if age < recovery.key_seconds and job.words_are_known:
                # To an upstream that never saw the first call this is a submission like any other.
                if await self._desk.is_paused() or self._desk.lease_is_over():
                    return None
                return await self._ask_again(provider, job)
            if recovery.finds:
                return await self._ours(provider, job, await cast(Finder, provider).find(job, since))
        except UpstreamError as error:
            if age < recovery.key_seconds and isinstance(error, _PROOFS):
                return error
            log.warning("a submission is still unknown", video_id=job.video_id, code=error.code, reason=error.message)
        return None

    async def _told(self, provider: Provider, job: Job) -> Submitted | None:
        """The job that a callback named."""
        intent = await self._desk.database.one("intent_of", video_id=job.video_id, attempt=job.attempt)
        if intent is None or intent["called_back"] is None:
            return None
        return await self._ours(provider, job, Submitted(intent["called_back"]))

    async def _ask_again(self, provider: Provider, job: Job) -> Submitted:
        # An open circuit keeps nobody from looking: that is rare, paced, and the one way to a job that may be paid for.
        try:
            submitted = await provider.submit(job)
        except UpstreamError as error:
            self._desk.tell_circuit(provider, error, submitting=True)
            raise
        self._desk.tell_circuit(provider, None, submitting=True)
        return submitted

    async def _ours(self, provider: Provider, job: Job, found: Submitted | None) -> Submitted | None:
        """What was found, unless it is another video's."""
        if found is None:
            return None
        owner = await self._desk.database.one("owner_of_job", provider=provider.name, upstream_id=found.upstream_id)
        if owner is None or owner["id"] == job.video_id:
            return found
        log.error("a job that was found belongs to another video", video_id=job.video_id, owner=owner["id"])
        return None

    def _has_a_way(self, provider: Provider, age: float) -> bool:
        return _can_ask(provider, age) or calls_back(self._desk, provider)


def _can_ask(provider: Provider, age: float) -> bool:
    return age < provider.recovery.key_seconds or provider.recovery.finds
