"""A stage for a play of many lives: an upstream that outlives them all, common ground, and a post for each process."""

from __future__ import annotations

import base64
import json
import re
import urllib.request
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

from mutoscope.domain.events import EventType
from mutoscope.testing.checker import Report, check, strays
from mutoscope.testing.ground import Ground, GroundMaker, Role, data_dir
from mutoscope.testing.processes import Child, free_port
from mutoscope.testing.witnesses import read_tables

# For all processes of a stage the same, as several need it.
_SECRET_KEY = {"MUTOSCOPE_SECRET_KEY": base64.b64encode(b"stage" * 6 + b"xx").decode()}
LAST_WORDS = re.compile(r"^failpoint (\S+) (\S+)$", re.MULTILINE)


class Post:
    """The place of one process, which keeps its role, its data folder and its port over all its lives.

    public_url: where the upstream may call; by default here. life: the last one, until somebody has seen its end. due,
    wakes_at: when the next one shall begin, and when this one shall go on after a pause, by the monotonic clock.
    """

    def __init__(
        self, folder: Path, number: int, role: Role, upstream_url: str, ground: Ground, public_url: str = ""
    ) -> None:
        self.name = f"{role}-{number}"
        self.role = role
        self._announcement = folder / f"{self.name}.json"
        self._log = folder / f"{self.name}.log"
        self._environment = ground.environment
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._options = (
            *("--role", role, "--upstream", upstream_url, "--data-dir", data_dir(folder, number), "--port", port),
            *("--database", ground.database, "--storage", ground.storage),
            *("--public-url", public_url or self.url),
        )
        self.life: Child | None = None
        self.due = 0.0
        self.wakes_at: float | None = None

    @property
    def is_alive(self) -> bool:
        return self.life is not None and self.life.process.poll() is None

    @property
    def is_awake(self) -> bool:
        return self.is_alive and self.wakes_at is None

    def start(self, environment: Mapping[str, str], failpoints: str = "", *options: object) -> Child:
        """Begin another life."""
        assert not self.is_alive, f"{self.name} lives"
        self.wakes_at = None
        self.life = Child(
            "paid_server",
            self._announcement,
            self._log,
            *self._options,
            *options,
            environment={**self._environment, **environment, "MUTOSCOPE_FAILPOINTS": failpoints},
        )
        return self.life

    def end(self) -> None:
        """Kill whoever is there."""
        if self.life is not None and self.is_alive:
            self.life.kill()
        self.life = None

    def last_words(self) -> list[str]:
        """The failpoints at which a life died or froze, in order."""
        return [point for point, _ in LAST_WORDS.findall(self.log())]

    def passed(self, point: str) -> list[str]:
        """The videos with which a life died or froze at this failpoint."""
        return [video for where, video in LAST_WORDS.findall(self.log()) if where == point]

    def log(self) -> str:
        """What all its lives have said."""
        return self._log.read_text() if self._log.exists() else ""


def subscribe(url: str, api_key: str, receiver: str) -> None:
    """Have a server send every event to a receiver."""
    asked = {"name": "stage", "url": receiver, "event_types": list(EventType)}
    request = urllib.request.Request(  # noqa: S310 - an address of ours
        f"{url}/v1/webhook_endpoints",
        json.dumps(asked).encode(),
        {"Authorization": f"Bearer {api_key}", "Content-Type": "application/json"},
    )
    urllib.request.urlopen(request, timeout=30).close()  # noqa: S310


class Stage:
    """Set up in a folder; `close` ends everything that was started.

    make_ground: called with the folder. environment, options: of every process.
    """

    def __init__(
        self, folder: Path, make_ground: GroundMaker, environment: Mapping[str, str] | None = None, *options: object
    ) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._environment = dict(environment or {})
        self._options = options
        self.ledger = folder / "upstream.jsonl"
        self.transcript = folder / "transcript.jsonl"
        self.posts: list[Post] = []
        self._ends = ExitStack()
        with ExitStack() as ends:
            upstream = Child("upstream", folder / "upstream.json", folder / "upstream.log", "--ledger", self.ledger)
            ends.callback(upstream.stop)
            self.heard = folder / "heard.jsonl"
            receiver = Child("receiver", folder / "receiver.json", folder / "receiver.log", "--ledger", self.heard)
            ends.callback(receiver.stop)
            told, hearing = upstream.ready(), receiver.ready()
            assert hearing is not None, "the receiver of webhooks died at its start"
            self._receiver = hearing["url"]
            host = hearing["url"].removeprefix("http://")
            self._environment = {**_SECRET_KEY, "MUTOSCOPE_WEBHOOK_HOSTS": host, **self._environment}
            assert told is not None, "the upstream died at its start"
            self.ground = make_ground(folder)
            ends.callback(self.ground.close)
            for number, role in enumerate(self.ground.roles):
                called = self.posts[0].url if self.posts else ""  # the first answers, whatever the others do
                self.posts.append(Post(folder, number, role, told["url"], self.ground, called))
                ends.callback(self.posts[-1].end)
            self.api_key, self.other_key = self._first_keys()
            self._ends = ends.pop_all()

    @property
    def urls(self) -> list[str]:
        """Where clients may ask."""
        return [post.url for post in self.posts if post.role.answers]

    def start(self, post: Post, failpoints: str = "") -> Child:
        """Begin another life at a post."""
        return post.start(self._environment, failpoints, *self._options)

    def crash(self) -> None:
        """The database dies, and comes back."""
        self.ground.crash()

    def report(self) -> Report:
        """What the checker says."""
        return check(self.transcript, self.ground.database, self.ground.files, self.ledger, self.heard)

    def strays(self) -> set[str]:
        """The files that no row names at this moment, beside uploads."""
        names = set(self.ground.files.names())  # first: a row follows its file
        return strays(names, read_tables(self.ground.database, ["assets"])["assets"])

    def close(self) -> None:
        self._ends.close()

    def _first_keys(self) -> tuple[str, str]:
        first = self.posts[0]
        life = self.start(first)
        keys = life.ready()
        assert keys is not None, first.log()[-4000:]
        for path in ("ok", "flaky", "lossy"):
            subscribe(first.url, keys["api_key"], f"{self._receiver}/{path}")
        life.stop()
        first.life = None
        return keys["api_key"], keys["other_key"]
