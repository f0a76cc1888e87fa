import numpy as np
import pytest

from creativity_assets.metrics.composite import composite


@pytest.mark.parametrize(("parts", "expected"), [((0.817, 0.586, 0.648), 0.684), ((0.780, 0.499, 0.606), 0.628)])
def test_the_studys_tables_agree_with_each_other(parts: tuple[float, float, float], expected: float) -> None:
    """Table 4's parts give Table 3's composite, for both labels."""
    dino_distance, lpips, log_mse = (np.array([part]) for part in parts)
    assert composite(dino_distance, lpips, log_mse)[0] == pytest.approx(expected, abs=5e-4)
