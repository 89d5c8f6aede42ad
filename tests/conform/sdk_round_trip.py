"""Every video call of whatever `openai` is first on the path, in the forms that its users write. Prints JSON.

usage: python sdk_round_trip.py BASE_URL API_KEY
"""

import json
import sys
import time
import warnings

warnings.simplefilter("ignore")

import openai  # noqa: E402
from openai.types import Video  # noqa: E402


def wait(client: openai.OpenAI, video: Video) -> Video:
    while (video := client.videos.retrieve(video.id)).status in ("queued", "in_progress"):
        time.sleep(0.05)
    return video


def basics(client: openai.OpenAI) -> dict:
    source = wait(client, client.videos.create(prompt="A desert at dusk", size="720x1280", seconds="4"))
    picture = client.videos.create(prompt="A desert at dusk", input_reference=b"Example data")
    remix = client.videos.remix(source.id, prompt="Make it night")
    # The form that works in every version, also in those without a method for it.
    body = {"prompt": "Make it snow", "video": {"id": source.id}}
    edit = client.post("/videos/edits", body=body, cast_to=Video)
    made = [wait(client, video) for video in (picture, remix, edit)]
    clip = client.videos.download_content(remix.id).read()
    still = client.videos.download_content(remix.id, variant="thumbnail").read()
    listed = [video.id for video in client.videos.list(limit=4).data]
    return {
        "statuses": [video.status for video in (source, *made)],
        "lineage": [video.remixed_from_video_id == source.id for video in made],
        "is_mp4": clip[4:8] == b"ftyp",
        "is_webp": still[8:12] == b"WEBP",
        "listed": listed == [edit.id, remix.id, picture.id, source.id],
        "deleted": client.videos.delete(remix.id).deleted,
    }


def newer_calls(client: openai.OpenAI) -> dict:
    source = wait(client, client.videos.create(prompt="Otto in a desert", seconds="4"))
    by_id = {"video": {"id": source.id}}
    edits = [
        client.videos.edit(prompt="Make it snow", video=openai.omit, extra_body=by_id),
        client.videos.edit(prompt="Make it snow", video=b"", extra_body=by_id),
    ]
    upload = client.videos.edit(prompt="Make it snow", video=b"Example data")
    longer = client.videos.extend(prompt="It rains", seconds="8", video=openai.omit, extra_body=by_id)
    longer_upload = client.videos.extend(prompt="It rains", seconds="8", video=b"Example data")
    character = client.videos.create_character(name="Otto", video=b"Example data")
    found = client.videos.get_character(character.id)
    cast = client.videos.create(prompt="Otto waves", extra_body={"characters": [{"id": character.id}]})
    made = [wait(client, video) for video in (*edits, upload, longer, longer_upload, cast)]
    return {
        "newer_statuses": sorted({video.status for video in made}),
        "edits_by_id": [edit.remixed_from_video_id == source.id for edit in edits],
        "upload_has_no_source": upload.remixed_from_video_id is None,
        "total_seconds": [longer.seconds, longer_upload.seconds],
        "character": [found.id == character.id, found.name],
        "typed_dictionaries": [
            _raised(lambda: client.videos.edit(prompt="x", video={"id": source.id})),
            _raised(lambda: client.videos.extend(prompt="x", seconds="4", video={"id": source.id})),
            _raised(
                lambda: client.videos.create(prompt="x", input_reference={"image_url": "data:image/png;base64,eA=="})
            ),
        ],
    }


def _raised(call) -> str | None:
    try:
        call()
    except RuntimeError as error:
        return type(error).__name__
    return None


def main(url: str, key: str) -> None:
    client = openai.OpenAI(base_url=url, api_key=key, max_retries=0)
    said = {"version": openai.__version__, **basics(client)}
    if hasattr(client.videos, "edit"):
        said |= newer_calls(client)
    print(json.dumps(said))


main(*sys.argv[1:])
