"""Models that are not what their folder's pipeline says: one line, from doctor and from a load alike."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file

from creativity_assets.commands.model_needs import examine_model
from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.model_files import ModelSource, Override, find_model
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.errors import ModelError
from creativity_assets.workflow.study import Study
from creativity_assets_tests.commands.test_model_needs import LARGE
from creativity_assets_tests.studies import CATALOG, RESOLUTION, write_catalog
from creativity_assets_tests.tiny_families import SAVERS
from creativity_assets_tests.tiny_models import autoencoder, conditional_unet

WEIGHTS = {
    "unet": "diffusion_pytorch_model",
    "transformer": "diffusion_pytorch_model",
    "vae": "diffusion_pytorch_model",
    "text_encoder": "model",
    "text_encoder_2": "model",
}


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def folder(family: str) -> Path:
        if family not in made:
            made[family] = SAVERS[family](tmp_path_factory.mktemp(family) / family)
        return made[family]

    return folder


def linked(base: Path, folder: Path, *own: str) -> Path:
    """The model with components of its own, and the others' files where they are."""
    folder.mkdir()
    for part in base.iterdir():
        (folder / part.name).symlink_to(part)
    for name in own:
        (folder / name).unlink()
        shutil.copytree(base / name, folder / name)
    return folder


def with_network(base: Path, folder: Path, **fields: Any) -> Path:
    """The model with another UNet, whole and of its own configuration."""
    linked(base, folder, "unet")
    shutil.rmtree(folder / "unet")
    conditional_unet(8, **fields).save_pretrained(folder / "unet")
    return folder


