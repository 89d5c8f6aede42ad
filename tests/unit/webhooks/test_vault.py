"""Signing secrets at rest."""

from __future__ import annotations

import base64
import stat
from pathlib import Path

import pytest

from mutoscope.domain.errors import SecretKeyMissing
from mutoscope.webhooks.vault import Unreadable, Vault

KEY = base64.b64encode(bytes(range(32))).decode()


def test_what_was_sealed_is_opened_by_its_owner_alone() -> None:
    vault = Vault(KEY, None)
    sealed = vault.seal("whsec_x", "whe_1")
    assert "whsec" not in sealed
    assert vault.open(sealed, "whe_1") == "whsec_x"
    assert Vault(KEY, None).open(sealed, "whe_1") == "whsec_x"
    assert vault.seal("whsec_x", "whe_1") != sealed
    with pytest.raises(Unreadable):
        vault.open(sealed, "whe_2")


@pytest.mark.parametrize("sealed", ["", "v1.", "v1.AAAA", "v1.!", "whsec_x"])
def test_what_was_not_sealed_is_not_opened(sealed: str) -> None:
    with pytest.raises(Unreadable):
        Vault(KEY, None).open(sealed, "whe_1")


def test_another_key_does_not_open_it() -> None:
    sealed = Vault(KEY, None).seal("whsec_x", "whe_1")
    with pytest.raises(Unreadable):
        Vault(base64.b64encode(b"x" * 32).decode(), None).open(sealed, "whe_1")


def test_a_key_of_its_own_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    sealed = Vault("", tmp_path).seal("whsec_x", "whe_1")
    path = tmp_path / "secret.key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert Vault("", tmp_path).open(sealed, "whe_1") == "whsec_x"
    assert [each.name for each in tmp_path.iterdir()] == ["secret.key"]


def test_a_key_that_is_gone_is_not_made_anew_to_open_with(tmp_path: Path) -> None:
    sealed = Vault("", tmp_path).seal("whsec_x", "whe_1")
    (tmp_path / "secret.key").unlink()
    with pytest.raises(SecretKeyMissing):
        Vault("", tmp_path).open(sealed, "whe_1")
    assert not (tmp_path / "secret.key").exists()


def test_several_processes_need_the_setting() -> None:
    with pytest.raises(SecretKeyMissing, match="MUTOSCOPE_SECRET_KEY"):
        Vault("", None).seal("whsec_x", "whe_1")
