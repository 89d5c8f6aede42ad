"""Which keys a storage takes."""

from __future__ import annotations

import pytest

from mutoscope.domain.assets import Variant, input_key, storage_key
from mutoscope.storage.protocol import KEY_MAX_CHARACTERS, check_key


@pytest.mark.parametrize(
    "key",
    [
        storage_key("default", "video_" + "a" * 48, 1, Variant.SPRITESHEET),
        input_key("default", "0" * 64),
        "a",
        "k" * KEY_MAX_CHARACTERS,
    ],
)
def test_our_own_keys_pass_unchanged(key: str) -> None:
    assert check_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/etc/passwd",
        "a/../b",
        "..",
        "a//b",
        "a/",
        "a/.hidden",
        ".unfinished/x",
        "a\\b",
        "a b",
        "a\n",
        "a\x00",
        "vidéo",
        "k" * (KEY_MAX_CHARACTERS + 1),
    ],
)
def test_any_other_key_is_refused(key: str) -> None:
    with pytest.raises(ValueError, match="not a storage key"):
        check_key(key)
