"""The recipes of the open landscapes, and what season and weather make of them."""

from __future__ import annotations

from dataclasses import replace

from mutoscope.flipbook.ground import Soil
from mutoscope.flipbook.heightmap import Relief
from mutoscope.flipbook.light import Light
from mutoscope.flipbook.palettes import Rgb
from mutoscope.flipbook.scene import Scene
from mutoscope.flipbook.terrain import Landscape, Sea, Terrain
from mutoscope.flipbook.trees import Wood
from mutoscope.flipbook.world import World

_SPRUCE: tuple[Rgb, ...] = ((0.19, 0.34, 0.21), (0.24, 0.37, 0.19), (0.16, 0.30, 0.23), (0.27, 0.36, 0.20))
_LEAVES: tuple[Rgb, ...] = ((0.28, 0.46, 0.16), (0.34, 0.48, 0.18), (0.24, 0.40, 0.17), (0.40, 0.50, 0.20))
_AUTUMN: tuple[Rgb, ...] = ((0.86, 0.42, 0.12), (0.90, 0.58, 0.15), (0.76, 0.26, 0.13), (0.62, 0.46, 0.16))
_BLOSSOM: tuple[Rgb, ...] = ((0.44, 0.60, 0.20), (0.90, 0.62, 0.70), (0.50, 0.64, 0.24), (0.94, 0.80, 0.82))
_LARCH: tuple[Rgb, ...] = ((0.80, 0.56, 0.16), (0.22, 0.35, 0.20), (0.74, 0.44, 0.14), (0.30, 0.36, 0.18))

_MEADOW = Soil(
    low=(0.45, 0.50, 0.24), high=(0.46, 0.45, 0.27), rock=(0.45, 0.42, 0.40),
    shore=(0.56, 0.50, 0.40), wood=(0.16, 0.25, 0.13), snow_line=215.0,
)  # fmt: skip
_SNOWY = replace(_MEADOW, snow=0.96, rock=(0.40, 0.40, 0.45), wood=(0.50, 0.55, 0.62), shore=(0.80, 0.84, 0.90))
_SAND = Soil(
    low=(0.88, 0.66, 0.42), high=(0.86, 0.62, 0.38), rock=(0.72, 0.46, 0.30),
    shore=(0.90, 0.74, 0.52), wood=(0.62, 0.52, 0.30),
)  # fmt: skip
_COAST = replace(_MEADOW, shore=(0.88, 0.79, 0.58), rock=(0.50, 0.46, 0.42))
_ASH = Soil(
    low=(0.40, 0.40, 0.27), high=(0.34, 0.29, 0.27), rock=(0.36, 0.30, 0.28),
    shore=(0.28, 0.25, 0.24), wood=(0.14, 0.18, 0.12), snow_line=1e6,
)  # fmt: skip

_PINES = Wood("conifer", 0.52, 19.0, 8.5, _SPRUCE)
_GROVES = Wood("broadleaf", 0.22, 13.0, 9.0, _LEAVES, ceiling=90.0)
_PALM_GREENS: tuple[Rgb, ...] = ((0.30, 0.46, 0.18), (0.36, 0.50, 0.20))
_PALMS = Wood("palm", 0.30, 13.0, 12.0, _PALM_GREENS, ceiling=26.0, foot=1.4)

