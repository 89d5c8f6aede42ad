"""What an operator is told of a trial: a line for each step, and one for each difference from what we expect."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from mutoscope.domain.clip_limits import MP4
from mutoscope.domain.money import as_text
from mutoscope.engine.measured import SECONDS_TOLERANCE
from mutoscope.media.studio import ClipMeasures
from mutoscope.providers.protocol import Done, Poll, Running
from mutoscope.providers.trial import Step


@dataclass(slots=True)
class Report:
    """say: takes a line for the operator."""

    say: Callable[[str], None]
    differences: list[str] = field(default_factory=list)

    def difference(self, sentence: str) -> None:
        """Tell it, once."""
        if sentence not in self.differences:
            self.differences.append(sentence)
            self.say(f"! {sentence}")

    def progress(self, step: Step, answer: Poll, furthest: float) -> float:
        """How far it is by now. furthest: how far it was."""
        if not isinstance(answer, Running) or answer.progress is None:
            return furthest
        if answer.progress < furthest:
            self.difference(f"{step.name}: progress falls from {furthest:g} to {answer.progress:g}.")
        return max(furthest, answer.progress)

    def charge(self, step: Step, done: Done) -> int:
        """What it costs, by the upstream's word where it gives one."""
        charged, cost = done.charged, step.cost
        if charged is None:
            self.say("  the upstream does not say what it charges: compare with the account")
        elif cost is None:
            self.difference(f"{step.name}: charged is {as_text(charged)}; our data has no price.")
        elif charged != cost:
            self.difference(f"{step.name}: charged is {as_text(charged)}; by our data it is {as_text(cost)}.")
        else:
            self.say(f"  charged: {as_text(charged)}, as expected")
        return cost or 0 if charged is None else charged

    def clip(self, step: Step, found: ClipMeasures) -> None:
        """What was asked for beside what is there."""
        asked = step.request
        self.say(f"  measured: {found.size}, {found.seconds:.2f} s, {found.fps or 0:g} pictures a second")
        if found.size != asked.size:
            self.difference(f"{step.name}: the clip is {found.size}; expected is {asked.size}.")
        if abs(found.seconds - asked.seconds) > SECONDS_TOLERANCE:
            self.difference(f"{step.name}: the clip is {found.seconds:.2f} s long; expected is {asked.seconds:g}.")
        if found.media_type != MP4:
            self.difference(f"{step.name}: the clip is {found.media_type}; expected is {MP4}.")
