"""Order again, with fal's own client, the requests whose orders are in a file, and follow each. Prints JSON.

The client sends whatever it is given to any endpoint: what it shows is how one is asked, followed and told apart.

usage: python fal_repeat.py URL KEY ORDERS_FILE
"""

import json
import sys
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import fal_client
import fal_client.client as sdk


def main(url: str, key: str, orders: str) -> None:
    # The client knows only the service's own hosts.
    sdk.QUEUE_URL_FORMAT = f"{url}/"
    client = fal_client.SyncClient(key=key)
    made = []
    for order in json.loads(Path(orders).read_text()):
        asked = urlsplit(order["path"])
        hook = parse_qs(asked.query).get("fal_webhook", [None])[0]
        handle = client.submit(asked.path[1:], order["body"], webhook_url=hook)
        # By the rule for addresses, not by those that the answer told.
        made.append(client.get_handle(asked.path[1:], handle.request_id))
    told = []
    for handle in made:
        words = [type(event).__name__ for event in handle.iter_events(interval=0)]
        urls = {"status": handle.status_url, "response": handle.response_url, "cancel": handle.cancel_url}
        paths = {name: address.removeprefix(url) for name, address in urls.items()}
        link = handle.get(interval=0)["video"]["url"]
        told.append(
            {"id": handle.request_id, "address": paths["response"][1:], "paths": paths, "words": words, "link": link}
        )
    print(json.dumps(told))


main(*sys.argv[1:])
