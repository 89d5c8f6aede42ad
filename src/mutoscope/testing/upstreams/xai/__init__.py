"""xAI's Grok Imagine video."""

from mutoscope.testing.upstreams.xai.errors import ErrorShape
from mutoscope.testing.upstreams.xai.fake import FakeXai

__all__ = ["ErrorShape", "FakeXai"]
