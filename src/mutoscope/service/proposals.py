"""From a request to a proposal: the model found, every field judged, the strategy chosen. Nothing is accepted yet."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from mutoscope.clock import Clock
from mutoscope.domain.catalog import Capability, Catalog, ModelSpec
from mutoscope.domain.errors import BudgetExceeded, InvalidRequest
from mutoscope.domain.money import as_text, in_millionths
from mutoscope.domain.remix import RemixPlan, Rules, Start, Strategy, check_source, plan_change, plan_extension
from mutoscope.domain.sizes import is_ratio, is_resolution, size_from
from mutoscope.domain.video import Operation, Size, Video, VideoRequest, check_prompt
from mutoscope.domain.wishes import SHOWN_CHARACTERS, Adjustment, Wishes, check_mode, honoured, refuses
from mutoscope.service.inputs import Inputs
from mutoscope.service.requests import Caller, NewChange, NewExtension, NewVideo, Origin, SourceId

Retrieve = Callable[[Caller, str, str], Awaitable[Video]]

SEED_LIMIT = 1 << 32


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be made, all checked: accept it, or show it as a plan."""

    request: VideoRequest
    model: ModelSpec
    source: Video | None = None
    plan: RemixPlan | None = None
    adjustments: tuple[Adjustment, ...] = ()
    notice: str | None = None
    ignored: tuple[str, ...] = ()

    @property
    def price(self) -> int | None:
        """In millionths of `currency`; None where it is free. An extension costs what it adds."""
        if self.model.price is None:
            return None
        return self.model.price.of(self.request.added_seconds or self.request.seconds)

    @property
    def currency(self) -> str | None:
        return self.model.price and self.model.price.currency


