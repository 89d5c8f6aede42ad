"""ComfyUI, the server of node graphs that people host themselves."""

from mutoscope.testing.upstreams.comfyui.fake import FakeComfyUI
from mutoscope.testing.upstreams.comfyui.machine import OUT_OF_MEMORY
from mutoscope.testing.upstreams.comfyui.nodes import Input, Node

__all__ = ["OUT_OF_MEMORY", "FakeComfyUI", "Input", "Node"]
