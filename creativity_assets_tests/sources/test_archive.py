import io
import os
import shutil
import tarfile
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import ArchiveDataset
from creativity_assets.errors import SourceError
from creativity_assets.sources.columns.dates import Year
from creativity_assets.sources.kinds import archive as reader
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.hub_cache import COMMIT, HubCache
from creativity_assets_tests.sources.archives import WORKS, ai_members, human_members, tar, zipped

WIKIART = {
    "metadata": "data.csv",
    "file_names": "wikiart",
    "columns": {"artist": "artist", "title": "painting_name", "style": "genre", "caption": "description"},
}


def entry(path: Path, **settings: Any) -> ArchiveDataset:
    return ArchiveDataset.model_validate({"name": "wikiart", "kind": "archive", "path": str(path)} | settings)


def read(path: Path, **settings: Any) -> tuple[dict[str, SourceRecord], dict[str, str]]:
    """Records by key, and the reasons of the rejects by key."""
    items = list(sources.read(entry(path, **settings), path.parent))
    assert len({item.key for item in items}) == len(items)
    records = {item.key: item for item in items if isinstance(item, SourceRecord)}
    return records, {item.key: item.reason for item in items if isinstance(item, SourceReject)}


@pytest.mark.parametrize("packed", [tar, zipped])
def test_the_studys_archive_gives_every_work_with_its_row_and_the_year_of_its_name(
    tmp_path: Path, packed: Callable[..., Path]
) -> None:
    members = human_members()
    assert list(members)[-1] == "data.csv"
    records, rejects = read(packed(tmp_path / "dataset.archive", members), **WIKIART)
    assert rejects == {}
    assert {key: record.image for key, record in records.items()} == {
        k: v for k, v in members.items() if k != "data.csv"
    }
    first = records["images/Impressionism/william-merritt-chase_still-life-with-cockatoo_resize768.jpg"]
    assert first.fields == {
        "artist": "william merritt chase",
        "title": "still life with cockatoo",
        "style": "Impressionism",
        "caption": "a painting of 0",
    }
    years = {key.rpartition("/")[2]: record.fields.get("year") for key, record in records.items()}
    assert years == {
        "william-merritt-chase_still-life-with-cockatoo_resize768.jpg": None,
        "claude-monet_the-seine-1885(1)_resize768.jpg": Year(1885, "filename"),
        "claude-monet_water-lilies-1907-2_resize768.jpg": Year(1907, "filename"),
        "pablo-picasso_still-life-1914_resize768.jpg": Year(1914, "filename"),
        "andre-lhote_l-atelier_resize768.jpg": None,
    }


def test_twins_lie_under_their_own_names_with_their_prompts(tmp_path: Path) -> None:
    settings = {"metadata": "data.csv", "columns": {"file": "generated_image", "caption": "prompt"}}
    records, rejects = read(tar(tmp_path / "dataset.tar.gz", ai_members()), **settings)
    assert rejects == {}
    assert len(records) == len(WORKS) - 1
    assert all(key.endswith("_resize768_generated.jpg") for key in records)
    assert [record.fields["caption"] for record in records.values()] == [f"prompt {n}" for n in range(len(WORKS) - 1)]


def test_a_limit_draws_the_same_works_again_and_a_stratum_gets_its_share(tmp_path: Path) -> None:
    members = {
        f"images/{style}/{n:02}.jpg": b"x" for style, size in (("A", 30), ("B", 9), ("C", 1)) for n in range(size)
    }
    path = tar(tmp_path / "dataset.tar.gz", members)
    settings: dict[str, Any] = {"paths": [{"match": "images/{style}/*"}], "limit": 12}
    sample, _ = read(path, **settings, stratify="style", seed=3)
    assert [record.fields["style"] for record in sample.values()].count("A") == 9  # 12 of 40: quotas 9, 2.7, 0.3
    assert [record.fields["style"] for record in sample.values()].count("B") == 3
    assert list(read(path, **settings, stratify="style", seed=3)[0]) == list(sample)
    assert list(read(path, **settings, stratify="style", seed=4)[0]) != list(sample)
    assert len(read(path, **settings)[0]) == 12


def test_what_is_no_file_of_the_archive_is_a_reject_and_nothing_is_written(tmp_path: Path) -> None:
    members = {
        "./images/a.png": b"a",
        "../../evil.png": b"e",
        "/abs.png": b"e",
        "images/._a.png": b"litter",
        "x.pdf": b"%",
    }
    path = tar(
        tmp_path / "dataset.tar.gz", members, links={"images/link.png": "/etc/passwd", "images/up.png": "../../x"}
    )
    before = sorted(tmp_path.rglob("*"))
    records, rejects = read(path)
    assert {key: record.image for key, record in records.items()} == {"images/a.png": b"a"}
    assert rejects == {
        "../../evil.png": "path_outside_source",
        "/abs.png": "path_outside_source",
        "images/link.png": "unreadable",
        "images/up.png": "unreadable",
        "x.pdf": "not_an_image_file",
    }
    assert sorted(tmp_path.rglob("*")) == before


def test_rows_and_members_that_do_not_meet_are_rejects(tmp_path: Path) -> None:
    table = b"file,artist\na.png,A\ngone.png,B\n../out.png,C\n"
    path = tar(tmp_path / "set.tar.gz", {"images/a.png": b"a", "images/b.png": b"b", "data.csv": table})
    records, rejects = read(path, metadata="data.csv")
    assert list(records) == ["images/a.png"]
    assert rejects == {
        "gone.png": "missing_file",
        "../out.png": "path_outside_source",
        "images/b.png": "no_metadata_row",
    }
    assert "gone.png" not in read(path, metadata="data.csv", partial=True)[1]


