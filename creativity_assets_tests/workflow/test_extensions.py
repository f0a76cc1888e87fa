"""An audit column costs its declaration and its function, a metric the same, a suite one entry: all else follows.

Each is added from a module of the test's own, by the catalogue's `plugins:`, and taken away again.
"""

from collections.abc import Callable
from copy import deepcopy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from creativity_assets import vocabulary
from creativity_assets.images.audit import AUDIT
from creativity_assets.orchestration.reporting import column_schema
from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets.workflow.entries import plugins
from creativity_assets.workflow.study import Study
from creativity_assets.workflow.tables.checks import CHECKS
from creativity_assets.workflow.tables.collected import Collected
from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, write_catalog
from creativity_assets_tests.vocabulary.test_pinned import PINNED, columns

COLUMN = """
import numpy as np
from creativity_assets.vocabulary import SampleColumn

VERSION = {version}


def brightness(picture):
    return float(np.asarray(picture.content.convert("L")).mean()) + {shift}


def odd_width(picture):
    return picture.decoded.width if picture.decoded.width % 2 else None


AUDIT = {{"brightness": brightness, "odd_width": odd_width}}
SAMPLE_COLUMNS = {{
    "brightness": SampleColumn(
        "brightness", "DOUBLE", "Mean grey level", "grey levels", 0, 255, origin="audit", title="mean brightness"
    ),
    "odd_width": SampleColumn("odd_width", "BIGINT", "Width where it is odd", low=1, origin="audit", nullable=True),
}}
"""

METRIC = """
import numpy as np
from creativity_assets.metrics.metric import of_images
from creativity_assets.metrics.suites import SUITES as KNOWN
from creativity_assets.vocabulary import Score

VERSION = 1


def gradient_distance(originals, reconstructions):
    across = [np.diff(images.astype(np.float64) / 255, axis=2) for images in (originals, reconstructions)]
    return np.abs(across[0] - across[1]).mean(axis=(1, 2, 3))


SCORES = {
    "gradient_distance": Score(
        "gradient_distance", meaning="Mean difference of horizontal gradients", low=0, high=2,
        title="Gradient distance", short="gradient",
    )
}
SUITES = {
    "embedded-gradient": KNOWN["embedded"].extended(
        {"gradient_distance": of_images(gradient_distance)},
        composite=("dino_distance", "lpips", "log_mse", "gradient_distance"),
    )
}
"""


def under(root: Path, *names: str) -> None:
    (root / "catalog" / "local.yaml").write_text(yaml.safe_dump({"plugins": list(names)}), encoding="utf-8")


def rows(root: Path, sql: str) -> pd.DataFrame:
    return query(Store(root).database, sql)


def holds(root: Path) -> list[str]:
    collected = Collected(Study(root).lineage)
    return [problem for check in CHECKS.values() for problem in check(collected)]


def test_the_audit_measures_what_is_declared() -> None:
    assert list(AUDIT) == [column.name for column in vocabulary.audit_columns()]


@pytest.mark.long
def test_an_audit_column_is_its_declaration_and_its_function(
    modules: Path, forget: Callable[[], None], measured_root: Path
) -> None:
    (modules / "my_column.py").write_text(COLUMN.format(version=1, shift=0), encoding="utf-8")
    under(measured_root, "my_column")
    made = bring_up_to_date(measured_root)
    assert made.problems == ()
    found = rows(measured_root, "SELECT brightness FROM samples")["brightness"]
    assert found.between(1, 254).all() and found.nunique() > 3
    odd = rows(measured_root, "SELECT width, odd_width FROM samples")
    assert 0 < odd["odd_width"].isna().sum() < len(odd)
    assert (odd["odd_width"].dropna() == odd["width"][odd["width"] % 2 == 1]).all()
    assert rows(measured_root, "SELECT brightness FROM scores")["brightness"].notna().all()
    (told,) = rows(measured_root, "SELECT comment FROM duckdb_columns() WHERE column_name = 'brightness' AND table_name = 'samples'")["comment"]  # fmt: skip
    assert told == "Mean grey level (in grey levels; from 0 to 255)"
    assert "brightness" in [column.name for column in column_schema("samples")["dagster/column_schema"].columns]
    assert "mean brightness" in Store(measured_root).report.read_text(encoding="utf-8")
    assert holds(measured_root) == []

    # Its version makes the audit stale and nothing that follows from the pictures; its range is a check.
    forget()
    (modules / "my_column.py").write_text(COLUMN.format(version=2, shift=300), encoding="utf-8")
    scored = rows(measured_root, "SELECT max(scored_at) AS t FROM image_metrics")["t"][0]
    bring_up_to_date(measured_root)
    assert rows(measured_root, "SELECT max(scored_at) AS t FROM image_metrics")["t"][0] == scored
    assert {line.partition(": ")[2] for line in holds(measured_root)} == {"brightness outside [0, 255]"}

    forget()
    under(measured_root)
    bring_up_to_date(measured_root)
    assert "brightness" not in rows(measured_root, "SELECT * FROM samples")
    assert list(columns()) == PINNED.read_text(encoding="utf-8").splitlines()[1:]
    assert holds(measured_root) == []


