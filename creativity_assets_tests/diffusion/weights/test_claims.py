"""Model folders that claim what is not so: one line with entry, file and field, before anything is built."""

import json
import os
import re
import shutil
import struct
import time
from pathlib import Path
from typing import Any

import pytest

from creativity_assets.diffusion.weights.claims import check_claims
from creativity_assets.diffusion.weights.component_files import read_json
from creativity_assets.diffusion.weights.model_files import ModelSource, find_model, known_of
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.errors import ModelError

SHAPES = [[32, 4, 3, 3], [32], [64, 32]]
SOUND: dict[str, Any] = {
    "_class_name": "UNet2DConditionModel",
    "layers_per_block": [1, 2],
    "transformer_layers_per_block": [0, [1, 2]],
    "block_out_channels": [32, 64],
    "norm_num_groups": None,
    "sample_size": 8,
    "scaling_factor": 0.18215,
    "eos_token_id": 49407,
    "force_upcast": True,
    "pad_token_id": -1,
}


@pytest.fixture
def folder(tmp_path: Path, weights: Path) -> Path:
    return Path(shutil.copytree(weights / "embedded" / "tiny", tmp_path / "tiny"))


def refusals(folder: Path) -> set[str]:
    """What the plan and the loading say of it, each in one line."""
    said = set()
    for look in (weights_revision, find_model):
        with pytest.raises(ModelError) as error:
            look(ModelSource("m", folder))
        assert "\n" not in str(error.value)
        said.add(str(error.value))
    return said


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("layers_per_block", 4, "layers_per_block 4 is more than its weights have tensors (3)"),
        ("layers_per_block", [1, 10**9], "layers_per_block.1 1000000000 is more than its weights have tensors"),
        ("layers_per_block", 0, "layers_per_block 0 is not positive"),
        ("num_hidden_layers", -1, "num_hidden_layers -1 is not positive"),
        ("block_out_channels", [32, "64"], "block_out_channels.1 '64' is no whole number"),
        ("sample_size", 8.5, "sample_size 8.5 is no whole number"),
        ("sample_size", True, "sample_size True is no whole number"),
        ("vocab_size", 10**9, "vocab_size 1000000000 is more than its weights have numbers (1000000)"),
        ("anything", 10**30, "anything 1000000000000000000000000000000 is more than"),
        ("anything", {"deep": [float("nan")]}, "anything.deep.0 nan is no number"),
        ("scaling_factor", 0, "scaling_factor 0 is no positive number"),
        ("scaling_factor", float("inf"), "scaling_factor inf is no number"),
        ("scaling_factor", "1", "scaling_factor '1' is no positive number"),
    ],
)
def test_a_claim_that_the_weights_do_not_bear_out_is_named(field: str, value: Any, problem: str) -> None:
    file = Path("unet/config.json")
    check_claims("m", file, SOUND, SHAPES)
    with pytest.raises(ModelError, match=re.escape(f"m: unet/config.json: {problem}")):
        check_claims("m", file, {**SOUND, field: value}, SHAPES)


