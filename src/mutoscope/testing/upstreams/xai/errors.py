"""How xAI tells errors: three shapes of body, and nobody says which is for what."""

from __future__ import annotations

from enum import StrEnum

from starlette.responses import JSONResponse

_CODES = {
    400: "invalid_argument",
    401: "unauthenticated",
    403: "permission_denied",
    404: "not_found",
    422: "unprocessable",
    429: "rate_limited",
    503: "unavailable",
}


class ErrorShape(StrEnum):
    """The three bodies in which this upstream tells errors."""

    OBJECT = "object"  # {"error": {"message", "type", "param", "code"}}
    CODE = "code"  # {"code", "error": "text"}
    TEXT = "text"  # {"error": "text"}


class Refused(Exception):
    """A request that is not accepted, with the status of the answer."""

    def __init__(self, status: int, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.message, self.param = status, message, param


def refusal(refused: Refused, shape: ErrorShape | None) -> JSONResponse:
    """The error's answer in this shape; None takes each of the three for some statuses."""
    status, message = refused.status, refused.message
    usual = ErrorShape.TEXT if status in (404, 422) else ErrorShape.CODE if status < 429 else ErrorShape.OBJECT
    code = _CODES.get(status, "internal")
    match shape or usual:
        case ErrorShape.TEXT:
            return JSONResponse({"error": message}, status)
        case ErrorShape.CODE:
            return JSONResponse({"code": code, "error": message}, status)
    error = {"message": message, "type": f"{code}_error", "param": refused.param, "code": code}
    return JSONResponse({"error": error}, status)
