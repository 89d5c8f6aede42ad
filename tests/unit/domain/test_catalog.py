"""Which names are served, and what a refusal says."""

import pytest

from mutoscope.domain.catalog import SORA_NAMES, Catalog, ModelSpec, SizeRule
from mutoscope.domain.errors import InvalidRequest, ModelNotFound
from mutoscope.domain.video import Size


def spec(name: str, provider: str = "flipbook", **more: object) -> ModelSpec:
    base: dict[str, object] = {
        "name": name,
        "provider": provider,
        "upstream_model": name,
        "sizes": SizeRule(),
        "seconds": tuple(range(1, 21)),
        "default_size": Size(720, 1280),
        "default_seconds": 4,
    }
    return ModelSpec(**{**base, **more})  # type: ignore[arg-type]


CATALOG = Catalog.of([spec("flipbook", is_drawn=True), spec("other", provider="else")], default="flipbook")


@pytest.mark.parametrize("name", sorted(SORA_NAMES))
def test_soras_names_resolve_with_a_notice_while_flipbook_answers(name: str) -> None:
    resolved = CATALOG.resolve(name)
    assert resolved.model.name == "flipbook"
    assert resolved.notice is not None
    assert "animatic" in resolved.notice


def test_the_default_and_a_real_name_come_without_notice() -> None:
    assert CATALOG.resolve(None).notice is None
    assert CATALOG.resolve("other").notice is None
    film = Catalog.of([spec("film", provider="else")], default="film")
    assert film.resolve("sora-2").notice is None


def test_the_further_names_of_a_model_are_those_that_lead_to_it() -> None:
    aliases = {"fast": ("other", "flipbook"), "sora-2": ("other",)}
    catalog = Catalog.of(CATALOG.models.values(), "flipbook", True, aliases)
    for model in catalog.models.values():
        assert all(catalog.resolve(name).model is model for name in catalog.names_of(model))
    assert catalog.names_of(catalog.models["other"]) == ("fast", "sora-2")
    assert set(catalog.names_of(catalog.models["flipbook"])) == SORA_NAMES - {"sora-2"}
    assert Catalog.of(CATALOG.models.values(), "flipbook", False).names_of(CATALOG.models["flipbook"]) == ()


def test_an_unknown_model_is_refused_with_the_candidates() -> None:
    with pytest.raises(ModelNotFound) as refusal:
        CATALOG.resolve("flipbok")
    assert refusal.value.param == "model"
    assert "flipbook, other" in refusal.value.message
    assert "Did you mean 'flipbook'?" in refusal.value.message
    off = Catalog.of([spec("flipbook")], default="flipbook", sora_alias=False)
    with pytest.raises(ModelNotFound):
        off.resolve("sora-2")


@pytest.mark.parametrize("size", [Size(64, 64), Size(1920, 1080), Size(1080, 1920), Size(1440, 1440)])
def test_even_sizes_in_range_are_taken(size: Size) -> None:
    assert spec("x").check_size(size) == size


@pytest.mark.parametrize("size", [Size(62, 64), Size(65, 64), Size(1922, 64), Size(1920, 1920), Size(1920, 1082)])
def test_other_sizes_are_refused_with_the_range(size: Size) -> None:
    with pytest.raises(InvalidRequest) as refusal:
        spec("x").check_size(size)
    assert refusal.value.param == "size"
    assert "64 to 1920" in refusal.value.message


def test_seconds_are_refused_with_the_list_or_the_range() -> None:
    with pytest.raises(InvalidRequest, match="every whole number from '1' to '20'"):
        spec("x").check_seconds(21)
    with pytest.raises(InvalidRequest, match="'4', '8', and '12'"):
        spec("x", seconds=(4, 8, 12)).check_seconds(10)