def test_a_name_that_is_no_text_is_a_reject_and_the_rest_goes_on(tmp_path: Path) -> None:
    table = b"file,artist\na.png,A\n"
    members = {"latin\udce9.png": b"x", "latin\udce9/b.png": b"x", "../\udce9.png": b"x", "a.png": b"a"}
    rejected = dict.fromkeys(("latin\\udce9.png", "latin\\udce9/b.png", "../\\udce9.png"), "name_not_utf8")
    records, rejects = read(tar(tmp_path / "set.tar", members))
    assert (list(records), rejects) == (["a.png"], rejected)
    tables = {"data.csv": table, "data\udce9.csv": table}
    records, rejects = read(tar(tmp_path / "set.tar", members | tables), metadata="data*.csv")
    assert (list(records), rejects) == (["a.png"], rejected)


def test_a_zip_file_that_calls_a_name_utf8_which_is_none_is_one_line(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": b"a", "\u00fc.png": b"b"})
    path.write_bytes(path.read_bytes().replace("\u00fc".encode(), b"\xff\xfe"))
    with pytest.raises(SourceError, match=r"wikiart: .*no whole archive"):
        read(path)


@pytest.mark.parametrize("settings", [{}, {"limit": 1}, {"metadata": "data.csv"}])
def test_a_second_member_of_a_name_is_a_reject_and_the_first_counts(tmp_path: Path, settings: dict[str, Any]) -> None:
    path = tmp_path / "set.tar"
    with tarfile.open(path, "w") as archive:
        for name, data in (("a.png", b"1"), ("./a.png", b"2"), ("a.png", b"3"), ("data.csv", b"file\na.png\n")):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    items = list(sources.read(entry(path, **settings), tmp_path))
    assert [item.image for item in items if isinstance(item, SourceRecord)] == [b"1"]
    rejects = [(item.key, item.reason) for item in items if isinstance(item, SourceReject)]
    assert rejects == [("a.png", "duplicate_key")] * 2


def test_a_claimed_size_beyond_reason_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_IMAGE_BYTES", 10)
    records, rejects = read(tar(tmp_path / "set.tar.gz", {"a.png": b"x" * 11, "b.png": b"x" * 10}))
    assert list(records) == ["b.png"]
    assert rejects == {"a.png": "too_large"}


def test_a_damaged_member_of_a_zip_file_is_a_reject_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = zipped(tmp_path / "set.zip", {"a.png": b"aaaaaaaaaa", "b.png": b"bbbbbbbbbb"})
    path.write_bytes(path.read_bytes().replace(b"aaaaaaaaaa", b"aaaaaXaaaa"))
    records, rejects = read(path)
    assert list(records) == ["b.png"]
    assert rejects == {"a.png": "unreadable"}


def test_memory_does_not_grow_with_the_archive(tmp_path: Path) -> None:
    size = 1 << 19
    data = np.random.default_rng(0).bytes(size)  # like a JPEG it does not compress
    path = tar(tmp_path / "set.tar.gz", {f"{n:03}.png": data for n in range(30)})
    tracemalloc.start()
    try:
        assert sum(1 for _ in sources.read(entry(path), tmp_path)) == 30
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * size  # one image, the copy it is read through, and the decompressor's buffers


@pytest.mark.parametrize(
    ("content", "settings", "message"),
    [
        (b"no archive at all", {}, "no whole archive"),
        (b"", {}, "no whole archive"),
        (None, {}, "no whole archive"),  # cut in the middle
        (human_members(), {"metadata": "metadata.csv"}, "no readable metadata.csv in"),
        (human_members(), WIKIART | {"columns": {"artist": "painter"}}, "no column 'painter'"),
    ],
)
def test_an_unusable_archive_is_one_line_with_the_remedy(
    tmp_path: Path, content: Any, settings: dict[str, Any], message: str
) -> None:
    path = tmp_path / "dataset.tar.gz"
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        tar(path, human_members())
    if content is None:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(SourceError, match="wikiart: ") as caught:
        read(path, **settings)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_the_fingerprint_changes_with_the_archive_and_the_entry(tmp_path: Path) -> None:
    path = tar(tmp_path / "dataset.tar.gz", human_members())
    before = sources.fingerprint(entry(path), tmp_path)
    assert before == sources.fingerprint(entry(path, description="words"), tmp_path)
    other = sources.fingerprint(entry(path, limit=2), tmp_path)
    os.utime(path, ns=(0, 0))
    assert len({before, other, sources.fingerprint(entry(path), tmp_path)}) == 3


HUB = {"hub_id": "Dant33/WikiArt-81K-BLIP_2-768x768", "revision": COMMIT, "file": "dataset.tar.gz"}


def test_an_archive_of_a_hub_comes_from_the_cache_or_the_command_that_fetches_it_is_named(
    tmp_path: Path, hub: HubCache
) -> None:
    entry = ArchiveDataset.model_validate({"name": "wikiart", "kind": "archive"} | HUB | WIKIART)
    for function in (sources.read, sources.fingerprint):
        with pytest.raises(SourceError) as caught:
            function(entry, tmp_path)
        assert f"hf download {HUB['hub_id']} dataset.tar.gz --repo-type dataset --revision {HUB['revision']}" in str(
            caught.value
        )
    snapshot = hub.snapshot(HUB["hub_id"], "dataset")
    shutil.move(tar(tmp_path / "made.tar.gz", human_members()), snapshot / "dataset.tar.gz")
    records = list(sources.read(entry, tmp_path))
    assert len(records) == len(WORKS)
    assert isinstance(records[0], SourceRecord)
    assert records[0].uri.startswith(f"hf://datasets/{HUB['hub_id']}@{HUB['revision']}/dataset.tar.gz/images/")
    assert len(sources.fingerprint(entry, tmp_path)) == 64
