"""The statements that look for public events know all of their kinds, and no other."""

import re

import pytest

from mutoscope.database.statements import statements
from mutoscope.domain.events import CREATED, public_type
from mutoscope.domain.lifecycle import Happening

FOR_LISTENERS = ("count_events_between", "events_between", "events_of_video_between", "newest_event_of_tenant")


@pytest.mark.parametrize("name", FOR_LISTENERS)
def test_they_look_for_every_public_kind(name: str) -> None:
    kinds = re.search(r"kind IN \(([^)]*)\)", statements()[name])
    assert kinds is not None
    assert set(re.findall(r"'(\w+)'", kinds[1])) == {kind for kind in (CREATED, *Happening) if public_type(kind)}
