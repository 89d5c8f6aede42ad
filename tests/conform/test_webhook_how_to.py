"""Every block of the how-to on webhooks does what the page says, with the official SDK."""

from __future__ import annotations

import sys
from pathlib import Path

from conform.fixture_server import KEY, FixtureServer
from conform.how_to import blocks, filled
from conform.installed import run
from mutoscope.testing.processes import free_port

PAGE = "webhooks.md"
PUBLIC = "https://app.example.com"

LISTEN = """
import threading
hooks = HTTPServer(("127.0.0.1", {port}), Hook)
threading.Thread(target=hooks.serve_forever, daemon=True).start()
print(client.webhooks.test(endpoint.id, event_type="video.completed").status_code)
"""
FOLLOW = """
import time
client.videos.create_and_poll(prompt="A misty lake at sunrise", poll_interval_ms=200)
for _ in range(100):
    found = client.get(f"/webhook_endpoints/{endpoint.id}/deliveries", cast_to=object)["data"]
    if len(found) >= 2 and all(one["state"] != "pending" for one in found[:1]) and len(seen) >= 3:
        break
    time.sleep(0.2)
print("ENDPOINT", endpoint.id, found[0]["id"])
"""


def test_the_page(server: FixtureServer, tmp_path: Path) -> None:
    port = free_port()
    make, receive, once = (
        filled(text, server) if "127.0.0.1:8650" in text else text for text in blocks(PAGE, "python")
    )
    text = f"{make}\n{receive}\n{LISTEN.format(port=port)}\n{once}\n{FOLLOW}"
    text = text.replace(PUBLIC, f"http://127.0.0.1:{port}")
    said = run([sys.executable, "-W", "ignore", "-c", text], folder=tmp_path)
    lines = said.splitlines()
    assert lines[0].startswith("whsec_")
    assert "204" in lines
    assert sum(line.startswith("video.completed video_") for line in lines) >= 2
    _, endpoint, delivery = lines[-1].split()
    sending_again, key = blocks(PAGE, "bash")
    command = ["bash", "-euo", "pipefail", "-c", filled(sending_again, server)]
    said = run(command, folder=tmp_path, ENDPOINT=endpoint, DELIVERY=delivery)
    assert f'"id":"{delivery}"' in said
    assert '"replayed":0' in said
    assert '"state":"pending"' in said
    assert len(run(["bash", "-c", key], folder=tmp_path).strip()) == 44
    assert KEY in filled(sending_again, server)
