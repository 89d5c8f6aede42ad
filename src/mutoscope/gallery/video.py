"""One video: seen, explained, remixed, deleted."""

from __future__ import annotations

from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.catalog import Capability
from mutoscope.domain.errors import CallerError, NotAuthenticated, VideoNotFound
from mutoscope.domain.lifecycle import State
from mutoscope.domain.test_cases import OPTION
from mutoscope.domain.video import Failure, Operation, Video
from mutoscope.gallery.advice import advice
from mutoscope.gallery.forms import attempt_of
from mutoscope.gallery.reading import reading
from mutoscope.gallery.remixing import RemixForm, empty_form, filled_form, form_again, new_remix
from mutoscope.gallery.repeating import repeating
from mutoscope.gallery.rooms import Room, Visit, redirect

CANCELLED = Failure("cancelled", "The video was cancelled before its end.")
# In an address, of the video that is to be asked for once more.
AGAIN = "again"
UNTOLD = Failure("internal_error", "The video failed.")


def path_of(video_id: str) -> str:
    return f"/page/videos/{video_id}"


def routes(room: Room) -> list[Route]:
    pages = _Video(room)
    path = path_of("{video_id}")
    return [
        room.route(path, GET=pages.show),
        room.route(f"{path}/remix", GET=pages.back, POST=pages.remix),
        room.route(f"{path}/delete", GET=pages.back, POST=pages.delete),
    ]


class _Video:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def show(self, visit: Visit) -> Response:
        """`again` in the address: with the form filled as for that remix."""
        service, again = self._room.service, visit.request.query_params.get(AGAIN)
        video = await service.retrieve(visit.caller, visit.video_id)
        if again is None:
            return await self._page(visit, video, empty_form(service.catalog, video))
        remix = await service.retrieve(visit.caller, again)
        return await self._page(visit, video, form_again(service.catalog, remix))

    async def back(self, visit: Visit) -> Response:
        """A form's address opened as a page: after signing in anew, or from the history."""
        return redirect(path_of(visit.video_id))

    async def remix(self, visit: Visit) -> Response:
        """The plan and its price, or the remix itself, as the button that was pressed says."""
        service, fields = self._room.service, visit.fields
        video = await service.retrieve(visit.caller, visit.video_id)
        new = new_remix(video.id, fields)
        try:
            if fields.get("do") == "make":
                made = await service.make(visit.caller, new, attempt_of("remix", video.id, fields))
                return redirect(path_of(made.video.id))
            form = filled_form(service.catalog, fields, await service.plan(visit.caller, new))
        except NotAuthenticated:
            raise
        except CallerError as error:
            form = filled_form(service.catalog, fields, error=error)
        return await self._page(visit, video, form, 400 if form.errors else 200)

    async def delete(self, visit: Visit) -> Response:
        await self._room.service.delete(visit.caller, visit.video_id)
        return redirect("/?note=deleted")

    async def _page(self, visit: Visit, video: Video, form: RemixForm, status: int = 200) -> Response:
        request, service = visit.request, self._room.service
        failure = _failure(video)
        source = await self._source(visit, video)
        return self._room.look.page(
            "video.html",
            request,
            status,
            video=video,
            form=form,
            failure=failure,
            advice=advice(failure.code, video.request.options.get(OPTION)) if failure else "",
            source=source,
            again=_again(video, source) if failure else "",
            history=await service.history(visit.caller, video.id),
            lines=repeating(
                video, f"{request.url.scheme}://{request.url.netloc}", takes_seed=_takes_seed(self._room, video)
            ),
            is_drawn=_is_drawn(self._room, video),
            reading=reading(video.facts),
            has_files=_has_files(video, self._room.clock.now()),
        )

    async def _source(self, visit: Visit, video: Video) -> Video | None:
        if video.source_id is None:
            return None
        try:
            return await self._room.service.retrieve(visit.caller, video.source_id)
        except VideoNotFound:
            return None


def _again(video: Video, source: Video | None) -> str:
    """Where the form waits that asks for this once more; "" for what the page has no form for."""
    if video.request.operation is Operation.CREATE:
        return f"/playground?{AGAIN}={video.id}"
    if video.request.operation is Operation.REMIX and source is not None:
        return f"{path_of(source.id)}?{AGAIN}={video.id}#remix"
    return ""


def _failure(video: Video) -> Failure | None:
    """A failed video always says why."""
    if video.state is State.CANCELLED:
        return video.failure or CANCELLED
    return (video.failure or UNTOLD) if video.state is State.FAILED else None


def _has_files(video: Video, now: float) -> bool:
    return video.state is State.COMPLETED and (video.expires_at is None or now < video.expires_at)


def _takes_seed(room: Room, video: Video) -> bool:
    model = room.service.catalog.models.get(video.request.model)
    return model is not None and Capability.SEED in model.capabilities


def _is_drawn(room: Room, video: Video) -> bool:
    model = room.service.catalog.models.get(video.request.model)
    return video.rehearsal is not None or (model is not None and model.is_drawn)
