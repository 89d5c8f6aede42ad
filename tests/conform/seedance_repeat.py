"""Order again, with BytePlus's own client, the tasks whose orders are in a file, and follow each. Prints JSON.

usage: python seedance_repeat.py BASE_URL KEY ORDERS_FILE
"""

import json
import sys
from pathlib import Path

from byteplussdkarkruntime import Ark


def main(url: str, key: str, orders: str) -> None:
    tasks = Ark(base_url=url, api_key=key).content_generation.tasks
    # A field that the client does not have is an error of its signature.
    made = [tasks.create(**order["body"]).id for order in json.loads(Path(orders).read_text())]
    for task_id in made:
        while tasks.get(task_id=task_id).status in ("queued", "running"):
            pass
    ended = [tasks.get(task_id=task_id) for task_id in made]
    print(json.dumps([{"id": task.id, "status": task.status, "seed": task.seed} for task in ended]))


main(*sys.argv[1:])
