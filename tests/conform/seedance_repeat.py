"""Order again, with BytePlus's own client, the tasks whose bodies are in a file, and follow each. Prints JSON.

usage: python seedance_repeat.py BASE_URL KEY BODIES_FILE
"""

import json
import sys
from pathlib import Path

from byteplussdkarkruntime import Ark


def main(url: str, key: str, bodies: str) -> None:
    tasks = Ark(base_url=url, api_key=key).content_generation.tasks
    # A field that the client does not have is an error of its signature.
    made = [tasks.create(**body).id for body in json.loads(Path(bodies).read_text())]
    for task_id in made:
        while tasks.get(task_id=task_id).status in ("queued", "running"):
            pass
    print(json.dumps({"ids": made, "statuses": [tasks.get(task_id=task_id).status for task_id in made]}))


main(*sys.argv[1:])
