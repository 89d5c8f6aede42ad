"""xAI's Grok Imagine video models.

Upstream: https://api.x.ai/v1, bearer key
Documentation: https://docs.x.ai/developers/model-capabilities/video
Facts of: 2026-11-22, from documentation; nobody has tried it with a key
Capabilities: create, first and last frame, reference pictures and sounds, edit of clips up to 8.7 s, extension
Billing: by seconds and resolution, and a little for each picture that is sent; the answer tells the cost
Notes: no seed, no cancel, no callbacks, no idempotency keys and no list, so a lost submission cannot be found. While a
job runs, polls are answered by 202, perhaps without a body. An edit makes 720p at most.
"""

from __future__ import annotations

from mutoscope.providers.account import Adapter, Option
from mutoscope.providers.continuing import EXTENSION_RESULT
from mutoscope.providers.xai.bodies import MOST_DAYS_STORED
from mutoscope.providers.xai.provider import Xai

ADAPTER = Adapter(
    name="xai",
    make=Xai,
    base_url="https://api.x.ai/v1",
    secret_variable="XAI_API_KEY",  # noqa: S106 - a variable's name
    options=(
        Option(
            "days_stored", MOST_DAYS_STORED, "Days that xAI keeps a new video for later edits, 30 at most; 0 for none."
        ),
        Option("moderation_status", 400, "The HTTP status, beside 422, by which a prompt is refused for its content."),
        Option("ticks_per_usd", 10_000_000_000, "What `cost_in_usd_ticks` is divided by; 0 not to believe it."),
        EXTENSION_RESULT,
    ),
)

__all__ = ["ADAPTER"]
