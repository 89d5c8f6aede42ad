"""fal's queue: one API before many makers' models, so what differs between them is a table, not code.

Upstream: https://queue.fal.run (results at *.fal.media, uploads through https://rest.fal.ai).
Documentation: https://docs.fal.ai, and https://fal.ai/models/{endpoint}/llms.txt of each endpoint.
Facts of: 2026-11-22. Verified: docs, nobody has tried it with a key.
Capabilities: whatever endpoints a model's `[model.wiring]` names: create, first and last frame, references, edit,
    the clip as a reference, extend; cancel.
Billing: per second of the result at most models, failed jobs not; the answer tells no charge.
Recovery: no idempotency key and no look-up, but webhooks that are signed (Ed25519) and name the job.
Notes: COMPLETED may be a failure, so the result is read before anything is believed. The addresses of a job use only
    the first two parts of its endpoint's id; those that the upstream returned are used.

`wiring` is the table, `bodies` the input, `replies` the answers, `jobs` the addresses of a job, `webhooks` the
signatures, `provider` the calls.
"""

from __future__ import annotations

from mutoscope.providers.account import Adapter, Option
from mutoscope.providers.fal.provider import JWKS_URL, UPLOAD_URL, Fal

ADAPTER = Adapter(
    name="fal",
    make=Fal,
    base_url="https://queue.fal.run",
    secret_variable="FAL_KEY",  # noqa: S106 - the name of a variable
    options=(
        Option(UPLOAD_URL, "https://rest.fal.ai", "Where clips and large pictures are uploaded.", is_url=True),
        Option(
            JWKS_URL,
            "https://rest.alpha.fal.ai/.well-known/jwks.json",
            "Where the keys are that sign webhooks; fal may move them to https://rest.fal.ai/.well-known/jwks.json.",
            is_url=True,
        ),
        Option("priority", "normal", "How urgent jobs are in fal's queue.", allowed=("normal", "low")),
        Option("storage_type", "gcs", "Which of fal's storages uploads go to."),
    ),
)
