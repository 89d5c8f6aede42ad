"""Settings: where they come from, and what a wrong one is told."""

from pathlib import Path

import pytest

from mutoscope.database.address import shown
from mutoscope.domain.errors import ConfigurationError
from mutoscope.providers.protocol import OnUnknown
from mutoscope.settings import ON_UNKNOWN, Settings, load


def test_the_later_source_wins(tmp_path: Path) -> None:
    file = tmp_path / "m.toml"
    file.write_text('port = 1000\nhost = "::1"\nsora_alias = false\n')
    settings = load({"port": None, "host": None}, {"MUTOSCOPE_PORT": "2000"}, file)
    assert (settings.port, settings.host, settings.sora_alias) == (2000, "::1", False)
    assert load({"port": 3000}, {"MUTOSCOPE_PORT": "2000", "MUTOSCOPE_CONFIG": str(file)}).port == 3000


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"MUTOSCOPE_PORT": "x"}, "port"),
        ({"MUTOSCOPE_PORT": "70000"}, "port"),
        ({"MUTOSCOPE_SORA_ALIAS": "maybe"}, "sora_alias"),
        ({"MUTOSCOPE_FLIPBOOK_SLOTS": "0"}, "flipbook_slots"),
        ({"MUTOSCOPE_LOG_LEVEL": "loud"}, "log_level"),
        ({"MUTOSCOPE_UNKNOWN_DEADLINE": "-1"}, "unknown_deadline"),
        ({"MUTOSCOPE_UNKNOWN_DEADLINE": "nan"}, "unknown_deadline"),
    ],
)
def test_a_wrong_value_names_its_setting_and_what_is_allowed(environment: dict[str, str], named: str) -> None:
    with pytest.raises(ConfigurationError, match=rf"'{named}'.*allowed"):
        load({}, environment)


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("", {}),
        ("hold", {"": "hold"}),
        ("hold, a=resubmit_once", {"": "hold", "a": "resubmit_once"}),
        (" a = fail ,b=hold,", {"a": "fail", "b": "hold"}),
    ],
)
def test_choices_for_lost_submissions(text: str, choices: dict[str, str]) -> None:
    assert load({}, {"MUTOSCOPE_ON_UNKNOWN": text}).unknown_choices == choices


def test_the_choices_are_those_of_the_engine() -> None:
    assert set(ON_UNKNOWN) == set(OnUnknown)


@pytest.mark.parametrize("text", ["retry", "a=", "=hold", "hold, fail", "a=hold, a=fail", "a=hold=x", "a"])
def test_a_choice_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"'on_unknown'.*allowed: fail, hold or resubmit_once"):
        load({}, {"MUTOSCOPE_ON_UNKNOWN": text})


@pytest.mark.parametrize("text", ["port = 'x'", "prot = 1", "port = ", "port = true"])
def test_a_wrong_file_is_refused(tmp_path: Path, text: str) -> None:
    file = tmp_path / "m.toml"
    file.write_text(text)
    with pytest.raises(ConfigurationError):
        load({}, {}, file)


@pytest.mark.parametrize(
    ("host", "loopback"),
    [("127.0.0.1", True), ("127.9.9.9", True), ("::1", True), ("localhost", True), ("0.0.0.0", False),
     ("127.example.org", False), ("example.org", False), ("::", False)],
)  # fmt: skip
def test_loopback_is_told_from_its_look_alikes(host: str, loopback: bool) -> None:
    assert Settings(host=host).is_loopback is loopback


@pytest.mark.parametrize("address", ["", "s3://videos", "s3://videos/mutoscope/", "gs://a.b-c/d", "az://videos/d/e"])
def test_addresses_of_a_storage(address: str) -> None:
    assert Settings(storage=address).storage == address


@pytest.mark.parametrize(
    "address", ["videos", "s3://", "s3:/x", "ftp://x", "s3://me:hush@x", "s3://x?sig=hush", "s3://x//y", "s3://x/../y"]
)
def test_an_address_of_no_storage_is_not_repeated(address: str) -> None:
    with pytest.raises(ConfigurationError, match=r"'storage' has a wrong value; allowed: .*s3://") as refused:
        load({}, {"MUTOSCOPE_STORAGE": address})
    assert "hush" not in refused.value.message


@pytest.mark.parametrize("text", ["mysql://me:hush@db/x", "me:hush@db", "postgresql:/hush"])
def test_a_wrong_database_is_refused_without_being_repeated(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"'database'.*postgresql://USER") as refused:
        load({"database": text}, {})
    assert "hush" not in refused.value.message


def test_a_password_is_not_printed() -> None:
    settings = load({}, {"MUTOSCOPE_DATABASE": "postgresql://me:hush@db/x"})
    assert settings.database.endswith("/x")
    assert "hush" not in repr(settings)
    assert shown(settings.database) == "PostgreSQL, x on db"
