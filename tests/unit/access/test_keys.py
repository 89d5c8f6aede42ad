"""API keys: strong, shown once, stored as hashes, gone when revoked."""

import re
from pathlib import Path

import pytest

from mutoscope.access.keys import create_key, has_keys, hash_of, list_keys, revoke_key
from mutoscope.database.connection import Database
from mutoscope.domain.errors import InvalidRequest

pytestmark = pytest.mark.anyio


async def test_a_key_is_strong_and_only_its_hash_is_on_disk(database: Database, tmp_path: Path) -> None:
    assert not await has_keys(database)
    key = await create_key(database, 1.0, "laptop")
    assert re.fullmatch(r"muto-[a-z2-7]{40}", key.secret)  # 40 letters of 5 bits: 200 bits
    assert key.secret not in repr(key)
    on_disk = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert key.secret.encode() not in on_disk
    assert hash_of(key.secret).encode() in on_disk


async def test_revoking_by_id_and_by_prefix(database: Database) -> None:
    first, second = await create_key(database, 1.0), await create_key(database, 2.0, tenant="studio-7")
    assert await revoke_key(database, 3.0, first.id)
    assert not await revoke_key(database, 3.0, first.id)
    assert await database.one("tenant_of_key", hash=hash_of(first.secret)) is None
    found = await database.one("tenant_of_key", hash=hash_of(second.secret))
    assert found is not None
    assert found["tenant"] == "studio-7"
    assert await revoke_key(database, 4.0, second.secret[:11])
    assert not await has_keys(database)
    assert [row["revoked_at"] for row in await list_keys(database)] == [3.0, 4.0]


@pytest.mark.parametrize("tenant", ["", "../up", "a/b", "a b", "é", "x" * 65])
async def test_a_tenants_name_is_safe_in_a_path(database: Database, tenant: str) -> None:
    with pytest.raises(InvalidRequest):
        await create_key(database, 1.0, tenant=tenant)
