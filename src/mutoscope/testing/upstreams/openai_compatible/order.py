"""What a request orders, and how one is refused."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from mutoscope.domain.video import Size


class Refusal(Exception):
    """An error that the client is answered.

    param: the field at fault. code: the machine's word. kind: the error's `type`. headers: extra ones.
    """

    def __init__(
        self,
        status: int,
        message: str,
        *,
        param: str | None = None,
        code: str | None = None,
        kind: str = "invalid_request_error",
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.param, self.code, self.kind = status, message, param, code, kind
        self.headers = headers or {}


@dataclass(slots=True)
class Order:
    """A valid request for a clip.

    kind: the way, as in FakeJob. badge: the source's, None for words alone. source: the id of the video that it is made
    from, if any. more: for the job's own `more`.
    """

    kind: str
    model: str
    prompt: str
    size: Size
    seconds: float
    badge: int | None = None
    source: str | None = None
    more: dict[str, Any] = field(default_factory=dict)

    @property
    def had_source(self) -> bool:
        return self.badge is not None
