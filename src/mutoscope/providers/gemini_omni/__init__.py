"""Gemini Omni, Google's video models, by the Interactions API.

Upstream: https://generativelanguage.googleapis.com/v1beta, header `x-goog-api-key`
Documentation: https://ai.google.dev/gemini-api/docs/video and .../webhooks
Facts of: 2026-11-22, from documentation. Verified: sdk, on a stand-in of the service; nobody has tried it with a key
Capabilities: create, first frame, reference pictures, native remix, edit of any clip, extension, cancel
Billing: by output tokens, 5,792 a second at 720p; input tokens for clips that are sent
Notes: no seed, always with sound, no idempotency keys and no list of interactions. A lost submission is found only by
the callback of its end, where `public_url` is set.
"""

from __future__ import annotations

from mutoscope.providers.account import Adapter, Option
from mutoscope.providers.gemini_omni.provider import GeminiOmni

ADAPTER = Adapter(
    name="gemini_omni",
    make=GeminiOmni,
    base_url="https://generativelanguage.googleapis.com/v1beta",
    secret_variable="GEMINI_API_KEY",  # noqa: S106 - a variable's name
    options=(
        Option("delivery", "uri", "How finished clips come: as a link, or within the answer.", ("uri", "inline")),
        Option("clips_by", "files", "How clips are sent: by the Files API, or in the request.", ("files", "inline")),
        Option(
            "upload_url",
            "",
            "Where files are uploaded; by default /upload/v1beta/files on the host of the base URL.",
            is_url=True,
        ),
        Option(
            "jwks_url",
            "",
            "The public keys that callbacks are signed with; by default /.well-known/jwks.json on the host of the base "
            "URL.",
            is_url=True,
        ),
        Option(
            "unavailable_starts_nothing",
            True,
            "Whether the service's own error UNAVAILABLE (503) proves that nothing was started, so that it is asked "
            "again.",
        ),
    ),
)

__all__ = ["ADAPTER"]
