"""LoRA files as people have them: each layer at the strength its file says, or the file refused in one line.

The oracle is W + (alpha / rank) B A, written out in NumPy from the tensors that were put into the file.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import diffusers
import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from creativity_assets.diffusion.backbone import Backbone
from creativity_assets.diffusion.weights.ldm_names import ldm_name
from creativity_assets.diffusion.weights.lora import fuse_lora
from creativity_assets.diffusion.weights.model_files import Lora, ModelSource, find_model
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.errors import ModelError
from creativity_assets_tests.tiny_families import SAVERS

FILE = "pytorch_lora_weights.safetensors"
TEXT = ("q_proj", "k_proj", "v_proj", "out_proj", "fc1", "fc2")
ATTENTION = ("to_q", "to_k", "to_v", "to_out.0")
ALPHA, RANK = 2.0, 4

State = dict[str, Tensor]
Choice = Callable[[int], tuple[int, float]]  # the number of a layer -> its rank and alpha


def layers(backbone: Backbone, part: str, ends: tuple[str, ...]) -> dict[str, nn.Module]:
    found = {
        name: module
        for name, module in getattr(backbone._networks, part).named_modules()
        if name.endswith(ends) and hasattr(module, "weight")
    }
    assert found
    return found


def pair(weight: Tensor, rank: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(down, up) whose product has the weight's shape, as Kohya stores linear layers and convolutions."""
    down = torch.randn((rank, *weight.shape[1:]), generator=generator) * 0.1
    return down, torch.randn((weight.shape[0], rank, *[1] * (weight.ndim - 2)), generator=generator) * 0.1


def product(up: Tensor, down: Tensor, shape: tuple[int, ...]) -> np.ndarray:
    return np.einsum("or,rk->ok", up.double().flatten(1).numpy(), down.double().flatten(1).numpy()).reshape(shape)


def kohya(backbone: Backbone, choose: Choice, ends: dict[str, tuple[str, ...]]) -> tuple[State, dict[str, np.ndarray]]:
    """A file over these layers, and the weights that it must give, by `part/layer`."""
    state, wanted, generator = {}, {}, torch.Generator().manual_seed(0)
    prefixes = {"unet": "lora_unet_", "text_encoder": "lora_te_text_model_"}
    for part, chosen in ends.items():
        for name, module in layers(backbone, part, chosen).items():
            rank, alpha = choose(len(wanted))
            down, up = pair(module.weight, rank, generator)
            key = prefixes[part] + name.removeprefix("text_model.").replace(".", "_")
            state |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(alpha)}
            update = alpha / rank * product(up, down, tuple(module.weight.shape))
            wanted[f"{part}/{name}"] = module.weight.double().numpy() + update
    return state, wanted


def assert_weights(tuned: Backbone, plain: Backbone, wanted: dict[str, np.ndarray]) -> None:
    """Those weights to float32's rounding, and every other one untouched."""
    for part in ("unet", "text_encoder"):
        before = getattr(plain._networks, part).state_dict()
        for key, after in getattr(tuned._networks, part).state_dict().items():
            name = f"{part}/{key.removesuffix('.weight')}"
            if key.endswith(".weight") and name in wanted:
                np.testing.assert_allclose(after.double().numpy(), wanted[name], rtol=1e-6, atol=1e-7)
            else:
                assert torch.equal(after, before[key]), key


