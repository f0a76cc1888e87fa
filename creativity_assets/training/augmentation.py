"""Mild augmentation for the extractors: what leaves a work's author and genre as they are."""

import torch
from torch import Tensor
from torch.nn import functional


def augment(images: Tensor, generator: torch.Generator) -> Tensor:
    """(B, 3, H, W) in 0..1: mirrored, moved by up to 4 pixels, a little brighter or flatter, each image alike."""
    batch = len(images)
    mirrored = torch.rand((batch, 1, 1, 1), generator=generator) < 0.5
    images = torch.where(mirrored, images.flip(-1), images)
    rows, columns = torch.randint(0, 9, (2,), generator=generator).tolist()
    height, width = images.shape[-2:]
    images = functional.pad(images, (4, 4, 4, 4), mode="reflect")[..., rows : rows + height, columns : columns + width]
    contrast = 1 + 0.1 * (2 * torch.rand((batch, 1, 1, 1), generator=generator) - 1)
    brightness = 0.04 * (2 * torch.rand((batch, 1, 1, 1), generator=generator) - 1)
    return ((images - 0.5) * contrast + 0.5 + brightness).clamp(0, 1)
