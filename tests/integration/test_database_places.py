"""A database file that is not in the data folder."""

from pathlib import Path

import pytest
from whole_server import ended, running

from mutoscope.app import Mutoscope
from mutoscope.database.address import address_of
from mutoscope.domain.errors import ConfigurationError
from mutoscope.domain.lifecycle import State
from mutoscope.settings import Settings
from mutoscope.testing import ScriptedProvider
from studio import create, write_clip

pytestmark = pytest.mark.anyio


async def test_a_file_elsewhere_has_one_server_too(tmp_path: Path) -> None:
    clip = write_clip(tmp_path / "clip.mp4").read_bytes()
    url = address_of(tmp_path / "elsewhere" / "rows.db")
    async with running(tmp_path / "data", ScriptedProvider(clip=clip), database=url) as (server, caller):
        video = await create(server, caller)
        assert (await ended(server, caller, video.id)).state is State.COMPLETED
        with pytest.raises(ConfigurationError, match="Another server"):
            Mutoscope(Settings(data_dir=tmp_path / "other", database=url))
    assert (tmp_path / "elsewhere" / "rows.db").exists()
    assert not (tmp_path / "data" / "mutoscope.db").exists()
    Mutoscope(Settings(data_dir=tmp_path / "other", database=url)).close()
