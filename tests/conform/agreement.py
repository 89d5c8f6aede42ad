"""Whether an adapter and its service's own client mean the same: what one orders, the other orders and follows.

The client's script is run with the URL of the stand-in, the key, and a file of orders, each the path that the adapter
asked and the body that it sent. It orders the same by the client's own calls, follows each job to its end, and prints
for each in turn what it was told, `{"id": …, …}`, with an "address" where the adapter knows jobs by that instead.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from conform.installed import client, python
from mutoscope.domain.catalog import ModelSpec
from mutoscope.domain.video import Size
from mutoscope.providers.protocol import Done, Job, Poll
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeJob, FakeUpstream
from mutoscope.testing.upstreams.roster import BY_NAME

# The jobs to be ordered, made of the adapter's models; each is ordered before the next one is taken.
Jobs = Callable[[Mapping[str, ModelSpec], FakeUpstream], Iterable[Job]]


@dataclass(frozen=True, slots=True)
class Reading:
    """A job that the client ordered: as the stand-in has it, as the adapter reads it, and as the client read it."""

    job: FakeJob
    poll: Poll
    told: dict[str, Any]

    @property
    def done(self) -> Done:
        assert isinstance(self.poll, Done), self.poll
        return self.poll


async def agreed(provider_name: str, jobs: Jobs, script: str, client_name: str, **options: Any) -> list[Reading]:
    """What came of all jobs, after each was ordered twice in the same words. options: of the adapter."""
    pair = BY_NAME[provider_name]
    fake = pair.make_fake()
    # How large the clips are is nothing to the orders, and large ones take their time.
    fake.clip = lambda job: film.film(job.badge, Size(64, 64), 1.0)
    with fake.serving() as url:
        account = pair.account(fake, **options)
        provider = pair.adapter.make(account)
        try:
            orders = []
            for job in jobs({model.name: model for model in account.models}, fake):
                await provider.submit(job)
                orders.append({"path": fake.requests[-1][1], "body": fake.accepted[-1].asked})
            told = _repeated(script, client_name, f"{url}{pair.base}", fake.secret, orders)
            again = [fake.jobs[each["id"]] for each in told]
            paths = [path for method, path, _ in fake.requests if method == "POST"][-len(orders) :]
            for job, path, order in zip(again, paths, orders, strict=True):
                assert {"path": path, "body": job.asked} == order
            readings = [
                Reading(job, await provider.poll(each.get("address", job.id)), each)
                for job, each in zip(again, told, strict=True)
            ]
            data = b"".join([chunk async for chunk in provider.fetch(readings[-1].done.assets[0])])
        finally:
            await provider.aclose()
            await account.door.aclose()
    assert film.badge_of(data) == again[-1].badge
    assert not fake.leaks
    return readings


def _repeated(script: str, client_name: str, url: str, key: str, orders: list[dict[str, Any]]) -> list[dict[str, Any]]:
    with NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(orders, file)
        file.flush()
        said = python(Path(__file__).with_name(script), url, key, file.name, path=(client(client_name),))
    return json.loads(said)
