"""What every field of an answer means, and bounds that its type does not tell. A test holds it complete."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mutoscope.dialect.errors import REPLIES
from mutoscope.domain.catalog import Capability
from mutoscope.domain.events import EventType
from mutoscope.domain.money import Standing, UsageBy
from mutoscope.domain.remix import Strategy
from mutoscope.service.listeners import OPENED, RESYNC
from mutoscope.service.listening import TYPES


@dataclass(frozen=True, slots=True)
class Note:
    """One field: a sentence, and what is added to its schema."""

    text: str
    schema: dict[str, Any] = field(default_factory=dict)


_WHOLE_SECONDS = {"minimum": 0}
_SIZE = {"pattern": "^[1-9][0-9]*x[1-9][0-9]*$"}
_AMOUNT = {"pattern": "^[0-9]+(\\.[0-9]+)?$"}
_CURRENCY = {"pattern": "^[A-Z]{3}$"}
_DAY = {"pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"}
_COMPOSED_BY = {"enum": ["rule", "chat"]}
_SECONDS = {"pattern": "^[0-9]+(\\.[0-9]+)?$"}

_ENDPOINT = {
    "id": Note("`whe_` and 48 hex digits."),
    "object": Note("Always `webhook_endpoint`."),
    "name": Note("Yours to recognise it by."),
    "url": Note("Where events are sent."),
    "event_types": Note("Which ones."),
    "created_at": Note("When it was made, in whole Unix seconds.", _WHOLE_SECONDS),
    "updated_at": Note("When it or its secret was last changed, in whole Unix seconds.", _WHOLE_SECONDS),
    "signing_secret_hint": Note("The end of its secret."),
    "disabled_at": Note(
        "When it answered 410, since when nothing is sent there; any update enables it again. Only then.",
        _WHOLE_SECONDS,
    ),
}
_PAGE = {
    "object": Note("Always `list`."),
    "first_id": Note("The first one's id; null on an empty page."),
    "last_id": Note("The cursor: the next page is `after=<last_id>`. Null on an empty page."),
    "has_more": Note("Whether another page follows."),
}

NOTES: dict[str, dict[str, Note]] = {
    "VideoObject": {
        "id": Note("`video_` and 48 hex digits. Opaque: keep it as it is.", {"pattern": "^video_[0-9a-f]{48}$"}),
        "object": Note("Always `video`."),
        "model": Note("The model that makes it; where one of Sora's names was asked for, the one that answered."),
        "status": Note(
            "`queued` and `in_progress` are followed by something, `completed` and `failed` are the end. No fifth word."
        ),
        "progress": Note("Per cent. It never falls, and is 100 only when completed.", {"minimum": 0, "maximum": 100}),
        "created_at": Note("When it was accepted, in whole Unix seconds.", _WHOLE_SECONDS),
        "completed_at": Note("When it was completed, in whole Unix seconds; else null."),
        "expires_at": Note("When its files go, in whole Unix seconds; null when they stay until it is deleted."),
        "prompt": Note("The words as they were sent."),
        "size": Note("Width and height in pixels.", _SIZE),
        "seconds": Note("Length in seconds, as a string. Of an extension: of the whole.", _SECONDS),
        "remixed_from_video_id": Note("The video that a remix, edit or extension started from; else null."),
        "error": Note("Why it failed; null unless `status` is `failed`."),
        "provider": Note("Who makes it."),
        "created": Note("`created_at` again, where the setting `created_field` wants it.", _WHOLE_SECONDS),
        "remix": Note("How a remix, edit or extension was realised; only on those."),
        "adjustments": Note("Fields that were changed or left out so that the model could take the request."),
        "ignored": Note("Names of fields of the request that nobody used."),
        "unmatched": Note("Words of the prompt that flipbook could not draw."),
        "confidence": Note("How sure flipbook is of each reading, from 0 to 1."),
        "usage": Note("What it costs and how that money stands; only where the model is not free."),
        "notice": Note("What the caller should know about who answered; also in the header `mutoscope-notice`."),
        "mode": Note("Always `rehearse`; only on a rehearsal."),
        "rehearsal": Note("What is rehearsed; only on a rehearsal."),
    },
    "RehearsalObject": {
        "provider": Note("Who would make the video. Nothing was sent there."),
        "price": Note("What it would cost; nothing is charged for the rehearsal.", _AMOUNT),
        "currency": Note("By ISO 4217.", _CURRENCY),
        "seconds": Note("How long the rehearsal takes: as long as the model, or faster where the server says so."),
    },
    "UsageObject": {
        "amount": Note('Decimal text, such as "0.40".', _AMOUNT),
        "currency": Note("By ISO 4217.", _CURRENCY),
        "state": Note(
            "`reserved` until it ends; then `settled`, `released`, or `held` while nobody knows whether it is charged.",
            {"enum": list(Standing)},
        ),
    },
    "UsageSummary": {
        "object": Note("Always `usage`."),
        "by": Note("What the lines are.", {"enum": list(UsageBy)}),
        "first_day": Note("The first UTC day that is counted.", _DAY),
        "last_day": Note("The last one.", _DAY),
        "currency": Note("By ISO 4217.", _CURRENCY),
        "spent": Note("The sum of what was charged.", _AMOUNT),
        "held": Note("The sum of what is reserved, or not known yet.", _AMOUNT),
        "data": Note("A line for each day, model or key that had paid videos."),
    },
    "UsageLineObject": {
        "name": Note("The day, the model, or the key's id."),
        "videos": Note("How many paid videos.", {"minimum": 0}),
        "spent": Note("What was charged.", _AMOUNT),
        "held": Note("What is reserved, or not known yet.", _AMOUNT),
    },
    "ErrorObject": {
        "code": Note("Stable and lower case; docs/reference/errors.md lists them."),
        "message": Note("One sentence for people."),
        "type": Note("Whose fault it is.", {"enum": ["invalid_request_error", "server_error"]}),
        "param": Note("The field that caused it, where there is one."),
    },
    "RemixObject": {
        "strategy": Note("The rung of the ladder that was taken.", {"enum": [*Strategy, None]}),
        "provider": Note("Who realises it; of a rehearsal, who would."),
        "upstream_prompt": Note("The words that the provider is given."),
        "composed_by": Note("Who put them together; only where they are more than the change.", _COMPOSED_BY),
        "rule_prompt": Note("The rule's words, where the provider was given others."),
        "adjustments": Note("Fields that were changed or left out."),
        "skipped": Note("Rungs that were looked at and not taken, and why."),
    },
    "AdjustmentObject": {
        "field": Note("The field's name."),
        "from": Note("What was asked for; null where it was a file or an object."),
        "to": Note("What it became; null where it was left out."),
        "reason": Note("Why."),
    },
    "SkippedObject": {
        "strategy": Note("The rung.", {"enum": list(Strategy)}),
        "reason": Note("Why it was not taken."),
    },
    "VideoList": {
        "object": Note("Always `list`."),
        "data": Note("The videos of this page."),
        "first_id": Note("The first one's id; null on an empty page."),
        "last_id": Note("The cursor: the next page is `after=<last_id>`. Null on an empty page."),
        "has_more": Note("Whether another page follows."),
    },
    "DeletedVideo": {
        "id": Note("The video that is gone."),
        "object": Note("Always `video.deleted`."),
        "deleted": Note("Always true.", {"const": True}),
    },
    "Event": {
        "id": Note("What to resume behind; of `video.progress`, which is not kept, there is none."),
        "object": Note("Always `event`."),
        "created_at": Note("When it happened, in whole Unix seconds.", _WHOLE_SECONDS),
        "type": Note("What happened.", {"enum": [*TYPES, OPENED, RESYNC]}),
        "data": Note(
            "The video as it is now, or that it was deleted; empty where no video is meant.",
            {
                "anyOf": [
                    {"$ref": "#/components/schemas/Video"},
                    {"$ref": "#/components/schemas/DeletedVideo"},
                    {"type": "object", "maxProperties": 0},
                ]
            },
        ),
    },
    "LineageObject": {
        "object": Note("Always `video.lineage`."),
        "root_id": Note("The video that all others come from."),
        "nodes": Note("The root and all that come from it, in order of creation."),
    },
    "LineageNodeObject": {
        "id": Note("The video's id; also of a deleted one, which is not found by it."),
        "remixed_from_video_id": Note("The video that it started from; null for the root."),
        "prompt": Note("The words as they were sent; null where the video was deleted."),
        "status": Note("As the video tells it, or told it when it was deleted."),
        "strategy": Note("How a remix, edit or extension was realised; else null.", {"enum": [*Strategy, None]}),
        "created_at": Note("When it was accepted, in whole Unix seconds.", _WHOLE_SECONDS),
    },
    "Character": {
        "id": Note("`char_` and 48 hex digits.", {"pattern": "^char_[0-9a-f]{48}$"}),
        "object": Note("Always `character`."),
        "name": Note("The name by which a prompt speaks of it."),
        "created_at": Note("In whole Unix seconds.", _WHOLE_SECONDS),
    },
    "Plan": {
        "object": Note("Always `video.plan`."),
        "model": Note("The model that would make it."),
        "provider": Note("Who would make it."),
        "strategy": Note("The rung that would be taken; null for a plain create.", {"enum": [*Strategy, None]}),
        "seconds": Note("Its length in seconds.", _SECONDS),
        "size": Note("Width and height in pixels.", _SIZE),
        "adjustments": Note("Fields that would be changed or left out."),
        "skipped": Note("Rungs that were looked at and not taken, and why."),
        "price": Note("What it would cost; null where that is not known."),
        "upstream_prompt": Note("The words that the provider would be given; null for a plain create."),
        "recipients": Note(
            "The providers that would be given the source, or pictures of it; and the host that would be told the "
            "prompts, where a chat model composes them."
        ),
        "composed_by": Note(
            "`chat` where a chat model will be asked for better words than `upstream_prompt`, which stands in for "
            "them; only where they are more than the change.",
            _COMPOSED_BY,
        ),
        "mode": Note("Always `rehearse`; only where a rehearsal was asked for."),
        "rehearsal": Note("What would be rehearsed; only where that was asked for."),
        "fallbacks": Note("The models that would be asked next, in order, should the upstream refuse."),
    },
    "PriceObject": {
        "amount": Note('Decimal text, such as "0.00".', _AMOUNT),
        "currency": Note("By ISO 4217.", _CURRENCY),
    },
    "ModelObject": {
        "id": Note("The name to ask for."),
        "object": Note("Always `model`."),
        "created": Note("When the model was published, in whole Unix seconds.", _WHOLE_SECONDS),
        "owned_by": Note("Whose model it is."),
        "sizes": Note("Every size that it takes; empty where `size_range` describes them."),
        "seconds": Note("Every length that it takes."),
        "default_size": Note("The size of a request that names none.", _SIZE),
        "default_seconds": Note("The length of a request that names none."),
        "capabilities": Note(
            "What it can do besides making a clip from a prompt.", {"items": {"enum": sorted(Capability)}}
        ),
        "size_range": Note("Which sizes it takes, where there are too many to list."),
        "provider": Note("Who makes its videos."),
        "strategies": Note(
            "The rungs of the ladder that it can take for a remix or edit, the highest first, if the source allows.",
            {"items": {"enum": list(Strategy)}},
        ),
        "price": Note("What a video costs; null where it is free."),
        "verified": Note(
            "Who tried it: `docs` nobody, it was written from documentation; `sdk` the service's own SDK, on a "
            "stand-in of the service; `live` and a date, somebody with a real key; `tests` our own, an engine of ours.",
            {"pattern": "^(tests|docs|sdk|live [0-9]{4}-[0-9]{2}-[0-9]{2})$"},
        ),
        "ends": Note("The day on which its upstream takes it away; null where none is known."),
        "aliases": Note("Further names that lead to it; other models may be its fallbacks under them."),
    },
    "ModelPriceObject": {
        "per_second": Note("For each second; of an extension, of what it adds.", _AMOUNT),
        "per_video": Note("For each video.", _AMOUNT),
        "by_side": Note(
            "For each second, by the most pixels of the shorter side; what is larger costs as much as the largest."
        ),
        "currency": Note("By ISO 4217.", _CURRENCY),
        "as_of": Note("When somebody looked at the upstream's prices; null where that is not told."),
    },
    "SizeRange": {
        "minimum": Note("Shortest side in pixels."),
        "maximum": Note("Longest side in pixels."),
        "maximum_pixels": Note("Most pixels of a picture: width times height."),
        "multiple_of": Note("Both sides are multiples of it."),
    },
    "ModelList": {"object": Note("Always `list`."), "data": Note("The models.")},
    "WebhookEndpointObject": _ENDPOINT,
    "WebhookEndpointWithSecretObject": {
        **_ENDPOINT,
        "signing_secret": Note("`whsec_` and base64. Told now and never again.", {"pattern": "^whsec_"}),
    },
    "WebhookEndpointList": {**_PAGE, "data": Note("The endpoints of this page, the newest first.")},
    "DeletedWebhookEndpoint": {
        "id": Note("The endpoint that is gone."),
        "object": Note("Always `webhook_endpoint.deleted`."),
        "deleted": Note("Always true.", {"const": True}),
    },
    "WebhookTest": {
        "object": Note("Always `webhook_endpoint.test`."),
        "event_type": Note("The type that was sent."),
        "status_code": Note("What the endpoint answered."),
        "success": Note("Always true: it answered. Look at `status_code` for how.", {"const": True}),
        "webhook_endpoint_id": Note("The endpoint."),
    },
    "WebhookEventTypeList": {
        "object": Note("Always `list`."),
        "data": Note("The types that an endpoint may want.", {"items": {"enum": list(EventType)}}),
    },
    "WebhookDeliveryObject": {
        "id": Note("The `webhook-id` under which it is sent, at every attempt."),
        "object": Note("Always `webhook_delivery`."),
        "webhook_endpoint_id": Note("To whom."),
        "event_id": Note("The `id` in the body."),
        "event_type": Note("What happened.", {"enum": list(EventType)}),
        "video_id": Note("The video that it happened to."),
        "created_at": Note("When it happened, in whole Unix seconds.", _WHOLE_SECONDS),
        "state": Note("`pending` until it is `delivered`, or after the last attempt `dead`."),
        "attempts": Note("How often it was tried since it was last begun.", _WHOLE_SECONDS),
        "last_attempt_at": Note("When it was last tried; null before that."),
        "next_attempt_at": Note("When it is tried; null at its end."),
        "last_status_code": Note("What was answered last; null where there was no answer."),
        "last_error": Note("Why the last attempt failed; null where it did not."),
    },
    "WebhookDeliveryList": {**_PAGE, "data": Note("The deliveries of this page, the newest first.")},
    "WebhookReplay": {
        "object": Note("Always `webhook_endpoint.replay`."),
        "replayed": Note("How many are sent again.", _WHOLE_SECONDS),
        "webhook_endpoint_id": Note("To whom."),
    },
    "ErrorEnvelope": {"error": Note("What went wrong.")},
    "ErrorBody": {
        "message": Note("One sentence for people; it names what is allowed."),
        "type": Note("The family.", {"enum": sorted({reply.type for reply in REPLIES.values()})}),
        "param": Note("The field that caused it; null where there is none."),
        "code": Note("Stable and lower case; null when no API key was sent."),
    },
    "Health": {"status": Note("`ok` or `ready`.", {"enum": ["ok", "ready"]})},
    "NotReady": {
        "status": Note("Always `not_ready`.", {"const": "not_ready"}),
        "not_ready": Note("The parts that do not work now."),
        "error": Note("The usual error, for clients that know nothing else."),
    },
}
