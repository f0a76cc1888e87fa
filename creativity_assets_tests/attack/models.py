"""Model folders whose configurations, words and weights claim what is not so."""

import json
import os
import shutil
import struct
from collections.abc import Callable
from pathlib import Path

from creativity_assets_tests.attack.arena import Arena
from creativity_assets_tests.attack.commands import Command
from creativity_assets_tests.studies import EXPERIMENT, WORKS

FIELDS = {
    "model_index.json": ("_class_name", "unet"),
    "scheduler/scheduler_config.json": ("num_train_timesteps", "beta_start", "beta_schedule", "trained_betas"),
    "unet/config.json": ("layers_per_block", "in_channels", "block_out_channels", "cross_attention_dim", "_class_name"),
    "vae/config.json": ("latent_channels", "scaling_factor", "layers_per_block", "shift_factor"),
    "text_encoder/config.json": ("num_hidden_layers", "hidden_size", "vocab_size", "max_position_embeddings"),
    "tokenizer/tokenizer_config.json": ("model_max_length", "pad_token"),
}
VALUES = (
    "-1",
    "0",
    "1.5",
    '"three"',
    "NaN",
    "null",
    "[]",
    "{}",
    "1000000000",
    "9" * 5000,
    "[[1]]",
    '"\\ud800"',
    "true",
)

TEXTS: dict[str, bytes | Callable[[Path], object]] = {
    "empty": b"",
    "a list": b"[]",
    "deep": b"[" * 100_000,
    "deep objects": b'{"a":' * 100_000,
    "no UTF-8": b"\xff\xfe{}",
    "a mark first": b"\xef\xbb\xbf{}",
    "a pipe": os.mkfifo,
    "a folder": Path.mkdir,
    "gone": lambda path: None,
    "huge": lambda path: (path.touch(), os.truncate(path, 2**33)),
}
WEIGHTS = "unet/diffusion_pytorch_model.safetensors"


def _headed(header: bytes) -> bytes:
    return struct.pack("<Q", len(header)) + header


HEADERS: dict[str, bytes | Callable[[Path], object]] = {
    "empty": b"",
    "a header of 2^60 bytes": struct.pack("<Q", 2**60) + b"{}",
    "a tensor of 4 TB": _headed(b'{"a":{"dtype":"F32","shape":[1000000000000],"data_offsets":[0,4000000000000]}}'),
    "a negative shape": _headed(b'{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}'),
    "a deep header": _headed(b'{"a":' * 10_000),
    "no tensors": _headed(b"{}"),
    "an LFS pointer": b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
    "a pipe": os.mkfifo,
}


def attack(
    arena: Arena, cases: int = 24, scored: int = 6, texts: int = len(TEXTS), headers: int = len(HEADERS)
) -> None:
    """So many replaced fields under `doctor`, some of them under `score` too, texts, and headers of weights."""
    fields = [(file, name, value) for file, names in FIELDS.items() for name in names for value in VALUES]
    for place, (file, name, value) in enumerate(arena.random.sample(fields, cases)):

        def replace(path: Path, name: str = name, value: str = value) -> None:
            content = json.loads(path.read_text())
            content[name] = "REPLACED"
            path.write_text(json.dumps(content).replace('"REPLACED"', value))

        _try(arena, f"{file}: {name}: {value[:20]}", file, replace, score=place < scored)
    for file in arena.random.sample(sorted(FIELDS), 2):
        for text, content in arena.random.sample(sorted(TEXTS.items(), key=str), texts):
            _try(arena, f"{file} is {text}", file, _rewritten(content))
    for text, content in arena.random.sample(sorted(HEADERS.items(), key=str), headers):
        _try(arena, f"{WEIGHTS} is {text}", WEIGHTS, _rewritten(content))


def _rewritten(content: bytes | Callable[[Path], object]) -> Callable[[Path], object]:
    def rewrite(path: Path) -> None:
        path.unlink()
        if isinstance(content, bytes):
            path.write_bytes(content)
        else:
            content(path)

    return rewrite


def _try(arena: Arena, what: str, file: str, change: Callable[[Path], object], *, score: bool = False) -> None:
    """`doctor` goes on beside a model that is no good; `score` refuses in one line, or is not touched by it."""
    arena.count("models")
    with arena.study("measured") as root:
        weights = (root / "embedded").resolve()
        (root / "embedded").unlink()
        shutil.copytree(weights, root / "embedded")
        change(root / "embedded" / "tiny" / file)
        arena.judge("models", what, Command(root, ["doctor"]).run(), (0,))
        if score:
            picture = root.parent / "pictures" / "paintings" / WORKS[0][0]
            ended = Command(root, ["score", str(picture), "--experiment", EXPERIMENT]).run()
            if ended.code != 0:
                arena.one_line("models", what, ended, "tiny")
