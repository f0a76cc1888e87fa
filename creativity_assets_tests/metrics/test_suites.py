import shutil
from pathlib import Path

import numpy as np
import pytest

from creativity_assets.errors import MetricError
from creativity_assets.metrics import pixel
from creativity_assets.metrics.composite import composite
from creativity_assets.metrics.perceptual import alexnet_path
from creativity_assets.metrics.suites import (
    EMBEDDED_FOLDER,
    EMBEDDED_HEADS,
    SUITES,
    Suite,
    find_suite,
    load_suite,
    suite_revision,
)
from creativity_assets.vocabulary import SCORES
from creativity_assets_tests.hub_cache import HubCache


def test_scores_are_named_finite_and_float64(suite: Suite, originals: np.ndarray, noisy: np.ndarray) -> None:
    scores = suite.score(originals, noisy)
    assert tuple(scores) == suite.scores == tuple(SCORES)
    for values in scores.values():
        assert values.dtype == np.float64
        assert values.shape == (len(originals),)
        assert np.isfinite(values).all()
        assert (values > 0).all()
    np.testing.assert_array_equal(scores["log_mse"], pixel.log_mse(pixel.mse(originals, noisy)))
    expected = composite(scores["dino_distance"], scores["lpips"], scores["log_mse"])
    np.testing.assert_array_equal(scores["composite"], expected)


def test_identical_images_score_zero(suite: Suite, originals: np.ndarray) -> None:
    for values in suite.score(originals, originals).values():
        np.testing.assert_allclose(values, 0.0, atol=1e-6)


def test_what_is_prepared_once_changes_nothing(suite: Suite, originals: np.ndarray, noisy: np.ndarray) -> None:
    prepared = suite.prepare(originals, suite.embed(originals))
    with_it = suite.compare(prepared, suite.prepare(noisy))
    without = suite.score(originals, noisy)
    for name in SCORES:
        np.testing.assert_array_equal(with_it[name], without[name])


def test_pictures_are_taken_in_any_order_and_as_often_as_they_are_named(
    suite: Suite, originals: np.ndarray, noisy: np.ndarray
) -> None:
    rows = [2, 0, 2]
    taken = suite.compare(suite.prepare(originals).take(rows), suite.prepare(noisy).take([1, 1, 0]))
    alone = suite.score(originals[rows], noisy[[1, 1, 0]])
    for name in SCORES:
        np.testing.assert_allclose(taken[name], alone[name], rtol=1e-6, atol=1e-7)


def test_wrong_images_are_refused(suite: Suite, originals: np.ndarray) -> None:
    with pytest.raises(MetricError, match="suite embedded: images are float64"):
        suite.score(originals, originals / 255)
    with pytest.raises(MetricError, match="originals against"):
        suite.score(originals, originals[:2])
    with_alpha = np.concatenate([originals, originals[..., :1]], axis=-1)
    for wrong in (with_alpha, originals[0], originals[..., 0]):
        with pytest.raises(MetricError, match="not uint8"):
            suite.score(wrong, wrong)


def test_unknown_suites_are_refused_with_what_there_is(data_root: Path) -> None:
    with pytest.raises(MetricError, match=r"no metric suite 'papier'; have \['embedded', 'paper'\]"):
        load_suite("papier", data_root)


def test_revision_follows_the_weights(data_root: Path, suite: Suite, tmp_path: Path) -> None:
    shutil.copytree(data_root / EMBEDDED_FOLDER, tmp_path / EMBEDDED_FOLDER)
    assert suite_revision("embedded", tmp_path) == suite.revision == suite_revision("embedded", data_root)
    file = tmp_path / EMBEDDED_FOLDER / EMBEDDED_HEADS
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes(content)
    assert suite_revision("embedded", tmp_path) != suite.revision
    assert len({suite_revision(name, data_root) for name in SUITES}) == len(SUITES)


def test_a_missing_embedded_suite_names_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(MetricError, match=r"suite embedded: .*config.json is missing; restore data/embedded"):
        load_suite("embedded", tmp_path)


def test_the_papers_dinov2_names_the_command_when_offline(hub: HubCache) -> None:
    from creativity_assets.metrics import suites

    with pytest.raises(MetricError, match=r"suite paper: .* fetch it with: hf download facebook/dinov2-base"):
        suites._dinov2_folder()


def test_a_suite_is_found_only_where_its_weights_are(
    data_root: Path, suite: Suite, tmp_path: Path, hub: HubCache, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert find_suite("embedded", data_root) == suite.revision
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    both = (
        r"suite paper: [^:]*alexnet[^:]* is missing and facebook/dinov2-base is not on this machine; "
        r"fetch it with: curl [^&]*alexnet\S* && hf download facebook/dinov2-base"
    )
    with pytest.raises(MetricError, match=both):
        find_suite("paper", data_root)
    alexnet_path().parent.mkdir(parents=True)
    alexnet_path().touch()
    with pytest.raises(MetricError, match="suite paper: facebook/dinov2-base is not on this machine"):
        find_suite("paper", data_root)
