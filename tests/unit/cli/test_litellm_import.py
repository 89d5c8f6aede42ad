"""`mutoscope import litellm`: what becomes of configurations as people have them."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from mutoscope.cli.imports import litellm
from mutoscope.cli.litellm_import import Imported, converted
from mutoscope.cli.litellm_yaml import MOST_BYTES, read
from mutoscope.cli.outcome import CliError
from mutoscope.cli.provider_toml import text_of
from mutoscope.providers.configuration import Configuration, read_providers
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.registry import Registry
from mutoscope.providers.toml_file import TomlFile

SECRET = "sk-canary-4711-do-not-tell"

MIXED = """
model_list:
  - model_name: gpt-4o
    litellm_params:
      model: openai/gpt-4o
      api_key: os.environ/OPENAI_API_KEY
  - model_name: gen4
    litellm_params:
      model: runwayml/gen4.5
      api_key: os.environ/RUNWAY_KEY
      rpm: 30
      timeout: 600
  - model_name: gen4
    litellm_params:
      model: runwayml/gen4.5
      api_key: os.environ/RUNWAY_KEY_2
      rpm: 12
  - model_name: grok
    litellm_params:
      model: xai/grok-imagine-video
  - model_name: veo
    litellm_params:
      model: vertex_ai/veo-3.1-generate-001
      vertex_project: mine
  - model_name: everything
    litellm_params:
      model: openai/video-*
router_settings:
  routing_strategy: simple-shuffle
  model_group_alias: {"film": "gen4", "hidden": {"model": "grok", "hidden": true}}
  fallbacks: [{"gen4": ["grok", "veo"]}]
general_settings:
  master_key: MASTER
  database_url: "postgresql://u:p@host/db"
litellm_settings:
  max_budget: 100
environment_variables: {REDIS_PASSWORD: MASTER}
""".replace("MASTER", SECRET)

OWN_SERVERS = f"""
x-shared: &key {{api_key: {SECRET}}}
model_list:
  - model_name: sora-2
    litellm_params:
      <<: *key
      model: openai/sora-2
      api_base: https://studio.example/v1/
      output_cost_per_second: 0.1
    model_info: {{mode: video_generation}}
  - model_name: sora-2-pro
    litellm_params: {{model: sora-2-pro, api_base: "https://studio.example/v1", api_key: {SECRET}}}
  - model_name: my "wan" \N{LATIN SMALL LETTER E WITH ACUTE}
    litellm_params:
      model: hosted_vllm/Wan-AI/Wan2.2-T2V-A14B
      api_base: http://10.0.0.5:8000/v1
  - model_name: azure-sora
    litellm_params:
      model: azure/my-deployment
      api_base: https://mine.openai.azure.com
      api_key: os.environ/AZURE_KEY
      api_version: preview
    model_info: {{mode: video_generation}}
  - model_name: gone
    litellm_params: {{model: openai/sora-2, api_key: os.environ/OPENAI_API_KEY}}
"""


def imported(folder: Path, text: str, **environment: str) -> Imported:
    path = folder / "config.yaml"
    path.write_text(text, encoding="utf-8")
    return converted(read(path), environment)


def accepted(made: Imported) -> Configuration:
    """As the server would read it, every variable set."""
    variables = {variable: "set" for each in made.providers for variable in each.variables}
    return read_providers(TomlFile("providers.toml", text_of(made)), variables, ModelData(), Registry())


def test_services_with_two_keys_a_pace_and_fallbacks(tmp_path: Path) -> None:
    made = imported(tmp_path, MIXED)
    read_again = accepted(made)
    runway, xai = read_again.providers
    assert [credential.variable for credential in runway.credentials] == ["RUNWAY_KEY", "RUNWAY_KEY_2"]
    assert [credential.account for credential in runway.credentials] == ["runway@key-1", "runway@key-2"]
    assert runway.submits_per_minute == 12
    assert [model.name for model in runway.models] == ["gen4.5"]
    assert xai.credentials[0].variable == "XAI_API_KEY"
    assert read_again.aliases == {
        "gen4": ("gen4.5", "grok-imagine-video"),
        "grok": ("grok-imagine-video",),
        "film": ("gen4.5",),
        "hidden": ("grok-imagine-video",),
    }


def test_everything_that_stays_behind_is_told(tmp_path: Path) -> None:
    told = "\n".join(imported(tmp_path, MIXED).notes)
    for words in (
        "line 3 ('gpt-4o'): left out: it is no video model",
        "line 7 ('gen4'): not carried over: 'timeout'",
        "('veo'): left out: it is asked through 'vertex_ai', for which Mutoscope has no adapter",
        "('everything'): left out: it is a wildcard",
        "The fallback of 'gen4' to 'veo' has no model here",
        "mutoscope keys create",
        "'budget_per_day'",
        "'routing_strategy'",
        "'database_url'",
        "'environment_variables'",
    ):
        assert words in told, words


def test_servers_of_ones_own(tmp_path: Path) -> None:
    made = imported(tmp_path, OWN_SERVERS)
    read_again = accepted(made)
    openai, vllm, azure = read_again.providers
    assert openai.base_url == "https://studio.example/v1"
    assert [model.name for model in openai.models] == ["sora-2", "sora-2-pro"]
    assert openai.models[0].price is not None
    assert openai.models[0].price.per_second == 100_000
    assert [credential.variable for credential in openai.credentials] == ["OPENAI_KEY"]
    assert vllm.options["dialect"] == "vllm_omni"
    assert vllm.models[0].upstream_model == "Wan-AI/Wan2.2-T2V-A14B"
    assert read_again.aliases == {'my "wan" \N{LATIN SMALL LETTER E WITH ACUTE}': ("my-wan",)}
    assert not vllm.credentials[0].variable
    assert azure.base_url == "https://mine.openai.azure.com/openai/v1"
    assert azure.models[0].upstream_model == "my-deployment"
    told = "\n".join(made.notes)
    assert "('gone'): left out: it has no 'api_base', and OpenAI's own service was shut down" in told
    assert "put it into the variable OPENAI_KEY" in told
    assert "('sora-2-pro'): LiteLLM tells no price" in told


@pytest.mark.parametrize("text", [MIXED, OWN_SERVERS])
def test_no_key_is_ever_told(tmp_path: Path, text: str) -> None:
    made = imported(tmp_path, text)
    assert SECRET not in text_of(made)
    assert SECRET not in "\n".join(made.notes)
    assert SECRET not in repr(made)


def test_what_the_file_only_names_is_looked_up(tmp_path: Path) -> None:
    text = "model_list: [{model_name: s, litellm_params: {model: openai/sora-2, api_base: os.environ/BASE}}]"
    assert "which is not set here" in imported(tmp_path, text).notes[0]
    made = imported(tmp_path, text, BASE="http://10.0.0.9:4000/v1")
    assert accepted(made).providers[0].base_url == "http://10.0.0.9:4000/v1"


def test_fal_names_ways_where_we_name_models(tmp_path: Path) -> None:
    text = "model_list: [{model_name: seedance, litellm_params: {model: fal_ai/bytedance/seedance-2.5/text-to-video}}]"
    assert accepted(imported(tmp_path, text)).aliases == {"seedance": ("fal-seedance-2.5",)}


def test_a_models_own_name_cannot_have_fallbacks(tmp_path: Path) -> None:
    text = """
