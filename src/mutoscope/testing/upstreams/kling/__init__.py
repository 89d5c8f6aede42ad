"""Kling's two APIs: the servers, and the rules by which they refuse."""

from mutoscope.testing.upstreams.kling.older import FakeKling

__all__ = ["FakeKling"]
