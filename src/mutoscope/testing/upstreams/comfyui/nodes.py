"""The nodes that the fake server has: their inputs, as its validation and `/object_info` know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

# The model files on the server's disk, by folder.
MODELS: Mapping[str, tuple[str, ...]] = {
    "checkpoints": ("ltxv-13b-0.9.8-dev.safetensors",),
    "diffusion_models": (
        "wan2.1_vace_14B_fp16.safetensors",
        "wan2.2_t2v_high_noise_14B_fp8_scaled.safetensors",
        "wan2.2_t2v_low_noise_14B_fp8_scaled.safetensors",
        "wan2.2_i2v_high_noise_14B_fp8_scaled.safetensors",
        "wan2.2_i2v_low_noise_14B_fp8_scaled.safetensors",
    ),
    "text_encoders": ("umt5_xxl_fp8_e4m3fn_scaled.safetensors",),
    "vae": ("wan_2.1_vae.safetensors",),
}
SAMPLERS = ("euler", "euler_ancestral", "heun", "dpmpp_2m", "dpmpp_2m_sde", "lcm", "ddim", "uni_pc", "res_multistep")
SCHEDULERS = ("simple", "sgm_uniform", "karras", "exponential", "ddim_uniform", "beta", "normal", "linear_quadratic")
STEPS = 10_000


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a node.

    type: "INT", "FLOAT", "STRING", "BOOLEAN", "COMBO", or the type of a link. low, high: of a number. choices: of a
    combo; folder: the model folder that gives them. file: the name of an uploaded file, which must exist.
    """

    type: str
    low: float | None = None
    high: float | None = None
    choices: tuple[str, ...] = ()
    folder: str = ""
    file: bool = False


@dataclass(frozen=True, slots=True)
class Node:
    """A class of nodes. saves: whether it is an output node, one for the sake of which a graph is run."""

    required: Mapping[str, Input]
    outputs: tuple[str, ...] = ()
    optional: Mapping[str, Input] = field(default_factory=dict)
    saves: bool = False

    def told(self, name: str, models: Mapping[str, tuple[str, ...]]) -> dict[str, Any]:
        """The entry of `/object_info`."""
        parts = {"required": self.required, "optional": self.optional}
        return {
            "input": {part: {key: _told(one, models) for key, one in inputs.items()} for part, inputs in parts.items()},
            "input_order": {part: list(inputs) for part, inputs in parts.items()},
            "output": list(self.outputs),
            "output_is_list": [False] * len(self.outputs),
            "output_name": list(self.outputs),
            "name": name,
            "display_name": name,
            "description": "",
            "python_module": "nodes",
            "category": "fake",
            "output_node": self.saves,
        }


def _told(one: Input, models: Mapping[str, tuple[str, ...]]) -> list[Any]:
    if one.type == "COMBO":
        return [list(one.choices or models.get(one.folder, ()))]
    limits = {key: value for key, value in (("min", one.low), ("max", one.high)) if value is not None}
    return [one.type, limits]


def _links(**types: str) -> dict[str, Input]:
    return {name: Input(kind) for name, kind in types.items()}


_INT = Input("INT", 0, 0xFFFFFFFFFFFFFFFF)
_STRING = Input("STRING")
_SIDE = Input("INT", 16, 16_384)
_SHAPE = {"width": _SIDE, "height": _SIDE, "length": Input("INT", 1, 16_384), "batch_size": Input("INT", 1, 4096)}
_FPS = Input("FLOAT", 1.0, 120.0)
_SAMPLING = {
    **_links(model="MODEL", positive="CONDITIONING", negative="CONDITIONING", latent_image="LATENT"),
    "steps": Input("INT", 1, STEPS),
    "cfg": Input("FLOAT", 0.0, 100.0),
    "sampler_name": Input("COMBO", choices=SAMPLERS),
    "scheduler": Input("COMBO", choices=SCHEDULERS),
}
_CONDITIONED = {**_links(positive="CONDITIONING", negative="CONDITIONING", vae="VAE"), **_SHAPE}
_CONDITIONS = ("CONDITIONING", "CONDITIONING", "LATENT")
_TOGGLE = Input("COMBO", choices=("enable", "disable"))

