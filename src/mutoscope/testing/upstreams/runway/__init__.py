"""Runway's API: tasks, ephemeral uploads and an organization with its limits."""

from mutoscope.testing.upstreams.runway.models import MODELS, Model
from mutoscope.testing.upstreams.runway.service import RunwayFake

__all__ = ["MODELS", "Model", "RunwayFake"]
