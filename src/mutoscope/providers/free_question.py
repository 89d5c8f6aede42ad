"""What an upstream can be asked for nothing where it has no route about the account: about a job that nobody started.

Whoever refuses the credential does so before it looks for the job.
"""

from __future__ import annotations

from mutoscope.domain.errors import UpstreamTaskLost
from mutoscope.providers.api import Api, Judge

ACCEPTED = "The key is accepted."
# No upstream gives such an id to anybody.
NOBODYS = "00000000-0000-4000-8000-000000000000"


async def ask_about_nobodys(api: Api, path: str, judge: Judge | None = None) -> str:
    """One sentence. path: of the job `NOBODYS`. UpstreamError when the credential is refused, or anything is wrong."""
    try:
        await api.reply("GET", path, is_lost=True, judge=judge)
    except UpstreamTaskLost:
        told = "So says the answer about a job that does not exist: it is not found."
        return f"{ACCEPTED} {told}" if api.secret else "It answers; a job that does not exist is not found."
    return ACCEPTED if api.secret else "It answers."
