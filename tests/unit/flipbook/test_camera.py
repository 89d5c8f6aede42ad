import math
from itertools import pairwise

import pytest

from mutoscope.flipbook import camera
from mutoscope.flipbook.lens import Lens

MOVES = [
    "static", "forward", "dolly_in", "dolly_out", "pan_left", "pan_right", "tilt_up", "tilt_down",
    "rise", "tracking", "orbit", "zoom_in", "zoom_out", "handheld",
]  # fmt: skip


@pytest.mark.parametrize("move", MOVES)
def test_a_path_covers_the_clip_in_order(move: str) -> None:
    moments = [key.u for key in camera.path(move, 1.0, 8)]
    assert moments[0] == 0.0
    assert moments[-1] == 1.0
    assert moments == sorted(moments)


@pytest.mark.parametrize("move", MOVES)
def test_no_move_jumps_between_frames(move: str) -> None:
    path = camera.path(move, 2.0, 4)
    poses = [camera.pose(path, frame / 96) for frame in range(97)]
    for before, after in pairwise(poses):
        assert math.dist((before.x, before.y, before.z), (after.x, after.y, after.z)) < 2.5
        assert abs(after.yaw - before.yaw) < 0.02


def test_a_pose_starts_and_ends_at_the_keyframes() -> None:
    path = camera.path("forward", 1.0, 8)
    assert camera.pose(path, 0.0).z == path[0].z
    assert camera.pose(path, 1.0).z == path[-1].z
    assert camera.pose(path, 7.0) == camera.pose(path, 1.0)
    assert camera.pose(path, 0.5).z == pytest.approx((path[0].z + path[-1].z) / 2)


def test_a_longer_clip_travels_further() -> None:
    assert camera.path("forward", 1.0, 12)[-1].z == pytest.approx(1.5 * camera.path("forward", 1.0, 8)[-1].z)


def test_an_orbit_keeps_its_middle_in_the_middle() -> None:
    path = camera.path("orbit", 1.0, 8)
    for u in (0.0, 0.3, 0.8, 1.0):
        lens = Lens.at(camera.pose(path, u), 640, 360)
        column, _, distance = lens.project(0.0, 20.0, 120.0)
        assert column == pytest.approx(320, abs=3)
        assert distance == pytest.approx(120, abs=1)


def test_shake_is_small_and_depends_on_the_seed() -> None:
    pose = camera.pose(camera.path("static", 1.0, 4), 0.5)
    shaken = [camera.shaken(pose, 1.0, seed, 1.3) for seed in (1, 2)]
    assert shaken[0] == camera.shaken(pose, 1.0, 1, 1.3)
    assert shaken[0] != shaken[1]
    assert all(0 < abs(one.yaw) < 0.02 and abs(one.tilt) < 0.02 for one in shaken)


@pytest.mark.parametrize(("width", "height"), [(1280, 720), (720, 1280), (64, 64), (1024, 1024)])
def test_the_lens_puts_the_horizon_where_far_things_vanish(width: int, height: int) -> None:
    pose = camera.pose(camera.path("tilt_up", 1.0, 8), 0.7)
    lens = Lens.at(pose, width, height)
    column, row, distance = lens.project(0.0, 0.0, 1e6)
    assert column == pytest.approx(width / 2, abs=0.5)
    assert row == pytest.approx(lens.horizon_row, abs=0.5)
    assert distance == pytest.approx(1e6, rel=0.01)


def test_a_ground_point_projects_back_to_its_column() -> None:
    lens = Lens.at(camera.Pose(12.0, 22.0, 40.0, 0.4, 0.0, 1.3), 640, 360)
    x, z = lens.ground_point(100.0, 250.0)
    column, _, distance = lens.project(x, 0.0, z)
    assert column == pytest.approx(100.0)
    assert distance == pytest.approx(250.0)


def test_the_sun_stays_in_the_picture_and_leaves_it_with_a_turn() -> None:
    ahead = Lens.at(camera.Pose(0, 22, 0, 0.0, 0, 1), 640, 360)
    away = Lens.at(camera.Pose(0, 22, 0, math.pi, 0, 1), 640, 360)
    assert 320 < (ahead.column_of(0.2) or 0) < 640
    assert away.column_of(0.2) is None
