"""The file of providers: what a right one means, and what each mistake is told, with its line."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from mutoscope.clock import SystemClock
from mutoscope.domain.errors import ConfigurationError
from mutoscope.egress.door import Door
from mutoscope.providers.account import Account, Adapter, Option
from mutoscope.providers.configuration import Configuration, read_providers
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.registry import Registry
from mutoscope.providers.toml_file import TomlFile
from mutoscope.testing import ScriptedProvider

MODELS = """\
as_of = "2026-11-22"
""" + "".join(
    f"""
[[model]]
adapter = "{adapter}"
name = "{name}"
upstream_model = "u-{name}"
owner = "somebody"
sizes = ["1280x720", "720x1280"]
seconds = [4, 8]
default_size = "1280x720"
default_seconds = 4
capabilities = ["native_remix", "edit"]
remembers = true
price = {{ per_second = "0.10" }}
"""
    for adapter, name in [("reel", "one"), ("reel", "two"), ("film", "one")]
)
OWN_MODEL = """
[[reel.model]]
name = "mine"
upstream_model = "m"
owner = "me"
sizes = { minimum = 64, maximum = 1024, maximum_pixels = 786432 }
seconds = { shortest = 1, longest = 5 }
default_size = "640x480"
default_seconds = 2
"""
SECRET = "s3cr3t-value"
ENVIRONMENT = {"REEL_KEY": SECRET, "A": "aaa", "B": "bbb", "EMPTY": " "}

OPTIONS = (
    Option("mode", "fast", "How.", allowed=("fast", "good")),
    Option("tries", 3, "How often."),
    Option("share", 0.5, "How much."),
    Option("mark", False, "Whether."),
    Option("tags", [], "Which."),
    Option("upload_url", "https://up.reel.example", "Where to.", is_url=True),
)


class Made(ScriptedProvider):
    def __init__(self, account: Account) -> None:
        super().__init__(account.name)
        self.models = account.models
        self.account = account


REEL = Adapter("reel", Made, base_url="https://api.reel.example/v1", secret_variable="REEL_KEY", options=OPTIONS)
FILM = Adapter("film", Made, needs_secret=False)
KEYED = Adapter("keyed", Made, base_url="https://keyed.example")


class Adapters(Registry):
    def __init__(self) -> None:
        super().__init__((), ())
        self._all = {each.name: each for each in (REEL, FILM, KEYED)}

    @property
    def names(self) -> list[str]:
        return sorted(self._all)

    def adapter(self, name: str) -> Adapter:
        return self._all[name]


def read(text: str, **more: Any) -> Configuration:
    others = ScriptedProvider("flipbook").models
    data = ModelData(TomlFile("models.toml", MODELS))
    file = TomlFile("providers.toml", text)
    return read_providers(file, ENVIRONMENT, data, Adapters(), [replace(others[0], name="flipbook")], **more)


def test_one_line_is_enough() -> None:
    (provider,) = read("[reel]").providers
    assert (provider.name, provider.base_url) == ("reel", "https://api.reel.example/v1")
    (credential,) = provider.credentials
    assert (credential.account, credential.variable, credential.secret) == ("reel", "REEL_KEY", SECRET)
    assert [model.name for model in provider.models] == ["one", "two"]
    assert provider.models[0].accounts == ("reel",)
    assert provider.models[0].price.as_of == "2026-11-22"  # type: ignore[union-attr]
    assert provider.options == {
        "mode": "fast", "tries": 3, "share": 0.5, "mark": False, "tags": [], "upload_url": "https://up.reel.example",
    }  # fmt: skip
    assert (provider.concurrency, provider.submits_per_minute, provider.on_unknown) == (4, 0, "")
    assert provider.origins == {("api.reel.example", 443), ("up.reel.example", 443)}


def test_everything_at_once() -> None:
    configuration = read(
        """
        [reel]
        base_url = "http://10.0.0.5:9000/api/"
        credentials = [{ name = "main", api_key_env = "A" }, { name = "second", api_key_env = "B" }]
        models = ["two"]
        concurrency = 2
        submits_per_minute = 30
        on_unknown = "hold"
        unknown_deadline = 60
        options = { mode = "good", share = 1, tags = ["x"], upload_url = "" }
        """
        + OWN_MODEL
        + """
        [cinema]
        adapter = "film"
        base_url = "https://film.example"

        [aliases]
        "sora-2" = ["reel/two", "cinema/one", "flipbook"]
        quick = "one"
        """
    )
    reel, cinema = configuration.providers
    assert [each.account for each in reel.credentials] == ["reel@main", "reel@second"]
    assert [each.secret for each in reel.credentials] == ["aaa", "bbb"]
    assert [model.name for model in reel.models] == ["two", "mine"]
    assert reel.models[0].accounts == ("reel@main", "reel@second")
    assert reel.models[0].remembers == {"reel@main", "reel@second"}
    assert (reel.base_url, reel.concurrency, reel.submits_per_minute) == ("http://10.0.0.5:9000/api", 2, 30)
    assert (reel.on_unknown, reel.unknown_deadline, reel.options["share"]) == ("hold", 60, 1.0)
    assert reel.origins == {("10.0.0.5", 9000)}
    assert cinema.credentials[0].secret == ""
    assert configuration.aliases == {"sora-2": ("two", "one", "flipbook"), "quick": ("one",)}
    door = Door(configuration.origins)
    made = [provider.make(credential, door, SystemClock()) for provider, credential in configuration.accounts]
    assert [each.name for each in made] == ["reel@main", "reel@second", "cinema"]
    assert SECRET not in repr(configuration) + repr([each.account for each in made])  # type: ignore[attr-defined]
    assert "aaa" not in repr(configuration) + repr([each.account for each in made])  # type: ignore[attr-defined]


def test_of_two_with_the_same_model_the_first_has_the_bare_name() -> None:
    text = '[film]\nbase_url = "https://film.example"\n[reel]\n[aliases]\nx = ["one", "reel/one", "film/one"]'
    with pytest.raises(ConfigurationError, match="which the list has already"):
        read(text)
    configuration = read(text.replace(', "film/one"', ""))
    assert [[model.name for model in each.models] for each in configuration.providers] == [["one"], ["reel/one", "two"]]
    assert configuration.aliases == {"x": ("one", "reel/one")}


def test_a_secret_that_is_missing_is_its_accounts_problem() -> None:
    configuration = read(
        '[reel]\ncredentials = [\n{ name = "a", api_key_env = "A" },\n{ name = "b", api_key_env = "NO" }]'
    )
    first, second = configuration.providers[0].credentials
    assert first.problem is None
    assert second.problem is not None
    assert second.problem.message == (
        "providers.toml:4: 'reel.credentials[1].api_key_env' names NO, "
        "which is not set in the environment of this process."
    )
    with pytest.raises(ConfigurationError, match=r"providers\.toml:4"):
        configuration.providers[0].make(second, Door(), SystemClock())


def test_what_an_adapter_refuses_is_told_with_the_line_of_its_table() -> None:
    def refuse(_account: Account) -> Made:
        raise ConfigurationError("No.")

    (provider,) = read("\n[reel]").providers
    refusing = replace(provider, adapter=replace(REEL, make=refuse))
    with pytest.raises(ConfigurationError, match=r"^providers.toml:2: No\.$"):
        refusing.make(provider.credentials[0], Door(), SystemClock())


# The text, the line, and words that the message must have.
BAD: dict[str, tuple[str, int, list[str]]] = {
    "no TOML": ("[reel]\nbase_url = \n", 2, ["no TOML"]),
    "a table twice": ("[reel]\n\n[reel]\n", 3, ["no TOML", "twice"]),
    "a key twice": ("[reel]\nconcurrency = 1\nconcurrency = 2\n", 3, ["no TOML"]),
    "no table": ('\nreel = "s3cr3t-value"\n', 2, ["'reel'", "no table"]),
    "a bad name": ("[Reel]\n", 1, ["'Reel'", "small letters"]),
    "an account's name": ('["reel@main"]\nadapter = "reel"\n', 1, ["reel@main", "small letters"]),
    "a built-in's name": ('[reel]\n[flipbook]\nadapter = "reel"\n', 2, ["'flipbook'", "built-in"]),
    "an unknown key": ("[reel]\nconcurency = 3\n", 2, ["'reel.concurency'", "known", "concurrency"]),
    "a key in the open": ('[reel]\n\napi_key = "s3cr3t-value"\n', 3, ["'reel.api_key'", "api_key_env"]),
    "an unknown adapter": ('[x]\nadapter = "runwy"\n', 2, ["'x.adapter'", "'runwy'", "film, keyed, reel"]),
    "no adapter": ("[x]\n", 1, ["'x.adapter'", "missing", "film, keyed, reel"]),
    "an adapter of another type": ("[x]\nadapter = 1\n", 2, ["'x.adapter'", "is 1", "text"]),
    "no address": ("[film]\n", 1, ["'film.base_url'", "missing"]),
    "no URL": ('[reel]\nbase_url = "reel.example"\n', 2, ["'reel.base_url'", "'reel.example'", "https://"]),
    "another scheme": ('[reel]\nbase_url = "ftp://reel.example"\n', 2, ["'ftp://reel.example'", "https://"]),
    "a URL of another type": ("[reel]\nbase_url = 8\n", 2, ["is 8", "https://"]),
    "a password in the URL": ('[reel]\nbase_url = "https://u:s3cr3t-value@h"\n', 2, ["'reel.base_url'", "no user"]),
    "a key in the URL": ('[reel]\nbase_url = "https://h/?k=s3cr3t-value"\n', 2, ["'reel.base_url'", "no query"]),
    "a host that is a number": ('[reel]\nbase_url = "http://0x7f000001"\n', 2, ["'reel.base_url'", "plain address"]),
    "a metadata service": ('[reel]\nbase_url = "http://169.254.169.254"\n', 2, ["'reel.base_url'", "metadata"]),
    "the key itself": ('[reel]\napi_key_env = "s3cr3t-value"\n', 2, ["'reel.api_key_env'", "capitals"]),
    "no variable where one is needed": ("[keyed]\n", 1, ["'keyed.api_key_env'", "missing", "capitals"]),
    "two ways to a key": (
        '[reel]\napi_key_env = "A"\ncredentials = [{ name = "a", api_key_env = "A" }]\n', 2, ["one of the two"],
    ),
    "no credentials": ("[reel]\ncredentials = []\n", 2, ["'reel.credentials'", "one at least"]),
    "credentials themselves": ('[reel]\ncredentials = ["s3cr3t-value"]\n', 2, ["'reel.credentials[0]'", "no table"]),
    "a credential without a name": (
        '[reel]\ncredentials = [\n  { api_key_env = "A" },\n]\n', 3, ["'reel.credentials[0].name'", "missing"],
    ),
    "a credential without a variable": (
        '[reel]\ncredentials = [\n  { name = "a" },\n]\n', 3, ["'reel.credentials[0].api_key_env'", "missing"],
    ),
    "a credential's unknown key": (
        '[[reel.credentials]]\nname = "a"\nkey = "s3cr3t-value"\n', 3, ["'reel.credentials[0].key'", "api_key_env"],
    ),
    "a credential's name twice": (
        '[reel]\ncredentials = [\n  { name = "a", api_key_env = "A" },\n  { name = "a", api_key_env = "B" },\n]\n', 4,
        ["'a'", "another credential"],
    ),
    "a bad credential's name": (
        '[reel]\ncredentials = [{ name = "a@b", api_key_env = "A" }]\n', 2, ["'a@b'", "small letters"],
    ),
    "an unknown model": ('[reel]\nmodels = [\n  "one",\n  "three",\n]\n', 4, ["'three'", "one, two"]),
    "a model twice": ('[reel]\nmodels = ["one", "one"]\n', 2, ["'one'", "already"]),
    "models of another type": ('[reel]\nmodels = "one"\n', 2, ["'reel.models'", "list"]),
    "no models": ('[film]\nbase_url = "https://f.example"\nmodels = []\n', 1, ["'film'", "no model", "[[film.model]]"]),
    "too much at once": ("[reel]\nconcurrency = 0\n", 2, ["'reel.concurrency'", "is 0", "1 to 1000"]),
    "at once in words": ('[reel]\nconcurrency = "4"\n', 2, ["'reel.concurrency'", "'4'", "whole number"]),
    "at once yes": ("[reel]\nconcurrency = true\n", 2, ["'reel.concurrency'", "is true", "whole number"]),
    "a pace below nothing": ("[reel]\nsubmits_per_minute = -1\n", 2, ["submits_per_minute", "is -1", "0 to 10000"]),
    "an unknown choice": ('[reel]\non_unknown = "retry"\n', 2, ["'retry'", "allowed: fail, hold, resubmit_once"]),
    "a deadline that is none": ("[reel]\nunknown_deadline = nan\n", 2, ["unknown_deadline", "nan", "0 to 604800"]),
    "an unknown option": ("[reel]\n[reel.options]\nmodus = 1\n", 3, ["'reel.options.modus'", "mode, tries"]),
    "an option where there are none": (
        '[film]\nbase_url = "https://f.example"\noptions = { a = 1 }\n', 3, ["'film.options.a'", "none"],
    ),
    "an option of another type": ('[reel.options]\ntries = "3"\n', 2, ["'reel.options.tries'", "'3'", "whole number"]),
    "an option that is true": ("[reel.options]\ntries = true\n", 2, ["'reel.options.tries'", "is true"]),
    "an option's other value": ('[reel.options]\nmode = "slow"\n', 2, ["'slow'", "'fast', 'good'"]),
    "an option's list": ("[reel.options]\ntags = [1]\n", 2, ["'reel.options.tags[0]'", "is 1", "a text"]),
    "an option that is no list": ('[reel.options]\ntags = "s3cr3t-value"\n', 2, ["'reel.options.tags'", "a list"]),
    "an option's URL": ('[reel.options]\nupload_url = "up"\n', 2, ["'reel.options.upload_url'", "'up'", "https://"]),
    "options of another type": ("[reel]\noptions = 1\n", 2, ["'reel.options'", "a table"]),
    "a capability that is none": (
        "[reel]" + OWN_MODEL + 'capabilities = ["edit", "fly"]\n', 10, ["capabilities[1]", "'fly'", "native_remix,"],
    ),
    "a model's unknown key": ("[reel]" + OWN_MODEL + "fps = 24\n", 10, ["'reel.model[0].fps'", "seconds_per_second"]),
    "a model's missing key": (
        "[reel]" + OWN_MODEL.replace('owner = "me"\n', ""), 2, ["'reel.model[0].owner'", "missing"],
    ),
    "a model's size": ("[reel]" + OWN_MODEL.replace("640x480", "large"), 8, ["default_size", "'large'", "WIDTHx"]),
    "a size it does not make": ("[reel]" + OWN_MODEL.replace("640x480", "2x2"), 8, ["default_size", "'2x2'", "even"]),
    "a length it does not make": (
        "[reel]" + OWN_MODEL.replace("default_seconds = 2", "default_seconds = 9"), 9, ["is 9", "1, 2, 3, 4, 5"],
    ),
    "a length in words": ("[reel]" + OWN_MODEL.replace("longest = 5", 'longest = "5"'), 7, ["seconds.longest", "'5'"]),
    "a price in words": (
        "[reel]" + OWN_MODEL + '[reel.model.price]\nper_second = "cheap"\n', 11, ["per_second", "'cheap'", "decimal"],
    ),
    "a price in another currency": (
        "[reel]" + OWN_MODEL + 'price = { per_video = "1", currency = "EUR" }\n', 10, ["currency", "'EUR'", "USD"],
    ),
    "a price by a side that is none": (
        "[reel]" + OWN_MODEL + 'price = { by_side = { hd = "1" } }\n', 10, ["by_side", "'hd'", "pixels"],
    ),
    "a shape in words": (
        "[reel]" + OWN_MODEL + 'edit_limits = { widest = "wide" }\n', 10, ["edit_limits.widest", "'wide'", "16:9"],
    ),
    "an end that is no day": ("[reel]" + OWN_MODEL + 'ends = "soon"\n', 10, ["ends", "'soon'", "date"]),
    "verified by hearsay": ("[reel]" + OWN_MODEL + 'verified = "yes"\n', 10, ["verified", "'yes'", "docs, sdk"]),
    "another adapter's model": ("[reel]" + OWN_MODEL + 'adapter = "film"\n', 10, ["'film'", "'reel'"]),
    "a model that is there already": (
        "[reel]" + OWN_MODEL.replace('"mine"', '"one"'), 3, ["'reel.model[0].name'", "'one'", "already"],
    ),
    "an alias to nothing": ('[reel]\n[aliases]\nx = "three"\n', 3, ["'aliases.x'", "'three'", "flipbook, one, two"]),
    "an alias to an alias": ('[reel]\n[aliases]\nx = "one"\ny = [\n  "two",\n  "x",\n]\n', 6, ["aliases.y[1]", "'x'"]),
    "an alias to no list": ("[reel]\n[aliases]\nx = []\n", 3, ["'aliases.x'", "one at least"]),
    "an alias to a number": ("[reel]\n[aliases]\nx = 3\n", 3, ["'aliases.x'", "is 3"]),
    "an alias that is a model": ('[reel]\n[aliases]\none = "two"\n', 3, ["'aliases.one'", "name of a model"]),
    "an alias without a name": ('[reel]\n[aliases]\n"" = "two"\n', 3, ["no name"]),
    "aliases of another type": ('aliases = "one"\n[reel]\n', 1, ["'aliases'", "a table"]),
}  # fmt: skip


@pytest.mark.parametrize("name", BAD)
def test_a_mistake_is_told_with_its_line(name: str) -> None:
    text, line, words = BAD[name]
    with pytest.raises(ConfigurationError) as caught:
        read(text)
    message = caught.value.message
    assert message.startswith(f"providers.toml:{line}: "), message
    for word in words:
        assert word in message, message
    assert SECRET not in message
