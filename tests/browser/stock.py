"""Videos to look at, made by the official SDK on the model that is there at once."""

from __future__ import annotations

from functools import cached_property

from openai import OpenAI

MODEL = "flipbook-instant"


class Stock:
    """Each video is made when it is first wanted. Ids."""

    def __init__(self, client: OpenAI) -> None:
        self.client = client

    def create(self, prompt: str, size: str = "1280x720", seconds: str = "4", **extra: str) -> str:
        video = self.client.videos.create(
            prompt=prompt,
            model=MODEL,
            size=size,
            seconds=seconds,
            extra_body=extra,  # type: ignore[arg-type]
        )
        self.client.videos.poll(video.id, poll_interval_ms=50)
        return video.id

    def remix(self, source: str, prompt: str) -> str:
        video = self.client.videos.remix(source, prompt=prompt)
        self.client.videos.poll(video.id, poll_interval_ms=50)
        return video.id

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
        self.client.videos.delete(between)
        return made

    @cached_property
    def longer(self) -> str:
        """Its source, continued."""
        video = self.client.videos.extend(prompt="The boat sails on", seconds="4", video={"id": self.root})
        self.client.videos.poll(video.id, poll_interval_ms=50)
        return video.id

    @cached_property
    def failed(self) -> str:
        return self.create("A clip that the provider refuses", test_case="moderated")
