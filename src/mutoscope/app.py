"""The composition root: from settings to a running server. It knows everybody and is known only to the CLI."""

from __future__ import annotations

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import ExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import structlog
from starlette.middleware import Middleware
from starlette.types import ASGIApp

from mutoscope import logs
from mutoscope.access.links import Links
from mutoscope.access.pace import Pace
from mutoscope.admin.application import build as build_admin
from mutoscope.clock import Clock, SystemClock
from mutoscope.database.address import address_of, file_of
from mutoscope.database.connection import FILE_NAME, Database
from mutoscope.database.folder_lock import DataFolderLock
from mutoscope.database.identity import executor_of
from mutoscope.database.migrate import migrate
from mutoscope.database.opening import check_server, open_database
from mutoscope.dialect.application import build as build_dialect
from mutoscope.dialect.application import build_probes
from mutoscope.dialect.content import download
from mutoscope.dialect.limits import Limits
from mutoscope.domain.catalog import Catalog, provider_of
from mutoscope.domain.errors import ConfigurationError, StorageUnavailable
from mutoscope.domain.money import Cap, Period, in_millionths
from mutoscope.domain.rehearsal import PROVIDER as REHEARSAL
from mutoscope.egress.door import Door
from mutoscope.egress.resolver import Lookups
from mutoscope.engine.dbos import DbosQueue, check_tables, migrate_tables
from mutoscope.engine.desk import Desk
from mutoscope.engine.pacing import Pacing, Slots
from mutoscope.engine.port import EMBEDDED
from mutoscope.engine.production import Production
from mutoscope.gallery.application import build as build_page
from mutoscope.gallery.front import Front
from mutoscope.gallery.shield import hosts_of
from mutoscope.media.studio import Studio
from mutoscope.providers import instant
from mutoscope.providers.chat_composer import ChatComposer
from mutoscope.providers.configuration import Configuration
from mutoscope.providers.endings import warnings_of
from mutoscope.providers.flipbook import FlipbookProvider
from mutoscope.providers.instant import InstantProvider
from mutoscope.providers.local import LocalProvider
from mutoscope.providers.opening import open_configuration
from mutoscope.providers.protocol import Provider, Recovery
from mutoscope.providers.rehearsal import RehearsalProvider
from mutoscope.providers.staged import StagedProvider
from mutoscope.service.fetching import Fetching
from mutoscope.service.use_cases import Service
from mutoscope.service.webhooks import Webhooks
from mutoscope.settings import Settings
from mutoscope.storage.opening import open_storage
from mutoscope.storage.protocol import StorageRefused
from mutoscope.webhooks.delivery import Courier
from mutoscope.webhooks.dispatcher import Dispatcher
from mutoscope.webhooks.vault import Vault

# How many cards may be in hand at once: more than one, so that a test case that stalls does not stop all others.
INSTANT_IN_HAND = 4
# Rehearsals mostly wait, for as long as their models would take; they are drawn one after the other.
REHEARSALS_IN_HAND = 16
ONE_PROCESS = (
    "Several processes need a database that they can share. Set 'database' to postgresql://…, or run a single "
    "`mutoscope serve`, which also makes the videos."
)
# How many names of webhook receivers are looked up at once.
NAMES_AT_ONCE = 8
# How long a process that reads clips is kept ready for the next one.
MEDIA_SPARE_SECONDS = 60.0

log = structlog.get_logger(__name__)

OnChange = Callable[[str], None]
ProviderMaker = Callable[[OnChange], Provider]


