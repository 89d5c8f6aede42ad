"""The routes: one short function each, from parsing through the service to rendering."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
import structlog
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mutoscope.clock import Clock, SystemClock
from mutoscope.correlation import asks_for
from mutoscope.dialect.allowance import allowance_headers
from mutoscope.dialect.attempts import attempt_of
from mutoscope.dialect.bodies import read_fields
from mutoscope.dialect.callbacks import callbacks
from mutoscope.dialect.content import download, read_variant
from mutoscope.dialect.credentials import secret_of
from mutoscope.dialect.event_streams import EventStreams
from mutoscope.dialect.fields import new_character, new_edit, new_extension, new_remix, new_video
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.openapi import reference
from mutoscope.dialect.pages import read_page_query, video_list
from mutoscope.dialect.paths import unescaped
from mutoscope.dialect.polling import poll_after
from mutoscope.dialect.probes import probes
from mutoscope.dialect.schema import (
    DeletedVideo,
    ModelList,
    ModelObject,
    character_object,
    lineage_object,
    model_object,
    plan_object,
    usage_summary,
    video_object,
)
from mutoscope.dialect.sources import sources
from mutoscope.dialect.usage import read_usage_query
from mutoscope.dialect.values import missing, read_flag
from mutoscope.dialect.waiting import asked, preferred
from mutoscope.dialect.webhooks import WebhookHandlers
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import InvalidRequest, ModelNotFound, RouteNotFound, ServerError, VideoNotFound
from mutoscope.domain.video import Video, is_wellformed_id
from mutoscope.service.requests import Caller, NewChange, NewExtension, NewVideo, Page
from mutoscope.service.use_cases import Service

log = structlog.get_logger(__name__)

# The same handlers answer with the same bytes under each: the original's and the bare one, the gateway's from which
# this API was started, and the two that Azure's clients use.
PREFIXES = ("/v1", "/v1/openai", "/openai/v1", "/openai", "")

# Words of the dialect in the place of an id; a video is never looked up by one.
RESERVED = ("edits", "extensions", "characters")

# On an answer that an earlier request had made already.
REPLAYED = "idempotent-replayed"

Handler = Callable[[Request], Awaitable[Response]]
Reader = Callable[[dict[str, Any]], NewVideo | NewChange | NewExtension]


class _Segment(Convertor[str]):
    """One segment of a path that may be empty, so that a missing id can be told from an unknown URL."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class Handlers:
    """The route functions. Each authenticates first: before the id is looked at and before the body is read."""

    def __init__(self, service: Service, limits: Limits, clock: Clock, with_created: bool) -> None:
        self._service = service
        self._limits = limits
        self._clock = clock
        self._with_created = with_created
        self._streams = EventStreams(with_created)

    async def create(self, request: Request) -> Response:
        return await self._make(request, "create", lambda fields: new_video(fields, self._limits))

    async def remix(self, request: Request) -> Response:
        caller = await self.caller(request)
        source_id = _video_id(request)
        read: Reader = lambda fields: new_remix(fields, source_id, self._limits)  # noqa: E731
        return await self._make(request, "remix", read, caller, source_id)

    async def edit(self, request: Request) -> Response:
        return await self._make(request, "edit", lambda fields: new_edit(fields, self._limits))

    async def extend(self, request: Request) -> Response:
        return await self._make(request, "extend", lambda fields: new_extension(fields, self._limits))

    async def create_character(self, request: Request) -> Response:
        caller = await self.caller(request)
        fields = await read_fields(request, self._limits)
        if read_flag(request.query_params, "dry_run"):
            raise InvalidRequest("A character has no plan and costs nothing; leave 'dry_run' out.", param="dry_run")
        attempt = attempt_of(request.headers, "character", "", fields)
        made = await self._service.create_character(caller, new_character(fields, self._limits), attempt)
        response = _json(character_object(made))
        if made.replayed:
            response.headers[REPLAYED] = "true"
        return response

    async def character(self, request: Request) -> Response:
        caller = await self.caller(request)
        character_id: str = request.path_params["character_id"]
        if not character_id.strip():
            raise missing("character_id")
        return _json(character_object(await self._service.retrieve_character(caller, character_id)))

    async def list(self, request: Request) -> Response:
        caller = await self.caller(request)
        query = read_page_query(request.query_params)
        if query.finds_nothing:
            return _json(video_list(Page((), has_more=False), self._with_created))
        page = await self._service.list(caller, after=query.after, limit=query.limit, descending=query.descending)
        return _json(video_list(page, self._with_created))

    async def retrieve(self, request: Request) -> Response:
        caller = await self.caller(request)
        video_id = _video_id(request)
        if (seconds := asked(request.query_params)) is not None:
            return self._single(await self._service.next_status(caller, video_id, seconds))
        return self._single(await self._service.retrieve(caller, video_id))

    async def delete(self, request: Request) -> Response:
        caller = await self.caller(request)
        video_id = _video_id(request)
        await self._service.delete(caller, video_id)
        return _json(DeletedVideo(video_id))

    async def content(self, request: Request) -> Response:
        caller = await self.caller(request)
        video_id = _video_id(request)
        variant = read_variant(request.query_params.get("variant"))
        content = await self._service.content(caller, video_id, variant)
        return await download(request, f"{video_id}.{variant.extension}", content)

    async def lineage(self, request: Request) -> Response:
        caller = await self.caller(request)
        return _json(lineage_object(await self._service.lineage(caller, _video_id(request))))

    async def events(self, request: Request) -> Response:
        caller = await self.caller(request)
        return await self._streams.answer(request, caller, self._service)

    async def video_events(self, request: Request) -> Response:
        caller = await self.caller(request)
        video = await self._service.retrieve(caller, _video_id(request))
        return await self._streams.answer(request, caller, self._service, video)

    async def usage(self, request: Request) -> Response:
        caller = await self.caller(request)
        query = read_usage_query(request.query_params, self._clock.now())
        return _json(usage_summary(query, await self._service.usage(caller, query.by, query.first, query.last)))

    async def models(self, request: Request) -> Response:
        await self.caller(request)
        return _json(ModelList(data=[self._model(model) for model in self._service.catalog.models.values()]))

    async def model(self, request: Request) -> Response:
        await self.caller(request)
        try:
            resolved = self._service.catalog.resolve(unescaped(request.path_params["model"]))
        except ModelNotFound as error:
            # As a field an unknown model is a bad value, as a URL it is a thing that is not there.
            raise RouteNotFound(error.message, param="model", code=ModelNotFound.code) from None
        return _json(self._model(resolved.model))

    def _model(self, model: ModelSpec) -> ModelObject:
        return model_object(model, self._service.catalog.names_of(model))

    async def _make(
        self, request: Request, verb: str, read: Reader, caller: Caller | None = None, path_id: str = ""
    ) -> Response:
        """What all create-type routes share: once for each request, planned only or waited for if so asked."""
        caller = caller or await self.caller(request)
        fields = await read_fields(request, self._limits)
        asks_for(str(fields.get("prompt", "")))
        attempt = attempt_of(request.headers, verb, path_id, fields)
        new = read(fields)
        if read_flag(request.query_params, "dry_run"):
            return _json(plan_object(await self._service.plan(caller, new)))
        made = await self._service.make(caller, new, attempt)
        seconds = preferred(request.headers)
        video = made.video if seconds is None else await self._submitted(caller, made.video, seconds)
        response = self._single(video)
        if made.replayed:
            response.headers[REPLAYED] = "true"
        if seconds is not None:
            response.headers["preference-applied"] = "wait"
        return response

    async def _submitted(self, caller: Caller, video: Video, seconds: float) -> Video:
        """The video once it was submitted. A fault of ours meanwhile does not undo that it was accepted."""
        try:
            return await self._service.submitted(caller, video.id, seconds)
        except ServerError:
            log.exception("a video was accepted, and could not be waited for", video_id=video.id)
            return video

    async def caller(self, request: Request) -> Caller:
        """Who asks."""
        caller = await self._service.authenticate(secret_of(request.headers))
        if caller.allowance is not None:
            request.state.answer_headers = allowance_headers(caller.allowance)
        return caller

    def _single(self, video: Video) -> Response:
        response = _json(video_object(video, with_created=self._with_created))
        if (milliseconds := poll_after(video, self._clock.now())) is not None:
            response.headers["openai-poll-after-ms"] = str(milliseconds)
        if video.notice:
            response.headers["mutoscope-notice"] = _header_safe(video.notice)
        return response


