"""Every error Mutoscope raises on purpose, in three families: the caller's, the upstream's, ours.

    MutoscopeError
    ├── CallerError                the request must change
    │   ├── InvalidRequest         a field is missing, of the wrong type or out of range
    │   ├── UnsupportedByModel     the model lacks a size, a length or a capability
    │   ├── SourceNotCompleted     a remix needs a completed source
    │   ├── NotAuthenticated       the key is missing or wrong
    │   ├── NotAllowed             the key is valid, the action is not
    │   ├── ModelNotFound          no such model here
    │   ├── VideoNotFound          unknown, foreign, deleted or malformed id: one answer for all
    │   ├── CharacterNotFound      the same for characters
    │   ├── EndpointNotFound       the same for webhook endpoints and deliveries
    │   ├── IdempotencyConflict    the key was used for another request
    │   ├── TooManyHops            gateways have passed it on too often
    │   ├── RouteNotFound          no such URL
    │   ├── MethodNotAllowed       the URL exists, the method does not
    │   ├── BudgetExceeded         a cap would be broken; nothing was sent
    │   ├── VideoNotReady          content asked for before completion
    │   ├── VideoFailed            content of a failed video
    │   ├── VariantNotAvailable    this video has no such variant
    │   ├── AssetExpired           history is kept, the bytes are gone
    │   ├── FileTooLarge           body or part over its limit
    │   ├── BodyTooSlow            the body came too slowly and was cut
    │   ├── UnsupportedMedia       a body encoding we do not read
    │   ├── RangeNotSatisfiable    a range behind the end of a file
    │   └── TooManyRequests        slow down
    │       └── QueueFull          too many unfinished videos
    ├── UpstreamError              the provider's upstream, during work; ends in the video's error field
    │   ├── ContentRefused, UpstreamKeyInvalid, UpstreamQuotaExhausted
    │   ├── UpstreamRejected
    │   │   └── SourceRefused      for a reason that a lower rung of the ladder does not share
    │   ├── UpstreamRateLimited, UpstreamTimeout
    │   ├── UpstreamUnavailable
    │   │   └── NotYet             it still prepares what it was given; nothing was started
    │   ├── UpstreamTaskLost, SubmissionUnknown
    │   │   └── ResultGone         the video was made, and its file cannot be had any more
    │   ├── UpstreamProtocolError
    │   │   └── FinishedWithoutAsset   done by its own word, with nothing to fetch
    │   └── NotStarted             the same failure, told to a caller who waited for it
    └── ServerError                ours
        ├── StorageUnavailable, DatabaseUnavailable
        │   └── StorageFull        no room for another video
        ├── SecretKeyMissing       nothing to seal or open signing secrets with
        ├── MediaUnreadable, EncodingFailed
        ├── GenerationTimeout, TaskPoisoned
        ├── IllegalTransition      a bug
        └── ConfigurationError     at start only; exit code 2

Each class carries a stable `code` and one sentence, its docstring, which is the default message. HTTP
statuses are not here: `dialect/errors.py` is the one table that knows them.
"""

from __future__ import annotations

from typing import ClassVar


class MutoscopeError(Exception):
    """Something went wrong."""

    code: ClassVar[str | None] = "internal_error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (type(self).__doc__ or "").strip())

    @property
    def message(self) -> str:
        return str(self.args[0])


class CallerError(MutoscopeError):
    """The request cannot be served as it stands."""

    code = "invalid_request"

    def __init__(self, message: str | None = None, *, param: str | None = None, code: str | None = None) -> None:
        super().__init__(message)
        self.param = param
        self._code = code

    @property
    def error_code(self) -> str | None:
        """The code of this very error: a subclass's own unless the raiser gave a narrower one."""
        return self._code or self.code


class InvalidRequest(CallerError):
    """A field is missing, of the wrong type or out of range."""

    code = "invalid_value"


class UnsupportedByModel(CallerError):
    """The model cannot do this."""

    code = "unsupported_parameter"


class SourceNotCompleted(CallerError):
    """Only a completed video can be remixed."""

    code = "source_not_completed"


class NotAuthenticated(CallerError):
    """The API key is missing or wrong."""

    code = "invalid_api_key"

    def __init__(self, message: str | None = None, *, missing: bool = False) -> None:
        super().__init__(message)
        self.missing = missing

    @property
    def error_code(self) -> str | None:
        return None if self.missing else self.code


class NotAllowed(CallerError):
    """This key may not do that."""

    code = "permission_denied"


class ModelNotFound(CallerError):
    """There is no such model here."""

    code = "model_not_found"


class VideoNotFound(CallerError):
    """There is no such video."""

    code = "video_not_found"


class CharacterNotFound(CallerError):
    """There is no such character."""

    code = "character_not_found"


class EndpointNotFound(CallerError):
    """There is no such webhook endpoint."""

    code = "webhook_endpoint_not_found"


class IdempotencyConflict(CallerError):
    """This idempotency key was used for another request."""

    code = "idempotency_key_reused"


class TooManyHops(CallerError):
    """Gateways have passed this request on too often."""

    code = "too_many_hops"


class RouteNotFound(CallerError):
    """There is no such URL."""

    code = "route_not_found"


class MethodNotAllowed(CallerError):
    """This URL does not take that method."""

    code = "method_not_allowed"


class BudgetExceeded(CallerError):
    """A cap on spending would be broken, so nothing was sent."""

    code = "budget_exceeded"


