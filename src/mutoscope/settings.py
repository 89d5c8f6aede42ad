"""Every setting in one frozen class: type, default, unit, one sentence. Read once, at start.

A setting comes from, in rising order of precedence: its default, the TOML file, the environment
(`MUTOSCOPE_` and the name in capitals), the command line.
"""

from __future__ import annotations

import base64
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from mutoscope.domain.errors import ConfigurationError

PREFIX = "MUTOSCOPE_"
FILE_SETTING = "config"
DATABASES = ("sqlite:///", "postgresql://", "postgres://")
ON_UNKNOWN = ("fail", "hold", "resubmit_once")

_BUCKET = r"(s3|gs|az)://[A-Za-z0-9][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*/?"
_PUBLIC_URL = r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?(/[A-Za-z0-9._~-]+)*/?"


def _setting(default: Any, sentence: str, allowed: str = "", *, secret: bool = False) -> Any:
    """secret: it may hold a password, and is never printed."""
    return field(default=default, repr=not secret, metadata={"sentence": sentence, "allowed": allowed})


@dataclass(frozen=True, slots=True)
class Settings:
    """What an operator may decide. Durations are in seconds, lengths of data in bytes."""

    data_dir: Path = field(
        default_factory=lambda: user_data_path("mutoscope", appauthor=False),
        metadata={"sentence": "Folder of the database, the videos and the render cache.", "allowed": "a folder"},
    )
    database: str = _setting(
        "",
        "Where the rows are; nothing for a file in the data folder.",
        "sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME",
        secret=True,
    )
    storage: str = _setting(
        "",
        "Bucket that keeps the videos instead of the data folder.",
        "nothing, or s3://, gs:// or az:// with a bucket and perhaps a prefix",
    )
    work: bool = _setting(
        True,
        "Whether `mutoscope serve` also makes videos; false leaves that to `mutoscope worker`, on PostgreSQL.",
        "true or false",
    )
    lease_seconds: float = _setting(
        20.0,
        "How long a process on PostgreSQL may give no sign of life before others take over its work.",
        "2 to 300",
    )
    host: str = _setting("127.0.0.1", "Address to listen on. Anything but loopback needs an API key to exist.")
    port: int = _setting(8650, "Port to listen on; 0 takes a free one.", "0 to 65535")
    public_url: str = _setting(
        "",
        "Address under which upstreams reach this server, for callbacks and source links; nothing for none.",
        "nothing, or http:// or https:// with a host, perhaps a port and a path, and no query",
    )
    providers: str = _setting(
        "auto",
        "File of the providers beside the built-in engines; auto is providers.toml in the data folder, if it is there.",
        "auto, a file, or nothing",
    )
    models_file: str = _setting(
        "",
        "File of models that replace the packaged ones by adapter and name: newer limits, prices and end dates.",
        "a file, or nothing",
    )
    fetch_references: bool = _setting(
        True,
        "Whether pictures, clips and sounds that a request names by an https:// address are fetched.",
        "true or false",
    )
    source_link_seconds: float = _setting(
        21_600.0,
        "How long an upstream may fetch what it is given a link to; there are links only with a `public_url`.",
        "300 to 86400",
    )
    default_model: str = _setting("flipbook", "Model for requests that name none, and for Sora's names.")
    sora_alias: bool = _setting(True, "Whether Sora's model names resolve to the default model.", "true or false")
    allow_cross_provider: bool = _setting(
        True, "Whether a video may be shown to another provider than the one that made it.", "true or false"
    )
    composer_url: str = _setting(
        "",
        "OpenAI-compatible endpoint whose chat model puts the words of a remix together; nothing for the fixed rule.",
        "nothing, or http:// or https:// with a host and a path that ends in /v1",
    )
    composer_model: str = _setting("", "Which model of it is asked.", "a name, where composer_url is set")
    composer_key_env: str = _setting(
        "", "Environment variable that holds its API key; nothing for no key.", "nothing, or the name of a variable"
    )
    max_body_bytes: int = _setting(26_214_400, "Longest request body accepted.", "65536 to 1073741824")
    queue_limit: int = _setting(
        1_000, "How many unfinished videos one tenant may have; 0 for no limit.", "0 to 1000000"
    )
    requests_per_minute: int = _setting(
        0, "How many requests a minute one tenant may send, with all its keys; 0 for no limit.", "0 to 1000000"
    )
    listeners_limit: int = _setting(
        1_000, "How many may listen to events of this process at the same time; 0 for nobody.", "0 to 100000"
    )
    min_free_bytes: int = _setting(
        268_435_456, "Free space below which no video is accepted; 0 for no limit.", "0 to 1099511627776"
    )
    budget_per_day: float = _setting(
        10.0,
        "The most that all paid videos of one UTC day may cost together, in USD; 0 only without a paid model.",
        "0 to 1000000000",
    )
    budget_per_month: float = _setting(0.0, "The same for a calendar month; 0 for no limit.", "0 to 1000000000")
    retention_seconds: float = _setting(
        0.0, "How long a completed video keeps its files; 0 keeps them until it is deleted.", "0 to 3153600000"
    )
    cors_origins: str = _setting(
        "",
        "Origins whose pages may call the API from a browser, separated by commas; * for all.",
        "origins, *, or nothing",
    )
    created_field: bool = _setting(
        False, "Whether videos repeat `created_at` as `created`, as some clients want it.", "true or false"
    )
    unknown_deadline: float = _setting(
        0.0,
        "How long to look for a submission whose answer was lost; 0 for as long as its provider declares.",
        "0 to 604800",
    )
    on_unknown: str = _setting(
        "",
        "What becomes of one that cannot be found out; nothing for what its provider declares.",
        "fail, hold or resubmit_once, for single providers as NAME=hold; several are separated by commas",
    )
    flipbook_slots: int = _setting(1, "How many clips flipbook draws at the same time.", "1 to 64")
    flipbook_spare_seconds: float = _setting(
        300.0, "How long a warm drawing process is kept waiting for the next clip.", "0 to 86400"
    )
    rehearsal_speed: float = _setting(
        1.0, "How many times faster than its model a rehearsal is; 1 takes as long as the model would.", "1 to 1000"
    )
    secret_key: str = _setting(
        "",
        "Key that signing secrets are sealed with; nothing makes one in the data folder. Needed on PostgreSQL.",
        "nothing, or the base64 of 32 random bytes",
        secret=True,
    )
    webhook_hosts: str = _setting(
        "",
        "Receivers of webhooks that may have private addresses, any port and plain HTTP, separated by commas.",
        "HOST:PORT, or nothing",
    )
    shutdown_grace: float = _setting(20.0, "How long open requests may take to end on SIGTERM.", "0 to 25")
    page: bool = _setting(True, "Whether the page at / is served, where videos are seen and made.", "true or false")
    log_level: str = _setting("info", "Least severe message that is logged.", "debug, info, warning, error")
    log_prompts: bool = _setting(
        False, "Whether log lines hold prompts; else their length and the start of a hash.", "true or false"
    )
    admin_host: str = _setting(
        "127.0.0.1", "Address of the admin port: metrics, and videos as operators see them. It asks for no key."
    )
    admin_port: int = _setting(
        8651, "The admin port; 0 for none. Where it is taken and was not set, there is none.", "0 to 65535"
    )
    admin_names: str = _setting(
        "",
        "Host names under which the admin port answers, beside localhost and addresses; separated by commas.",
        "names, or nothing",
    )
    trace_upstreams: bool = _setting(
        False, "Whether upstreams are told which trace a request belongs to (traceparent).", "true or false"
    )

    def __post_init__(self) -> None:
        if self.storage and re.fullmatch(_BUCKET, self.storage) is None:
            # Without its value: somebody may have written a password into the address.
            raise _refusal("storage")
        if self.database and not self.database.startswith(DATABASES):
            raise _refusal("database")
        _check_range("port", self.port, 0, 65_535)
        if self.public_url and re.fullmatch(_PUBLIC_URL, self.public_url) is None:
            raise _refusal("public_url", self.public_url)
        _check_range("admin_port", self.admin_port, 0, 65_535)
        _check_range("source_link_seconds", self.source_link_seconds, 300, 86_400)
        if self.composer_url and not self._is_composer():
            raise _refusal("composer_url", self.composer_url)
        if self.composer_url and not self.composer_model:
            raise _refusal("composer_model", self.composer_model)
        _check_range("max_body_bytes", self.max_body_bytes, 65_536, 1 << 30)
        _check_range("queue_limit", self.queue_limit, 0, 1_000_000)
        _check_range("requests_per_minute", self.requests_per_minute, 0, 1_000_000)
        _check_range("listeners_limit", self.listeners_limit, 0, 100_000)
        _check_range("min_free_bytes", self.min_free_bytes, 0, 1 << 40)
        _check_range("budget_per_day", self.budget_per_day, 0, 1e9)
        _check_range("budget_per_month", self.budget_per_month, 0, 1e9)
        _check_range("retention_seconds", self.retention_seconds, 0, 3_153_600_000)
        _check_range("lease_seconds", self.lease_seconds, 2, 300)
        if not all(_is_origin(origin) for origin in self.origins):
            raise _refusal("cors_origins", self.cors_origins)
        _check_range("unknown_deadline", self.unknown_deadline, 0, 604_800)
        if _unknown_choices(self.on_unknown) is None:
            raise _refusal("on_unknown", self.on_unknown)
        _check_range("flipbook_slots", self.flipbook_slots, 1, 64)
        _check_range("flipbook_spare_seconds", self.flipbook_spare_seconds, 0, 86_400)
        _check_range("rehearsal_speed", self.rehearsal_speed, 1, 1_000)
        _check_range("shutdown_grace", self.shutdown_grace, 0, 25)
        if self.log_level not in ("debug", "info", "warning", "error"):
            raise _refusal("log_level", self.log_level)
        if self.secret_key and not _is_key(self.secret_key):
            raise _refusal("secret_key")
        if any(receiver is None for receiver in map(_host_and_port, _listed(self.webhook_hosts))):
            raise _refusal("webhook_hosts", self.webhook_hosts)

    def _is_composer(self) -> bool:
        return self.composer_url.endswith("/v1") and re.fullmatch(_PUBLIC_URL, self.composer_url) is not None

    @property
    def origins(self) -> tuple[str, ...]:
        """The single origins of `cors_origins`."""
        return tuple(origin.strip() for origin in self.cors_origins.split(",") if origin.strip())

    @property
    def admin_hosts(self) -> tuple[str, ...]:
        """The single names of `admin_names`."""
        return tuple(name.strip().lower() for name in self.admin_names.split(",") if name.strip())

    @property
    def webhook_receivers(self) -> tuple[tuple[str, int], ...]:
        """Host and port of each of `webhook_hosts`."""
        return tuple(filter(None, map(_host_and_port, _listed(self.webhook_hosts))))

    @property
    def unknown_choices(self) -> dict[str, str]:
        """What `on_unknown` says, by the provider's name; under "" what it says for all others."""
        return _unknown_choices(self.on_unknown) or {}

    @property
    def is_loopback(self) -> bool:
        try:
            return self.host == "localhost" or ip_address(self.host).is_loopback
        except ValueError:  # another name: where it leads is not ours to guess
            return False