def test_kohya_s_updates_of_both_networks_are_added(sd_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    """Attention of the UNet and all six matrices of the text encoder's layers (ComfyUI #2961)."""
    ends = {"unet": ATTENTION, "text_encoder": TEXT}
    state, wanted = kohya(backbone, lambda _: (RANK, ALPHA), ends)
    save_file(state, tmp_path / FILE)
    assert_weights(Backbone.load(sd_folder, lora=Lora(tmp_path)), backbone, wanted)


def test_ranks_and_alphas_may_differ_by_layer(sd_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    """As resized files have them: at one strength for all, layers would have .125 to .5 of their own."""
    ends = {"unet": (*ATTENTION, "conv1", "conv2", "proj_in", "proj_out", "conv_in"), "text_encoder": TEXT}
    state, wanted = kohya(backbone, lambda i: (1 + i % 5, [0.5, 2.0, 8.0][i % 3]), ends)
    assert any(t.ndim == 4 and t.shape[-1] == 3 for t in state.values()), "convolutions belong to the case"
    save_file({key: t.to(torch.float32) for key, t in state.items()}, tmp_path / FILE)
    assert_weights(Backbone.load(sd_folder, lora=Lora(tmp_path)), backbone, wanted)


def test_a_layer_without_alpha_has_strength_one(sd_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    state, wanted = kohya(backbone, lambda _: (RANK, float(RANK)), {"unet": ("to_k",)})
    save_file({key: t for key, t in state.items() if not key.endswith(".alpha")}, tmp_path / FILE)
    assert_weights(Backbone.load(sd_folder, lora=Lora(tmp_path)), backbone, wanted)


def test_a_convolution_of_one_pixel_may_be_stored_as_a_matrix(
    sd_folder: Path, backbone: Backbone, tmp_path: Path
) -> None:
    state, wanted = kohya(backbone, lambda _: (RANK, ALPHA), {"unet": ("proj_in", "to_q")})
    flipped = {
        key: t.flatten(1) if t.ndim == 4 else t[:, :, None, None] if t.ndim == 2 else t for key, t in state.items()
    }
    save_file(flipped, tmp_path / FILE)
    assert_weights(Backbone.load(sd_folder, lora=Lora(tmp_path)), backbone, wanted)


OLDER = {
    "processors": ("unet.{stem}.processor.{last}_lora.{way}.weight", "text_encoder.text_model.{name}.lora_linear_layer.{way}.weight"),
    "bare": ("{stem}.processor.{last}_lora.{way}.weight", "text_encoder.{stem}.{old}_lora.{way}.weight"),
    "dotted": ("unet.{name}.lora.{way}.weight", "text_encoder.text_model.{name}.lora.{way}.weight"),
}  # fmt: skip
"""Names that diffusers itself wrote over the years: for the UNet and for the text encoder."""


@pytest.mark.parametrize("style", OLDER)
def test_diffusers_older_names_are_known(sd_folder: Path, backbone: Backbone, tmp_path: Path, style: str) -> None:
    state, wanted = kohya(backbone, lambda _: (RANK, float(RANK)), {"unet": ATTENTION, "text_encoder": TEXT[:4]})
    named = {}
    for number, full in enumerate(wanted):
        part, name = full.split("/")
        name = name.removeprefix("text_model.")
        flat = name.removesuffix(".0") if name.endswith("to_out.0") else name
        stem, last = flat.rsplit(".", 1)
        old = {"q_proj": "to_q", "k_proj": "to_k", "v_proj": "to_v", "out_proj": "to_out"}.get(last)
        down, up, _ = list(state)[3 * number : 3 * number + 3]
        for way, key in (("down", down), ("up", up)):
            pattern = OLDER[style][part == "text_encoder"]
            named[pattern.format(stem=stem, last=last, way=way, name=name, old=old)] = state[key]
    save_file(named, tmp_path / FILE)
    assert_weights(Backbone.load(sd_folder, lora=Lora(tmp_path)), backbone, wanted)


def test_the_older_names_of_sdxl_are_those_that_diffusers_reads(tmp_path: Path) -> None:
    """Kohya's SDXL files speak of input_blocks; oracle: diffusers' conversion of the same file."""
    folder = SAVERS["sdxl"](tmp_path / "sdxl")
    plain = Backbone.load(folder)
    unet = plain.network
    generator, state, wanted = torch.Generator().manual_seed(0), {}, {}
    attentive = {int(n.split(".")[1]) for n, _ in unet.named_modules() if n.startswith("up_blocks.") and ".attentions." in n}  # fmt: skip
    for name, module in unet.named_modules():
        older = ldm_name(name, unet.config.layers_per_block, attentive)
        if not isinstance(module, nn.Linear | nn.Conv2d) or older is None or older.startswith(("time", "label")):
            continue
        key = f"lora_unet_{older.replace('.', '_')}"
        down, up = pair(module.weight, 2, generator)
        state |= {f"{key}.lora_down.weight": down, f"{key}.lora_up.weight": up, f"{key}.alpha": torch.tensor(1.0)}
        wanted[name] = module.weight.double().numpy() + product(up, down, tuple(module.weight.shape)) / 2
    assert {n.split(".")[0] for n in wanted} == {"conv_in", "conv_out", "down_blocks", "mid_block", "up_blocks"}
    assert any("upsamplers" in n for n in wanted)
    assert any("downsamplers" in n for n in wanted)
    save_file(state, tmp_path / FILE)
    tuned = Backbone.load(folder, lora=Lora(tmp_path)).network.state_dict()
    for name, expected in wanted.items():
        np.testing.assert_allclose(tuned[f"{name}.weight"].double().numpy(), expected, rtol=1e-6, atol=1e-7)

    converted, *_ = diffusers.StableDiffusionXLPipeline.lora_state_dict(
        tmp_path, weight_name=FILE, unet_config=unet.config
    )
    ours = {name.replace(".", "") for name in wanted}
    theirs = {
        key.removeprefix("unet.").replace(".processor", "").split(".lora")[0].split("_lora")[0].replace(".", "")
        for key in converted
    }
    # In this small UNet the first up block has no attention, as no real one that samples up; diffusers counts on it.
    ours.remove("up_blocks0upsamplers0conv")
    theirs.remove("up_blocks0attentions1conv")
    assert {name.removesuffix("0") if "to_out" in name else name for name in ours} == theirs


def peft_file(backbone: Backbone, folder: Path, ranks: dict[str, int], **fields: Any) -> dict[str, np.ndarray]:
    """diffusers' keys over the UNet's attention, with the alphas in the metadata."""
    state, wanted, generator = {}, {}, torch.Generator().manual_seed(0)
    alphas, root = fields.get("alpha_pattern", {}), fields.get("use_rslora", False)
    for name, module in layers(backbone, "unet", tuple(ranks)).items():
        end = next(end for end in ranks if name.endswith(end))
        down, up = pair(module.weight, ranks[end], generator)
        state |= {f"unet.{name}.lora_A.weight": down, f"unet.{name}.lora_B.weight": up}
        alpha = alphas.get(end, fields["lora_alpha"])
        strength = alpha / (ranks[end] ** 0.5 if root else ranks[end])
        wanted[f"unet/{name}"] = module.weight.double().numpy() + strength * product(
            up, down, tuple(module.weight.shape)
        )
    metadata = {"lora_adapter_metadata": json.dumps({f"unet.{name}": value for name, value in fields.items()})}
    save_file(state, folder / FILE, metadata=metadata)
    return wanted


@pytest.mark.parametrize(
    "fields",
    [
        {"r": 4, "lora_alpha": 2},
        {"r": 4, "lora_alpha": 2, "use_rslora": True},
        {"r": 4, "lora_alpha": 2, "rank_pattern": {"to_v": 2}, "alpha_pattern": {"to_v": 16, "to_k": 1}},
    ],
)
def test_the_alphas_of_the_metadata_count(
    sd_folder: Path, backbone: Backbone, tmp_path: Path, fields: dict[str, Any]
) -> None:
    ranks = {"to_q": 4, "to_k": 4, "to_v": fields.get("rank_pattern", {}).get("to_v", 4)}
    wanted = peft_file(backbone, tmp_path, ranks, **fields)
    assert_weights(Backbone.load(sd_folder, lora=Lora(tmp_path)), backbone, wanted)


KEY = "lora_unet_mid_block_resnets_0_conv1"
OTHERS = {
    "DoRA": {f"{KEY}.dora_scale": (1, 32)},
    "DoRA ": {f"{KEY}.dora_scale": (32, 1, 1, 1)},
    "DoRA  ": {"unet.mid_block.resnets.0.conv1.lora_magnitude_vector": (32,)},
    "DoRA   ": {"unet.mid_block.resnets.0.conv1.lora_magnitude_vector.weight": (32,)},
    "LoHa": {f"{KEY}.hada_w1_a": (32, 4)},
    "LoKr": {f"{KEY}.lokr_w1": (4, 4)},
    "IA3": {f"{KEY}.on_input": (1,)},
    "LoCon in CP form": {f"{KEY}.lora_mid.weight": (4, 4, 3, 3)},
    "OFT": {f"{KEY}.oft_blocks": (4, 4, 4)},
    "OFT ": {f"{KEY}.oft_diag": (4, 4, 4)},
    "GLoRA": {f"{KEY}.a1.weight": (4, 4)},
    "full differences": {f"{KEY}.diff": (32, 32, 3, 3)},
    "full differences ": {f"{KEY}.diff_b": (32,)},
    "biases": {"unet.mid_block.resnets.0.conv1.lora_B.bias": (32,)},
    "embeddings": {"text_encoder.embeddings.token_embedding.lora_embedding_A": (4, 32)},
    "textual inversion": {"bundle_emb.style.string_to_param.*": (2, 32)},
    "no matrix of a LoRA": {"unet.mid_block.resnets.0.conv1.strength": (1,)},
}


@pytest.mark.parametrize("kind", OTHERS)
def test_what_is_more_or_other_than_a_lora_is_refused_by_name(
    sd_folder: Path, backbone: Backbone, tmp_path: Path, kind: str
) -> None:
    """Beside whole pairs of matrices, so that something would load if the rest were dropped; before anything is."""
    state, _ = kohya(backbone, lambda _: (RANK, ALPHA), {"unet": ("to_q",)})
    save_file(state | {key: torch.ones(shape) for key, shape in OTHERS[kind].items()}, tmp_path / FILE)
    source = ModelSource("my-entry", sd_folder, lora=Lora(tmp_path))
    for look in (find_model, weights_revision, Backbone.from_source):
        with pytest.raises(ModelError) as caught:
            look(source)
        text = str(caught.value)
        assert text.startswith(f"my-entry: lora: {tmp_path / FILE}: ")
        assert kind.strip() in text
        assert next(iter(OTHERS[kind])) in text
        assert "\n" not in text


def broken(change: Callable[[State, str], Any], message: str) -> Any:
    return pytest.param(change, message, id=message)


def _resized(state: State, key: str, ending: str, *shape: int) -> None:
    state[f"{key}.{ending}"] = torch.ones(shape)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        broken(lambda s, k: s.pop(f"{k}.lora_up.weight"), "has no up matrix"),
        broken(lambda s, k: s.pop(f"{k}.lora_down.weight"), "has no down matrix"),
        broken(lambda s, k: s.update({"lora_unet_x.alpha": torch.tensor(1.0)}), "lora_unet_x has no down matrix"),
        broken(lambda s, k: _resized(s, k, "lora_up.weight", 16, 3), "have no product"),
        broken(lambda s, k: _resized(s, k, "lora_up.weight", 99, 4), "1 of its"),
        broken(lambda s, k: _resized(s, k, "lora_down.weight", 4, 99), "1 of its"),
        broken(lambda s, k: _resized(s, k, "alpha", 2), "is no single number"),
        broken(lambda s, k: s.update({f"{k}.alpha": torch.tensor(float("nan"))}), "has alpha nan"),
        broken(lambda s, k: s.update({f"{k}.alpha": torch.tensor(0.0)}), "has alpha 0"),
        broken(lambda s, k: s[f"{k}.lora_down.weight"].view(-1)[3:4].fill_(float("nan")), "holds NaN or infinity"),
        broken(lambda s, k: s[f"{k}.lora_up.weight"].view(-1)[3:4].fill_(float("inf")), "holds NaN or infinity"),
        broken(lambda s, k: s.update({f"{k}.lora_A.weight": s[f"{k}.lora_down.weight"].clone()}), "twice"),
        broken(
            lambda s, k: s.update(
                {f"lora_te9_x.{e}": s[f"{k}.{e}"].clone() for e in ("lora_down.weight", "lora_up.weight")}
            ),
            "first lora_te9_x",
        ),
    ],
)
def test_every_matrix_is_accounted_for(
    sd_folder: Path, backbone: Backbone, tmp_path: Path, change: Callable[[State, str], Any], message: str
) -> None:
    state, _ = kohya(backbone, lambda _: (RANK, ALPHA), {"unet": ("to_q",)})
    change(state, next(iter(state)).split(".")[0])
    save_file(state, tmp_path / FILE)
    with pytest.raises(ModelError) as caught:
        Backbone.load(sd_folder, name="my-entry", lora=Lora(tmp_path))
    assert str(caught.value).startswith("my-entry: lora: ")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_layer_under_two_names_is_refused(sd_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    state, wanted = kohya(backbone, lambda _: (RANK, ALPHA), {"unet": ("to_q",)})
    name = next(iter(wanted)).removeprefix("unet/")
    first = next(iter(state)).split(".")[0]
    again = {f"unet.{name}.lora_{m}.weight": state[f"{first}.lora_{w}.weight"].clone() for m, w in (("A", "down"), ("B", "up"))}  # fmt: skip
    save_file(state | again, tmp_path / FILE)
    with pytest.raises(ModelError, match="has one layer twice"):
        Backbone.load(sd_folder, lora=Lora(tmp_path))


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"r": 8, "lora_alpha": 2}, "is of rank 4 and, in the metadata, 8"),
        ({"r": 4, "lora_alpha": float("nan")}, "has alpha nan"),
        ({"r": 4, "lora_alpha": "much"}, "cannot be read"),
        ({"r": 4, "lora_alpha": 2, "alpha_pattern": ["to_q"]}, "cannot be read"),
        ({"r": 4, "lora_alpha": 2, "alpha_pattern": {"(": 2}}, "cannot be read"),
        ({"r": 4, "lora_alpha": 2, "init_lora_weights": "pissa_niter_16"}, "trained on a changed base"),
    ],
)
def test_metadata_that_contradicts_the_matrices_is_refused(
    sd_folder: Path, backbone: Backbone, tmp_path: Path, fields: dict[str, Any], message: str
) -> None:
    metadata = {"lora_adapter_metadata": json.dumps({f"unet.{name}": value for name, value in fields.items()})}
    peft_file(backbone, tmp_path, {"to_q": 4}, r=4, lora_alpha=2)
    save_file(load_file(tmp_path / FILE), tmp_path / FILE, metadata=metadata)
    with pytest.raises(ModelError, match=message):
        Backbone.load(sd_folder, lora=Lora(tmp_path))