def routes(
    service: Service, limits: Limits, clock: Clock | None = None, *, with_created: bool = False
) -> list[BaseRoute]:
    """Every route of the dialect under every prefix, the probes, those for upstreams and the reference.

    with_created: see `video_object`.
    """
    register_url_convertor("segment", _Segment())
    handlers = Handlers(service, limits, clock or SystemClock(), with_created)
    for_upstreams = [*callbacks(service, limits), *sources(service)]
    own = [*probes(service), *for_upstreams, *reference(service.catalog, limits, PREFIXES)]
    webhooks = WebhookHandlers(service, limits, handlers.caller)
    return [
        *own,
        *(route for prefix in PREFIXES for route in _under(prefix, handlers)),
        *(_route(path, **made) for prefix in PREFIXES for path, made in webhooks.table(prefix).items()),
    ]


def _under(prefix: str, handlers: Handlers) -> Sequence[BaseRoute]:
    video = f"{prefix}/videos/{{video_id:segment}}"
    return (
        _route(f"{prefix}/videos", GET=handlers.list, POST=handlers.create),
        _route(f"{prefix}/videos/edits", POST=handlers.edit),
        _route(f"{prefix}/videos/extensions", POST=handlers.extend),
        _route(f"{prefix}/videos/characters", POST=handlers.create_character),
        _route(f"{prefix}/videos/characters/{{character_id:segment}}", GET=handlers.character),
        _route(video, GET=handlers.retrieve, DELETE=handlers.delete),
        _route(f"{video}/content", GET=handlers.content),
        _route(f"{video}/remix", POST=handlers.remix),
        _route(f"{video}/lineage", GET=handlers.lineage),
        _route(f"{video}/events", GET=handlers.video_events),
        _route(f"{prefix}/events", GET=handlers.events),
        _route(f"{prefix}/usage", GET=handlers.usage),
        _route(f"{prefix}/models", GET=handlers.models),
        _route(f"{prefix}/models/{{model:path}}", GET=handlers.model),
    )


def _route(path: str, **handlers: Handler) -> Route:
    """One route for all methods of a path, so that a refusal's Allow header names them all."""

    async def dispatch(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, dispatch, methods=list(handlers))


def _video_id(request: Request) -> str:
    """The id in the path. A missing one is the caller's mistake; a malformed one is nobody's video."""
    video_id: str = request.path_params["video_id"]
    if not video_id.strip():
        raise missing("video_id")
    if video_id in RESERVED:
        raise _unknown_url(request)
    if not is_wellformed_id(video_id):
        raise VideoNotFound(f"Video with id '{video_id[:128]}' not found.", param="video_id")
    return video_id


def _unknown_url(request: Request) -> RouteNotFound:
    return RouteNotFound(f"Invalid URL ({request.method} {request.scope['path'][:200]})")


def _json(answer: msgspec.Struct) -> Response:
    return Response(msgspec.json.encode(answer), media_type="application/json")


def _header_safe(text: str) -> str:
    return " ".join(text.encode("ascii", errors="replace").decode("ascii").split())
