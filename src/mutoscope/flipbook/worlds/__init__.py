"""The places flipbook knows: which module builds the world of a setting."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from mutoscope.flipbook.light import Light
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.world import World

# Settings that are not open landscapes; everything else is built by `land`.
_MODULES = {
    "forest": "forest",
    "jungle": "forest",
    "city": "city",
    "street": "city",
    "interior": "interior",
    "underwater": "underwater",
    "space": "space",
    "sky": "space",
    "abstract": "abstract",
}


def build(scene: Scene, light: Light) -> World:
    """The world of a scene, from its setting; an unknown setting becomes hills."""
    module = import_module(f"mutoscope.flipbook.worlds.{_MODULES.get(scene.setting, 'land')}")
    return module.build(scene, light)


def of_picture(scene: Scene, light: Light, reference: NDArray[np.uint8]) -> World:
    """The world that shows a given picture, (height, width, 3)."""
    module = import_module("mutoscope.flipbook.worlds.picture")
    return module.build(scene, light, reference)


def of_footage(scene: Scene, light: Light, footage: Callable[[int], NDArray[np.uint8]]) -> World:
    """The world that shows the frames of a clip, each (height, width, 3) in the scene's size."""
    module = import_module("mutoscope.flipbook.worlds.footage")
    return module.build(scene, light, footage)
