"""Webhook endpoints: whom the tenant's events are sent to, what became of them, and sending again."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.errors import (
    CallerError,
    EndpointNotFound,
    MutoscopeError,
    NotAuthenticated,
    SecretKeyMissing,
    TooManyRequests,
)
from mutoscope.gallery.endpoint_forms import EndpointForm, fate, filled, form_of, new_endpoint
from mutoscope.gallery.rooms import Room, Visit, redirect
from mutoscope.service.webhooks import MOST_ENDPOINTS, Delivery, Endpoint, NewEndpoint

PATH = "/settings/webhooks"
DELIVERIES = 20
KEY_MISSING = "This server has no key to keep signing secrets with. Its operator sets MUTOSCOPE_SECRET_KEY."
# What is beyond a form's answer: who asks, how often, and for what.
NOT_OURS = (NotAuthenticated, TooManyRequests, EndpointNotFound)


@dataclass(frozen=True, slots=True)
class Row:
    """An endpoint in the list, with the last that was or will be sent to it."""

    endpoint: Endpoint
    last: Delivery | None


def path_of(endpoint_id: str) -> str:
    return f"/page/webhooks/{endpoint_id}"


def routes(room: Room) -> list[Route]:
    pages = _Endpoints(room)
    path = path_of("{endpoint_id}")
    deeds = {
        "enable": pages.enable,
        "rotate": pages.rotate,
        "test": pages.test,
        "replay": pages.replay,
        "delete": pages.delete,
    }
    return [
        room.route(PATH, GET=pages.all, POST=pages.create),
        room.route(path, GET=pages.show, POST=pages.change),
        *(room.route(f"{path}/{name}", GET=pages.back, POST=deed) for name, deed in deeds.items()),
    ]


class _Endpoints:
    def __init__(self, room: Room) -> None:
        self._room = room
        self._webhooks = room.service.webhooks

    async def all(self, visit: Visit) -> Response:
        return await self._list(visit, EndpointForm())

    async def create(self, visit: Visit) -> Response:
        try:
            made = await self._webhooks.create(visit.caller, new_endpoint(visit.fields))
        except NOT_OURS:
            raise
        except CallerError as error:
            return await self._list(visit, filled(visit.fields, error), 400)
        except SecretKeyMissing:
            return await self._list(visit, EndpointForm(), 503)
        return await self._on(visit, made.id, secret=made.secret or "", said="The endpoint is made.")

    async def show(self, visit: Visit) -> Response:
        return await self._page(visit)

    async def back(self, visit: Visit) -> Response:
        """A form's address opened as a page: after signing in anew, or from the history."""
        return redirect(path_of(_id(visit)))

    async def change(self, visit: Visit) -> Response:
        try:
            await self._webhooks.update(visit.caller, _id(visit), new_endpoint(visit.fields))
        except NOT_OURS:
            raise
        except CallerError as error:
            return await self._page(visit, filled(visit.fields, error))
        return await self._on(visit, _id(visit), said="Saved.")

    async def enable(self, visit: Visit) -> Response:
        await self._webhooks.update(visit.caller, _id(visit), NewEndpoint())
        return await self._on(visit, _id(visit), said="The endpoint is used again.")

    async def rotate(self, visit: Visit) -> Response:
        try:
            made = await self._webhooks.rotate(visit.caller, _id(visit), keep="keep" in visit.fields)
        except SecretKeyMissing:
            return await self._page(visit, problem=KEY_MISSING)
        return await self._on(visit, made.id, secret=made.secret or "", said="The secret is changed.")

    async def test(self, visit: Visit) -> Response:
        event_type = visit.fields.get("event_type", "")
        try:
            status = await self._webhooks.test(visit.caller, _id(visit), event_type)
        except NOT_OURS:
            raise
        except (CallerError, SecretKeyMissing) as error:
            return await self._page(visit, test_error=_words(error))
        taken = "The endpoint took" if 200 <= status < 300 else "The endpoint did not take"
        return await self._on(visit, _id(visit), said=f"{taken} the test event: it answered {status}.")

    async def replay(self, visit: Visit) -> Response:
        """One delivery, or everything that was given up."""
        delivery_id = visit.fields.get("delivery")
        try:
            if delivery_id is not None:
                await self._webhooks.replay(visit.caller, _id(visit), delivery_id)
                return await self._on(visit, _id(visit), said="It is sent again.")
            count = await self._webhooks.replay_dead(visit.caller, _id(visit))
        except NOT_OURS:
            raise
        except CallerError as error:
            return await self._page(visit, problem=error.message)
        said = f"{count} {'event is' if count == 1 else 'events are'} sent again."
        return await self._on(visit, _id(visit), said=said)

    async def delete(self, visit: Visit) -> Response:
        await self._webhooks.delete(visit.caller, _id(visit))
        response = redirect(PATH)
        await self._room.flashes.leave(visit.request, response, visit.caller.key_id, PATH, said="It is deleted.")
        return response

    async def _on(self, visit: Visit, endpoint_id: str, *, said: str, secret: str = "") -> Response:
        """To the endpoint's page, which says this once."""
        response = redirect(path_of(endpoint_id))
        await self._room.flashes.leave(
            visit.request, response, visit.caller.key_id, endpoint_id, said=said, secret=secret
        )
        return response

    async def _list(self, visit: Visit, form: EndpointForm, status: int = 200) -> Response:
        found, _ = await self._webhooks.list(visit.caller, after=None, limit=MOST_ENDPOINTS)
        rows = [Row(endpoint, await self._last(visit, endpoint)) for endpoint in found]
        return await self._answer(
            visit,
            "endpoints.html",
            PATH,
            status,
            rows=rows,
            form=form,
            tenant=visit.caller.tenant,
            key_missing="" if self._webhooks.can_seal else KEY_MISSING,
        )

    async def _last(self, visit: Visit, endpoint: Endpoint) -> Delivery | None:
        found, _ = await self._webhooks.deliveries(visit.caller, endpoint.id, after=None, limit=1)
        return found[0] if found else None

    async def _page(
        self, visit: Visit, form: EndpointForm | None = None, *, problem: str = "", test_error: str = ""
    ) -> Response:
        """One endpoint. form: as it was sent, where something is wrong with it; likewise the others."""
        endpoint = await self._webhooks.retrieve(visit.caller, _id(visit))
        after = visit.request.query_params.get("after")
        deliveries, has_more = await self._webhooks.deliveries(visit.caller, endpoint.id, after=after, limit=DELIVERIES)
        return await self._answer(
            visit,
            "endpoint.html",
            endpoint.id,
            400 if form or problem or test_error else 200,
            endpoint=endpoint,
            form=form or form_of(endpoint),
            problem=problem,
            test_error=test_error,
            deliveries=deliveries,
            has_dead=any(delivery.state == "dead" for delivery in deliveries),
            newest=path_of(endpoint.id) if after else "",
            older=f"{path_of(endpoint.id)}?after={deliveries[-1].id}#deliveries" if has_more else "",
        )

    async def _answer(self, visit: Visit, template: str, about: str, status: int, **values: object) -> Response:
        flash = await self._room.flashes.read(visit.request, visit.caller.key_id, about)
        types = self._webhooks.event_types
        response = self._room.look.page(
            template, visit.request, status, flash=flash, event_types=types, fate=fate, **values
        )
        if flash is not None:
            self._room.flashes.drop(visit.request, response)
        return response


def _id(visit: Visit) -> str:
    return visit.request.path_params["endpoint_id"]


def _words(error: MutoscopeError) -> str:
    return error.message if isinstance(error, CallerError) else KEY_MISSING
