"""From a request to a proposal: the model found, every field judged, the strategy chosen. Nothing is accepted yet."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace

from mutoscope.clock import Clock
from mutoscope.domain.catalog import Capability, Catalog, ModelSpec, provider_of
from mutoscope.domain.errors import BudgetExceeded, CallerError, UnsupportedByModel
from mutoscope.domain.fallback import After
from mutoscope.domain.local_edits import CAN_DO
from mutoscope.domain.money import as_text, in_millionths
from mutoscope.domain.rehearsal import Rehearsal
from mutoscope.domain.remix import RemixPlan, Rules, Start, Strategy, check_source, plan_change, plan_extension
from mutoscope.domain.seeds import seed_of
from mutoscope.domain.video import Operation, Video, VideoRequest, check_prompt
from mutoscope.domain.wishes import INPUT_REFERENCES, Adjustment, Wishes, honoured, leave_out, seed_for
from mutoscope.service.fitting import (
    as_fitted,
    check_length,
    checked_seed,
    done_to_clip,
    ending,
    exactly,
    fit_length,
    fit_size,
    reshape,
    shortened,
    size_of,
    total_seconds,
    unused_words,
)
from mutoscope.service.guides import Guides
from mutoscope.service.inputs import Inputs
from mutoscope.service.rehearsals import as_if_real, joined, rehearsed, told_of_source
from mutoscope.service.requests import Callback, Caller, NewChange, NewExtension, NewVideo, Origin, SourceId, Upload

Retrieve = Callable[[Caller, str, str], Awaitable[Video]]
New = NewVideo | NewChange | NewExtension

FIRST_FRAME = "first_frame"


@dataclass(frozen=True, slots=True)
class Further:
    """What is made instead, should the upstream refuse in the way that `after` says."""

    after: After
    proposal: Proposal


@dataclass(frozen=True, slots=True)
class Proposal:
    """What would be made, all checked: accept it, or show it as a plan.

    further: what may be made instead, in order. rehearsal: set where this is only rehearsed. callback: where its end is
    told, beside its tenant's endpoints.
    """

    request: VideoRequest
    model: ModelSpec
    source: Video | None = None
    plan: RemixPlan | None = None
    adjustments: tuple[Adjustment, ...] = ()
    notice: str | None = None
    ignored: tuple[str, ...] = ()
    further: tuple[Further, ...] = ()
    rehearsal: Rehearsal | None = None
    callback: Callback | None = None

    @property
    def account(self) -> str | None:
        """The one account that can do it, because it made the source; None where any of the model's will do."""
        is_native = self.plan is not None and self.plan.strategy is Strategy.NATIVE
        if not is_native or self.source is None:
            return None
        # The engines of this machine remember each other's videos too; each makes its own.
        maker = self.source.provider
        return maker if provider_of(maker) == self.model.provider else None

    @property
    def most(self) -> int | None:
        """The highest price among this and what may be made instead; None where nothing is to be paid."""
        if self.rehearsal is not None:
            return None
        prices = [price for price in (self.price, *(one.proposal.price for one in self.further)) if price is not None]
        return max(prices, default=None)

    @property
    def price(self) -> int | None:
        """In millionths of `currency`; None where it is free. An extension costs what it adds.

        That of a rehearsal is the real one's, which nobody pays.
        """
        if self.model.price is None:
            return None
        size = self.request.size
        return self.model.price.of(self.request.added_seconds or self.request.seconds, min(size.width, size.height))

    @property
    def currency(self) -> str | None:
        models = (self.model, *(one.proposal.model for one in self.further))
        return next((model.price.currency for model in models if model.price is not None), None)


