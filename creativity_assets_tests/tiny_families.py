"""Random-weight SDXL and Stable Diffusion 3 in the real folder layouts; Stable Diffusion 1 is in tiny_models.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch

from creativity_assets_tests.tiny_models import (
    SD15_SCHEDULER,
    WORDS,
    autoencoder,
    conditional_unet,
    outspoken,
    save_tiny_sd,
    text_config,
    tokenizer,
)

JOINT_WIDTH = 80  # wider than both CLIP encoders together, as T5's 4096 is
SDXL_SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "prediction_type": "epsilon",
    "steps_offset": 1,
    "timestep_spacing": "leading",
    "use_karras_sigmas": False,
}


def save_tiny_sd2(folder: Path, *, resolution: int = 32, seed: int = 0) -> Path:
    """Stable Diffusion 2.1's kind: v prediction, a DDIM scheduler, linear projections in the UNet."""
    from diffusers import DDIMScheduler, StableDiffusionPipeline
    from transformers import CLIPTextModel

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        pipeline = StableDiffusionPipeline(
            vae=autoencoder(resolution),
            unet=conditional_unet(resolution // 4, attention_head_dim=(2, 4), use_linear_projection=True),
            text_encoder=outspoken(CLIPTextModel(text_config())),
            tokenizer=tokenizer(),
            scheduler=DDIMScheduler(
                **{k: v for k, v in SD15_SCHEDULER.items() if k != "skip_prk_steps"},
                clip_sample=False,
                prediction_type="v_prediction",
            ),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def save_tiny_sdxl(folder: Path, *, resolution: int = 32, seed: int = 0, zeros_for_empty: bool = True) -> Path:
    """Two text encoders of 32 and 16 channels, pooled embedding, six size ids, an Euler scheduler."""
    from diffusers import EulerDiscreteScheduler, StableDiffusionXLPipeline
    from transformers import CLIPTextModel, CLIPTextModelWithProjection

    second = text_config(hidden_size=16, projection_dim=24)
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        pipeline = StableDiffusionXLPipeline(
            vae=autoencoder(resolution),
            unet=conditional_unet(
                resolution // 4,
                cross_attention_dim=32 + 16,
                addition_embed_type="text_time",
                addition_time_embed_dim=8,
                projection_class_embeddings_input_dim=24 + 6 * 8,
                use_linear_projection=True,
            ),
            text_encoder=outspoken(CLIPTextModel(text_config())),
            text_encoder_2=outspoken(CLIPTextModelWithProjection(second)),
            tokenizer=tokenizer(),
            tokenizer_2=tokenizer(),
            scheduler=EulerDiscreteScheduler(**SDXL_SCHEDULER),
            force_zeros_for_empty_prompt=zeros_for_empty,
            add_watermarker=False,
        )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def save_tiny_sd3(folder: Path, *, resolution: int = 32, seed: int = 0, shift: float = 3.0) -> Path:
    """A transformer on 16 channels, both CLIP encoders and T5, a shifted autoencoder, a flow scheduler."""
    from diffusers import FlowMatchEulerDiscreteScheduler, SD3Transformer2DModel, StableDiffusion3Pipeline
    from transformers import CLIPTextModelWithProjection, T5Config, T5EncoderModel

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        transformer = SD3Transformer2DModel(
            sample_size=resolution // 4,
            patch_size=2,
            in_channels=16,
            out_channels=16,
            num_layers=2,
            attention_head_dim=8,
            num_attention_heads=4,
            caption_projection_dim=32,
            joint_attention_dim=JOINT_WIDTH,
            pooled_projection_dim=32 + 24,
            pos_embed_max_size=8,
        )
        # adaLN starts at zero, where neither the prompt nor the level would matter
        for parameter in transformer.parameters():
            if parameter.ndim > 1:
                torch.nn.init.normal_(parameter, std=0.1)
        t5 = T5Config(
            vocab_size=64,
            d_model=JOINT_WIDTH,
            d_ff=32,
            d_kv=8,
            num_heads=2,
            num_layers=1,
            feed_forward_proj="gated-gelu",
            tie_word_embeddings=False,
        )
        pipeline = StableDiffusion3Pipeline(
            vae=autoencoder(
                resolution,
                latent_channels=16,
                shift_factor=0.0609,
                use_quant_conv=False,
                use_post_quant_conv=False,
            ),
            transformer=transformer,
            text_encoder=outspoken(CLIPTextModelWithProjection(text_config())),
            text_encoder_2=outspoken(CLIPTextModelWithProjection(text_config(hidden_size=16, projection_dim=24))),
            text_encoder_3=outspoken(T5EncoderModel(t5)),
            tokenizer=tokenizer(),
            tokenizer_2=tokenizer(),
            tokenizer_3=_t5_tokenizer(),
            scheduler=FlowMatchEulerDiscreteScheduler(shift=shift),
        )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def _t5_tokenizer() -> Any:
    """T5's unigram layout for WORDS: letters, and whole words after a space."""
    from transformers import T5TokenizerFast

    letters = sorted({letter for word in WORDS for letter in word})
    words = [(f"▁{word}", -1.0) for word in WORDS]
    special = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("▁", -4.0)]
    return T5TokenizerFast(vocab=[*special, *((letter, -5.0) for letter in letters), *words], extra_ids=0)


SAVERS: dict[str, Callable[..., Path]] = {
    "sd1": save_tiny_sd,
    "sd2": save_tiny_sd2,
    "sdxl": save_tiny_sdxl,
    "sd3": save_tiny_sd3,
}
