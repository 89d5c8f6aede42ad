"""What a trial of an account with a real key asks for: the cheapest new clip, and one remix of it. It has no IO."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import CallerError, UnsupportedByModel
from mutoscope.domain.ladder import Strategy
from mutoscope.domain.lifecycle import State
from mutoscope.domain.remix import RemixPlan, Rules, Start, plan_change
from mutoscope.domain.video import Operation, Size, Video, VideoRequest
from mutoscope.domain.wishes import OnUnsupported

PROMPT = "A red kite flies over a green hill on a windy day."
CHANGE = "Make it night."
# Nobody has said yet how long a link that the upstream keeps will live: long enough for a remix right away.
_DAY = 86_400.0
_RUNGS = tuple(Strategy)


@dataclass(frozen=True, slots=True)
class Step:
    """One submission. plan: of a remix, None for the create."""

    spec: ModelSpec
    request: VideoRequest
    plan: RemixPlan | None = None

    @property
    def cost(self) -> int | None:
        """By our data, in millionths; None where it has no price for the model."""
        if self.spec.price is None:
            return None
        size = self.request.size
        return self.spec.price.of(self.request.seconds, min(size.width, size.height))

    @property
    def strategy(self) -> Strategy | None:
        return None if self.plan is None else self.plan.strategy

    @property
    def name(self) -> str:
        return "create" if self.plan is None else f"remix by '{self.plan.strategy}'"


@dataclass(frozen=True, slots=True)
class Trial:
    """Both submissions. remix: None where no model of the account can take the clip."""

    create: Step
    remix: Step | None

    @property
    def steps(self) -> tuple[Step, ...]:
        return (self.create,) if self.remix is None else (self.create, self.remix)

    @property
    def cost(self) -> int:
        """What both cost by our data, in millionths; what has no price there is not counted."""
        return sum(step.cost or 0 for step in self.steps)

    @property
    def unpriced(self) -> tuple[str, ...]:
        """The models of which our data does not say what they cost."""
        return tuple(dict.fromkeys(step.spec.name for step in self.steps if step.cost is None))


def plan_trial(account: str, models: Sequence[ModelSpec], now: float) -> Trial:
    """What to try. UnsupportedByModel where no model makes a clip of words alone. now: Unix seconds."""
    create = cheapest_create(models)
    # What its provider will remember of it is not known yet: the best is assumed, and looked at when it is there.
    facts: dict[str, Any] = {}
    for model in models:
        if model.own_link is not None:
            link, until = model.own_link
            facts |= {link: "https://upstream.example/clip.mp4", until: now + _DAY}
        if model.remembered_by is not None:
            facts[model.remembered_by] = "clip-1"
    start = start_of(create, account, facts, create.request.size, create.request.seconds, now)
    return Trial(create, best_remix(models, start, now))


def cheapest_create(models: Iterable[ModelSpec]) -> Step:
    """The cheapest clip of words alone, of the shortest length; of as cheap ones the model's default size first."""
    steps = [
        Step(spec, VideoRequest(PROMPT, spec.name, size, min(spec.seconds)))
        for spec in models
        if spec.from_words
        for size in spec.sizes.sizes or (spec.default_size,)
    ]
    if not steps:
        raise UnsupportedByModel("No model of this account makes a clip of words alone, so there is nothing to try.")
    return min(steps, key=_dearness)


def start_of(
    create: Step, account: str, facts: Mapping[str, Any], size: Size, seconds: float, now: float, **clip: Any
) -> Start:
    """The clip that the create made, as a remix starts from it. clip: what else is known of its file."""
    made = Video(
        id="video_trial",
        tenant="",
        state=State.COMPLETED,
        progress=100,
        request=create.request,
        provider=account,
        created_at=now,
        completed_at=now,
        facts=facts,
        credential=account,
    )
    return Start(seconds, size, source=made, story=(create.request.prompt,), **clip)


def best_remix(models: Iterable[ModelSpec], start: Start, now: float) -> Step | None:
    """The remix by the highest rung that any of the models can take, by the cheapest that can; None where none can.

    Words alone are no remix that would be worth trying.
    """
    found = [step for spec in models if (step := remix_by(spec, start, now)) is not None]
    return min(found, key=lambda step: (_height(step), *_dearness(step)), default=None)


def remix_by(spec: ModelSpec, start: Start, now: float) -> Step | None:
    """The remix by one model; None where it cannot take the clip."""
    rules = Rules(now, floor=Strategy.FRAME, on_unsupported=OnUnsupported.ADJUST, has_links=False)
    try:
        plan = plan_change(CHANGE, start, spec, rules)
    except CallerError:
        return None
    seconds, size = start.seconds, start.size
    if plan.strategy.is_generation:
        seconds, size = spec.fit_seconds(seconds), spec.sizes.fit(size)
    elif plan.fit is not None:
        seconds = seconds if plan.fit.seconds is None else plan.fit.seconds
        size = size if plan.fit.picture is None else plan.fit.size
    return Step(spec, VideoRequest(CHANGE, spec.name, size, seconds, operation=Operation.REMIX), plan)


def _height(step: Step) -> int:
    return 0 if step.strategy is None else _RUNGS.index(step.strategy)


def _dearness(step: Step) -> tuple[int, bool, int, float]:
    size = step.request.size
    return step.cost or 0, size != step.spec.default_size, size.width * size.height, step.request.seconds
