"""The dialect's objects as they are on the wire, and how each is made from what the domain knows.

A struct's fields are its JSON keys in order. Keys that are `UNSET` are left out; the thirteen of a video that
the dialect requires never are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from mutoscope.dialect.usage import UsageQuery
from mutoscope.domain.catalog import ModelSpec, SizeRule, provider_of
from mutoscope.domain.errors import ContentRefused, UpstreamRejected
from mutoscope.domain.fallback import After
from mutoscope.domain.lifecycle import State, Status
from mutoscope.domain.lineage import Lineage
from mutoscope.domain.money import USD, Price, Usage, UsageLine, as_text
from mutoscope.domain.rehearsal import Rehearsal
from mutoscope.domain.remix import RemixPlan, strategies_of
from mutoscope.domain.video import Failure, Video
from mutoscope.domain.wishes import REHEARSE
from mutoscope.service.proposals import Proposal
from mutoscope.service.requests import StoredCharacter
from mutoscope.service.webhooks import Delivery, Endpoint


class ErrorObject(msgspec.Struct):
    """Why a video failed. `code` is always a string; `type` and `param` are those of an error envelope."""

    code: str
    message: str
    type: str
    param: str | None = None


class AdjustmentObject(msgspec.Struct):
    """A field that was changed, or left out (`to` is null), so that the model could take the request."""

    field: str
    from_: Any = msgspec.field(name="from")
    to: Any = None
    reason: str = ""


class SkippedObject(msgspec.Struct):
    """A strategy that was looked at and not taken, and why."""

    strategy: str
    reason: str


class RemixObject(msgspec.Struct):
    """How a remix, edit or extension was realised: the strategy, who did it, and what it was told."""

    strategy: str | None
    provider: str
    upstream_prompt: str | None
    adjustments: list[AdjustmentObject]
    skipped: list[SkippedObject]
    composed_by: str | UnsetType = UNSET
    rule_prompt: str | UnsetType = UNSET


class UsageObject(msgspec.Struct):
    """What a video costs and how its money stands: reserved, held, settled or released."""

    amount: str
    currency: str
    state: str


class RehearsalObject(msgspec.Struct):
    """What a rehearsal rehearses: who would make the video, what it would cost, and how many seconds it takes."""

    provider: str
    price: str
    currency: str
    seconds: float


class VideoObject(msgspec.Struct, kw_only=True):
    """A video. Times are whole Unix seconds, `progress` an integer from 0 to 100, `seconds` a string."""

    id: str
    object: Literal["video"] = "video"
    model: str
    status: Literal["queued", "in_progress", "completed", "failed"]
    progress: int
    created_at: int
    completed_at: int | None
    expires_at: int | None
    prompt: str | None
    size: str
    seconds: str
    remixed_from_video_id: str | None
    error: ErrorObject | None
    provider: str
    created: int | UnsetType = UNSET
    remix: RemixObject | UnsetType = UNSET
    adjustments: list[AdjustmentObject] | UnsetType = UNSET
    ignored: list[str] | UnsetType = UNSET
    unmatched: list[Any] | UnsetType = UNSET
    confidence: dict[str, Any] | UnsetType = UNSET
    notice: str | UnsetType = UNSET
    usage: UsageObject | UnsetType = UNSET
    mode: Literal["rehearse"] | UnsetType = UNSET
    rehearsal: RehearsalObject | UnsetType = UNSET


class VideoList(msgspec.Struct, kw_only=True):
    """A page. `last_id` is the cursor of the next one."""

    object: Literal["list"] = "list"
    data: list[VideoObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedVideo(msgspec.Struct):
    """The answer to a deletion."""

    id: str
    object: Literal["video.deleted"] = "video.deleted"
    deleted: bool = True


class Event(msgspec.Struct, kw_only=True):
    """Something that happened to a video. `created_at` is in whole Unix seconds."""

    id: str | UnsetType = UNSET
    object: Literal["event"] = "event"
    created_at: int
    type: str
    data: Any


class LineageNodeObject(msgspec.Struct):
    """One video of a tree. A deleted one keeps its place, with `prompt` null."""

    id: str
    remixed_from_video_id: str | None
    prompt: str | None
    status: Literal["queued", "in_progress", "completed", "failed"]
    strategy: str | None
    created_at: int


class LineageObject(msgspec.Struct, kw_only=True):
    """All videos that come from one root, in order of creation."""

    object: Literal["video.lineage"] = "video.lineage"
    root_id: str
    nodes: list[LineageNodeObject]


class Character(msgspec.Struct, kw_only=True):
    """Somebody who may appear in videos. `created_at` is in whole Unix seconds."""

    id: str
    object: Literal["character"] = "character"
    name: str
    created_at: int


class PriceObject(msgspec.Struct):
    """An amount of money, as decimal text, and its currency."""

    amount: str
    currency: str


class UsageLineObject(msgspec.Struct):
    """One line of a summary of the money. `name` is a key's id, a model, or a date."""

    name: str
    videos: int
    spent: str
    held: str