def load(command_line: Mapping[str, Any], environment: Mapping[str, str], file: Path | None = None) -> Settings:
    """The settings that hold. ConfigurationError names the setting, its value and what is allowed."""
    return Settings(**chosen(command_line, environment, file))


def chosen(command_line: Mapping[str, Any], environment: Mapping[str, str], file: Path | None = None) -> dict[str, Any]:
    """Those that somebody set, by name; the others have their defaults."""
    named = environment.get(PREFIX + FILE_SETTING.upper())
    path = file or (Path(named) if named else None)
    values: dict[str, Any] = _from_file(path) if path else {}
    for entry in fields(Settings):
        variable = PREFIX + entry.name.upper()
        if variable in environment:
            values[entry.name] = _from_text(entry.name, environment[variable])
    return values | {name: value for name, value in command_line.items() if value is not None}


def describe() -> list[tuple[str, str, str, str]]:
    """(name, default, allowed, sentence) of every setting, for the documentation and its test."""
    return [
        (
            entry.name,
            "the user's data folder" if entry.name == "data_dir" else str(entry.default),
            entry.metadata["allowed"],
            entry.metadata["sentence"],
        )
        for entry in fields(Settings)
    ]


def _from_file(path: Path) -> dict[str, Any]:
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"The settings file {path} cannot be read: {error}") from None
    names = {entry.name for entry in fields(Settings)}
    for name in content:
        if name not in names:
            raise ConfigurationError(f"{path}: unknown setting {name!r}. Settings are: {', '.join(sorted(names))}.")
    return {name: _checked_type(name, value) for name, value in content.items()}


