"""Videos to look at, on the model that is there at once."""

from __future__ import annotations

import time
from functools import cached_property
from typing import Any

import httpx2 as httpx

MODEL = "flipbook-instant"
# Of somebody else, for what only such models take. It is never asked for more than a plan: nobody answers there.
OTHERS = "wan-2.2"
PROVIDERS = f"""
[studio]
adapter = "openai_compatible"
base_url = "http://127.0.0.1:9/v1"
options = {{ dialect = "vllm_omni" }}

[[studio.model]]
adapter = "openai_compatible"
name = "{OTHERS}"
upstream_model = "Wan-AI/Wan2.2-T2V-A14B-Diffusers"
owner = "alibaba"
sizes = ["1280x720", "720x1280"]
seconds = [5, 8]
default_size = "1280x720"
default_seconds = 5
capabilities = ["image_reference", "seed", "negative_prompt", "audio", "provider_options", "cancel"]
price = {{ per_second = "0.05" }}
"""
SECONDS = 300


class Stock:
    """Each video is made when it is first wanted. http: of a client with a key."""

    def __init__(self, http: httpx.Client) -> None:
        self.http = http

    def create(self, prompt: str, **fields: str) -> str:
        return self.make("", prompt=prompt, **{"model": MODEL, "size": "1280x720", "seconds": "4", **fields})

    def remix(self, source: str, prompt: str) -> str:
        return self.make(f"/{source}/remix", prompt=prompt)

    def make(self, path: str, **fields: Any) -> str:
        """The id of what is made there, once it has ended."""
        return self.ended(self.begin(path, **fields))

    def begin(self, path: str, **fields: Any) -> str:
        return self.http.post(f"/v1/videos{path}", json=fields).raise_for_status().json()["id"]

    def ended(self, video_id: str) -> str:
        deadline = time.monotonic() + SECONDS
        while self.http.get(f"/v1/videos/{video_id}").json()["status"] not in ("completed", "failed"):
            assert time.monotonic() < deadline, f"{video_id} has not ended"
            time.sleep(0.05)
        return video_id

    def all(self) -> list[dict[str, Any]]:
        return self.http.get("/v1/videos?limit=100").raise_for_status().json()["data"]

    @cached_property
    def root(self) -> str:
        return self.create("A paper boat on a puddle")

    @cached_property
    def child(self) -> str:
        return self.remix(self.root, "Make it night")

    @cached_property
    def grandchild(self) -> str:
        """Made from a video that was deleted afterwards."""
        between = self.remix(self.root, "Make it snow")
        made = self.remix(between, "Let it snow harder")
        self.http.delete(f"/v1/videos/{between}").raise_for_status()
        return made

    @cached_property
    def longer(self) -> str:
        """Its source, continued."""
        return self.make("/extensions", prompt="The boat sails on", seconds="4", video={"id": self.root})

    @cached_property
    def failed(self) -> str:
        return self.create("A clip that the provider refuses", test_case="moderated")

    @cached_property
    def endpoint(self) -> str:
        """The page of a webhook endpoint that is told of a deletion, where nobody listens."""
        asked = {"name": "A receiver", "url": "https://hooks.invalid/", "event_types": ["video.deleted"]}
        made = self.http.post("/v1/webhook_endpoints", json=asked).raise_for_status().json()["id"]
        self.http.delete(f"/v1/videos/{self.create('Soon gone')}").raise_for_status()
        return f"/page/webhooks/{made}"