@pytest.mark.parametrize("text", ["{", "[]", "[" * 100_000])
def test_metadata_that_is_none_is_refused(sd_folder: Path, backbone: Backbone, tmp_path: Path, text: str) -> None:
    peft_file(backbone, tmp_path, {"to_q": 4}, r=4, lora_alpha=2)
    save_file(load_file(tmp_path / FILE), tmp_path / FILE, metadata={"lora_adapter_metadata": text})
    with pytest.raises(ModelError, match="lora_adapter_metadata cannot be read"):
        Backbone.load(sd_folder, lora=Lora(tmp_path))


def test_peft_s_own_layout_says_where_its_alpha_is(sd_folder: Path, tmp_path: Path) -> None:
    save_file({"base_model.model.mid_block.x.lora_A.weight": torch.ones(1, 1)}, tmp_path / FILE)
    with pytest.raises(ModelError, match="peft's own layout .* save it by diffusers' save_lora_weights"):
        Backbone.load(sd_folder, lora=Lora(tmp_path))


def test_what_was_added_is_compared_with_the_file(sd_folder: Path, backbone: Backbone, tmp_path: Path) -> None:
    """Two layers that share one weight get both updates, which is neither's: found by looking, not by knowing."""
    state, _ = kohya(backbone, lambda _: (RANK, ALPHA), {"unet": ("to_q", "to_k")})
    save_file(state, tmp_path / FILE)
    source = ModelSource("my-entry", sd_folder, lora=Lora(tmp_path))
    unet = Backbone.load(sd_folder).network
    attention = next(m for n, m in unet.named_modules() if n.endswith("attn1"))
    files = find_model(source)
    fuse_lora(files, {"unet": Backbone.load(sd_folder).network})
    attention.to_k.weight = attention.to_q.weight
    with pytest.raises(ModelError, match=r"my-entry: lora: .*attn1_to_.: what was added to unet is not the file's"):
        fuse_lora(files, {"unet": unet})


def test_a_wrong_strength_is_seen_in_every_layer(
    sd_folder: Path, backbone: Backbone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One part in a thousand too much, while the weights are added and not while they are compared."""
    state, wanted = kohya(backbone, lambda _: (RANK, ALPHA), {"unet": ATTENTION})
    plain = Tensor.add_
    for number in range(0, len(wanted), 5):
        save_file(dict(list(state.items())[3 * number : 3 * number + 3]), tmp_path / FILE)
        monkeypatch.setattr(Tensor, "add_", lambda w, u: plain(w, 1.001 * u))
        with pytest.raises(ModelError, match="is not the file's update"):
            Backbone.load(sd_folder, lora=Lora(tmp_path))
        monkeypatch.setattr(Tensor, "add_", plain)