NODES: Mapping[str, Node] = {
    "UNETLoader": Node(
        {
            "unet_name": Input("COMBO", folder="diffusion_models"),
            "weight_dtype": Input("COMBO", choices=("default", "fp8_e4m3fn", "fp8_e4m3fn_fast", "fp8_e5m2")),
        },
        ("MODEL",),
    ),
    "CLIPLoader": Node(
        {
            "clip_name": Input("COMBO", folder="text_encoders"),
            "type": Input("COMBO", choices=("stable_diffusion", "sd3", "ltxv", "wan", "hunyuan_video")),
        },
        ("CLIP",),
    ),
    "VAELoader": Node({"vae_name": Input("COMBO", folder="vae")}, ("VAE",)),
    "CheckpointLoaderSimple": Node({"ckpt_name": Input("COMBO", folder="checkpoints")}, ("MODEL", "CLIP", "VAE")),
    "ModelSamplingSD3": Node({**_links(model="MODEL"), "shift": Input("FLOAT", 0.0, 100.0)}, ("MODEL",)),
    "CLIPTextEncode": Node({"text": _STRING, **_links(clip="CLIP")}, ("CONDITIONING",)),
    "EmptyHunyuanLatentVideo": Node(_SHAPE, ("LATENT",)),
    "WanImageToVideo": Node(_CONDITIONED, _CONDITIONS, _links(start_image="IMAGE")),
    "WanFirstLastFrameToVideo": Node(_CONDITIONED, _CONDITIONS, _links(start_image="IMAGE", end_image="IMAGE")),
    "WanVaceToVideo": Node(
        {**_CONDITIONED, "strength": Input("FLOAT", 0.0, 1000.0)},
        (*_CONDITIONS, "INT"),
        _links(control_video="IMAGE", control_masks="MASK", reference_image="IMAGE"),
    ),
    "TrimVideoLatent": Node({**_links(samples="LATENT"), "trim_amount": Input("INT", 0, 99_999)}, ("LATENT",)),
    "KSampler": Node({**_SAMPLING, "seed": _INT, "denoise": Input("FLOAT", 0.0, 1.0)}, ("LATENT",)),
    "KSamplerAdvanced": Node(
        {
            **_SAMPLING,
            "noise_seed": _INT,
            "add_noise": _TOGGLE,
            "start_at_step": Input("INT", 0, STEPS),
            "end_at_step": Input("INT", 0, STEPS),
            "return_with_leftover_noise": _TOGGLE,
        },
        ("LATENT",),
    ),
    "VAEEncode": Node(_links(pixels="IMAGE", vae="VAE"), ("LATENT",)),
    "VAEDecode": Node(_links(samples="LATENT", vae="VAE"), ("IMAGE",)),
    "LoadImage": Node({"image": Input("COMBO", file=True)}, ("IMAGE", "MASK")),
    "LoadVideo": Node({"file": Input("COMBO", file=True)}, ("VIDEO",)),
    "LoadAudio": Node({"audio": Input("COMBO", file=True)}, ("AUDIO",)),
    "GetVideoComponents": Node(_links(video="VIDEO"), ("IMAGE", "AUDIO", "FLOAT")),
    "Video Slice": Node(
        {**_links(video="VIDEO"), "start_time": Input("FLOAT"), "duration": Input("FLOAT", 0.0)}, ("VIDEO",)
    ),
    "CreateVideo": Node({**_links(images="IMAGE"), "fps": _FPS}, ("VIDEO",), _links(audio="AUDIO")),
    "SaveVideo": Node(
        {
            **_links(video="VIDEO"),
            "filename_prefix": _STRING,
            "format": Input("COMBO", choices=("auto", "mp4", "mkv", "webm")),
            "codec": Input("COMBO", choices=("auto", "h264", "av1")),
        },
        saves=True,
    ),
    "SaveWEBM": Node(
        {
            **_links(images="IMAGE"),
            "filename_prefix": _STRING,
            "codec": Input("COMBO", choices=("vp9", "av1")),
            "fps": Input("FLOAT", 0.01, 1000.0),
            "crf": Input("FLOAT", 0, 63.0),
        },
        saves=True,
    ),
    # Of a custom pack: its files are told under another key.
    "VHS_VideoCombine": Node(
        {
            **_links(images="IMAGE"),
            "frame_rate": Input("FLOAT", 1),
            "loop_count": Input("INT", 0, 100),
            "filename_prefix": _STRING,
            "format": Input("COMBO", choices=("video/h264-mp4",)),
            "pingpong": Input("BOOLEAN"),
            "save_output": Input("BOOLEAN"),
        },
        ("VHS_FILENAMES",),
        _links(audio="AUDIO"),
        saves=True,
    ),
    "PreviewImage": Node(_links(images="IMAGE"), saves=True),
}
