"""Seedance on BytePlus ModelArk: the server, and the rules by which it refuses."""

from mutoscope.testing.upstreams.seedance.server import FakeSeedance

__all__ = ["FakeSeedance"]