LANDSCAPES: dict[str, Landscape] = {
    "lake": Landscape(
        Relief(floor=-6.0, opening=130.0, amplitude=300.0, slope=700.0), _MEADOW, (_PINES,), Sea(), mist=0.0038,
    ),
    "river": Landscape(
        Relief(floor=2.5, opening=70.0, stream=30.0, foothills=22.0), _MEADOW, (_PINES, replace(_GROVES, share=0.14)),
        Sea(deep=(0.12, 0.27, 0.29), waves=0.6), mist=0.0026,
    ),
    "waterfall": Landscape(
        Relief(floor=-5.0, opening=75.0, slope=230.0, foothills=60.0, far_shore=480.0, amplitude=300.0, cliff=92.0),
        _MEADOW, (_PINES,), Sea(waves=0.6), mist=0.0035,
    ),
    "ocean": Landscape(
        Relief(floor=-30.0, opening=4000.0, amplitude=0.0, foothills=0.0), _COAST, (),
        Sea(deep=(0.06, 0.25, 0.36), waves=1.05, size=2.4, foam=0.9), mist=0.0009,
    ),
    "coast": Landscape(
        Relief(floor=6.0, opening=60.0, amplitude=150.0, foothills=34.0, coast=95.0), _COAST,
        (replace(_GROVES, share=0.2), replace(_PINES, share=0.2)),
        Sea(deep=(0.07, 0.30, 0.38), waves=0.9, size=1.8, foam=0.8), mist=0.0012,
    ),
    "beach": Landscape(
        Relief(floor=2.4, opening=150.0, amplitude=70.0, foothills=12.0, coast=65.0, rough=0.4),
        replace(_COAST, low=(0.86, 0.77, 0.56), high=(0.74, 0.70, 0.44), wood=(0.60, 0.60, 0.34)), (_PALMS,),
        Sea(deep=(0.06, 0.42, 0.46), waves=0.7, size=1.6, foam=0.7), mist=0.0008,
    ),
    "island": Landscape(
        Relief(floor=-20.0, opening=4000.0, amplitude=0.0, foothills=0.0, island=72.0),
        _COAST, (_PALMS, replace(_GROVES, share=0.35)),
        Sea(deep=(0.05, 0.36, 0.44), waves=0.75, size=1.8, foam=0.5), mist=0.0009,
    ),
    "mountain": Landscape(
        Relief(floor=1.0, opening=90.0, amplitude=300.0, slope=700.0, swell=3.5),
        replace(_MEADOW, snow_line=190.0), (replace(_PINES, foot=4.5),), mist=0.0022,
    ),
    "mountain_snow": Landscape(
        Relief(floor=1.0, opening=100.0, amplitude=300.0, slope=700.0, swell=3.5), _SNOWY,
        (replace(_PINES, share=0.40, snow=0.8, foot=5.0),), mist=0.0024,
    ),
    "snowfield": Landscape(
        Relief(floor=1.0, opening=300.0, amplitude=150.0, slope=900.0, foothills=16.0, swell=4.0), _SNOWY,
        (replace(_PINES, share=0.2, snow=0.85),), mist=0.0018,
    ),
    "volcano": Landscape(
        Relief(floor=1.5, opening=110.0, amplitude=120.0, foothills=22.0, cone=330.0, swell=3.0), _ASH,
        (replace(_PINES, share=0.22),), mist=0.0022,
    ),
    "canyon": Landscape(
        Relief(floor=2.0, opening=60.0, amplitude=190.0, slope=170.0, foothills=46.0, terraces=30.0),
        replace(_SAND, rock=(0.66, 0.42, 0.30), high=(0.74, 0.52, 0.36), banding=0.16),
        (Wood("bush", 0.25, 4.0, 13.0, ((0.42, 0.44, 0.24),), ceiling=40.0),), mist=0.0010,
    ),
    "desert": Landscape(
        Relief(floor=0.5, opening=40.0, amplitude=90.0, slope=1500.0, foothills=4.0, rough=0.15, dunes=33.0),
        _SAND, (), mist=0.0007, grain=0.08,
    ),
    "savanna": Landscape(
        Relief(floor=1.0, opening=260.0, amplitude=110.0, slope=1400.0, foothills=9.0, swell=3.0),
        replace(_MEADOW, low=(0.74, 0.62, 0.30), high=(0.66, 0.56, 0.30), wood=(0.56, 0.50, 0.26)),
        (Wood("acacia", 0.16, 13.0, 20.0, ((0.36, 0.42, 0.18), (0.42, 0.46, 0.20))),
         Wood("bush", 0.12, 3.5, 15.0, ((0.48, 0.48, 0.22),))), mist=0.0012,
    ),
    "hills": Landscape(
        Relief(floor=1.0, opening=70.0, amplitude=110.0, slope=1100.0, foothills=34.0, rough=0.5, swell=5.0), _MEADOW,
        (_GROVES, replace(_PINES, share=0.14)), mist=0.0018,
    ),
    "field": Landscape(
        Relief(floor=1.0, opening=300.0, amplitude=60.0, slope=1500.0, foothills=9.0, rough=0.3, swell=4.0),
        replace(_MEADOW, low=(0.66, 0.62, 0.24), high=(0.42, 0.52, 0.20)), (replace(_GROVES, share=0.13),), mist=0.0020,
    ),
}  # fmt: skip


def build(scene: Scene, light: Light) -> World:
    """The landscape of a scene's setting; hills for a setting that has no recipe."""
    landscape = LANDSCAPES.get(scene.setting, LANDSCAPES["hills"])
    return Terrain(scene, light, _in_snow(_in_season(landscape, scene.season), light.snow))


def _in_season(landscape: Landscape, season: str | None) -> Landscape:
    soil, woods = landscape.soil, landscape.woods
    if season == "winter":
        return _in_snow(landscape, 1.0)
    if season == "autumn":
        return replace(
            landscape,
            soil=replace(
                soil,
                low=_toward(soil.low, (0.62, 0.47, 0.20), 0.7),
                high=_toward(soil.high, (0.56, 0.38, 0.20), 0.6),
                wood=_toward(soil.wood, (0.52, 0.30, 0.13), 0.8),
            ),
            woods=tuple(_recolored(wood, _AUTUMN, _LARCH) for wood in woods),
        )
    if season == "spring":
        return replace(
            landscape,
            soil=replace(soil, low=_toward(soil.low, (0.48, 0.66, 0.24), 0.6)),
            woods=tuple(_recolored(wood, _BLOSSOM, wood.colors) for wood in woods),
        )
    return landscape


def _in_snow(landscape: Landscape, amount: float) -> Landscape:
    """The landscape under fresh snow; amount 0 to 1."""
    soil = landscape.soil
    white = replace(
        soil,
        snow=max(soil.snow, 0.88 * amount),
        wood=_toward(soil.wood, _SNOWY.wood, amount),
        shore=_toward(soil.shore, _SNOWY.shore, 0.8 * amount),
    )
    woods = tuple(replace(wood, snow=max(wood.snow, 0.8 * amount)) for wood in landscape.woods)
    return replace(landscape, soil=white, woods=woods)


def _recolored(wood: Wood, leaves: tuple[Rgb, ...], needles: tuple[Rgb, ...]) -> Wood:
    if wood.kind == "conifer":
        return replace(wood, colors=needles)
    return replace(wood, colors=leaves) if wood.kind == "broadleaf" else wood


def _toward(a: Rgb, b: Rgb, share: float) -> Rgb:
    return (a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share)
