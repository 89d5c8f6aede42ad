"""What a caller asks of the use cases and gets from them, read but not yet judged."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field

from mutoscope.access.pace import Allowance
from mutoscope.domain.assets import Asset
from mutoscope.domain.lifecycle import Status
from mutoscope.domain.video import Operation, Video
from mutoscope.domain.wishes import Wishes


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks: the tenant whose videos are seen, and the key that was shown."""

    tenant: str
    key_id: str
    allowance: Allowance | None = None


@dataclass(frozen=True, slots=True)
class Attempt:
    """By what a repeated request is known.

    fingerprint: of route, path and decoded fields. key: the caller's own idempotency key. retry_count: how often the
    SDK says that it sent this request before; None where it says nothing. hops: how many gateways passed it on.
    """

    fingerprint: str
    key: str | None = None
    retry_count: int | None = None
    hops: int = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """The bytes of an uploaded picture, clip or sound and the field that they came in, for messages.

    url: where they are, as long as they have not been fetched; `data` is empty then.
    """

    data: bytes
    param: str
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Guide:
    """A picture, clip or sound that guides the model, and in which role, in the provider's own words."""

    upload: Upload
    role: str | None = None


@dataclass(frozen=True, slots=True)
class SourceId:
    """The id of a video to start from and the field that it came in, for messages."""

    id: str
    param: str


Origin = SourceId | Upload


@dataclass(frozen=True, slots=True)
class NewVideo:
    """A create request.

    seconds: a whole number, or the text that was sent if it is none, for the model's refusal to quote.
    aspect_ratio, resolution: such as "16:9" and "720p", where `size` says nothing. characters: ids.
    """

    prompt: str
    wishes: Wishes = field(default_factory=Wishes)
    size: str | None = None
    seconds: int | str | None = None
    aspect_ratio: str | None = None
    resolution: str | None = None
    reference: Upload | None = None
    characters: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NewChange:
    """A remix of the video in the path, or an edit of a video or of an uploaded clip.

    aspect_ratio, resolution: such as "16:9" and "720p"; None keeps the source's.
    """

    prompt: str
    origin: Origin
    operation: Operation
    wishes: Wishes = field(default_factory=Wishes)
    aspect_ratio: str | None = None
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class NewExtension:
    """A continuation of a video or of an uploaded clip by `seconds`. aspect_ratio, resolution: as in `NewChange`."""

    prompt: str
    origin: Origin
    seconds: int | str
    wishes: Wishes = field(default_factory=Wishes)
    aspect_ratio: str | None = None
    resolution: str | None = None


@dataclass(frozen=True, slots=True)
class NewCharacter:
    """Somebody to be known by `name`, shown by a clip."""

    name: str
    origin: Origin


@dataclass(frozen=True, slots=True)
class Made:
    """A video that was accepted, now or by an earlier attempt of the same request."""

    video: Video
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class StoredCharacter:
    """A character as its owner sees it. created_at: Unix seconds."""

    id: str
    name: str
    created_at: float
    replayed: bool = False


@dataclass(frozen=True, slots=True)
class Callback:
    """Where one video's end is told, and the origin of that address."""

    url: str
    origin: str


@dataclass(frozen=True, slots=True)
class Page:
    """Part of a caller's videos, and whether there are more behind it. last_id: of a search, where to go on."""

    videos: tuple[Video, ...]
    has_more: bool
    last_id: str | None = None


@dataclass(frozen=True, slots=True)
class Search:
    """Which videos are looked for: with all these words in their prompts, of a status, of a model; None for any."""

    words: str = ""
    status: Status | None = None
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Content:
    """A stored file ready to be sent: `read(start, length)` yields its bytes in chunks."""

    asset: Asset
    modified_at: float
    read: Callable[[int, int], AsyncIterator[bytes]]
