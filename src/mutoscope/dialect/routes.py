"""The routes: one short function each, from parsing through the service to rendering."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import msgspec
from starlette.convertors import Convertor, register_url_convertor
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route

from mutoscope.clock import Clock, SystemClock
from mutoscope.dialect.bodies import read_fields
from mutoscope.dialect.content import download, read_variant
from mutoscope.dialect.credentials import secret_of
from mutoscope.dialect.fields import missing, new_remix, new_video
from mutoscope.dialect.limits import Limits
from mutoscope.dialect.pages import read_page_query, video_list
from mutoscope.dialect.paths import unescaped
from mutoscope.dialect.polling import poll_after
from mutoscope.dialect.probes import probes
from mutoscope.dialect.schema import DeletedVideo, ModelList, model_object, video_object
from mutoscope.domain.errors import ModelNotFound, RouteNotFound, VideoNotFound
from mutoscope.domain.video import Video, is_wellformed_id
from mutoscope.service import Caller, Page, Service

# The same handlers answer with the same bytes under each.
PREFIXES = ("/v1", "/v1/openai")

# Words of the dialect in the place of an id; a video is never looked up by one.
RESERVED = ("edits", "extensions", "characters")

Handler = Callable[[Request], Awaitable[Response]]


class _Segment(Convertor[str]):
    """One segment of a path that may be empty, so that a missing id can be told from an unknown URL."""

    regex = "[^/]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


class Handlers:
    """The route functions. Each authenticates first: before the id is looked at and before the body is read."""

    def __init__(self, service: Service, limits: Limits, clock: Clock) -> None:
        self._service = service
        self._limits = limits
        self._clock = clock

    async def create(self, request: Request) -> Response:
        caller = await self._caller(request)
        new = new_video(await read_fields(request, self._limits), self._limits)
        return self._single(await self._service.create(caller, new))

    async def remix(self, request: Request) -> Response:
        caller = await self._caller(request)
        source_id = _video_id(request)
        new = new_remix(await read_fields(request, self._limits), self._limits)
        return self._single(await self._service.remix(caller, source_id, new))

    async def list(self, request: Request) -> Response:
        caller = await self._caller(request)
        query = read_page_query(request.query_params)
        if query.finds_nothing:
            return _json(video_list(Page((), has_more=False)))
        page = await self._service.list(caller, after=query.after, limit=query.limit, descending=query.descending)
        return _json(video_list(page))

    async def retrieve(self, request: Request) -> Response:
        caller = await self._caller(request)
        return self._single(await self._service.retrieve(caller, _video_id(request)))

    async def delete(self, request: Request) -> Response:
        caller = await self._caller(request)
        video_id = _video_id(request)
        await self._service.delete(caller, video_id)
        return _json(DeletedVideo(video_id))

    async def content(self, request: Request) -> Response:
        caller = await self._caller(request)
        video_id = _video_id(request)
        variant = read_variant(request.query_params.get("variant"))
        return await download(request, video_id, await self._service.content(caller, video_id, variant))

    async def models(self, request: Request) -> Response:
        await self._caller(request)
        return _json(ModelList(data=[model_object(model) for model in self._service.catalog.models.values()]))

    async def model(self, request: Request) -> Response:
        await self._caller(request)
        try:
            resolved = self._service.catalog.resolve(unescaped(request.path_params["model"]))
        except ModelNotFound as error:
            # As a field an unknown model is a bad value, as a URL it is a thing that is not there.
            raise RouteNotFound(error.message, param="model", code=ModelNotFound.code) from None
        return _json(model_object(resolved.model))

    async def _caller(self, request: Request) -> Caller:
        return await self._service.authenticate(secret_of(request.headers))

    def _single(self, video: Video) -> Response:
        response = _json(video_object(video))
        if (milliseconds := poll_after(video, self._clock.now())) is not None:
            response.headers["openai-poll-after-ms"] = str(milliseconds)
        if video.notice:
            response.headers["mutoscope-notice"] = _header_safe(video.notice)
        return response


def routes(service: Service, limits: Limits, clock: Clock | None = None) -> list[BaseRoute]:
    """Every route of the dialect under every prefix, and the probes."""
    register_url_convertor("segment", _Segment())
    handlers = Handlers(service, limits, clock or SystemClock())
    return [*probes(service), *(route for prefix in PREFIXES for route in _under(prefix, handlers))]


def _under(prefix: str, handlers: Handlers) -> Sequence[BaseRoute]:
    video = f"{prefix}/videos/{{video_id:segment}}"
    return (
        _route(f"{prefix}/videos", GET=handlers.list, POST=handlers.create),
        *(_nowhere(f"{prefix}/videos/{word}") for word in RESERVED),
        _route(video, GET=handlers.retrieve, DELETE=handlers.delete),
        _route(f"{video}/content", GET=handlers.content),
        _route(f"{video}/remix", POST=handlers.remix),
        _route(f"{prefix}/models", GET=handlers.models),
        _route(f"{prefix}/models/{{model:path}}", GET=handlers.model),
    )


def _route(path: str, **handlers: Handler) -> Route:
    """One route for all methods of a path, so that a refusal's Allow header names them all."""

    async def dispatch(request: Request) -> Response:
        return await handlers["GET" if request.method == "HEAD" else request.method](request)

    return Route(path, dispatch, methods=list(handlers))


def _nowhere(path: str) -> Route:
    async def refuse(request: Request) -> Response:
        raise _unknown_url(request)

    return Route(path, refuse, methods=["GET", "POST", "PUT", "PATCH", "DELETE"])


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
