"""The form of a webhook endpoint, and what became of its deliveries in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from mutoscope.domain.errors import CallerError
from mutoscope.service.webhooks import Delivery, Endpoint, NewEndpoint

FIELDS = ("name", "url", "event_types")
# A checkbox for each event; browsers send the names of those that are ticked.
TICK = "event:"
USUAL = ("video.completed", "video.failed")


@dataclass(frozen=True, slots=True)
class EndpointForm:
    """What the form shows. errors: messages by the field that they are about; under "" what is about none of these."""

    name: str = ""
    url: str = ""
    event_types: Sequence[str] = USUAL
    errors: Mapping[str, str] = field(default_factory=dict)


def form_of(endpoint: Endpoint) -> EndpointForm:
    return EndpointForm(endpoint.name, endpoint.url, endpoint.event_types)


def filled(fields: Mapping[str, str], error: CallerError) -> EndpointForm:
    """The form as it was sent, with what is wrong with it."""
    new = new_endpoint(fields)
    param = error.param if error.param in FIELDS else ""
    return EndpointForm(new.name or "", new.url or "", new.event_types or (), {param or "": error.message})


def new_endpoint(fields: Mapping[str, str]) -> NewEndpoint:
    """What the form asks for."""
    ticked = tuple(name.removeprefix(TICK) for name in fields if name.startswith(TICK))
    return NewEndpoint(fields.get("name", ""), fields.get("url", "").strip(), ticked)


def fate(delivery: Delivery) -> str:
    """What became of a delivery, in a few words: "Delivered, 204"."""
    answer = f", {delivery.status}" if delivery.status is not None else ""
    if delivery.state == "pending":
        return f"Failed{answer}; tried again" if delivery.attempts else "Waiting"
    return f"{'Delivered' if delivery.state == 'delivered' else 'Given up'}{answer}"
