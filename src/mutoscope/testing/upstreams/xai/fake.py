"""xAI's Grok Imagine video, as its REST interface is documented: generations, edits, extensions, and one poll."""

from __future__ import annotations

import io
import time
import uuid
from collections import deque
from collections.abc import Collection
from typing import Any, ClassVar

import msgspec
from av.error import FFmpegError
from PIL import Image
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import PRIVATE_URL, FakeJob, FakeUpstream, SourceUnusable
from mutoscope.testing.upstreams.mishaps import PLAYED_BY_ALL, Mishap, Stage
from mutoscope.testing.upstreams.sources import sound_in
from mutoscope.testing.upstreams.xai.asked import (
    EDITED_SECONDS,
    EXTENDED_SECONDS,
    KEPT_SECONDS,
    PRICE_OF_A_PICTURE,
    PRICES,
    SHORT_SIDES,
    TICKS_OF_A_DOLLAR,
    V1_5,
    A,
    Asked,
    Edit,
    Extension,
    Generation,
    Source,
    Storage,
    check,
    read,
)
from mutoscope.testing.upstreams.xai.errors import ErrorShape, Refused, refusal

PLAYED_AT: dict[Stage, frozenset[Mishap]] = {
    Stage.SUBMIT: frozenset({Mishap.MODERATED, Mishap.SOURCE_REFUSED}),
    Stage.POLL: frozenset(
        {
            Mishap.UNKNOWN_WORD,
            Mishap.NO_ASSET,
            Mishap.FAILED,
            Mishap.FAILED_BY_MODERATION,
            Mishap.EXPIRED_LINK,
            Mishap.PRIVATE_LINK,
        }
    ),
    Stage.DOWNLOAD: frozenset({Mishap.EXPIRED_LINK}),
}


