"""Bad folders: one line that names the entry, the file and the remedy."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.model_files import ModelSource, find_model
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.errors import ModelError
from creativity_assets_tests.hub_cache import COMMIT, HubCache

UNET = "unet/diffusion_pytorch_model.safetensors"


def edit(path: Path, **fields: object) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **fields}))


def pickle_only(folder: Path) -> None:
    torch.save(load_file(folder / UNET), folder / "unet" / "diffusion_pytorch_model.bin")
    (folder / UNET).unlink()


def lose_a_tensor(folder: Path) -> None:
    state = load_file(folder / UNET)
    del state["conv_in.weight"]
    save_file(state, folder / UNET, metadata={"format": "pt"})


def widen(folder: Path) -> None:
    edit(folder / "unet" / "config.json", block_out_channels=[16, 48])


def narrow_text_encoder(folder: Path) -> None:
    edit(folder / "text_encoder" / "config.json", intermediate_size=48)


def truncate(folder: Path) -> None:
    (folder / UNET).write_bytes((folder / UNET).read_bytes()[:1000])


def pointer(folder: Path) -> None:
    (folder / UNET).write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 3438167536\n")


def other_pipeline(folder: Path) -> None:
    edit(folder / "model_index.json", _class_name="KandinskyPipeline")


def other_class(folder: Path) -> None:
    edit(folder / "vae" / "config.json", _class_name="VQModel")


DAMAGE: dict[str, tuple[Callable[[Path], None], str]] = {
    "pickle": (pickle_only, "diffusion_pytorch_model.bin is a pickle and is refused; convert it to"),
    "weights gone": (lambda folder: (folder / UNET).unlink(), f"{UNET} is missing"),
    "config gone": (lambda folder: (folder / "vae/config.json").unlink(), "vae/config.json is missing"),
    "index gone": (lambda folder: (folder / "model_index.json").unlink(), "model_index.json is missing"),
    "component gone": (lambda folder: shutil.rmtree(folder / "text_encoder"), "text_encoder is missing"),
    "tokenizer gone": (lambda folder: (folder / "tokenizer/tokenizer.json").unlink(), "tokenizer"),
    "scheduler gone": (lambda folder: shutil.rmtree(folder / "scheduler"), "scheduler_config.json is missing"),
    "config broken": (lambda folder: (folder / "vae/config.json").write_text("{"), "cannot be read"),
    "config a list": (lambda folder: (folder / "vae/config.json").write_text("[]"), "is not a configuration"),
    "other pipeline": (
        other_pipeline,
        "says KandinskyPipeline; choose a model of StableDiffusionPipeline, StableDiffusionXLPipeline",
    ),
    "other class": (other_class, "says VQModel, not AutoencoderKL; wrong architecture"),
    "shape": (widen, "wrong architecture"),
    "text shape": (narrow_text_encoder, "wrong architecture"),
    "tensor gone": (lose_a_tensor, "missing keys: 1, first conv_in.weight"),
    "truncated": (truncate, f"{UNET} is not a whole safetensors file"),
    "a Git LFS pointer": (pointer, f"{UNET} is not a whole safetensors file (a Git LFS pointer?)"),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_folder_is_refused_in_one_line(sd_folder: Path, tmp_path: Path, damage: str) -> None:
    folder = shutil.copytree(sd_folder, tmp_path / "sd")
    harm, message = DAMAGE[damage]
    harm(folder)
    with pytest.raises(ModelError) as caught:
        Backbone.load(folder, name="my-entry")
    text = str(caught.value)
    assert text.startswith("my-entry: ")
    assert str(folder) in text
    assert message in text
    assert "\n" not in text


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"my-entry: folder .*nowhere is missing; check the entry's location"):
        Backbone.load(tmp_path / "nowhere", name="my-entry")


def test_shards_and_variants_are_found(sd_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(sd_folder, tmp_path / "sd")
    state = load_file(folder / UNET)
    (folder / UNET).unlink()
    halves = {"diffusion_pytorch_model-00001-of-00002.safetensors": sorted(state)[::2]}
    halves["diffusion_pytorch_model-00002-of-00002.safetensors"] = sorted(state)[1::2]
    for file, keys in halves.items():
        save_file({key: state[key] for key in keys}, folder / "unet" / file, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": {key: file for file, keys in halves.items() for key in keys}}
    (folder / "unet" / "diffusion_pytorch_model.safetensors.index.json").write_text(json.dumps(index))
    Backbone.load(folder)
    (folder / "unet" / next(iter(halves))).unlink()
    with pytest.raises(ModelError, match=r"00001-of-00002\.safetensors is missing"):
        Backbone.load(folder)
    with pytest.raises(ModelError, match=r"vae: no fp16 files are here, but files without a variant"):
        Backbone.load(folder, variant="fp16")


def test_revision_follows_content_not_place(sd_folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(sd_folder, tmp_path / "copy")
    revision = weights_revision(ModelSource("a", sd_folder))
    assert revision.startswith("sha256:")
    assert weights_revision(ModelSource("b", copy)) == revision
    (copy / "README.md").write_text("a card changes no number")
    assert weights_revision(ModelSource("b", copy)) == revision
    state = load_file(copy / UNET)
    state["conv_in.bias"][0] += 1
    save_file(state, copy / UNET, metadata={"format": "pt"})
    assert weights_revision(ModelSource("b", copy)) != revision


def test_revision_follows_the_scheduler(sd_folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(sd_folder, tmp_path / "copy")
    edit(copy / "scheduler" / "scheduler_config.json", beta_end=0.02)
    assert weights_revision(ModelSource("b", copy)) != weights_revision(ModelSource("a", sd_folder))


@pytest.fixture
def hub_id(hub: HubCache, sd_folder: Path) -> str:
    """The tiny model in the hub's cache."""
    hub.put("some/tiny-sd", sd_folder)
    return "some/tiny-sd"