model_list:
  - {model_name: gen4.5, litellm_params: {model: runwayml/gen4.5}}
  - {model_name: gen4_turbo, litellm_params: {model: runwayml/gen4_turbo}}
litellm_settings: {fallbacks: [{gen4.5: [gen4_turbo]}]}
"""
    made = imported(tmp_path, text)
    assert accepted(made).aliases == {"gen4.5-or-other": ("gen4.5", "gen4_turbo")}
    assert any("'gen4.5-or-other'" in note for note in made.notes)


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "\n".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 10)}]" for before, name in zip("abcdefgh", "bcdefghi", strict=True)
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, ":5: with its aliases"),
        ("a: &a [*a]\nmodel_list: []", ":1: this value holds itself"),
        ("model_list:\n- !!python/object/apply:os.system ['true']", ":2: this is no plain YAML"),
        ("model_list:\n- !mine 1", ":2: this is no plain YAML"),
        ("- model_list", ":1: a LiteLLM configuration is a mapping"),
        ("", ":1: a LiteLLM configuration is a mapping"),
        ("just words", ":1: a LiteLLM configuration is a mapping"),
        ("a: 1\nb: [", ":2: this is no plain YAML"),
        ("a: 1\n---\nb: 2", ":2: this is no plain YAML"),
        ("a: " + "[" * 5_000, "this is no plain YAML: it is nested too deeply"),
        ("? {a: 1}\n: b", ":1: this is no plain YAML"),
        ("a: \x00", "this is no YAML"),
        ("#" * (MOST_BYTES + 1), "longer than"),
    ],
    ids=lambda value: value[:16],
)
def test_a_hostile_file_is_told_with_its_line(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(CliError) as refused:
        imported(tmp_path, text)
    assert words in refused.value.message
    assert len(refused.value.message) < 600


@pytest.mark.parametrize(
    "text",
    [
        "model_list: 5",
        "model_list: [1, null, [], {}, {litellm_params: 3}, {litellm_params: {model: 4}}]",
        "model_list: [{model_name: {a: 1}, litellm_params: {model: runwayml/gen4.5, api_key: [1], rpm: many}}]",
        "model_list: []\nrouter_settings: [1]\nlitellm_settings: {fallbacks: {a: b}}\ngeneral_settings: [x]\nother: 1",
        "model_list: [{model_name: s, litellm_params: {model: openai/sora, api_base: 'http://u:p@h/'}}]",
    ],
)
def test_what_is_of_another_shape_is_told_and_never_fatal(tmp_path: Path, text: str) -> None:
    made = imported(tmp_path, text)
    assert made.notes
    assert accepted(made) is not None


def test_written_once_and_never_over_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config, output = tmp_path / "config.yaml", tmp_path / "providers.toml"
    config.write_text(MIXED)
    litellm(config, None, force=False)
    printed = capsys.readouterr()
    assert printed.out.startswith("[runway]")
    assert "left out" in printed.err
    litellm(config, output, force=False)
    assert output.read_text() == printed.out
    assert stat.S_ISREG(output.stat().st_mode)
    with pytest.raises(CliError, match="is there already"):
        litellm(config, output, force=False)
    litellm(config, output, force=True)
    config.write_text("model_list: []")
    with pytest.raises(CliError, match="No video model"):
        litellm(config, tmp_path / "other.toml", force=False)
    assert not (tmp_path / "other.toml").exists()
