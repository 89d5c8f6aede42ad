"""What users of fal's own client do with its queue: upload, submit, follow, fetch, cancel. Prints JSON.

usage: python fal_round_trip.py URL KEY EDIT_MODEL CLIP_FILE
"""

import json
import sys
import urllib.request
from pathlib import Path

import fal_client
import fal_client.client as sdk


def main(url: str, key: str, model: str, clip: str) -> None:
    # The client knows only the service's own hosts.
    sdk.QUEUE_URL_FORMAT = sdk.RUN_URL_FORMAT = f"{url}/"
    sdk.REST_URL = sdk.CDN_URL = url
    client = fal_client.SyncClient(key=key)
    data = Path(clip).read_bytes()
    source, stored = (
        client.upload(data, "video/mp4", repository=where, fallback_repository=[]) for where in ("fal_v3", "fal")
    )
    asked = {"prompt": "Make it night", "video_url": source}
    handle = client.submit(model, asked, webhook_url=None)
    words = [type(event).__name__ for event in handle.iter_events(with_logs=True, interval=0.02)]
    result = handle.get()
    with urllib.request.urlopen(result["video"]["url"]) as answer:
        made = answer.read()
    again = client.subscribe(model, {**asked, "video_url": stored}, with_logs=True)
    gone = client.submit(model, asked)
    gone.cancel()
    print(
        json.dumps(
            {
                "words": words,
                "by_id": client.result(model, handle.request_id) == result,
                "status_by_id": type(client.status(model, handle.request_id)).__name__,
                "is_mp4": made[4:8] == b"ftyp",
                "length": len(made) == result["video"]["file_size"],
                "subscribed": again["video"]["content_type"],
                "cancelled": refusal(gone.get),
                "wrong": refusal(lambda: client.submit(model, {"prompt": "Make it night"})),
                "stranger": refusal(lambda: fal_client.SyncClient(key="other").submit(model, asked)),
            }
        )
    )


def refusal(call) -> list | None:
    try:
        call()
    except fal_client.FalClientHTTPError as error:
        return [error.status_code, error.error_type]
    return None


main(*sys.argv[1:])
