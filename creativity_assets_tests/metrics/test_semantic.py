import json
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from transformers import AutoImageProcessor, Dinov2Model

from creativity_assets.errors import MetricError
from creativity_assets.metrics.semantic import SemanticExtractor, cosine_distance
from creativity_assets.metrics.suites import EMBEDDED_FOLDER


@pytest.fixture(scope="module")
def folder(data_root: Path) -> Path:
    return data_root / EMBEDDED_FOLDER / "semantic"


@pytest.fixture(scope="module")
def extractor(folder: Path) -> SemanticExtractor:
    return SemanticExtractor.load(folder, name="tiny")


def test_embeddings_are_those_of_transformers(extractor: SemanticExtractor, folder: Path) -> None:
    """PIL images of a size the processor must resize and crop, through the Auto classes."""
    images = np.random.default_rng(0).integers(0, 256, (3, 80, 80, 3), dtype=np.uint8)
    inputs = AutoImageProcessor.from_pretrained(folder)([Image.fromarray(i) for i in images], return_tensors="pt")
    with torch.inference_mode():
        pooled = Dinov2Model.from_pretrained(folder)(**inputs).pooler_output
    expected = pooled / pooled.norm(dim=-1, keepdim=True)
    np.testing.assert_allclose(extractor.embed(images), expected.numpy(), rtol=1e-5, atol=1e-6)


def test_laws(extractor: SemanticExtractor, originals: np.ndarray, noisy: np.ndarray) -> None:
    x, y = extractor.embed(originals), extractor.embed(noisy)
    np.testing.assert_allclose(np.linalg.norm(x, axis=-1), 1.0, rtol=1e-6)
    np.testing.assert_allclose(cosine_distance(x, x), 0.0, atol=1e-6)
    np.testing.assert_array_equal(cosine_distance(x, y), cosine_distance(y, x))
    np.testing.assert_allclose(cosine_distance(x, -x), 2.0, atol=1e-6)
    assert cosine_distance(x, y).min() > 1e-4
    one_by_one = np.concatenate([extractor.embed(originals[i : i + 1]) for i in range(len(originals))])
    np.testing.assert_allclose(one_by_one, x, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "preprocessor_config.json"])
def test_a_missing_file_is_named(folder: Path, tmp_path: Path, file: str) -> None:
    copy = shutil.copytree(folder, tmp_path / "semantic")
    (copy / file).unlink()
    with pytest.raises(MetricError, match=rf"suite tiny: .*{file} is missing; restore the folder"):
        SemanticExtractor.load(copy, name="tiny")


@pytest.mark.parametrize("fields", [{"hidden_size": 48}, {"num_hidden_layers": 3}])
def test_weights_of_another_shape_are_refused(folder: Path, tmp_path: Path, fields: dict[str, int]) -> None:
    copy = shutil.copytree(folder, tmp_path / "semantic")
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps({**config, **fields}))
    with pytest.raises(MetricError, match=r"suite tiny: ") as caught:
        SemanticExtractor.load(copy, name="tiny")
    assert "\n" not in str(caught.value)


def test_a_distance_stays_in_its_range_whatever_rounding_makes_of_a_length() -> None:
    longer = np.array([[1.0 + 1e-6, 0.0], [0.0, 1.0]], np.float32)
    assert cosine_distance(longer, longer).tolist() == [0.0, 0.0]
    assert cosine_distance(longer, -longer).tolist() == [2.0, 2.0]
    assert cosine_distance(longer, longer[::-1]).tolist() == [1.0, 1.0]
