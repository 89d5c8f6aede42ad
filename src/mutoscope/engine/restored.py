"""What a restored database may still believe of itself: it is older than the world.

What stood in the queue of a paid upstream when the backup was taken was most likely submitted after it. So nothing of
that is sent as if for the first time: it counts as a submission whose answer never came, and `unknown.py` finds out.
Work that has an upstream's id is asked after under that id, and free work of this machine is simply done again.
"""

from __future__ import annotations

from datetime import UTC, datetime

from mutoscope.database.connection import Row, Transaction
from mutoscope.database.videos import add_event, encode, move
from mutoscope.domain.lifecycle import Happening, State
from mutoscope.engine.submission import add_intent, new_nonce

RESTORED = "restored"


def distrust(tx: Transaction, taken_at: float, now: float) -> int:
    """Note what may have been paid for since the backup; of how many videos that holds. Unix seconds.

    To be run once, before any server has the rows. taken_at: not after the snapshot, so that whatever the rows do not
    know of was asked later: a key of the upstream's that is still good at that age is good.
    """
    message = (
        f"The server was restored from a backup of {datetime.fromtimestamp(taken_at, UTC):%Y-%m-%d %H:%M:%S} UTC, "
        "and may have submitted the video after that."
    )
    uncertain = tx.all("uncertain_submissions")
    for row in uncertain:
        attempt = _asked(tx, row, taken_at, now)
        evidence = encode({"message": message})
        tx.run("doubt_intent", video_id=row["id"], attempt=attempt, evidence=evidence)
        add_event(tx, row["id"], row["tenant"], RESTORED, State.SUBMITTING, now, {"message": message})
    tx.run("restart_time_budgets", now=now)
    tx.run("forget_executors")
    return len(uncertain)


def _asked(tx: Transaction, row: Row, taken_at: float, now: float) -> int:
    """The attempt that may have been made: under the key that the server then used, since the key names the job."""
    if row["state"] == State.SUBMITTING:
        return row["attempt"]
    attempt = row["attempt"] + 1
    move(tx, row, Happening.CLAIMED, now, attempt=attempt)
    add_intent(tx, row, attempt, taken_at, new_nonce())
    return attempt
