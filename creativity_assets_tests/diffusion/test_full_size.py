"""The real architectures at full size: their shapes on the meta device, and one image where there is room."""

from pathlib import Path

import numpy as np
import psutil
import pytest
import torch

from creativity_assets.catalog import load_catalog
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.devices import bfloat16_is_native
from creativity_assets.engine.measure import Latent, ScoreItem, encode, reconstruct, score
from creativity_assets.metrics.suites import load_suite
from creativity_assets_tests.diffusion.test_backbone import images
from creativity_assets_tests.full_size import FULL_SIZE, full_size_backbone, full_size_parts

DATA = Path(__file__).parents[2] / "data"
TOKENS = {"sd15": (77, 768), "sd21": (77, 1024), "sdxl": (77, 2048), "sd3": (77 + 256, 4096)}


@pytest.mark.parametrize("name", FULL_SIZE)
def test_the_published_configurations_have_the_published_parameters(name: str) -> None:
    parts = full_size_parts(name, "meta")
    counted = {
        part: sum(parameter.numel() for parameter in network.parameters())
        for part, network in parts.items()
        if not part.startswith("tokenizer")
    }
    assert counted == FULL_SIZE[name].parameters
    # The entry of the catalogue states what doctor and docs tell of the memory.
    assert load_catalog(DATA).model(name).parameters == sum(counted.values())


@pytest.mark.parametrize("name", FULL_SIZE)
def test_shapes_on_the_meta_device(name: str) -> None:
    model, backbone = FULL_SIZE[name], full_size_backbone(name, "meta")
    entry = load_catalog(DATA).model(name)
    assert (backbone.resolution, backbone.latent_shape) == (model.resolution, model.latent_shape)
    assert (entry.resolution, entry.pipeline) == (model.resolution, model.pipeline)
    x = backbone.encode(np.zeros((2, model.resolution, model.resolution, 3), np.uint8))
    assert x.shape == (2, *model.latent_shape) and x.dtype == torch.float32
    conditioning = backbone.embed(["a portrait", ""])
    assert conditioning.tokens.shape == (2, *TOKENS[name])
    e = backbone.prediction(conditioning)(x, 0.5 if backbone.kind == "flow" else 501)
    assert e.shape == x.shape and e.dtype == torch.float32
    assert backbone._networks.vae.decode(x).sample.shape == (2, 3, model.resolution, model.resolution)
    assert backbone.schedule(20).steps == 20


LARGER = [("sd21", torch.bfloat16, 8), ("sdxl", torch.bfloat16, 14), ("sd3", torch.bfloat16, 14)]


@pytest.mark.long
@pytest.mark.timeout(1800)
@pytest.mark.parametrize(("name", "dtype", "gigabytes"), [("sd15", torch.float32, 8), *LARGER])
def test_a_full_size_model_measures_an_image_on_a_cpu(name: str, dtype: torch.dtype, gigabytes: int) -> None:
    """Two to four minutes each on two cores that have bfloat16."""
    if dtype == torch.bfloat16 and not bfloat16_is_native():
        pytest.skip(f"{name}: this processor has no bfloat16 of its own, and emulated it takes an hour")
    if psutil.virtual_memory().available < gigabytes * 1e9:
        pytest.skip(f"{name}: needs {gigabytes} GB of free memory")
    measure_one(name, "cpu", dtype, steps=2)


@pytest.mark.gpu
@pytest.mark.parametrize("name", ["sd15", "sd21", "sdxl", "sd3"])
def test_a_full_size_model_measures_an_image_on_a_gpu(name: str) -> None:
    measure_one(name, "cuda", torch.bfloat16, steps=20)


def measure_one(name: str, device: str, dtype: torch.dtype, *, steps: int) -> None:
    """Encode, invert, resample, decode and score one image; random weights make the numbers mean nothing."""
    torch.manual_seed(0)
    backbone = full_size_backbone(name, device, dtype)
    original = images(1, backbone.resolution)
    (encoding,) = encode(backbone, [("one", original[0])], batch=BatchSize(1))
    assert np.isfinite(encoding.latent).all() and encoding.floor.shape == original.shape[1:]
    method = InversionSettings("euler" if backbone.kind == "flow" else "ddim", steps)
    (returned,) = reconstruct(
        backbone, method, [Latent("one", encoding.latent)], batch=BatchSize(1), readouts=("noise",)
    )
    assert returned.image.shape == original.shape[1:]
    assert all(np.isfinite(value) for value in returned.readouts.values()), "NaN decodes to a black image"
    ((_, scores),) = score(
        load_suite("embedded", DATA, device),
        [ScoreItem("one", original[0], returned.image, encoding.floor)],
        batch=BatchSize(1),
    )
    assert all(np.isfinite(value) for value in scores.values())
