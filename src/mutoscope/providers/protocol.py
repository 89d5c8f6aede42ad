"""What a provider is: three questions to an upstream, asked by the engine, never by the provider itself.

A provider holds no loop, no sleep, no retry, no environment and no database. It turns a `Job` into an
upstream's request, an upstream's reply into one of four `Poll` shapes, and yields the bytes of a result.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, Protocol, runtime_checkable

from mutoscope.domain.assets import Variant
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import UpstreamError
from mutoscope.domain.rehearsal import Rehearsal
from mutoscope.domain.video import Size, VideoRequest


@dataclass(frozen=True, slots=True)
class Source:
    """The video that a remix starts from: its facts as the provider left them, and its stored clip's key."""

    video_id: str
    provider: str
    upstream_id: str | None
    facts: Mapping[str, Any]
    clip_key: str


@dataclass(frozen=True, slots=True)
class Given:
    """A picture, clip or sound that goes with a job. Its bytes are read when they are asked for.

    bytes: their number. size: in pixels, None for a sound. seconds: of a clip or sound. role: the caller's word for it.
    link: a public address where an upstream may fetch it for some hours; None where this server has none.
    """

    media_type: str
    bytes: int
    open: Callable[[], AsyncIterator[bytes]]
    size: Size | None = None
    seconds: float | None = None
    role: str | None = None
    link: str | None = None

    async def read(self) -> bytes:
        return b"".join([chunk async for chunk in self.open()])


@dataclass(frozen=True, slots=True)
class Job:
    """One attempt at one video. `key` is its idempotency key: the same job asked twice bears the same key.

    prompt: the text for the upstream, which for a remix may differ from the request's. model: what is asked for.
    reference: bytes of the picture that the video begins with: the caller's, or by the strategy `frame` one of the
    source's. last_frame: of the one that it ends with. guides: what else the caller gave to guide it. cast: the clips
    of the request's characters, in their order.
    clip: the one that an edit or extension starts from, or that by the strategy `reference` guides: the source video's
    or the uploaded one; None for a create and where the strategy does not need it.
    callback_url: where the upstream may tell its id of the job, unguessable and this attempt's alone; None for nowhere.
    before_send: to be handed to the door with the call that starts the job; it raises when that must not happen any
    more, and then nothing is sent.
    rehearsal: what is only rehearsed. earlier_id: the upstream's id of this very job, where it was accepted once and is
    handed in again because an engine of this machine forgot it. words_are_known: false where the job may have been
    asked for in other words than these, which a restore has lost.
    """

    video_id: str
    attempt: int
    key: str
    request: VideoRequest
    prompt: str
    strategy: str | None = None
    source: Source | None = None
    reference: bytes | None = None
    clip: Given | None = None
    callback_url: str | None = None
    spec: ModelSpec | None = None
    last_frame: bytes | None = None
    guides: tuple[Given, ...] = ()
    cast: tuple[Given, ...] = ()
    before_send: Callable[[], None] | None = None
    rehearsal: Rehearsal | None = None
    earlier_id: str | None = None
    words_are_known: bool = True

    @property
    def model(self) -> ModelSpec:
        assert self.spec is not None, "a job for an upstream names its model"
        return self.spec


@dataclass(frozen=True, slots=True)
class Submitted:
    """The upstream accepted. `poll_after` is how many seconds to wait before the first question."""

    upstream_id: str
    poll_after: float = 1.0


@dataclass(frozen=True, slots=True)
class Waiting:
    """The upstream has the job in its queue."""

    poll_after: float | None = None


@dataclass(frozen=True, slots=True)
class Running:
    """The upstream is at work. `progress` is 0 to 100, or None where it does not say."""

    progress: float | None = None
    poll_after: float | None = None


@dataclass(frozen=True, slots=True)
class RemoteAsset:
    """A file at the upstream: which variant it is and where, in the provider's own terms.

    Where a link expires and can be renewed, the location is what it is renewed by.
    """

    variant: Variant
    location: str


@dataclass(frozen=True, slots=True)
class Done:
    """The upstream finished. At least one asset, the clip; `facts` are kept with the video for remixes.

    charged: what the upstream says it charges, in millionths of the price's currency; None where it does not say.
    """

    assets: tuple[RemoteAsset, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)
    charged: int | None = None


@dataclass(frozen=True, slots=True)
class Refused:
    """The upstream gave up for good, and why."""

    error: UpstreamError


Poll = Waiting | Running | Done | Refused


class OnUnknown(StrEnum):
    """What to do with a submission whose outcome could not be found out."""

    FAIL = "fail"  # the video fails as `submission_unknown`; its money stays held
    HOLD = "hold"  # the video waits, and is looked for now and then, until it is found or deleted
    RESUBMIT_ONCE = "resubmit_once"  # asked once more under a new key: it may be made and paid twice


