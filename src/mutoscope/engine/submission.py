"""Handing a video to its upstream: the intent on disk first, then the call, then one of four outcomes.

Only *not sent* and *rejected* may ever be followed by another call. An intent found without an outcome is
*unknown*: somebody may have paid already, and `unknown.py` finds out. A local engine is free and idempotent, so there
the same job is simply handed in again under the same key.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import structlog

from mutoscope import metrics
from mutoscope.correlation import about
from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import decode, encode, keep_replies, move
from mutoscope.domain.errors import (
    MediaUnreadable,
    NotYet,
    SubmissionUnknown,
    UpstreamError,
    UpstreamRateLimited,
    UpstreamUnavailable,
)
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.engine.callbacks import callback_url
from mutoscope.engine.calls import Calls
from mutoscope.engine.desk import Desk
from mutoscope.engine.further import FurtherPlans
from mutoscope.engine.intents import add_intent, new_nonce
from mutoscope.engine.jobs import build_job, spec_of
from mutoscope.engine.outcome import Outcome, is_final_refusal, outcome_of
from mutoscope.engine.retry import advised_pause, backoff, is_over_budget
from mutoscope.engine.unknown import Detective, Finding
from mutoscope.engine.wording import settle
from mutoscope.failpoints import failpoint
from mutoscope.providers import hearing
from mutoscope.providers.protocol import Job, OnUnknown, Provider, Submitted

log = structlog.get_logger(__name__)

LEASE_PAUSE = 0.5
ROUNDS = 3
# After so many calls that did not reach the upstream, one that may take its place is asked.
UNREACHABLE = 2
# How long after the deadline a submission that used to be held is left to its own task, in seconds.
END_GRACE = 120.0
NOT_FOUND = "No job was found for it while it was held."
# How often a stopped submission looks whether it may go on.
PAUSE_SECONDS = 1.0

STOPPED = "The server stopped between asking the upstream and hearing its answer."
RESUBMITTED = (
    "The answer to the first submission was lost and could not be found out, so this video was submitted once more, as "
    "the operator wants it: it may have been made and charged twice."
)
RESUBMITTED_FREE = (
    "The answer to the first submission was lost and could not be found out, so this video was submitted once more: it "
    "may have been made twice. It has no price."
)


def _as_it_is(error: UpstreamError) -> UpstreamError:
    return error


class Submission:
    """The handler of the submit task.

    ask_now: called with provider and upstream id when an upstream of this machine has accepted: it may be done before
    its id was on disk, and what it told then was told in vain.
    """

    def __init__(self, desk: Desk, ask_now: Callable[[str, str], None]) -> None:
        self._desk = desk
        self._ask_now = ask_now
        self._detective = Detective(desk)
        self._further = FurtherPlans(desk)
        self._at_work: set[str] = set()
        self._calls = Calls()
        self._is_leaving = False

    async def run(self, video_id: str) -> None:
        """Bring a video from `queued` to `generating` or to its failure; repeatable after a crash."""
        row = await self._desk.row(video_id)
        if not _awaits_submission(row):
            return
        await self._desk.slots.take(row["provider"], video_id)
        await self._until_allowed(row)
        row = await self._desk.row(video_id)  # it may have been deleted while it waited
        self._at_work.add(video_id)
        try:
            with about(row, "submit"), hearing.listening():
                handed_over = await self._pursue(row)
        finally:
            self._at_work.discard(video_id)
            self._calls.end(video_id)
        if not handed_over:
            await self._desk.slots.give_back_all(video_id)

    async def _pursue(self, row: Row) -> bool:
        """Submit, and look again: what a process that is gone still wrote may have come in between."""
        rounds = 0
        while _awaits_submission(row):
            if rounds == ROUNDS:
                raise RuntimeError(f"{row['id']} is still {row['state']} after {ROUNDS} rounds")
            if not await self._is_offered(row):
                return False
            try:
                if await self._submit(row):
                    return True
            except MediaUnreadable as error:  # the source's clip could not be made ready
                await self._end_unsent(row["id"], error)
            before, row = row, await self._desk.insist_on_row(row["id"])
            if row["state"] == State.SUBMITTING and (await self._intent(row))["outcome"] == Outcome.UNKNOWN:
                return False  # held
            rounds = 0 if row["fence"] != before["fence"] else rounds + 1
            if row["provider"] != before["provider"]:
                await self._desk.slots.give_back(before["provider"], row["id"])
                await self._desk.slots.take(row["provider"], row["id"])
        return False

    async def _is_offered(self, row: Row) -> bool:
        """Whether the model is still its provider's. Else the video has ended, if it is sure that nothing was sent."""
        desk = self._desk
        if desk.providers[row["provider"]].is_local or spec_of(desk, row) is not None:
            return True
        if row["state"] != State.QUEUED and not await self._is_proven(row):
            return True
        gone = f"Model '{row['model']}' is not offered by '{row['provider']}' any more; nothing was sent."
        await desk.fail(row, UpstreamUnavailable(gone, not_sent=True))
        return False

    async def _begin(self, video_id: str) -> None:
        """From here on a stop waits for the outcome; it does not come here while it waits, nor without a lease."""
        while self._is_leaving or self._desk.lease_is_over():
            await self._desk.clock.sleep(LEASE_PAUSE)
        self._calls.begin(video_id)

    async def _until_allowed(self, row: Row) -> None:
        """Wait while an operator has stopped paid submissions; work that is free goes on."""
        if self._desk.providers[row["provider"]].is_local:
            return
        while _awaits_submission(row) and await self._desk.is_paused():
            await self._desk.clock.sleep(PAUSE_SECONDS)
            row = await self._desk.row(row["id"])

    async def _until_clear(
        self, row: Row, give_up: Callable[[UpstreamError], UpstreamError] = _as_it_is, *, may_go_on: bool = True
    ) -> bool:
        """Wait for the operator's word, for the pace, and while the upstream's circuit is open: no attempt is consumed.

        False when the video has ended meanwhile, by its time budget at the latest, or goes on elsewhere. give_up: makes
        its error of the one that keeps the circuit open, which is told as it is where nothing was started. may_go_on:
        whether that is certain.
        """
        desk, name = self._desk, row["provider"]
        if desk.providers[name].is_local:
            return True
        while (is_paused := await desk.is_paused()) or not desk.may_submit(name):
            reason, since = (None, 0.0) if is_paused else desk.circuits.why_not_submit(name)
            if reason is not None and may_go_on and await self._further.take(row, reason):
                return False
            if reason is not None and is_over_budget(State.SUBMITTING, _waits_since(row, since), desk.clock.now()):
                await desk.fail(row, give_up(reason))
                return False
            await desk.clock.sleep(PAUSE_SECONDS)
            if not await self._is_as_before(row):
                return False
        return True

    async def _submit(self, row: Row) -> bool:
        provider = self._desk.providers[row["provider"]]
        is_new = row["state"] == State.QUEUED
        attempt = row["attempt"] + 1 if is_new else row["attempt"]
        if is_new or await self._is_proven(row):
            row = await settle(self._desk, row)
        # Before the intent: once that is open, a fault of ours could no longer be told from a call that was cut.
        nonce = new_nonce() if is_new else (await self._intent(row))["nonce"]
        job = await self._job(row, attempt, nonce)
        if is_new:
            if not await self._until_clear(row):
                return False
            failpoint("submit.before_intent", row["id"])
            await self._begin(row["id"])
            if not await self._open_intent(row, attempt, nonce):
                return False
            row = await self._desk.insist_on_row(row["id"])
            if row["state"] != State.SUBMITTING:  # deleted meanwhile
                return False
        elif await self._is_proven(row) and not await self._until_clear(row):
            return False
        elif not await self._reopen_intent(row) and not provider.is_local:
            stopped = await self._restoration(row) or STOPPED
            return await self._accepted(row, await self._find_out(row, provider, job, stopped))
        failpoint("submit.before_call", row["id"])
        self._desk.studio.make_ready()  # for what the upstream will bring
        return await self._accepted(row, await self._ask(row, provider, job))

    async def _end_unsent(self, video_id: str, error: MediaUnreadable) -> None:
        """End a video of which nothing was sent; raise the error where something may have been started."""
        row = await self._desk.insist_on_row(video_id)
        if row["state"] == State.QUEUED or (row["state"] == State.SUBMITTING and await self._is_proven(row)):
            await self._desk.fail(row, error)
        elif _awaits_submission(row):
            raise error

    async def _accepted(self, row: Row, submitted: Submitted | None) -> bool:
        if submitted is None:
            return False
        # It may have been asked once more meanwhile: the acceptance belongs to the last attempt.
        attempt = (await self._desk.insist_on_row(row["id"]))["attempt"]
        return await self._accept(row, attempt, submitted)

    async def _open_intent(self, row: Row, attempt: int, nonce: str) -> bool:
        now = self._desk.clock.now()

        def write(tx: Transaction) -> bool:
            if move(tx, row, Happening.CLAIMED, now, attempt=attempt, owner=self._desk.executor) is None:
                return False
            add_intent(tx, row, attempt, now, nonce)
            return True

        return await self._desk.database.write(write)

    async def _job(self, row: Row, attempt: int, nonce: str) -> Job:
        """The job of one attempt, with the URL that its upstream may call."""
        url = callback_url(self._desk, self._desk.providers[row["provider"]], nonce)
        job = await build_job(self._desk, row, attempt)
        return replace(job, callback_url=url, before_send=self._check_lease)

    def _check_lease(self) -> None:
        """Called by the door right before the first byte: the last moment at which nothing has been sent."""
        if self._desk.lease_is_over():
            raise UpstreamUnavailable("Others may have taken over this video; nothing was sent.", not_sent=True)

    async def _intent(self, row: Row) -> Row:
        """That of the video's last attempt."""
        intent = await self._desk.database.one("intent_of", video_id=row["id"], attempt=row["attempt"])
        assert intent is not None, "a submission without an intent"
        return intent

    async def _restoration(self, row: Row) -> str | None:
        """What a restore noted about this video, if it may have been submitted after the backup."""
        noted = await self._desk.database.one("restoration_of", video_id=row["id"])
        return None if noted is None else decode(noted["detail"])["message"]

    async def _is_proven(self, row: Row) -> bool:
        """Whether it is certain that the last call started nothing."""
        return (await self._intent(row))["outcome"] in (Outcome.NOT_SENT, Outcome.REJECTED)

    async def _reopen_intent(self, row: Row) -> bool:
        """Make ready to ask again. False when the last call may have started something."""
        await self._begin(row["id"])

        def write(tx: Transaction) -> bool:
            tx.run("take_over", id=row["id"], owner=self._desk.executor)
            return tx.run("reopen_intent", video_id=row["id"], attempt=row["attempt"]) > 0

        return await self._desk.database.write(write)

    async def _ask(self, row: Row, provider: Provider, job: Job) -> Submitted | None:
        """Call the upstream until it accepts; None when the video has ended instead."""
        failures = 0
        while True:
            if not await self._is_still_wanted(row):
                return None
            failpoint("submit.after_check", row["id"])
            try:
                submitted = await provider.submit(job)
                self._desk.tell_circuit(provider, None, submitting=True)
                return submitted
            except UpstreamError as error:
                self._desk.tell_circuit(provider, error, submitting=True)
                failures += 1
                if await self._goes_on(row, error, failures):
                    return None
                if not _may_ask_again(error, provider):
                    return await self._last_word(row, provider, job, error)
                await self._close(row, outcome_of(error), error.message)
                self._calls.end(row["id"])
                if is_over_budget(row["state"], row["state_since"], self._desk.clock.now()):
                    # With the error itself: each call so far is proven to have started nothing.
                    await self._desk.fail(row, error)
                    return None
                await self._desk.clock.sleep(_pause(error, failures, self._desk.chance()))
                if not await self._is_ready_again(row, provider):
                    return None

    async def _goes_on(self, row: Row, error: UpstreamError, failures: int) -> bool:
        """Whether the video goes on by another plan of its own: after a refusal, or where nobody can be reached."""
        outcome = outcome_of(error)
        if isinstance(error, NotYet):
            return False
        if outcome is Outcome.UNKNOWN or (outcome is Outcome.NOT_SENT and failures < UNREACHABLE):
            return False
        if not await self._further.take(row, error):
            return False
        self._calls.end(row["id"])
        return True

    async def _is_ready_again(self, row: Row, provider: Provider) -> bool:
        """After a call that started nothing, as is proven. False when the video has ended, or somebody else asks."""
        if not await self._until_clear(row) or not await self._is_as_before(row):
            return False
        return await self._reopen_intent(row) or provider.is_local

    async def _is_still_wanted(self, row: Row) -> bool:
        """Looked at right before the bytes leave: whether this attempt is still the video's own, and this process's.

        While the lease may have run out nothing is sent: it is renewed, or the process ends.
        """
        while row["state"] == State.SUBMITTING and await self._is_as_before(row):
            if not self._desk.lease_is_over():
                return True
            await self._desk.clock.sleep(LEASE_PAUSE)
        return False

    async def settle(self, seconds: float) -> None:
        """Begin no more calls, and wait for the answers of those that are under way: else they would be unknown."""
        self._is_leaving = True
        await self._calls.none_left(seconds)

    async def _is_as_before(self, row: Row) -> bool:
        now = await self._desk.insist_on_row(row["id"])
        return (now["state"], now["attempt"]) == (row["state"], row["attempt"])

    async def _accept(self, row: Row, attempt: int, submitted: Submitted) -> bool:
        failpoint("submit.after_call", row["id"])
        now, replies = self._desk.clock.now(), hearing.told()

        def write(tx: Transaction) -> State | None:
            keep_replies(tx, row, replies, now)
            tx.run(
                "close_intent",
                video_id=row["id"],
                attempt=attempt,
                outcome=Outcome.ACCEPTED,
                evidence=encode({"upstream_id": submitted.upstream_id}),
            )
            return move(
                tx,
                row,
                Happening.ACCEPTED,
                now,
                upstream_id=submitted.upstream_id,
                owner=self._desk.executor,
                next_poll_at=now + submitted.poll_after,
            )

        if await self._desk.insist(write) is None:
            await self._left_over(row, submitted)
            return False
        failpoint("submit.after_accept", row["id"])
        metrics.submission_ended(row["provider"], Outcome.ACCEPTED)
        log.info("an upstream accepted a video", provider=row["provider"], upstream_id=submitted.upstream_id)
        if self._desk.providers[row["provider"]].is_local:
            self._ask_now(row["provider"], submitted.upstream_id)
        return True

    async def _left_over(self, row: Row, submitted: Submitted) -> None:
        """A job that came for a video which had moved on: stop it, unless it is the very one that it has."""
        current = await self._desk.row(row["id"])
        if current["upstream_id"] != submitted.upstream_id:
            await self._desk.cancel(row["provider"], submitted.upstream_id)

    async def _last_word(self, row: Row, provider: Provider, job: Job, error: UpstreamError) -> Submitted | None:
        """An error that asking again cannot mend: what it proves ends the video, what it leaves open is found out."""
        outcome = outcome_of(error)
        if outcome is Outcome.UNKNOWN and not isinstance(error, SubmissionUnknown):
            return await self._find_out(row, provider, job, error.message)
        await self._close(row, outcome, error.message)
        await self._desk.fail(row, _unknown(row, error.message) if outcome is Outcome.UNKNOWN else error)
        return None

    async def _find_out(self, row: Row, provider: Provider, job: Job, evidence: str) -> Submitted | None:
        """The job that an unanswered call started after all; None when the video has ended, or is held."""
        await self._close(row, Outcome.UNKNOWN, evidence)
        self._calls.end(row["id"])  # known to be unknown: a stop need not wait
        since = (await self._intent(row))["started_at"]
        finding = await self._detective.find_out(row, provider, job, since)
        return await self._conclude(await self._desk.row(row["id"]), provider, finding, evidence)

    async def _conclude(self, row: Row, provider: Provider, finding: Finding, evidence: str) -> Submitted | None:
        if isinstance(finding, Submitted):
            return finding
        if row["state"] != State.SUBMITTING:  # deleted meanwhile
            return None
        if isinstance(finding, UpstreamError):
            await self._close(row, Outcome.REJECTED, finding.message)
            await self._desk.fail(row, finding)
            return None
        match self._desk.recovery_of(provider).on_unknown:
            case OnUnknown.HOLD:
                return None
            # Not after a restore: what was queued in a backup was most likely submitted since, each a second payment.
            case OnUnknown.RESUBMIT_ONCE if row["attempt"] == 1 and await self._restoration(row) is None:
                return await self._resubmit(row, provider, evidence)
        await self._desk.fail(row, _unknown(row, evidence))
        return None

    async def _resubmit(self, row: Row, provider: Provider, evidence: str) -> Submitted | None:
        """Ask once more under a new key, because the operator prefers that. The video says that it may cost twice."""
        if not await self._until_clear(row, lambda _reason: _unknown(row, evidence), may_go_on=False):
            return None
        attempt, nonce = row["attempt"] + 1, new_nonce()
        job = await self._job(row, attempt, nonce)
        notice = RESUBMITTED if job.spec is None or job.spec.is_paid else RESUBMITTED_FREE
        await self._begin(row["id"])
        now = self._desk.clock.now()

        def write(tx: Transaction) -> bool:
            if move(tx, row, Happening.UNKNOWN, now, attempt=attempt) is None:
                return False
            tx.run("note_resubmission", id=row["id"], notice=notice)
            add_intent(tx, row, attempt, now, nonce)
            return True

        if not await self._desk.database.write(write):
            return None
        return await self._ask(await self._desk.insist_on_row(row["id"]), provider, job)

    async def look_again(self) -> None:
        """Look once for each submission that is held; those that are found go on."""
        for row in await self._desk.database.all("held_submissions", owner=self._desk.executor):
            if row["id"] not in self._at_work:
                try:
                    with about(row, "look"), hearing.listening():
                        await self._look_for(row, self._desk.providers[row["provider"]])
                except Exception:  # one that cannot be looked for must not keep the others
                    log.exception("a held submission could not be looked for", video_id=row["id"])

    async def _look_for(self, row: Row, provider: Provider) -> None:
        job = await self._job(row, row["attempt"], row["nonce"])
        finding = await self._detective.look(provider, job, row["started_at"])
        if finding is None and not self._is_held_no_more(row, provider):
            return
        self._desk.slots.restore(row["provider"], row["id"])
        current = await self._desk.row(row["id"])
        if not await self._accepted(row, await self._conclude(current, provider, finding, NOT_FOUND)):
            await self._desk.slots.give_back(row["provider"], row["id"])

    def _is_held_no_more(self, row: Row, provider: Provider) -> bool:
        """Whether the operator has since decided that such submissions end. Not while its task may still look."""
        recovery = self._desk.recovery_of(provider)
        age = self._desk.clock.now() - row["started_at"]
        return recovery.on_unknown is not OnUnknown.HOLD and age > recovery.deadline_seconds + END_GRACE

    async def _close(self, row: Row, outcome: Outcome, evidence: str) -> None:
        now, replies = self._desk.clock.now(), hearing.told()

        def write(tx: Transaction) -> None:
            keep_replies(tx, row, replies, now)
            tx.run(
                "close_intent",
                video_id=row["id"],
                attempt=row["attempt"],
                outcome=outcome,
                evidence=encode({"message": evidence}),
            )

        await self._desk.insist(write)
        metrics.submission_ended(row["provider"], outcome)


def _awaits_submission(row: Row) -> bool:
    return row["state"] in (State.QUEUED, State.SUBMITTING)


def _waits_since(row: Row, open_since: float) -> float:
    """Since when a video waits for an upstream; one that has not been asked for yet, no longer than it is away."""
    return max(row["state_since"], open_since) if row["state"] == State.QUEUED else row["state_since"]


def _unknown(row: Row, evidence: str) -> SubmissionUnknown:
    return SubmissionUnknown(
        f"Whether '{row['provider']}' accepted this video is not known, so it was not sent again. "
        f"Look for it in the account there before asking anew. What happened: {evidence}"
    )


def _may_ask_again(error: UpstreamError, provider: Provider) -> bool:
    if is_final_refusal(error):
        return False
    if provider.is_local or isinstance(error, UpstreamRateLimited):
        return True
    return outcome_of(error) in (Outcome.NOT_SENT, Outcome.REJECTED)


def _pause(error: UpstreamError, failures: int, chance: float) -> float:
    advised = error.retry_after if isinstance(error, UpstreamRateLimited | NotYet) else None
    return advised_pause(advised, chance) if advised is not None else backoff(failures, chance=chance)
