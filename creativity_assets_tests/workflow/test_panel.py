"""The reference panel: who is in it, who is held against whom, and what becomes of a score between its bounds."""

from pathlib import Path

import numpy as np
import pytest

from creativity_assets.images.encoding import pixels_of
from creativity_assets.store.images import read_images
from creativity_assets.store.layout import Collection, Shard, Store
from creativity_assets.workflow.panel import CANDIDATES, SIZE, Member, Panel, panel_of
from creativity_assets.workflow.plan import Scope
from creativity_assets.workflow.study import Study
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import EXPERIMENT, save_picture


@pytest.fixture
def root(study_root: Path) -> Path:
    """Five paintings more by each of three artists: enough for a panel."""
    pictures = study_root.parent / "pictures" / "paintings"
    rows = []
    for artist in ("Ada", "Bea", "Cleo"):
        for number in range(5):
            file = f"{artist.lower()}/{number}.png"
            save_picture(pictures / file, seed=100 * ord(artist[0]) + number)
            rows.append(f'"{file}","{artist}","Work {number}","1900","red and blue"')
    with (pictures / "metadata.csv").open("a", encoding="utf-8") as metadata:
        metadata.write("\n".join(rows) + "\n")
    return study_root


def test_an_image_is_not_held_against_its_artist_its_twin_or_itself() -> None:
    def member(artist: str, number: int, pair: str | None = None) -> Member:
        return Member(Shard(Collection("d", artist)), f"{artist}-{number}", pair)

    panel = Panel(tuple(member("ada" if k % 2 else "bea", k, f"twin-{k}") for k in range(CANDIDATES)), "hash")
    assert panel.against("ada-1", "ada", None) == tuple(range(0, CANDIDATES, 2))[:SIZE]
    assert panel.against("other", "cleo", None) == tuple(range(SIZE))
    assert panel.against("other", "cleo", "bea-2") == (0, 1, 3, 4, 5, 6, 7, 8)
    assert panel.against("twin-4", "cleo", None) == (0, 1, 2, 3, 5, 6, 7, 8)


def test_a_small_data_set_has_no_panel(measured_root: Path) -> None:
    study = Study(measured_root)
    assert panel_of(study.lineage, study.catalog.experiment(EXPERIMENT)) is None
    assert not table(measured_root, "readouts")["readout"].str.startswith("ceiling").any()


def test_ceilings_are_measured_once_there_is_a_panel_and_bound_the_scores(root: Path) -> None:
    """Copies alone are measured first: their ceilings must follow as soon as the panel is reconstructed."""
    experiment = Study(root).catalog.experiment(EXPERIMENT)
    bring_up_to_date(root, Scope(datasets=("copies",)))
    assert panel_of(Study(root).lineage, experiment) is None
    bring_up_to_date(root)
    panel = panel_of(Study(root).lineage, experiment)
    assert panel is not None
    assert len(panel.members) == CANDIDATES
    assert len({member.shard.collection.artist for member in panel.members}) == 5
    assert bring_up_to_date(root).made == ()

    readouts = table(root, "readouts").pivot(index="sample_id", columns="readout", values="value")
    metrics = table(root, "image_metrics").set_index("sample_id")
    assert readouts["ceiling_composite"].notna().all()
    assert len(readouts) == len(metrics) == 40
    for score in ("composite", "dino_distance", "lpips", "log_mse"):
        excess = metrics[score] - metrics[f"floor_{score}"]
        np.testing.assert_allclose(readouts[f"excess_{score}"], excess.loc[readouts.index], atol=1e-12)
        room = readouts[f"ceiling_{score}"] - metrics[f"floor_{score}"].loc[readouts.index]
        expected = (readouts[f"excess_{score}"] / room).where(room >= 0.05)
        np.testing.assert_allclose(readouts[f"normalised_{score}"], expected, rtol=1e-9)

    # Recomputed by hand for one work, from the stored pictures.
    store, suite = Store(root), _suite(root)
    sample = metrics.index[metrics["artist_slug"] == "ada"][0]
    collection = Collection(str(metrics.loc[sample, "dataset"]), "ada")
    original = pixels_of(dict(read_images(store.part("preprocessed_tensors", collection, "32")))[sample])
    pair = table(root, "samples").set_index("sample_id").loc[sample, "pair_id"]
    against = [panel.members[k] for k in panel.against(sample, "ada", pair)]
    assert {member.shard.collection.artist for member in against} & {"ada"} == set()
    scores = [
        suite.score(
            np.stack([original]),
            np.stack([pixels_of(dict(read_images(store.part("reconstructions", m.shard, EXPERIMENT)))[m.sample_id])]),
        )["composite"][0]
        for m in against
    ]
    assert readouts.loc[sample, "ceiling_composite"] == pytest.approx(np.mean(scores), abs=1e-5)


def _suite(root: Path):
    from creativity_assets.metrics.suites import load_suite

    return load_suite("embedded", root)
