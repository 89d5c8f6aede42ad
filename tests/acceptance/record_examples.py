"""Ask a server everything once and keep what it said, for the OpenAPI document: `make examples`."""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from acceptance.quick_server import MODEL, QuickServer
from acceptance.servers import ServerProcess
from mutoscope.testing.processes import Child

KEPT = Path(__file__).parents[2] / "src/mutoscope/dialect/reference/examples.json"

CREATE = {
    "model": "flipbook",
    "prompt": "A sailboat drifting on the ocean at sunset",
    "size": "640x360",
    "seconds": "2",
    "seed": 7,
}


def main() -> None:
    """Write the examples anew."""
    with tempfile.TemporaryDirectory() as folder:
        receiver = Child(
            "receiver", Path(folder) / "receiver.json", Path(folder) / "log", "--ledger", f"{folder}/heard"
        )
        heard = receiver.ready()
        assert heard is not None
        host = heard["url"].removeprefix("http://")
        server = QuickServer(
            Path(folder) / "data", {"MUTOSCOPE_DEFAULT_MODEL": "flipbook", "MUTOSCOPE_WEBHOOK_HOSTS": host}
        )
        try:
            said = record(server, heard["url"])
        finally:
            server.stop()
            receiver.stop()
    KEPT.write_text(json.dumps(said, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def record(server: ServerProcess, receiver: str) -> dict[str, dict[str, Any]]:
    """Requests and answers by the operation's id."""
    with server.http() as http:

        def call(method: str, path: str, request: Any = None, **query: str) -> Any:
            answer = http.request(method, path, json=request, params=query)
            assert answer.status_code == 200, answer.text
            return answer.json()

        def made(path: str, request: dict[str, Any]) -> dict[str, Any]:
            plan = call("POST", path, request, dry_run="true")
            return {"request": request, "answer": call("POST", path, request), "plan": plan}

        created = made("/v1/videos", CREATE)
        source = created["answer"]["id"]
        finished = _finished(call, source)
        said = {
            "create_video": created,
            "retrieve_video": {"answer": finished},
            "remix_video": made(f"/v1/videos/{source}/remix", {"prompt": "Change the boat to a whale"}),
            "edit_video": made("/v1/videos/edits", {"prompt": "Let it rain", "video": {"id": source}}),
            "extend_video": made(
                "/v1/videos/extensions", {"prompt": "The sun goes down", "video": {"id": source}, "seconds": "2"}
            ),
        }
        said["video_lineage"] = {"answer": call("GET", f"/v1/videos/{source}/lineage")}
        character = {"name": "The sailboat", "video": {"id": source}}
        said["create_character"] = {"request": character, "answer": call("POST", "/v1/videos/characters", character)}
        named = said["create_character"]["answer"]["id"]
        said["retrieve_character"] = {"answer": call("GET", f"/v1/videos/characters/{named}")}
        said["list_videos"] = {"answer": call("GET", "/v1/videos", limit="1", order="asc")}
        said["delete_video"] = {"answer": call("DELETE", f"/v1/videos/{said['edit_video']['answer']['id']}")}
        said["usage"] = {"answer": call("GET", "/v1/usage", **{"from": "2026-11-01", "to": "2026-11-30"})}
        said |= _webhooks(call, receiver)
        models = call("GET", "/v1/models")
        said["list_models"] = {"answer": {**models, "data": [one for one in models["data"] if one["id"] != MODEL]}}
        said["retrieve_model"] = {"answer": call("GET", "/v1/models/flipbook")}
        said["alive"] = {"answer": call("GET", "/healthz")}
        said["ready"] = {"answer": call("GET", "/readyz")}
        storage = server.data_dir / "storage"
        storage.rename(server.data_dir / "elsewhere")
        storage.write_text("no folder")
        said["ready"]["not_ready"] = http.get("/readyz").json()
        return said


def _webhooks(call: Any, receiver: str) -> dict[str, dict[str, Any]]:
    """As asked by somebody whose server is public, which that of the recording is not."""
    create = {"name": "My app", "url": f"{receiver}/ok", "event_types": ["video.completed", "video.failed"]}
    created = {"request": create, "answer": call("POST", "/v1/webhook_endpoints", create)}
    place = f"/v1/webhook_endpoints/{created['answer']['id']}"
    change = {"event_types": ["video.queued", "video.completed", "video.failed"]}
    rotation, trial = {"keep_old_secret_active_for_24_hours": True}, {"event_type": "video.completed"}
    said = {
        "create_webhook_endpoint": created,
        "list_webhook_endpoints": {"answer": call("GET", "/v1/webhook_endpoints")},
        "retrieve_webhook_endpoint": {"answer": call("GET", place)},
        "update_webhook_endpoint": {"request": change, "answer": call("POST", place, change)},
        "rotate_webhook_secret": {"request": rotation, "answer": call("POST", f"{place}/rotate_secret", rotation)},
        "test_webhook_endpoint": {"request": trial, "answer": call("POST", f"{place}/test", trial)},
        "list_webhook_event_types": {"answer": call("GET", "/v1/webhook_event_types")},
    }
    call("POST", "/v1/videos", {"model": MODEL, "prompt": "A lake", "seconds": "1"})
    deadline = time.monotonic() + 60
    while not (found := call("GET", f"{place}/deliveries", limit="1"))["data"] or (
        found["data"][0]["state"] != "delivered"
    ):
        assert time.monotonic() < deadline
        time.sleep(0.2)
    said["list_webhook_deliveries"] = {"answer": found}
    replayed = call("POST", f"{place}/deliveries/{found['data'][0]['id']}/replay")
    said["replay_webhook_delivery"] = {"answer": replayed}
    said["replay_webhook_endpoint"] = {"answer": call("POST", f"{place}/replay")}
    said["delete_webhook_endpoint"] = {"answer": call("DELETE", place)}
    return json.loads(json.dumps(said).replace(receiver, "https://app.example.com"))


def _finished(call: Any, video_id: str) -> dict[str, Any]:
    deadline = time.monotonic() + 120
    while (video := call("GET", f"/v1/videos/{video_id}", wait="10"))["status"] != "completed":
        assert video["status"] != "failed", video
        assert time.monotonic() < deadline
    return video


if __name__ == "__main__":
    sys.exit(main())
