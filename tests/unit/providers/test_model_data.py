"""The files of models: the packaged ones, and the operator's newer one above them."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mutoscope.clock import SystemClock
from mutoscope.domain.catalog import ModelSpec, SizeRule
from mutoscope.domain.errors import ConfigurationError
from mutoscope.domain.video import Size
from mutoscope.egress.door import Door
from mutoscope.providers.endings import ending, warnings_of
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.model_file import ModelEntry
from mutoscope.providers.model_sheet import sheet
from mutoscope.providers.opening import open_configuration
from mutoscope.providers.registry import Registry
from mutoscope.settings import Settings

MODEL = """
[[model]]
adapter = "{adapter}"
name = "{name}"
upstream_model = "x"
owner = "runway"
sizes = ["1280x720"]
seconds = [5]
default_size = "1280x720"
default_seconds = 5
price = {{ per_second = "9.99" }}
ends = "2027-01-01"
"""


def write(folder: Path, *models: tuple[str, str], as_of: str = "2027-06-01") -> str:
    file = folder / "models.toml"
    text = "".join(MODEL.format(adapter=adapter, name=name) for adapter, name in models)
    file.write_text(f'as_of = "{as_of}"\n{text}')
    return str(file)


def names_of(data: ModelData, adapter: str) -> list[str]:
    return [model.entry.name for model in data.of(adapter)]


def test_the_operators_file_replaces_and_adds_by_adapter_and_name(tmp_path: Path) -> None:
    packaged = ModelData()
    path = write(tmp_path, ("runway", "gen4.5"), ("runway", "gen9"), ("xai", "gen4.5"))
    newer = ModelData.read(path, ["runway", "xai"])
    assert names_of(newer, "runway") == [*names_of(packaged, "runway"), "gen9"]
    by_name: dict[str, tuple[ModelEntry, str]] = {
        each.entry.name: (each.entry, each.as_of) for each in newer.of("runway")
    }
    entry, as_of = by_name["gen4.5"]
    assert (entry.ends, as_of) == ("2027-01-01", "2027-06-01")
    assert (
        by_name["gen4_turbo"]
        == {each.entry.name: (each.entry, each.as_of) for each in packaged.of("runway")}["gen4_turbo"]
    )
    assert names_of(newer, "xai") == [*names_of(packaged, "xai"), "gen4.5"]
    assert names_of(newer, "kling") == names_of(packaged, "kling")


@pytest.mark.parametrize(
    ("models", "as_of", "line", "words"),
    [
        ([("runwy", "a")], "2027-06-01", 4, ["'runwy'", "runway"]),
        ([("runway", "a"), ("runway", "a")], "2027-06-01", 17, ["'a'", "already"]),
        ([("runway", "a b")], "2027-06-01", 5, ["'a b'", "letters"]),
        ([], "June", 1, ["'as_of'", "'June'", "date"]),
    ],
)
def test_a_mistake_is_told_with_its_line(tmp_path: Path, models, as_of: str, line: int, words: list[str]) -> None:
    path = write(tmp_path, *models, as_of=as_of)
    with pytest.raises(ConfigurationError) as caught:
        ModelData.read(path, ["runway"])
    assert caught.value.message.startswith(f"{path}:{line}: ")
    for word in words:
        assert word in caught.value.message


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ('capabilities = ["sound_references"]', "'sound_references' beside 'references' only"),
        ("sound_limits = { most = 0 }", "1 or more"),
    ],
)
def test_sounds_are_references_and_at_least_one(tmp_path: Path, line: str, words: str) -> None:
    path = Path(write(tmp_path, ("runway", "a")))
    path.write_text(f"{path.read_text()}{line}\n")
    with pytest.raises(ConfigurationError, match=words):
        ModelData.read(str(path), ["runway"])


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        ModelData.read(str(tmp_path / "none.toml"), [])


NOW = datetime(2026, 11, 29, 12, tzinfo=UTC).timestamp()


def model(ends: str | None) -> ModelSpec:
    size = Size(64, 64)
    return ModelSpec("m", "p", "u", SizeRule((size,)), (1,), size, 1, ends=ends)


@pytest.mark.parametrize(
    ("ends", "said"),
    [
        (None, None),
        ("2027-01-01", None),
        ("2026-12-29", "takes it away on 2026-12-29, in 30 days"),
        ("2026-11-30", "takes it away on 2026-11-30, in 1 day"),
        ("2026-11-29", "takes it away on 2026-11-29, today"),
        ("2026-11-28", "took it away on 2026-11-28"),
    ],
)
def test_what_ends_soon_is_told(ends: str | None, said: str | None) -> None:
    told = ending(model(ends), NOW)
    assert told is said is None or (said is not None and told is not None and said in told)
    assert [each["model"] for each in warnings_of([model(ends)], NOW)] == ([] if said is None else ["m"])


KEY = {"RUNWAYML_API_SECRET": "k"}


def test_which_file_is_read(tmp_path: Path) -> None:
    def opened(**more: str) -> list[str]:
        settings = Settings(data_dir=tmp_path / "data", **more)
        return [each.name for each in open_configuration(settings, KEY).providers]

    assert opened() == []
    (tmp_path / "data").mkdir()
    (tmp_path / "data/providers.toml").write_text("[runway]")
    (tmp_path / "other.toml").write_text('[second]\nadapter = "runway"')
    assert opened() == ["runway"]
    assert opened(providers=str(tmp_path / "other.toml")) == ["second"]
    assert opened(providers="") == []
    with pytest.raises(ConfigurationError, match=r"'providers' is 'none\.toml'.*allowed: auto, a file, or nothing"):
        opened(providers="none.toml")
    with pytest.raises(ConfigurationError, match="'runwy'"):
        opened(providers="", models_file=write(tmp_path, ("runwy", "a")))


@pytest.mark.anyio
@pytest.mark.parametrize("name", ["runway", "xai", "seedance", "kling", "fal", "gemini_omni"])
async def test_every_adapter_is_made_of_its_packaged_models_alone(tmp_path: Path, name: str) -> None:
    (tmp_path / "providers.toml").write_text(f'["mine"]\nadapter = "{name}"\napi_key_env = "K"\n')
    configuration = open_configuration(Settings(data_dir=tmp_path), {"K": "k1:k2"})
    ((provider, credential),) = configuration.accounts
    made = provider.make(credential, Door(configuration.origins), SystemClock())
    assert made.name == "mine"
    assert {each.provider for each in made.models} == {"mine"}
    await made.aclose()


def test_everything_as_one_file_says_the_same_when_it_is_read_again(tmp_path: Path) -> None:
    names = Registry().names
    text = sheet(ModelData(), names)
    file = tmp_path / "all.toml"
    file.write_text(text)
    again = ModelData.read(str(file), names)
    for name in names:
        packaged = ModelData().of(name)
        assert [model.entry for model in again.of(name)] == [model.entry for model in packaged]
    read = tomllib.loads(text)
    assert len(read["model"]) == sum(len(ModelData().of(name)) for name in names) > 40
    assert read["as_of"] == min(model.as_of for name in names for model in ModelData().of(name))
    assert sheet(again, names) == text, "printed again, it is the same"


def test_the_operators_models_stand_in_it_and_the_oldest_date_counts(tmp_path: Path) -> None:
    newer = ModelData.read(write(tmp_path, ("runway", "gen4.5"), ("runway", "gen9")), Registry().names)
    read = tomllib.loads(sheet(newer, Registry().names))
    mine = {model["name"]: model for model in read["model"] if model["adapter"] == "runway"}
    assert mine["gen4.5"]["price"] == mine["gen9"]["price"] == {"per_second": "9.99"}
    assert read["as_of"] < "2027-06-01"


def test_what_cannot_be_told_apart_is_refused(tmp_path: Path) -> None:
    inline = MODEL.format(adapter="runway", name="gen9").replace("[[model]]", "").strip().replace("\n", ", ")
    (tmp_path / "models.toml").write_text(f'as_of = "2027-06-01"\nmodel = [{{ {inline} }}]\n')
    newer = ModelData.read(str(tmp_path / "models.toml"), ["runway"])
    with pytest.raises(ConfigurationError, match=r"'gen9' is no table of its own"):
        sheet(newer, ["runway"])
