"""The life of fal's jobs: how far they are, how they end, and what is told of them."""

from __future__ import annotations

import time
import uuid
from collections.abc import Mapping
from typing import Any, Literal

from starlette.requests import Request

from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob
from mutoscope.testing.upstreams.fal.answers import at, moment
from mutoscope.testing.upstreams.fal.endpoints import SORA, Endpoint
from mutoscope.testing.upstreams.fal.storage import FalStorage
from mutoscope.testing.upstreams.mishaps import Mishap

ENDED = ("done", "failed", "cancelled")


class FalJobs(FalStorage):
    """What `more` of a job holds: the state last told, whether it has started and by when it must, what is wrong with
    its input, its other id, its webhook's address, and the link to its result.
    """

    endpoints: Mapping[str, Endpoint]
    cancelled_as: Literal["error", "gone"]
    failed_as: tuple[int, str]
    running_at_once: int
    payload_is_lost: bool

    def webhook_body(self, job: FakeJob) -> dict[str, Any]:
        """What is told of an ended job."""
        status, output = self._output(job)
        said = {"request_id": job.id, "gateway_request_id": job.more["gateway"], "payload": output}
        if status != 200:
            return {**said, "status": "ERROR", "error": f"Invalid status code: {status}"}
        if self.payload_is_lost:
            return {**said, "status": "OK", "payload": None, "payload_error": "The payload could not be serialized"}
        return {**said, "status": "OK"}

    def _asked_for(self, request: Request) -> FakeJob | None:
        """The job at this address, which holds only the first parts of its model's id."""
        job = self.jobs.get(request.path_params["id"])
        if job is None or not request.url.path.startswith(f"/{_application(job.model)}/requests/"):
            return None
        return None if job.cancelled and self.cancelled_as == "gone" else job

    def _addresses(self, job: FakeJob) -> dict[str, str]:
        address = f"{self.url}/{_application(job.model)}/requests/{job.id}"
        return {"response_url": address, "status_url": f"{address}/status", "cancel_url": f"{address}/cancel"}

    def _position(self, job: FakeJob) -> int:
        """How many others wait that came before."""
        ahead = [each for each in self.jobs.values() if each.began < job.began and not each.more["started"]]
        return sum(not each.cancelled and each.more["state"] not in ENDED for each in ahead)

    def _state_of(self, job: FakeJob, logs: bool) -> dict[str, Any]:
        """Count a poll, and tell the status."""
        state = job.more["state"] = self._advance(job)
        said = {"request_id": job.id, **self._addresses(job)}
        if state == "queued":
            return {"status": "IN_QUEUE", "queue_position": self._position(job), **said}
        line = {"message": "Generating", "level": "INFO", "source": "USER", "timestamp": moment()}
        said |= {"logs": [line] if logs else None}
        if state == "running":
            return {"status": "IN_PROGRESS", **said}
        said |= {"status": "COMPLETED", "metrics": {"inference_time": job.seconds}}
        if state == "done" or not (job.cancelled or job.more.get("is_told")):
            return said
        message, kind = self._failure_of(job)
        return {**said, "error": message, "error_type": kind}

    def _advance(self, job: FakeJob) -> str:
        state = self.asked_about(job)
        if state != "cancelled" and not job.more["started"]:
            at_work = [each for each in self.jobs.values() if each.more["started"] and each.more["state"] not in ENDED]
            if state != "queued" and len(at_work) >= self.running_at_once:
                job.polls, state = self.polls_queued, "queued"
            if state == "queued" and time.time() > job.more["start_by"]:
                job.failure, job.more["too_late"], job.more["is_told"] = Mishap.FAILED, True, True
                self._end(job)
                return "failed"
            job.more["started"] = state != "queued"
        return "failed" if state == "done" and job.more["problem"] else state

    def _end(self, job: FakeJob) -> None:
        job.polls = max(job.polls, self.polls_queued + self.polls_running)
        job.began = min(job.began, time.time() - self.work_seconds)
        failed = job.failure is not None or job.more["problem"]
        job.more |= {"started": True, "state": "cancelled" if job.cancelled else "failed" if failed else "done"}

    def _spoil(self, job: FakeJob, mishap: Mishap | None, is_told: bool) -> None:
        """The job has ended, not as it should, and stays so. is_told: by its status, not only by its result."""
        match mishap:
            case Mishap.FAILED | Mishap.FAILED_BY_MODERATION | Mishap.MODERATED:
                job.failure = Mishap.FAILED if mishap is Mishap.FAILED else Mishap.FAILED_BY_MODERATION
                job.more["is_told"] = is_told
            case Mishap.NO_ASSET:
                job.more["no_asset"] = True
            case Mishap.EXPIRED_LINK:
                job.more["link"] = self.expired_link()
            case Mishap.PRIVATE_LINK:
                job.more["link"] = PRIVATE_URL
            case _:
                return
        self._end(job)

    def _failure_of(self, job: FakeJob) -> tuple[str, str]:
        """Message and type."""
        if job.cancelled:
            return "The request was cancelled", "request_cancelled"
        if job.more.get("too_late"):
            return "The request did not start in time", "request_timeout"
        if job.more["problem"]:
            return job.more["problem"][0]["msg"], job.more["problem"][0]["type"]
        if job.failure is Mishap.FAILED_BY_MODERATION:
            problem = self.moderation("prompt")[1]
            return problem[0]["msg"], problem[0]["type"]
        return "The generation failed", self.failed_as[1]

    def _output(self, job: FakeJob) -> tuple[int, dict[str, Any]]:
        """HTTP status and body of an ended job's result."""
        message, kind = self._failure_of(job)
        if job.cancelled or job.more.get("too_late"):
            return (499 if job.cancelled else 504), {"detail": message, "error_type": kind}
        if job.more["problem"]:
            return 422, {"detail": job.more["problem"]}
        if job.failure is Mishap.FAILED_BY_MODERATION:
            return self.moderated_as[0], {"detail": self.moderation("prompt")[1]}
        if job.failure is not None:
            return self.failed_as[0], {"detail": at("", message, kind)}
        said: dict[str, Any] = {"video": None if job.more.get("no_asset") else self._file_of(job)}
        if "seed" in self.endpoints[job.model].fields:
            said["seed"] = job.asked.get("seed", job.badge)
        if job.model in SORA:
            said["video_id"] = job.more.setdefault("video_id", f"video_{uuid.uuid4().hex}")
        return 200, said

    def _file_of(self, job: FakeJob) -> dict[str, Any]:
        content = self.clip(job)
        if "link" not in job.more:
            job.more["link"] = self.link(content)
        told_of = {"content_type": "video/mp4", "file_name": "output.mp4", "file_size": len(content)}
        return {"url": job.more["link"], **told_of}


def _application(model: str) -> str:
    """The part of a model's id that addresses of its jobs hold."""
    parts = model.split("/")
    return "/".join(parts[: 3 if parts[0] in ("workflows", "comfy") else 2])
