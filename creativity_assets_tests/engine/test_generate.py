import numpy as np

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.generate import generate

REQUESTS = [(f"image-{i}", caption, 100 + i) for i, caption in enumerate(["red", "the sea", "", "a portrait", "blue"])]


def test_an_image_depends_on_its_request_alone(backbone: Backbone) -> None:
    together = dict(generate(backbone, REQUESTS, guidance=7.5, steps=10, batch=BatchSize(5)))
    apart = dict(generate(backbone, REQUESTS[::-1], guidance=7.5, steps=10, batch=BatchSize(2)))
    assert list(together) == [sample_id for sample_id, _, _ in REQUESTS]
    assert list(apart) == list(together)[::-1]
    for sample_id, image in together.items():
        assert image.dtype == np.uint8
        assert image.shape == (32, 32, 3)
        assert np.abs(image.astype(int) - apart[sample_id]).max() <= 1
    assert len({image.tobytes() for image in together.values()}) == len(REQUESTS)
