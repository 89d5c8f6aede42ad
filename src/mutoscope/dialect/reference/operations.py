"""What can be called: one entry for each operation, told once and read by the document and by the page."""

from __future__ import annotations

from dataclasses import dataclass, field

from mutoscope.domain import errors
from mutoscope.domain.hops import HEADER as HOPS

Errors = tuple[type[errors.MutoscopeError], ...]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path.

    path: below the server's prefix; of a probe, below the root. parameters, headers: names in `parameters.py`.
    body: a name in `fields.BODIES`. answers: the schemas of the answer with 200, the usual one first; none for bytes.
    errors: beside those of every request. links: names in `links.py`.
    is_stream: whether it answers with server-sent events.
    """

    id: str
    method: str
    path: str
    tag: str
    summary: str
    text: str
    answers: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    body: str | None = None
    headers: tuple[str, ...] = ()
    errors: Errors = ()
    links: tuple[str, ...] = field(default=())
    is_open: bool = False
    is_stream: bool = False


TAGS = {
    "Videos": "Make videos, follow them, fetch them, remove them.",
    "Changes": "New videos from finished ones: another take, an edit, a continuation.",
    "Events": "Hear what happens, without asking again and again.",
    "Characters": "Somebody who may appear in several videos.",
    "Money": "What paid videos cost.",
    "Webhooks": "Be told when a video ends instead of asking: endpoints, and what became of what was sent to them.",
    "Models": "What this server offers.",
    "Probes": "For load balancers and supervisors; no key needed.",
}

_LOOKED_UP: Errors = (errors.VideoNotFound, errors.RouteNotFound)
_WITH_BODY: Errors = (
    errors.InvalidRequest,
    errors.BodyTooSlow,
    errors.FileTooLarge,
    errors.UnsupportedMedia,
    errors.IdempotencyConflict,
    errors.TooManyHops,
)
_MADE: Errors = (
    *_WITH_BODY,
    errors.UnsupportedByModel,
    errors.ModelNotFound,
    errors.VideoNotFound,
    errors.BudgetExceeded,
    errors.QueueFull,
    errors.StorageFull,
    errors.StorageUnavailable,
    errors.ContentRefused,
    errors.UpstreamRejected,
    errors.UpstreamError,
    errors.UpstreamTimeout,
)
_CHANGED: Errors = (*_MADE, errors.SourceNotCompleted, errors.AssetExpired, errors.RouteNotFound)
_ENDPOINT_FOUND: Errors = (errors.InvalidRequest, errors.EndpointNotFound, errors.RouteNotFound)
_ENDPOINT_CHANGED: Errors = (*_ENDPOINT_FOUND, errors.BodyTooSlow, errors.FileTooLarge, errors.UnsupportedMedia)
_MAKING = ("dry_run", "Prefer", "Idempotency-Key", HOPS)
_MADE_HEADERS = ("openai-poll-after-ms", "mutoscope-notice", "idempotent-replayed", "preference-applied")
_FOLLOW = ("retrieve", "content", "remix", "edit", "extend", "delete")

OPERATIONS = (
    Operation(
        "create_video",
        "post",
        "/videos",
        "Videos",
        "Create a video",
        "Accepts a video and answers at once: it is on disk when this returns. Then ask for it until it is at its end. "
        "A lost answer can be asked for again: with the same `Idempotency-Key`, and by the SDK's own retries, "
        "the same request makes no second video.",
        ("Video", "Plan"),
        _MAKING,
        "NewVideo",
        _MADE_HEADERS,
        _MADE,
        _FOLLOW,
    ),
    Operation(
        "list_videos",
        "get",
        "/videos",
        "Videos",
        "List videos",
        "The caller's videos in order of creation, a page at a time. A deleted id still marks its place as a cursor; "
        "an unknown one gives an empty page.",
        ("VideoList",),
        ("limit", "order", "after"),
        errors=(errors.InvalidRequest,),
        links=("next_page",),
    ),
    Operation(
        "retrieve_video",
        "get",
        "/videos/{video_id}",
        "Videos",
        "Retrieve a video",
        "The video as it is now; 200 also when it failed, because why is in the video. With `wait` the answer comes "
        "when its status changes, so that nobody has to ask every second.",
        ("Video",),
        ("video_id", "wait"),
        headers=("openai-poll-after-ms", "mutoscope-notice"),
        errors=(errors.InvalidRequest, *_LOOKED_UP),
        links=("content", "remix", "edit", "extend", "delete"),
    ),
    Operation(
        "delete_video",
        "delete",
        "/videos/{video_id}",
        "Videos",
        "Delete a video",
        "Removes a video, and stops what is queued or running. Its files go once no unfinished remix needs them.",
        ("DeletedVideo",),
        ("video_id",),
        errors=(errors.InvalidRequest, *_LOOKED_UP),
    ),
    Operation(
        "download_content",
        "get",
        "/videos/{video_id}/content",
        "Videos",
        "Download a file",
        "The bytes of a completed video, its thumbnail or its spritesheet (4 by 4 stills in reading order). `Accept` "
        "is not looked at. One range is answered with 206, several with the whole file. HEAD works as well.",
        (),
        ("video_id", "variant", "Range", "If-Range", "If-None-Match"),
        headers=("etag", "last-modified", "accept-ranges", "content-disposition", "cache-control"),
        errors=(
            errors.InvalidRequest,
            errors.VideoFailed,
            *_LOOKED_UP,
            errors.VideoNotReady,
            errors.AssetExpired,
            errors.VariantNotAvailable,
            errors.RangeNotSatisfiable,
            errors.StorageUnavailable,
        ),
    ),
    Operation(
        "remix_video",
        "post",
        "/videos/{video_id}/remix",
        "Changes",
        "Remix a video",
        "Another take of a completed video, with a described change. Length and size are the source's. A model that "
        "remembers the source is given the change alone; one that takes clips is given the clip and the change.",
        ("Video", "Plan"),
        ("video_id", *_MAKING),
        "NewRemix",
        _MADE_HEADERS,
        _CHANGED,
        _FOLLOW,
    ),
    Operation(
        "edit_video",
        "post",
        "/videos/edits",
        "Changes",
        "Edit a video",
        "The same as a remix by its newer name: of a completed video by its id, or of an uploaded clip where the model "
        "can edit one.",
        ("Video", "Plan"),
        _MAKING,
        "NewEdit",
        _MADE_HEADERS,
        _CHANGED,
        _FOLLOW,
    ),
    Operation(
        "extend_video",
        "post",
        "/videos/extensions",
        "Changes",
        "Extend a video",
        "Continues a completed video, or an uploaded clip, by `seconds`. The new video is the whole: `seconds` of the "
        "answer is the length of both parts.",
        ("Video", "Plan"),
        _MAKING,
        "NewExtension",
        _MADE_HEADERS,
        _CHANGED,
        _FOLLOW,
    ),
    Operation(
        "video_lineage",
        "get",
        "/videos/{video_id}/lineage",
        "Changes",
        "Show where a video comes from",
        "The tree that a video belongs to, from its root on: every remix, edit and extension, with its prompt, in "
        "order of creation. A deleted video keeps its place, without its words.",
        ("Lineage",),
        ("video_id",),
        errors=(errors.InvalidRequest, *_LOOKED_UP),
    ),
    Operation(
        "listen_to_video",
        "get",
        "/videos/{video_id}/events",
        "Events",
        "Listen to a video",
        "How the video is now, and then everything that happens to it, as server-sent events. The stream ends with the "
        "video's completion, failure or deletion.",
        parameters=("video_id", "type", "Last-Event-ID", "last_event_id"),
        headers=("x-accel-buffering",),
        errors=(errors.InvalidRequest, *_LOOKED_UP),
        is_stream=True,
    ),
    Operation(
        "listen",
        "get",
        "/events",
        "Events",
        "Listen to all videos",
        "Everything that happens to your videos from now on, as server-sent events. Who was cut connects again with "
        "the last event's id, and hears what was missed. After more than 10,000 events, or behind an id that is not "
        "kept, an event `resync` says that something is missing: list the videos.",
        parameters=("type", "Last-Event-ID", "last_event_id"),
        headers=("x-accel-buffering",),
        errors=(errors.InvalidRequest,),
        is_stream=True,
    ),
    Operation(
        "create_character",
        "post",
        "/videos/characters",
        "Characters",
        "Create a character",
        "Keeps a clip under a name. Requests that list its id in `characters`, and mention the name in the prompt, "
        "show it.",
        ("Character",),
        ("Idempotency-Key",),
        "NewCharacter",
        ("idempotent-replayed",),
        (
            *_WITH_BODY,
            errors.SourceNotCompleted,
            errors.VideoNotFound,
            errors.CharacterNotFound,
            errors.AssetExpired,
            errors.VariantNotAvailable,
            errors.StorageUnavailable,
        ),
        ("character",),
    ),
    Operation(
        "retrieve_character",
        "get",
        "/videos/characters/{character_id}",
        "Characters",
        "Retrieve a character",
        "A character's name and date.",
        ("Character",),
        ("character_id",),
        errors=(errors.InvalidRequest, errors.CharacterNotFound, errors.RouteNotFound),
    ),
    Operation(
        "usage",
        "get",
        "/usage",
        "Money",
        "Sum up the money",
        "What your paid videos cost, by day, model or key: spent, and held. Free ones are not counted.",
        ("UsageSummary",),
        ("by", "from", "to"),
        errors=(errors.InvalidRequest,),
    ),
    Operation(
        "create_webhook_endpoint",
        "post",
        "/webhook_endpoints",
        "Webhooks",
        "Create a webhook endpoint",
        "From now on your videos' events of these types are sent there, signed with the secret of the answer.",
        ("WebhookEndpointWithSecret",),
        body="NewWebhookEndpoint",
        errors=(
            errors.InvalidRequest,
            errors.BodyTooSlow,
            errors.FileTooLarge,
            errors.UnsupportedMedia,
            errors.SecretKeyMissing,
        ),
    ),
    Operation(
        "list_webhook_endpoints",
        "get",
        "/webhook_endpoints",
        "Webhooks",
        "List webhook endpoints",
        "Your endpoints, the newest first, a page at a time.",
        ("WebhookEndpointList",),
        ("limit", "after"),
        errors=(errors.InvalidRequest,),
    ),
    Operation(
        "retrieve_webhook_endpoint",
        "get",
        "/webhook_endpoints/{webhook_endpoint_id}",
        "Webhooks",
        "Retrieve a webhook endpoint",
        "One endpoint, without its secret.",
        ("WebhookEndpoint",),
        ("webhook_endpoint_id",),
        errors=_ENDPOINT_FOUND,
    ),
    Operation(
        "update_webhook_endpoint",
        "post",
        "/webhook_endpoints/{webhook_endpoint_id}",
        "Webhooks",
        "Change a webhook endpoint",
        "What is given is changed; `event_types` is the whole new set. What waits is sent to the new URL.",
        ("WebhookEndpoint",),
        ("webhook_endpoint_id",),
        "WebhookEndpointChange",
        errors=_ENDPOINT_CHANGED,
    ),
    Operation(
        "delete_webhook_endpoint",
        "delete",
        "/webhook_endpoints/{webhook_endpoint_id}",
        "Webhooks",
        "Delete a webhook endpoint",
        "Nothing is sent there any more, not even what waits.",
        ("DeletedWebhookEndpoint",),
        ("webhook_endpoint_id",),
        errors=_ENDPOINT_FOUND,
    ),
    Operation(
        "rotate_webhook_secret",
        "post",
        "/webhook_endpoints/{webhook_endpoint_id}/rotate_secret",
        "Webhooks",
        "Rotate a secret",
        "A new secret signs from now on; the old one beside it for 24 hours, if you ask for that.",
        ("WebhookEndpointWithSecret",),
        ("webhook_endpoint_id",),
        "WebhookRotation",
        errors=(*_ENDPOINT_CHANGED, errors.SecretKeyMissing),
    ),
    Operation(
        "test_webhook_endpoint",
        "post",
        "/webhook_endpoints/{webhook_endpoint_id}/test",
        "Webhooks",
        "Test a webhook endpoint",
        "Sends a made-up event, signed like a real one, once, and answers with the status that came back.",
        ("WebhookTest",),
        ("webhook_endpoint_id",),
        "WebhookTrial",
        errors=(*_ENDPOINT_CHANGED, errors.SecretKeyMissing),
    ),
    Operation(
        "list_webhook_event_types",
        "get",
        "/webhook_event_types",
        "Webhooks",
        "List event types",
        "What an endpoint may want to hear of.",
        ("WebhookEventTypeList",),
    ),
    Operation(
        "list_webhook_deliveries",
        "get",
        "/webhook_endpoints/{webhook_endpoint_id}/deliveries",
        "Webhooks",
        "List deliveries",
        "What was and will be sent to an endpoint, the newest first. What has ended is told of for 30 days.",
        ("WebhookDeliveryList",),
        ("webhook_endpoint_id", "limit", "after"),
        errors=_ENDPOINT_FOUND,
    ),
    Operation(
        "replay_webhook_delivery",
        "post",
        "/webhook_endpoints/{webhook_endpoint_id}/deliveries/{delivery_id}/replay",
        "Webhooks",
        "Send a delivery again",
        "All attempts anew, the first at once, under the same `webhook-id`; also of one that still waits.",
        ("WebhookDelivery",),
        ("webhook_endpoint_id", "delivery_id"),
        errors=_ENDPOINT_FOUND,
    ),
    Operation(
        "replay_webhook_endpoint",
        "post",
        "/webhook_endpoints/{webhook_endpoint_id}/replay",
        "Webhooks",
        "Send all again that was given up",
        "Every dead delivery of an endpoint, all attempts anew, the first at once.",
        ("WebhookReplay",),
        ("webhook_endpoint_id",),
        errors=_ENDPOINT_FOUND,
    ),
    Operation(
        "list_models",
        "get",
        "/models",
        "Models",
        "List models",
        "Every model with the sizes, lengths and capabilities that it has.",
        ("ModelList",),
    ),
    Operation(
        "retrieve_model",
        "get",
        "/models/{model}",
        "Models",
        "Retrieve a model",
        "One model. Sora's names answer with the model that stands in for them, where the server allows them.",
        ("Model",),
        ("model",),
        errors=(errors.RouteNotFound,),
    ),
    Operation(
        "alive",
        "get",
        "/healthz",
        "Probes",
        "Is it alive?",
        "200 as long as the process answers.",
        ("Health",),
        is_open=True,
    ),
    Operation(
        "ready",
        "get",
        "/readyz",
        "Probes",
        "Can it work?",
        "200 when requests can be served; 503 names the parts that do not work.",
        ("Health",),
        is_open=True,
    ),
)
