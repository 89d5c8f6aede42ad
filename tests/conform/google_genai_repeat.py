"""Order again, with Google's own SDK, the interactions whose orders are in a file, and follow each. Prints JSON.

A body must be one that the SDK's types allow: no other field, no other word, though the SDK itself would send any.

usage: python google_genai_repeat.py BASE_URL KEY ORDERS_FILE
"""

import json
import sys
import warnings
from pathlib import Path

warnings.simplefilter("ignore")

from google import genai  # noqa: E402
from google.genai.interactions import CreateModelInteractionParam, VideoResponseFormatParam  # noqa: E402
from pydantic import ConfigDict, TypeAdapter  # noqa: E402

# Strictly, a word is one of those that the SDK names; files are among the types of what may be sent.
STRICT = ConfigDict(strict=True, extra="forbid", arbitrary_types_allowed=True)
BODIES = TypeAdapter(list[CreateModelInteractionParam], config=STRICT)
# As a part of a body this may be any JSON schema instead.
FORMATS = TypeAdapter(list[VideoResponseFormatParam], config=STRICT)


def main(url: str, key: str, orders: str) -> None:
    base, _, version = url.rpartition("/")
    client = genai.Client(api_key=key, http_options={"base_url": base, "api_version": version})
    bodies = [order["body"] for order in json.loads(Path(orders).read_text())]
    BODIES.validate_python(bodies)
    FORMATS.validate_python([body["response_format"] for body in bodies])
    made = [client.interactions.create(**body).id for body in bodies]
    told = []
    for interaction_id in made:
        while (interaction := client.interactions.get(interaction_id)).status in ("queued", "in_progress"):
            pass
        told.append({"id": interaction.id, "status": interaction.status, "uri": interaction.output_video.uri})
    print(json.dumps(told))


main(*sys.argv[1:])
