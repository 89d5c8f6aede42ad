"""How OpenAI reads a request for a clip, as strict as its schema."""

from __future__ import annotations

import io
from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING, ClassVar

from av.error import FFmpegError
from PIL import Image

from mutoscope.domain.video import Size
from mutoscope.testing.upstreams import film
from mutoscope.testing.upstreams.fake import FakeJob, SourceUnusable
from mutoscope.testing.upstreams.openai_compatible.forms import Fields, Upload
from mutoscope.testing.upstreams.openai_compatible.order import Order, Refusal

if TYPE_CHECKING:
    from mutoscope.testing.upstreams.openai_compatible.fake import FakeOpenAICompatible

PROMPT_MAX_CHARACTERS = 32_000
IMAGE_URL_MAX_CHARACTERS = 20_971_520
NAME_MAX_CHARACTERS = 80
EXTENSIONS_MAX, EXTENDED_MAX_SECONDS = 6, 120
_SMALL = ("720x1280", "1280x720")
_LARGE = (*_SMALL, "1024x1792", "1792x1024", "1080x1920", "1920x1080")


class Reading:
    """Turns fields into orders, or refuses them; holds no state of its own.

    models: accepted names, the default first; empty for any. is_strict: whether an unknown field is refused.
    """

    models: ClassVar[tuple[str, ...]] = (
        "sora-2",
        "sora-2-pro",
        "sora-2-2025-10-06",
        "sora-2-pro-2025-10-06",
        "sora-2-2025-12-08",
    )
    lengths: ClassVar[tuple[str, ...]] = ("4", "8", "12")
    added_lengths: ClassVar[tuple[str, ...]] = ("4", "8", "12", "16", "20")
    default_size: ClassVar[str] = "720x1280"
    limits: ClassVar[tuple[int, int, int | None]] = (0, 100, 20)  # of a page: least, most, default
    is_strict: ClassVar[bool] = True
    model_is_required: ClassVar[bool] = False

    def __init__(self, fake: FakeOpenAICompatible) -> None:
        self.fake = fake

    def shown_id(self, job: FakeJob) -> str:
        """The id of a job as this answer tells it."""
        return job.id

    async def create(self, fields: Fields, is_form: bool) -> Order:
        self.check_known(fields, ("prompt", "model", "seconds", "size", "input_reference", "characters"))
        model = self.model(fields)
        seconds = self.seconds(fields, (self.fake.lengths or self.lengths), default="4")
        size = self.size(fields, model)
        order = Order("create", model, self.prompt(fields), size, seconds)
        if (reference := fields.get("input_reference")) is not None:
            order.kind, order.badge = "frame", await self.first_frame(reference, size)
        if (characters := fields.get("characters")) is not None:
            order.kind, order.badge = "reference", self.cast(characters, order.prompt)
        return order

    def remix(self, source: FakeJob, fields: Fields) -> Order:
        self.check_known(fields, ("prompt",))
        return self.of_source("native", source, self.prompt(fields))

    async def edit(self, fields: Fields) -> Order:
        self.check_known(fields, ("prompt", "video", "model"))
        prompt = self.prompt(fields)
        source = self.source(fields)
        if isinstance(source, FakeJob):
            return self.of_source("edit", source, prompt)
        if self.fake.upload_needs_model and "model" not in fields:
            raise Refusal(400, "Missing required parameter: 'model'.", param="model", code="missing_required_parameter")
        return self.of_upload("edit", source, self.model(fields), prompt)

    async def extend(self, fields: Fields) -> Order:
        self.check_known(fields, ("prompt", "video", "seconds"))
        prompt = self.prompt(fields)
        if "seconds" not in fields:
            raise self.lacking("seconds")
        added = self.seconds(fields, self.added_lengths, default="")
        source = self.source(fields)
        if isinstance(source, FakeJob):
            order = self.of_source("extend", source, prompt)
            order.more["extensions"] = source.more.get("extensions", 0) + 1
        else:
            order = self.of_upload("extend", source, self.models[0] if self.models else "sora-2", prompt)
        order.seconds += added
        if order.more.get("extensions", 1) > EXTENSIONS_MAX or order.seconds > EXTENDED_MAX_SECONDS:
            raise Refusal(400, "The video cannot be extended any further.", param="video", code="invalid_value")
        return order

    def character(self, fields: Fields) -> tuple[str, bytes]:
        """Name and clip of a character to be made."""
        self.check_known(fields, ("name", "video"))
        name, video = fields.get("name"), fields.get("video")
        if not name:
            raise self.lacking("name")
        if not isinstance(name, str) or len(name) > NAME_MAX_CHARACTERS:
            raise Refusal(400, "Invalid 'name'.", param="name", code="string_above_max_length")
        if not isinstance(video, Upload):
            raise self.lacking("video")
        self.measure(video.data)
        return name, video.data

    def check_known(self, fields: Fields, known: Iterable[str]) -> None:
        if self.is_strict and (unknown := next(iter(sorted(set(fields) - set(known))), None)) is not None:
            raise Refusal(400, f"Unknown parameter: '{unknown}'.", param=unknown, code="unknown_parameter")

    def lacking(self, name: str) -> Refusal:
        return Refusal(400, f"Missing required parameter: '{name}'.", param=name, code="missing_required_parameter")

    def not_among(self, param: str, value: object, allowed: Collection[str]) -> Refusal:
        *most, last = [f"'{each}'" for each in allowed]
        values = f"{', '.join(most)}, and {last}" if most else last
        message = f"Invalid value: '{value}'. Supported values are: {values}."
        return Refusal(400, message, param=param, code="invalid_value")

    def wrong_type(self, param: str, wanted: str, value: object) -> Refusal:
        got = type(value).__name__
        message = f"Invalid type for '{param}': expected {wanted}, but got {got} instead."
        return Refusal(400, message, param=param, code="invalid_type")

    def limit(self, text: str | None) -> int | None:
        """How many videos a page has; None for all."""
        least, most, default = self.limits
        if text is None:
            return default
        if not text.isdecimal() or not least <= int(text) <= most:
            raise self.wrong_limit(text, least, most)
        return int(text)

    def wrong_limit(self, text: str, least: int, most: int) -> Refusal:
        message = f"Invalid 'limit': '{text}'. Expected an integer from {least} to {most}."
        return Refusal(400, message, param="limit", code="invalid_value")

    def prompt(self, fields: Fields) -> str:
        prompt = fields.get("prompt")
        if prompt is None:
            raise self.lacking("prompt")
        if not isinstance(prompt, str):
            raise self.wrong_type("prompt", "a string", prompt)
        if not prompt:
            raise Refusal(400, "Invalid 'prompt': empty string.", param="prompt", code="empty_string")
        if len(prompt) > PROMPT_MAX_CHARACTERS:
            message = f"Invalid 'prompt': string too long. Expected at most {PROMPT_MAX_CHARACTERS} characters."
            raise Refusal(400, message, param="prompt", code="string_above_max_length")
        return prompt

    def model(self, fields: Fields) -> str:
        known = self.fake.models if self.fake.models is not None else self.models
        model = fields.get("model")
        if model is None:
            if self.model_is_required:
                raise self.lacking("model")
            return known[0] if known else "sora-2"
        if not isinstance(model, str):
            raise self.wrong_type("model", "a string", model)
        if known and model not in known:
            raise self.no_model(model)
        return model

    def no_model(self, model: str) -> Refusal:
        return Refusal(400, f"The model '{model}' does not exist.", param="model", code="model_not_found")

    def seconds(self, fields: Fields, allowed: Collection[str], default: str) -> float:
        seconds = fields.get("seconds", default)
        if not isinstance(seconds, str):
            raise self.wrong_type("seconds", f"one of {', '.join(allowed)} as a string", seconds)
        if seconds not in allowed:
            raise self.not_among("seconds", seconds, allowed)
        return float(seconds)

    def sizes(self, model: str) -> Collection[str]:
        return _LARGE if "pro" in model else _SMALL

    def size(self, fields: Fields, model: str) -> Size:
        text = fields.get("size", self.default_size)
        if not isinstance(text, str):
            raise self.wrong_type("size", "a string", text)
        size = Size.parse(text)
        if size is None or text not in self.sizes(model):
            raise self.not_among("size", text, self.sizes(model))
        return size

    async def first_frame(self, reference: object, size: Size) -> int:
        """The badge of a picture that has the clip's size to the pixel."""
        data = await self.reference_bytes(reference)
        try:
            with Image.open(io.BytesIO(data)) as image:
                found, kind = Size(*image.size), image.format
        except OSError:
            raise Refusal(400, "Invalid image file.", param="input_reference", code="invalid_value") from None
        if kind not in ("JPEG", "PNG", "WEBP"):
            raise Refusal(400, f"Unsupported image: {kind}.", param="input_reference", code="invalid_value")
        if found != size:
            message = "Inpaint image must match the requested width and height"
            raise Refusal(400, message, param="input_reference")
        return self.fake.badge_in_bytes(data)

    async def reference_bytes(self, reference: object) -> bytes:
        if isinstance(reference, Upload):
            return reference.data
        if not isinstance(reference, dict):
            raise self.wrong_type("input_reference", "a file or an object", reference)
        self.check_known(reference, ("image_url", "file_id"))
        if len({"image_url", "file_id"} & set(reference)) != 1:
            message = "Exactly one of 'image_url' and 'file_id' is needed."
            raise Refusal(400, message, param="input_reference")
        if "file_id" in reference:
            raise Refusal(400, "No such File object.", param="input_reference.file_id", code="invalid_value")
        url = reference["image_url"]
        if not isinstance(url, str) or len(url) > IMAGE_URL_MAX_CHARACTERS:
            raise Refusal(400, "Invalid 'image_url'.", param="input_reference.image_url", code="invalid_value")
        try:
            return await self.fake.fetch(url)
        except (SourceUnusable, ValueError) as error:
            message = f"Could not download the image: {error}"
            raise Refusal(400, message, param="input_reference.image_url", code="invalid_value") from None

    def cast(self, characters: object, prompt: str) -> int:
        """The badge of the first of at most two characters, each named in the prompt."""
        ids = [each.get("id") for each in characters if isinstance(each, dict)] if isinstance(characters, list) else []
        known = [self.fake.characters.get(str(each)) for each in ids]
        if not 1 <= len(ids) <= 2 or not all(each is not None and each[0] in prompt for each in known):
            raise Refusal(400, "Invalid 'characters'.", param="characters", code="invalid_value")
        return self.fake.badge_in_bytes(self.fake.uploads[str(ids[0])])

    def source(self, fields: Fields) -> FakeJob | Upload:
        video = fields.get("video")
        if isinstance(video, Upload):
            return video
        if video is None:
            raise self.lacking("video")
        if not isinstance(video, dict) or set(video) != {"id"} or not isinstance(video["id"], str):
            raise self.wrong_type("video", "a file or an object with an id", video)
        return self.fake.completed(video["id"])

    def of_source(self, kind: str, source: FakeJob, prompt: str) -> Order:
        more = {"remixed_from": self.shown_id(source)}
        return Order(kind, source.model, prompt, source.size, source.seconds, source.badge, source.id, more)

    def of_upload(self, kind: str, upload: Upload, model: str, prompt: str) -> Order:
        size, seconds = self.measure(upload.data)
        return Order(kind, model, prompt, size, seconds, self.fake.badge_in_bytes(upload.data))

    def measure(self, data: bytes) -> tuple[Size, float]:
        try:
            size, seconds = film.measures(data)
        except (FFmpegError, OSError, ValueError, IndexError):
            raise Refusal(400, "The video file could not be read.", param="video", code="invalid_value") from None
        return size, seconds
