"""A fake of Gemini Omni, Google's video model, on the Interactions API."""

from mutoscope.testing.upstreams.gemini_omni.fake import FakeGeminiOmni

__all__ = ["FakeGeminiOmni"]