def refused_alike(folder: Path, message: str) -> None:
    """The same line from what doctor asks and from a load."""
    said = []
    for look in (find_model, Backbone.from_source):
        with pytest.raises(ModelError) as caught:
            look(ModelSource("my-entry", folder))
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert said[0].startswith("my-entry: ")
    assert message in said[0]
    assert "\n" not in said[0]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"in_channels": 9}, "the unet takes in_channels 9, but the vae gives 4"),
        ({"in_channels": 5}, "the unet takes in_channels 5, but the vae gives 4"),
        ({"out_channels": 8}, "the unet takes out_channels 8, but the vae gives 4"),
        ({"num_class_embeds": 10}, "asks for an input that a StableDiffusionPipeline does not give (num_class_embeds: 10)"),
        ({"class_embed_type": "timestep"}, "(class_embed_type: timestep)"),
        (
            {"class_embed_type": "projection", "projection_class_embeddings_input_dim": 8},
            "(class_embed_type: projection)",
        ),
        (
            {"addition_embed_type": "text_time", "addition_time_embed_dim": 8, "projection_class_embeddings_input_dim": 72},
            "(addition_embed_type: text_time)",
        ),
        ({"addition_embed_type": "text"}, "(addition_embed_type: text)"),
        ({"addition_embed_type": "image", "encoder_hid_dim": 32}, "(addition_embed_type: image)"),
        ({"encoder_hid_dim": 32, "encoder_hid_dim_type": "image_proj"}, "(encoder_hid_dim_type: image_proj)"),
        ({"time_cond_proj_dim": 16}, "(time_cond_proj_dim: 16)"),
        ({"attention_type": "gated"}, "(attention_type: gated)"),
        ({"cross_attention_dim": 48}, "the unet takes cross_attention_dim 48, but text of the encoders gives 32"),
    ],
)  # fmt: skip
def test_a_unet_that_asks_for_more_is_refused(
    sd_folder: Path, tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    refused_alike(with_network(sd_folder, tmp_path / "odd", **fields), message)


@pytest.mark.parametrize(
    ("place", "fields", "message"),
    [
        ("sd1/vae", {"in_channels": 4}, "the vae takes in_channels 4, but an image gives 3"),
        ("sd1/vae", {"latent_channels": 16}, "the unet takes in_channels 4, but the vae gives 16"),
        ("sdxl/unet", {"projection_class_embeddings_input_dim": 99}, "input_dim 99, but the text_encoder_2 gives 72"),
        ("sdxl/unet", {"addition_embed_type": None}, "(addition_embed_type: None)"),
        ("sdxl/text_encoder_2", {"hidden_size": 24}, "cross_attention_dim 48, but text of the encoders gives 56"),
        ("sd3/transformer", {"in_channels": 4}, "the transformer takes in_channels 4, but the vae gives 16"),
        ("sd3/transformer", {"pooled_projection_dim": 9}, "pooled_projection_dim 9, but the text encoders gives 56"),
    ],
)  # fmt: skip
def test_components_that_do_not_fit_one_another_are_refused(
    folders: Callable[[str], Path], tmp_path: Path, place: str, fields: dict[str, Any], message: str
) -> None:
    """Seen in the configurations alone, before weights are looked at."""
    family, component = place.split("/")
    folder = linked(folders(family), tmp_path / "odd", component)
    file = folder / component / "config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **fields}))
    refused_alike(folder, message)


@pytest.mark.parametrize("family", SAVERS)
def test_every_family_s_own_models_fit(folders: Callable[[str], Path], family: str) -> None:
    Backbone.load(folders(family))


def test_what_no_rule_foresees_fails_at_the_first_evaluation(sd_folder: Path, tmp_path: Path) -> None:
    """A rule taken away: the network itself says what it lacks, and that is one line too."""
    from creativity_assets.diffusion.weights import layouts

    folder = with_network(sd_folder, tmp_path / "odd", num_class_embeds=10)
    with pytest.MonkeyPatch.context() as patch:
        patch.delitem(layouts.GIVEN, "num_class_embeds")
        with pytest.raises(ModelError, match=r"my-entry: the network does not take .* \(class_labels should be prov"):
            Backbone.load(folder, name="my-entry")


def test_doctor_refuses_what_a_load_would(study_root: Path, tmp_path: Path) -> None:
    base = study_root / "embedded" / "tiny"
    odd = with_network(base.resolve(), tmp_path / "odd", in_channels=9)
    write_catalog(study_root, {**CATALOG, "models": {"tiny": CATALOG["models"]["tiny"], "odd": {"path": str(odd), "resolution": RESOLUTION}}})  # fmt: skip
    study = Study(study_root)
    (line,) = examine_model(study, study.catalog.model("odd"), LARGE)
    assert line.startswith("odd: MISSING: the unet takes in_channels 9, but the vae gives 4; choose another model")


def halved(base: Path, folder: Path, *, sharded: bool = False) -> Path:
    """Every weight in float16, in files of the variant fp16 alone."""
    shutil.copytree(base, folder)
    for component, stem in WEIGHTS.items():
        file = folder / component / f"{stem}.safetensors"
        if not file.is_file():
            continue
        state = {key: tensor.half() for key, tensor in load_file(file).items()}
        file.unlink()
        if sharded and component == "unet":
            shard = f"{stem}.fp16-00001-of-00001.safetensors"
            save_file(state, folder / component / shard, metadata={"format": "pt"})
            index = {"metadata": {}, "weight_map": dict.fromkeys(state, shard)}
            (folder / component / f"{stem}.safetensors.index.fp16.json").write_text(json.dumps(index))
        else:
            save_file(state, folder / component / f"{stem}.fp16.safetensors", metadata={"format": "pt"})
    return folder


@pytest.mark.parametrize("sharded", [False, True])
def test_files_of_a_variant_alone_are_named_and_load_by_it(
    sd_folder: Path, tmp_path: Path, backbone: Backbone, sharded: bool
) -> None:
    folder = halved(sd_folder, tmp_path / "half", sharded=sharded)
    for look in (find_model, weights_revision, Backbone.from_source):
        with pytest.raises(ModelError, match=r"^my-entry: .*: fp16 files are here: say `variant: fp16`$"):
            look(ModelSource("my-entry", folder))
        with pytest.raises(ModelError, match=r"^my-entry: .*: fp16 files are here: say `variant: fp16`$"):
            look(ModelSource("my-entry", folder, variant="bf16"))
        with pytest.raises(ModelError, match=r": no fp16 files are here, but .* drop `variant: fp16`$"):
            look(ModelSource("my-entry", sd_folder, variant="fp16"))
    loaded = Backbone.load(folder, variant="fp16")
    assert loaded.network.dtype == torch.float32
    x = backbone.noise([1])
    torch.testing.assert_close(loaded.denoiser()(x, 501), backbone.denoiser()(x, 501), rtol=0.01, atol=0.01)


def spoil(file: Path, value: float, key: str | None = None) -> str:
    """One number of the largest tensor, or of this one; returns the tensor's name."""
    state = load_file(file)
    name = key or max(state, key=lambda k: state[k].numel())
    state[name].view(-1)[-1] = value
    save_file(state, file, metadata={"format": "pt"})
    return name


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
@pytest.mark.parametrize(("family", "component"), [("sd1", "unet"), ("sd1", "vae"), ("sd1", "text_encoder"), ("sdxl", "text_encoder_2"), ("sd3", "transformer")])  # fmt: skip
def test_a_weight_that_is_no_number_is_named(
    folders: Callable[[str], Path], tmp_path: Path, family: str, component: str, value: float
) -> None:
    folder = linked(folders(family), tmp_path / "bad", component)
    name = spoil(folder / component / f"{WEIGHTS[component]}.safetensors", value)
    with pytest.raises(ModelError) as caught:
        Backbone.load(folder, name="my-entry")
    short = name.removeprefix("text_model.")
    assert str(caught.value).startswith(f"my-entry: {component}: ")
    assert f"{short} holds NaN or infinity (as float32)" in str(caught.value)


def test_any_tensor_counts_not_only_large_ones(sd_folder: Path, tmp_path: Path) -> None:
    folder = linked(sd_folder, tmp_path / "bad", "unet")
    spoil(folder / "unet" / "diffusion_pytorch_model.safetensors", float("nan"), "conv_norm_out.bias")
    with pytest.raises(ModelError, match="unet: conv_norm_out.bias holds NaN or infinity"):
        Backbone.load(folder)


def test_a_weight_that_half_precision_cannot_hold_is_named(sd_folder: Path, tmp_path: Path) -> None:
    folder = linked(sd_folder, tmp_path / "bad", "unet")
    spoil(folder / "unet" / "diffusion_pytorch_model.safetensors", 1e6, "conv_in.bias")
    Backbone.load(folder)
    with pytest.raises(ModelError, match=r"unet: conv_in.bias holds NaN or infinity \(as float16\); .* another dtype"):
        Backbone.load(folder, dtype="float16")


def test_an_override_s_weights_are_looked_at_too(sd_folder: Path, tmp_path: Path) -> None:
    shutil.copytree(sd_folder / "vae", tmp_path / "vae")
    spoil(tmp_path / "vae" / "diffusion_pytorch_model.safetensors", float("nan"))
    with pytest.raises(ModelError, match="my-entry: vae: .* holds NaN"):
        Backbone.load(sd_folder, name="my-entry", overrides=(Override("vae", tmp_path / "vae"),))
    autoencoder(32, latent_channels=8).save_pretrained(tmp_path / "wide")
    with pytest.raises(ModelError, match="my-entry: the unet takes in_channels 4, but the vae gives 8"):
        Backbone.load(sd_folder, name="my-entry", overrides=(Override("vae", tmp_path / "wide"),))