def _checked_type(name: str, value: Any) -> Any:
    kind = _kind(name)
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    if kind is float and type(value) is int:
        return float(value)
    if type(value) is not kind:
        raise _refusal(name, value)
    return value


def _from_text(name: str, text: str) -> Any:
    kind = _kind(name)
    try:
        if kind is bool:
            return {"true": True, "1": True, "false": False, "0": False}[text.lower()]
        return Path(text).expanduser() if kind is Path else kind(text)
    except (KeyError, ValueError):
        raise _refusal(name, text) from None


def _kind(name: str) -> type:
    return {"Path": Path, "str": str, "int": int, "bool": bool, "float": float}[
        next(str(entry.type) for entry in fields(Settings) if entry.name == name)
    ]


def _unknown_choices(text: str) -> dict[str, str] | None:
    """The choices by provider, "" for all others; None where the text is not of that form."""
    choices: dict[str, str] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        provider, has_name, choice = item.rpartition("=")
        name = provider.strip()
        if choice.strip() not in ON_UNKNOWN or name in choices or bool(has_name) != bool(name):
            return None
        choices[name] = choice.strip()
    return choices


def _is_origin(text: str) -> bool:
    """Whether this is what a browser sends as Origin: a scheme and a host, perhaps a port, and nothing behind it."""
    return text == "*" or re.fullmatch(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?", text) is not None


def _listed(text: str) -> list[str]:
    return [item for item in (item.strip() for item in text.split(",")) if item]


def _host_and_port(text: str) -> tuple[str, int] | None:
    found = re.fullmatch(r"([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]):([0-9]{1,5})", text)
    return (found[1].strip("[]"), int(found[2])) if found and 0 < int(found[2]) <= 65_535 else None


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 32
    except ValueError:  # binascii.Error is one
        return False


def _check_range(name: str, value: float, lowest: float, highest: float) -> None:
    if not lowest <= value <= highest:
        raise _refusal(name, value)


def _refusal(name: str, value: Any = None) -> ConfigurationError:
    entry = next(entry for entry in fields(Settings) if entry.name == name)
    allowed = entry.metadata["allowed"] or f"a value of type {entry.type}"
    wrong = f"is {value!r}" if value is not None else "has a wrong value"
    return ConfigurationError(
        f"Setting {name!r} {wrong}; allowed: {allowed}. "
        f"Settings come from the command line, from {PREFIX}{name.upper()} in the environment, or from the file."
    )
