"""The routes of webhook endpoints: the dialect's own eight, and those that tell what became of deliveries."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import Response

from mutoscope.dialect.bodies import read_fields
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.multipart import Part
from mutoscope.dialect.pages import read_page_query
from mutoscope.dialect.schema import (
    DeletedWebhookEndpoint,
    WebhookDeliveryList,
    WebhookEndpointList,
    WebhookEventTypeList,
    WebhookReplay,
    WebhookTest,
    delivery_object,
    endpoint_object,
    endpoint_with_secret,
)
from mutoscope.dialect.values import bounded_text, flag, invalid_type, missing, required_text
from mutoscope.service.requests import Caller
from mutoscope.service.use_cases import Service
from mutoscope.service.webhooks import NAME_MAX_CHARACTERS, NewEndpoint, Webhooks

MOST_TYPES = 64

Handler = Callable[[Request], Awaitable[Response]]
Authenticate = Callable[[Request], Awaitable[Caller]]


class WebhookHandlers:
    """The route functions. authenticate: called before anything else of a request is looked at."""

    def __init__(self, service: Service, limits: Limits, authenticate: Authenticate) -> None:
        self._service = service
        self._limits = limits
        self._caller = authenticate

    @property
    def _webhooks(self) -> Webhooks:
        return self._service.webhooks

    async def create(self, request: Request) -> Response:
        caller = await self._caller(request)
        new = new_endpoint(await read_fields(request, self._limits))
        for name, value in (("name", new.name), ("url", new.url), ("event_types", new.event_types)):
            if value is None:
                raise missing(name)
        return _json(endpoint_with_secret(await self._webhooks.create(caller, new)))

    async def list(self, request: Request) -> Response:
        caller = await self._caller(request)
        query = read_page_query(request.query_params)
        found, has_more = await self._webhooks.list(caller, after=query.after, limit=query.limit)
        objects = [endpoint_object(one) for one in found]
        first, last = (objects[0].id, objects[-1].id) if objects else (None, None)
        return _json(WebhookEndpointList(data=objects, first_id=first, last_id=last, has_more=has_more))

    async def retrieve(self, request: Request) -> Response:
        caller = await self._caller(request)
        return _json(endpoint_object(await self._webhooks.retrieve(caller, _id(request))))

    async def update(self, request: Request) -> Response:
        caller = await self._caller(request)
        endpoint_id = _id(request)
        new = new_endpoint(await read_fields(request, self._limits))
        return _json(endpoint_object(await self._webhooks.update(caller, endpoint_id, new)))

    async def delete(self, request: Request) -> Response:
        caller = await self._caller(request)
        endpoint_id = _id(request)
        await self._webhooks.delete(caller, endpoint_id)
        return _json(DeletedWebhookEndpoint(endpoint_id))

    async def rotate(self, request: Request) -> Response:
        caller = await self._caller(request)
        endpoint_id = _id(request)
        fields = await read_fields(request, self._limits)
        keep = flag(fields, "keep_old_secret_active_for_24_hours") or False
        return _json(endpoint_with_secret(await self._webhooks.rotate(caller, endpoint_id, keep=keep)))

    async def test(self, request: Request) -> Response:
        caller = await self._caller(request)
        endpoint_id = _id(request)
        event_type = required_text(await read_fields(request, self._limits), "event_type")
        status = await self._webhooks.test(caller, endpoint_id, event_type)
        return _json(WebhookTest(event_type=event_type, status_code=status, webhook_endpoint_id=endpoint_id))

    async def types(self, request: Request) -> Response:
        await self._caller(request)
        return _json(WebhookEventTypeList(data=[str(each) for each in self._webhooks.event_types]))

    async def deliveries(self, request: Request) -> Response:
        caller = await self._caller(request)
        query = read_page_query(request.query_params)
        found, has_more = await self._webhooks.deliveries(caller, _id(request), after=query.after, limit=query.limit)
        objects = [delivery_object(one) for one in found]
        first, last = (objects[0].id, objects[-1].id) if objects else (None, None)
        return _json(WebhookDeliveryList(data=objects, first_id=first, last_id=last, has_more=has_more))

    async def replay(self, request: Request) -> Response:
        caller = await self._caller(request)
        delivery_id: str = request.path_params["delivery_id"]
        if not delivery_id.strip():
            raise missing("delivery_id")
        return _json(delivery_object(await self._webhooks.replay(caller, _id(request), delivery_id)))

    async def replay_dead(self, request: Request) -> Response:
        caller = await self._caller(request)
        endpoint_id = _id(request)
        replayed = await self._webhooks.replay_dead(caller, endpoint_id)
        return _json(WebhookReplay(webhook_endpoint_id=endpoint_id, replayed=replayed))

    def table(self, prefix: str) -> dict[str, dict[str, Handler]]:
        """The handlers by path and method."""
        endpoint = f"{prefix}/webhook_endpoints/{{webhook_endpoint_id:segment}}"
        return {
            f"{prefix}/webhook_endpoints": {"GET": self.list, "POST": self.create},
            f"{prefix}/webhook_event_types": {"GET": self.types},
            endpoint: {"GET": self.retrieve, "POST": self.update, "DELETE": self.delete},
            f"{endpoint}/rotate_secret": {"POST": self.rotate},
            f"{endpoint}/test": {"POST": self.test},
            f"{endpoint}/replay": {"POST": self.replay_dead},
            f"{endpoint}/deliveries": {"GET": self.deliveries},
            f"{endpoint}/deliveries/{{delivery_id:segment}}/replay": {"POST": self.replay},
        }


def new_endpoint(fields: Mapping[str, Any]) -> NewEndpoint:
    """What is asked for, types judged. An explicit null counts as not given."""
    return NewEndpoint(
        bounded_text(fields, "name", NAME_MAX_CHARACTERS), bounded_text(fields, "url", 4096), _types(fields)
    )


def _types(fields: Mapping[str, Any]) -> tuple[str, ...] | None:
    value = fields.get("event_types")
    if value is None:
        return None
    entries = value if isinstance(value, list) else [value]
    words = [entry.text() if isinstance(entry, Part) and entry.filename is None else entry for entry in entries]
    types = tuple(dict.fromkeys(word for word in words if isinstance(word, str)))
    if len(words) > MOST_TYPES or not all(isinstance(word, str) for word in words):
        raise invalid_type("event_types", f"a list of at most {MOST_TYPES} strings", value)
    return types


def _id(request: Request) -> str:
    endpoint_id: str = request.path_params["webhook_endpoint_id"]
    if not endpoint_id.strip():
        raise missing("webhook_endpoint_id")
    return endpoint_id


def _json(answer: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")
