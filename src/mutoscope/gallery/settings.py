"""Settings: the tenant's keys, what is spent, the models with who verified them, the colours."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import CallerError, NotAllowed, NotAuthenticated
from mutoscope.domain.money import USD, UsageBy, UsageLine
from mutoscope.gallery.rooms import Room, Visit, redirect

PATH = "/settings"


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of this server, its models by name."""

    name: str
    models: tuple[ModelSpec, ...]


def routes(room: Room) -> list[Route]:
    pages = _Settings(room)
    return [
        room.route(PATH, GET=pages.show),
        room.route(f"{PATH}/keys", GET=pages.back, POST=pages.create_key),
        room.route(f"{PATH}/keys/revoke", GET=pages.back, POST=pages.revoke_key),
    ]


class _Settings:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def show(self, visit: Visit) -> Response:
        return await self._page(visit)

    async def back(self, _visit: Visit) -> Response:
        return redirect(PATH)

    async def create_key(self, visit: Visit) -> Response:
        """The secret goes to the next page, which shows it once; a reload makes no second key."""
        try:
            made = await self._room.service.own_keys.create(visit.caller, visit.fields.get("name", ""))
        except NotAuthenticated:
            raise
        except CallerError as error:
            return await self._page(visit, error=error)
        response = redirect(f"{PATH}#keys")
        await self._room.flashes.leave(visit.request, response, visit.caller.key_id, PATH, secret=made.secret)
        return response

    async def revoke_key(self, visit: Visit) -> Response:
        try:
            await self._room.service.own_keys.revoke(visit.caller, visit.fields.get("key", ""))
        except NotAuthenticated:
            raise
        except CallerError as error:
            return await self._page(visit, error=error)
        return redirect(f"{PATH}#keys")

    async def _page(self, visit: Visit, error: CallerError | None = None) -> Response:
        service, request = self._room.service, visit.request
        status = 200 if error is None else 403 if isinstance(error, NotAllowed) else 400
        flash = await self._room.flashes.read(request, visit.caller.key_id, PATH)
        response = self._room.look.page(
            "settings.html",
            request,
            status,
            keys=await service.own_keys.all(visit.caller),
            own_key=visit.caller.key_id,
            tenant=visit.caller.tenant,
            may_manage=await service.own_keys.may_manage(visit.caller),
            flash=flash,
            error=error,
            budget=await service.own_budget.lines(visit.caller),
            currency=_currency(service.catalog.models.values()),
            usage=await self._usage(visit),
            providers=_providers(service.catalog.models.values()),
            default_model=service.catalog.default,
        )
        if flash is not None:
            self._room.flashes.drop(request, response)
        return response

    async def _usage(self, visit: Visit) -> tuple[UsageLine, ...]:
        """By model, from the first of this month."""
        today = datetime.fromtimestamp(self._room.clock.now(), UTC).date()
        first = today.replace(day=1)
        return await self._room.service.usage(visit.caller, UsageBy.MODEL, first.isoformat(), today.isoformat())


def _providers(models: Iterable[ModelSpec]) -> list[Provider]:
    """The engines of this machine first."""
    found: dict[str, list[ModelSpec]] = {}
    for model in models:
        found.setdefault(model.provider, []).append(model)
    providers = [Provider(name, tuple(sorted(own, key=lambda model: model.name))) for name, own in found.items()]
    return sorted(providers, key=lambda provider: (not provider.models[0].is_own, provider.name))


def _currency(models: Iterable[ModelSpec]) -> str:
    return next((model.price.currency for model in models if model.price is not None), USD)
