"""Components and LoRAs taken from elsewhere: what is loaded, what the revision covers, what is refused."""

import itertools
import json
import shlex
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from peft import LoraConfig
from peft.utils import get_peft_model_state_dict
from safetensors.torch import load_file, save_file

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.model_files import Lora, ModelSource, Override, missing_parts
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.errors import ModelError
from creativity_assets_tests.diffusion.test_backbone import assert_same_images, images
from creativity_assets_tests.hub_cache import COMMIT, HubCache
from creativity_assets_tests.tiny_families import SAVERS
from creativity_assets_tests.tiny_models import save_tiny_sd

FILE = "pytorch_lora_weights.safetensors"
RANK, ALPHA = 4, 8


@pytest.fixture(scope="module")
def other_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same architecture with other weights."""
    return save_tiny_sd(tmp_path_factory.mktemp("other"), seed=1)


def save_lora(folder: Path, base: Path, *, seed: int = 0) -> Path:
    """A random LoRA over attention, convolutions and the first text encoder, by diffusers' own writer."""
    pipeline = diffusers.DiffusionPipeline.from_pretrained(base)
    denoiser = "transformer" if hasattr(pipeline, "transformer") else "unet"
    targets = {
        denoiser: ["to_q", "to_v", "to_out.0", *(["conv1"] if denoiser == "unet" else [])],
        "text_encoder": ["q_proj", "out_proj"],
    }
    layers = {}
    torch.manual_seed(seed)
    for name, modules in targets.items():
        network = getattr(pipeline, name)
        network.add_adapter(LoraConfig(r=RANK, lora_alpha=ALPHA, target_modules=modules))
        for key, parameter in network.named_parameters():
            if "lora_" in key:
                torch.nn.init.normal_(parameter, std=0.2)
        layers[f"{name}_lora_layers"] = get_peft_model_state_dict(network)
        layers[f"{name}_lora_adapter_metadata"] = network.peft_config["default"].to_dict()
    type(pipeline).save_lora_weights(folder, **layers)
    return folder


