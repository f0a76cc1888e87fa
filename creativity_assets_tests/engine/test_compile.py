"""A compiled network takes full batches on one prompt and nothing else, and gives the plain loop's numbers."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.guidance import Guidance
from creativity_assets.diffusion.settings import InversionSettings
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.loading import COMPILE, COMPILE_FROM, Workbench, compiled
from creativity_assets.engine.measure import Latent, encode, reconstruct
from creativity_assets_tests.tiny_families import SAVERS

from .conftest import Items

SHIPPED = Path(__file__).parents[2] / "data" / "embedded" / "tiny-sd"


class Counted:
    """A compiler that compiles nothing: the network itself, which notes the batches it is called with."""

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, network: Any) -> Callable[..., Any]:
        def called(*args: Any, **kwargs: Any) -> Any:
            self.batches.append(len(args[0] if args else kwargs["hidden_states"]))
            return network(*args, **kwargs)

        return called


@pytest.fixture(params=["sd1", "sdxl", "sd3"])
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Backbone:
    return Backbone.load(SAVERS[request.param](tmp_path / request.param))


def latents(model: Backbone, items: Items, caption: str = "") -> list[Latent]:
    return [Latent(e.sample_id, e.latent, caption) for e in encode(model, items, batch=BatchSize(4))]


def test_full_batches_go_through_it_and_the_last_does_not(model: Backbone, items: Items) -> None:
    counted = Counted()
    settings = InversionSettings("euler" if model.kind == "flow" else "ddim", 2)
    given = latents(model, items)
    expected = list(reconstruct(model, settings, given, batch=BatchSize(3)))
    model.compile(3, counted)
    counted.batches.clear()  # that of the trial
    found = list(reconstruct(model, settings, given, batch=BatchSize(3)))
    assert counted.batches == [3] * 8, "two full batches of seven images, four evaluations each"
    for ours, plain in zip(found, expected, strict=True):
        np.testing.assert_array_equal(ours.image, plain.image)


def test_captions_and_gradients_do_not_go_through_it(items: Items, tmp_path: Path) -> None:
    model, counted = Backbone.load(SAVERS["sd1"](tmp_path / "sd1")), Counted()
    model.compile(3, counted)
    counted.batches.clear()
    captioned = InversionSettings(steps=2, prompt="caption", guidance=Guidance.constant(1.0))
    list(reconstruct(model, captioned, latents(model, items[:3], "a red sea"), batch=BatchSize(3)))
    x = model.noise(range(3)).requires_grad_()
    model.prediction(model.embed([""]))(x, 1).sum().backward()
    model.sample(["", "", ""], [1, 2, 3], steps=2)
    assert counted.batches == []


def test_a_compiler_that_fails_is_named_and_done_without(
    items: Items, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_network: Any) -> Callable[..., Any]:
        def called(*_args: Any, **_kwargs: Any) -> Any:
            raise RuntimeError("no C++ compiler\nand much more")

        return called

    model = Backbone.load(SAVERS["sd1"](tmp_path / "sd1"), name="tiny")
    with caplog.at_level(logging.WARNING):
        model.compile(3, broken)
    assert caplog.messages == ["tiny: goes on without compiling its network (no C++ compiler)"]
    assert len(list(reconstruct(model, InversionSettings(steps=2), latents(model, items), batch=BatchSize(3)))) == 7


def test_only_long_work_is_compiled_and_only_where_it_is_allowed(
    data_root: Path, backbone: Backbone, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    monkeypatch.setattr(backbone, "compile", lambda batch, _compiler: asked.append(batch))
    workbench, batch = Workbench(data_root), BatchSize(5)
    workbench.compile(backbone, batch, COMPILE_FROM)
    monkeypatch.setenv(COMPILE, "1")
    workbench.compile(backbone, batch, COMPILE_FROM - 1)
    assert asked == []
    workbench.compile(backbone, batch, COMPILE_FROM)
    assert asked == [5]


@pytest.mark.long
def test_the_compiled_network_of_tiny_sd_is_the_plain_one(tmp_path: Path) -> None:
    """A minute on two cores. The bound of docs/precision.md for latents."""
    model = Backbone.load(SHIPPED)
    x, null = model.noise(range(4)), model.embed([""])
    with torch.no_grad():
        expected = [model.prediction(null)(x, t) for t in (1, 501)]
        model.compile(4, lambda network: compiled(network, tmp_path))
        assert model.family.compiled_for == 4
        found = [model.prediction(null)(x, t) for t in (1, 501)]
    for ours, plain in zip(found, expected, strict=True):
        assert not torch.equal(ours, plain), "nothing was compiled"
        torch.testing.assert_close(ours, plain, rtol=1e-5, atol=1e-5)
    assert any(tmp_path.iterdir())
