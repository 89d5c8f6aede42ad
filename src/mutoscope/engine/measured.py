"""What a video turned out to be: upstreams make clips of other sizes and lengths than they were asked for.

The row tells what the file is, since callers lay out their pages by it and a remix starts from it; and it tells that
this is not what was asked for.
"""

from __future__ import annotations

from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import decode, encode, told
from mutoscope.domain.video import Size
from mutoscope.domain.wishes import Adjustment

# Containers round to whole frames, and some services add one or two.
SECONDS_TOLERANCE = 0.25
REASON = "So the provider made it."


def as_measured(tx: Transaction, row: Row, size: Size, seconds: float) -> None:
    """Write the measures of the file where they differ from what was asked for. seconds: by the file."""
    request, plan = decode(row["request"]), decode(row["plan"]) or {}
    changes = []
    if str(size) != request["size"]:
        changes.append(Adjustment("size", request["size"], str(size), REASON))
        request["size"] = str(size)
    if abs(seconds - request["seconds"]) > SECONDS_TOLERANCE:
        measured = round(seconds, 2)
        changes.append(Adjustment("seconds", f"{request['seconds']:g}", f"{measured:g}", REASON))
        request["seconds"] = measured
    if changes:
        plan["adjustments"] = [*plan.get("adjustments", ()), *(told(one) for one in changes)]
        tx.run("note_measures", id=row["id"], request=encode(request), plan=encode(plan))