class FakeXai(FakeUpstream):
    """One xAI account. The base URL for clients is `url` + "/v1"; nothing is listed, cancelled or called back.

    Polls answer 202 while a job runs, at first with no body at all; every poll of a finished job names the same link,
    and nothing renews it. No Retry-After is documented, so SLOW_DOWN has none. What is not documented is not played:
    errors under a 200 at submission, and 429s that no waiting mends. Other mishaps of `play` last as long as the job,
    except UNKNOWN_WORD.

    moderation_status: of the refusal of a prompt. no_credit_status: of the refusal of an empty account.
    requests_per_minute: more submissions than these get 429; None is no limit. error_shape: of all errors; None takes
    each of the three for some statuses. moderated_has_url: whether a result that fails moderation names a file all the
    same. edits_take: fields of generations that edits and extensions take, of "storage_options" and "user".
    video_data_urls: whether a source clip may be a data URL. whole_extension: whether the result of an extension begins
    with its source. default_seconds, default_added: of a generation, and of an extension, that names no duration.
    """

    name: ClassVar[str] = "xai"
    # Answers under a 200 are results, and what the account has used up is told otherwise.
    unplayed: ClassVar[frozenset[Mishap]] = frozenset(Mishap) - PLAYED_BY_ALL - frozenset().union(*PLAYED_AT.values())

    def __init__(
        self,
        *,
        moderation_status: int = 400,
        no_credit_status: int = 403,
        requests_per_minute: int | None = 60,
        error_shape: ErrorShape | None = None,
        moderated_has_url: bool = True,
        edits_take: Collection[str] = ("storage_options",),
        video_data_urls: bool = True,
        whole_extension: bool = True,
        default_seconds: int = 8,
        default_added: int = 6,
        **base: Any,
    ) -> None:
        super().__init__(**base)
        self.moderation_status, self.no_credit_status = moderation_status, no_credit_status
        self.requests_per_minute, self.error_shape = requests_per_minute, error_shape
        self.moderated_has_url, self.edits_take = moderated_has_url, frozenset(edits_take)
        self.video_data_urls, self.whole_extension = video_data_urls, whole_extension
        self.default_seconds, self.default_added = default_seconds, default_added
        self.storage_error: str | None = None  # why nothing can be stored, while it is so
        self._stored: dict[str, tuple[bytes, float]] = {}  # file_id: content, and when it ends
        self._submitted: deque[float] = deque()

    def routes(self) -> list[BaseRoute]:
        return [
            self.route("/v1/videos/generations", Stage.SUBMIT, self._generate, ["POST"]),
            self.route("/v1/videos/edits", Stage.SUBMIT, self._edit, ["POST"]),
            self.route("/v1/videos/extensions", Stage.SUBMIT, self._extend, ["POST"]),
            self.route("/v1/files", Stage.UPLOAD, self._upload, ["POST"]),
            self.route("/v1/videos/{request_id}", Stage.POLL, self._poll, ["GET"]),
        ]

    def play(self, stage: Stage, *mishaps: Mishap) -> None:
        for mishap in mishaps:
            if mishap not in PLAYED_BY_ALL | PLAYED_AT.get(stage, frozenset()):
                raise ValueError(f"xai plays no {mishap} at {stage}")
        super().play(stage, *mishaps)

    def expire_jobs(self) -> None:
        """All jobs so far are told as expired from now on."""
        for job in self.jobs.values():
            job.more["expired"] = True

    def expire_stored(self) -> None:
        """All files kept by `storage_options` are gone."""
        self._stored.clear()

    def error(self, mishap: Mishap, stage: Stage) -> Response:
        status, message = {
            Mishap.UNAUTHORIZED: (401, "Incorrect API key provided."),
            Mishap.NO_CREDIT: (self.no_credit_status, "Your team has used all available credits."),
            Mishap.NOT_FOUND: (404, "The requested resource was not found."),
            Mishap.REJECTED: (400, "Client specified an invalid argument."),
            Mishap.SLOW_DOWN: (429, "Too many requests."),
            Mishap.SLOW_DOWN_BARE: (429, "Too many requests."),
            Mishap.BROKEN: (500, "Internal error."),
            Mishap.UNAVAILABLE: (503, "The service is currently unavailable."),
        }[mishap]
        return refusal(Refused(status, message), self.error_shape)

    # Submission.

    async def _generate(self, request: Request, mishap: Mishap | None) -> Response:
        return await self._submit(request, mishap, Generation, self._generation)

    async def _edit(self, request: Request, mishap: Mishap | None) -> Response:
        return await self._submit(request, mishap, Edit, self._edited)

    async def _extend(self, request: Request, mishap: Mishap | None) -> Response:
        return await self._submit(request, mishap, Extension, self._extended)

    async def _submit(self, request: Request, mishap: Mishap | None, kind: type[A], make: Any) -> Response:
        try:
            self._count()
            body = await request.body()
            asked = read(body, kind, self.edits_take)
            if mishap is Mishap.MODERATED:
                raise Refused(self.moderation_status, "The prompt was rejected by content moderation.", "prompt")
            if mishap is Mishap.SOURCE_REFUSED:
                raise Refused(400, "The source media is not accepted.", "image" if kind is Generation else "video")
            job = await make(asked)
        except Refused as refused:
            return refusal(refused, self.error_shape)
        job.asked = msgspec.json.decode(body)
        job.more["storage"] = asked.storage_options
        self.accept(job)
        return JSONResponse({"request_id": job.id})

    def _count(self) -> None:
        now = time.monotonic()
        while self._submitted and self._submitted[0] < now - 60:
            self._submitted.popleft()
        if self.requests_per_minute is not None and len(self._submitted) >= self.requests_per_minute:
            raise Refused(429, "Too many requests.")
        self._submitted.append(now)

    async def _generation(self, asked: Generation) -> FakeJob:
        check(asked, self.default_seconds)
        pictures = [(asked.image, "image"), (asked.last_frame, "last_frame")]
        pictures += [(keyframe.image, "keyframes") for keyframe in asked.keyframes or ()]
        pictures += [(one, "reference_images") for one in asked.reference_images or ()]
        given = [await self._picture(source, param) for source, param in pictures if source is not None]
        kind = "reference" if asked.reference_images else "frame" if given else "create"
        short = SHORT_SIDES[asked.resolution or "480p"]
        if asked.aspect_ratio is None and asked.image is not None:
            size = _with_short_side(Size(*Image.open(io.BytesIO(given[0])).size), short)
        else:
            width, height = map(int, (asked.aspect_ratio or "16:9").split(":"))
            size = _with_short_side(Size(width, height), short)
        job = self._job(kind, asked, size, asked.duration or self.default_seconds)
        if given:
            job.badge = self.badge_in_bytes(given[0])
        if asked.last_frame is not None:  # which stands behind the first one, where there is one
            job.ending = self.badge_in_bytes(given[0 if asked.image is None else 1])
        job.more["pictures"] = len(given)
        sounds = [Source(url=one.url) for one in asked.reference_audios or () if one.voice_id is None]
        job.more["sounds"] = [await self._sound(sound) for sound in sounds]
        return job

    async def _edited(self, asked: Edit) -> FakeJob:
        source, size, seconds = await self._video(asked.video)
        if seconds > EDITED_SECONDS:
            raise Refused(400, f"The video is {seconds:.2f} s long; the maximum is {EDITED_SECONDS} s.", "video")
        return self._job("edit", asked, _with_short_side(size, min(720, size.width, size.height)), seconds, source)

    async def _extended(self, asked: Extension) -> FakeJob:
        source, size, seconds = await self._video(asked.video)
        if not EXTENDED_SECONDS[0] <= seconds <= EXTENDED_SECONDS[1]:
            raise Refused(400, f"The video is {seconds:.2f} s long; it must have 2 to 15 s.", "video")
        more = asked.duration or self.default_added
        size = _with_short_side(size, min(720, size.width, size.height))
        return self._job("extend", asked, size, seconds + more if self.whole_extension else more, source)

    def _job(self, kind: str, asked: Asked, size: Size, seconds: float, source: bytes | None = None) -> FakeJob:
        job = FakeJob(str(uuid.uuid4()), kind, asked.model, asked.prompt, {}, size, seconds)
        if source is not None:
            job.badge = self.badge_in_bytes(source)
        return job

    async def _video(self, source: Source) -> tuple[bytes, Size, float]:
        if source.url is not None and source.url.startswith("data:") and not self.video_data_urls:
            raise Refused(400, "The video must be given by an http(s) URL or a file_id.", "video")
        data = await self._content(source, "video")
        try:
            if data[4:8] != b"ftyp":
                raise ValueError
            return data, *film.measures(data)
        except (FFmpegError, OSError, ValueError, IndexError):
            raise Refused(400, "The video is not a valid MP4.", "video") from None

    async def _picture(self, source: Source, param: str) -> bytes:
        data = await self._content(source, param)
        try:
            Image.open(io.BytesIO(data))
        except OSError:
            raise Refused(400, "The image cannot be read.", param) from None
        return data

    async def _sound(self, source: Source) -> float:
        try:
            return sound_in(await self._content(source, "reference_audios"))
        except SourceUnusable:
            raise Refused(400, "The audio cannot be read.", "reference_audios") from None

    async def _content(self, source: Source, param: str) -> bytes:
        if (source.url is None) == (source.file_id is None):
            raise Refused(422, f"{param} has either url or file_id", param)
        if source.file_id is not None:
            content, ends = self._stored.get(source.file_id, (b"", 0.0))
            if ends < time.time():
                raise Refused(404, f"The file {source.file_id} was not found.", param)
            return content
        try:
            return await self.fetch(source.url or "")
        except (SourceUnusable, ValueError) as error:
            raise Refused(400, f"The {param} cannot be fetched: {error}", param) from None

    # Files.

    async def _upload(self, request: Request, mishap: Mishap | None) -> Response:
        """Keep what is uploaded. Of this route only that it exists is documented; its form is that of OpenAI's [U]."""
        async with request.form() as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                return refusal(Refused(422, "file is required", "file"), self.error_shape)
            content, name = await file.read(), file.filename
        file_id = self._keep(content, time.time() + KEPT_SECONDS)
        return JSONResponse({"id": file_id, "object": "file", "bytes": len(content), "filename": name})

    # Polls.

    async def _poll(self, request: Request, mishap: Mishap | None) -> Response:
        job = self.jobs.get(request.path_params["request_id"])
        if job is None:
            return self.error(Mishap.NOT_FOUND, Stage.POLL)
        if mishap is Mishap.UNKNOWN_WORD:
            return JSONResponse({"status": "finalizing", "progress": 99, "model": job.model})
        if mishap is not None and ("video" not in job.more or mishap in (Mishap.EXPIRED_LINK, Mishap.PRIVATE_LINK)):
            job.failure = mishap
        if job.more.get("expired"):
            return self._ended(job, "expired", error=("expired", "The request has expired."))
        state = self.asked_about(job)
        if state in ("queued", "running"):
            return Response(status_code=202) if job.polls == 1 else self._pending(job, state)
        if state == "failed" and job.failure is Mishap.FAILED:
            return self._ended(job, "failed", error=("internal_error", "Video generation failed."))
        if "video" not in job.more or mishap is not None:
            job.more["video"] = self._result(job)
        return self._ended(job, "done", video=job.more["video"])

    def _pending(self, job: FakeJob, state: str) -> Response:
        part = (job.polls - self.polls_queued) / (self.polls_running + 1)
        progress = 0 if state == "queued" else min(99, max(1, round(100 * part)))
        return JSONResponse({"status": "pending", "progress": progress}, 202)

    def _ended(
        self, job: FakeJob, status: str, *, video: Any = None, error: tuple[str, str] | None = None
    ) -> JSONResponse:
        answer: dict[str, Any] = {"status": status, "model": job.model}
        if video is not None:
            short = next(side for side in PRICES[V1_5] if side >= min(job.size.width, job.size.height))
            prices = PRICES[job.model]
            price = job.seconds * prices.get(short, prices[720]) + job.more.get("pictures", 0) * PRICE_OF_A_PICTURE
            answer |= {"progress": 100, "video": video}
            answer["usage"] = {"cost_in_usd_ticks": round(price * TICKS_OF_A_DOLLAR)}
        if error is not None:
            answer["error"] = {"code": error[0], "message": error[1]}
        return JSONResponse(answer)

    def _result(self, job: FakeJob) -> dict[str, Any]:
        kept: dict[str, Any] = {"duration": job.seconds, "respect_moderation": True}
        match job.failure:
            case Mishap.NO_ASSET:
                return kept
            case Mishap.FAILED_BY_MODERATION:
                kept["respect_moderation"] = False
                return kept | ({"url": self.link(self.clip(job))} if self.moderated_has_url else {})
            case Mishap.EXPIRED_LINK:
                return kept | {"url": self.expired_link()}
            case Mishap.PRIVATE_LINK:
                return kept | {"url": PRIVATE_URL}
        content = self.clip(job)
        return {"url": self.link(content), **kept, **self._store(job, content)}

    def _store(self, job: FakeJob, content: bytes) -> dict[str, Any]:
        """What the result says of the file that it was asked to keep."""
        wanted: Storage | None = job.more["storage"]
        if wanted is None:
            return {}
        if self.storage_error is not None:
            return {"storage_error": self.storage_error}
        ends = time.time() + wanted.expires_after
        file_id = self._keep(content, ends)
        kept = {"file_id": file_id, "filename": wanted.filename or f"{job.id}.mp4", "expires_at": int(ends)}
        return {"file_output": kept | ({"public_url": self.link(content)} if wanted.public_url else {})}

    def _keep(self, content: bytes, ends: float) -> str:
        """The id of a file that is kept until then."""
        file_id = f"file_{uuid.uuid4()}"
        self._stored[file_id] = (content, ends)
        return file_id


def _with_short_side(shape: Size, short: int) -> Size:
    """A picture of this shape, its shorter side so long, both sides even."""
    scale = short / min(shape.width, shape.height)
    return Size(round(shape.width * scale / 2) * 2, round(shape.height * scale / 2) * 2)
