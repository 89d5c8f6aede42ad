"""Order again, with Runway's own client, the tasks whose orders are in a file, and follow each. Prints JSON.

A body must be one of those that the client's types allow for its route and model: no other field, no other word.

usage: python runway_repeat.py BASE_URL KEY ORDERS_FILE
"""

import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from pydantic import ConfigDict, Field, TypeAdapter
from runwayml import RunwayML, types


def typed(params: Any) -> TypeAdapter:
    return TypeAdapter(Annotated[params, Field(discriminator="model")], config=ConfigDict(extra="forbid", strict=True))


ROUTES = {
    "text_to_video": typed(types.TextToVideoCreateParams),
    "image_to_video": typed(types.ImageToVideoCreateParams),
    "video_to_video": typed(types.VideoToVideoCreateParams),
}
UNDER_WAY = ("PENDING", "THROTTLED", "RUNNING")


def main(url: str, key: str, orders: str) -> None:
    client = RunwayML(base_url=url, api_key=key, max_retries=0)
    made = []
    for order in json.loads(Path(orders).read_text()):
        route, params = order["path"].removeprefix("/v1/"), in_python(order["body"])
        take_all(ROUTES[route].validate_python(params))
        made.append(getattr(client, route).create(**params).id)
    told = []
    for task_id in made:
        while (task := client.tasks.retrieve(task_id)).status in UNDER_WAY:
            pass
        told.append({"id": task.id, "status": task.status, "links": len(task.output), "credits": task.cost.credits})
    print(json.dumps(told))


def take_all(checked: Any) -> None:
    """The items of an Iterable are checked only when they are taken."""
    if isinstance(checked, Iterable) and not isinstance(checked, str):
        for each in checked.values() if isinstance(checked, dict) else checked:
            take_all(each)


def in_python(value: Any) -> Any:
    """The fields as the client's calls name them; it names them back as the service does by its own tables."""
    if isinstance(value, list):
        return [in_python(each) for each in value]
    if isinstance(value, dict):
        return {re.sub("[A-Z]", lambda one: f"_{one[0].lower()}", name): in_python(value[name]) for name in value}
    return value


main(*sys.argv[1:])
