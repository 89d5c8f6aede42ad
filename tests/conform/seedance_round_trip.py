"""What users of BytePlus's own client do with Seedance: create by each way, follow, list, fetch, delete. Prints JSON.

usage: python seedance_round_trip.py BASE_URL KEY PICTURE_FILE

The first task is to be refused by moderation; the second is told to slow down, which the client does, and fails by it.
"""

import base64
import json
import sys
import urllib.request
from pathlib import Path

from byteplussdkarkruntime import Ark
from byteplussdkarkruntime._exceptions import ArkAPIStatusError

MODEL, OF_DRAFTS = "dreamina-seedance-2-5-260628", "seedance-1-5-pro-251215"
TEXT = {"type": "text", "text": "A desert at dusk"}
SMALL = {"resolution": "480p", "duration": 4, "generate_audio": False, "watermark": False}


def follow(tasks, task_id: str) -> list:
    seen = [tasks.get(task_id=task_id)]
    while seen[-1].status in ("queued", "running"):
        seen.append(tasks.get(task_id=task_id))
    return seen


def fetched(url: str) -> bytes:
    with urllib.request.urlopen(url) as answer:
        return answer.read()


def main(url: str, key: str, picture: str) -> None:
    tasks = Ark(base_url=url, api_key=key).content_generation.tasks
    stranger = Ark(base_url=url, api_key="other").content_generation.tasks
    moderated = refusal(lambda: tasks.create(model=MODEL, content=[TEXT], **SMALL))
    failed = follow(tasks, tasks.create(model=MODEL, content=[TEXT], **SMALL).id)[-1]
    source = follow(tasks, tasks.create(model=MODEL, content=[TEXT], ratio="16:9", seed=7, **SMALL).id)
    still = f"data:image/png;base64,{base64.b64encode(Path(picture).read_bytes()).decode()}"
    # The client's own example gives the picture no role: it is the first frame.
    first = {"type": "image_url", "image_url": {"url": still}}
    clip = {"type": "video_url", "video_url": {"url": source[-1].content.video_url}, "role": "reference_video"}
    whole = {"resolution": "480p", "ratio": "adaptive", "duration": -1, "generate_audio": False}
    draft = follow(tasks, tasks.create(model=OF_DRAFTS, content=[TEXT], draft=True, **SMALL).id)[-1]
    made = [
        tasks.create(model=MODEL, content=[TEXT, first], return_last_frame=True, **SMALL),
        tasks.create(model=MODEL, content=[TEXT, first | {"role": "reference_image"}], safety_identifier="u1", **SMALL),
        tasks.create(model=MODEL, content=[TEXT, clip], omni_reference_task_type="edit", **whole),
        tasks.create(model=MODEL, content=[TEXT, clip], omni_reference_task_type="extend", **SMALL),
        tasks.create(model=OF_DRAFTS, content=[{"type": "draft_task", "draft_task": {"id": draft.id}}], **SMALL),
    ]
    ended = [follow(tasks, each.id)[-1] for each in made]
    listed = tasks.list(page_num=1, page_size=2, status="succeeded", model=MODEL)
    named = tasks.list(task_ids=[draft.id, failed.id])
    queued = tasks.create(model=MODEL, content=[TEXT], priority=1, service_tier="flex", **SMALL)
    tasks.delete(task_id=queued.id)
    running = tasks.create(model=MODEL, content=[TEXT], **SMALL)
    while tasks.get(task_id=running.id).status == "queued":
        pass
    tasks.delete(task_id=draft.id)
    print(
        json.dumps(
            {
                "moderated": moderated,
                "failed": [failed.status, failed.error.code],
                "statuses": [task.status for task in source],
                "seed": source[-1].seed,
                "tokens": source[-1].usage.completion_tokens > 0,
                "ended": [task.status for task in ended],
                "are_mp4": [fetched(task.content.video_url)[4:8] == b"ftyp" for task in ended],
                "last_frame": fetched(ended[0].content.last_frame_url)[:4] == b"\x89PNG",
                "told_back": [
                    made[1].safety_identifier,
                    ended[1].safety_identifier,
                    ended[4].draft_task_id == draft.id,
                ],
                "listed": [listed.total, [task.id for task in listed.items] == [made[3].id, made[2].id]],
                "named": sorted(task.status for task in named.items),
                "cancelled": tasks.get(task_id=queued.id).status,
                "running": refusal(lambda: tasks.delete(task_id=running.id)),
                "deleted": refusal(lambda: tasks.get(task_id=draft.id)),
                "wrong": refusal(lambda: tasks.create(model=MODEL, content=[TEXT], **{**SMALL, "duration": 31})),
                "no_model": refusal(lambda: tasks.create(model="none", content=[TEXT])),
                "stranger": refusal(stranger.list),
            }
        )
    )


def refusal(call) -> list | None:
    try:
        call()
    except ArkAPIStatusError as error:
        return [error.status_code, error.code]
    return None


main(*sys.argv[1:])