class Mutoscope:
    """One process on one data folder, which it holds alone from here to `close`, and one database.

    A file database it holds alone too; on PostgreSQL it is one of any number, each with a lease.

    makers: builders of the providers; each is given the function to call with an upstream id when something
    changed there. Without any, those of `built_in` are offered. Those of the file of providers follow, with secrets out
    of `environment`. studio: judges uploads, derives stills. door: the way to the upstreams, by default one that trusts
    those that the file names; closed at the end.
    on_lost: called from a thread when the lease is lost; nothing can be written any more. role: a "server" answers and
    makes videos, an "api" only answers, a "worker" only makes them; by default as the settings say.
    """

    def __init__(
        self,
        settings: Settings,
        makers: Sequence[ProviderMaker] | None = None,
        clock: Clock | None = None,
        studio: Studio | None = None,
        on_lost: Callable[[], None] = lambda: None,
        role: str | None = None,
        door: Door | None = None,
        environment: Mapping[str, str] = os.environ,
        courier: Courier | None = None,
    ) -> None:
        self.settings = settings
        self._role = role or ("server" if settings.work else "api")
        self._executor = EMBEDDED
        self._lease_is_over: Callable[[], bool] = lambda: False
        self.clock = clock or SystemClock()
        self._held = ExitStack()
        self.database = self._open(database_url(settings), on_lost)
        with ExitStack() as on_error:
            on_error.callback(self.close)
            self.storage = open_storage(settings.storage, settings.data_dir)
            self._studio = studio or Studio(spare_seconds=MEDIA_SPARE_SECONDS)
            self.links = Links(self.database, self.clock.now, settings.public_url, settings.source_link_seconds)
            own = [self._make(maker) for maker in makers or built_in(settings, self.clock)]
            configuration = open_configuration(settings, environment, [model for each in own for model in each.models])
            logs.discretion.hide(_secrets(settings, configuration))
            self.door = door or Door(configuration.origins, tells_traces=settings.trace_upstreams)
            providers = [*own, *self._configured(configuration)]
            self._composer = composer(settings)
            self._production = self._engine([*providers, rehearsals(settings, self.clock)], configuration)
            self.vault = vault_of(settings, self._executor)
            self.courier = courier or Courier(receivers_door(settings), self.clock)
            self.dispatcher = Dispatcher(self.database, self.courier, self.vault, self.clock, self._executor)
            self.service = Service(
                self.database,
                self.storage,
                self._studio,
                self._production,
                _catalog(settings, providers, configuration),
                self.clock,
                pace=Pace(settings.requests_per_minute),
                queue_limit=settings.queue_limit,
                listeners_limit=settings.listeners_limit,
                min_free_bytes=settings.min_free_bytes,
                caps=_caps(settings, providers),
                allow_cross_provider=settings.allow_cross_provider,
                links=self.links,
                rehearsal_speed=settings.rehearsal_speed,
                has_links=bool(settings.public_url),
                composer="" if self._composer is None else self._composer.host,
                fetching=Fetching(self.door if settings.fetch_references else None, settings.max_body_bytes),
                webhooks=Webhooks(self.database, self.courier, self.vault, self.clock),
            )
            for warning in warnings_of(self.service.catalog.models.values(), self.clock.now()):
                log.warning("a model ends", **warning)
            on_error.pop_all()

    async def prove_storage(self) -> None:
        """ConfigurationError when the storage will never have us.

        One that is only out of reach may come back: the server starts, says so, and the work waits.
        """
        try:
            await self.storage.check()
        except StorageRefused as error:
            raise ConfigurationError(f"Setting 'storage' is {self.settings.storage!r}: {error.message}") from None
        except StorageUnavailable as error:
            log.error("the storage is out of reach", reason=error.message)

    def asgi(self, on_started: Callable[[], None] = lambda: None) -> ASGIApp:
        """The HTTP application, of a worker only its probes; the engine runs from its lifespan's start to its end."""

        @asynccontextmanager
        async def lifespan(_app: object) -> AsyncIterator[None]:
            async with self.running():
                on_started()
                yield

        if self._role == "worker":
            return build_probes(self.service, lifespan)
        limits = Limits(body_bytes=self.settings.max_body_bytes)
        return build_dialect(
            self.service,
            limits,
            self.clock,
            cors_origins=self.settings.origins,
            with_created=self.settings.created_field,
            lifespan=lifespan,
            inside=self._page(limits) if self.settings.page else (),
        )

    def _page(self, limits: Limits) -> list[Middleware]:
        hosts = hosts_of(self.settings.host, self.settings.is_loopback, self.settings.public_url)
        page = build_page(self.service, self.database, self.clock, download, hosts, limits.body_bytes)
        return [Middleware(Front, page=page)]

    def admin(self) -> ASGIApp:
        """What operators are shown, to be served on a port of its own."""
        circuits = self._production.circuits
        return build_admin(self.database, circuits, self.clock, self.vault, self.settings.admin_hosts)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """The engine at work, without or below the HTTP application."""
        try:
            await self.links.open()
            await self.storage.sweep()
            await self._production.start()
            async with at_work(self.dispatcher.run()):
                yield
        finally:
            await self._production.stop()
            await self.courier.aclose()
            await self.door.aclose()
            await self.database.leave_loop()

    def stop_waiting(self) -> None:
        """Answer those who wait for a change at once, because the server stops."""
        self.database.changes.close()
        self.service.feed.close()

    def close(self) -> None:
        """Give the data folder and the database back."""
        self._held.close()

    def _open(self, url: str, on_lost: Callable[[], None]) -> Database:
        """Take what one process at a time may have, and give it back in `close` in the other order."""
        file = file_of(url)
        folders = {self.settings.data_dir.absolute()} | ({file.parent.absolute()} if file else set())
        with ExitStack() as taken:
            for folder in sorted(folders):
                taken.callback(DataFolderLock(folder).release)
            database = open_database(url)
            taken.callback(database.close)
            if file is None:
                taken.callback(self._lease(url, database, on_lost))
            elif self._role != "server":
                raise ConfigurationError(ONE_PROCESS)
            self._held = taken.pop_all()
        return database

    def _lease(self, url: str, database: Database, on_lost: Callable[[], None]) -> Callable[[], None]:
        """Join the processes on this database; what leaves them again."""
        from mutoscope.database.lease import Lease
        from mutoscope.database.postgres import PostgresDatabase

        assert isinstance(database, PostgresDatabase)
        check_tables(database)
        executor = executor_of(self.settings.data_dir, self.settings.storage, self._role)
        lease = Lease(url, executor, on_lost, self.settings.lease_seconds)
        database.fence(lease)
        self._executor = executor.id
        self._lease_is_over = lease.is_over
        return lease.release

    def _make(self, maker: ProviderMaker) -> Provider:
        def on_change(upstream_id: str) -> None:
            self._production.poller.nudge(provider.name, upstream_id)

        provider = maker(on_change)
        return provider

    def _configured(self, configuration: Configuration) -> Iterable[Provider]:
        for provider, credential in configuration.accounts:
            yield provider.make(credential, self.door, self.clock)

    def _engine(self, providers: Sequence[Provider], configuration: Configuration) -> Production:
        by_name = {provider.name: provider for provider in providers}
        slots = self.settings.flipbook_slots
        limits = {**dict.fromkeys(by_name, slots), instant.NAME: INSTANT_IN_HAND, REHEARSAL: REHEARSALS_IN_HAND}
        limits = {name: limits[name] for name in by_name}
        limits |= {credential.account: provider.concurrency for provider, credential in configuration.accounts}
        paces = {credential.account: provider.submits_per_minute for provider, credential in configuration.accounts}
        desk = Desk(
            self.database,
            self.storage,
            self._studio,
            by_name,
            Slots(limits),
            self.clock,
            self.settings.retention_seconds,
            self._executor,
            pacing=Pacing(paces),
            recoveries=_recoveries(self.settings, providers, configuration),
            lease_is_over=self._lease_is_over,
            public_url=self.settings.public_url,
            work=self.settings.data_dir / "work",
            link_to=self.links.to,
            composer=self._composer,
        )
        return Production(
            desk,
            DbosQueue(self.database, self._executor),
            limits,
            self.settings.data_dir / "work",
            works=self._role != "api",
            has_others=self._executor != EMBEDDED,
        )