def test_a_hub_id_goes_through_the_same_code(hub_id: str, backbone: Backbone) -> None:
    loaded = Backbone.load(hub_id)
    assert loaded.weights_revision() == f"commit:{COMMIT}"
    assert torch.equal(loaded.denoiser()(loaded.noise([1]), 501), backbone.denoiser()(backbone.noise([1]), 501))


def test_an_absent_hub_id_names_the_command(hub: HubCache) -> None:
    with pytest.raises(ModelError) as caught:
        Backbone.load("some/other-sd", name="my-entry", revision="abc")
    text = str(caught.value)
    assert text.startswith("my-entry: some/other-sd is not on this machine; fetch it with: hf download some/other-sd")
    assert "--revision abc" in text
    assert "\n" not in text


def test_what_is_no_hub_id_is_said_so(hub: HubCache) -> None:
    with pytest.raises(ModelError, match="neither a folder nor a hub id"):
        find_model(ModelSource("my-entry", "data/embedded/typo"))


def test_a_pinned_hub_commit_is_known_without_files(hub_id: str) -> None:
    assert weights_revision(ModelSource("a", "not/here", revision=COMMIT)) == f"commit:{COMMIT}"
    assert weights_revision(ModelSource("a", hub_id)) == f"commit:{COMMIT}"


def test_a_folder_of_a_hub_id_s_name_does_not_stand_for_it(
    hub_id: str, sd_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`hf download X --local-dir X` makes one, and its files are of whatever commit."""
    shutil.copytree(sd_folder, tmp_path / "here" / hub_id)
    shutil.copytree(sd_folder, tmp_path / "here" / "some" / "other-sd")
    monkeypatch.chdir(tmp_path / "here")
    pinned = ModelSource("a", hub_id, revision=COMMIT)
    assert find_model(pinned).place.commit == COMMIT
    assert weights_revision(pinned) == f"commit:{COMMIT}"
    with pytest.raises(ModelError, match="some/other-sd is not on this machine; fetch it with"):
        find_model(ModelSource("a", "some/other-sd", revision=COMMIT))


def test_files_as_they_were_first_published_load_to_the_same_weights(
    sd_folder: Path, backbone: Backbone, tmp_path: Path
) -> None:
    """SD 1.5's and 2.1's files date from 2022: a text encoder below `text_model.` with its position ids, and the
    autoencoder's attention under other names. A tensor that were not recognised would stay random.
    """
    folder = shutil.copytree(sd_folder, tmp_path / "older")
    text = folder / "text_encoder" / "model.safetensors"
    state = {f"text_model.{key.removeprefix('text_model.')}": tensor for key, tensor in load_file(text).items()}
    state["text_model.embeddings.position_ids"] = torch.arange(16)[None]
    save_file(state, text, metadata={"format": "pt"})
    vae = folder / "vae" / "diffusion_pytorch_model.safetensors"
    older = {"to_q": "query", "to_k": "key", "to_v": "value", "to_out.0": "proj_attn"}
    state = load_file(vae)
    for now, then in older.items():
        state = {key.replace(f"attentions.0.{now}.", f"attentions.0.{then}."): value for key, value in state.items()}
    assert any("proj_attn" in key for key in state)
    save_file(state, vae, metadata={"format": "pt"})
    loaded = Backbone.load(folder)
    assert torch.equal(loaded.embed(["red"]).tokens, backbone.embed(["red"]).tokens)
    x = backbone.noise([1])
    assert (loaded.decode(x) == backbone.decode(x)).all()
