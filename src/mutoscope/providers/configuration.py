"""The operator's file of providers: who is asked, with which credentials and models, and by which further names."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from mutoscope.clock import Clock
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.errors import ConfigurationError
from mutoscope.egress.door import Door
from mutoscope.providers.account import Account, Adapter
from mutoscope.providers.model_data import DatedModel, ModelData, checked
from mutoscope.providers.model_file import ModelEntry
from mutoscope.providers.protocol import OnUnknown, Provider
from mutoscope.providers.registry import OWN, Registry
from mutoscope.providers.tables import Table, checked_name, origin_of, table_at
from mutoscope.providers.toml_file import TomlFile

ALIASES = "aliases"
CONCURRENCY = 4
KEYS = (
    "adapter", "base_url", "api_key_env", "credentials", "models", "concurrency", "submits_per_minute", "on_unknown",
    "unknown_deadline", "options", "model",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Credential:
    """One account. account: the engine's name of it. variable: where its secret is; "" where it has none.

    problem: what keeps it from being used, such as a variable that is not set.
    """

    account: str
    variable: str = ""
    secret: str = field(default="", repr=False)
    problem: ConfigurationError | None = None


@dataclass(frozen=True, slots=True)
class ConfiguredProvider:
    """One table of the file, all of it judged.

    concurrency: how many videos each account may have in hand at once. submits_per_minute: of each account; 0 for no
    limit. on_unknown, unknown_deadline: as the settings of these names; "" and 0 for what they say. where: file and
    line.
    """

    name: str
    adapter: Adapter
    base_url: str
    credentials: tuple[Credential, ...]
    models: tuple[ModelSpec, ...]
    options: Mapping[str, Any]
    concurrency: int = CONCURRENCY
    submits_per_minute: int = 0
    on_unknown: str = ""
    unknown_deadline: float = 0.0
    where: str = ""

    @property
    def urls(self) -> list[str]:
        """Every address that the operator or the adapter names."""
        options = (self.options[each.name] for each in self.adapter.options if each.is_url)
        return [self.base_url, *filter(None, options)]

    @property
    def origins(self) -> set[tuple[str, int]]:
        """Host and port of each of them."""
        return {origin_of(url) for url in self.urls}

    def make(self, credential: Credential, door: Door, clock: Clock) -> Provider:
        """The provider of one account. ConfigurationError when the adapter does not accept it, or it has a problem."""
        if credential.problem is not None:
            raise credential.problem
        account = Account(
            name=credential.account,
            base_url=self.base_url,
            secret=credential.secret,
            models=self.models,
            options=self.options,
            door=door,
            clock=clock,
        )
        try:
            return self.adapter.make(account)
        except ConfigurationError as error:
            raise ConfigurationError(f"{self.where}: {error.message}") from None


@dataclass(frozen=True, slots=True)
class Configuration:
    """The whole file. aliases: further names, each for one model or several, the later ones its fallbacks."""

    providers: tuple[ConfiguredProvider, ...] = ()
    aliases: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def origins(self) -> set[tuple[str, int]]:
        """Host and port of all upstreams, which the door trusts."""
        return set().union(*(provider.origins for provider in self.providers))

    @property
    def accounts(self) -> Iterator[tuple[ConfiguredProvider, Credential]]:
        for provider in self.providers:
            for credential in provider.credentials:
                yield provider, credential

    def of_account(self, account: str) -> ConfiguredProvider | None:
        """The provider that an account belongs to; None for one that is not of this file."""
        return next((provider for provider, each in self.accounts if each.account == account), None)


def read_providers(
    file: TomlFile,
    environment: Mapping[str, str],
    data: ModelData,
    registry: Registry,
    others: Iterable[ModelSpec] = (),
) -> Configuration:
    """Everything that the file says. ConfigurationError, with its line, for the first mistake.

    Only a secret that is missing from the environment is no such mistake here: it is its account's problem. others: the
    models that are offered beside the file's, which keep their names.
    """
    return _Reader(file, environment, data, registry, list(others)).read()


class _Reader:
    def __init__(
        self,
        file: TomlFile,
        environment: Mapping[str, str],
        data: ModelData,
        registry: Registry,
        others: list[ModelSpec],
    ) -> None:
        self._file = file
        self._environment = environment
        self._data = data
        self._registry = registry
        self._offered = {model.name: model for model in others}
        self._taken = {*OWN, *(model.provider for model in others)}

    def read(self) -> Configuration:
        providers = [self._provider(name) for name in self._file.data if name != ALIASES]
        return Configuration(tuple(providers), self._aliases())

    def _provider(self, name: str) -> ConfiguredProvider:
        table = table_at(self._file, (name,), self._file.data[name])
        checked_name(self._file, (name,), name)
        if name in self._taken:
            raise self._file.wrong((name,), "is the name of a built-in provider; allowed: any other name")
        table.only(KEYS)
        adapter = self._adapter(table, name)
        base_url = table.url("base_url", adapter.base_url) if table.has("base_url") or adapter.base_url else ""
        if not base_url:
            raise table.wrong("base_url", f"is missing; the adapter {adapter.name!r} has no address of its own")
        credentials = self._credentials(table, name, adapter)
        return ConfiguredProvider(
            name=name,
            adapter=adapter,
            base_url=base_url,
            credentials=credentials,
            models=self._models(table, name, adapter, [each.account for each in credentials]),
            options=_options(table.table("options"), adapter),
            concurrency=table.whole("concurrency", CONCURRENCY, 1, 1_000),
            submits_per_minute=table.whole("submits_per_minute", 0, 0, 10_000),
            on_unknown=table.text("on_unknown", "", list(OnUnknown)) if table.has("on_unknown") else "",
            unknown_deadline=table.number("unknown_deadline", 0.0, 0, 604_800),
            where=self._file.where((name,)),
        )

    def _adapter(self, table: Table, name: str) -> Adapter:
        chosen = table.text("adapter", name)
        if chosen not in self._registry.names:
            allowed = ", ".join(self._registry.names)
            if table.has("adapter"):
                raise table.refused("adapter", allowed)
            raise table.wrong("adapter", f"is missing, and {name!r} is no adapter; allowed: {allowed}")
        return self._registry.adapter(chosen)

    def _credentials(self, table: Table, name: str, adapter: Adapter) -> tuple[Credential, ...]:
        if not table.has("credentials"):
            return (self._credential(table, name, adapter),)
        if table.has("api_key_env"):
            raise table.wrong("api_key_env", "stands beside 'credentials'; allowed: one of the two")
        entries = table.tables("credentials")
        if not entries:
            raise table.refused("credentials", "one at least, each with name and api_key_env")
        names: list[str] = []
        for entry in entries:
            entry.only(("name", "api_key_env"))
            if (own := entry.name("name")) in names:
                raise entry.wrong("name", f"is {own!r}, which another credential has already")
            names.append(own)
            entry.variable("api_key_env")
        accounts = [f"{name}@{own}" for own in names] if len(names) > 1 else [name]
        return tuple(
            self._credential(entry, account, adapter) for entry, account in zip(entries, accounts, strict=True)
        )

    def _credential(self, table: Table, account: str, adapter: Adapter) -> Credential:
        is_named = table.has("api_key_env")
        variable = table.variable("api_key_env") if is_named else adapter.secret_variable
        if not variable and adapter.needs_secret:
            table.variable("api_key_env")
        secret = self._environment.get(variable, "").strip() if variable else ""
        if secret:
            return Credential(account, variable, secret)
        if not is_named and not adapter.needs_secret:
            return Credential(account)
        by = "names" if is_named else "is by default"
        return Credential(
            account,
            variable,
            problem=table.wrong("api_key_env", f"{by} {variable}, which is not set in the environment of this process"),
        )

    def _models(self, table: Table, name: str, adapter: Adapter, accounts: list[str]) -> tuple[ModelSpec, ...]:
        known = {
            **{model.name: _served_by(name, accounts, model) for model in adapter.models},
            **{each.entry.name: _spec(each, name, accounts) for each in self._data.of(adapter.name)},
        }
        if table.has("models"):
            for number, chosen in enumerate(names := table.texts("models")):
                if chosen not in known:
                    allowed = ", ".join(known) or "none: the files of models have none for this adapter"
                    raise self._file.refused((*table.place, "models", number), chosen, allowed)
            known = {chosen: known[chosen] for chosen in names}
        for own in table.tables("model"):
            model = self._own_model(own, adapter, name, accounts)
            if model.name in known:
                raise own.wrong("name", f"is {model.name!r}, which this provider has already")
            known[model.name] = model
        if not known:
            raise self._file.wrong(table.place, f"offers no model; allowed: one [[{name}.model]] at least")
        return tuple(self._offer(model, table) for model in known.values())

    def _own_model(self, own: Table, adapter: Adapter, name: str, accounts: list[str]) -> ModelSpec:
        if own.text("adapter", adapter.name) != adapter.name:
            raise own.refused("adapter", f"{adapter.name!r}, as its provider has it, or nothing")
        entry = self._file.convert({**own.values, "adapter": adapter.name}, ModelEntry, own.place)
        return _spec(DatedModel(checked(self._file, entry, own.place), ""), name, accounts)

    def _offer(self, model: ModelSpec, table: Table) -> ModelSpec:
        """The model under its own name, or under "provider/name" where another has that."""
        if model.name in self._offered:
            model = replace(model, name=f"{model.provider}/{model.name}")
        if model.name in self._offered:
            raise self._file.wrong(table.place, f"offers {model.name!r}, which is offered already")
        self._offered[model.name] = model
        return model

    def _aliases(self) -> dict[str, tuple[str, ...]]:
        table = table_at(self._file, (ALIASES,), self._file.data.get(ALIASES, {}))
        return {alias: self._targets(table, alias) for alias in table.values}

    def _targets(self, table: Table, alias: str) -> tuple[str, ...]:
        if not alias.strip() or len(alias) > 100:
            raise table.wrong(alias, "is no name; allowed: 1 to 100 characters")
        if alias in self._names:
            raise table.wrong(alias, "is the name of a model here, so it would never be heard; allowed: another name")
        value = table.values[alias]
        named = table.texts(alias) if isinstance(value, list) else [table.text(alias, "")]
        if not named:
            raise table.refused(alias, "a model's name, or a list of one at least")
        targets = []
        for number, target in enumerate(named):
            place = (*table.place, alias, number) if isinstance(value, list) else (*table.place, alias)
            if target not in self._names:
                raise self._file.refused(place, target, ", ".join(sorted(self._offered)))
            if self._names[target] in targets:
                raise self._file.wrong(place, f"is {target!r}, which the list has already")
            targets.append(self._names[target])
        return tuple(targets)

    @cached_property
    def _names(self) -> dict[str, str]:
        """Every name by which a model can be asked for, also with its provider's before it."""
        full = {f"{model.provider}/{_bare(model)}": name for name, model in self._offered.items()}
        return {**full, **{name: name for name in self._offered}}


def _spec(model: DatedModel, provider: str, accounts: Collection[str]) -> ModelSpec:
    return model.entry.spec(provider, model.as_of, accounts)


def _served_by(provider: str, accounts: list[str], model: ModelSpec) -> ModelSpec:
    """A model that an adapter brings itself, as this provider offers it."""
    remembers = frozenset(accounts) if model.remembers else frozenset()
    return replace(model, provider=provider, accounts=tuple(accounts), remembers=remembers)


def _bare(model: ModelSpec) -> str:
    return model.name.removeprefix(f"{model.provider}/")


def _options(table: Table, adapter: Adapter) -> dict[str, Any]:
    known = {option.name: option for option in adapter.options}
    for key in table.values:
        if key not in known:
            allowed = ", ".join(known) or "none"
            raise table.wrong(key, f"is no option of the adapter {adapter.name!r}; allowed: {allowed}")
    return {name: table.option(option) for name, option in known.items()}
