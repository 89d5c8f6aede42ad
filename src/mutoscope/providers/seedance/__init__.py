"""ByteDance's Seedance, on BytePlus ModelArk (international) or Volcengine Ark (China): one API, a key for each region.

Upstream: https://ark.ap-southeast.bytepluses.com/api/v3; in China https://ark.cn-beijing.volces.com/api/v3.
Documentation: https://docs.byteplus.com/en/docs/ModelArk/1520757.
Facts of: 2026-11-22. Verified: sdk, on a stand-in of the service; nobody has tried it with a key.
Capabilities: create, first and last frame, references, edit and extend (2.5), the clip as a reference (2.0, 2.5), seed,
    sound; cancel while a job is in the queue.
Billing: by tokens, width x height x frames / 1024, of the result and of clips that are given; failed jobs not.
Recovery: no idempotency key, and a list without an id of ours, so no look-up; callbacks on each change, unsigned.
Notes: clips and sounds are taken by public URL only, pictures as data URIs. Sound is on by default and dear, so it is
    always said. A result's URL lives for 24 hours; while it does, a remix by the same upstream is given that one.

`wiring` is what a model's table says, `bodies` the request, `replies` the answers, `provider` the calls.
"""

from __future__ import annotations

from mutoscope.providers.account import Adapter, Option
from mutoscope.providers.continuing import EXTENSION_RESULT
from mutoscope.providers.seedance.provider import Seedance

ADAPTER = Adapter(
    name="seedance",
    make=Seedance,
    base_url="https://ark.ap-southeast.bytepluses.com/api/v3",
    secret_variable="ARK_API_KEY",  # noqa: S106 - the name of a variable
    options=(
        Option("audio", False, "Whether videos have sound where the request does not say."),
        Option("watermark", False, "Whether the upstream puts its mark on the picture."),
        Option("service_tier", "default", "'flex' is cheaper, and slower.", allowed=("default", "flex")),
        Option(
            "extension_duration",
            "added",
            "What an extension's length counts: the new part, or the whole.",
            allowed=("added", "whole"),
        ),
        EXTENSION_RESULT,
    ),
)
