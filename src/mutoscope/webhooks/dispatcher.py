"""Sends what waits, in every process: claims due deliveries lane by lane, attempts them, writes what came of it.

A claim ends by itself, so that what a dead process had in its hands is sent by another, or by its own next life. A
delivery may be sent twice for that; it bears the same id then, and the same body.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import msgspec
import structlog

from mutoscope.clock import Clock
from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.database.videos import DELIVERIES
from mutoscope.domain.errors import DatabaseUnavailable, SecretKeyMissing
from mutoscope.domain.events import event_object
from mutoscope.failpoints import failpoint
from mutoscope.metrics import delivery_attempted
from mutoscope.webhooks.delivery import ATTEMPT_SECONDS, Courier, Outcome
from mutoscope.webhooks.endpoints import changes_of, signing_keys
from mutoscope.webhooks.lanes import Allowance, Lanes, tenant_of
from mutoscope.webhooks.schedule import LONGEST_ADVICE, pause_after, rest_after
from mutoscope.webhooks.signing import UnfitSecret
from mutoscope.webhooks.vault import Unreadable, Vault

log = structlog.get_logger(__name__)

# How often we look for what other processes have written.
TICK = 0.5
STUMBLE_PAUSE = 1.0
# So many due deliveries are looked at each time. Where there are more, all of them once a tick, beside the event loop.
GLANCE, ALL = 1_000, 1 << 62
# Longer than any attempt: until then nobody else sends what is claimed.
CLAIM_SECONDS = ATTEMPT_SECONDS + 13.0
# How long a delivery waits whose endpoint's secret cannot be opened, until it is looked at again.
UNREADABLE_SECONDS = 60.0
# How long a process that stops waits for attempts that are under way.
LEAVING_SECONDS = 3.0
PRUNE_ROUND = 600.0
# How long what was delivered or given up is told of.
KEPT_SECONDS = 30 * 86_400.0
# An attempt's outcome, as the metrics have it.
_TOLD = {"delivered": "delivered", "pending": "failed", "dead": "given_up"}


class Dispatcher:
    """One for each process. executor: the id of this process. chance: numbers from 0 to 1."""

    def __init__(
        self,
        database: Database,
        courier: Courier,
        vault: Vault,
        clock: Clock,
        executor: str,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._database = database
        self._courier = courier
        self._vault = vault
        self._clock = clock
        self._executor = executor
        self._chance = chance
        self._lanes = Lanes()
        self._tasks: set[asyncio.Task[None]] = set()
        self._going: set[str] = set()
        self._pruned_at = self._looks_again_at = 0.0

    async def run(self) -> None:
        """Send until cancelled; then wait for the attempts that are under way."""
        try:
            with self._database.changes.watch(DELIVERIES) as news:
                await self._without_end(news.next)
        finally:
            await self._leave()

    async def _leave(self) -> None:
        """What is not over soon is sent again by the next life."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=LEAVING_SECONDS)
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _without_end(self, until_news: Callable[[float], Awaitable[bool]]) -> None:
        is_new = True
        while True:
            try:
                if is_new:
                    await self._release()
                    is_new = False
                await self.round()
                await self._prune()
            except DatabaseUnavailable as error:
                log.error("deliveries wait", reason=error.message)
                await asyncio.sleep(STUMBLE_PAUSE)
            except Exception:
                log.exception("the dispatcher stumbled and goes on")
                await asyncio.sleep(STUMBLE_PAUSE)
            if not await until_news(TICK):  # the process stops, and nobody is woken any more
                await asyncio.sleep(TICK)

    async def round(self) -> int:
        """Begin what may begin now; how many attempts that are."""
        now = self._clock.now()
        allowance = self._lanes.allowance(await self._due(now), now)
        if not allowance.of_lane:
            return 0
        claimed = await self._database.write(lambda tx: self._claim(tx, allowance, now))
        for row in claimed:
            self._lanes.begin(row["lane"])
            task = asyncio.create_task(self._attempt(row))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        return len(claimed)

    async def _due(self, now: float) -> list[str]:
        """The lanes to which something is to be sent now, the longest waiting first; none that rests.

        Behind a long backlog those come first that have just taken something: whoever is well is not held up by what
        waits for others, and of what waits for others no more than a glance is taken each time.
        """
        going, self._going = self._going, set()
        asked = {"now": now, "latest": now + LONGEST_ADVICE}
        rows = await self._database.all("lanes_due", **asked, limit=GLANCE)
        seconds = asyncio.get_running_loop().time
        if sum(row["deliveries"] for row in rows) < GLANCE:
            going = set()  # they are all there
        elif seconds() >= self._looks_again_at:
            rows = await self._database.report("lanes_due", **asked, limit=ALL)
            self._looks_again_at = seconds() + TICK
        lanes = [row["lane"] for row in rows if not row["is_resting"]]
        return [*sorted(going), *(lane for lane in lanes if lane not in going)]

    async def settled(self) -> None:
        """Return when no attempt is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    def _claim(self, tx: Transaction, allowance: Allowance, now: float) -> list[Row]:
        """What is claimed in one lane takes room from the lanes behind it."""
        until = now + CLAIM_SECONDS
        claimed: list[Row] = []
        of_tenant = dict(allowance.of_tenant)
        for lane, room in allowance.of_lane.items():
            tenant = tenant_of(lane)
            limit = min(room, of_tenant[tenant], allowance.in_all - len(claimed))
            if limit > 0:
                asked = {"now": now, "latest": now + LONGEST_ADVICE, "until": until, "owner": self._executor}
                rows = tx.all("claim_deliveries", lane=lane, limit=limit, **asked)
                of_tenant[tenant] -= len(rows)
                claimed += rows
        return claimed

    async def _release(self) -> None:
        now = self._clock.now()
        await self._database.write(lambda tx: tx.run("release_deliveries", owner=self._executor, now=now))

    async def _prune(self) -> None:
        now = self._clock.now()
        if now - self._pruned_at < PRUNE_ROUND:
            return
        self._pruned_at = now

        def forget(tx: Transaction) -> None:
            tx.run("forget_old_deliveries", before=now - KEPT_SECONDS)
            tx.run("forget_rests", now=now, latest=now + LONGEST_ADVICE)

        await self._database.write(forget)
        waiting = await self._database.report("lanes_waiting")
        self._lanes.forget_idle({row["lane"] for row in waiting})

    async def _attempt(self, row: Row) -> None:
        try:
            await self._deliver(row)
        except DatabaseUnavailable as error:
            # It is sent again when its claim has ended.
            log.error("what came of a delivery could not be written", delivery=row["id"], reason=error.message)
        except Exception:
            log.exception("a delivery stumbled; it is tried again", delivery=row["id"])
            self._lanes.heard(row["lane"], success=False)
        finally:
            self._lanes.end(row["lane"])
            self._database.changes.tell((DELIVERIES,))  # there may be room for the next one

    async def _deliver(self, row: Row) -> None:
        endpoint = await self._database.one("endpoint", id=row["endpoint_id"])
        if endpoint is None or endpoint["disabled_at"] is not None:
            await self._database.write(
                lambda tx: tx.run("bury_deliveries", endpoint_id=row["endpoint_id"], note="the endpoint is disabled")
            )
            return
        try:
            keys = signing_keys(self._vault, endpoint, self._clock.now())
        except (Unreadable, SecretKeyMissing) as error:
            await self._put_off(row, str(error))
            return
        failpoint("deliver.before_send", row["video_id"])
        try:
            outcome = await self._courier.post(row["url"] or endpoint["url"], row["id"], keys, body_of(row))
        except UnfitSecret as error:
            await self._put_off(row, str(error))
            return
        failpoint("deliver.after_send", row["video_id"])
        await self._conclude(row, outcome, endpoint["url"])

    async def _put_off(self, row: Row, reason: str) -> None:
        """Nothing goes out unsigned: it waits, and the operator is told."""
        log.error("a delivery cannot be signed and waits", endpoint=row["endpoint_id"], reason=reason)
        now = self._clock.now()
        self._lanes.heard(row["lane"], success=False, rest_until=now + UNREADABLE_SECONDS)
        await self._database.write(
            lambda tx: tx.run(
                "put_off_delivery",
                id=row["id"],
                claimed=row["next_at"],
                next_at=now + UNREADABLE_SECONDS,
                note="the signing secret cannot be opened",
            )
        )

    async def _conclude(self, row: Row, outcome: Outcome, endpoint_url: str) -> None:
        """endpoint_url: as it was at the attempt."""
        now, attempts = self._clock.now(), row["attempts"] + 1
        rest = rest_after(outcome.status, outcome.retry_after) if not outcome.is_success else 0.0
        self._lanes.heard(row["lane"], success=outcome.is_success)
        if outcome.is_success:
            self._going.add(row["lane"])
        pause = None if outcome.is_gone else pause_after(attempts, self._chance(), outcome.retry_after)
        state = "delivered" if outcome.is_success else "dead" if pause is None else "pending"
        delivery_attempted(_TOLD[state], now - row["at"] if row["attempted_at"] is None else None)
        if state == "dead":
            log.error("a delivery was given up", delivery=row["id"], endpoint=row["endpoint_id"], reason=outcome.note)

        def write(tx: Transaction) -> None:
            closed = tx.run(
                "close_delivery",
                id=row["id"],
                claimed=row["next_at"],
                state=state,
                attempts=attempts,
                next_at=now + (pause or 0.0),
                now=now,
                status=outcome.status,
                note=outcome.note or None,
            )
            if outcome.is_success:
                return
            # Of the addresses in requests each stands for itself.
            is_own = row["url"] is None
            if is_own and tx.one("endpoint_at", id=row["endpoint_id"], url=endpoint_url) is None:
                if closed:  # its new address has not been asked
                    tx.run("replay_delivery", endpoint_id=row["endpoint_id"], id=row["id"], now=now)
                return
            if rest:
                tx.run("rest_lane", lane=row["lane"], endpoint_id=row["endpoint_id"], until=now + rest)
            if closed and outcome.is_gone and is_own:
                if tx.run("disable_endpoint", id=row["endpoint_id"], url=endpoint_url, now=now):
                    log.warning("an endpoint is gone and was disabled", endpoint=row["endpoint_id"])
                tx.run("bury_deliveries", endpoint_id=row["endpoint_id"], note="the endpoint is disabled")

        # Not beside a change of the address: one of the two has to see the other.
        may_wait = not outcome.is_success and row["url"] is None
        await self._database.write(write, alone=changes_of(row["endpoint_id"]) if may_wait else None)


def body_of(row: Row) -> bytes:
    """The body of a delivery: the same bytes at every attempt."""
    return body(row["event_type"], row["event_id"], row["video_id"], row["at"])


def body(event_type: str, event_id: str, video_id: str, at: float) -> bytes:
    """at: Unix seconds."""
    return msgspec.json.encode(event_object(event_id, event_type, at, video_id))
