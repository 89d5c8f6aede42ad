"""The option of adapters whose upstream does not document what it answers when it has continued a clip."""

from __future__ import annotations

from mutoscope.providers.account import Account, Option
from mutoscope.providers.protocol import ExtensionResult

EXTENSION_RESULT = Option(
    "extension_result",
    str(ExtensionResult.MEASURED),
    "What it answers to an extension: the whole clip, the new part alone, or what the length tells.",
    allowed=tuple(map(str, ExtensionResult)),
)


def extension_result_of(account: Account) -> ExtensionResult:
    """What the provider of this account tells as its `extension_result`."""
    return ExtensionResult(account.options[EXTENSION_RESULT.name])
