import hashlib
from pathlib import Path

import numpy as np
import pytest
import torch
import torchvision
from safetensors.torch import load_file, save_file

from creativity_assets.errors import MetricError
from creativity_assets.metrics import perceptual
from creativity_assets.metrics.perceptual import PerceptualDistance
from creativity_assets.metrics.suites import EMBEDDED_FOLDER, EMBEDDED_HEADS
from creativity_assets_tests.tiny_models import random_lpips


@pytest.fixture(scope="module")
def weights(data_root: Path) -> Path:
    return data_root / EMBEDDED_FOLDER / EMBEDDED_HEADS


@pytest.fixture(scope="module")
def distance(weights: Path) -> PerceptualDistance:
    return PerceptualDistance.from_safetensors(weights, name="tiny")


def by_the_package(network: torch.nn.Module, original: np.ndarray, reconstruction: np.ndarray) -> float:
    """One pair through the lpips package as its own documentation does it: RGB in [-1, 1], batch of one."""
    pair = [torch.tensor(image / 255.0 * 2 - 1).permute(2, 0, 1)[None].float() for image in (original, reconstruction)]
    with torch.no_grad():
        return float(network(*pair))


def test_distances_are_those_of_the_package(
    distance: PerceptualDistance, weights: Path, originals: np.ndarray, noisy: np.ndarray
) -> None:
    network = random_lpips()
    network.load_state_dict(load_file(weights))
    expected = [by_the_package(network, a, b) for a, b in zip(originals, noisy, strict=True)]
    np.testing.assert_allclose(distance(originals, noisy), expected, rtol=1e-5)
    assert min(expected) > 1e-3


def test_laws(distance: PerceptualDistance, originals: np.ndarray, noisy: np.ndarray) -> None:
    np.testing.assert_array_equal(distance(originals, originals), 0.0)
    np.testing.assert_allclose(distance(originals, noisy), distance(noisy, originals), rtol=1e-5)
    one_by_one = [distance(originals[i : i + 1], noisy[i : i + 1])[0] for i in range(len(originals))]
    np.testing.assert_allclose(distance(originals, noisy), one_by_one, rtol=1e-5)


def test_halves_on_disk_are_computed_in_float32(
    distance: PerceptualDistance, weights: Path, tmp_path: Path, originals: np.ndarray, noisy: np.ndarray
) -> None:
    file = tmp_path / "halves.safetensors"
    save_file({key: value.half() for key, value in load_file(weights).items()}, file)
    halves = PerceptualDistance.from_safetensors(file, name="tiny")
    np.testing.assert_allclose(halves(originals, noisy), distance(originals, noisy), rtol=1e-2)


def test_bad_files_are_refused_in_one_line(weights: Path, tmp_path: Path) -> None:
    with pytest.raises(MetricError, match=r"suite tiny: .*gone.safetensors is missing"):
        PerceptualDistance.from_safetensors(tmp_path / "gone.safetensors", name="tiny")
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(weights.read_bytes()[:100])
    with pytest.raises(MetricError, match=r"suite tiny: .*broken.safetensors is not LPIPS AlexNet"):
        PerceptualDistance.from_safetensors(broken, name="tiny")
    other = tmp_path / "other.safetensors"
    save_file({"weight": torch.zeros(3)}, other)
    with pytest.raises(MetricError, match=r"suite tiny: .*other.safetensors is not LPIPS AlexNet") as caught:
        PerceptualDistance.from_safetensors(other, name="tiny")
    assert "\n" not in str(caught.value)


@pytest.fixture
def cached_alexnet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """torch's hub cache with random convolutions under torchvision's names."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    shapes = {0: (64, 3, 11), 3: (192, 64, 5), 6: (384, 192, 3), 8: (256, 384, 3), 10: (256, 256, 3)}
    generator = torch.Generator().manual_seed(0)
    state = {}
    for layer, (out, into, size) in shapes.items():
        state[f"features.{layer}.weight"] = torch.randn(out, into, size, size, generator=generator) / (into**0.5 * size)
        state[f"features.{layer}.bias"] = torch.randn(out, generator=generator) / 10
    file = perceptual.alexnet_path()
    file.parent.mkdir(parents=True)
    torch.save(state, file)
    return file


def test_the_studys_files_make_the_packages_network(
    cached_alexnet: Path, monkeypatch: pytest.MonkeyPatch, originals: np.ndarray, noisy: np.ndarray
) -> None:
    """A random AlexNet under torchvision's names (its checksum admitted), the heads as the package ships them."""
    monkeypatch.setattr(perceptual, "ALEXNET_SHA256", hashlib.sha256(cached_alexnet.read_bytes()).hexdigest())
    alexnet = torchvision.models.alexnet(weights=None)
    alexnet.load_state_dict(torch.load(cached_alexnet, weights_only=True), strict=False)
    network = random_lpips()
    for part, layers in enumerate([(0, 2), (2, 5), (5, 8), (8, 10), (10, 12)], start=1):
        setattr(network.net, f"slice{part}", alexnet.features[slice(*layers)])
    network.load_state_dict(torch.load(perceptual.heads_path(), map_location="cpu", weights_only=True), strict=False)
    ours = PerceptualDistance.from_study_weights(name="paper")(originals, noisy)
    expected = [by_the_package(network, a, b) for a, b in zip(originals, noisy, strict=True)]
    np.testing.assert_allclose(ours, expected, rtol=1e-5)


def test_a_pickle_with_another_checksum_is_never_opened(cached_alexnet: Path) -> None:
    with pytest.raises(MetricError, match=r"suite paper: .*alexnet-owt-7be5be79.pth is not the published file"):
        PerceptualDistance.from_study_weights(name="paper")


def test_missing_alexnet_names_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(MetricError) as caught:
        PerceptualDistance.from_study_weights(name="paper")
    assert f"fetch it with: curl --create-dirs -o {perceptual.alexnet_path()} https://" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_packages_heads_are_the_published_ones() -> None:
    assert hashlib.sha256(perceptual.heads_path().read_bytes()).hexdigest() == perceptual.HEADS_SHA256
