"""What doctor says of models: what is there, what is needed, what fetches it."""

from pathlib import Path
from typing import Any

import pytest
import torch

from creativity_assets.catalog import load_catalog
from creativity_assets.commands.model_needs import GIB, Machine, count_parameters, examine_model, memory_needed
from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.model_files import find_model
from creativity_assets.workflow.entries.revisions import model_source
from creativity_assets.workflow.study import Study
from creativity_assets_tests.hub_cache import COMMIT, HubCache
from creativity_assets_tests.studies import CATALOG, write_catalog

PROJECT_DATA = Path(__file__).parents[2] / "data"
LARGE, SMALL = Machine(140 * GIB, True, "a large GPU", 10**12), Machine(2 * GIB, True, "a small GPU", 4 * 10**9)


def lines(root: Path, name: str, machine: Machine = LARGE, **settings: Any) -> list[str]:
    """What doctor says of one entry, a changed one if there are settings."""
    if settings:
        write_catalog(root, {**CATALOG, "models": {**CATALOG["models"], name: settings}})
    study = Study(root)
    return list(examine_model(study, study.catalog.model(name), machine))


def test_parameters_are_counted_without_loading(study_root: Path) -> None:
    model = load_catalog(study_root).model("tiny")
    source = model_source(model, study_root)
    loaded = Backbone.from_source(source)._networks
    networks = [part for part in vars(loaded).values() if isinstance(part, torch.nn.Module)]
    assert len(networks) == 3
    assert count_parameters(find_model(source)) == sum(p.numel() for n in networks for p in n.parameters())


def test_a_model_that_is_there_says_its_revision_size_and_needs(study_root: Path) -> None:
    (line,) = lines(study_root, "tiny")
    folder = study_root / "embedded" / "tiny"
    size = sum(file.stat().st_size for file in folder.rglob("*.safetensors")) / 1e6
    assert line.startswith("tiny: sha256:") and f", {size:,.0f} MB in {folder.resolve()}" in line
    assert line.endswith("fits into 140.0 GiB free on a large GPU")


def test_a_hub_model_that_is_not_there_says_what_to_fetch_and_how(study_root: Path) -> None:
    settings = {"hub_id": "some/model", "revision": COMMIT, "resolution": 512, "optional": True}
    known = {"parameters": 1_066_235_307, "download_gb": 4.3, "pipeline": "StableDiffusionPipeline"}
    state, command = lines(study_root, "far", SMALL, **settings, **known)
    assert state.startswith(
        "far (optional): MISSING: some/model is not on this machine, up to 4.3 GB to fetch, does NOT fit (4 GB free on disk); needs 3.7 GiB"
    )
    assert state.endswith("does NOT fit into 2.0 GiB free on a small GPU")
    assert command.startswith(f"hf download some/model --revision {COMMIT} --include 'model_index.json'")
    state, _ = lines(study_root, "far", LARGE, **settings, **known)
    assert "up to 4.3 GB to fetch (1,000 GB free on disk); needs" in state
    state, _ = lines(study_root, "far", LARGE, **settings)
    assert state == "far (optional): MISSING: some/model is not on this machine"


def test_a_lora_that_is_not_there_is_named(study_root: Path) -> None:
    tuned = {"path": "embedded/tiny", "resolution": 32, "overrides": {"lora": {"path": "models/none"}}}
    (line,) = lines(study_root, "tuned", **tuned)
    assert (
        line
        == f"tuned: MISSING: lora: folder {study_root.resolve() / 'models' / 'none'} is missing; check the entry's location"
    )


@pytest.fixture
def snapshot(study_root: Path, hub: HubCache) -> Path:
    """The folder of some/model in the hub's cache."""
    return hub.put("some/model", study_root / "embedded" / "tiny")


ON_HUB = {"hub_id": "some/model", "revision": COMMIT, "resolution": 32, "optional": True, "download_gb": 4.3}


def test_what_is_there_is_not_said_to_be_missing(study_root: Path, snapshot: Path) -> None:
    """The base in the hub's cache, a LoRA that is not in its folder, an autoencoder that is on another hub id."""
    lora = {"path": "models/wikiart-lora"}
    (line,) = lines(study_root, "tuned", **ON_HUB, overrides={"lora": lora})
    assert "some/model" not in line and "to fetch" not in line
    assert line.startswith(
        f"tuned (optional): MISSING: lora: folder {study_root.resolve() / 'models' / 'wikiart-lora'} is missing"
    )
    vae = {"hub_id": "some/vae", "revision": COMMIT}
    state, command = lines(study_root, "tuned", **ON_HUB, overrides={"lora": lora, "vae": vae})
    assert state.startswith("tuned (optional): MISSING: vae: some/vae is not on this machine; lora: folder ")
    assert command.startswith(f"hf download some/vae --revision {COMMIT} --include ")


def test_a_lost_file_is_named_with_the_command(study_root: Path, snapshot: Path) -> None:
    file = snapshot / "unet" / "diffusion_pytorch_model.safetensors"
    file.unlink()
    state, command = lines(study_root, "far", **ON_HUB)
    assert state.startswith(f"far (optional): MISSING: {file} is missing, up to 4.3 GB to fetch")
    assert command.startswith("hf download some/model")


POINTER = b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3438167536\n"


@pytest.mark.parametrize("content", [POINTER, b"", b"\x08", b"\xff" * 100, b"\x02" + bytes(7) + b"{}" + bytes(9)])
def test_a_file_that_is_no_safetensors_file_is_one_line(study_root: Path, snapshot: Path, content: bytes) -> None:
    file = snapshot / "vae" / "diffusion_pytorch_model.safetensors"
    file.write_bytes(content)
    (line,) = lines(study_root, "far", **ON_HUB)
    assert line.startswith(f"far (optional): MISSING: {file} is not a whole safetensors file (a Git LFS pointer?): ")
    assert line.endswith("; fetch the file again")


@pytest.mark.parametrize(
    ("dtype", "half", "bytes_each"),
    [("auto", True, 2), ("auto", False, 4), ("float32", True, 4), ("float16", False, 2)],
)
def test_memory_is_weights_and_the_image_s_share(dtype: str, half: bool, bytes_each: int) -> None:
    """SD 1.5 at 512 px: 1.07 G parameters, 5,000 bytes a pixel, and half a GiB."""
    model = load_catalog(PROJECT_DATA).model("sd15").model_copy(update={"dtype": dtype})
    expected = 1_066_235_307 * bytes_each + 5_000 * 512 * 512 + 2**29
    assert memory_needed(model, 1_066_235_307, half=half) == expected
