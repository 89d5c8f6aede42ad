"""xAI's service of gRPC in front of the fake of its REST interface, for the official client, which speaks nothing else.

It keeps and knows nothing: each call goes on, with the caller's key, as the REST call of the same meaning, and comes
back as the client's own message, or as the status that stands for the error. Runs where that client is installed.
"""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import grpc
import requests
from google.protobuf.json_format import MessageToDict, ParseDict
from xai_sdk.proto import deferred_pb2, files_pb2, files_pb2_grpc, video_pb2, video_pb2_grpc

CODES = {
    400: grpc.StatusCode.INVALID_ARGUMENT,
    401: grpc.StatusCode.UNAUTHENTICATED,
    403: grpc.StatusCode.PERMISSION_DENIED,
    404: grpc.StatusCode.NOT_FOUND,
    422: grpc.StatusCode.INVALID_ARGUMENT,
    429: grpc.StatusCode.RESOURCE_EXHAUSTED,
    503: grpc.StatusCode.UNAVAILABLE,
}
STATUSES = {
    "pending": deferred_pb2.DeferredStatus.PENDING,
    "done": deferred_pb2.DeferredStatus.DONE,
    "failed": deferred_pb2.DeferredStatus.FAILED,
    "expired": deferred_pb2.DeferredStatus.EXPIRED,
}
# Where a field's value has another form in REST.
IN_REST = {
    "aspect_ratio": lambda name: name.removeprefix("VIDEO_ASPECT_RATIO_").replace("_", ":"),
    "resolution": lambda name: name.removeprefix("VIDEO_RESOLUTION_").lower(),
    "expires_after": int,
    "public_url": lambda options: in_rest(options) or True,
}


class Rest:
    """The REST interface, asked for one call of gRPC."""

    def __init__(self, url: str) -> None:
        self._url = f"{url}/v1"

    def ask(self, context, method: str, path: str, **given) -> dict | None:
        """What is answered; None for an answer without a body. An error ends the call."""
        key = dict(context.invocation_metadata()).get("authorization", "")
        answer = requests.request(method, self._url + path, headers={"Authorization": key}, timeout=30, **given)
        if answer.status_code >= 400:
            error = answer.json()["error"]
            words = error if isinstance(error, str) else error["message"]
            context.abort(CODES.get(answer.status_code, grpc.StatusCode.INTERNAL), words)
        return answer.json() if answer.content else None


class Video(video_pb2_grpc.VideoServicer):
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def GenerateVideo(self, request, context):
        return self._started("edits" if request.HasField("video") else "generations", request, context)

    def ExtendVideo(self, request, context):
        return self._started("extensions", request, context)

    def GetDeferredVideo(self, request, context):
        told = self._rest.ask(context, "GET", f"/videos/{request.request_id}") or {"status": "pending"}
        status = STATUSES.get(told["status"], deferred_pb2.DeferredStatus.INVALID_DEFERRED_STATUS)
        return video_pb2.GetDeferredVideoResponse(status=status, response=as_message(told))

    def _started(self, way: str, request, context):
        body = in_rest(MessageToDict(request, preserving_proto_field_name=True))
        told = self._rest.ask(context, "POST", f"/videos/{way}", json={"prompt": "", **body})
        return deferred_pb2.StartDeferredResponse(request_id=told["request_id"])


class Files(files_pb2_grpc.FilesServicer):
    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    def UploadFile(self, request_iterator, context):
        name = next(request_iterator).init.name
        content = b"".join(chunk.data for chunk in request_iterator)
        told = self._rest.ask(context, "POST", "/files", files={"file": (name, content)})
        return files_pb2.File(id=told["id"], filename=told["filename"], size=told["bytes"])


def in_rest(value):
    """The JSON of a message in the words of REST."""
    if isinstance(value, list):
        return [in_rest(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        "url" if name == "image_url" else name: IN_REST.get(name, in_rest)(each)
        for name, each in value.items()
        if name != "detail"
    }


def as_message(told: dict):
    """A poll's answer as the client's message, which counts whole seconds and tells moments as dates."""
    told = {name: value for name, value in told.items() if name != "status"}
    if "video" in told:
        told["video"] = video = dict(told["video"], duration=round(told["video"]["duration"]))
        if "file_output" in video:
            ends = datetime.fromtimestamp(video["file_output"]["expires_at"], UTC)
            video["file_output"] = dict(video["file_output"], expires_at=ends.isoformat())
    return ParseDict(told, video_pb2.VideoResponse())


@contextlib.contextmanager
def serving(url: str) -> Iterator[str]:
    """Answer on loopback while the block runs, in front of the fake at this URL; host and port.

    To a host of this name the client sends its key without a certificate.
    """
    server, rest = grpc.server(ThreadPoolExecutor(4)), Rest(url)
    video_pb2_grpc.add_VideoServicer_to_server(Video(rest), server)
    files_pb2_grpc.add_FilesServicer_to_server(Files(rest), server)
    port = server.add_secure_port("localhost:0", grpc.local_server_credentials())
    server.start()
    try:
        yield f"localhost:{port}"
    finally:
        server.stop(0).wait()
