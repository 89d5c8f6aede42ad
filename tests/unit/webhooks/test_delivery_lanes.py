"""Each receiver has a lane: who fails or rests takes no room from others."""

from __future__ import annotations

from mutoscope.webhooks.lanes import IN_ALL, OF_LANE, OF_TENANT, Lanes
from mutoscope.webhooks.schedule import LONGEST_ADVICE


def test_a_lane_has_so_much_room() -> None:
    lanes = Lanes()
    for _ in range(OF_LANE):
        assert lanes.room("a/1", 0.0) > 0
        lanes.begin("a/1")
    assert lanes.room("a/1", 0.0) == 0
    assert lanes.room("a/2", 0.0) == OF_LANE
    lanes.end("a/1")
    assert lanes.room("a/1", 0.0) == 1


def test_one_that_fails_is_tried_one_at_a_time() -> None:
    lanes = Lanes()
    lanes.heard("a/1", success=False)
    assert lanes.room("a/1", 0.0) == 1
    lanes.heard("a/1", success=True)
    assert lanes.room("a/1", 0.0) == OF_LANE


def test_one_that_rests_is_left_alone() -> None:
    lanes = Lanes()
    lanes.heard("a/1", success=False, rest_until=10.0)
    assert lanes.room("a/1", 9.9) == 0
    assert lanes.room("a/1", 10.0) == 1


def test_no_tenant_takes_all_room() -> None:
    lanes = Lanes()
    for number in range(OF_TENANT):
        lanes.begin(f"a/{number}")
    assert lanes.room("a/more", 0.0) == 0
    assert lanes.room("b/1", 0.0) == OF_LANE
    for tenant in range(10):
        for number in range(OF_TENANT):
            lanes.begin(f"{tenant}/{number}")
    assert lanes.room("b/1", 0.0) == 0
    assert IN_ALL > OF_TENANT


def test_the_allowance_leaves_out_what_has_no_room() -> None:
    lanes = Lanes()
    lanes.begin("a/1")
    lanes.heard("a/2", success=False, rest_until=10.0)
    lanes.heard("b/1", success=False)
    allowance = lanes.allowance(["b/1", "a/2", "a/1"], 0.0)
    assert list(allowance.of_lane.items()) == [("b/1", 1), ("a/1", OF_LANE - 1)]
    assert allowance.of_tenant == {"a": OF_TENANT - 1, "b": OF_TENANT}
    assert allowance.in_all == IN_ALL - 1


def test_a_clock_that_is_set_back_makes_nobody_rest_for_longer_than_was_asked() -> None:
    lanes = Lanes()
    lanes.heard("a/1", success=False, rest_until=LONGEST_ADVICE)
    assert lanes.room("a/1", 0.0) == 0
    assert lanes.room("a/1", -1.0) == 1


def test_idle_lanes_are_forgotten() -> None:
    lanes = Lanes()
    lanes.heard("a/1", success=False, rest_until=10.0)
    lanes.forget_idle({"a/1"})
    assert lanes.room("a/1", 0.0) == 0
    lanes.forget_idle(set())
    assert lanes.room("a/1", 0.0) == OF_LANE


def test_of_lanes_that_are_well_nothing_is_kept() -> None:
    lanes = Lanes()
    for name, success in (("a/1", True), ("a/2", False)):
        lanes.begin(name)
        lanes.heard(name, success=success)
        lanes.end(name)
    assert list(lanes._lanes) == ["a/2"]
