"""Random-weight models in the real folder layouts, made in a second: plain functions for any test.

The numbers they give mean nothing; their layout, classes and code paths are those of the real ones.
"""

import json
from pathlib import Path
from typing import Any

import torch

WORDS = ("a", "portrait", "of", "the", "sea", "in", "red", "and", "blue")
SD15_SCHEDULER = {
    "beta_start": 0.00085,
    "beta_end": 0.012,
    "beta_schedule": "scaled_linear",
    "num_train_timesteps": 1000,
    "set_alpha_to_one": False,
    "skip_prk_steps": True,
    "steps_offset": 1,
}


def save_tiny_sd(folder: Path, *, resolution: int = 32, seed: int = 0) -> Path:
    """A complete Stable Diffusion (autoencoder factor 4, PNDM scheduler as SD 1.5 ships) saved to `folder`."""
    from diffusers import PNDMScheduler, StableDiffusionPipeline
    from transformers import CLIPTextModel

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        text_encoder = outspoken(CLIPTextModel(text_config()))
        pipeline = StableDiffusionPipeline(
            vae=autoencoder(resolution),
            unet=conditional_unet(resolution // 4),
            text_encoder=text_encoder,
            tokenizer=tokenizer(),
            scheduler=PNDMScheduler(**SD15_SCHEDULER),
            safety_checker=None,
            feature_extractor=None,
            requires_safety_checker=False,
        )
    pipeline.save_pretrained(folder, safe_serialization=True)
    return folder


def outspoken(text_encoder: Any) -> Any:
    """Larger weights: CLIP's own initialisation is so small that prompts would hardly matter."""
    for parameter in text_encoder.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.3)
    return text_encoder


def save_tiny_suite(folder: Path, *, seed: int = 0) -> Path:
    """A suite folder (`semantic/` Dinov2Model, `perceptual/lpips_alex.safetensors`) with random weights."""
    from safetensors.torch import save_file
    from transformers import Dinov2Config, Dinov2Model

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        config = Dinov2Config(
            hidden_size=32,
            num_hidden_layers=2,
            num_attention_heads=2,
            mlp_ratio=2,
            image_size=56,
            patch_size=14,
            initializer_range=0.3,
        )
        Dinov2Model(config).save_pretrained(folder / "semantic")
        (folder / "perceptual").mkdir(parents=True, exist_ok=True)
        state = {key: value.clone() for key, value in random_lpips().state_dict().items()}
    save_file(state, folder / "perceptual" / "lpips_alex.safetensors")
    processor = {
        "image_processor_type": "BitImageProcessor",
        "do_resize": True,
        "size": {"shortest_edge": 64},
        "resample": 3,
        "do_center_crop": True,
        "crop_size": {"height": 56, "width": 56},
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": [0.485, 0.456, 0.406],
        "image_std": [0.229, 0.224, 0.225],
        "do_convert_rgb": True,
    }
    (folder / "semantic" / "preprocessor_config.json").write_text(json.dumps(processor, indent=2))
    return folder


def random_lpips() -> Any:
    """`lpips.LPIPS(net="alex")` with random weights and non-negative heads, as trained heads are."""
    import warnings

    import lpips

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # lpips calls torchvision by its old argument names
        network = lpips.LPIPS(net="alex", pretrained=False, pnet_rand=True, verbose=False)
    for head in network.lins:
        head.model[-1].weight.data.uniform_(0.0, 0.5)
    return network.eval()


def random_unet(seed: int = 0) -> Any:
    """e(x, t) of an unconditional random UNet on 8 x 8 latents, as a callable."""
    from diffusers import UNet2DModel

    with torch.random.fork_rng():
        torch.manual_seed(seed)
        unet = UNet2DModel(
            sample_size=8,
            in_channels=4,
            out_channels=4,
            block_out_channels=(16, 32),
            down_block_types=("DownBlock2D", "AttnDownBlock2D"),
            up_block_types=("AttnUpBlock2D", "UpBlock2D"),
            layers_per_block=1,
            norm_num_groups=8,
        ).eval()
    return lambda x, t: unet(x, t).sample


def autoencoder(resolution: int, **fields: Any) -> Any:
    from diffusers import AutoencoderKL

    settings = {
        "block_out_channels": (16, 16, 32),
        "down_block_types": ("DownEncoderBlock2D",) * 3,
        "up_block_types": ("UpDecoderBlock2D",) * 3,
        "layers_per_block": 1,
        "latent_channels": 4,
        "norm_num_groups": 8,
        "scaling_factor": 4.0,  # latents of about unit variance, as a trained autoencoder's
    }
    return AutoencoderKL(sample_size=resolution, **{**settings, **fields})


def conditional_unet(sample_size: int, **fields: Any) -> Any:
    from diffusers import UNet2DConditionModel

    settings = {
        "in_channels": 4,
        "out_channels": 4,
        "block_out_channels": (16, 32),
        "down_block_types": ("CrossAttnDownBlock2D", "DownBlock2D"),
        "up_block_types": ("UpBlock2D", "CrossAttnUpBlock2D"),
        "layers_per_block": 1,
        "cross_attention_dim": 32,
        "attention_head_dim": 8,
        "norm_num_groups": 8,
    }
    return UNet2DConditionModel(sample_size=sample_size, **{**settings, **fields})


def text_config(**fields: Any) -> Any:
    from transformers import CLIPTextConfig

    size = len(vocabulary()[0])
    settings = {
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": 2,
        "num_attention_heads": 2,
        "max_position_embeddings": 16,
        "projection_dim": 32,
    }
    special = {"bos_token_id": size - 2, "eos_token_id": size - 1, "pad_token_id": size - 1}
    return CLIPTextConfig(vocab_size=size, **special, **{**settings, **fields})


def tokenizer(length: int = 16) -> Any:
    from transformers import CLIPTokenizer

    words, merges = vocabulary()
    return CLIPTokenizer(vocab=words, merges=merges, model_max_length=length)


def vocabulary() -> tuple[dict[str, int], list[tuple[str, str]]]:
    """CLIP's byte-pair layout for WORDS: letters, letters that end a word, and every word's beginnings."""
    letters = sorted({letter for word in WORDS for letter in word})
    tokens = dict.fromkeys([*letters, *(f"{letter}</w>" for letter in letters)])
    merges: dict[tuple[str, str], None] = {}
    for word in WORDS:
        grown, *rest = [*word[:-1], f"{word[-1]}</w>"]
        for letter in rest:
            merges[grown, letter] = None
            grown += letter
            tokens[grown] = None
    tokens.update(dict.fromkeys(["<|startoftext|>", "<|endoftext|>"]))
    return {token: number for number, token in enumerate(tokens)}, list(merges)
