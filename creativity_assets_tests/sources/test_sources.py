"""What holds for every reader, and the imports that none of them may cause."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import DATASET_KINDS, DatasetEntry
from creativity_assets.errors import SourceError
from creativity_assets.sources.columns.fields import FIELDS
from creativity_assets.sources.records import SourceRecord, SourceReject, reject_repeated_keys


def test_a_kind_without_a_reader_is_named() -> None:
    entry = cast(DatasetEntry, SimpleNamespace(name="x", kind="gallery"))
    for function in (sources.read, sources.fingerprint):
        with pytest.raises(SourceError, match="x: no reader 'gallery'; have archive, "):
            function(entry, Path("data"))


def test_every_kind_of_the_catalogue_has_its_reader_but_what_is_generated() -> None:
    assert {*sources.READERS, "generated", "plugin"} == set(DATASET_KINDS)


def test_importing_the_readers_loads_no_heavy_library() -> None:
    heavy = ("torch", "datasets", "av", "huggingface_hub", "diffusers", "transformers", "lpips", "dagster")
    program = f"import sys, creativity_assets.sources as s; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.strip() == "[]"


def test_the_first_record_of_a_key_stays_and_rejects_pass() -> None:
    def items() -> Iterator[SourceRecord | SourceReject]:
        for key, data in (("a", b"1"), ("b", b"2"), ("a", b"3")):
            yield SourceRecord(key, data, f"u/{data.decode()}", {})
            yield SourceReject("a", "other", "passes")

    kept = list(reject_repeated_keys(items()))
    assert [item.image for item in kept if isinstance(item, SourceRecord)] == [b"1", b"2"]
    assert [(item.key, item.reason) for item in kept if isinstance(item, SourceReject)] == [
        ("a", "other"),
        ("a", "other"),
        ("a", "duplicate_key"),
        ("a", "other"),
    ]


def test_the_catalogue_offers_every_field_that_the_readers_give() -> None:
    from creativity_assets.catalog.datasets import CANONICAL_COLUMNS

    assert {*FIELDS, "file", "image", "key"} == set(CANONICAL_COLUMNS)
