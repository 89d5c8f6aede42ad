"""The form that makes a remix: which models may do it and how, what was filled in, and what would come of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from mutoscope.domain.catalog import Catalog, ModelSpec
from mutoscope.domain.errors import CallerError
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.remix import strategies_of
from mutoscope.domain.video import Operation, Video
from mutoscope.domain.wishes import Wishes
from mutoscope.gallery.forms import new_once
from mutoscope.service.proposals import Proposal
from mutoscope.service.requests import NewChange, SourceId


@dataclass(frozen=True, slots=True)
class Offer:
    """A model that remixes, and the rungs of the ladder that it can take, the highest first."""

    model: ModelSpec
    strategies: tuple[Strategy, ...]


@dataclass(frozen=True, slots=True)
class RemixForm:
    """What the form shows. errors: messages by the field that they are about; under "" what is about none of these.

    plan: what would be made, once that was asked for. once: a number for this showing of the form.
    """

    offers: tuple[Offer, ...]
    model: str
    prompt: str = ""
    rehearse: bool = False
    errors: Mapping[str, str] = field(default_factory=dict)
    plan: Proposal | None = None
    once: str = field(default_factory=new_once)


FIELDS = ("prompt", "model")


def empty_form(catalog: Catalog, video: Video) -> RemixForm:
    """The form as it is first shown: on the source's own model, where that remixes."""
    offers = _offers(catalog)
    names = [offer.model.name for offer in offers]
    own = next((name for name in (video.request.model, catalog.default) if name in names), "")
    return RemixForm(offers, own or next(iter(names), ""))


def filled_form(
    catalog: Catalog, fields: Mapping[str, str], plan: Proposal | None = None, error: CallerError | None = None
) -> RemixForm:
    """The form as it was sent, with the plan that was asked for or with what is wrong with it."""
    param = error.param if error is not None and error.param in FIELDS else ""
    return RemixForm(
        _offers(catalog),
        fields.get("model", ""),
        fields.get("prompt", ""),
        "rehearse" in fields,
        {} if error is None else {param or "": error.message},
        plan,
    )


def form_again(catalog: Catalog, video: Video) -> RemixForm:
    """The form as it would have been filled to ask for this remix."""
    return filled_form(catalog, {"model": video.request.model, "prompt": video.request.prompt})


def new_remix(source_id: str, fields: Mapping[str, str]) -> NewChange:
    """What the form asks for."""
    wishes = Wishes(model=fields.get("model") or None, rehearse="rehearse" in fields)
    return NewChange(fields.get("prompt", ""), SourceId(source_id, "video_id"), Operation.REMIX, wishes)


def _offers(catalog: Catalog) -> tuple[Offer, ...]:
    offers = [Offer(model, tuple(strategies_of(model))) for model in catalog.models.values()]
    return tuple(offer for offer in offers if offer.strategies)
