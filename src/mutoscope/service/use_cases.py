"""The use cases: what a caller may ask for. No HTTP, no SQL text, no upstream: those have rooms of their own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import structlog

from mutoscope.access.keys import hash_of
from mutoscope.access.links import Links
from mutoscope.access.pace import Pace
from mutoscope.access.sign_in_links import spend_link
from mutoscope.clock import Clock
from mutoscope.correlation import asks_for
from mutoscope.database.connection import Database, Row, Transaction
from mutoscope.database.searching import matches, patterns, words_of
from mutoscope.database.videos import add_event, asset_from_row, happened_from_row, move, node_from_row, video_from_row
from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import Catalog
from mutoscope.domain.errors import (
    AssetExpired,
    DatabaseUnavailable,
    InvalidRequest,
    NotAuthenticated,
    NotStarted,
    StorageUnavailable,
    VariantNotAvailable,
    VideoFailed,
    VideoNotFound,
    VideoNotReady,
)
from mutoscope.domain.lifecycle import Happened, Happening, State
from mutoscope.domain.lineage import Lineage
from mutoscope.domain.money import Cap, UsageBy, UsageLine
from mutoscope.domain.video import Operation, Video, is_wellformed_id, new_id
from mutoscope.engine.port import TaskEngine
from mutoscope.failpoints import failpoint
from mutoscope.logs import prompt_facts
from mutoscope.media.studio import Studio
from mutoscope.service.acceptance import Acceptance, gone, turn
from mutoscope.service.feed import Feed
from mutoscope.service.fetching import Fetching
from mutoscope.service.inputs import Inputs
from mutoscope.service.listening import Listening, Stream, Wish
from mutoscope.service.own_budget import OwnBudget
from mutoscope.service.own_keys import OwnKeys
from mutoscope.service.patience import WRITE_SECONDS, in_time
from mutoscope.service.proposals import Proposal, Proposals
from mutoscope.service.requests import (
    Attempt,
    Caller,
    Content,
    Made,
    NewChange,
    NewCharacter,
    NewExtension,
    NewVideo,
    Page,
    Search,
    SourceId,
    StoredCharacter,
)
from mutoscope.service.sources import Sources
from mutoscope.service.webhooks import Webhooks
from mutoscope.storage.protocol import Storage

log = structlog.get_logger(__name__)

CURSOR_BEFORE_ALL = 0
CURSOR_AFTER_ALL = 1 << 62
NAME_MAX_CHARACTERS = 80
# Another process may have moved a video without a word to this one: look by ourselves this often, in seconds.
LOOK_AGAIN = 1.0
# How long the question whether we are ready waits for the database to take a write.
READY_SECONDS = 5.0

New = NewVideo | NewChange | NewExtension
IsNews = Callable[[Video, Video], bool]


class Service:
    """Every use case. Each method raises only `CallerError` and `ServerError` classes on purpose."""

    def __init__(
        self,
        database: Database,
        storage: Storage,
        studio: Studio,
        engine: TaskEngine,
        catalog: Catalog,
        clock: Clock,
        *,
        pace: Pace | None = None,
        queue_limit: int = 0,
        listeners_limit: int = 1_000,
        min_free_bytes: int = 0,
        caps: Sequence[Cap] = (),
        allow_cross_provider: bool = True,
        links: Links | None = None,
        rehearsal_speed: float = 1.0,
        has_links: bool = True,
        composer: str = "",
        fetching: Fetching | None = None,
        webhooks: Webhooks | None = None,
    ) -> None:
        """queue_limit: unfinished videos of one tenant. min_free_bytes: kept free in storage. 0 is no limit.
        listeners_limit: how many may listen to events at the same time.

        caps: on what all videos of this server may cost. allow_cross_provider: whether a video may be shown to another
        provider than the one that made it, where its tenant has no word of its own. links: None where upstreams are
        given none. rehearsal_speed: how many times faster than its model a rehearsal is. has_links: whether upstreams
        can fetch clips from this server. composer: the host that is told prompts to compose them; "" for none.
        fetching: what gets the files that requests name by an address; None for nothing. webhooks: None where no events
        are sent.
        """
        self.catalog = catalog
        self._webhooks = webhooks
        self._database = database
        self._storage = storage
        self._engine = engine
        self._clock = clock
        self._pace = pace or Pace(0)
        self._allow_cross_provider = allow_cross_provider
        self._sources = Sources(database, storage, links)
        self._inputs = Inputs(database, storage, studio, clock, fetching)
        self._acceptance = Acceptance(database, storage, engine, clock, queue_limit, min_free_bytes, caps)
        self.own_keys = OwnKeys(database, clock)
        self.own_budget = OwnBudget(database, clock, caps)
        self._proposals = Proposals(
            catalog,
            self._inputs,
            clock,
            self._named,
            self._acceptance.check_space,
            self._may_cross,
            rehearsal_speed,
            has_links,
            composer,
        )

        self.feed = Feed(database, self._look, clock, listeners_limit)
        self._listening = Listening(database, self.feed, clock)

    async def _may_cross(self, tenant: str) -> bool:
        """Whether a tenant's videos may be shown to other providers than their makers."""
        row = await self._database.one("consent_of", tenant=tenant)
        said = None if row is None else row["cross_provider"]
        return self._allow_cross_provider if said is None else bool(said)

    async def authenticate(self, secret: str | None) -> Caller:
        """Whose key this is. Looked up each time, so that a revocation counts at once."""
        if not secret:
            raise NotAuthenticated(
                "You didn't provide an API key. Send it as 'Authorization: Bearer KEY'.", missing=True
            )
        row = await self._database.one("tenant_of_key", hash=hash_of(secret))
        if row is None:
            raise NotAuthenticated("Incorrect API key provided. `mutoscope keys list` shows the keys there are.")
        return Caller(row["tenant"], row["id"], self._pace.take(row["tenant"]))

    async def recognise(self, key_id: str, *, counts: bool = False) -> Caller:
        """The caller who has shown the key with this id before. Looked up each time too.

        counts: whether it counts as one of the tenant's requests a minute.
        """
        row = await self._database.one("tenant_of_key_id", id=key_id)
        if row is None:
            raise NotAuthenticated("This API key has been revoked.")
        return Caller(row["tenant"], row["id"], self._pace.take(row["tenant"]) if counts else None)

    async def spend_link(self, token: str) -> Caller:
        """Whom a one-time link is for. It works once; NotAuthenticated from then on, and after its hour."""
        key_id = await spend_link(self._database, self._clock.now(), token)
        if key_id is None:
            raise NotAuthenticated("This link has been used, or its hour is over.")
        return await self.recognise(key_id)

    async def make(self, caller: Caller, new: New, attempt: Attempt) -> Made:
        """Accept a new video, remix, edit or extension: its row, event and task are on disk when this returns.

        The same request sent again is answered with what it made before. The source of a remix, edit or extension
        is pinned until the new video has ended.
        """
        if (made := await self._acceptance.earlier(caller, attempt)) is not None:
            row = await self._database.one("video_of_tenant", tenant=caller.tenant, id=made)
            if row is None:
                raise gone(made)
            return Made(self._video(row), replayed=True)
        proposal = await self._propose(caller, new)
        if proposal.callback is not None:
            await self.webhooks.prepare_callbacks(caller.tenant)
        row, replayed = await self._acceptance.accept(caller, proposal, attempt)
        if not replayed:
            failpoint("create.after_commit", row["id"])
            facts = prompt_facts(proposal.request.prompt)
            log.info("a video is accepted", video_id=row["id"], provider=row["provider"], model=row["model"], **facts)
        return Made(self._video(row), replayed)

    async def plan(self, caller: Caller, new: New) -> Proposal:
        """What `make` would do, with the same errors; no video comes of it."""
        proposal = await self._propose(caller, new)
        await self._acceptance.check(caller, proposal)
        return proposal

    @property
    def webhooks(self) -> Webhooks:
        """The use cases of webhook endpoints. InvalidRequest where no events are sent."""
        if self._webhooks is None:
            raise InvalidRequest("This server was made without a way to send events.")
        return self._webhooks

    async def _propose(self, caller: Caller, new: New) -> Proposal:
        asks_for(new.prompt)
        url = new.wishes.callback_url
        callback = None if url is None else self.webhooks.check_callback(url)
        return replace(await self._proposals.propose(caller, new), callback=callback)

    async def retrieve(self, caller: Caller, video_id: str) -> Video:
        return self._video(await self._row(caller, video_id))

    async def next_status(self, caller: Caller, video_id: str, seconds: float) -> Video:
        """The video at its next change of status, or as it is after `seconds`. One at its end is answered at once."""
        return await self._once(
            caller, video_id, seconds, lambda first, now: now.state.is_final or now.state.status != first.state.status
        )

    async def submitted(self, caller: Caller, video_id: str, seconds: float) -> Video:
        """The video once its submission has an outcome, or as it is after `seconds`. NotStarted if it was refused."""
        video = await self._once(
            caller, video_id, seconds, lambda _, now: now.state not in (State.QUEUED, State.SUBMITTING)
        )
        if video.state is State.FAILED and not video.was_accepted and video.failure is not None:
            raise NotStarted(video.failure.code, video.failure.message, video.id)
        return video

    async def list(self, caller: Caller, *, after: str | None, limit: int, descending: bool) -> Page:
        """A page of the caller's videos by order of creation, beginning behind the id `after`.

        limit: 0 to 100. An unknown or foreign `after` gives an empty page.
        """
        cursor = CURSOR_AFTER_ALL if descending else CURSOR_BEFORE_ALL
        if after is not None:
            place = await self._database.one("cursor_of", tenant=caller.tenant, id=after)
            if place is None:
                return Page((), has_more=False)
            cursor = place["seq"]
        query = "newest_first" if descending else "oldest_first"
        rows = await self._database.all(query, tenant=caller.tenant, cursor=cursor, limit=limit + 1)
        return Page(tuple(self._video(row) for row in rows[:limit]), has_more=len(rows) > limit)

    async def search(self, caller: Caller, wanted: Search, *, after: str | None, limit: int) -> Page:
        """A page of the caller's videos that are as wanted, newest first, beginning behind the id `after`.

        It may be shorter than `limit` and still have more behind it: `last_id` is where to go on.
        """
        known = after is not None and is_wellformed_id(after)
        place = await self._database.one("cursor_of", tenant=caller.tenant, id=after) if known else None
        words = words_of(wanted.words)
        first, second, third = patterns(words)
        rows = await self._database.report(
            "matching_newest_first",
            tenant=caller.tenant,
            cursor=place["seq"] if place else CURSOR_AFTER_ALL,
            model=wanted.model or "",
            status=wanted.status or "",
            first=first,
            second=second,
            third=third,
            limit=limit + 1,
        )
        videos = [self._video(row) for row in rows[:limit]]
        found = tuple(video for video in videos if matches(words, video.request.prompt))
        return Page(found, has_more=len(rows) > limit, last_id=videos[-1].id if videos else None)

    async def history(self, caller: Caller, video_id: str) -> tuple[Happened, ...]:
        """What happened to a video, the first first."""
        row = await self._row(caller, video_id)
        rows = await self._database.all("events_of", video_id=row["id"])
        return tuple(happened_from_row(each) for each in rows)

    async def lineage(self, caller: Caller, video_id: str) -> Lineage:
        """The tree that a video belongs to."""
        root_id = (await self._row(caller, video_id))["root_id"]
        rows = await self._database.all("lineage_of", tenant=caller.tenant, root_id=root_id)
        return Lineage(root_id, tuple(node_from_row(row) for row in rows))

    async def listen(self, caller: Caller, wish: Wish) -> Stream | None:
        """Events of the caller's videos, or of one. See `Listening.open`."""
        return await self._listening.open(caller, wish)

    async def delete(self, caller: Caller, video_id: str) -> None:
        """Remove a video at once; work on it stops, its place in the order stays."""
        row = await self._row(caller, video_id)
        now = self._clock.now()

        def write(tx: Transaction) -> Row | None:
            # The change first: from then on the row stays as it is looked at, until the commit.
            if not tx.run("tombstone", id=video_id, now=now):
                return None
            current = tx.one("video_at_work", id=video_id)
            assert current is not None
            state = State(current["state"])
            if state.is_final:
                add_event(tx, video_id, caller.tenant, Happening.DELETED, state, now)
            else:
                move(tx, current, Happening.DELETED, now)
            tx.announce(video_id)
            return current

        async def carry_out() -> bool:
            if await self._database.write(write) is None:
                return False
            self._engine.deleted(row["id"])
            return True

        if not await in_time(carry_out()):
            raise _not_found(video_id)

    async def called_back(self, token: str, headers: Mapping[str, str], body: bytes) -> None:
        """An upstream tells of a job. The token, well-formed, is its key; one that nobody was given is no error."""
        await in_time(self._engine.called_back(token, headers, body))

    async def source(self, token: str, name: str) -> Content:
        """What an upstream was given a link to. RouteNotFound for any link that does not hold, whatever is wrong."""
        return await self._sources.content(token, name)

    async def content(self, caller: Caller, video_id: str, variant: Variant) -> Content:
        """One variant of a completed video, ready to be sent."""
        video = await self.retrieve(caller, video_id)
        if video.state is State.FAILED:
            raise VideoFailed(f"Video '{video_id}' failed, so it has no content.")
        if video.state is not State.COMPLETED:
            raise VideoNotReady(
                f"Video '{video_id}' is not ready yet, use GET /v1/videos/{video_id} to check its status."
            )
        if video.expires_at is not None and video.expires_at <= self._clock.now():
            raise AssetExpired(f"The files of video '{video_id}' have expired.")
        row = await self._database.one("asset_of", video_id=video_id, variant=variant)
        if row is None:
            raise VariantNotAvailable(f"Video '{video_id}' has no {variant}.", param="variant")
        asset = asset_from_row(row)
        if await self._storage.size(asset.key) != asset.bytes:
            raise StorageUnavailable(f"The {variant} of video '{video_id}' is missing from storage.")
        return Content(asset, row["stored_at"], lambda start, length: self._storage.read(asset.key, start, length))

    async def create_character(self, caller: Caller, new: NewCharacter, attempt: Attempt) -> StoredCharacter:
        """Store a character, with a clip of its own that outlives the video it may come from."""
        name = _name(new.name)
        if (made := await self._acceptance.earlier(caller, attempt)) is not None:
            return replace(await self.retrieve_character(caller, made), replayed=True)
        await self._acceptance.check_space()
        sha256 = await self._character_clip(caller, new)
        character_id, now = new_id("char"), self._clock.now()

        def write(tx: Transaction) -> str:
            if (before := self._acceptance.made_before(tx, caller, attempt)) is not None:
                return before
            tx.run("add_character", id=character_id, tenant=caller.tenant, name=name, input=sha256, now=now)
            self._acceptance.remember(tx, caller, attempt, character_id)
            return character_id

        written = await self._database.write(write, alone=turn(caller), within=WRITE_SECONDS)
        return replace(await self.retrieve_character(caller, written), replayed=written != character_id)

    async def retrieve_character(self, caller: Caller, character_id: str) -> StoredCharacter:
        row = await self._inputs.character_row(caller.tenant, character_id)
        return StoredCharacter(row["id"], row["name"], row["created_at"])

    async def usage(self, caller: Caller, by: UsageBy, first: str, last: str) -> tuple[UsageLine, ...]:
        """What the tenant's paid videos cost, from one UTC date to another, both counted."""
        rows = await self._database.report(f"usage_by_{by}", tenant=caller.tenant, first=first, last=last)
        return tuple(UsageLine(row["name"] or "", row["videos"], int(row["spent"]), int(row["held"])) for row in rows)

    async def not_ready(self) -> list[str]:
        """The parts that do not work now; empty when requests can be served. Why is for the log alone."""
        parts = {"database": self._check_database(), "storage": self._check_storage()}
        found = await asyncio.gather(*parts.values())
        for part, error in zip(parts, found, strict=True):
            if error is not None:
                log.error("not ready", part=part, reason=error.message)
        return [part for part, error in zip(parts, found, strict=True) if error] + self._engine.problems()

    async def _check_database(self) -> DatabaseUnavailable | None:
        """It may answer questions and not take what is new: while its lease is lost, or as a server that follows."""
        try:
            await self._database.one("any_key")
            await self._database.write(lambda _tx: None, within=READY_SECONDS)
        except DatabaseUnavailable as error:
            return error
        return None

    async def _check_storage(self) -> StorageUnavailable | None:
        try:
            await self._storage.check()
            await self._acceptance.check_space()
        except StorageUnavailable as error:
            return error
        return None

    async def _once(self, caller: Caller, video_id: str, seconds: float, is_news: IsNews) -> Video:
        """The video as soon as `is_news(as it was first, as it is now)`, or as it is after `seconds`."""
        deadline = self._clock.now() + seconds
        with self._database.changes.watch(video_id) as changes:
            first = video = await self.retrieve(caller, video_id)
            while not is_news(first, video) and (left := deadline - self._clock.now()) > 0:
                if not await changes.next(min(left, LOOK_AGAIN)):
                    break
                video = await self.retrieve(caller, video_id)
        return video

    async def _row(self, caller: Caller, video_id: str) -> Row:
        """The one way to a video: by (tenant, id). Malformed, unknown, foreign, deleted: the same answer."""
        if is_wellformed_id(video_id):
            row = await self._database.one("video_of_tenant", tenant=caller.tenant, id=video_id)
            if row is not None:
                return row
        raise _not_found(video_id)

    async def _look(self, tenant: str, video_id: str) -> Video | None:
        row = await self._database.one("video_of_tenant", tenant=tenant, id=video_id)
        return None if row is None else self._video(row)

    async def _named(self, caller: Caller, video_id: str, param: str) -> Video:
        try:
            return await self.retrieve(caller, video_id)
        except VideoNotFound as error:
            raise VideoNotFound(error.message, param=param) from None

    def _video(self, row: Row) -> Video:
        video = video_from_row(row)
        if video.rehearsal is not None:
            return replace(video, expected_seconds=video.rehearsal.seconds)
        model = self.catalog.models.get(video.request.model)
        expected = model.seconds_per_second * video.request.seconds if model else None
        return replace(video, expected_seconds=expected)

    async def _character_clip(self, caller: Caller, new: NewCharacter) -> str:
        if not isinstance(new.origin, SourceId):
            return (await self._inputs.keep_clip(caller.tenant, new.origin)).sha256
        source = await self._named(caller, new.origin.id, new.origin.param)
        self._proposals.check(source, Operation.CREATE)
        kept = await self._inputs.copy_of(caller.tenant, source.id)
        if kept is None:
            raise VariantNotAvailable(f"Video '{source.id}' has no clip.", param=new.origin.param)
        return kept


def _name(name: str) -> str:
    if not 1 <= len(name.strip()) <= NAME_MAX_CHARACTERS:
        raise InvalidRequest(
            f"Invalid 'name': expected 1 to {NAME_MAX_CHARACTERS} characters, got {len(name.strip())}.", param="name"
        )
    if not name.isprintable():
        raise InvalidRequest("Invalid 'name': it contains a control character.", param="name")
    return name.strip()


def _not_found(video_id: str) -> VideoNotFound:
    return VideoNotFound(f"Video with id '{video_id[:128]}' not found.", param="video_id")
