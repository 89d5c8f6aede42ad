"""The whole 8 s 720p job against encoding the same frames alone, in one run on one machine.

The job is what a user waits for after the first clip: render queue, child process, scene, drawing, encoding, file.

usage: python bench/whole_job.py [--size 1280x720] [--seconds 8]
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from pathlib import Path

from mutoscope.domain.video import Size, VideoRequest
from mutoscope.flipbook.compose import compose
from mutoscope.flipbook.render import Renderer
from mutoscope.media.encode import Encoder
from mutoscope.providers.flipbook import FlipbookProvider
from mutoscope.providers.protocol import Done, Job, Refused

PROMPTS = {
    "lake": "A cinematic drone shot over a misty lake at sunrise",
    "snow": "A snowy mountain at dawn in falling snow, drone shot",
    "city": "A city street in the rain at night",
}


async def job(provider: FlipbookProvider, prompt: str, size: Size, seconds: int, take: int) -> float:
    """Seconds from handing a job in to its end."""
    request = VideoRequest(prompt=prompt, model="flipbook", size=size, seconds=seconds, seed=7)
    begun = time.perf_counter()
    submitted = await provider.submit(Job(f"video_{take}", 1, f"take-{take}", request, prompt))
    while True:
        answer = await provider.poll(submitted.upstream_id)
        if isinstance(answer, Done):
            return time.perf_counter() - begun
        assert not isinstance(answer, Refused), answer
        await asyncio.sleep(0.05)


def encoding_alone(folder: Path, prompt: str, size: Size, seconds: int) -> tuple[float, float]:
    """(seconds to draw the frames in this process, seconds to encode them)."""
    renderer = Renderer(compose(prompt, 7, size.width, size.height, seconds))
    renderer.frame(0)
    begun = time.perf_counter()
    frames = [renderer.frame(index) for index in range(seconds * 24)]
    drawn = time.perf_counter() - begun
    begun = time.perf_counter()
    with Encoder(folder / "alone.mp4", size.width, size.height, 24) as encoder:
        for frame in frames:
            encoder.add(frame)
    return drawn, time.perf_counter() - begun


async def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", default="1280x720")
    parser.add_argument("--seconds", type=int, default=8)
    arguments = parser.parse_args()
    size = Size.parse(arguments.size)
    assert size is not None
    with tempfile.TemporaryDirectory() as folder:
        provider = FlipbookProvider(Path(folder))
        await job(provider, "warm up", Size(64, 64), 1, take=0)
        print(f"{'':<8}{'whole job s':>12}{'drawing s':>12}{'encoding s':>12}{'job/encoding':>14}")
        for take, (name, prompt) in enumerate(PROMPTS.items(), start=1):
            whole = await job(provider, prompt, size, arguments.seconds, take)
            drawn, encoded = await asyncio.to_thread(encoding_alone, Path(folder), prompt, size, arguments.seconds)
            print(f"{name:<8}{whole:>12.1f}{drawn:>12.1f}{encoded:>12.1f}{whole / encoded:>14.1f}")
        await provider.aclose()


if __name__ == "__main__":
    asyncio.run(main())