class UsageSummary(msgspec.Struct, kw_only=True):
    """What the tenant's paid videos cost: `spent` is charged, `held` is reserved or not known yet."""

    object: Literal["usage"] = "usage"
    by: str
    first_day: str
    last_day: str
    currency: str
    spent: str
    held: str
    data: list[UsageLineObject]


class Plan(msgspec.Struct, kw_only=True):
    """What a request would do (`?dry_run=true`): nothing was made. `price` is null where it is not known."""

    object: Literal["video.plan"] = "video.plan"
    model: str
    provider: str
    strategy: str | None
    seconds: str
    size: str
    adjustments: list[AdjustmentObject]
    skipped: list[SkippedObject]
    price: PriceObject | None
    upstream_prompt: str | None
    recipients: list[str]
    fallbacks: list[str]
    composed_by: str | UnsetType = UNSET
    mode: Literal["rehearse"] | UnsetType = UNSET
    rehearsal: RehearsalObject | UnsetType = UNSET


class SizeRange(msgspec.Struct):
    """Every even size with both sides in the range, in pixels, is taken."""

    minimum: int
    maximum: int
    maximum_pixels: int
    multiple_of: int = 2


class ModelPriceObject(msgspec.Struct, kw_only=True):
    """What a model costs, amounts as decimal text. One of the three ways is there, or `per_video` beside another."""

    per_second: str | UnsetType = UNSET
    per_video: str | UnsetType = UNSET
    by_side: dict[str, str] | UnsetType = UNSET
    currency: str
    as_of: str | None


class ModelObject(msgspec.Struct, kw_only=True):
    """A model, with what it takes: `sizes` lists them, or `size_range` describes them; `seconds` as sent."""

    id: str
    object: Literal["model"] = "model"
    created: int
    owned_by: str
    sizes: list[str]
    seconds: list[str]
    default_size: str
    default_seconds: str
    capabilities: list[str]
    size_range: SizeRange | UnsetType = UNSET
    provider: str
    strategies: list[str]
    price: ModelPriceObject | None
    verified: str
    ends: str | None
    aliases: list[str]


class ModelList(msgspec.Struct, kw_only=True):
    """All models of the server."""

    object: Literal["list"] = "list"
    data: list[ModelObject]


class WebhookEndpointObject(msgspec.Struct, kw_only=True):
    """Where a tenant's events are sent. Times are whole Unix seconds. `disabled_at` only once it has answered 410."""

    id: str
    object: Literal["webhook_endpoint"] = "webhook_endpoint"
    name: str
    url: str
    event_types: list[str]
    created_at: int
    updated_at: int
    signing_secret_hint: str | None
    disabled_at: int | UnsetType = UNSET


class WebhookEndpointWithSecretObject(WebhookEndpointObject, kw_only=True):
    """An endpoint with the secret that was just made for it."""

    signing_secret: str


