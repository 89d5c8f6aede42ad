"""What goes wrong before the call that starts a job: whatever it is, nothing was started, and the error says so."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from mutoscope.domain.errors import (
    ContentRefused,
    NotYet,
    ServerError,
    SourceRefused,
    UpstreamError,
    UpstreamKeyInvalid,
    UpstreamQuotaExhausted,
    UpstreamRateLimited,
    UpstreamRejected,
    UpstreamUnavailable,
)

_SAYS_SO = (ContentRefused, NotYet, UpstreamKeyInvalid, UpstreamQuotaExhausted, UpstreamRateLimited)


@contextmanager
def preparing() -> Iterator[None]:
    """Around an upload, the questions about it, and the reading of what is sent.

    A request that is refused there is refused for its source. A fault of our own storage passes by itself.
    """
    failure: UpstreamError
    try:
        yield
        return
    except _SAYS_SO:
        raise
    except UpstreamRejected as error:
        failure = SourceRefused(error.message)
    except UpstreamUnavailable as error:
        failure = UpstreamUnavailable(error.message, not_sent=error.not_sent, nothing_started=True)
    except (UpstreamError, ServerError) as error:
        failure = UpstreamUnavailable(error.message, nothing_started=True)
    raise failure