class VideoNotReady(CallerError):
    """The video is not ready yet; use GET /v1/videos/{video_id} to check its status."""

    code = "video_not_ready"


class VideoFailed(CallerError):
    """The video failed, so it has no content."""

    code = "video_generation_failed"


class VariantNotAvailable(CallerError):
    """This video has no such variant."""

    code = "variant_not_available"


class AssetExpired(CallerError):
    """The video's files have expired; its record is kept."""

    code = "video_expired"


class FileTooLarge(CallerError):
    """The body or one of its parts is over the limit."""

    code = "file_too_large"


class BodyTooSlow(CallerError):
    """The request body came too slowly and was cut."""

    code = "body_too_slow"


class UnsupportedMedia(CallerError):
    """The body's encoding is not one we read."""

    code = "unsupported_media_type"


class RangeNotSatisfiable(CallerError):
    """The range begins behind the end of the file."""

    code = "range_not_satisfiable"


class TooManyRequests(CallerError):
    """Too many requests; slow down."""

    code = "rate_limit_exceeded"

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        """retry_after: seconds to wait before the next try, told in the answer's Retry-After."""
        super().__init__(message)
        self.retry_after = retry_after


class QueueFull(TooManyRequests):
    """There are too many unfinished videos; wait for some to end."""

    code = "queue_full"


class UpstreamError(MutoscopeError):
    """The upstream failed."""

    code = "upstream_error"


class ContentRefused(UpstreamError):
    """The upstream's moderation refused the content."""

    code = "moderation_blocked"


class UpstreamRejected(UpstreamError):
    """The upstream refused the request."""

    code = "upstream_rejected"


class SourceRefused(UpstreamRejected):
    """The upstream refused the source, or this use of it; a plan that needs less of it may still be taken."""


class UpstreamKeyInvalid(UpstreamError):
    """The upstream did not accept this server's credential; the operator must act."""

    code = "upstream_key_invalid"


class UpstreamQuotaExhausted(UpstreamError):
    """The upstream account has no credit left; the operator must act."""

    code = "upstream_quota_exhausted"


class UpstreamRateLimited(UpstreamError):
    """The upstream asked to slow down."""

    code = "upstream_rate_limited"

    def __init__(self, message: str | None = None, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class UpstreamUnavailable(UpstreamError):
    """The upstream could not be reached or answered with a server error."""

    code = "upstream_unavailable"

    def __init__(self, message: str | None = None, *, not_sent: bool = False, nothing_started: bool = False) -> None:
        """not_sent: whether it is certain that no byte of the request left this machine.

        nothing_started: whether the upstream's own documentation says that this answer starts and charges nothing.
        """
        super().__init__(message)
        self.not_sent = not_sent
        self.nothing_started = nothing_started


class NotYet(UpstreamUnavailable):
    """The upstream still prepares what it was given; nothing was started, and it is to be asked again soon."""

    def __init__(self, message: str | None = None, *, retry_after: float = 3.0) -> None:
        super().__init__(message, nothing_started=True)
        self.retry_after = retry_after


class UpstreamTimeout(UpstreamError):
    """A call to the upstream took too long."""

    code = "upstream_timeout"


class UpstreamTaskLost(UpstreamError):
    """The upstream no longer knows this video."""

    code = "upstream_task_lost"


class ResultGone(UpstreamTaskLost):
    """The upstream made the video, and does not give its file any more."""


class UpstreamProtocolError(UpstreamError):
    """The upstream said something its documentation does not name."""

    code = "upstream_protocol_error"


class FinishedWithoutAsset(UpstreamProtocolError):
    """The upstream says that it has finished, and names no file to fetch."""


class SubmissionUnknown(UpstreamError):
    """Whether the upstream accepted the request is not known and cannot be found out; it was not sent again."""

    code = "submission_unknown"


class NotStarted(UpstreamError):
    """The upstream did not take the video."""

    code = "upstream_error"

    def __init__(self, failure_code: str, message: str, video_id: str) -> None:
        """failure_code, message: of the video that failed, whose owner is the one who is told."""
        super().__init__(message)
        self.failure_code = failure_code
        self.video_id = video_id


class ServerError(MutoscopeError):
    """The server failed."""

    code = "internal_error"


class StorageUnavailable(ServerError):
    """The file storage cannot be reached."""

    code = "storage_unavailable"


class StorageFull(StorageUnavailable):
    """The file storage has no room for another video."""

    code = "storage_full"


class DatabaseUnavailable(ServerError):
    """The database cannot be reached."""

    code = "database_unavailable"


class SecretKeyMissing(ServerError):
    """This server has no key to keep signing secrets with; its operator must set MUTOSCOPE_SECRET_KEY."""

    code = "secret_key_missing"


class MediaUnreadable(ServerError):
    """A file came, but it is no readable video."""

    code = "media_unreadable"


class EncodingFailed(ServerError):
    """The picture could not be drawn or encoded."""

    code = "encoding_failed"


class GenerationTimeout(ServerError):
    """The video took longer than its time budget."""

    code = "generation_timeout"


class TaskPoisoned(ServerError):
    """Work on this video crashed three times and was stopped."""

    code = "internal_error"


class IllegalTransition(ServerError):
    """A video was asked to move between two states that are not connected; this is a bug."""

    code = "internal_error"


class ConfigurationError(ServerError):
    """A setting has a value that is not allowed."""

    code = "configuration_error"