@asynccontextmanager
async def at_work(work: Coroutine[Any, Any, None]) -> AsyncIterator[None]:
    """Something that runs for ever, as long as the block does."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def vault_of(settings: Settings, executor: str = EMBEDDED) -> Vault:
    """What seals signing secrets. Only the one process that has its folder alone may keep a key there."""
    return Vault(settings.secret_key, settings.data_dir if executor == EMBEDDED else None)


def receivers_door(settings: Settings) -> Door:
    """The way to the receivers of webhooks, whose names are looked up apart from all else."""
    return Door(settings.webhook_receivers, lookup=Lookups(NAMES_AT_ONCE))


def database_url(settings: Settings) -> str:
    """The address of the database: of the one that is set, or of the file in the data folder."""
    return settings.database or address_of(settings.data_dir / FILE_NAME)


def migrate_all(url: str) -> int:
    """Bring a database to this version's schema, the task queue's tables too; the schema's number."""
    if file_of(url) is None:
        check_server(url)
    number = migrate(url)
    database = open_database(url)
    try:
        migrate_tables(database)
    finally:
        database.close()
    return number


def built_in(settings: Settings, clock: Clock) -> list[ProviderMaker]:
    """The engines of this machine, which play test cases, with their files under the data folder."""

    def flipbook(on_change: OnChange) -> Provider:
        provider = FlipbookProvider(
            settings.data_dir / "renders",
            slots=settings.flipbook_slots,
            on_change=on_change,
            spare_seconds=settings.flipbook_spare_seconds,
        )
        return StagedProvider(provider, clock)

    def flipbook_instant(on_change: OnChange) -> Provider:
        return StagedProvider(InstantProvider(settings.data_dir / "cards", on_change), clock)

    def local(on_change: OnChange) -> Provider:
        return StagedProvider(LocalProvider(settings.data_dir / "changes", on_change=on_change), clock)

    return [flipbook, flipbook_instant, local]


