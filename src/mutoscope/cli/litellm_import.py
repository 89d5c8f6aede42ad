"""From a LiteLLM configuration to our file of providers, and a sentence about everything that stays behind.

A key that stands in the file itself is never repeated: a variable is proposed for it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from mutoscope.cli.litellm_names import KINDS, Kind, is_video, known_as
from mutoscope.cli.litellm_yaml import YamlFile
from mutoscope.providers.model_data import ModelData
from mutoscope.providers.registry import OWN, Registry

VARIABLE = re.compile(r"[A-Z_][A-Z0-9_]{0,99}")
REFERENCE = "os.environ/"
GONE = "api.openai.com"
# Of a model that nobody has described, what the original's had.
GUESSED = {
    "sizes": ["1280x720", "720x1280"],
    "seconds": [4, 8, 12],
    "default_size": "1280x720",
    "default_seconds": 4,
    "capabilities": ["image_reference"],
}
_CARRIED = ("model", "api_key", "api_base", "base_url", "rpm", "max_parallel_requests", "custom_llm_provider",
            "output_cost_per_second", "output_cost_per_video_per_second")  # fmt: skip


@dataclass(slots=True)
class Provider:
    """One table of our file. models: ours by name, each None where it is known, else what is written of it."""

    name: str
    kind: Kind
    base_url: str
    variables: list[str] = field(default_factory=list)
    models: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    pace: int = 0
    in_hand: int = 0


@dataclass(slots=True)
class Imported:
    """Our file, and what is to be told of it. notes: sentences. variables: to be set, which hold no key yet."""

    providers: list[Provider] = field(default_factory=list)
    aliases: dict[str, list[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def converted(file: YamlFile, environment: Mapping[str, str]) -> Imported:
    """Everything that can be carried over. environment: for addresses that the file only names."""
    return _Import(file, environment).run()


class _Import:
    def __init__(self, file: YamlFile, environment: Mapping[str, str]) -> None:
        self._file = file
        self._environment = environment
        self._made = Imported()
        self._data = ModelData()
        self._registry = Registry()
        self._literal: dict[str, str] = {}  # variables that are proposed, by the keys that stand in the file
        self._targets: dict[str, list[str]] = {}  # by LiteLLM's model_name, ours as provider/model

    def run(self) -> Imported:
        entries = self._file.data.get("model_list")
        if not isinstance(entries, list):
            self._made.notes.append("'model_list' is missing or no list: there is nothing to carry over.")
            entries = []
        for line, entry in zip(self._file.lines, entries, strict=False):
            self._entry(f"line {line}", entry)
        self._name()
        self._rest()
        return self._made

    def _entry(self, where: str, entry: Any) -> None:
        entry = _mapping(entry)
        params, info = _mapping(entry.get("litellm_params")), _mapping(entry.get("model_info"))
        if not isinstance(params.get("model"), str):
            self._left(where, "has no 'litellm_params' with a 'model'")
            return
        group = str(entry.get("model_name") or params["model"])
        where = f"{where} ({_shown(group)})"
        service, model = _split(params)
        if not is_video(_text(info.get("mode")), params["model"]):
            self._left(where, "is no video model")
        elif "*" in params["model"] or "*" in group:
            self._left(where, "is a wildcard; name each model")
        elif service not in KINDS:
            self._left(where, f"is asked through {_shown(service)}, for which Mutoscope has no adapter")
        else:
            self._model(where, group, service, model, params, info)

    def _model(
        self, where: str, group: str, service: str, model: str, params: dict[str, Any], info: dict[str, Any]
    ) -> None:
        kind = KINDS[service]
        own = kind.adapter == "openai_compatible"
        base_url = self._base_url(where, kind, params)
        if base_url is None:
            return
        if own and (not base_url or urlsplit(base_url).hostname == GONE):
            self._left(where, "has no 'api_base', and OpenAI's own service was shut down on 2026-09-24")
            return
        known = {each.entry.upstream_model: each.entry.name for each in self._data.of(kind.adapter)}
        name = None if own else known_as(model, known)
        if not own and name is None:
            self._left(where, f"is {_shown(model)}, which is not among the known models of {kind.adapter!r}")
            return
        provider = self._provider(service, kind, base_url, self._variable(where, service, kind, params), name)
        if name is None:
            name = re.sub(r"[^A-Za-z0-9._/:@+-]+", "-", group)[:80].strip("-") or "model"
            name = name if name not in provider.models else f"{name}-{len(provider.models) + 1}"
            provider.models[name] = self._described(where, model, service, params | info)
        else:
            provider.models[name] = None
        self._pace(where, provider, params)
        target = f"{provider.name}/{name}"
        if target not in self._targets.setdefault(group, []):
            self._targets[group].append(target)
        if others := sorted(set(params) - set(_CARRIED)):
            self._made.notes.append(f"{where}: not carried over: {', '.join(map(_shown, others))}.")

    def _provider(self, service: str, kind: Kind, base_url: str, variable: str, name: str | None) -> Provider:
        """The table for this address and key; a new one where there is none that fits."""
        same = [each for each in self._made.providers if (each.kind, each.base_url) == (kind, base_url)]
        for each in same:
            if variable in each.variables or (not variable and not each.variables):
                return each
        # Another key for the very same model is another account of one provider.
        for each in same:
            if name is not None and variable and each.variables and list(each.models) == [name]:
                each.variables.append(variable)
                return each
        taken = {*OWN, *(each.name for each in self._made.providers)}
        stem = kind.adapter if kind.adapter != "openai_compatible" else service.replace("_", "-")
        number = 1
        while (free := stem if number == 1 else f"{stem}-{number}") in taken:
            number += 1
        made = Provider(free, kind, base_url, [variable] if variable else [])
        self._made.providers.append(made)
        return made

    def _base_url(self, where: str, kind: Kind, params: dict[str, Any]) -> str | None:
        """Without a slash at its end; "" for the adapter's own; None where it cannot be found out."""
        given = _text(params.get("api_base")) or _text(params.get("base_url")) or ""
        if given.startswith(REFERENCE):
            variable = given.removeprefix(REFERENCE)
            given = self._environment.get(variable, "")
            if not given:
                self._left(where, f"has its address in {_shown(variable)}, which is not set here")
                return None
        parts = urlsplit(given)
        if given and (parts.scheme not in ("http", "https") or not parts.hostname or parts.username or parts.query):
            self._left(where, "has an 'api_base' that is no plain http:// or https:// address")
            return None
        if kind.adapter != "openai_compatible" and parts.hostname == urlsplit(self._own_address(kind)).hostname:
            return ""
        given = given.rstrip("/")
        return given + kind.path if given and not given.endswith(kind.path or "/") else given

    def _own_address(self, kind: Kind) -> str:
        return self._registry.adapter(kind.adapter).base_url

    def _variable(self, where: str, service: str, kind: Kind, params: dict[str, Any]) -> str:
        """Where the key will be; "" for no key. A key that stands in the file is told to nobody."""
        key = params.get("api_key")
        if key is None:
            return kind.variable
        if isinstance(key, str) and key.startswith(REFERENCE):
            named = key.removeprefix(REFERENCE)
            if VARIABLE.fullmatch(named):
                return named
            proposed = re.sub(r"[^A-Z0-9_]", "_", named.upper())[:100]
            proposed = proposed if VARIABLE.fullmatch(proposed) else f"{service.upper()}_KEY"
            self._made.notes.append(f"{where}: its key's variable must be in capitals here: set {proposed}.")
            return proposed
        proposed, number = f"{service.upper()}_KEY", 1
        if (variable := self._literal.get(str(key))) is None:
            while (variable := proposed if number == 1 else f"{proposed}_{number}") in self._literal.values():
                number += 1
            self._literal[str(key)] = variable
        self._made.notes.append(f"{where}: its key stands in the file itself; put it into the variable {variable}.")
        return variable

    def _described(self, where: str, model: str, service: str, facts: dict[str, Any]) -> dict[str, Any]:
        """A model that nobody but the operator knows."""
        cost = facts.get("output_cost_per_second", facts.get("output_cost_per_video_per_second"))
        written: dict[str, Any] = {"upstream_model": model, "owner": service, **GUESSED}
        if isinstance(cost, int | float) and not isinstance(cost, bool) and 0 <= cost < 1e6:
            written["price"] = {"per_second": f"{cost:.6f}".rstrip("0").rstrip(".")}
        else:
            self._made.notes.append(f"{where}: LiteLLM tells no price; without one it counts as free: add 'price'.")
        self._made.notes.append(f"{where}: LiteLLM tells no sizes and lengths; Sora's stand there: check them.")
        return written

    def _pace(self, where: str, provider: Provider, params: dict[str, Any]) -> None:
        """The lowest of what stands there counts for the whole provider."""
        rpm, in_hand = _whole(params.get("rpm"), 10_000), _whole(params.get("max_parallel_requests"), 1_000)
        for key, read in (("rpm", rpm), ("max_parallel_requests", in_hand)):
            if params.get(key) is not None and not read:
                self._made.notes.append(f"{where}: its {key!r} is no number that can be taken.")
        provider.pace = min(filter(None, (provider.pace, rpm)), default=0)
        provider.in_hand = min(filter(None, (provider.in_hand, in_hand)), default=0)

    def _name(self) -> None:
        """LiteLLM's names for ours, with what is to be asked next."""
        router = _mapping(self._file.data.get("router_settings"))
        settings = _mapping(self._file.data.get("litellm_settings"))
        wanted = {group: list(targets) for group, targets in self._targets.items()}
        for alias, meant in _mapping(router.get("model_group_alias")).items():
            group = meant.get("model") if isinstance(meant, dict) else meant
            if group in self._targets:
                wanted[str(alias)] = list(self._targets[str(group)])
        for fallbacks in (router.get("fallbacks"), settings.get("fallbacks")):
            for pair in fallbacks if isinstance(fallbacks, list) else ():
                for group, others in _mapping(pair).items():
                    self._fall_back(str(group), others, wanted)
        for alias, targets in wanted.items():
            self._alias(alias, list(dict.fromkeys(targets)))

    def _fall_back(self, group: str, others: Any, wanted: dict[str, list[str]]) -> None:
        if group not in wanted:
            return
        for other in others if isinstance(others, list) else ():
            if other in self._targets:
                wanted[group] += self._targets[other]
            else:
                self._made.notes.append(f"The fallback of {_shown(group)} to {_shown(other)} has no model here.")

    def _alias(self, alias: str, targets: list[str]) -> None:
        offered = {name: provider.name for provider in reversed(self._made.providers) for name in provider.models}
        if alias not in offered:
            if alias.strip() and len(alias) <= 100:
                self._made.aliases[alias] = targets
            else:
                self._made.notes.append(f"The name {_shown(alias)} is too long; its models have their own.")
        elif targets != [f"{offered[alias]}/{alias}"]:
            other = f"{alias[:80]}-or-other"
            self._made.aliases[other] = targets
            self._made.notes.append(
                f"{_shown(alias)} is the name of one model here; ask for {_shown(other)} to have its fallbacks too."
            )

    def _rest(self) -> None:
        """What is not about models."""
        data, notes = self._file.data, self._made.notes
        if data.get("include"):
            notes.append("'include' is not followed: import those files one by one.")
        general = _mapping(data.get("general_settings"))
        if "master_key" in general:
            notes.append("'master_key' stays behind: make keys with `mutoscope keys create`.")
        if any("budget" in str(key) for key in (*_mapping(data.get("litellm_settings")), *general)):
            notes.append("Budgets stay behind: set 'budget_per_day', and `mutoscope budget` for tenants and keys.")
        known = {"model_group_alias", "fallbacks"}
        for section in ("general_settings", "litellm_settings", "router_settings"):
            if left := sorted(str(key) for key in set(_mapping(data.get(section))) - known - {"master_key"}):
                notes.append(f"Of {section!r} not carried over: {', '.join(map(_shown, left))}.")
        known = {"model_list", "include", "general_settings", "litellm_settings", "router_settings"}
        if left := sorted(str(key) for key in set(data) - known):
            notes.append(f"Not carried over: {', '.join(map(_shown, left))}.")

    def _left(self, where: str, why: str) -> None:
        self._made.notes.append(f"{where}: left out: it {why}.")


def _split(params: dict[str, Any]) -> tuple[str, str]:
    """LiteLLM's provider and the model behind it; a model without a provider is OpenAI's."""
    model = params["model"]
    if service := _text(params.get("custom_llm_provider")):
        return service, model.removeprefix(f"{service}/")
    service, slash, rest = model.partition("/")
    return (service, rest) if slash else ("openai", model)


def _mapping(value: Any) -> dict[Any, Any]:
    return value if isinstance(value, dict) else {}


def _text(value: Any) -> str | None:
    return value.strip() if isinstance(value, str) else None


def _whole(value: Any, most: int) -> int:
    is_number = isinstance(value, int) and not isinstance(value, bool)
    return value if is_number and 1 <= value <= most else 0


def _shown(value: Any) -> str:
    text = "".join(each if each.isprintable() else "?" for each in str(value))
    return repr(text if len(text) <= 80 else text[:80] + "…")
