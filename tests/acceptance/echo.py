"""An upstream with a loose tongue: it repeats the prompt and the credential in everything that it says."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

PROVIDERS = """
[loose]
adapter = "openai_compatible"
base_url = "{url}"
api_key_env = "LOOSE_KEY"
options = {{ dialect = "mutoscope" }}

[[loose.model]]
adapter = "openai_compatible"
name = "loose-1"
upstream_model = "sora-2"
owner = "nobody"
sizes = ["1280x720", "720x1280"]
seconds = [4, 8, 12]
default_size = "1280x720"
default_seconds = 4
capabilities = ["native_remix", "cancel"]
remembers = true
remembers_hours = 24
price = {{ per_second = "0.10" }}
"""


class Echo:
    """Serves a part of the dialect. What becomes of a video its prompt says: REFUSE, CRASH, FAIL, or none of them."""

    def __init__(self, clip: Path) -> None:
        self._clip = clip.read_bytes()
        self._jobs: dict[str, tuple[str, str]] = {}
        self.heard: list[dict[str, str]] = []
        echo = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("content-length", 0))).decode("utf-8", "replace")
                echo.heard.append({name.lower(): value for name, value in self.headers.items()})
                self._answer(*echo.submit(body, self.headers.get("authorization", "")))

            def do_GET(self) -> None:
                echo.heard.append({name.lower(): value for name, value in self.headers.items()})
                path = self.path.partition("?")[0]
                if path.endswith("/content"):
                    self._answer(200, echo._clip, "video/mp4")
                else:
                    self._answer(*echo.look(path.split("/")[3]))

            def do_DELETE(self) -> None:
                self._answer(200, {"deleted": True})

            def _answer(self, status: int, body: Any, kind: str = "application/json") -> None:
                content = body if isinstance(body, bytes) else json.dumps(body).encode()
                self.send_response(status)
                self.send_header("content-type", kind)
                self.send_header("content-length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/v1"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def write_providers(self, folder: Path) -> None:
        """The file of providers that leads here: the model `loose-1`, with the credential in LOOSE_KEY."""
        (folder / "providers.toml").write_text(PROVIDERS.format(url=self.url))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def submit(self, body: str, credential: str) -> tuple[Any, ...]:
        said = f"You sent {body} with {credential}."
        if "REFUSE" in body:
            return 400, {"error": {"message": said, "type": "invalid_request_error", "code": "bad", "param": None}}
        if "CRASH" in body:
            token = credential.rpartition(" ")[2]
            return 500, f"<html><h1>Oops</h1><pre>{said} token={token}</pre>".encode(), "text/html"
        job = f"job_{len(self._jobs)}"
        self._jobs[job] = body, credential
        return 200, self._video(job, "queued")

    def look(self, job: str) -> tuple[Any, ...]:
        body, credential = self._jobs[job]
        if "FAIL" in body:
            error = {"code": "broken", "message": f"It broke on {body} of {credential}."}
            return 200, {**self._video(job, "failed"), "error": error}
        return 200, {**self._video(job, "completed"), "progress": 100}

    def _video(self, job: str, status: str) -> dict[str, Any]:
        body, credential = self._jobs[job]
        return {
            "id": job, "object": "video", "status": status, "progress": 0, "model": "sora-2", "seconds": "4",
            "size": "1280x720", "created_at": 1, "prompt": body, "authorization": credential,
        }  # fmt: skip
