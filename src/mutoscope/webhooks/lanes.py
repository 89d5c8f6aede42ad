"""Who may be sent something now: each receiver has a lane of its own, so that a dead or slow one delays nobody else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from mutoscope.webhooks.schedule import LONGEST_ADVICE

# How many attempts may be under way: to one receiver, to one that failed last time, of one tenant, and in all.
OF_LANE, OF_FAILING_LANE, OF_TENANT, IN_ALL = 8, 1, 48, 128


@dataclass(slots=True)
class _Lane:
    """busy: attempts under way. is_failing: whether the last one failed. rests_until: Unix seconds."""

    busy: int = 0
    is_failing: bool = False
    rests_until: float = 0.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """How many attempts may begin now: in each lane by itself, of each tenant, and in all."""

    of_lane: dict[str, int]
    of_tenant: dict[str, int]
    in_all: int


class Lanes:
    """Of one process. A lane is named after its tenant, a slash, and the receiver."""

    def __init__(self) -> None:
        self._lanes: dict[str, _Lane] = {}
        self._of_tenant: Counter[str] = Counter()
        self._busy = 0

    def room(self, name: str, now: float) -> int:
        """How many more attempts this lane may begin now."""
        lane = self._lanes.get(name) or _Lane()
        if 0 < lane.rests_until - now <= LONGEST_ADVICE:  # longer, and the clock was set back
            return 0
        own = (OF_FAILING_LANE if lane.is_failing else OF_LANE) - lane.busy
        return max(0, min(own, OF_TENANT - self._of_tenant[tenant_of(name)], IN_ALL - self._busy))

    def allowance(self, names: Iterable[str], now: float) -> Allowance:
        """What these lanes may begin, in their order; those without room are left out."""
        of_lane = {name: room for name in names if (room := self.room(name, now))}
        of_tenant = {tenant: OF_TENANT - self._of_tenant[tenant] for tenant in map(tenant_of, of_lane)}
        return Allowance(of_lane, of_tenant, IN_ALL - self._busy)

    def begin(self, name: str) -> None:
        self._lanes.setdefault(name, _Lane()).busy += 1
        self._of_tenant[tenant_of(name)] += 1
        self._busy += 1

    def end(self, name: str) -> None:
        lane = self._lanes[name]
        lane.busy -= 1
        if lane == _Lane():
            del self._lanes[name]
        self._of_tenant[tenant_of(name)] -= 1
        self._busy -= 1

    def heard(self, name: str, *, success: bool, rest_until: float = 0.0) -> None:
        """What the last attempt says about the receiver."""
        lane = self._lanes.setdefault(name, _Lane())
        lane.is_failing = not success
        lane.rests_until = max(lane.rests_until, rest_until)

    def forget_idle(self, waiting: set[str]) -> None:
        """Lanes without an attempt and without anything that waits begin anew when they are needed.

        Those that are well are not kept; of those that failed there may be many.
        """
        for name in [name for name, lane in self._lanes.items() if not lane.busy and name not in waiting]:
            del self._lanes[name]


def tenant_of(lane: str) -> str:
    return lane.partition("/")[0]
