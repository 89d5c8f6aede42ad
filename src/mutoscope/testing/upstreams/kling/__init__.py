"""Kling's API 2.0: the server, and the rules by which it refuses."""

from mutoscope.testing.upstreams.kling.server import FakeKling

__all__ = ["FakeKling"]
