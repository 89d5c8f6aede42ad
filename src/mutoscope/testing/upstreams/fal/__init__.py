"""fal's queue: one way to submit for all models, addresses to ask at, storage, and signed webhooks."""

from mutoscope.testing.upstreams.fal.endpoints import ENDPOINTS, SORA, Endpoint, Limits
from mutoscope.testing.upstreams.fal.queue import FalFake
from mutoscope.testing.upstreams.fal.webhook import Spoilt

__all__ = ["ENDPOINTS", "SORA", "Endpoint", "FalFake", "Limits", "Spoilt"]
