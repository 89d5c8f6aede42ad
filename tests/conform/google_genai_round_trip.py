"""Gemini Omni as the users of Google's own SDK ask for it. Prints JSON.

usage: python google_genai_round_trip.py BASE_URL API_KEY
"""

import base64
import io
import json
import sys
import warnings

warnings.simplefilter("ignore")

from google import genai  # noqa: E402

MODEL = "gemini-omni-1.2-flash"
FORMAT = {"type": "video", "resolution": "360p", "duration": "3s", "aspect_ratio": "16:9"}


def task(name: str) -> dict:
    return {"video_config": {"task": name}}


def wait(client: genai.Client, interaction):
    while interaction.status in ("queued", "in_progress"):
        interaction = client.interactions.get(interaction.id)
    return interaction


def raised(call) -> str:
    try:
        call()
    except Exception as error:
        return type(error).__name__
    return ""


def main(url: str, key: str) -> None:
    client = genai.Client(api_key=key, http_options={"base_url": url, "api_version": "v1beta"})
    begun = {"model": MODEL, "background": True, "store": True}
    source = wait(client, client.interactions.create(**begun, input="A fox", response_format=FORMAT))
    clip = base64.b64decode(source.output_video.data)
    remix = wait(
        client,
        client.interactions.create(
            **begun,
            input="Make it night. Keep everything else the same.",
            previous_interaction_id=source.id,
            generation_config=task("edit"),
            response_format={"type": "video", "delivery": "uri"},
        ),
    )
    name = remix.output_video.uri.rsplit("/", 1)[1].partition(":")[0]
    fetched = client.files.download(file=f"files/{name}")
    upload = client.files.upload(file=io.BytesIO(clip), config={"mime_type": "video/mp4"})
    block = {"type": "video", "uri": upload.uri, "mime_type": upload.mime_type}
    edit = client.interactions.create(
        **begun, input=[block, {"type": "text", "text": "Snow"}], generation_config=task("edit")
    )
    cancelled = client.interactions.cancel(edit.id).status
    client.interactions.delete(edit.id)
    hook = client.webhooks.create(uri="https://example.com/hook", subscribed_events=["interaction.completed"])
    too_long = FORMAT | {"duration": "99s"}
    said = {
        "statuses": [source.status, remix.status, edit.status, cancelled],
        "are_mp4": [clip[4:8] == b"ftyp", fetched[4:8] == b"ftyp"],
        "file": str(client.files.get(name=upload.name).state.value),
        "secret": hook.new_signing_secret[:6],
        "errors": [
            raised(lambda: client.interactions.get(edit.id)),
            raised(lambda: client.interactions.create(**begun, input="x", response_format=too_long)),
            raised(lambda: client.files.get(name="files/unknown")),
        ],
    }
    print(json.dumps(said))


main(*sys.argv[1:])