class WebhookEndpointList(msgspec.Struct, kw_only=True):
    """A page of endpoints. `last_id` is the cursor of the next one."""

    object: Literal["list"] = "list"
    data: list[WebhookEndpointObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class DeletedWebhookEndpoint(msgspec.Struct):
    """The answer to a deletion."""

    id: str
    object: Literal["webhook_endpoint.deleted"] = "webhook_endpoint.deleted"
    deleted: bool = True


class WebhookTest(msgspec.Struct, kw_only=True):
    """What an endpoint answered to a test. `success` says that it answered at all; how, `status_code` does."""

    object: Literal["webhook_endpoint.test"] = "webhook_endpoint.test"
    event_type: str
    status_code: int
    success: bool = True
    webhook_endpoint_id: str


class WebhookEventTypeList(msgspec.Struct, kw_only=True):
    """The types of events that may be sent."""

    object: Literal["list"] = "list"
    data: list[str]


class WebhookDeliveryObject(msgspec.Struct, kw_only=True):
    """One event for one endpoint. `id` is its `webhook-id`, at every attempt."""

    id: str
    object: Literal["webhook_delivery"] = "webhook_delivery"
    webhook_endpoint_id: str
    event_id: str
    event_type: str
    video_id: str
    created_at: int
    state: Literal["pending", "delivered", "dead"]
    attempts: int
    last_attempt_at: int | None
    next_attempt_at: int | None
    last_status_code: int | None
    last_error: str | None


class WebhookDeliveryList(msgspec.Struct, kw_only=True):
    """A page of deliveries. `last_id` is the cursor of the next one."""

    object: Literal["list"] = "list"
    data: list[WebhookDeliveryObject]
    first_id: str | None
    last_id: str | None
    has_more: bool


class WebhookReplay(msgspec.Struct, kw_only=True):
    """How many deliveries that were given up are sent again."""

    object: Literal["webhook_endpoint.replay"] = "webhook_endpoint.replay"
    replayed: int
    webhook_endpoint_id: str


def video_object(video: Video, *, with_created: bool = False) -> VideoObject:
    """A video as its owner sees it. with_created: whether `created` repeats `created_at`, as some clients want it."""
    status = video.state.status
    adjustments = _adjustments(video.adjustments)
    return VideoObject(
        id=video.id,
        model=video.request.model,
        status=status.value,
        progress=video.progress,
        created_at=int(video.created_at),
        completed_at=_whole(video.completed_at),
        expires_at=_whole(video.expires_at),
        prompt=video.request.prompt,
        size=str(video.request.size),
        seconds=f"{video.request.seconds:g}",
        remixed_from_video_id=video.source_id,
        error=_error(video) if status is Status.FAILED else None,
        provider=provider_of(video.provider),
        created=int(video.created_at) if with_created else UNSET,
        remix=_remix(video, adjustments),
        adjustments=(adjustments or UNSET) if video.strategy is None else UNSET,
        ignored=list(video.ignored) or UNSET,
        unmatched=_fact(video.facts, "unmatched", list),
        confidence=_fact(video.facts, "confidence", dict),
        notice=video.notice or UNSET,
        usage=_usage(video.usage),
        mode=_mode(video.rehearsal),
        rehearsal=_rehearsal(video.rehearsal),
    )


def character_object(character: StoredCharacter) -> Character:
    """A character as its owner sees it."""
    return Character(id=character.id, name=character.name, created_at=int(character.created_at))


def lineage_object(lineage: Lineage) -> LineageObject:
    """The tree that a video belongs to."""
    nodes = [
        LineageNodeObject(
            node.id, node.source_id, node.prompt, node.state.status.value, node.strategy, int(node.created_at)
        )
        for node in lineage.nodes
    ]
    return LineageObject(root_id=lineage.root_id, nodes=nodes)


def usage_summary(query: UsageQuery, lines: Sequence[UsageLine]) -> UsageSummary:
    """The summary of the money, with its sums."""
    return UsageSummary(
        by=query.by,
        first_day=query.first,
        last_day=query.last,
        currency=USD,
        spent=as_text(sum(line.spent for line in lines)),
        held=as_text(sum(line.held for line in lines)),
        data=[UsageLineObject(line.name, line.videos, as_text(line.spent), as_text(line.held)) for line in lines],
    )


def plan_object(proposal: Proposal) -> Plan:
    """A proposal that was not accepted."""
    plan, model = proposal.plan, proposal.model
    return Plan(
        model=model.name,
        provider=model.provider,
        strategy=plan and plan.strategy,
        seconds=f"{proposal.request.seconds:g}",
        size=str(proposal.request.size),
        adjustments=[AdjustmentObject(one.field, one.given, one.to, one.reason) for one in proposal.adjustments],
        skipped=[SkippedObject(one.strategy, one.reason) for one in plan.skipped] if plan else [],
        price=PriceObject(as_text(proposal.price or 0), proposal.currency or USD),
        upstream_prompt=plan and plan.upstream_prompt,
        recipients=list(plan.recipients) if plan else [],
        composed_by=_composer(plan),
        mode=_mode(proposal.rehearsal),
        rehearsal=_rehearsal(proposal.rehearsal),
        fallbacks=[one.proposal.model.name for one in proposal.further if one.after is After.ANY],
    )


def model_object(model: ModelSpec, aliases: Sequence[str] = ()) -> ModelObject:
    """A model of the catalog. aliases: the further names that lead to it."""
    return ModelObject(
        id=model.name,
        created=model.released,
        owned_by=model.owner,
        sizes=[str(size) for size in model.sizes.sizes],
        seconds=[str(seconds) for seconds in model.seconds],
        default_size=str(model.default_size),
        default_seconds=str(model.default_seconds),
        capabilities=sorted(model.capabilities),
        size_range=_size_range(model.sizes),
        provider=model.provider,
        strategies=list(strategies_of(model)),
        price=_price(model.price),
        verified=model.verified,
        ends=model.ends,
        aliases=list(aliases),
    )


def endpoint_object(endpoint: Endpoint) -> WebhookEndpointObject:
    """An endpoint as its owner sees it."""
    return WebhookEndpointObject(**_endpoint_fields(endpoint))


def endpoint_with_secret(endpoint: Endpoint) -> WebhookEndpointWithSecretObject:
    """The same with the secret, which is told this once."""
    assert endpoint.secret is not None
    return WebhookEndpointWithSecretObject(**_endpoint_fields(endpoint), signing_secret=endpoint.secret)


def _endpoint_fields(endpoint: Endpoint) -> dict[str, Any]:
    return {
        "id": endpoint.id,
        "name": endpoint.name,
        "url": endpoint.url,
        "event_types": list(endpoint.event_types),
        "created_at": int(endpoint.created_at),
        "updated_at": int(endpoint.updated_at),
        "signing_secret_hint": endpoint.hint,
        "disabled_at": UNSET if endpoint.disabled_at is None else int(endpoint.disabled_at),
    }


def delivery_object(delivery: Delivery) -> WebhookDeliveryObject:
    """A delivery as its owner sees it."""
    return WebhookDeliveryObject(
        id=delivery.id,
        webhook_endpoint_id=delivery.endpoint_id,
        event_id=delivery.event_id,
        event_type=delivery.event_type,
        video_id=delivery.video_id,
        created_at=int(delivery.created_at),
        state=delivery.state,
        attempts=delivery.attempts,
        last_attempt_at=_whole(delivery.attempted_at),
        next_attempt_at=_whole(delivery.next_at),
        last_status_code=delivery.status,
        last_error=delivery.note,
    )


def _whole(moment: float | None) -> int | None:
    return None if moment is None else int(moment)


def _error(video: Video) -> ErrorObject:
    """A failed video always says why, because clients read `error.code` without looking whether it is there."""
    untold = (
        Failure("cancelled", "The video was cancelled before its end.")
        if video.state is State.CANCELLED
        else Failure("internal_error", "The video failed.")
    )
    failure = video.failure or untold
    kind = "invalid_request_error" if failure.code in _CALLERS_FAULT else "server_error"
    return ErrorObject(failure.code, failure.message, kind)


# Failures that another request may avoid; every other one is the server's or its upstream's.
_CALLERS_FAULT = frozenset({ContentRefused.code, UpstreamRejected.code})


def _remix(video: Video, adjustments: list[AdjustmentObject]) -> RemixObject | UnsetType:
    if video.strategy is None:
        return UNSET
    skipped = [SkippedObject(**one) for one in video.skipped]
    provider = video.rehearsal.provider if video.rehearsal else provider_of(video.provider)
    return RemixObject(
        video.strategy,
        provider,
        video.upstream_prompt,
        adjustments,
        skipped,
        video.composed_by or UNSET,
        video.rule_prompt or UNSET,
    )


def _composer(plan: RemixPlan | None) -> str | UnsetType:
    if plan is None or not plan.is_composed:
        return UNSET
    return "rule" if plan.material is None else "chat"


def _mode(rehearsal: Rehearsal | None) -> Literal["rehearse"] | UnsetType:
    return UNSET if rehearsal is None else REHEARSE


def _rehearsal(rehearsal: Rehearsal | None) -> RehearsalObject | UnsetType:
    if rehearsal is None:
        return UNSET
    price, currency = as_text(rehearsal.price or 0), rehearsal.currency or USD
    return RehearsalObject(rehearsal.provider, price, currency, round(rehearsal.seconds, 3))


def _usage(usage: Usage | None) -> UsageObject | UnsetType:
    return UNSET if usage is None else UsageObject(as_text(usage.amount), usage.currency, usage.standing)


def _adjustments(stored: Iterable[Mapping[str, Any]]) -> list[AdjustmentObject]:
    return [AdjustmentObject(one["field"], one["from"], one["to"], one["reason"]) for one in stored]


def _fact(facts: Mapping[str, Any], name: str, kind: type) -> Any:
    value = facts.get(name)
    return kind(value) if value is not None else UNSET


def _price(price: Price | None) -> ModelPriceObject | None:
    if price is None:
        return None
    per_second = as_text(price.per_second) if price.per_second and not price.by_side else UNSET
    return ModelPriceObject(
        per_second=per_second,
        per_video=as_text(price.per_video) if price.per_video or not (price.per_second or price.by_side) else UNSET,
        by_side={str(side): as_text(rate) for side, rate in price.by_side} or UNSET,
        currency=price.currency,
        as_of=price.as_of or None,
    )


def _size_range(rule: SizeRule) -> SizeRange | UnsetType:
    if rule.sizes:
        return UNSET
    return SizeRange(rule.minimum, rule.maximum, rule.maximum_pixels)
