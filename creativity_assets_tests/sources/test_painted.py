import re
from pathlib import Path

import numpy as np
import pytest

from creativity_assets import sources
from creativity_assets.atelier import LEVELS, PAINTERS, work_key, works
from creativity_assets.atelier.damage import DAMAGES
from creativity_assets.catalog.datasets import AtelierDataset
from creativity_assets.images.decoding import ImageRejected, decode
from creativity_assets.sources.records import SourceRecord

ROOT = Path("data")


def entry(**settings: object) -> AtelierDataset:
    return AtelierDataset.model_validate(
        {"name": "atelier", "kind": "atelier", "works": "show", "per_painter": 1, "size": 16} | settings
    )


def read(**settings: object) -> list[SourceRecord]:
    records = [item for item in sources.read(entry(**settings), ROOT) if isinstance(item, SourceRecord)]
    assert len({record.key for record in records}) == len(records)
    return records


def test_records_are_the_works_pixel_by_pixel() -> None:
    for record, work in zip(read(), works("show", 1, 16), strict=True):
        decoded = decode(record.image)
        assert (decoded.format, decoded.width, decoded.height) == ("PNG", 16, 16)
        assert np.array_equal(np.asarray(decoded.image), work.image)
        assert record.key == work_key(work)


def test_works_on_show_stand_on_the_human_side_with_all_their_facts() -> None:
    records = read(per_painter=2)
    assert len(records) == 2 * len(PAINTERS)
    for record in records:
        assert record.fields["label"] == "human"
        assert record.fields["automation"] == "manual"
        assert record.fields["family"] == "painting"
        assert record.fields["membership"] in ("train", "held_out", "unseen")
        assert all(record.fields[name] for name in ("artist", "title", "year", "style", "genre", "caption"))
        assert not {"generator", "novelty"} & set(record.fields)
    assert {record.fields["artist"] for record in records} == {painter.name for painter in PAINTERS}


def test_works_of_the_dial_carry_their_novelty() -> None:
    novelties = [record.fields["novelty"] for record in read(works="dial")]
    assert set(novelties) == set(LEVELS)
    assert len(novelties) == len(novelties) // len(LEVELS) * len(LEVELS)


def test_limit_and_seed() -> None:
    sample = [record.key for record in read(limit=5, seed=2)]
    assert len(sample) == 5
    assert sample == [record.key for record in read(limit=5, seed=2)]
    assert sample != [record.key for record in read(limit=5, seed=3)]


def test_the_fingerprint_changes_with_the_entry_alone() -> None:
    before = sources.fingerprint(entry(), ROOT)
    assert before == sources.fingerprint(entry(description="other words"), Path("elsewhere"))
    assert len({before, sources.fingerprint(entry(size=32), ROOT), sources.fingerprint(entry(works="dial"), ROOT)}) == 3


def test_damaged_works_are_broken_once_in_every_way_that_an_image_is_rejected_for() -> None:
    broken = read(works="damaged", per_painter=len(DAMAGES), size=64)
    reasons = []
    for record in broken:
        with pytest.raises(ImageRejected) as rejected:
            decode(record.image)
        reasons.append(rejected.value.reason)
    assert reasons == list(DAMAGES)
    documented = (ImageRejected.__doc__ or "").partition("\n\n")[2]
    assert set(re.findall(r"[a-z]+(?:_[a-z]+)+|truncated|damaged", documented)) == set(reasons)
    assert [record.image for record in broken] == [r.image for r in read(works="damaged", per_painter=7, size=64)]


def test_the_damaged_works_hang_nowhere_else() -> None:
    damaged = {work.image.tobytes() for work in works("damaged", len(DAMAGES), 16)}
    assert len(damaged) == len(DAMAGES)
    assert not damaged & {work.image.tobytes() for work in works("show", 10, 16)}
