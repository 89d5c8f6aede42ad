"""Which happenings a video's owner is told of, and how one looks on the wire."""

import pytest

from mutoscope.domain.events import CREATED, EventType, event_object, public_type
from mutoscope.domain.lifecycle import Happening, State, transition


def test_every_public_event_stands_for_one_kind_of_row() -> None:
    kinds = [CREATED, *Happening]
    told = [public_type(kind) for kind in kinds]
    assert sorted(filter(None, told)) == sorted(EventType)


@pytest.mark.parametrize("happening", list(Happening))
def test_a_happening_that_ends_a_video_is_told(happening: Happening) -> None:
    ends = {
        State.COMPLETED: EventType.COMPLETED,
        State.FAILED: EventType.FAILED,
        State.CANCELLED: EventType.DELETED,
    }
    for state in State:
        try:
            after = transition(state, happening)
        except Exception:
            continue
        assert public_type(happening) == ends.get(after, public_type(happening))
        assert not after.is_final or public_type(happening) is not None


def test_an_event_on_the_wire_is_thin() -> None:
    assert event_object("evt_1", EventType.COMPLETED, 1758941485.9, "video_1") == {
        "id": "evt_1",
        "object": "event",
        "created_at": 1758941485,
        "type": "video.completed",
        "data": {"id": "video_1"},
    }
