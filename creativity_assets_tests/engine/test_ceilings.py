import numpy as np
import pytest

from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.ceilings import CeilingItem, ceilings
from creativity_assets.engine.measure import embed
from creativity_assets.metrics.suites import Suite
from creativity_assets.vocabulary import SCORES

from .conftest import Items


@pytest.mark.parametrize("size", [1, 3])
def test_a_ceiling_is_the_mean_score_against_the_members(suite: Suite, items: Items, size: int) -> None:
    """Oracle: the suite asked for each pair alone."""
    panel = np.stack([image[::-1] for _, image in items[2:]])
    kept = dict(embed(suite, items, batch=BatchSize(4)))
    members = [(0, 1, 4), (2, 3, 0), (4, 3, 1), (1, 2, 0)]
    asked = [
        CeilingItem(sample, image, kept[sample], chosen)
        for (sample, image), chosen in zip(items[:4], members, strict=True)
    ]
    found = list(ceilings(suite, asked, panel, batch=BatchSize(size)))
    assert [sample for sample, _ in found] == [item.sample_id for item in asked]
    for (_, ours), item in zip(found, asked, strict=True):
        alone = [suite.score(item.original[None], panel[k : k + 1]) for k in item.members]
        for name in SCORES:
            assert ours[name] == pytest.approx(np.mean([scores[name][0] for scores in alone]), rel=1e-5, abs=1e-6)


def test_kept_embeddings_are_what_the_ceilings_are_made_of(
    suite: Suite, items: Items, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each image with the embedding of another one: its ceiling is that one's, and only the panel is embedded."""
    panel = np.stack([image[::-1] for _, image in items[:3]])
    kept, ours = suite.embed(np.stack([image for _, image in items])), suite.embed(panel)
    asked = [
        CeilingItem(sample, image, kept[i - 1], (i % 3, (i + 1) % 3)) for i, (sample, image) in enumerate(items[:5])
    ]
    embedded: list[int] = []
    embed_images = suite.embed
    monkeypatch.setattr(suite, "embed", lambda images: embedded.append(len(images)) or embed_images(images))
    found = dict(ceilings(suite, asked, panel, batch=BatchSize(2)))
    assert sum(embedded) == len(panel)
    for item in asked:
        distances = [1 - float(item.embedding @ ours[k]) for k in item.members]
        assert found[item.sample_id]["dino_distance"] == pytest.approx(np.mean(distances), abs=1e-6)


def test_a_panel_may_have_one_member(suite: Suite, items: Items) -> None:
    """Then the ceiling is the score against it."""
    (sample, image), panel = items[0], np.stack([items[1][1]])
    kept = suite.embed(image[None])[0]
    ((_, found),) = ceilings(suite, [CeilingItem(sample, image, kept, (0,))], panel, batch=BatchSize(4))
    assert found == pytest.approx(
        {name: values[0] for name, values in suite.score(image[None], panel).items()}, rel=1e-5
    )
