"""The weights in git: small enough, safe formats, loaded as float32, and as good as their cards say."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from creativity_assets.atelier import PAINTERS, paint, vocabulary
from creativity_assets.diffusion.weights.model_files import ModelSource
from creativity_assets.diffusion.weights.revision import weights_revision
from creativity_assets.training import autoencoder, data, quality, stages
from creativity_assets.training.cards import CARDS, FINE_TUNINGS

EMBEDDED = Path(__file__).parents[2] / "data" / "embedded"
MEBIBYTE = 2**20


def facts(name: str) -> dict:
    """What was measured when the weights were made."""
    return json.loads((EMBEDDED / name / "quality.json").read_text())


# The fine-tunings are made by a command of their own, and checked wherever they have been.
MADE = [name for name in CARDS if name not in FINE_TUNINGS or (EMBEDDED / name).is_dir()]
LIMITS = {"tiny-sd": 14, "suite": 8, **dict.fromkeys(FINE_TUNINGS, 3)}


@pytest.mark.parametrize(("name", "limit"), [(name, LIMITS[name]) for name in MADE])
def test_they_are_small_and_safe(name: str, limit: int) -> None:
    files = [file for file in (EMBEDDED / name).rglob("*") if file.is_file()]
    assert sum(file.stat().st_size for file in files) <= limit * MEBIBYTE
    assert {file.suffix for file in files} <= {".safetensors", ".json", ".txt", ".md"}


@pytest.mark.parametrize("name", MADE)
def test_cards_are_those_of_the_measurements(name: str) -> None:
    assert (EMBEDDED / name / "README.md").read_text() == CARDS[name](facts(name))


def test_fine_tunings_belong_to_the_tiny_sd_beside_them() -> None:
    base = weights_revision(ModelSource("tiny-sd", EMBEDDED / "tiny-sd"))
    assert all(facts(name)["training"]["base"] == base for name in MADE if name in FINE_TUNINGS)


def test_requirements_are_met() -> None:
    assert quality.missed(facts("tiny-sd")["quality"]) == []
    assert quality.missed({"suite": facts("suite")["quality"]}) == []


def test_the_autoencoder_is_as_good_as_its_card_says() -> None:
    works = data.validation_works(per_painter=2)
    model = quality.load_autoencoder(EMBEDDED / "tiny-sd" / "vae")
    measured = facts("tiny-sd")["quality"]["autoencoder"]
    decibels = quality.psnr(works.images, autoencoder.reconstruct(model, works.images))
    standard_error = measured["psnr_db_sd"] / len(works) ** 0.5
    assert decibels.mean() == pytest.approx(measured["psnr_db"], abs=3 * standard_error)


def test_the_suite_is_as_good_as_its_card_says() -> None:
    works = data.validation_works(per_painter=1)
    suite = EMBEDDED / "suite"
    for distance in (
        quality.dino_distance(stages.load_semantic(suite)),
        quality.lpips_distance(stages.load_perceptual(suite)),
    ):
        shares = quality.ordering(distance, works.images, seed=2)
        assert np.mean(list(shares.values())) >= 0.9  # 96 cases: 0.95 less two standard errors


def test_the_vocabulary_is_the_atelier_s() -> None:
    pipeline = stages.load_pipeline(EMBEDDED / "tiny-sd")
    for word in vocabulary():
        if word.isalpha():
            assert len(pipeline.tokenizer.tokenize(word)) == 1, word
    captions = [paint(painter, "show", 1).caption for painter in PAINTERS]
    numbers = pipeline.tokenizer(captions).input_ids
    assert all(len(row) <= pipeline.tokenizer.model_max_length for row in numbers)
    assert {part.dtype for part in (pipeline.unet, pipeline.vae, pipeline.text_encoder)} == {torch.float32}


def test_no_file_names_the_machine_it_was_made_on() -> None:
    for file in EMBEDDED.rglob("*.json"):
        assert "_name_or_path" not in file.read_text(), file
