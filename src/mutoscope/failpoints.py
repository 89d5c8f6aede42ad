"""Named places where a test may stop or kill the process: `failpoint("submit.before_call")`.

Off unless MUTOSCOPE_FAILPOINTS is set at start, for example `submit.before_call=kill:3` (SIGKILL to this
process on the third pass), `submit.after_check=freeze:1` (SIGSTOP on the first) or `collect.before_store=sleep:5` (hold
for five seconds on every pass); several are joined by semicolons. Off, a failpoint costs one dictionary look-up in an
empty dictionary.
"""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

NAMES = (
    "create.before_commit",
    "create.after_commit",
    "submit.before_intent",
    "submit.before_call",
    "submit.after_check",
    "submit.before_look",
    "submit.after_call",
    "submit.after_accept",
    "poll.before_write",
    "poll.after_finish",
    "collect.before_store",
    "collect.after_bytes",
    "finish.before_derive",
    "finish.after_derive",
    "finish.after_commit",
    "deliver.before_send",
    "deliver.after_send",
)

_SIGNALS = {"kill": signal.SIGKILL, "freeze": signal.SIGSTOP}


def _read(text: str) -> dict[str, tuple[str, float]]:
    plans = {}
    for item in filter(None, text.split(";")):
        name, _, action = item.partition("=")
        verb, _, amount = action.partition(":")
        if name not in NAMES or verb not in ("sleep", *_SIGNALS):
            raise ValueError(f"MUTOSCOPE_FAILPOINTS: {item!r} is not NAME=kill:N, NAME=freeze:N or NAME=sleep:SECONDS")
        plans[name] = (verb, float(amount or 1))
    return plans


_plans = _read(os.environ.get("MUTOSCOPE_FAILPOINTS", ""))
_passes: Counter[str] = Counter()


def failpoint(name: str, video_id: str) -> None:
    """Pass the place called `name` with a video, or die, freeze or wait there if the environment says so.

    The last words before a death or a freeze go to standard error: `failpoint NAME VIDEO_ID`.
    """
    plan = _plans.get(name)
    if plan is None:
        return
    verb, amount = plan
    _passes[name] += 1
    if verb == "sleep":
        time.sleep(amount)
    elif _passes[name] == int(amount):
        os.write(2, f"failpoint {name} {video_id}\n".encode())
        os.kill(os.getpid(), _SIGNALS[verb])