@pytest.mark.long
def test_a_metric_is_its_declaration_and_its_function_and_a_suite_one_entry(
    modules: Path, forget: Callable[[], None], measured_root: Path
) -> None:
    (modules / "my_metric.py").write_text(METRIC, encoding="utf-8")
    catalog = deepcopy(CATALOG)
    catalog["experiments"]["tiny.ddim2"] = {  # type: ignore[index]
        "model": "tiny",
        "method": "ddim2",
        "suite": "embedded-gradient",
        "datasets": ["paintings", "copies"],
    }
    write_catalog(measured_root, catalog)
    under(measured_root, "my_metric")
    assert bring_up_to_date(measured_root).problems == ()
    metrics = rows(measured_root, "SELECT * FROM image_metrics")
    assert list(metrics.columns)[-2:] == ["gradient_distance", "floor_gradient_distance"]
    ours, others = (metrics[metrics["suite"] == suite] for suite in ("embedded-gradient", "embedded"))
    assert len(ours) == len(others) > 0
    assert (ours[["gradient_distance", "floor_gradient_distance"]] > 0).all(axis=None)
    assert others[["gradient_distance", "floor_gradient_distance"]].isna().all(axis=None)
    parts = ours[["dino_distance", "lpips", "log_mse", "gradient_distance"]].to_numpy(float)
    np.testing.assert_allclose(ours["composite"], parts.mean(axis=1), atol=1e-12)
    assert holds(measured_root) == []
    stats = rows(measured_root, "SELECT experiment FROM stats_by_metric WHERE metric = 'gradient_distance'")
    assert stats["experiment"].tolist() == ["tiny.ddim2"]
    readouts = rows(
        measured_root, "SELECT DISTINCT experiment FROM readouts WHERE readout = 'excess_gradient_distance'"
    )
    assert readouts["experiment"].tolist() == ["tiny.ddim2"]
    assert "Gradient distance" in Store(measured_root).report.read_text(encoding="utf-8")
    revisions = ours["suite_revision"].iloc[0], others["suite_revision"].iloc[0]
    assert revisions[0].startswith(f"{revisions[1]}+")

    forget()
    write_catalog(measured_root, CATALOG)
    bring_up_to_date(measured_root)
    left = rows(measured_root, "SELECT * FROM image_metrics")
    assert "gradient_distance" not in left
    assert EXPERIMENT in set(left["experiment"])
    assert list(columns()) == PINNED.read_text(encoding="utf-8").splitlines()[1:]


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("SAMPLE_COLUMNS = {'a': C('a', 'DOUBLE', 'A', given='a')}", "not a SampleColumn of origin audit"),
        ("SAMPLE_COLUMNS = {'a': C('b', 'DOUBLE', 'A', origin='audit')}", "give both one name"),
        ("SCORES = {'a b': S('a b')}", "give both one name"),
        ("SCORES = {'lpips': S('lpips')}", "SCORES has 'lpips' already, from the project"),
    ],
)
def test_what_is_no_column_is_refused_in_one_line(modules: Path, content: str, expected: str) -> None:
    head = "from creativity_assets.vocabulary import SampleColumn as C, Score as S\nVERSION = 1\n"
    (modules / "my_wrong.py").write_text(head + content, encoding="utf-8")
    (line,) = plugins.load_plugins(["my_wrong"])
    assert expected in line and "\n" not in line
