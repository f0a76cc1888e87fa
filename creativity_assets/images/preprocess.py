"""The one way an original becomes the model's input; imports neither torch nor diffusers."""

import numpy as np
from PIL import Image


def preprocess(image: Image.Image, resolution: int) -> np.ndarray:
    """An RGB image as uint8 (R, R, 3): centre crop to a square, then resize.

    The study states the crop and the size. The filter is ours: Pillow's bicubic, whose support grows when it
    shrinks an image, so that fine detail is averaged instead of aliased. An odd margin leaves its extra pixel
    on the right or below.
    """
    rgb = image if image.mode == "RGB" else image.convert("RGB")
    side = min(rgb.size)
    left, top = (rgb.width - side) // 2, (rgb.height - side) // 2
    box = (left, top, left + side, top + side)
    if side == resolution:
        return np.array(rgb.crop(box))
    return np.array(rgb.resize((resolution, resolution), Image.Resampling.BICUBIC, box=box))
