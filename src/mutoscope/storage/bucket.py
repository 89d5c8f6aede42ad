"""How a bucket is reached: credentials from the environment, how long it is waited for, its errors in plain words."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

from obstore.exceptions import BaseError
from obstore.store import from_url

from mutoscope.domain.errors import ConfigurationError, StorageUnavailable
from mutoscope.storage.protocol import NotStored, StorageRefused

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

# Bytes of one request that uploads: the least that S3 takes for a part of many.
PART = 5 << 20

NO_BUCKET = "The bucket does not exist."

# An answer may take this long to begin, a part this long to go up; a download that is flowing may last.
SILENCE = timedelta(seconds=10)
_RETRIES: RetryConfig = {
    "max_retries": 5,
    # Shorter than the silence, so that a bucket that says nothing is waited for once: somebody waits for our answer.
    "retry_timeout": timedelta(seconds=8),
    "backoff": {"init_backoff": timedelta(milliseconds=200), "max_backoff": timedelta(seconds=4), "base": 2},
}
_ENDPOINTS = {
    "s3": ("AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"),
    "gs": ("GOOGLE_BASE_URL",),
    "az": ("AZURE_STORAGE_ENDPOINT", "AZURE_ENDPOINT"),
}
# Where the library asks for a machine's own credentials when the environment has none.
_MACHINE_CREDENTIALS = ("/latest/api/token", "/latest/meta-data", "/computeMetadata", "/metadata/identity")

_T = TypeVar("_T")


def open_bucket(address: str) -> ObjectStore:
    """The bucket at `address`, its prefix put before every key. Nothing is asked of it yet.

    Credentials and endpoint come from the environment, by the names that each vendor's own tools use.
    ConfigurationError when they do not do.
    """
    try:
        return from_url(address, client_options=client_options(address, os.environ), retry_config=_RETRIES)
    except (BaseError, ValueError):
        raise ConfigurationError(
            f"Setting 'storage' is {address!r}, but the environment does not say how to reach it: "
            "an account or a credential is missing or malformed. docs/how-to/keep-files-in-s3.md has the names."
        ) from None


async def asked(call: Awaitable[_T]) -> _T:
    """The bucket's answer. NotStored when there is no such object, StorageUnavailable in plain words otherwise."""
    try:
        return await call
    except (BaseError, FileNotFoundError) as error:
        # Without the cause: its text may hold a signed address.
        raise explained(error) from None


def explained(error: Exception) -> StorageUnavailable | NotStored:
    """What a failure of the library means."""
    if isinstance(error, FileNotFoundError):
        return NotStored()
    text = str(error)
    if any(path in text for path in _MACHINE_CREDENTIALS):
        return StorageRefused("There are no credentials for the bucket, in the environment or from this machine.")
    if "incorrectly configured region" in text:
        return StorageRefused("The bucket is in another region: set AWS_REGION to it.")
    return _meaning(status_of(error))


def status_of(error: Exception) -> int | None:
    """The HTTP status that the bucket answered with; the library has it only in its text."""
    found = re.search(r"status code: (\d{3})", str(error))
    return int(found[1]) if found else None


def _meaning(status: int | None) -> StorageUnavailable:
    match status:
        case None:
            return StorageUnavailable("The bucket did not answer.")
        case 401 | 403:
            return StorageRefused("The bucket refused access: check the credentials and their rights.")
        case 404:
            return StorageRefused(NO_BUCKET)
    kind = StorageRefused if status < 500 and status not in (408, 429) else StorageUnavailable
    return kind(f"The bucket answered with status {status}.")


def client_options(address: str, environment: Mapping[str, str]) -> ClientConfig:
    """How long to wait; and plain HTTP only where the environment names an endpoint that speaks it."""
    endpoints = (environment.get(name) for name in _ENDPOINTS[address.partition("://")[0]])
    first = next((endpoint for endpoint in endpoints if endpoint), "")
    return {
        "allow_http": first.startswith("http://"),
        "connect_timeout": timedelta(seconds=5),
        "read_timeout": SILENCE,
        # Not those that an outage swallowed: each would be found dead by one request more.
        "pool_idle_timeout": SILENCE,
        "timeout": timedelta(days=1),
    }
