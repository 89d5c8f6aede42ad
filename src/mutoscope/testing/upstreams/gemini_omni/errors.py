"""Google's errors."""

from __future__ import annotations

from starlette.responses import JSONResponse, Response

from mutoscope.testing.upstreams.mishaps import Mishap

_WORDS = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED",
    500: "INTERNAL",
    503: "UNAVAILABLE",
}
_OF_MISHAPS = {
    Mishap.UNAUTHORIZED: (401, "API key not valid. Please pass a valid API key."),
    # Nothing says how an account without money is told so; a key without billing may not use the model.
    Mishap.NO_CREDIT: (403, "Billing is not enabled for this project."),
    Mishap.NOT_FOUND: (404, "Requested entity was not found."),
    Mishap.REJECTED: (400, "Request contains an invalid argument."),
    Mishap.SLOW_DOWN: (429, "Resource has been exhausted (e.g. check quota)."),
    Mishap.SLOW_DOWN_BARE: (429, "Resource has been exhausted (e.g. check quota)."),
    Mishap.BROKEN: (500, "Internal error encountered."),
    Mishap.UNAVAILABLE: (503, "The model is overloaded. Please try again later."),
    Mishap.SOURCE_REFUSED: (400, "The input video cannot be edited."),
}


class Refusal(Exception):
    """An error that the client is answered. word: google.rpc's name where it is not the usual one of the status."""

    def __init__(self, status: int, message: str, word: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.word = status, message, word or _WORDS[status]

    def answer(self) -> Response:
        body = {"code": self.status, "message": self.message, "status": self.word}
        return JSONResponse({"error": body}, self.status)


def refusal_for(mishap: Mishap) -> Refusal:
    return Refusal(*_OF_MISHAPS[mishap])


def wrong(message: str) -> Refusal:
    return Refusal(400, message)
