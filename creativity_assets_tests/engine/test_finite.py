"""NaN and infinity at each stage: an error that names model, method and image, and never a number."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.finite import require_finite
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.ceilings import CeilingItem, ceilings
from creativity_assets.engine.generate import generate
from creativity_assets.engine.measure import Latent, ScoreItem, embed, encode, reconstruct, score
from creativity_assets.engine.readouts import READOUTS
from creativity_assets.errors import MetricError, ModelError, NotFiniteError
from creativity_assets.metrics.perceptual import PerceptualDistance
from creativity_assets.metrics.semantic import SemanticExtractor
from creativity_assets.metrics.suites import load_suite

from .conftest import Items

NAN = float("nan")


@pytest.fixture
def own(data_root: Path) -> Backbone:
    """A model to be spoilt after it was found to be whole."""
    return Backbone.load(data_root / "tiny-sd", name="tiny")


def latents(backbone: Backbone, *scales: float) -> list[Latent]:
    x = backbone.noise(range(len(scales))).numpy()
    signs = [np.sign(x[i]) if scale > 1 else x[i] for i, scale in enumerate(scales)]
    return [
        Latent(f"image-{i}", np.float32(scale) * sign)
        for i, (scale, sign) in enumerate(zip(scales, signs, strict=True))
    ]


@pytest.mark.parametrize("bad", [NAN, float("inf"), -float("inf")])
def test_the_first_image_that_is_not_finite_is_found(bad: float) -> None:
    x = torch.zeros(3, 2, 2)
    assert require_finite(x, "it") is x
    x[1, 1, 0] = bad
    with pytest.raises(NotFiniteError, match="it is NaN or infinite") as caught:
        require_finite(x, "it")
    assert caught.value.position == 1


def test_encoding(own: Backbone, items: Items) -> None:
    own._networks.vae.quant_conv.bias.data[0] = NAN
    with pytest.raises(ModelError, match="^tiny: image-0: the latent is NaN or infinite; set `dtype: float32`"):
        list(encode(own, items, batch=BatchSize(4)))


def test_the_floor(own: Backbone, items: Items) -> None:
    own._networks.vae.decoder.conv_out.bias.data[0] = NAN
    with pytest.raises(ModelError, match="^tiny: image-0: the decoded image is NaN or infinite"):
        list(encode(own, items, batch=BatchSize(4)))


@pytest.mark.parametrize("name", ["ddim", "aidi", "edict", "null_text"])
def test_inverting(backbone: Backbone, name: str) -> None:
    """One image of a batch overflows, and is the one that is named."""
    wild = latents(backbone, 1.0, 1.0, 3e38, 1.0)
    with pytest.raises(ModelError, match=f"^tiny: {name}: image-2: the inverted latent is NaN or infinite"):
        list(reconstruct(backbone, InversionSettings(name, 2), wild, batch=BatchSize(4)))


def test_resampling(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a guidance that differs on the way back, as large as no entry may say."""
    from creativity_assets.diffusion.guidance import Guidance

    settings = InversionSettings(
        steps=2, prompt="caption", guidance=Guidance.constant(1.0), resample_guidance=Guidance.constant(1e38)
    )
    named = [item._replace(caption="the sea") for item in latents(backbone, 1.0, 1.0)]
    with pytest.raises(ModelError, match="^tiny: ddim: image-0: the latent that came back is NaN or infinite"):
        list(reconstruct(backbone, settings, named, batch=BatchSize(4)))


def test_decoding(own: Backbone) -> None:
    own._networks.vae.decoder.conv_out.bias.data[0] = NAN
    with pytest.raises(ModelError, match="^tiny: ddim: image-0: the decoded image is NaN or infinite"):
        list(reconstruct(own, InversionSettings(steps=2), latents(own, 1.0, 1.0), batch=BatchSize(4)))


def test_latents_that_were_stored_as_nan(backbone: Backbone) -> None:
    wild = latents(backbone, 1.0, NAN)
    for name, steps in (("ddim", 2), ("autoencoder", 0)):
        with pytest.raises(ModelError, match=f"^tiny: {name}: image-1: "):
            list(reconstruct(backbone, InversionSettings(name, steps), wild, batch=BatchSize(4)))


def test_readouts(backbone: Backbone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(READOUTS, "noise", lambda trip: {"noise_kl": torch.tensor([0.0, NAN])})
    with pytest.raises(ModelError, match="^tiny: ddim: image-1: the readout noise_kl is NaN or infinite"):
        list(reconstruct(backbone, InversionSettings(steps=2), latents(backbone, 1.0, 1.0), batch=BatchSize(4), readouts=["noise"]))  # fmt: skip


def test_sampling(own: Backbone) -> None:
    own._networks.vae.decoder.conv_out.bias.data[0] = NAN
    with pytest.raises(ModelError, match="^tiny: one: the decoded image is NaN or infinite"):
        list(generate(own, [("one", "red", 1)], guidance=2.0, steps=2, batch=BatchSize(1)))


def test_prompts(own: Backbone) -> None:
    for parameter in own._networks.text_encoder.parameters():
        parameter.data.fill_(NAN)
    with pytest.raises(ModelError, match="the embedded prompt is NaN or infinite"):
        own.embed(["red"])


@pytest.mark.parametrize(("extractor", "load"), [(SemanticExtractor, "load"), (PerceptualDistance, "from_safetensors")])
def test_scores_and_ceilings(
    data_root: Path, items: Items, monkeypatch: pytest.MonkeyPatch, extractor: type, load: str
) -> None:
    """A suite whose weights went bad: whichever of its extractors it is, no composite comes out."""
    loaded: list[object] = []
    made = getattr(extractor, load)
    monkeypatch.setattr(extractor, load, lambda *given, **named: loaded.append(made(*given, **named)) or loaded[-1])
    suite = load_suite("embedded", data_root)
    pictures = [image for _, image in items]
    vectors = suite.embed(np.stack(pictures))
    (own,) = loaded
    for value in vars(own).values():
        if isinstance(value, torch.nn.Module):
            for parameter in value.parameters():
                parameter.data.fill_(NAN)
    name = "dino_distance|the semantic embedding" if extractor is SemanticExtractor else "lpips"
    message = re.compile(f"^suite embedded: image-0: ({name}) is NaN or infinite; restore the suite's weights")
    rows = [ScoreItem(name, image, image[::-1].copy()) for name, image in items]
    with pytest.raises(MetricError, match=message):
        list(score(suite, rows, batch=BatchSize(4)))
    asked = [CeilingItem(name, image, vectors[i], (0, 1)) for i, (name, image) in enumerate(items)]
    with pytest.raises(MetricError, match=message):
        list(ceilings(suite, asked, np.stack(pictures[:2]), batch=BatchSize(4)))
    if extractor is SemanticExtractor:
        with pytest.raises(MetricError, match=message):
            list(embed(suite, items, batch=BatchSize(4)))