class Proposals:
    """Makes proposals.

    retrieve: finds a caller's video by id, its error naming the field given. check_space: called before an upload is
    kept; StorageFull from it refuses the request. may_cross: whether a tenant's videos may be shown to other providers
    than their makers. has_links: see `Rules`. rehearsal_speed: how many times faster than its model a rehearsal is.
    composer: the host that is told prompts to compose them; "" for none.
    """

    def __init__(
        self,
        catalog: Catalog,
        inputs: Inputs,
        clock: Clock,
        retrieve: Retrieve,
        check_space: Callable[[], Awaitable[None]],
        may_cross: Callable[[str], Awaitable[bool]],
        rehearsal_speed: float = 1.0,
        has_links: bool = True,
        composer: str = "",
    ) -> None:
        self._rehearsal_speed = rehearsal_speed
        self._composer = composer
        self._has_links = has_links
        self._check_space = check_space
        self._may_cross = may_cross
        self._catalog = catalog
        self._inputs = inputs
        self._guides = Guides(inputs, check_space, has_links)
        self._clock = clock
        self._retrieve = retrieve

    async def propose(self, caller: Caller, new: New) -> Proposal:
        """Judge a request. Its errors are those of the caller, and name the field."""
        check_prompt(new.prompt)
        proposal = await self._with_fallbacks(caller, new, await self._one(caller, new))
        _check_price(proposal, new.wishes.max_price)
        return rehearsed(proposal, self._rehearsal_speed) if new.wishes.rehearse else proposal

    async def _one(self, caller: Caller, new: New) -> Proposal:
        match new:
            case NewVideo():
                return await self._video(caller, new)
            case NewChange():
                return await self._change(caller, new)
            case NewExtension():
                return await self._extension(caller, new)

    async def _with_fallbacks(self, caller: Caller, new: New, first: Proposal) -> Proposal:
        """The proposal with those for the models that the caller, or the operator's alias, named to be tried next.

        One that cannot take this request is left out, and that is told.
        """
        further, dropped = list(first.further), []
        for name in self._fallbacks(new.wishes):
            other = replace(new, wishes=replace(new.wishes, model=name, fallbacks=()))
            try:
                proposal = await self._one(caller, other)
            except CallerError as error:
                dropped.append(Adjustment("model", name, None, f"Skipped as a fallback: {error.message}"))
                continue
            further += [Further(After.ANY, replace(proposal, further=())), *proposal.further]
        return replace(first, further=tuple(further), adjustments=(*first.adjustments, *dropped))

    def _fallbacks(self, wishes: Wishes) -> tuple[str, ...]:
        named = wishes.fallbacks
        for name in named:
            self._catalog.resolve(name)
        first = () if wishes.model is None else self._catalog.resolve(wishes.model).fallbacks
        return (*first, *(each for each in named if each not in first))

    def check(self, source: Video, operation: Operation) -> None:
        """Refuse a source that cannot be started from now."""
        check_source(source, operation, self._clock.now())

    async def _video(self, caller: Caller, new: NewVideo) -> Proposal:
        resolved = self._catalog.resolve(new.wishes.model)
        model = resolved.model
        _check_makes_new(model)
        model.check_prompt(new.prompt)
        model.check_start(new.reference is not None)
        options, adjustments = honoured(new.wishes, model)
        seed, unseeded = seed_for(new.wishes, model)
        request = VideoRequest(
            prompt=new.prompt,
            model=model.name,
            size=model.check_size(size_of(new, model)),
            seconds=model.default_seconds if new.seconds is None else model.check_seconds(new.seconds),
            seed=checked_seed(seed),
        )
        if new.characters:
            model.require(Capability.CHARACTERS, "characters")
            characters = await self._inputs.characters(caller.tenant, new.characters, new.prompt)
            request = replace(request, characters=characters)
        if new.reference is None:
            undone = ()
        elif Capability.IMAGE_REFERENCE in model.capabilities:
            request, undone = await self._beginning_with(caller, request, new.reference), ()
        else:
            undone = (leave_out(new.reference.param, None, new.wishes, model),)
        options, untaken = await self._guides.kept(caller.tenant, options, new.wishes, model)
        request = replace(request, options=options)
        ignored = (*new.wishes.ignored, *unused_words(new))
        told = (*adjustments, *unseeded, *undone, *untaken)
        return Proposal(request, model, adjustments=told, notice=resolved.notice, ignored=ignored)

    async def _change(self, caller: Caller, new: NewChange) -> Proposal:
        source = await self._source(caller, new, new.operation)
        model, notice = self._target(new.wishes, source)
        model.check_prompt(new.prompt)
        request, start = await self._start(caller, new.origin, source, model)
        plan = plan_change(
            new.prompt, start, model, await self._rules(caller, new.wishes), self._catalog.models.values()
        )
        if plan.strategy is Strategy.LOCAL:
            return await self._exact(caller, new, request, model, start, plan, notice)
        basis = Proposal(request, model, source, plan, notice=notice, ignored=new.wishes.ignored)
        proposal = await self._planned(caller, new, basis, plan)
        return replace(proposal, further=await self._lower(caller, new, basis, plan))

    async def _exact(
        self,
        caller: Caller,
        new: NewChange,
        request: VideoRequest,
        model: ModelSpec,
        start: Start,
        plan: RemixPlan,
        notice: str | None,
    ) -> Proposal:
        request = replace(request, prompt=new.prompt, operation=new.operation, reference=None)
        request, told = await self._honoured(caller, new, request, plan, model)
        request, became = exactly(request, plan, start)
        return Proposal(request, model, start.source, plan, (*told, *became), notice, new.wishes.ignored)

    async def _lower(self, caller: Caller, new: NewChange, basis: Proposal, plan: RemixPlan) -> tuple[Further, ...]:
        """The lower rungs, for an upstream that refuses the source; those that cannot take the wishes are left out."""
        if basis.model.is_own:
            return ()
        further = []
        for lower in plan.lower:
            with contextlib.suppress(CallerError):
                further.append(Further(After.SOURCE, await self._planned(caller, new, basis, lower)))
        return tuple(further)

    async def _planned(self, caller: Caller, new: NewChange, basis: Proposal, plan: RemixPlan) -> Proposal:
        """The proposal for one rung. basis: its request is the source's."""
        model = basis.model
        plan, ended = ending(self._with_composer(plan, new.wishes), model, new.wishes)
        request = replace(
            basis.request,
            prompt=new.prompt,
            operation=new.operation,
            reference=basis.request.reference if plan.strategy is Strategy.NATIVE else None,
        )
        request = as_fitted(request, plan)
        request, told = await self._honoured(caller, new, request, plan, model)
        request, resized = (request, ()) if _keeps_size(plan, model) else fit_size(request, model, new.wishes)
        if plan.strategy.is_generation:
            request, lengthened = fit_length(request, model, new.wishes)
            resized = (*resized, *lengthened, *shortened(plan, model))
        notice = joined(basis.notice, told_of_source(basis.source, plan, new.operation))
        told = (*told, *resized, *ended, *done_to_clip(plan))
        return replace(basis, request=request, plan=plan, adjustments=told, notice=notice)

    def _with_composer(self, plan: RemixPlan, wishes: Wishes) -> RemixPlan:
        """The plan with what a composer is told, and with its host among those who are told; a rehearsal asks none."""
        if plan.material is None or not self._composer or wishes.rehearse:
            return replace(plan, material=None)
        return replace(plan, recipients=(*plan.recipients, self._composer))

    async def _extension(self, caller: Caller, new: NewExtension) -> Proposal:
        source = await self._source(caller, new, Operation.EXTENSION)
        model, notice = self._target(new.wishes, source)
        _check_makes_new(model)
        model.check_prompt(new.prompt)
        added = model.check_seconds(new.seconds)
        request, start = await self._start(caller, new.origin, source, model)
        plan = plan_extension(new.prompt, start, model, await self._rules(caller, new.wishes))
        request = replace(
            request,
            prompt=new.prompt,
            seconds=total_seconds(request.seconds, added, model),
            added_seconds=added,
            operation=Operation.EXTENSION,
            reference=None,
        )
        request = as_fitted(request, plan)
        request, told = await self._honoured(caller, new, request, plan, model)
        request, resized = (request, ()) if _keeps_size(plan, model) else fit_size(request, model, new.wishes)
        told = (*told, *resized, *done_to_clip(plan))
        notice = joined(notice, told_of_source(source, plan, Operation.EXTENSION))
        return Proposal(request, model, source, plan, told, notice, new.wishes.ignored)

    async def _honoured(
        self, caller: Caller, new: NewChange | NewExtension, request: VideoRequest, plan: RemixPlan, model: ModelSpec
    ) -> tuple[VideoRequest, tuple[Adjustment, ...]]:
        """The request with what else was wished for, and what had to be left out of that."""
        options, undone = honoured(new.wishes, model)
        seed, unseeded = seed_for(new.wishes, model)
        request, unshaped = reshape(request, new, plan, model)
        told = (*undone, *unseeded, *unshaped)
        picture = options.pop(FIRST_FRAME, None)
        if picture is not None and plan.strategy in (Strategy.REFERENCE, Strategy.PROMPT):
            request = await self._beginning_with(caller, request, picture())
        elif picture is not None:
            reason = f"By '{plan.strategy}' the new video begins with its source's own picture."
            told = (*told, leave_out(FIRST_FRAME, None, new.wishes, model, reason))
        if INPUT_REFERENCES in options and not (plan.strategy.is_generation or model.guided_edits):
            reason = f"Model '{model.name}' takes no references along when it changes a clip."
            told = (*told, leave_out(INPUT_REFERENCES, None, new.wishes, model, reason))
            del options[INPUT_REFERENCES]
        options, untaken = await self._guides.kept(caller.tenant, options, new.wishes, model)
        request = replace(request, options=options, seed=request.seed if seed is None else checked_seed(seed))
        return request, (*told, *untaken)

    async def _beginning_with(self, caller: Caller, request: VideoRequest, picture: Upload) -> VideoRequest:
        await self._check_space()
        return replace(request, reference=await self._inputs.keep_picture(caller.tenant, picture))

    async def _rules(self, caller: Caller, wishes: Wishes) -> Rules:
        return Rules(
            self._clock.now(),
            wishes.min_strategy,
            await self._may_cross(caller.tenant),
            wishes.on_unsupported,
            self._has_links,
        )

    async def _source(self, caller: Caller, new: NewChange | NewExtension, operation: Operation) -> Video | None:
        if not isinstance(new.origin, SourceId):
            return None
        source = await self._retrieve(caller, new.origin.id, new.origin.param)
        self.check(source, operation)
        return as_if_real(source) if new.wishes.rehearse else source

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
            check_length(source.request.seconds, model, origin.param)
            if Capability.LOCAL_EDIT in model.capabilities:
                return await self._measured(caller, source, model)
            request = replace(
                source.request,
                model=model.name,
                seed=seed_of(source),
                clip=None,
                added_seconds=0,
                characters=(),
            )
            clip, story = await self._inputs.stored_clip(source), await self._inputs.story_of(source)
            return request, Start(clip.seconds, clip.size, clip.bytes, source, story, clip.fps, clip.media_type)
        assert not isinstance(origin, SourceId)
        await self._check_space()
        origin = await self._inputs.loaded(origin)
        clip = await self._inputs.keep_clip(caller.tenant, origin)
        check_length(clip.seconds, model, origin.param)
        request = VideoRequest("", model.name, clip.size, clip.seconds, clip=clip)
        if Capability.LOCAL_EDIT in model.capabilities:
            found = await self._inputs.measures_of(caller.tenant, clip)
            return request, Start(found.seconds, found.size, len(origin.data), has_sound=found.has_sound)
        return request, Start(clip.seconds, clip.size, len(origin.data), fps=clip.fps, media_type=clip.media_type)

    async def _measured(self, caller: Caller, source: Video, model: ModelSpec) -> tuple[VideoRequest, Start]:
        """As in `_start`, of the clip as it is and not as it was asked for: upstreams come near to that only."""
        found = await self._inputs.measures_of(caller.tenant, source)
        request = replace(
            source.request,
            model=model.name,
            size=found.size,
            seconds=found.seconds,
            clip=None,
            added_seconds=0,
            characters=(),
        )
        story, length = await self._inputs.story_of(source), (await self._inputs.stored_clip(source)).bytes
        return request, Start(found.seconds, found.size, length, source, story, has_sound=found.has_sound)


def _keeps_size(plan: RemixPlan, model: ModelSpec) -> bool:
    """Whether an upstream is not asked for a size, since what it makes has the size of what it changes."""
    return not model.is_own and not plan.strategy.is_generation


def _check_makes_new(model: ModelSpec) -> None:
    """Refuse a model that only changes what is there already."""
    if Capability.LOCAL_EDIT in model.capabilities:
        raise UnsupportedByModel(
            f"Model '{model.name}' makes nothing new: it can be asked for a remix or an edit of a clip. It can do: "
            f"{CAN_DO}.",
            param="model",
            code="unsupported_operation",
        )


def _check_price(proposal: Proposal, most: float | None) -> None:
    dearest = proposal.most
    if dearest is None or most is None or dearest <= in_millionths(most):
        return
    raise BudgetExceeded(
        f"This video costs {as_text(dearest)} {proposal.currency}, more than 'max_price' allows "
        f"({as_text(in_millionths(most))}). Nothing was sent.",
        param="max_price",
    )