@dataclass(frozen=True, slots=True)
class Recovery:
    """What an upstream offers for a submission whose answer never came. Declared from its documentation.

    key_seconds: how long a repetition under the same idempotency key is answered with the same job; 0 where keys are
    not honoured. finds: whether the provider is a `Finder`. calls_back: whether it is a `CallsBack`.
    deadline_seconds: how long to look before `on_unknown`.
    """

    key_seconds: float = 0.0
    finds: bool = False
    calls_back: bool = False
    deadline_seconds: float = 120.0
    on_unknown: OnUnknown = OnUnknown.FAIL

    def preferring(self, deadline_seconds: float, on_unknown: str) -> Recovery:
        """The same with what an operator prefers. deadline_seconds: 0 for as declared. on_unknown: likewise ""."""
        return replace(
            self,
            deadline_seconds=deadline_seconds or self.deadline_seconds,
            on_unknown=OnUnknown(on_unknown or self.on_unknown),
        )


class Finder(Protocol):
    """A provider that can look up what it submitted: by an id of ours, or in the upstream's list."""

    async def find(self, job: Job, since: float) -> Submitted | None:
        """The one job at the upstream that came of this submission; None when there is none (yet).

        since: Unix seconds when it was made. UpstreamProtocolError when several could be it: none is adopted then.
        """
        ...


class CallsBack(Protocol):
    """A provider whose upstream posts to the `callback_url` of a job that it has accepted."""

    async def called_back(self, headers: Mapping[str, str], body: bytes) -> str:
        """The upstream's id of the job that this callback is about: the same that `submit` gives for it.

        headers: by names in any case; ":path" is the path that was called, with the query that the provider may have
        added to the job's `callback_url`.
        Nothing else in it is believed: the job is asked about as any other. UpstreamProtocolError when it names none,
        and where the upstream signs its callbacks, when the signature is not its own.
        """
        ...


@runtime_checkable
class Checks(Protocol):
    """A provider that can ask its upstream something that costs nothing, to see whether the credential is good."""

    async def check(self) -> str:
        """One sentence about the account. UpstreamError when something is wrong."""
        ...


class Exact(Protocol):
    """A provider that says whether its clips always have the size and length that were asked for."""

    @property
    def is_exact(self) -> bool: ...


class ExtensionResult(StrEnum):
    """What an upstream answers when it has continued a clip."""

    WHOLE = "whole"  # the source and what follows it
    NEW_PART = "new_part"  # only what follows; the server puts it behind the source
    MEASURED = "measured"  # nobody documents which: the length of the answer tells


class Continues(Protocol):
    """A provider whose upstream may answer an extension with the new part alone. Any other's answer is the whole."""

    @property
    def extension_result(self) -> ExtensionResult: ...


class Provider(Protocol):
    """One upstream. Every method raises only classes of `UpstreamError`; anything else is a bug."""

    @property
    def name(self) -> str: ...

    @property
    def models(self) -> tuple[ModelSpec, ...]: ...

    @property
    def recovery(self) -> Recovery: ...

    @property
    def is_local(self) -> bool:
        """Whether the upstream is a free, idempotent render queue of this machine.

        For such a provider a lost or unknown submission is simply submitted again under the same key.
        """
        ...

    async def submit(self, job: Job) -> Submitted:
        """Ask the upstream to start. Raises UpstreamError subclasses when it refuses or cannot be reached."""
        ...

    async def poll(self, upstream_id: str) -> Poll:
        """One question, one answer.

        UpstreamTaskLost when the upstream does not know the id. UpstreamProtocolError for a status word that it does
        not document, FinishedWithoutAsset when it has finished and names no file: neither is ever guessed at.
        """
        ...

    def fetch(self, asset: RemoteAsset) -> AsyncIterator[bytes]:
        """The bytes of one asset, in chunks."""
        ...

    async def cancel(self, upstream_id: str) -> None:
        """Stop the work, best effort, at once; unknown ids are ignored."""
        ...

    async def forget(self, upstream_id: str) -> None:
        """We have our own copy of the results; the upstream may drop its own. Does nothing where it cannot."""
        ...

    async def aclose(self) -> None:
        """Stop whatever runs on this machine for the provider."""
        ...


def makes_what_is_asked(provider: Provider) -> bool:
    """Whether a clip need not be measured to know its size and length: so it is here, and where it is `Exact`."""
    return getattr(provider, "is_exact", provider.is_local)


def extension_result(provider: Provider) -> ExtensionResult:
    return getattr(provider, "extension_result", ExtensionResult.WHOLE)
