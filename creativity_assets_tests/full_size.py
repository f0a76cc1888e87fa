"""The published configurations of the real models, and backbones of their full size without trained weights.

Values are those of the repositories' config.json files; what is not stated there is diffusers' default.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import torch

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets_tests.tiny_families import SDXL_SCHEDULER
from creativity_assets_tests.tiny_models import SD15_SCHEDULER, tokenizer

SD_CHANNELS = {
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280, 1280),
    "down_block_types": ("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D"),
    "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D"),
    "layers_per_block": 2,
}
SD15_UNET = {**SD_CHANNELS, "sample_size": 64, "cross_attention_dim": 768, "attention_head_dim": 8}
SD21_UNET = {
    **SD_CHANNELS,
    "sample_size": 96,
    "cross_attention_dim": 1024,
    "attention_head_dim": (5, 10, 20, 20),
    "use_linear_projection": True,
    "upcast_attention": True,
}
SDXL_UNET = {
    "sample_size": 128,
    "in_channels": 4,
    "out_channels": 4,
    "block_out_channels": (320, 640, 1280),
    "down_block_types": ("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"),
    "up_block_types": ("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"),
    "layers_per_block": 2,
    "cross_attention_dim": 2048,
    "attention_head_dim": (5, 10, 20),
    "transformer_layers_per_block": (1, 2, 10),
    "use_linear_projection": True,
    "addition_embed_type": "text_time",
    "addition_time_embed_dim": 256,
    "projection_class_embeddings_input_dim": 2816,
}
SD3_TRANSFORMER = {
    "sample_size": 128,
    "patch_size": 2,
    "in_channels": 16,
    "out_channels": 16,
    "num_layers": 24,
    "attention_head_dim": 64,
    "num_attention_heads": 24,
    "joint_attention_dim": 4096,
    "caption_projection_dim": 1536,
    "pooled_projection_dim": 2048,
    "pos_embed_max_size": 192,
}
VAE = {
    "block_out_channels": (128, 256, 512, 512),
    "down_block_types": ("DownEncoderBlock2D",) * 4,
    "up_block_types": ("UpDecoderBlock2D",) * 4,
    "layers_per_block": 2,
}
SD_VAE = {**VAE, "latent_channels": 4, "sample_size": 512, "scaling_factor": 0.18215}
SD21_VAE = {**SD_VAE, "sample_size": 768}
SDXL_VAE = {**VAE, "latent_channels": 4, "sample_size": 1024, "scaling_factor": 0.13025, "force_upcast": True}
SD3_VAE = {
    **VAE,
    "latent_channels": 16,
    "sample_size": 1024,
    "scaling_factor": 1.5305,
    "shift_factor": 0.0609,
    "use_quant_conv": False,
    "use_post_quant_conv": False,
}
CLIP = {"vocab_size": 49408, "max_position_embeddings": 77}
CLIP_L = {
    **CLIP,
    "hidden_size": 768,
    "intermediate_size": 3072,
    "num_hidden_layers": 12,
    "num_attention_heads": 12,
    "projection_dim": 768,
    "hidden_act": "quick_gelu",
}
OPENCLIP_H = {
    **CLIP,
    "hidden_size": 1024,
    "intermediate_size": 4096,
    "num_hidden_layers": 23,
    "num_attention_heads": 16,
    "projection_dim": 512,
    "hidden_act": "gelu",
}
OPENCLIP_G = {
    **CLIP,
    "hidden_size": 1280,
    "intermediate_size": 5120,
    "num_hidden_layers": 32,
    "num_attention_heads": 20,
    "projection_dim": 1280,
    "hidden_act": "gelu",
}
V_PREDICTION = {**SD15_SCHEDULER, "prediction_type": "v_prediction", "clip_sample": False}
FLOW = {"_class_name": "FlowMatchEulerDiscreteScheduler", "num_train_timesteps": 1000, "shift": 3.0}


@dataclass(frozen=True)
class FullSize:
    """A published model: class and configuration of each network, its scheduler, and what its backbone must be."""

    pipeline: str
    networks: dict[str, tuple[str, dict[str, Any]]]
    scheduler: dict[str, Any]
    resolution: int
    latent_shape: tuple[int, int, int]
    parameters: dict[str, int]  # as published, or as counted by others from the published weights
    index: dict[str, Any] = field(default_factory=dict)


FULL_SIZE = {
    "sd15": FullSize(
        "StableDiffusionPipeline",
        {
            "vae": ("AutoencoderKL", SD_VAE),
            "unet": ("UNet2DConditionModel", SD15_UNET),
            "text_encoder": ("CLIPTextModel", CLIP_L),
        },
        SD15_SCHEDULER,
        512,
        (4, 64, 64),
        {"vae": 83_653_863, "unet": 859_520_964, "text_encoder": 123_060_480},
    ),
    "sd21": FullSize(
        "StableDiffusionPipeline",
        {
            "vae": ("AutoencoderKL", SD21_VAE),
            "unet": ("UNet2DConditionModel", SD21_UNET),
            "text_encoder": ("CLIPTextModel", OPENCLIP_H),
        },
        V_PREDICTION,
        768,
        (4, 96, 96),
        {"vae": 83_653_863, "unet": 865_910_724, "text_encoder": 340_387_840},
    ),
    "sdxl": FullSize(
        "StableDiffusionXLPipeline",
        {
            "vae": ("AutoencoderKL", SDXL_VAE),
            "unet": ("UNet2DConditionModel", SDXL_UNET),
            "text_encoder": ("CLIPTextModel", CLIP_L),
            "text_encoder_2": ("CLIPTextModelWithProjection", OPENCLIP_G),
        },
        SDXL_SCHEDULER,
        1024,
        (4, 128, 128),
        {"vae": 83_653_863, "unet": 2_567_463_684, "text_encoder": 123_060_480, "text_encoder_2": 694_659_840},
        {"force_zeros_for_empty_prompt": True},
    ),
    "sd3": FullSize(
        "StableDiffusion3Pipeline",
        {
            "vae": ("AutoencoderKL", SD3_VAE),
            "transformer": ("SD3Transformer2DModel", SD3_TRANSFORMER),
            "text_encoder": ("CLIPTextModelWithProjection", CLIP_L),
            "text_encoder_2": ("CLIPTextModelWithProjection", OPENCLIP_G),
        },
        FLOW,
        1024,
        (16, 128, 128),
        {
            "vae": 83_819_683,
            "transformer": 2_028_328_000,
            "text_encoder": 123_650_304,
            "text_encoder_2": 694_659_840,
        },
    ),
}
"""By the name of its catalogue entry."""


def full_size_parts(name: str, device: str, dtype: torch.dtype = torch.float32) -> dict[str, Any]:
    """Networks of the published shapes on `device` (`meta`: shapes alone), with random weights, and tokenizers."""
    parts: dict[str, Any] = {}
    for part, (architecture, config) in FULL_SIZE[name].networks.items():
        with torch.device(device):
            network = _build(architecture)(config)
        if part != "vae" and dtype != torch.float32:
            network = network.to(dtype)
        parts[part] = network.eval().requires_grad_(False)
        if part.startswith("text_encoder"):
            parts[part.replace("text_encoder", "tokenizer")] = tokenizer(length=77)
    return parts


def full_size_backbone(name: str, device: str, dtype: torch.dtype = torch.float32) -> Backbone:
    """A backbone of the published size whose weights are random."""
    model = FULL_SIZE[name]
    parts = full_size_parts(name, device, dtype)
    return Backbone(parts, model.scheduler, name=name, revision="random", pipeline=model.pipeline, index=model.index)


def _build(architecture: str) -> Callable[[dict[str, Any]], Any]:
    import diffusers
    import transformers

    if hasattr(diffusers, architecture):
        return lambda config: getattr(diffusers, architecture)(**config)
    # The tiny tokenizer's end of text is not CLIP's: the pooled vector is that of the highest token number.
    return lambda config: getattr(transformers, architecture)(transformers.CLIPTextConfig(**config, eos_token_id=2))
