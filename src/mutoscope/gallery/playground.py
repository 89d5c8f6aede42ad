"""The playground: a video of any model, its price seen before it is asked for."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from starlette.responses import Response
from starlette.routing import Route

from mutoscope.domain.errors import CallerError, NotAuthenticated
from mutoscope.gallery.forms import attempt_of
from mutoscope.gallery.making import PICTURE, MakeForm, fields_of, make_form, new_video
from mutoscope.gallery.rooms import Room, Visit, redirect
from mutoscope.gallery.video import AGAIN, path_of

PATH = "/playground"


def routes(room: Room) -> list[Route]:
    pages = _Playground(room)
    return [room.route(PATH, with_files=True, GET=pages.show, POST=pages.make)]


class _Playground:
    def __init__(self, room: Room) -> None:
        self._room = room

    async def show(self, visit: Visit) -> Response:
        """The form, with the choices of the model that the address names; `again`: filled as for that video."""
        service, query = self._room.service, visit.request.query_params
        again = query.get(AGAIN)
        if again is None:
            return self._page(visit, make_form(service.catalog, query))
        request = (await service.retrieve(visit.caller, again)).request
        form = make_form(service.catalog, fields_of(request))
        return self._page(visit, replace(form, lost_picture=request.reference is not None))

    async def make(self, visit: Visit) -> Response:
        """The plan and its price, a rehearsal or the video itself, as the button that was pressed says."""
        service, fields, files = self._room.service, visit.fields, visit.files
        form = replace(make_form(service.catalog, fields), lost_picture=PICTURE in files)
        try:
            new = new_video(fields, files)
            if fields.get("do") == "plan":
                return self._page(visit, replace(form, plan=await service.plan(visit.caller, new)))
            known = {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}
            made = await service.make(visit.caller, new, attempt_of("create", "", {**fields, **known}))
        except NotAuthenticated:
            raise
        except CallerError as error:
            return self._page(visit, form.with_error(error), 400)
        return redirect(path_of(made.video.id))

    def _page(self, visit: Visit, form: MakeForm, status: int = 200) -> Response:
        return self._room.look.page("playground.html", visit.request, status, form=form)