class Proposals:
    """Makes proposals.

    retrieve: finds a caller's video by id, its error naming the field given. check_space: called before an upload is
    kept; StorageFull from it refuses the request. allow_cross_provider: see `Rules`.
    """

    def __init__(
        self,
        catalog: Catalog,
        inputs: Inputs,
        clock: Clock,
        retrieve: Retrieve,
        check_space: Callable[[], Awaitable[None]],
        allow_cross_provider: bool = True,
    ) -> None:
        self._check_space = check_space
        self._allow_cross_provider = allow_cross_provider
        self._catalog = catalog
        self._inputs = inputs
        self._clock = clock
        self._retrieve = retrieve

    async def propose(self, caller: Caller, new: NewVideo | NewChange | NewExtension) -> Proposal:
        """Judge a request. Its errors are those of the caller, and name the field."""
        check_prompt(new.prompt)
        check_mode(new.wishes)
        match new:
            case NewVideo():
                proposal = await self._video(caller, new)
            case NewChange():
                proposal = await self._change(caller, new)
            case NewExtension():
                proposal = await self._extension(caller, new)
        _check_price(proposal, new.wishes.max_price)
        return proposal

    def check(self, source: Video, operation: Operation) -> None:
        """Refuse a source that cannot be started from now."""
        check_source(source, operation, self._clock.now())

    async def _video(self, caller: Caller, new: NewVideo) -> Proposal:
        resolved = self._catalog.resolve(new.wishes.model)
        model = resolved.model
        model.check_prompt(new.prompt)
        options, adjustments = honoured(new.wishes, model)
        request = VideoRequest(
            prompt=new.prompt,
            model=model.name,
            size=model.check_size(_size(new, model)),
            seconds=model.default_seconds if new.seconds is None else model.check_seconds(new.seconds),
            seed=_seed(new.wishes.seed),
            options=options,
        )
        if new.characters:
            model.require(Capability.CHARACTERS, "characters")
            characters = await self._inputs.characters(caller.tenant, new.characters, new.prompt)
            request = replace(request, characters=characters)
        if new.reference is not None:
            model.require(Capability.IMAGE_REFERENCE, new.reference.param)
            await self._check_space()
            picture = await self._inputs.keep_picture(caller.tenant, new.reference)
            request = replace(request, reference=picture)
        ignored = (*new.wishes.ignored, *_unused_words(new))
        return Proposal(request, model, adjustments=adjustments, notice=resolved.notice, ignored=ignored)

    async def _change(self, caller: Caller, new: NewChange) -> Proposal:
        source = await self._source(caller, new.origin, new.operation)
        model, notice = self._target(new.wishes, source)
        model.check_prompt(new.prompt)
        options, adjustments = honoured(new.wishes, model)
        request, start = await self._start(caller, new.origin, source, model)
        plan = plan_change(new.prompt, start, model, self._rules(new.wishes), self._catalog.models.values())
        request, fitted = _fitted(request, model, new.wishes)
        if plan.strategy.is_generation:
            request, lengthened = _in_its_lengths(request, model, new.wishes)
            fitted = (*fitted, *lengthened, *_shortened(plan, model))
        request = replace(
            request,
            prompt=new.prompt,
            seed=_seed(new.wishes.seed) if new.wishes.seed is not None else request.seed,
            operation=new.operation,
            reference=request.reference if plan.strategy is Strategy.NATIVE else None,
            options=options,
        )
        return Proposal(request, model, source, plan, (*adjustments, *fitted), notice, new.wishes.ignored)

    async def _extension(self, caller: Caller, new: NewExtension) -> Proposal:
        source = await self._source(caller, new.origin, Operation.EXTENSION)
        model, notice = self._target(new.wishes, source)
        model.check_prompt(new.prompt)
        added = model.check_seconds(new.seconds)
        options, adjustments = honoured(new.wishes, model)
        request, start = await self._start(caller, new.origin, source, model)
        plan = plan_extension(new.prompt, start, model, self._rules(new.wishes))
        request, resized = _fitted(request, model, new.wishes)
        request = replace(
            request,
            prompt=new.prompt,
            seconds=_total(request.seconds, added, model),
            added_seconds=added,
            seed=_seed(new.wishes.seed) if new.wishes.seed is not None else request.seed,
            operation=Operation.EXTENSION,
            reference=None,
            options=options,
        )
        return Proposal(request, model, source, plan, (*adjustments, *resized), notice, new.wishes.ignored)

    def _rules(self, wishes: Wishes) -> Rules:
        return Rules(self._clock.now(), wishes.min_strategy, self._allow_cross_provider)

    async def _source(self, caller: Caller, origin: Origin, operation: Operation) -> Video | None:
        if not isinstance(origin, SourceId):
            return None
        source = await self._retrieve(caller, origin.id, origin.param)
        self.check(source, operation)
        return source

    def _target(self, wishes: Wishes, source: Video | None) -> tuple[ModelSpec, str | None]:
        """The model that is asked for, else the source's own, else the default; and what its name needs told."""
        if wishes.model is None and source is not None:
            return self._catalog.resolve(source.request.model).model, None
        resolved = self._catalog.resolve(wishes.model)
        return resolved.model, resolved.notice

    async def _start(
        self, caller: Caller, origin: Origin, source: Video | None, model: ModelSpec
    ) -> tuple[VideoRequest, Start]:
        """A request for what is there already, to be changed or continued, and what the planner must know of it."""
        if source is not None:
            _check_length(source.request.seconds, model, origin.param)
            request = replace(source.request, model=model.name, clip=None, added_seconds=0, characters=())
            length, story = await self._inputs.length_of(source.id), await self._inputs.story_of(source)
            return request, Start(request.seconds, request.size, length, source, story)
        assert not isinstance(origin, SourceId)
        await self._check_space()
        clip = await self._inputs.keep_clip(caller.tenant, origin)
        _check_length(clip.seconds, model, origin.param)
        request = VideoRequest("", model.name, clip.size, clip.seconds, clip=clip)
        return request, Start(clip.seconds, clip.size, len(origin.data))


