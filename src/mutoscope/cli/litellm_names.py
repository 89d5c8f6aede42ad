"""LiteLLM's words for video services, and ours; of its release 1.110, where their mode is "video_generation"."""

from __future__ import annotations

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Kind:
    """One of LiteLLM's providers as we have it.

    adapter: ours. variable: where LiteLLM looks for the key where the file names none. dialect: of the adapter
    `openai_compatible`, whose servers are told by address. path: what our base URL has behind LiteLLM's address.
    """

    adapter: str
    variable: str = ""
    dialect: str = ""
    path: str = ""


KINDS = {
    "openai": Kind("openai_compatible", "OPENAI_API_KEY", "openai"),
    "hosted_vllm": Kind("openai_compatible", "", "vllm_omni"),
    "litellm_proxy": Kind("openai_compatible", "LITELLM_PROXY_API_KEY", "litellm"),
    "azure": Kind("openai_compatible", "AZURE_API_KEY", "azure", "/openai/v1"),
    "runwayml": Kind("runway", "RUNWAYML_API_SECRET"),
    "xai": Kind("xai", "XAI_API_KEY"),
    "gemini": Kind("gemini_omni", "GEMINI_API_KEY"),
    "fal_ai": Kind("fal", "FAL_AI_API_KEY"),
    "volcengine": Kind("seedance", "ARK_API_KEY"),
}

# Names of what makes videos, for entries that do not say what they are for.
_VIDEO = re.compile(
    r"sora|\bveo|veo-|video|gen[34]|aleph|kling|seedance|\bwan|t2v|i2v|r2v|ltx|hunyuan|mochi|happyhorse|luma|ray-?\d|minimax.h\d",
    re.IGNORECASE,
)


def is_video(mode: str | None, model: str) -> bool:
    """Whether an entry makes videos: as it says, or else as its model is called."""
    return mode == "video_generation" if mode else _VIDEO.search(model) is not None


# What stands behind a known model's name at LiteLLM, for which we have one name.
_WAYS = re.compile(r"/(text|image|reference|video)-to-video$")


def known_as(upstream: str, known: dict[str, str]) -> str | None:
    """Our name of a model that LiteLLM calls `upstream`. known: our names by the upstreams' own."""
    return known.get(upstream) or known.get(_WAYS.sub("", upstream))
