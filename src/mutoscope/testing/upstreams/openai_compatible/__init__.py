"""A fake of OpenAI's Videos API, as OpenAI, Azure, self-hosted servers, proxies and gateways each speak it."""

from mutoscope.testing.upstreams.openai_compatible.fake import FakeOpenAICompatible
from mutoscope.testing.upstreams.openai_compatible.localai import FakeLocalAI

__all__ = ["FakeLocalAI", "FakeOpenAICompatible"]