def _size(new: NewVideo, model: ModelSpec) -> Size:
    """The size asked for, by its name or by words; words in `size` itself are understood too."""
    text = new.size
    if text is None:
        if new.aspect_ratio is None and new.resolution is None:
            return model.default_size
        return size_from(new.aspect_ratio, new.resolution, model.default_size)
    if is_ratio(text):
        return size_from(text, new.resolution, model.default_size)
    if is_resolution(text):
        return size_from(new.aspect_ratio, text, model.default_size)
    size = Size.parse(text)
    if size is None:
        raise InvalidRequest(
            f"Invalid value: '{text[:100]}'. Supported values for model '{model.name}' are: {model.sizes}.",
            param="size",
        )
    return size


def _unused_words(new: NewVideo) -> tuple[str, ...]:
    if new.size is None or Size.parse(new.size) is None:
        return ()
    return tuple(name for name in ("aspect_ratio", "resolution") if getattr(new, name) is not None)


def _seed(seed: int | None) -> int | None:
    if seed is not None and not 0 <= seed < SEED_LIMIT:
        raise InvalidRequest(f"Invalid 'seed': expected an integer from 0 to {SEED_LIMIT - 1}.", param="seed")
    return seed


def _total(seconds: float, added: int, model: ModelSpec) -> float:
    total = round(seconds + added, 2)
    if total > model.longest_seconds:
        raise InvalidRequest(
            f"Invalid 'seconds': {seconds:g} s and {added} s more make {total:g} s; a whole of at most "
            f"{model.longest_seconds} s is supported.",
            param="seconds",
        )
    return total


def _check_price(proposal: Proposal, most: float | None) -> None:
    if proposal.price is None or most is None or proposal.price <= in_millionths(most):
        return
    raise BudgetExceeded(
        f"This video costs {as_text(proposal.price)} {proposal.currency}, more than 'max_price' allows "
        f"({as_text(in_millionths(most))}). Nothing was sent.",
        param="max_price",
    )


def _check_length(seconds: float, model: ModelSpec, param: str) -> None:
    if seconds > model.longest_seconds:
        raise InvalidRequest(
            f"Invalid '{param}': the clip is {seconds:g} s long; at most {model.longest_seconds} s are supported.",
            param=param,
        )


def _fitted(start: VideoRequest, model: ModelSpec, wishes: Wishes) -> tuple[VideoRequest, tuple[Adjustment, ...]]:
    """The request in a size that the model makes. A change of size is told, or refused where the caller wants that."""
    size = model.sizes.fit(start.size)
    if size == start.size:
        return start, ()
    if refuses(wishes, model):
        model.check_size(start.size)
    reason = f"Model '{model.name}' makes no {start.size}."
    return replace(start, size=size), (Adjustment("size", str(start.size), str(size), reason),)


def _in_its_lengths(
    request: VideoRequest, model: ModelSpec, wishes: Wishes
) -> tuple[VideoRequest, tuple[Adjustment, ...]]:
    """The request in a length that the model makes. A change is told, or refused where the caller wants that."""
    seconds = model.fit_seconds(request.seconds)
    if seconds == request.seconds:
        return request, ()
    if refuses(wishes, model):
        raise InvalidRequest(
            f"The source is {request.seconds:g} s long and model '{model.name}' makes no such clip; it would make one "
            f"of {seconds} s. Send 'on_unsupported': 'adjust' to take that.",
            param="on_unsupported",
        )
    reason = f"Model '{model.name}' makes no {request.seconds:g} s."
    return replace(request, seconds=seconds), (Adjustment("seconds", f"{request.seconds:g}", str(seconds), reason),)


def _shortened(plan: RemixPlan, model: ModelSpec) -> tuple[Adjustment, ...]:
    if not plan.is_shortened:
        return ()
    reason = f"Words of the source were left out: model '{model.name}' takes {model.prompt_limit} characters."
    return (Adjustment("upstream_prompt", None, plan.upstream_prompt[:SHOWN_CHARACTERS], reason),)
