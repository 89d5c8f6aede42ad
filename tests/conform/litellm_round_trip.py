"""Every video call of LiteLLM's SDK, first as functions, then as coroutines. Prints JSON.

usage: python litellm_round_trip.py BASE_URL API_KEY
"""

import asyncio
import json
import os
import sys
import warnings
from functools import partial

warnings.simplefilter("ignore")
# It would fetch its price list from the network.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import litellm  # noqa: E402

CLIP = b"Example data"
# Of each there is a twin that begins with "a".
CALLS = (
    "video_generation",
    "video_status",
    "video_content",
    "video_list",
    "video_remix",
    "video_create_character",
    "video_get_character",
    "video_edit",
    "video_extension",
)


async def plain(name: str, /, **arguments):
    return await asyncio.to_thread(partial(getattr(litellm, name), **arguments))


async def twin(name: str, /, **arguments):
    return await getattr(litellm, f"a{name}")(**arguments)


async def round_trip(call, where: dict) -> dict:
    async def ended(video):
        while (now := await call("video_status", video_id=video.id, **where)).status in ("queued", "in_progress"):
            await asyncio.sleep(0.05)
        return now

    generate = partial(call, "video_generation", model="openai/sora-2", seconds="4", size="720x1280", **where)
    source = await ended(await generate(prompt="Otto by a lake"))
    character = await call("video_create_character", name="Otto", video=CLIP, **where)
    found = await call("video_get_character", character_id=character.id, **where)
    with open(__file__, "rb") as reference:  # an open file goes by its whole path
        framed = await generate(prompt="A lake", input_reference=reference)
    made = [
        framed,
        await generate(prompt="Otto waves", characters=[{"id": character.id}]),
        await call("video_remix", video_id=source.id, prompt="Make it night", **where),
        await call("video_edit", video_id=source.id, prompt="Make it snow", **where),
        await call("video_edit", video_id="", video=CLIP, prompt="Make it snow", **where),
        await call("video_extension", video_id=source.id, prompt="It rains", seconds="8", **where),
    ]
    videos = [source, *[await ended(video) for video in made]]
    page = await call("video_list", limit=3, custom_llm_provider="openai", **where)
    clip = await call("video_content", video_id=made[2].id, **where)
    still = await call("video_content", video_id=made[2].id, variant="thumbnail", **where)
    return {
        "statuses": sorted({video.status for video in videos}),
        "have_a_source": [video.remixed_from_video_id is not None for video in videos],
        "seconds": [video.seconds for video in videos],
        "character": [found.id == character.id, found.name],
        "listed": len(page["data"] if isinstance(page, dict) else page),
        "is_mp4": clip[4:8] == b"ftyp",
        "is_webp": still[8:12] == b"WEBP",
    }


async def main(url: str, key: str) -> None:
    where = {"api_base": url, "api_key": key}
    said = {
        "calls": sorted(name for name in dir(litellm) if name.startswith(("video_", "avideo_"))),
        "functions": await round_trip(plain, where),
        "coroutines": await round_trip(twin, where),
    }
    print(json.dumps(said))


asyncio.run(main(*sys.argv[1:]))
