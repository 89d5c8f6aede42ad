"""What an adapter declares of itself, and what it is given for each account that it serves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mutoscope.clock import Clock
from mutoscope.domain.catalog import ModelSpec
from mutoscope.egress.door import Door
from mutoscope.providers.protocol import Provider


@dataclass(frozen=True, slots=True)
class Account:
    """One credential at one upstream, with all that its provider is built from.

    name: the engine's name of it, such as "runway", or "runway@second" where a provider has several. base_url: without
    a slash at its end. secret: the credential, "" where the upstream wants none. options: the adapter's own, complete,
    each of the declared type. door: the way to the upstream; the hosts of its URLs are exempt there.
    """

    name: str
    base_url: str
    secret: str = field(repr=False)
    models: tuple[ModelSpec, ...]
    options: Mapping[str, Any]
    door: Door
    clock: Clock


@dataclass(frozen=True, slots=True)
class Option:
    """A setting that one adapter has. default: also says the type: str, int, float, bool or list of str.

    allowed: the only values, if not empty. is_url: whether it is the address of a host of the upstream's.
    """

    name: str
    default: Any
    sentence: str
    allowed: tuple[Any, ...] = ()
    is_url: bool = False


@dataclass(frozen=True, slots=True)
class Adapter:
    """A kind of upstream, and how to make a provider for an account there.

    base_url: by default; "" where the operator must tell it. secret_variable: the environment variable that the
    upstream's own tools read; "" where there is none. needs_secret: whether it cannot be asked without one. models:
    those that it offers where the file of models has none for it.
    """

    name: str
    make: Callable[[Account], Provider]
    base_url: str = ""
    secret_variable: str = ""
    needs_secret: bool = True
    options: tuple[Option, ...] = ()
    models: tuple[ModelSpec, ...] = ()
