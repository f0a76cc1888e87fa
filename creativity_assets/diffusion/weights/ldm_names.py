"""What the layers of a UNet were called before diffusers, in the code SDXL was trained by (and Kohya's LoRAs use)."""

import re

RESNET = {
    "norm1": "in_layers.0",
    "conv1": "in_layers.2",
    "time_emb_proj": "emb_layers.1",
    "norm2": "out_layers.0",
    "conv2": "out_layers.3",
    "conv_shortcut": "skip_connection",
}
OUTSIDE = {
    "conv_in": "input_blocks.0.0",
    "time_embedding.linear_1": "time_embed.0",
    "time_embedding.linear_2": "time_embed.2",
    "add_embedding.linear_1": "label_emb.0.0",
    "add_embedding.linear_2": "label_emb.0.2",
    "conv_norm_out": "out.0",
    "conv_out": "out.2",
}
MIDDLE = {"resnets.0": 0, "attentions.0": 1, "resnets.1": 2}
KINDS = {"resnets": 0, "attentions": 1}


def ldm_name(name: str, per_block: int, attentive: set[int]) -> str | None:
    """The older name of a module of UNet2DConditionModel, or None where it had none.

    per_block: its `layers_per_block`; attentive: the numbers of the up blocks that have attention.
    """
    if name in OUTSIDE:
        return OUTSIDE[name]
    if middle := re.fullmatch(r"mid_block\.((resnets|attentions)\.\d+)\.(.+)", name):
        place = MIDDLE.get(middle[1])
        return None if place is None else f"middle_block.{place}.{_inner(middle[2], middle[3])}"
    inside = re.fullmatch(r"(down|up)_blocks\.(\d+)\.(resnets|attentions|downsamplers|upsamplers)\.(\d+)\.(.+)", name)
    if inside is None:
        return None
    way, block, kind, layer, rest = inside[1], int(inside[2]), inside[3], int(inside[4]), inside[5]
    if kind == "downsamplers":
        return f"input_blocks.{(block + 1) * (per_block + 1)}.0.op"
    if kind == "upsamplers":
        last = block * (per_block + 1) + per_block
        return f"output_blocks.{last}.{2 if block in attentive else 1}.conv"
    at = block * (per_block + 1) + layer + (1 if way == "down" else 0)
    side = "input" if way == "down" else "output"
    return f"{side}_blocks.{at}.{KINDS[kind]}.{_inner(kind, rest)}"


def _inner(kind: str, rest: str) -> str:
    return RESNET.get(rest, rest) if kind == "resnets" else rest
