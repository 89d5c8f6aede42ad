"""Create, wait, remix, wait, download, list, delete with whatever `openai` is first on the path. Prints JSON.

usage: python sdk_round_trip.py BASE_URL API_KEY
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")

import openai  # noqa: E402


def wait(client: openai.OpenAI, video_id: str):
    while (video := client.videos.retrieve(video_id)).status in ("queued", "in_progress"):
        time.sleep(0.2)
    return video


def main(url: str, key: str) -> None:
    client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
    source = wait(client, client.videos.create(prompt="A desert at dusk", size="64x64", seconds="4").id)
    remix = wait(client, client.videos.remix(source.id, prompt="Make it night").id)
    clip = client.videos.download_content(remix.id).read()
    listed = [video.id for video in client.videos.list(limit=2).data]
    deleted = client.videos.delete(remix.id)
    said = {
        "version": openai.__version__,
        "statuses": [source.status, remix.status],
        "lineage": remix.remixed_from_video_id == source.id,
        "is_mp4": clip[4:8] == b"ftyp",
        "listed": listed == [remix.id, source.id],
        "deleted": deleted.deleted,
    }
    print(json.dumps(said))


main(*sys.argv[1:])
