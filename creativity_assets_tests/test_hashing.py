"""Digests stand in stored parts. Every number here was printed by the code before its digests came to one place."""

import os
from datetime import date
from pathlib import Path

import pytest

from creativity_assets import hashing
from creativity_assets.atelier.canvas import Dice
from creativity_assets.catalog.datasets import GeneratedDataset
from creativity_assets.diffusion.weights.component_files import hash_files
from creativity_assets.metrics.suites import suite_revision
from creativity_assets.sources.columns.names import artist_slug
from creativity_assets.sources.sampling import rank
from creativity_assets.store.files import read_record
from creativity_assets.workflow.steps.generated import seed_of
from creativity_assets.workflow.steps.records import sample_id

FACTS = {"b": 1, "a": [1.5, None, "é"], "c": {"y": True, "x": (1, 2)}, "day": date(2022, 3, 1), "place": Path("x/y")}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two files whose content and times are known."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "a.json").write_bytes(b"{}")
    (tmp_path / "sub" / "b.bin").write_bytes(bytes(range(256)))
    for file in (tmp_path / "a.json", tmp_path / "sub" / "b.bin"):
        os.utime(file, ns=(10**18, 10**18 + 7))
    return tmp_path


def test_facts_that_are_encoded_one_by_one_have_the_same_digest() -> None:
    assert hashing.digest_of_canonical(
        {name: hashing.canonical(fact) for name, fact in FACTS.items()}
    ) == hashing.digest(**FACTS)


def test_facts_have_the_digest_that_they_had() -> None:
    expected = "aebdd12ac46774de1899786d9a23383f34138e7cea0f1dd46787dd4964471e80"
    assert hashing.digest(**FACTS) == expected
    assert hashing.digest(**dict(reversed(FACTS.items()))) == expected


def test_records_have_the_digest_that_they_had(tmp_path: Path) -> None:
    record = {"b": [1, 2.5, None], "a": {"é": "ü"}}
    digest = "e2aa6f4442aa7b6a0ca37ed75f05fd41b91a62a21f1327bc3b35d6e8a9381bde"
    assert hashing.digest_of_json(record) == digest
    assert hashing.digest_of_json([("x", 1)]) == "065a290ae3bd649d4c61e98f8ed8610736f20a56c1277c0e7744443185c2bbb5"
    file = tmp_path / "record.json"
    file.write_text(f'{{"facts": {{"b": [1, 2.5, null], "a": {{"é": "ü"}}}}, "sha256": "{digest}"}}', encoding="utf-8")
    assert read_record(file) == record


def test_listings_and_contents_have_the_digest_that_they_had(folder: Path) -> None:
    listing = [
        ("a.json", folder / "a.json"),
        ("sub/b.bin", folder / "sub" / "b.bin"),
        ("gone", folder / "gone"),
        ("odd\udcff", folder / "gone"),
    ]
    expected = "c70ac7413c45dfc6558ad692a11a5b71174eb5c5c2dd629c509942a1c8890c4c"
    assert hashing.digest_of_listing(listing) == expected
    assert hash_files(folder, [folder / "sub" / "b.bin", folder / "a.json"]) == "sha256:4e234b9ec57e7495"


def test_suites_have_the_revision_that_they_had(tmp_path: Path) -> None:
    suite = tmp_path / "embedded" / "suite"
    (suite / "semantic").mkdir(parents=True)
    (suite / "perceptual").mkdir()
    for name in ("config.json", "model.safetensors", "preprocessor_config.json"):
        (suite / "semantic" / name).write_text(name)
    (suite / "perceptual" / "lpips_alex.safetensors").write_bytes(b"heads")
    assert suite_revision("embedded", tmp_path) == "sha256:a6bbd4f0299e641b"
    assert suite_revision("paper", tmp_path) == "sha256:042f627afe5fb5ed"


def test_names_and_seeds_are_those_they_were() -> None:
    assert rank("a/one\udcff.png", 7) == "3cdf861e6458c2df01bea238ee39b436bf3aacccc88bc934f363ab84e806f217"
    assert hashing.digest_of_text("Łucja Ünal\udce9")[:8] == "cb1dac7f"
    assert sample_id("paintings", "a/one.png") == "paintings-c0b369b7915f6cb9"
    assert hashing.seed_of("noise 3 paintings-00", 7) == 16179573814160510
    entry = GeneratedDataset(
        kind="generated", name="copies", originals="paintings", model="tiny", guidance=2.0, steps=2, seed=3
    )
    assert seed_of(entry, "paintings-00") == 4019987789
    assert Dice("sea 1").between(0, 1) == 0.10912931579730678


def test_artists_without_letters_keep_their_slug() -> None:
    assert artist_slug("???") == "artist-a03b221c"
    assert artist_slug("***") == "artist-596f4162"