@pytest.mark.parametrize(
    ("file", "field", "value"),
    [
        ("unet", "layers_per_block", 10**9),
        ("unet", "in_channels", -4),
        ("vae", "block_out_channels", [16, 16, 10**10]),
        ("vae", "scaling_factor", float("nan")),
        ("text_encoder", "num_hidden_layers", 10**8),
        ("text_encoder", "max_position_embeddings", 10**12),
    ],
)
def test_it_is_refused_at_once_and_not_built(folder: Path, file: str, field: str, value: Any) -> None:
    path = folder / file / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    began = time.monotonic()
    assert all(line.startswith(f"m: {path}: {field}") for line in refusals(folder))
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"null", b"[" * 100_000, b'{"a":' * 100_000, b"\xff\xfe", b"\xef\xbb\xbf{}", b'{"a": ' + b"9" * 5000 + b"}"],
    ids=["empty", "a list", "null", "deep", "deep objects", "no UTF-8", "a mark", "5000 digits"],
)  # fmt: skip
@pytest.mark.parametrize("file", ["model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "tokenizer/tokenizer_config.json"])  # fmt: skip
def test_a_configuration_that_is_none_is_one_line(folder: Path, file: str, content: bytes) -> None:
    (folder / file).write_bytes(content)
    assert all(line.startswith(f"m: {folder / file}") for line in refusals(folder))


@pytest.mark.parametrize("file", ["model_index.json", "scheduler/scheduler_config.json", "unet/config.json", "tokenizer/tokenizer.json", "vae/diffusion_pytorch_model.safetensors"])  # fmt: skip
def test_what_is_no_file_is_not_waited_for_and_not_read(folder: Path, file: str) -> None:
    path = folder / file
    path.unlink()
    os.mkfifo(path)
    assert all(str(path) in line for line in refusals(folder))
    path.unlink()
    path.mkdir()
    assert all(str(path) in line for line in refusals(folder))
    path.rmdir()
    if path.suffix == ".json":
        path.touch()
        os.truncate(path, 2**36)
        assert all(f"{path} is larger than" in line for line in refusals(folder))


@pytest.mark.parametrize("content", ["{}", '{"weight_map": null}', '{"weight_map": {}}', '{"weight_map": {"a": 3}}', '{"weight_map": [1]}'])  # fmt: skip
def test_an_index_without_files_is_one_line(folder: Path, content: str) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").unlink()
    index = folder / "unet" / "diffusion_pytorch_model.safetensors.index.json"
    index.write_text(content)
    assert all(line.startswith(f"m: {index}: weight_map names no files") for line in refusals(folder))


@pytest.mark.parametrize(
    "header",
    [
        b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}',
        b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}',
        b'{"a":' * 10_000,
    ],
)
def test_a_header_of_weights_that_lies_is_one_line(folder: Path, header: bytes) -> None:
    (folder / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(struct.pack("<Q", len(header)) + header)
    assert all("is not a whole safetensors file" in line for line in refusals(folder))


@pytest.mark.parametrize("length", [-1, 0, 3, 10**9, "77", [77]])
def test_a_prompt_has_a_length_that_prompts_have(folder: Path, length: Any) -> None:
    path = folder / "tokenizer" / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "model_max_length": length}))
    assert all(line.startswith(f"m: {path}: model_max_length") for line in refusals(folder))


def test_a_scheduler_that_cannot_be_read_is_named_by_what_needs_no_weights(folder: Path) -> None:
    source = ModelSource("m", folder)
    assert known_of(source)[1]
    (folder / "scheduler" / "scheduler_config.json").write_text("{")
    with pytest.raises(ModelError, match=r"scheduler_config.json cannot be read"):
        known_of(source)
    (folder / "scheduler" / "scheduler_config.json").unlink()
    assert known_of(source) == ("StableDiffusionPipeline", {})


def test_what_is_shown_of_a_configuration_is_text(tmp_path: Path) -> None:
    path = tmp_path / "config.json"
    path.write_text('{"_class_name": "\\ud800\\u001b[31m"}')
    assert read_json("m", path, "restore it")
    with pytest.raises(ModelError) as error:
        check_claims("m", path, {"sample_size": "\ud800\x1b"}, SHAPES)
    assert r"'\\ud800\\x1b'" in str(error.value)


@pytest.mark.parametrize(
    ("file", "field", "value"), [("text_encoder", "num_hidden_layers", 1), ("vae", "layers_per_block", 1)]
)
def test_layers_that_the_configuration_leaves_out_are_not_dropped_silently(
    tmp_path: Path, file: str, field: str, value: int
) -> None:
    from creativity_assets.diffusion.backbone import Backbone
    from creativity_assets_tests.tiny_models import autoencoder, save_tiny_sd

    folder = save_tiny_sd(tmp_path / "tiny", resolution=32)
    if file == "vae":
        autoencoder(32, layers_per_block=2).save_pretrained(folder / "vae")
    path = folder / file / "config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), field: value}))
    with pytest.raises(ModelError, match=rf"m: .*{file} do not fit config.json \(unexpected keys: "):
        Backbone.load(folder, name="m")