def rehearsals(settings: Settings, clock: Clock) -> Provider:
    """The engine that rehearses every model of the server. Drawn in a queue of its own, beside flipbook's videos."""
    drawing = FlipbookProvider(settings.data_dir / "rehearsals", spare_seconds=settings.flipbook_spare_seconds)
    return StagedProvider(RehearsalProvider(drawing, clock), clock)


def composer(settings: Settings) -> ChatComposer | None:
    """The chat model that puts words together, if one is set."""
    if not settings.composer_url:
        return None
    variable = settings.composer_key_env
    if variable and not os.environ.get(variable):
        raise ConfigurationError(
            f"Setting 'composer_key_env' is {variable!r}; allowed: a variable that is set. This one is not."
        )
    return ChatComposer(settings.composer_url, settings.composer_model, os.environ[variable] if variable else "")


def _secrets(settings: Settings, configuration: Configuration) -> list[str]:
    """What no log line may hold, whoever writes it."""
    password = urlsplit(settings.database).password or ""
    composer_key = os.environ.get(settings.composer_key_env, "") if settings.composer_key_env else ""
    own = (password, composer_key, settings.secret_key)
    return [*own, *(credential.secret for _, credential in configuration.accounts)]


def _caps(settings: Settings, providers: Sequence[Provider]) -> list[Cap]:
    """The server's own caps. A paid model without a daily one is refused: a loop in the night must have an end."""
    paid = dict.fromkeys(model.name for provider in providers for model in provider.models if model.is_paid)
    if paid and not settings.budget_per_day:
        raise ConfigurationError(
            f"Setting 'budget_per_day' is 0, but these models cost money: {', '.join(paid)}. Allowed: more than 0, in "
            "USD: MUTOSCOPE_BUDGET_PER_DAY=10 in the environment, or budget_per_day = 10 in the file of settings."
        )
    limits = {Period.DAY: settings.budget_per_day, Period.MONTH: settings.budget_per_month}
    return [Cap("server", period, in_millionths(limit)) for period, limit in limits.items() if limit]


def _recoveries(settings: Settings, providers: Sequence[Provider], configuration: Configuration) -> dict[str, Recovery]:
    """What holds for lost submissions by account: its provider's word, unless the operator prefers another."""
    choices = settings.unknown_choices
    offering = [provider.name for provider in providers if provider.models]
    names = {name for account in offering for name in (account, provider_of(account))}
    if unknown := sorted(choices.keys() - {"", *names}):
        allowed = ", ".join(sorted(names))
        raise ConfigurationError(
            f"Setting 'on_unknown' names {unknown[0]!r}, which is no provider here; allowed: {allowed}."
        )
    return {provider.name: _recovery(settings, provider, configuration) for provider in providers}


def _recovery(settings: Settings, provider: Provider, configuration: Configuration) -> Recovery:
    """The nearest word counts: the setting's for the account or its provider, the file's, the setting's for all."""
    told, choices = configuration.of_account(provider.name), settings.unknown_choices
    named = (choices.get(name) for name in (provider.name, provider_of(provider.name)))
    on_unknown = next(filter(None, (*named, told and told.on_unknown, choices.get(""))), "")
    return provider.recovery.preferring((told and told.unknown_deadline) or settings.unknown_deadline, on_unknown)


def _catalog(settings: Settings, providers: Sequence[Provider], configuration: Configuration) -> Catalog:
    models = [model for provider in providers for model in provider.models]
    names = sorted({model.name for model in models})
    if settings.default_model not in names:
        raise ConfigurationError(f"Setting 'default_model' is {settings.default_model!r}; allowed: {', '.join(names)}.")
    return Catalog.of(models, settings.default_model, settings.sora_alias, configuration.aliases)
