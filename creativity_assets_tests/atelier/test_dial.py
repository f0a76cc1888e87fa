"""The dial: distance grows with the level; on the matched axis the usual confounders stay put."""

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from creativity_assets.atelier import LEVELS, PAINTERS, dial, paint
from creativity_assets.images.audit import edge_density, entropy

MOTIFS = range(8)


def _luminance(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    return np.asarray(Image.fromarray(image).convert("L"), dtype=np.float64)


@pytest.mark.parametrize("index", MOTIFS)
def test_matched_leaves_entropy_edges_and_contrast(index: int) -> None:
    base = dial("matched", 0.0, index).image
    for level in LEVELS[1:]:
        image = dial("matched", level, index).image
        assert entropy(Image.fromarray(image)) == pytest.approx(entropy(Image.fromarray(base)), abs=0.05)
        density = edge_density(Image.fromarray(base))
        assert edge_density(Image.fromarray(image)) == pytest.approx(density, rel=0.03, abs=0.003)
        assert _luminance(image).std() == pytest.approx(_luminance(base).std(), rel=0.01)
        assert _luminance(image).mean() == pytest.approx(_luminance(base).mean(), abs=0.5)


def test_matched_moves_luminance_by_quarter_turns_alone() -> None:
    base = _luminance(dial("matched", 0.0, 0).image)
    for level, quarters in ((0.25, 0), (0.5, 0), (0.75, 2), (1.0, 1)):
        moved = _luminance(dial("matched", level, 0).image)
        assert np.abs(moved - np.rot90(base, quarters)).max() <= 1


def test_matched_turns_hues_to_their_opposites() -> None:
    """At level 1 colour differences change sign, where the gamut leaves room."""
    base = np.rot90(dial("matched", 0.0, 0).image, 1).astype(float)
    far = dial("matched", 1.0, 0).image.astype(float)
    before, after = base[..., 0] - base[..., 2], far[..., 0] - far[..., 2]
    colourful = np.abs(before) > 20
    assert np.mean(np.sign(before[colourful]) == -np.sign(after[colourful])) > 0.95


def _signature(image: NDArray[np.uint8]) -> NDArray[np.float64]:
    pixels = image.astype(float) / 255
    return pixels.reshape(8, 8, 8, 8, 3).mean((1, 3)).ravel()


@pytest.fixture(scope="module")
def learnt() -> NDArray[np.float64]:
    """Signatures of training works, one a row."""
    trained = [p for p in PAINTERS if p.in_training]
    return np.stack([_signature(paint(p, "training", i).image) for p in trained for i in range(20)])


@pytest.mark.parametrize("axis", ["free", "matched"])
def test_works_leave_the_training_range_step_by_step(axis: str, learnt: NDArray[np.float64]) -> None:
    """Mean distance to the nearest training work, in colours of 8 x 8 patches, grows along the dial."""
    distances = [
        np.mean([np.linalg.norm(learnt - _signature(dial(axis, lv, i).image), axis=1).min() for i in range(16)])
        for lv in LEVELS
    ]
    assert min(np.diff(distances)) > -0.1  # the free axis flattens at the end: nothing is near any more
    assert distances[-1] > distances[2] > distances[0]
    assert distances[-1] > 1.3 * distances[0]


@pytest.mark.parametrize("axis", ["free", "matched"])
def test_one_motif_keeps_its_story_at_every_level(axis: str) -> None:
    dialled = [dial(axis, level, 3) for level in LEVELS]
    assert len({(w.title, w.year, w.caption, w.genre, w.style) for w in dialled}) == 1
    assert [w.novelty for w in dialled] == list(LEVELS)
    assert len({w.image.tobytes() for w in dialled}) == len(LEVELS)
    assert {w.painter.slug for w in dialled} == {f"dial-{axis}"}
    assert {w.membership for w in dialled} == {"unseen"}


@pytest.mark.parametrize("axis", ["free", "matched"])
def test_dial_works_are_the_same_at_another_size(axis: str) -> None:
    small, large = dial(axis, 0.5, 1, 64).image, dial(axis, 0.5, 1, 128).image
    reduced = np.asarray(Image.fromarray(large).reduce(2), dtype=float)
    assert np.abs(reduced - small).mean() < 6


@pytest.mark.parametrize(
    ("axis", "level", "message"), [("sideways", 0.5, "no dial axis 'sideways'"), ("free", 1.5, "level 1.5 is outside")]
)
def test_mistakes_are_named(axis: str, level: float, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dial(axis, level, 0)
