"""How the methods relate on the embedded model: quickly over eight works, and over the 48 they are studied on."""

from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from creativity_assets.atelier import PAINTERS, paint
from creativity_assets.catalog import load_catalog
from creativity_assets.diffusion.inversion import INVERSIONS
from creativity_assets.engine.batching import BatchSize
from creativity_assets.engine.loading import Workbench
from creativity_assets.engine.measure import Latent, encode, reconstruct, score
from creativity_assets.store.layout import Store
from creativity_assets.store.sql.query import query
from creativity_assets.workflow.entries.methods import inversion_settings
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets.workflow.plan import Scope
from creativity_assets.workflow.tables.checks import FLOOR_TOLERANCE
from creativity_assets_tests.beside import move_masters
from creativity_assets_tests.running import bring_up_to_date
from creativity_assets_tests.shipped import copy_catalog

DATA = Path(__file__).parents[1] / "data"
WORKS = ["atelier-24", "masters-24"]
CATALOG = load_catalog(DATA)
INVERSION_OF = {name: method.inversion for name, method in CATALOG.methods.items()}
STUDIED = [e.method for e in CATALOG.experiments.values() if e.model == "tiny-sd"]
EXACT = [name for name in STUDIED if INVERSIONS[INVERSION_OF[name]].exact]
EXACTNESS = 0.005
"""Of the composite score, within which an exact method must return the floor."""

LONG = (pytest.mark.long, pytest.mark.timeout(5400))


def long(test: Callable[..., None]) -> Callable[..., None]:
    """Mark a test that needs the whole study."""
    for mark in LONG:
        test = mark(test)
    return test


@pytest.fixture(scope="module")
def eight() -> pd.DataFrame:
    """A work of every third painter through the engine alone: DDIM at two lengths and the exact methods."""
    model, workbench, batch = CATALOG.model("tiny-sd"), Workbench(DATA), BatchSize(8)
    backbone, suite = workbench.backbone(model_source(model, DATA)), workbench.suite("embedded")
    works = {painter.slug: paint(painter, "show", 0, model.resolution).image for painter in PAINTERS[::3]}
    encoded = list(encode(backbone, works.items(), batch=batch))

    def composite(pictures: Iterable[tuple[str, np.ndarray]]) -> dict[str, float]:
        pairs = [(name, works[name], picture) for name, picture in pictures]
        return {name: scores["composite"] for name, scores in score(suite, pairs, batch=batch)}

    def returned(method: str) -> dict[str, float]:
        settings = inversion_settings(CATALOG.method(method))
        latents = [Latent(done.sample_id, done.latent) for done in encoded]
        return composite((r.sample_id, r.image) for r in reconstruct(backbone, settings, latents, batch=batch))

    floor = pd.Series(composite((done.sample_id, done.floor) for done in encoded))
    frame = pd.DataFrame({method: returned(method) for method in ["ddim20", "ddim100", *EXACT]})
    assert len(frame) == 8
    return frame.sub(floor, axis="index")


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Every method of the catalogue through the workflow, over 24 works of the atelier and 24 masters."""
    root = tmp_path_factory.mktemp("project") / "data"
    copy_catalog(root)
    (root / "embedded").symlink_to(DATA / "embedded")
    move_masters(root)
    bring_up_to_date(root, Scope(datasets=tuple(WORKS)))
    frame = query(
        Store(root).database,
        "SELECT sample_id, method, composite - floor_composite AS excess FROM image_metrics WHERE model = 'tiny-sd'",
    )
    wide = frame.pivot(index="sample_id", columns="method", values="excess")
    assert len(wide) == 48
    assert wide.notna().all(axis=None)
    return wide


@pytest.fixture(params=[pytest.param("eight", marks=LONG), pytest.param("study", marks=LONG)])
def excess(request: pytest.FixtureRequest) -> pd.DataFrame:
    """The composite score less its floor, a row per work and a column per method."""
    frame: pd.DataFrame = request.getfixturevalue(request.param)
    return frame


def test_exact_methods_return_the_floor(excess: pd.DataFrame) -> None:
    assert {INVERSION_OF[name] for name in EXACT} == {name for name, spec in INVERSIONS.items() if spec.exact}
    assert excess[EXACT].abs().max(axis=None) < EXACTNESS


def test_ddim_lies_above_the_floor_on_average(excess: pd.DataFrame) -> None:
    assert excess["ddim20"].mean() > EXACTNESS


def test_more_steps_lie_nearer_to_the_floor_on_average(excess: pd.DataFrame) -> None:
    assert excess["ddim100"].abs().mean() < 0.5 * excess["ddim20"].abs().mean()


@long
def test_every_method_for_diffusion_models_was_measured(study: pd.DataFrame) -> None:
    measured = {INVERSION_OF[name] for name in study.columns}
    assert measured == {name for name, spec in INVERSIONS.items() if spec.kind != "flow"}


@long
def test_ddim_lies_above_the_floor(study: pd.DataFrame) -> None:
    """By nine tenths of the works, and none of the others by more than the asset check calls luck."""
    assert study["ddim20"].mean() > 0.01
    assert (study["ddim20"] > 0).mean() >= 0.9
    assert study["ddim20"].min() > -FLOOR_TOLERANCE


@long
def test_more_steps_lie_nearer_to_the_floor(study: pd.DataFrame) -> None:
    nearer = study["ddim100"].abs() < study["ddim20"].abs()
    assert nearer.mean() >= 0.9


@long
def test_implicit_methods_lie_between_ddim_and_the_floor(study: pd.DataFrame) -> None:
    means = study.mean()
    assert abs(means["aidi5"]) < 0.001
    assert abs(means["fixed-point5"]) < abs(means["renoise1"]) < means["ddim20"]


@long
def test_mistakes_and_mismatches_lie_far_above(study: pd.DataFrame) -> None:
    means = study.mean()
    assert means["ddim20-sourcelabel"] > 2 * means["ddim20"]
    assert means["ddim20-classdefaults"] > 0.3
    assert means["guidance-mismatch"] > means["ddim20"]
