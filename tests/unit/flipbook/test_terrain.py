import numpy as np
import pytest

from mutoscope.flipbook import camera, heightmap, sprites
from mutoscope.flipbook.heightmap import Relief
from mutoscope.flipbook.lens import FAR
from mutoscope.flipbook.light import light_for
from mutoscope.flipbook.noise import spectral
from mutoscope.flipbook.scene import Camera, Scene
from mutoscope.flipbook.world import World
from mutoscope.flipbook.worlds import land

W, H = 128, 72


def scene(setting: str, time: str = "day", move: str = "forward", **more: object) -> Scene:
    return Scene(3, W, H, 8, "", setting, time, Camera(move, camera.path(move, 1.0, 8)), **more)  # type: ignore[arg-type]


def build(plan: Scene) -> World:
    return land.build(plan, light_for(plan))


def draw(world: World, plan: Scene, u: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    rgb, depth = np.full((H, W, 3), np.nan, np.float32), np.zeros((H, W), np.float32)
    world.draw(rgb, depth, camera.pose(plan.camera.path, u), u * 8)
    return rgb, depth


@pytest.mark.parametrize("setting", sorted(land.LANDSCAPES))
def test_every_landscape_fills_the_picture_and_stays_below_the_camera(setting: str) -> None:
    plan = scene(setting)
    world = build(plan)
    rgb, depth = draw(world, plan, 0.5)
    assert np.isfinite(rgb).all()
    assert rgb.min() >= -0.01
    assert 0.15 < rgb.mean() < 1.1
    assert (depth[:4] == FAR).mean() > 0.3
    assert (depth[-8:] < 600).all()
    for u in np.linspace(0, 1, 9):
        pose = camera.pose(plan.camera.path, float(u))
        assert world.height_at(pose.x, pose.z) < pose.y - 4


def test_a_lake_is_water_ahead_and_land_at_its_sides() -> None:
    world = build(scene("lake"))
    assert world.is_water(0.0, 150.0)
    assert world.height_at(0.0, 150.0) == 0.0
    sides = [(x, z) for x in (-500.0, 500.0) for z in (300.0, 600.0, 900.0)]
    assert not any(world.is_water(x, z) for x, z in sides)
    assert max(world.height_at(x, z) for x, z in sides) > 15.0


def test_dry_land_has_no_water() -> None:
    world = build(scene("desert"))
    assert not any(world.is_water(x, z) for x in (-300.0, 0.0, 300.0) for z in (60.0, 400.0))


def test_the_same_scene_gives_the_same_picture_and_another_seed_another_one() -> None:
    plan = scene("mountain")
    first, again = draw(build(plan), plan)[0], draw(build(plan), plan)[0]
    np.testing.assert_array_equal(first, again)
    other = Scene(4, W, H, 8, "", "mountain", "day", plan.camera)
    assert np.abs(draw(build(other), other)[0] - first).mean() > 0.02


def test_a_lake_and_a_snowy_mountain_share_their_peaks() -> None:
    path = camera.path("forward", 1.0, 8)
    lake, snow = (heightmap.build(land.LANDSCAPES[name].relief, path, 0.15, 3) for name in ("lake", "mountain_snow"))
    high = lake > np.quantile(lake, 0.9)
    assert np.corrcoef(lake[high], snow[high])[0, 1] > 0.95


def test_mountains_have_no_needles() -> None:
    heights = heightmap.build(Relief(), camera.path("forward", 1.0, 8), 0.15, 3)
    around = np.stack([np.roll(heights, (dr, dc), (0, 1)) for dr in (-6, 0, 6) for dc in (-6, 0, 6) if dr or dc])
    assert (heights - around.max(axis=0)).max() < 40.0


def test_a_height_between_cells_lies_between_them() -> None:
    heights = spectral(heightmap.SIZE, 1, 2.0)
    at = heightmap.at(heights, heightmap.LEFT + 4.0 * 10.5, heightmap.NEAR + 4.0 * 20)
    assert at == pytest.approx((heights[20, 10] + heights[20, 11]) / 2, abs=1e-5)


@pytest.mark.parametrize(("season", "channel"), [("autumn", 0), ("winter", 2)])
def test_seasons_change_the_colours(season: str, channel: int) -> None:
    plan, changed = scene("hills"), scene("hills", season=season)
    before, after = (draw(build(s), s)[0][H // 2 :].mean(axis=(0, 1)) for s in (plan, changed))
    assert after[channel] - after[1] > before[channel] - before[1] + 0.04


def test_snow_whitens_the_ground() -> None:
    plan, changed = scene("mountain"), scene("mountain", weather=("snow",))
    before, after = (draw(build(s), s)[0][-12:].mean() for s in (plan, changed))
    assert after > before + 0.15


def test_water_mirrors_the_sky_it_lies_under() -> None:
    day, night = (draw(build(s), s)[0][H * 3 // 4 :].mean() for s in (scene("ocean"), scene("ocean", "night")))
    assert day > night + 0.15


@pytest.mark.parametrize("kind", ["conifer", "broadleaf", "acacia", "palm", "bush"])
def test_trees_are_soft_and_stand_on_their_foot(kind: str) -> None:
    for levels in sprites.grow(kind, 3, variants=2):
        cover = levels[0][:, :, 0]
        assert cover[-8:].max() > 0.5
        assert ((cover > 0.05) & (cover < 0.95)).mean() > 0.02
        assert 0.05 < cover.mean() < 0.7
        assert levels[-1].shape[0] == 8
