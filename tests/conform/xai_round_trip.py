"""What users of xAI's own client do with videos: make, edit and continue them, follow, fetch, store. Prints JSON.

usage: python xai_round_trip.py URL KEY CLIP_URL CLIP_FILE PICTURE_FILE

The first video is to be refused by moderation, the second to fail its check in the end, and the third to fail at work.
"""

import base64
import json
import sys
import time
import urllib.request
from datetime import timedelta
from functools import partial
from pathlib import Path

import grpc
import xai_sdk
from xai_grpc import serving
from xai_sdk.proto import deferred_pb2
from xai_sdk.video import VideoGenerationError

V1, V1_5 = "grok-imagine-video", "grok-imagine-video-1.5"
WORDS = "A desert at dusk"
SHAPE = {"duration": 2, "aspect_ratio": "1:1", "resolution": "480p"}
KEPT = {"filename": "dusk.mp4", "expires_after": 7200, "public_url": {"expires_after": 3600}}
SOON = timedelta(milliseconds=20)
PENDING = deferred_pb2.DeferredStatus.PENDING


def data_url(path: str, media_type: str) -> str:
    return f"data:{media_type};base64,{base64.b64encode(Path(path).read_bytes()).decode()}"


def followed(videos, request_id: str) -> list:
    seen = [videos.get(request_id)]
    while seen[-1].status == PENDING:
        time.sleep(SOON.total_seconds())
        seen.append(videos.get(request_id))
    return seen


def is_mp4(url: str) -> bool:
    with urllib.request.urlopen(url) as answer:
        return answer.read()[4:8] == b"ftyp"


def round_trip(client: xai_sdk.Client, stranger: xai_sdk.Client, clip_url: str, clip: str, picture: str) -> dict:
    videos = client.video
    make = partial(videos.generate, WORDS, interval=SOON)
    still = data_url(picture, "image/png")
    moderated = refusal(lambda: videos.start(WORDS, V1, **SHAPE))
    doubtful = videos.start(WORDS, V1, **SHAPE).request_id
    videos.get(doubtful)
    failed = refusal(lambda: make(V1, **SHAPE))
    source = videos.start(WORDS, V1, **SHAPE, generate_audio=False, storage_options=KEPT)
    steps = followed(videos, source.request_id)
    first = steps[-1].response.video
    stored, uploaded = first.file_output, client.files.upload(clip)
    made = [
        make(V1, video_url=first.url, storage_options={"filename": "edit.mp4", "public_url": True}),
        make(V1, video_file_id=stored.file_id),
        make(V1, video_file_id=uploaded.id),
        make(V1, video_url=data_url(clip, "video/mp4")),
        videos.extend("It rains", V1, clip_url, duration=3, storage_options=KEPT, interval=SOON),
        make(V1, image_url=still, **SHAPE),
        make(V1_5, image_url=still, last_frame_url=still, **SHAPE),
        videos.generate("", V1_5, last_frame_url=still, interval=SOON, **SHAPE),
        make(V1_5, keyframes=[{"image_url": still, "timestamp": 0.5}], **SHAPE),
        make(V1, reference_image_urls=[still], **SHAPE),
        make(V1_5, reference_image_urls=[still], image_url=still, reference_audios=[{"voice_id": "ara"}], **SHAPE),
    ]
    longer = videos.extend_start("It rains", V1, video_file_id=stored.file_id, duration=2)
    whole = followed(videos, longer.request_id)[-1].response
    urls = [video.url for video in (first, *made, whole.video)] + [stored.public_url, made[0].public_url]
    return {
        "moderated": moderated,
        "respects_moderation": followed(videos, doubtful)[-1].response.video.respect_moderation,
        "failed": failed,
        "steps": [[deferred_pb2.DeferredStatus.Name(step.status), step.response.progress] for step in steps],
        "seconds": [first.duration, *(video.duration for video in made), whole.video.duration],
        "are_mp4": all(map(is_mp4, urls)),
        "kept_for": round((stored.expires_at.seconds - time.time()) / KEPT["expires_after"]),
        "files": [stored.filename, uploaded.filename, made[0].file_output.filename, made[4].file_output.filename],
        "has_public_url": [video.public_url is not None for video in (made[0], made[1], made[4])],
        "costs": [round(video.cost_usd, 3) for video in made[:2]],
        "models": sorted({video.model for video in made}),
        "too_long": refusal(lambda: videos.start(WORDS, V1, duration=16)),
        "too_large": refusal(lambda: videos.start(WORDS, V1, resolution="1080p")),
        "no_model": refusal(lambda: videos.start(WORDS, "grok-imagine-video-9")),
        "unknown": refusal(lambda: videos.get("none")),
        "stranger": refusal(lambda: stranger.video.start(WORDS, V1)),
    }


def refusal(call) -> str | None:
    try:
        call()
    except grpc.RpcError as error:
        return error.code().name
    except VideoGenerationError as error:
        return error.code
    return None


def main(url: str, key: str, *sources: str) -> None:
    with (
        serving(url) as host,
        xai_sdk.Client(api_key=key, api_host=host) as client,
        xai_sdk.Client(api_key="other", api_host=host) as stranger,
    ):
        print(json.dumps(round_trip(client, stranger, *sources)))


main(*sys.argv[1:])
