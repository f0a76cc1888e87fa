"""Model entries: what they may say, and how they become the diffusion layer's sources."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.entries import ModelEntry
from creativity_assets.catalog.listing import listing
from creativity_assets.diffusion.weights.layouts import LAYOUTS
from creativity_assets.diffusion.weights.model_files import Lora, Override, missing_parts
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets_tests.hub_cache import COMMIT, HubCache

PROJECT = Path(__file__).parents[2]
HUB = {"hub_id": "some/model", "revision": COMMIT}


def entry(**settings: Any) -> ModelEntry:
    return ModelEntry.model_validate({"name": "m", "path": "models/m", "resolution": 64, **settings})


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"path": None}, "exactly one of hub_id and path"),
        ({"path": None, "hub_id": "some/model"}, "some/model needs a pinned revision"),
        ({"path": None, "hub_id": "some/model", "revision": "main"}, "needs a pinned revision"),
        ({"path": None, "hub_id": "../other", "revision": COMMIT}, "hub_id"),
        ({"path": None, "hub_id": "model", "revision": COMMIT}, "hub_id"),
        ({"dtype": "int8"}, "dtype"),
        ({"prediction_type": "flow"}, "prediction_type"),
        ({"training_cutoff": "spring"}, "training_cutoff"),
        ({"overrides": {"vae": {"path": "x", "hub_id": "a/b", "revision": COMMIT}}}, "exactly one"),
        ({"overrides": {"vae": {"hub_id": "a/b", "revision": "v1.0"}}}, "needs a pinned revision"),
        ({"overrides": {"vae": {"path": "x", "subfolder": "../y"}}}, "subfolder"),
        ({"overrides": {"lora": {"path": "x", "file": "weights.bin"}}}, "file"),
        ({"overrides": {"lora": {"path": "x", "file": "../weights.safetensors"}}}, "file"),
        ({"overrides": {"scheduler": {"path": "x"}}}, "scheduler"),
    ],
)
def test_a_wrong_entry_is_refused(settings: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        entry(**settings)


@pytest.mark.parametrize(
    ("stated", "year"),
    [(2022, 2022), ("2022-03", 2022), (date(2022, 3, 31), 2022), ("2022-12-31", 2022), (None, None)],
)
def test_a_cut_off_is_a_year_or_a_date(stated: Any, year: int | None) -> None:
    assert entry(training_cutoff=stated).cutoff_year == year


def test_an_entry_is_a_source_with_all_it_says(tmp_path: Path) -> None:
    source = model_source(
        entry(
            dtype="bfloat16",
            variant="fp16",
            prediction_type="v_prediction",
            pipeline="StableDiffusion3Pipeline",
            extra_components=["text_encoder_3", "tokenizer_3"],
            overrides={
                "vae": {**HUB, "subfolder": "vae", "variant": "fp16"},
                "transformer": {"path": "models/t"},
                "lora": {**HUB, "file": "style.safetensors", "scale": 0.8},
            },
        ),
        tmp_path,
    )
    assert source.location == tmp_path / "models" / "m"
    assert source.overrides == (
        Override("vae", "some/model", COMMIT, "fp16", "vae"),
        Override("transformer", tmp_path / "models" / "t"),
    )
    assert source.lora == Lora("some/model", COMMIT, "style.safetensors", 0.8)
    assert (source.dtype, source.variant, source.prediction_type) == ("bfloat16", "fp16", "v_prediction")
    assert source.extra == ("text_encoder_3", "tokenizer_3")
    assert source.pipeline == "StableDiffusion3Pipeline"
    hash(source)


MODELS = load_catalog(PROJECT / "data").models


@pytest.mark.parametrize("name", [name for name, model in MODELS.items() if model.hub_id])
def test_the_projects_hub_models_are_optional_and_fetched_by_a_command(name: str, hub: HubCache) -> None:
    model = MODELS[name]
    assert model.optional and model.licence and model.parameters and model.download_gb and model.training_cutoff
    assert model.pipeline in LAYOUTS
    command = missing_parts(model_source(model, PROJECT / "data"))[0].command
    assert command.startswith(f"hf download {model.hub_id} --revision {model.revision} --include 'model_index.json'")
    assert "text_encoder_3" not in command, "T5 is left on the hub unless it is asked for"
    # Stable Diffusion 3's repository holds float16, the others float32; the rest of a download is a few megabytes.
    bytes_each = 2 if model.pipeline == "StableDiffusion3Pipeline" else 4
    assert model.download_gb == pytest.approx(model.parameters * bytes_each / 1e9, rel=0.03)


def test_the_listing_says_what_is_taken_from_elsewhere() -> None:
    rows = dict(listing(load_catalog(PROJECT / "data"))["models"])
    assert (
        "(optional) stable-diffusion-v1-5/stable-diffusion-v1-5@451f4fe + lora models/wikiart-lora, 512 px"
        in rows["sd15-wikiart"]
    )
