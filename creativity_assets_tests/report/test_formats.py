"""Printed numbers: what is missing is a dash, and nothing is rounded into something else."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from creativity_assets.report import formats


@pytest.mark.parametrize(
    ("show", "value", "printed"),
    [
        (formats.count, 81444, "81,444"),
        (formats.count, np.int64(0), "0"),
        (formats.score, 0.6284, "0.628"),
        (formats.score, -0.0001, "0.000"),
        (formats.signed, 0.056, "+0.056"),
        (formats.signed, -0.053, "−0.053"),
        (formats.signed, -0.0001, "0.000"),
        (formats.effect_size, -1.238, "−1.24"),
        (formats.p_value, 0.0321, "0.032"),
        (formats.p_value, 3.04e-49, "3e-49"),
        (formats.p_value, 4.56e-7, "4.6e-7"),
        (formats.p_value, 0.99996, "1.000"),
        (formats.p_value, 0.0, "< 1e-300"),
        (formats.percent, 0.236, "24\u00a0%"),
        (formats.capital, "golden tempera", "Golden tempera"),
    ],
)
def test_values(show: Callable[[Any], str], value: object, printed: str) -> None:
    assert show(value) == printed


@pytest.mark.parametrize(
    "show",
    [formats.count, formats.score, formats.signed, formats.effect_size, formats.p_value, formats.percent, formats.text],
)
@pytest.mark.parametrize("nothing", [None, float("nan"), pd.NA])
def test_what_is_missing_is_a_dash(show: Callable[[Any], str], nothing: object) -> None:
    assert show(nothing) == "–"


def test_ranges() -> None:
    assert formats.p_value(1e-47, "<") == "< 1e-47"
    assert formats.interval(-0.02, 0.05) == "−0.020 to +0.050"
    assert formats.interval(None, 0.05) == "–"
    assert (formats.years(1400, 1949), formats.years(1900, 1900)) == ("1400–1949", "1900")
    assert formats.size(512, pd.NA) == "–"


def test_revisions_keep_every_part_apart() -> None:
    """A LoRA's hash stands behind its base's: cut at a length, two models would look like one."""
    assert (
        formats.revision("sha256:8e9508263435c1e6+lora=sha256:b09d73cb757f3173") == "sha256:8e95082+lora=sha256:b09d73c"
    )
    assert formats.revision("451f4fe16113bff5a5d2269ed5ad43b0592e9a14") == "451f4fe"
    assert formats.revision("0.1.0+fcee0021.dirty") == "0.1.0+fcee002.dirty"
