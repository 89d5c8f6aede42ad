"""Templates to HTML. Everything from outside is text: nothing but the templates themselves is ever markup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from mutoscope.gallery import wording
from mutoscope.gallery.navigation import NAVIGATION
from mutoscope.gallery.statics import Statics

THEME_COOKIE = "mutoscope_theme"
THEMES = ("light", "dark")


class Look:
    """Renders the templates of this package. now: Unix seconds, for ages."""

    def __init__(self, statics: Statics, now: Callable[[], float]) -> None:
        self._environment = Environment(
            loader=PackageLoader("mutoscope.gallery"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= wording.FILTERS
        self._environment.filters["age"] = lambda moment: wording.age(moment, now())
        self._environment.globals |= {"static": statics.url, "navigation": NAVIGATION, "now": now}

    def text(self, template: str, request: Request, **values: Any) -> str:
        """values: what the template shows. It also knows `path`, `theme`, `signed_in` and `site`."""
        theme = request.cookies.get(THEME_COOKIE)
        known = {
            "path": request.url.path,
            "theme": theme if theme in THEMES else "",
            "signed_in": getattr(request.state, "signed_in", False),
            "site": f"{request.url.scheme}://{request.url.netloc}",
        }
        return self._environment.get_template(template).render(**known, **values)

    def page(self, template: str, request: Request, status: int = 200, **values: Any) -> HTMLResponse:
        return HTMLResponse(self.text(template, request, **values), status_code=status)
