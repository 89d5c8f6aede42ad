"""What may be shown to strangers of an exchange with an upstream, and what a log may hold: no credential, nothing
signed, nothing bulky, and where it is asked for, nothing of a prompt.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlsplit

# Of an answer or a request. Any other header may be a credential, by whatever name.
HEADERS = frozenset(
    {
        "accept", "content-length", "content-range", "content-type", "date", "retry-after", "server", "x-request-id",
        "request-id", "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset", "x-ratelimit-limit",
        "x-ratelimit-remaining", "x-ratelimit-reset", "x-runway-version",
    }
)  # fmt: skip
LONGEST = 300
LONGEST_SEGMENT = 64
HIDDEN = "[hidden]"
HIDDEN_WORDS = "[prompt]"
# From so many characters on, what repeats a part of a prompt is taken for it.
SHORTEST_ECHO = 16
_SHORTEST_WORDS = 4
_KEPT = 24
_SHORTEST_PART = 8
_URL = re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s\"'<>]+", re.IGNORECASE)
_DATA = re.compile(r"data:[\w.+/;=-]{0,100},[A-Za-z0-9+/=_%-]+")
_BULK = re.compile(r"[A-Za-z0-9+/=_-]{120,}")
# What credentials look like wherever they stand: behind a scheme's word, behind their name, or by their own form.
_BEARER = re.compile(r"\b(bearer|basic)\s+[A-Za-z0-9._~+/=:-]{6,}", re.IGNORECASE)
_NAMED = re.compile(
    r"((?:secret|password|passwd|authorization|credential|api[-_]?key|access[-_]?token|signature)[\"']?\s*[:=]\s*[\"']?)"
    r"[^\s\"',;&)}\]]{6,}",
    re.IGNORECASE,
)
_FORMED = re.compile(
    r"\b(?:(?:sk|pk|rk|xai|ghp|gho|hf|r8|muto|whsec)[-_][A-Za-z0-9_+/=-]{16,}|whsec_[A-Za-z0-9+/=]{8,}"
    r"|(?<![A-Za-z0-9_-])eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?|AIza[A-Za-z0-9_-]{30,}|(?:AKIA|ASIA)[A-Z0-9]{16})"
)
_SECRET_NAME = re.compile(
    r"secret|password|passwd|authori[sz]ation|signature|credential|api.?key|^policy$|cookie|(^|[_-])(token|jwt|sig)$",
    re.IGNORECASE,
)


class Redaction:
    """secrets: what must appear nowhere, also not within something else or encoded. longest: a text, in characters."""

    def __init__(self, secrets: Iterable[str], longest: int = LONGEST) -> None:
        self._longest = longest
        forms = {form for secret in secrets if secret for form in _forms(secret)}
        self._forms = sorted(forms, key=len, reverse=True)

    def value(self, value: Any) -> Any:
        """A JSON value as it may be shown."""
        match value:
            case str():
                return self.text(value)
            case Mapping():
                return {
                    self.text(str(name)): HIDDEN
                    if isinstance(item, str | list) and _SECRET_NAME.search(str(name))
                    else self.value(item)
                    for name, item in value.items()
                }
            case list() | tuple():
                return [self.value(item) for item in value]
        return value

    def text(self, text: str) -> str:
        text = without_credentials(self._without_secrets(text))
        text = _DATA.sub(lambda found: f"data:… ({len(found[0])} characters)", text)
        text = _URL.sub(lambda found: self.url(found[0]), text)
        text = _BULK.sub(lambda found: f"{found[0][:_KEPT]}… ({len(found[0])} characters)", text)
        return text if len(text) <= self._longest else f"{text[: self._longest]}… ({len(text)} characters)"

    def url(self, url: str) -> str:
        """Scheme, host and path; of a query the names; long parts of the path, which may be tokens, cut."""
        try:
            parts = urlsplit(self._without_secrets(url))
            host = parts.netloc.rpartition("@")[2]
            names = [name for name, _ in parse_qsl(parts.query, keep_blank_values=True)]
        except ValueError:
            return HIDDEN
        path = "/".join(_cut(segment) for segment in parts.path.split("/"))
        query = "&".join(f"{_cut(name)}=…" for name in names) or ("…" if parts.query else "")
        return f"{parts.scheme}://{host}{path}" + (f"?{query}" if query else "")

    def headers(self, headers: Mapping[str, str]) -> dict[str, str]:
        return {name.lower(): self.text(value) for name, value in headers.items() if name.lower() in HEADERS}

    def _without_secrets(self, text: str) -> str:
        for form in self._forms:
            text = text.replace(form, HIDDEN)
        return text


def origins_alone(text: str) -> str:
    """`text` with scheme, host and port of each URL. The rest is hidden: it may be all that lets a caller in."""

    def told(found: re.Match[str]) -> str:
        url = found[0].rstrip(".,:;")  # the sentence's
        try:
            parts = urlsplit(url)
        except ValueError:
            return HIDDEN
        origin = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
        path = "" if url.rstrip("/") == origin else f"/{HIDDEN}"
        return origin + path + found[0][len(url) :]

    return _URL.sub(told, text)


def without_credentials(text: str) -> str:
    """`text` without what looks like a credential."""
    text = _BEARER.sub(rf"\1 {HIDDEN}", text)
    text = _NAMED.sub(rf"\1{HIDDEN}", text)
    return _FORMED.sub(HIDDEN, text)


def without_words(text: str, words: str) -> str:
    """`text` without what it repeats of `words`: all of them, or a part that is too long to be chance."""
    if len(words) < SHORTEST_ECHO:
        return text.replace(words, HIDDEN_WORDS) if len(words) >= _SHORTEST_WORDS else text
    kept, here, pieces = [], 0, _pieces(words)
    while here < len(text):
        place = pieces.get(text[here : here + SHORTEST_ECHO], -1)
        if place < 0:
            kept.append(text[here])
            here += 1
            continue
        kept.append(HIDDEN_WORDS)
        while here < len(text) and place < len(words) and text[here] == words[place]:
            here, place = here + 1, place + 1
    return "".join(kept)


@lru_cache(maxsize=16)
def _pieces(words: str) -> dict[str, int]:
    """Where each run of `SHORTEST_ECHO` characters is first, so that looking for them takes no longer than reading."""
    places = range(len(words) - SHORTEST_ECHO, -1, -1)
    return {words[place : place + SHORTEST_ECHO]: place for place in places}


def _forms(secret: str) -> Iterable[str]:
    """A secret, its parts where it has several, and how each looks inside a URL or a header."""
    for part in {secret, *(part for part in re.split(r"[:\s]", secret) if len(part) >= _SHORTEST_PART)}:
        yield from (part, quote(part, safe=""), base64.b64encode(part.encode()).decode().rstrip("="))


def _cut(segment: str) -> str:
    return segment if len(segment) <= LONGEST_SEGMENT else f"{segment[:_KEPT]}…"