@pytest.fixture(scope="module")
def lora_folder(sd_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_lora(tmp_path_factory.mktemp("lora"), sd_folder)


def test_an_override_is_that_component_of_the_other_model(
    sd_folder: Path, other_folder: Path, backbone: Backbone
) -> None:
    other = Backbone.load(other_folder)
    mixed = Backbone.load(sd_folder, overrides=(Override("vae", other_folder / "vae"),))
    originals, x = images(1), backbone.noise([1])
    assert torch.equal(mixed.encode(originals), other.encode(originals))
    assert not torch.equal(mixed.encode(originals), backbone.encode(originals))
    assert torch.equal(mixed.denoiser()(x, 501), backbone.denoiser()(x, 501))


def test_a_unet_may_lie_in_a_subfolder_and_the_base_s_is_not_needed(
    sd_folder: Path, other_folder: Path, tmp_path: Path
) -> None:
    base = shutil.copytree(sd_folder, tmp_path / "base")
    shutil.rmtree(base / "unet")
    tuned = Backbone.load(base, overrides=(Override("unet", other_folder, subfolder="unet"),))
    expected = load_file(other_folder / "unet" / "diffusion_pytorch_model.safetensors")
    for name, tensor in tuned.network.state_dict().items():
        assert torch.equal(tensor, expected[name])


def test_the_revision_covers_overrides(sd_folder: Path, other_folder: Path, lora_folder: Path) -> None:
    base = weights_revision(ModelSource("a", sd_folder))
    vae = Override("vae", other_folder / "vae")
    sources = [
        ModelSource("a", sd_folder, overrides=(vae,)),
        ModelSource("a", sd_folder, overrides=(Override("vae", sd_folder / "vae"),)),
        ModelSource("a", sd_folder, lora=Lora(lora_folder)),
        ModelSource("a", sd_folder, lora=Lora(lora_folder, scale=0.5)),
        ModelSource("a", sd_folder, overrides=(vae,), lora=Lora(lora_folder)),
        ModelSource("a", sd_folder, prediction_type="v_prediction"),
        ModelSource("a", sd_folder, dtype="bfloat16"),
    ]
    revisions = [weights_revision(source) for source in sources]
    assert len({base, *revisions}) == len(sources) + 1
    assert revisions[2].startswith(f"{base}+lora=sha256:") and "+lora*0.5=sha256:" in revisions[3]
    assert revisions[5] == f"{base}+v_prediction"
    assert Backbone.from_source(sources[4]).weights_revision() == revisions[4]


def test_a_commit_that_holds_several_files_says_which(downloaded: HubCache) -> None:
    """Another file of the same commit is another model."""

    def revision(**changed: Any) -> str:
        return weights_revision(replace(HUB_SOURCE, **changed))

    plain = revision()
    assert plain == f"commit:{COMMIT}+vae=commit:{COMMIT}+lora=commit:{COMMIT}"
    assert revision(variant="fp16") == plain.replace(f"commit:{COMMIT}+vae", f"commit:{COMMIT}/fp16+vae")
    nested = Override("vae", "some/vae", COMMIT, "fp16", "inner")
    assert revision(overrides=(nested,)) == plain.replace("+lora", "/inner/fp16+lora")
    assert (
        revision(lora=Lora("some/lora", COMMIT, "b.safetensors", 0.5))
        == plain.replace("lora=", "lora*0.5=") + "/b.safetensors"
    )
    assert revision(dtype="float16", extra=("x",)) == f"{plain}+float16+x"


def test_the_revision_follows_an_override_s_content(sd_folder: Path, lora_folder: Path, tmp_path: Path) -> None:
    copy = shutil.copytree(lora_folder, tmp_path / "copy")
    before = weights_revision(ModelSource("a", sd_folder, lora=Lora(copy)))
    assert before == weights_revision(ModelSource("a", sd_folder, lora=Lora(lora_folder)))
    state = load_file(copy / FILE)
    next(iter(state.values()))[0] += 1
    save_file(state, copy / FILE)
    assert weights_revision(ModelSource("a", sd_folder, lora=Lora(copy))) != before


@pytest.mark.parametrize("scale", [1.0, 0.5])
def test_a_lora_adds_its_low_rank_products(
    sd_folder: Path, lora_folder: Path, backbone: Backbone, scale: float
) -> None:
    """Hu et al. 2021, section 4.1: W + scale (alpha / r) B A, for every pair of the file and nothing else."""
    tuned = Backbone.load(sd_folder, lora=Lora(lora_folder, scale=scale))
    state = load_file(lora_folder / FILE)
    touched = set()
    for key in (key for key in state if key.endswith("lora_A.weight")):
        part, layer = key.removesuffix(".lora_A.weight").split(".", 1)
        layer = layer.removeprefix("text_model.")
        a, b = state[key].double(), state[key.replace("lora_A", "lora_B")].double()
        before = getattr(backbone._networks, part).state_dict()[f"{layer}.weight"].double()
        after = getattr(tuned._networks, part).state_dict()[f"{layer}.weight"].double()
        product = torch.einsum("or,r...->o...", b.flatten(1), a)
        expected = before + scale * ALPHA / RANK * product
        torch.testing.assert_close(after, expected, rtol=1e-5, atol=1e-6)  # float32 sums
        touched.add((part, f"{layer}.weight"))
    assert {part for part, _ in touched} == {"unet", "text_encoder"}
    for part in ("unet", "text_encoder"):
        for name, tensor in getattr(backbone._networks, part).state_dict().items():
            if (part, name) not in touched:
                assert torch.equal(getattr(tuned._networks, part).state_dict()[name], tensor)
    assert not any(p.requires_grad for p in tuned.network.parameters())


def test_a_lora_is_added_before_the_weights_are_rounded(sd_folder: Path, lora_folder: Path) -> None:
    whole = Backbone.load(sd_folder, lora=Lora(lora_folder))
    half = Backbone.load(sd_folder, lora=Lora(lora_folder), dtype="bfloat16")
    assert half.network.dtype == half._networks.text_encoder.dtype == torch.bfloat16
    assert half._networks.vae.dtype == torch.float32
    for name, tensor in whole.network.state_dict().items():
        assert torch.equal(half.network.state_dict()[name], tensor.to(torch.bfloat16)), name


@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd3"])
def test_a_lora_samples_as_in_diffusers(family: str, tmp_path: Path) -> None:
    base = SAVERS[family](tmp_path / "base")
    lora = save_lora(tmp_path / "lora", base)
    tuned = Backbone.load(base, lora=Lora(lora))
    without_t5 = {"text_encoder_3": None, "tokenizer_3": None} if family == "sd3" else {}
    pipeline = diffusers.DiffusionPipeline.from_pretrained(base, **without_t5)
    if family != "sd3":
        pipeline.scheduler = diffusers.DDIMScheduler.from_config(
            pipeline.scheduler.config, timestep_spacing="leading", steps_offset=1, set_alpha_to_one=False, clip_sample=False
        )  # fmt: skip
    pipeline.set_progress_bar_config(disable=True)
    settings: dict[str, Any] = {
        "num_inference_steps": 4,
        "guidance_scale": 3.0,
        "latents": tuned.noise([5]),
        "output_type": "np",
    }
    plain = pipeline("red", height=32, width=32, **settings).images
    pipeline.load_lora_weights(lora)
    made = pipeline("red", height=32, width=32, **settings).images
    assert np.abs(made - plain).max() > 0.01, "a LoRA without effect would test nothing"
    assert_same_images(tuned.sample(["red"], [5], steps=4, guidance=3.0), (made * 255).round())


def test_a_lora_of_kohya_s_keys_is_the_same(sd_folder: Path, lora_folder: Path, tmp_path: Path) -> None:
    """The layout most public LoRAs have: underscores, lora_down, lora_up, and an alpha beside each pair."""
    state, renamed = load_file(lora_folder / FILE), {}
    for key, tensor in state.items():
        part, layer = key.removesuffix(".weight").split(".", 1)
        layer, matrix = layer.rsplit(".", 1)
        prefix = "lora_te_text_model_" if part == "text_encoder" else "lora_unet_"
        name = prefix + layer.removeprefix("text_model.").replace(".", "_")
        renamed[f"{name}.{'lora_down' if matrix == 'lora_A' else 'lora_up'}.weight"] = tensor
        renamed[f"{name}.alpha"] = torch.tensor(float(ALPHA))
    save_file(renamed, tmp_path / "kohya.safetensors")
    ours = Backbone.load(sd_folder, lora=Lora(tmp_path, file="kohya.safetensors"))
    expected = Backbone.load(sd_folder, lora=Lora(lora_folder))
    x = ours.noise([1])
    torch.testing.assert_close(
        ours.denoiser(["red"], 3.0)(x, 501), expected.denoiser(["red"], 3.0)(x, 501), rtol=1e-4, atol=1e-5
    )


def test_a_lora_that_only_partly_fits_is_refused(sd_folder: Path, lora_folder: Path, tmp_path: Path) -> None:
    state = load_file(lora_folder / FILE)
    key = next(key for key in state if key.startswith("unet") and "lora_A" in key)
    for matrix in ("lora_A", "lora_B"):
        state[f"unet.nowhere.to_q.{matrix}.weight"] = state[key.replace("lora_A", matrix)].clone()
    save_file(state, tmp_path / FILE)
    with pytest.raises(
        ModelError, match=r"my-entry: lora: .* does not fit .* 1 of its \d+ layers .* unet.nowhere.to_q;"
    ):
        Backbone.load(sd_folder, name="my-entry", lora=Lora(tmp_path))


def test_a_lora_for_another_base_is_refused(sd_folder: Path, tmp_path: Path) -> None:
    lora = save_lora(tmp_path / "lora", SAVERS["sdxl"](tmp_path / "sdxl"))
    with pytest.raises(ModelError, match="my-entry: lora: .*choose a LoRA for its base") as caught:
        Backbone.load(sd_folder, name="my-entry", lora=Lora(lora))
    assert "\n" not in str(caught.value)


def test_a_missing_or_pickled_lora_is_named(sd_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=f"my-entry: lora: {tmp_path / FILE} is missing; put it there"):
        Backbone.load(sd_folder, name="my-entry", lora=Lora(tmp_path))
    torch.save({}, tmp_path / "pytorch_lora_weights.bin")
    with pytest.raises(ModelError, match=r"pytorch_lora_weights.bin is a pickle and is refused"):
        Backbone.load(sd_folder, name="my-entry", lora=Lora(tmp_path))
    with pytest.raises(ModelError, match="my-entry: lora: folder .*nowhere is missing"):
        weights_revision(ModelSource("my-entry", sd_folder, lora=Lora(tmp_path / "nowhere")))


def test_what_the_family_does_not_have_cannot_be_overridden(sd_folder: Path) -> None:
    with pytest.raises(ModelError, match="my-entry: no component 'transformer' to override; have vae, unet"):
        Backbone.load(sd_folder, name="my-entry", overrides=(Override("transformer", sd_folder / "unet"),))


def test_a_prediction_type_of_the_entry_wins(sd_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    folder = shutil.copytree(sd_folder, tmp_path / "v")
    file = folder / "scheduler" / "scheduler_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), "prediction_type": "v_prediction"}))
    x = backbone.noise([1])
    stated = Backbone.load(sd_folder, prediction_type="v_prediction").denoiser()(x, 501)
    assert torch.equal(stated, Backbone.load(folder).denoiser()(x, 501))
    assert not torch.equal(stated, backbone.denoiser()(x, 501))


@pytest.fixture
def downloaded(hub: HubCache, sd_folder: Path, other_folder: Path, lora_folder: Path) -> HubCache:
    """A base, an autoencoder and a LoRA in the hub's cache."""
    for name, folder in {"base": sd_folder, "vae": other_folder / "vae", "lora": lora_folder}.items():
        hub.put(f"some/{name}", folder)
    return hub


HUB_SOURCE = ModelSource(
    "my-entry",
    "some/base",
    COMMIT,
    pipeline="StableDiffusionPipeline",
    overrides=(Override("vae", "some/vae", COMMIT),),
    lora=Lora("some/lora", COMMIT),
)


def test_hub_ids_go_through_the_same_code(
    downloaded: HubCache, sd_folder: Path, other_folder: Path, lora_folder: Path
) -> None:
    loaded = Backbone.from_source(HUB_SOURCE)
    local = Backbone.load(sd_folder, overrides=(Override("vae", other_folder / "vae"),), lora=Lora(lora_folder))
    x = loaded.noise([1])
    assert torch.equal(loaded.denoiser()(x, 501), local.denoiser()(x, 501))
    assert torch.equal(loaded.encode(images(1)), local.encode(images(1)))
    assert loaded.weights_revision() == f"commit:{COMMIT}+vae=commit:{COMMIT}+lora=commit:{COMMIT}"


@pytest.mark.parametrize(
    ("lost", "named", "pattern"),
    [
        ("base", "my-entry: some/base is not on this machine", "'unet/diffusion_pytorch_model.safetensors'"),
        ("vae", "my-entry: vae: some/vae is not on this machine", "'diffusion_pytorch_model.safetensors'"),
        ("lora", "my-entry: lora: some/lora is not on this machine", f"'{FILE}'"),
    ],
)
def test_an_absent_part_names_the_command(downloaded: HubCache, lost: str, named: str, pattern: str) -> None:
    shutil.rmtree(downloaded.repository(f"some/{lost}"))
    with pytest.raises(ModelError) as caught:
        Backbone.from_source(HUB_SOURCE)
    text = str(caught.value)
    assert text.startswith(named) and f"hf download some/{lost} --revision {COMMIT} --include '" in text
    assert pattern in text and "vae/" not in text, "what is overridden need not be fetched"
    assert weights_revision(HUB_SOURCE).startswith(f"commit:{COMMIT}"), "a pinned commit is known without its files"


def test_a_file_lost_from_a_snapshot_names_the_command(downloaded: HubCache) -> None:
    file = downloaded.snapshot("some/base") / "unet" / "diffusion_pytorch_model.safetensors"
    file.unlink()
    with pytest.raises(ModelError, match=f"my-entry: {file} is missing; fetch it with: hf download some/base"):
        Backbone.from_source(HUB_SOURCE)


def test_the_commands_are_understood_and_fetch_every_part(
    hub: HubCache, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The hub's own command line reads them as what the loader itself would ask for."""
    from huggingface_hub.cli import hf

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr("huggingface_hub.cli.download.snapshot_download", lambda **call: asked.append(call) or "")
    for part in missing_parts(HUB_SOURCE):
        program, *arguments = shlex.split(part.command)
        assert program == "hf"
        hf.app(arguments, standalone_mode=False)
    assert [call["repo_id"] for call in asked] == ["some/base", "some/vae", "some/lora"]
    assert {call["revision"] for call in asked} == {COMMIT}
    fetched = [call["allow_patterns"] for call in asked]
    assert {"model_index.json", "scheduler/scheduler_config.json", "tokenizer/*", "unet/config.json"} <= set(fetched[0])
    assert not [pattern for pattern in fetched[0] if pattern.startswith("vae/")]
    assert fetched[2] == [FILE]
    assert [part.command for part in missing_parts(ModelSource("a", tmp_path))] == [""]


def shard(folder: Path, stem: str) -> None:
    """The weights of a component in two files and an index, as large ones are published."""
    state = load_file(folder / f"{stem}.safetensors")
    (folder / f"{stem}.safetensors").unlink()
    weight_map = {key: f"{stem}-0000{n % 2 + 1}-of-00002.safetensors" for n, key in enumerate(sorted(state))}
    for file in sorted(set(weight_map.values())):
        held = {key: state[key] for key in state if weight_map[key] == file}
        save_file(held, folder / file, metadata={"format": "pt"})
    index = {"metadata": {}, "weight_map": weight_map}
    (folder / f"{stem}.safetensors.index.json").write_text(json.dumps(index))


@pytest.mark.parametrize("sharded", [False, True])
@pytest.mark.parametrize("extra", [(), ("text_encoder_3", "tokenizer_3")])
@pytest.mark.parametrize("family", ["sd1", "sdxl", "sd3"])
def test_the_command_fetches_all_that_is_loaded_and_no_more(
    tmp_path: Path, hub: HubCache, family: str, extra: tuple[str, ...], sharded: bool
) -> None:
    """What the hub's client would pick out of a whole repository by the command's patterns is a complete model."""
    from huggingface_hub.utils import filter_repo_objects

    if extra and family != "sd3":
        pytest.skip("has no optional components")
    repository = SAVERS[family](tmp_path / "repository")
    if sharded:
        for file in [*repository.rglob("*.safetensors")]:
            shard(file.parent, file.stem)
    (repository / "whole.safetensors").write_bytes(b"weights in another layout")
    source = ModelSource("my-entry", "some/base", COMMIT, extra=extra)
    words = shlex.split(missing_parts(source)[0].command)
    patterns = [pattern for option, pattern in itertools.pairwise(words) if option == "--include"]
    files = [path.relative_to(repository).as_posix() for path in repository.rglob("*") if path.is_file()]
    fetched = list(filter_repo_objects(files, allow_patterns=patterns))
    snapshot = hub.snapshot("some/base")
    for file in fetched:
        (snapshot / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(repository / file, snapshot / file)
    loaded = Backbone.from_source(source)
    local = Backbone.load(repository, extra=extra)
    x = local.noise([1])
    assert torch.equal(loaded.denoiser(["red"], 3.0)(x, 0.5), local.denoiser(["red"], 3.0)(x, 0.5))
    assert ("text_encoder_3/config.json" in fetched) == bool(extra)
    assert not {"whole.safetensors", "safety_checker/config.json"} & set(fetched)


@pytest.mark.parametrize("lost", [("base",), ("vae",), ("lora",), ("base", "lora"), ()])
def test_only_the_parts_that_are_not_there_are_named(downloaded: HubCache, lost: tuple[str, ...]) -> None:
    for name in lost:
        shutil.rmtree(downloaded.repository(f"some/{name}"))
    commands = [part.command for part in missing_parts(HUB_SOURCE)]
    assert [command.split()[2] for command in commands] == [f"some/{name}" for name in lost]


def test_a_lora_that_is_no_whole_file_is_named(sd_folder: Path, lora_folder: Path, tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes((lora_folder / FILE).read_bytes()[:-100])
    with pytest.raises(ModelError, match=f"my-entry: lora: .*{FILE} is not a whole safetensors file"):
        Backbone.load(sd_folder, name="my-entry", lora=Lora(tmp_path))
