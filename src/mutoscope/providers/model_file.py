"""The file of models: what each upstream offers, with its limits, prices and end dates, as data with a date."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import msgspec

from mutoscope.domain.catalog import Capability, ModelSpec, SizeRule
from mutoscope.domain.clip_limits import ClipLimits
from mutoscope.domain.errors import ConfigurationError
from mutoscope.domain.money import USD, Price, in_millionths
from mutoscope.domain.sizes import is_ratio
from mutoscope.domain.sound_limits import SoundLimits
from mutoscope.domain.video import PROMPT_MAX_CHARACTERS, Size

_HOUR = 3600.0
_MEBIBYTE = 1 << 20


class SizeRange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every even size with sides from `minimum` to `maximum` pixels and at most `maximum_pixels` in all."""

    minimum: int = 64
    maximum: int = 1920
    maximum_pixels: int = 1920 * 1080


class SecondsRange(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Every whole number of seconds from `shortest` to `longest`."""

    shortest: int
    longest: int


class LimitsEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which clips are taken: seconds, pixels of a side, MiB of the file, pictures a second.

    narrowest, widest: a shape as width by height in words, such as "9:16". fewest_pixels, most_pixels: width times
    height. only_mp4: whether other containers are refused.
    """

    shortest: float = 0.0
    longest: float | None = None
    smallest_side: int = 1
    longest_side: int = 1 << 16
    most_mebibytes: float | None = None
    lowest_fps: float = 0.0
    highest_fps: float | None = None
    narrowest: str | None = None
    widest: str | None = None
    fewest_pixels: int = 1
    most_pixels: int | None = None
    only_mp4: bool = False

    def limits(self) -> ClipLimits:
        return ClipLimits(
            shortest=self.shortest,
            longest=math.inf if self.longest is None else self.longest,
            smallest_side=self.smallest_side,
            longest_side=self.longest_side,
            most_bytes=math.inf if self.most_mebibytes is None else self.most_mebibytes * _MEBIBYTE,
            lowest_fps=self.lowest_fps,
            highest_fps=math.inf if self.highest_fps is None else self.highest_fps,
            narrowest=0.0 if self.narrowest is None else _shape(self.narrowest),
            widest=math.inf if self.widest is None else _shape(self.widest),
            fewest_pixels=self.fewest_pixels,
            most_pixels=math.inf if self.most_pixels is None else self.most_pixels,
            only_mp4=self.only_mp4,
        )


class SoundsEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Which sounds are taken among the references: how many, and seconds of all of them together.

    by_link: whether by a public address only.
    """

    most: int = 1
    seconds: float | None = None
    by_link: bool = False

    def limits(self) -> SoundLimits:
        return SoundLimits(self.most, math.inf if self.seconds is None else self.seconds, self.by_link)


class OwnLink(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The facts of a provider's own videos that hold an address where they are kept, and until when."""

    fact: str
    until: str


class PriceEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """Amounts are decimal texts in units of the currency. by_side: per second, by the most pixels of the short side."""

    per_second: str = "0"
    per_video: str = "0"
    by_side: dict[str, str] = {}
    currency: str = USD

    def price(self, as_of: str) -> Price:
        steps = sorted((int(side), in_millionths(amount)) for side, amount in self.by_side.items())
        return Price(
            per_second=in_millionths(self.per_second),
            per_video=in_millionths(self.per_video),
            currency=self.currency,
            as_of=as_of,
            by_side=tuple(steps),
        )


class ModelEntry(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """One model. Names are those of `ModelSpec`; what is left out has its default."""

    adapter: str
    name: str
    upstream_model: str
    owner: str
    sizes: list[str] | SizeRange
    seconds: list[int] | SecondsRange
    default_size: str
    default_seconds: int
    capabilities: list[Capability] = []
    remembers: bool = False
    remembers_hours: float | None = None
    remembered_by: str | None = None
    edit_limits: LimitsEntry = msgspec.field(default_factory=LimitsEntry)
    reference_limits: LimitsEntry = msgspec.field(default_factory=LimitsEntry)
    extend_limits: LimitsEntry = msgspec.field(default_factory=LimitsEntry)
    sound_limits: SoundsEntry = msgspec.field(default_factory=SoundsEntry)
    longest_seconds: int = 120
    prompt_limit: int = PROMPT_MAX_CHARACTERS
    seconds_per_second: float = 10.0
    price: PriceEntry | None = None
    ends: str | None = None
    from_words: bool = True
    guided_edits: bool = True
    clips_by_link: bool = False
    own_link: OwnLink | None = None
    verified: str = "docs"
    wiring: dict[str, Any] = {}

    def spec(self, provider: str, as_of: str, accounts: Iterable[str] = ()) -> ModelSpec:
        """The model as `provider` offers it. accounts: the engine's names of those that serve it."""
        accounts = tuple(accounts) or (provider,)
        return ModelSpec(
            name=self.name,
            provider=provider,
            upstream_model=self.upstream_model,
            sizes=self._sizes(),
            seconds=self._seconds(),
            default_size=_size(self.default_size),
            default_seconds=self.default_seconds,
            capabilities=frozenset(self.capabilities),
            remembers=frozenset(accounts) if self.remembers else frozenset(),
            remembers_seconds=None if self.remembers_hours is None else self.remembers_hours * _HOUR,
            remembered_by=self.remembered_by,
            seconds_per_second=self.seconds_per_second,
            owner=self.owner,
            price=None if self.price is None else self.price.price(as_of),
            longest_seconds=self.longest_seconds,
            prompt_limit=self.prompt_limit,
            edit_limits=self.edit_limits.limits(),
            reference_limits=self.reference_limits.limits(),
            extend_limits=self.extend_limits.limits(),
            sound_limits=self.sound_limits.limits(),
            accounts=accounts,
            verified=self.verified,
            ends=self.ends,
            from_words=self.from_words,
            guided_edits=self.guided_edits,
            clips_by_link=self.clips_by_link,
            own_link=None if self.own_link is None else (self.own_link.fact, self.own_link.until),
            wiring=self.wiring,
        )

    def _sizes(self) -> SizeRule:
        if isinstance(self.sizes, SizeRange):
            return SizeRule((), self.sizes.minimum, self.sizes.maximum, self.sizes.maximum_pixels)
        return SizeRule(tuple(_size(text) for text in self.sizes))

    def _seconds(self) -> tuple[int, ...]:
        if isinstance(self.seconds, SecondsRange):
            return tuple(range(self.seconds.shortest, self.seconds.longest + 1))
        return tuple(self.seconds)


class ModelFile(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """The whole file. as_of: the date of its prices and limits."""

    as_of: str
    model: list[ModelEntry] = []


def read_models(text: str, name: str) -> ModelFile:
    """Read a file of models. ConfigurationError names the file and what is wrong where."""
    try:
        return msgspec.toml.decode(text, type=ModelFile)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"File of models {name}: {error}.") from None


def _size(text: str) -> Size:
    size = Size.parse(text)
    if size is None:
        raise ConfigurationError(f"File of models: {text!r} is no size; expected WIDTHxHEIGHT.")
    return size


def _shape(text: str) -> float:
    width, _, height = text.partition(":")
    if not is_ratio(text):
        raise ConfigurationError(f"File of models: {text!r} is no shape; expected WIDTH:HEIGHT, such as '16:9'.")
    return int(width) / int(height)
