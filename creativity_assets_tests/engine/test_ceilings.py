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
