from collections.abc import Iterator
from pathlib import Path

import pytest

from creativity_assets.catalog import load_catalog
from creativity_assets.sources.columns.dates import Year
from creativity_assets.sources.records import NEAR, SourceRecord, SourceReject
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.parts import Provenance, read_part
from creativity_assets.workflow import payloads
from creativity_assets.workflow.losses import losses_of
from creativity_assets.workflow.payloads import original_bytes
from creativity_assets.workflow.steps.dataset_index import Indexed, write_index, written_ids
from creativity_assets.workflow.steps.raw_samples import raw_samples
from creativity_assets.workflow.steps.records import record_row, sample_id
from creativity_assets.workflow.steps.step import Step
from creativity_assets.workflow.study import Study
from creativity_assets_tests.images.pictures import encoded, scene

STAMP = Provenance("hash")


def record(key: str, image: bytes = b"bytes", **fields: object) -> SourceRecord:
    return SourceRecord(key=key, image=image, uri=f"file:///{key}.png", fields={"artist": "A", **fields})


class Source:
    """A store and the entry whose records are written to it."""

    def __init__(self, root: Path) -> None:
        self.study = Study(root)
        self.entry = load_catalog(root).dataset("paintings")
        self.store = Store(root)

    def write(self, items: Iterator[SourceRecord | SourceReject], input_hash: str = "hash") -> Indexed:
        return write_index(self.entry, items, self.store, input_hash, Provenance(input_hash))

    @property
    def keys(self) -> list[str]:
        return sorted(read_part(self.store.index("paintings"))["source_key"].to_pylist())


@pytest.fixture
def source(study_root: Path) -> Source:
    return Source(study_root)


def test_the_original_bytes_come_back_for_every_record(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(payloads, "SHARD_RECORDS", 20)
    images = {f"k{n}": bytes([n]) * (n + 1) for n in range(50)}
    indexed = source.write(record(key, image) for key, image in images.items())
    assert indexed == Indexed(records=50, rejected=0, artists=("a",))
    rows = read_part(source.store.index("paintings")).to_pylist()
    assert len({row["shard"] for row in rows}) == 3
    assert {row["source_key"]: data for row, data in original_bytes(source.store, rows)} == images


def test_a_second_record_with_a_key_is_a_counted_reject(source: Source) -> None:
    indexed = source.write(iter([record("a", b"1"), record("a", b"2"), SourceReject("b", "missing_file", "b")]))
    assert (indexed.records, indexed.rejected) == (1, 2)
    rejects = read_part(source.store.index_rejects("paintings")).to_pylist()
    assert [row["reason"] for row in rejects] == ["duplicate_key", "missing_file"]


def test_what_was_lost_is_told_from_the_parts_of_index_and_audit(source: Source) -> None:
    picture = encoded(scene())
    near = SourceReject("c.png", "no_metadata_row", f"c.png: t.csv has no row for it{NEAR}C.gif")
    source.write(iter([record("a", picture), record("b", picture[: len(picture) // 2]), near]))
    losses = losses_of(source.study.lineage, "paintings")
    assert (losses.read, losses.kept, losses.rejected, losses.near) == (3, 2, {"no_metadata_row": 1}, 1)
    collection = Collection("paintings", "a")
    assert losses_of(source.study.lineage, "paintings", [collection]) == losses  # not audited yet
    list(raw_samples(Step(source.study, "run"), [collection]))
    losses = losses_of(source.study.lineage, "paintings", [collection])
    assert (losses.read, losses.kept, losses.rejected) == (3, 1, {"no_metadata_row": 1, "truncated": 1})
    assert str(losses) == (
        "3 read, 1 kept: 1 of 2 pictures have no row; 1 truncated; "
        "1 differ in case, ending or punctuation alone: c.png and C.gif"
    )


def test_a_pass_that_was_killed_keeps_its_shards_and_its_old_index(
    source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(payloads, "SHARD_RECORDS", 2)
    source.write(iter([record("old")]), "old-hash")

    def dies() -> Iterator[SourceRecord]:
        yield from (record(key) for key in "abc")
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        source.write(dies(), "new-hash")
    assert source.keys == ["old"]
    assert written_ids(source.store, "paintings", "new-hash") == {
        sample_id("paintings", "a"),
        sample_id("paintings", "b"),
    }
    source.write((record(key) for key in "abc"), "new-hash")
    assert source.keys == ["a", "b", "c"]
    assert len(list((source.store.root / "index" / "paintings").glob("shards-*"))) == 1


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"artist": "../../etc"}, {"artist": "../../etc", "artist_slug": "etc"}),
        ({"artist": "Łódź | Ünïcode, Jr."}, {"artist": "Łódź | Ünïcode, Jr.", "artist_slug": "lodz-unicode-jr"}),
        ({"artist": None}, {"artist": "Unknown artist", "artist_slug": "unknown-artist"}),
        ({"year": "c. 1880-85"}, {"year": 1882}),
        ({"year": ""}, {"year": None}),
        ({"label": "ai"}, {"automation": "ai", "family": "diffusion", "pair_id": None}),
        ({"label": "human"}, {"automation": "manual", "family": "painting", "pair_id": sample_id("paintings", "k")}),
        ({"year": Year(1885, "filename")}, {"year": 1885, "year_source": "filename"}),
        ({"title": "  "}, {"title": None}),
        ({"title": float("nan")}, {"title": None}),
        ({"novelty": " 0.25 "}, {"novelty": 0.25}),
        ({"novelty": 1}, {"novelty": 1.0}),
        ({"novelty": float("nan")}, {"novelty": None}),
        ({"novelty": ""}, {"novelty": None}),
        ({}, {"novelty": None}),
    ],
)
def test_what_becomes_of_a_records_fields(fields: dict[str, object], expected: dict[str, object]) -> None:
    row = record_row("paintings", record("k", **fields))
    assert {name: row[name] for name in expected} == expected


@pytest.mark.parametrize("novelty", ["high", "inf", "nan", [0.5]])
def test_a_novelty_that_is_no_number_is_a_reject_with_the_remedy(source: Source, novelty: object) -> None:
    indexed = source.write(iter([record("a", novelty=novelty), record("b", b"2", novelty=0.5)]))
    assert (indexed.records, indexed.rejected) == (1, 1)
    (reject,) = read_part(source.store.index_rejects("paintings")).to_pylist()
    assert (reject["source_key"], reject["reason"]) == ("a", "not_a_number")
    assert f"novelty {novelty!r} is no number" in reject["detail"]
    assert "`values`" in reject["detail"]


@pytest.mark.parametrize(("column", "word"), [("label", "nature"), ("family", "etching"), ("automation", "robot")])
def test_a_word_that_no_table_knows_is_a_reject_with_the_remedy(source: Source, column: str, word: str) -> None:
    indexed = source.write(iter([record("a", **{column: word}), record("b", b"2")]))
    assert (indexed.records, indexed.rejected) == (1, 1)
    (reject,) = read_part(source.store.index_rejects("paintings")).to_pylist()
    assert (reject["source_key"], reject["reason"]) == ("a", "unknown_word")
    assert f"{column} {word!r} is none of" in reject["detail"]
    assert "`values`" in reject["detail"]
