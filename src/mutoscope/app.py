"""The composition root: from settings to a running server. It knows everybody and is known only to the CLI."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.types import ASGIApp

from mutoscope.access.pace import Pace
from mutoscope.clock import Clock, SystemClock
from mutoscope.database.connection import FILE_NAME, Database, DataFolderLock
from mutoscope.database.migrate import migrate
from mutoscope.dialect.application import build as build_dialect
from mutoscope.dialect.limits import Limits
from mutoscope.domain.catalog import Catalog
from mutoscope.domain.errors import ConfigurationError
from mutoscope.engine.dbos import DbosQueue
from mutoscope.engine.desk import Desk
from mutoscope.engine.pacing import Slots
from mutoscope.engine.production import Production
from mutoscope.media.studio import Studio
from mutoscope.providers.flipbook import FlipbookProvider
from mutoscope.providers.protocol import Provider
from mutoscope.service.use_cases import Service
from mutoscope.settings import Settings
from mutoscope.storage.local import LocalStorage

OnChange = Callable[[str], None]
ProviderMaker = Callable[[OnChange], Provider]


class Mutoscope:
    """One server on one data folder, which it holds alone from here to `close`.

    makers: builders of the providers; each is given the function to call with an upstream id when something
    changed there. Without any, flipbook alone is offered. studio: who judges uploads and derives stills.
    """

    def __init__(
        self,
        settings: Settings,
        makers: Sequence[ProviderMaker] | None = None,
        clock: Clock | None = None,
        studio: Studio | None = None,
    ) -> None:
        self.settings = settings
        self.clock = clock or SystemClock()
        self._lock = DataFolderLock(settings.data_dir)
        self.database = open_database(settings.data_dir / FILE_NAME)
        self.storage = LocalStorage(settings.data_dir / "storage")
        self._studio = studio or Studio()
        providers = [self._make(maker) for maker in makers or [flipbook_maker(settings)]]
        self._production = self._engine(providers)
        self.service = Service(
            self.database,
            self.storage,
            self._studio,
            self._production,
            _catalog(settings, providers),
            self.clock,
            pace=Pace(settings.requests_per_minute),
            queue_limit=settings.queue_limit,
            min_free_bytes=settings.min_free_bytes,
        )

    def asgi(self, on_started: Callable[[], None] = lambda: None) -> ASGIApp:
        """The HTTP application; the engine runs from its lifespan's start to its end."""

        @asynccontextmanager
        async def lifespan(_app: object) -> AsyncIterator[None]:
            try:
                await self.storage.sweep()
                await self._production.start()
                on_started()
                yield
            finally:
                await self._production.stop()

        limits = Limits(body_bytes=self.settings.max_body_bytes)
        return build_dialect(
            self.service,
            limits,
            self.clock,
            cors_origins=self.settings.origins,
            with_created=self.settings.created_field,
            lifespan=lifespan,
        )

    def stop_waiting(self) -> None:
        """Answer those who wait for a change at once, because the server stops."""
        self.database.changes.close()

    def close(self) -> None:
        """Give the data folder back."""
        self.database.close()
        self._lock.release()

    def _make(self, maker: ProviderMaker) -> Provider:
        def on_change(upstream_id: str) -> None:
            self._production.poller.nudge(provider.name, upstream_id)

        provider = maker(on_change)
        return provider

    def _engine(self, providers: Sequence[Provider]) -> Production:
        by_name = {provider.name: provider for provider in providers}
        limits = dict.fromkeys(by_name, self.settings.flipbook_slots)
        desk = Desk(
            self.database,
            self.storage,
            self._studio,
            by_name,
            Slots(limits),
            self.clock,
            self.settings.retention_seconds,
        )
        return Production(desk, DbosQueue(self.database), limits, self.settings.data_dir / "work")


def open_database(path: Path) -> Database:
    """The database in this file, brought to this version's schema."""
    migrate(path)
    return Database(path)


def flipbook_maker(settings: Settings) -> ProviderMaker:
    """Flipbook on this machine, with its files under the data folder."""

    def make(on_change: OnChange) -> Provider:
        return FlipbookProvider(
            settings.data_dir / "renders",
            slots=settings.flipbook_slots,
            on_change=on_change,
            spare_seconds=settings.flipbook_spare_seconds,
        )

    return make


def _catalog(settings: Settings, providers: Sequence[Provider]) -> Catalog:
    models = [model for provider in providers for model in provider.models]
    names = sorted(model.name for model in models)
    if settings.default_model not in names:
        raise ConfigurationError(f"Setting 'default_model' is {settings.default_model!r}; allowed: {', '.join(names)}.")
    return Catalog.of(models, settings.default_model, settings.sora_alias)
