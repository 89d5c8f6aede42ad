"""The admin port when it is taken, and when nobody wants it."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from mutoscope.cli.admin_port import AdminPort
from mutoscope.domain.errors import ConfigurationError
from mutoscope.settings import Settings, chosen


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


def test_a_taken_port_that_nobody_chose_is_no_reason_not_to_start(taken: int) -> None:
    assert AdminPort.open(Settings(admin_port=taken), was_chosen=False).url is None


def test_a_taken_port_that_was_chosen_is_told(taken: int) -> None:
    with pytest.raises(ConfigurationError, match=rf"'admin_port' is {taken}.*a free port, or 0"):
        AdminPort.open(Settings(admin_port=taken), was_chosen=True)


def test_none() -> None:
    assert AdminPort.open(Settings(admin_port=0), was_chosen=True).url is None


def test_what_was_chosen_is_known() -> None:
    assert "admin_port" not in chosen({}, {})
    assert chosen({}, {"MUTOSCOPE_ADMIN_PORT": "8651"}) == {"admin_port": 8651}
