"""docs/models.md against the catalogue, the published architectures, and what doctor says."""

from pathlib import Path

import pytest
import yaml

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.entries import ModelEntry
from creativity_assets.commands.model_needs import GIB, count_parameters, memory_needed
from creativity_assets.diffusion.weights.model_files import find_model
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets_tests.full_size import FULL_SIZE
from creativity_assets_tests.test_docs import DOCS, rows

DATA = Path(__file__).parents[1] / "data"
MODELS = load_catalog(DATA).models
ROWS = {cells[0].strip("`"): cells for cells in rows("models.md", "The table")}


def test_every_model_has_a_row_in_the_catalogue_s_order() -> None:
    assert list(ROWS) == list(MODELS)


@pytest.mark.parametrize("name", MODELS)
def test_a_row_says_what_the_entry_and_doctor_say(name: str) -> None:
    model = MODELS[name]
    _, architecture, pixels, _, parameters, download, memory, licence, notes = ROWS[name]
    counted = model.parameters or count_parameters(find_model(model_source(MODELS["tiny-sd"], DATA)))
    assert (architecture, int(pixels), licence) == (model.pipeline, model.resolution, model.licence)
    assert int(parameters) == round(counted / 1e6)
    assert memory == f"{memory_needed(model, counted, half=True) / GIB:.1f}"
    assert notes
    if model.download_gb is not None:
        assert float(download) == model.download_gb


@pytest.mark.parametrize("name", FULL_SIZE)
def test_a_row_states_the_published_prediction(name: str) -> None:
    published = FULL_SIZE[name]
    flow = published.scheduler.get("_class_name", "").startswith("FlowMatch")
    assert ROWS[name][3] == ("flow" if flow else published.scheduler.get("prediction_type", "epsilon"))


def test_the_example_entry_holds() -> None:
    text = (DOCS / "models.md").read_text(encoding="utf-8")
    example = yaml.safe_load(text.split("```yaml\n", 1)[1].split("```", 1)[0])["models"]
    for name, body in example.items():
        entry = ModelEntry.model_validate({**body, "name": name})
        assert entry.cutoff_year == 2023
        assert model_source(entry, DATA).lora is not None
