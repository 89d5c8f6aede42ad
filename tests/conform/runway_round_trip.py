"""What users of Runway's own client do: upload, create by each route, follow, fetch, delete. Prints JSON.

usage: python runway_round_trip.py URL KEY CLIP_FILE PICTURE_FILE
"""

import json
import sys
import time
import urllib.request
from pathlib import Path

import runwayml
from runwayml.lib import polling

# Five seconds between two polls are good manners to the service, and no use here.
polling.POLL_TIME = polling.POLL_JITTER = 0


def main(url: str, key: str, clip: str, picture: str) -> None:
    client = runwayml.RunwayML(base_url=url, api_key=key, max_retries=0)
    stranger = runwayml.RunwayML(base_url=url, api_key="other", max_retries=0)
    source = client.uploads.create_ephemeral(file=Path(clip)).uri
    still = client.uploads.create_ephemeral(file=("still.png", Path(picture).read_bytes(), "image/png")).uri
    words = {"prompt_text": "A desert at dusk", "ratio": "1280:720", "duration": 2}
    made = [
        client.text_to_video.create(model="gen4.5", seed=7, **words),
        client.image_to_video.create(model="gen4.5", prompt_image=still, **words),
        client.image_to_video.create(
            model="veo3.1", prompt_image=[{"uri": still, "position": "first"}], ratio="1280:720", duration=4
        ),
        client.video_to_video.create(
            model="aleph2", video_uri=source, prompt_text="Make it night", keyframes=[{"uri": still, "at": 0.5}]
        ),
        client.video_to_video.create(
            model="klingO3_pro", prompt_video=source, prompt_text="Make it night",
            provider_settings={"keep_original_sound": True},
        ),
        client.video_to_video.create(
            model="seedance2_5", prompt_video=source, prompt_text="Make it night", mode="edit", duration="auto"
        ),
    ]  # fmt: skip
    tasks = [each.wait_for_task_output() for each in made]
    with urllib.request.urlopen(tasks[0].output[0]) as answer:
        data = answer.read()
    edit = client.video_to_video.create(model="aleph2", video_uri=source)
    steps = []
    while not steps or steps[-1] in ("THROTTLED", "PENDING", "RUNNING"):
        steps.append(client.tasks.retrieve(edit.id).status)
        time.sleep(0.01)
    client.tasks.delete(edit.id)
    limits = client.organization.retrieve()
    print(
        json.dumps(
            {
                "statuses": [task.status for task in tasks],
                "costs": [task.cost.credits for task in tasks],
                "is_mp4": data[4:8] == b"ftyp",
                "steps": steps,
                "limits": limits.tier.models["aleph2"].max_concurrent_generations,
                "used": limits.usage.models["aleph2"].daily_generations,
                "deleted": refusal(lambda: client.tasks.retrieve(edit.id)),
                "wrong": refusal(lambda: client.text_to_video.create(model="gen4.5", **{**words, "duration": 11})),
                "stranger": refusal(stranger.organization.retrieve),
            }
        )
    )


def refusal(call) -> int | None:
    try:
        call()
    except runwayml.APIStatusError as error:
        return error.status_code
    return None


main(*sys.argv[1:])
