"""Tables as spreadsheets, scrapers and scripts write them: none stops a folder, nothing is lost without a count."""

import tarfile
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import ArchiveDataset, FolderDataset
from creativity_assets.sources.listing import Listed, listing
from creativity_assets.sources.records import NEAR, SourceRecord, SourceReject
from creativity_assets.sources.tables.delimited import read_csv
from creativity_assets.sources.tables.metadata import read_table
from creativity_assets_tests.beside import case
from creativity_assets_tests.images.pictures import encoded, scene, write


def rows_of(data: bytes | str, name: str = "t.csv") -> list[dict[str, Any]]:
    table = read_table("set", name, data.encode() if isinstance(data, str) else data)
    assert not table.flaws
    return [dict(row) for _, row in table.rows]


TWO = [{"file": "a.jpg", "artist": "Zoé"}, {"file": "b.jpg", "artist": "Ben"}]
PLAIN = "file,artist\na.jpg,Zoé\nb.jpg,Ben\n"
SAME: dict[str, bytes | str] = {
    "a byte order mark": PLAIN.encode("utf-8-sig"),
    "UTF-16": PLAIN.encode("utf-16"),
    "UTF-16, big end first": b"\xfe\xff" + PLAIN.encode("utf-16-be"),
    "UTF-16 without a mark": PLAIN.encode("utf-16-le"),
    "UTF-32": PLAIN.encode("utf-32"),
    "Windows-1252": PLAIN.encode("cp1252"),
    "CR line ends": PLAIN.replace("\n", "\r"),
    "CRLF line ends": PLAIN.replace("\n", "\r\n"),
    "sep=": "\ufeffsep=;\nfile;artist\na.jpg;Zoé\nb.jpg;Ben\n",
    "sep= quoted, and a tab": '"sep=\t"\r\nfile\tartist\r\na.jpg\tZoé\r\nb.jpg\tBen\r\n',
    "sep=,": "SEP=,\n" + PLAIN,
    "bars": "file|artist\na.jpg|Zoé\nb.jpg|Ben\n",
    "blank lines first": "\n  \n" + PLAIN,
    "blank lines and rows of commas": "file,artist\n\na.jpg,Zoé\n,\n,,,,\nb.jpg,Ben\n\n",
    "one blank column": "file,artist,\na.jpg,Zoé,\nb.jpg,Ben,\n",
    "two blank columns": "file,artist,,\na.jpg,Zoé,,\nb.jpg,Ben,,\n",
    "a blank column between": "file,,artist\na.jpg,,Zoé\nb.jpg, ,Ben\n",
    "a second, empty artist": "file,artist,artist\na.jpg,Zoé,\nb.jpg,Ben,\n",
    "more commas in the rows": "file,artist\na.jpg,Zoé,,,\nb.jpg,Ben\n",
    "text behind a closing quote": 'file,artist\na.jpg,"Zo"é\nb.jpg,"Ben"\n',
}


@pytest.mark.parametrize("data", SAME.values(), ids=SAME.keys())
def test_the_same_two_rows(data: bytes | str) -> None:
    assert rows_of(data) == TWO


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("file;artist;title, translated;year\na.jpg;Z;River, the;1889\nb.jpg;B;Hill;1890\n", ["file", "artist", "title, translated", "year"]),
        ("file,title;subtitle\na.jpg,x;y\nb.jpg,z\n", ["file", "title;subtitle"]),
        ("file\tnote, long; very\na.jpg\tx, y\nb.jpg\tz; w\n", ["file", "note, long; very"]),
        ('file,caption\na.jpg,"x; y; z"\nb.jpg,"u; v"\n', ["file", "caption"]),
        ("file;price\na.jpg;1,50\nb.jpg;2,50\n", ["file", "price"]),
        ("file\na.jpg\nb.jpg\n", ["file"]),
        ("file,,x\na.jpg,7,1\n", ["file", "column 2", "x"]),
        ('"file","artist"\n"1","a.jpg","Z"\n"2","b.jpg","B"\n', ["column 1", "file", "artist"]),  # R's row names
    ],
)  # fmt: skip
def test_the_delimiter_is_the_one_that_the_rows_agree_with(text: str, header: list[str]) -> None:
    table = read_table("set", "t.csv", text.encode())
    assert table.header == header
    assert not table.flaws
    assert {row[header[-1]] for _, row in table.rows} - {""}


def test_a_guessed_encoding_is_told_with_the_line_that_shows_it() -> None:
    (note,) = read_table("set", "t.csv", PLAIN.encode("cp1252")).notes
    assert note.startswith("t.csv is not UTF-8 (line 2) and was read as Windows-1252")
    assert not read_table("set", "t.csv", PLAIN.encode()).notes
    assert rows_of('[{"file": "a.jpg", "artist": "Zoé"}]'.encode("cp1252"), "t.json") == TWO[:1]
    assert rows_of('{"file": "a.jpg", "artist": "Zoé"}\n'.encode("utf-16"), "t.jsonl") == TWO[:1]


OPEN: dict[str, tuple[str, dict[int, str]]] = {
    "to the end": ('file,artist\na.jpg,"The Sea\nb.jpg,Ben\nc.jpg,Cy\n', {2: "a.jpg"}),
    "to the next quote": ('file,artist\na.jpg,"The Sea\nb.jpg,"Ben, the"\nc.jpg,Cy\n', {2: "a.jpg"}),
    "twice": ('file,artist\na.jpg,"The Sea\nb.jpg,Ben\nc.jpg,"Cy\nd.jpg,D\n', {2: "a.jpg", 4: "c.jpg"}),
    "in the last row": ('file,artist\nb.jpg,Ben\nc.jpg,Cy\na.jpg,"The Sea', {4: "a.jpg"}),
    "before a huge cell": ('file,artist\na.jpg,"' + "x" * 140_000 + "\nb.jpg,Ben\nc.jpg,Cy\n", {2: "a.jpg"}),
    "behind a cell of two lines": ('file,artist\nb.jpg,"Ben\nSon"\na.jpg,"The Sea\nc.jpg,Cy\n', {4: "a.jpg"}),
    "too many cells": ("file,artist\na.jpg,River, the\nb.jpg,Ben\nc.jpg,Cy\n", {2: "a.jpg"}),
}  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), OPEN.values(), ids=OPEN.keys())
def test_a_broken_row_costs_itself_alone_and_its_line_is_said(tmp_path: Path, text: str, lines: dict[int, str]) -> None:
    for name in "abcd":
        write(tmp_path / f"{name}.jpg")
    write(tmp_path / "metadata.csv", text.encode())
    items = list(sources.read(FolderDataset(name="set", kind="folder", path=str(tmp_path)), tmp_path))
    broken = {
        i.detail.partition(":")[0]: i.key for i in items if isinstance(i, SourceReject) and i.reason == "damaged_row"
    }
    assert broken == {f"metadata.csv line {line}": file for line, file in lines.items()}
    kept = {i.key for i in items if isinstance(i, SourceRecord)}
    assert kept >= {"b.jpg", "c.jpg"} - {*lines.values()}
    lost = {i.key for i in items if isinstance(i, SourceReject)}
    assert kept | lost == {"a.jpg", "b.jpg", "c.jpg", "d.jpg"}
    assert not kept & lost


def test_quotes_and_lines_that_are_right_stay_as_they_are() -> None:
    text = 'file,artist\na.jpg,"one, ""two""\nthree"\nb.jpg,5" x 7"\n'
    assert [row["artist"] for row in rows_of(text)] == ['one, "two"\nthree', '5" x 7"']


def test_a_long_table_is_read_in_linear_time() -> None:
    text = "file,artist\n" + "".join(f'{n}.jpg,"N, {n}"\n' for n in range(20_000)) + 'x.jpg,"open\ny.jpg,Y\n'
    header, records = read_csv("set", "t.csv", text)
    assert header == ["file", "artist"]
    assert [record.line for record in records if record.flaw] == [20_002]
    assert len(records) == 20_002


# Names of files.

FILES = ("images/000001.jpg", "images/000002.jpg", "x/Sea.JPG", "x/hill-1890.jpg!Large", "y/lake.png", "y/Sea View.jpg")
NAMED: dict[str, str] = {
    "images/000001.jpg": "images/000001.jpg",
    "000001": "images/000001.jpg",
    "images/000001": "images/000001.jpg",
    "1": "images/000001.jpg",  # whose zeros a spreadsheet has dropped
    "sea": "x/Sea.JPG",
    "sea.jpg": "x/Sea.JPG",
    "X/SEA.jpg": "x/Sea.JPG",
    "sea.jpeg": "x/Sea.JPG",
    "somewhere/x/Sea.JPG": "x/Sea.JPG",
    "/mnt/disk/x/Sea.JPG": "x/Sea.JPG",
    "C:\\art\\x\\Sea.JPG": "x/Sea.JPG",
    "hill-1890": "x/hill-1890.jpg!Large",
    "hill-1890.jpg": "x/hill-1890.jpg!Large",
    "https://x.org/img/Sea.JPG": "x/Sea.JPG",
    "https://x.org/img/lake.png?w=3#top": "y/lake.png",
    "HTTP://x.org/a/b/Sea%20View.jpg": "y/Sea View.jpg",
    "y/lake": "y/lake.png",
}
NOT_NAMED: dict[str, tuple[str, str]] = {
    "lake.jpg": ("missing_file", f"{NEAR}y/lake.png"),  # another format is another file
    "z/lake.png": ("missing_file", f"{NEAR}y/lake.png"),
    "sea_view.jpg": ("missing_file", f"{NEAR}y/Sea View.jpg"),
    "3": ("missing_file", "is not in the source"),
    "../x/Sea.JPG": ("path_outside_source", "lies outside the source"),
    "/etc/passwd": ("path_outside_source", "lies outside the source"),
}


def listed(tmp_path: Path, files: tuple[str, ...], *cells: str) -> tuple[dict[str, str], list[SourceReject]]:
    """By file, its artist; and the rejects. The artist of the nth row is n."""
    for name in files:
        write(tmp_path / name)
    rows = "".join(f'"{cell}",{n}\n' for n, cell in enumerate(cells))
    write(tmp_path / "metadata.csv", f"file,artist\n{rows}".encode())
    items = list(sources.read(FolderDataset(name="set", kind="folder", path=str(tmp_path)), tmp_path))
    records = {item.key: item.fields["artist"] for item in items if isinstance(item, SourceRecord)}
    return records, [item for item in items if isinstance(item, SourceReject)]


@pytest.mark.parametrize("cell", NAMED)
def test_what_is_left_of_a_name_means_the_file_that_it_belongs_to_alone(tmp_path: Path, cell: str) -> None:
    records, rejects = listed(tmp_path, FILES, cell)
    assert records == {NAMED[cell]: "0"}
    assert {reject.key for reject in rejects} == {*FILES} - {NAMED[cell]}


@pytest.mark.parametrize("cell", NOT_NAMED)
def test_what_means_no_file_is_told_with_what_is_near(tmp_path: Path, cell: str) -> None:
    records, rejects = listed(tmp_path, FILES, cell)
    assert not records
    (reject,) = (reject for reject in rejects if reject.reason != "no_metadata_row")
    reason, said = NOT_NAMED[cell]
    assert reject.reason == reason
    assert said in reject.detail
    if NEAR in said:
        (lost,) = (other for other in rejects if other.key == said.removeprefix(NEAR))
        assert lost.detail.endswith(f"{NEAR}{cell}")


@pytest.mark.parametrize(
    ("files", "cells", "kept", "ambiguous"),
    [
        (("a.jpg", "a.png"), ("a",), {}, {"a"}),
        (("x/a.jpg", "y/a.jpg"), ("a", "a.jpg"), {}, {"a", "a.jpg"}),
        (("x/a.jpg", "y/a.jpg"), ("x/a", "y/a"), {"x/a.jpg": "0", "y/a.jpg": "1"}, set()),
        (("A.jpg", "a.JPG"), ("a.jpg",), {}, {"a.jpg"}),
        (("A.jpg", "a.jpg"), ("a.jpg", "A.jpg"), {"a.jpg": "0", "A.jpg": "1"}, set()),
        (("a.jpg",), ("A.JPG", "a.jpg"), {"a.jpg": "1"}, {"A.JPG"}),
        (("a.jpg",), ("https://x.org/ai/a.jpg", "https://x.org/human/a.jpg"), {}, {"https://x.org/ai/a.jpg", "https://x.org/human/a.jpg"}),
        (("1.jpg", "01.jpg"), ("1",), {"1.jpg": "0"}, set()),
        (("001.jpg", "01.jpg"), ("1",), {}, {"1"}),
    ],
)  # fmt: skip
def test_what_may_be_several_files_is_none_of_them(
    tmp_path: Path, files: tuple[str, ...], cells: tuple[str, ...], kept: dict[str, str], ambiguous: set[str]
) -> None:
    records, rejects = listed(tmp_path, files, *cells)
    assert records == kept
    assert {reject.key for reject in rejects if reject.reason == "ambiguous_file"} == ambiguous


def test_thousands_of_files_of_one_name_are_told_apart_by_their_folders(tmp_path: Path) -> None:
    """A comparison of each row with each file would take minutes."""
    entry = FolderDataset(name="set", kind="folder", path=str(tmp_path))
    files = [f"x/D{n}/image.jpg" for n in range(4000)]
    rows = "".join(f"root/x/d{n}/image,{n}\n" for n in range(4000))
    table = read_table("set", "metadata.csv", f"file,artist\n{rows}image,N\nz/image,N\n".encode())
    items = listing(entry, files, [table], {})
    assert {item.file: item.fields["artist"] for item in items if isinstance(item, Listed)} == {
        file: str(n) for n, file in enumerate(files)
    }
    rejects = [item for item in items if isinstance(item, SourceReject)]
    assert [(item.key, item.reason) for item in rejects] == [("image", "ambiguous_file"), ("z/image", "missing_file")]


def test_the_column_of_the_files_is_found_by_its_cells(tmp_path: Path) -> None:
    for name in ("000000", "000001", "1889"):
        write(tmp_path / "images" / f"{name}.jpg")
    write(tmp_path / "metadata.csv", b"year,id,Artist\n1889,000000,Ann\n1880,000001,Ben\n")
    items = list(sources.read(FolderDataset(name="set", kind="folder", path=str(tmp_path)), tmp_path))
    records = {i.key: (i.fields["year"], i.fields["artist"]) for i in items if isinstance(i, SourceRecord)}
    assert records == {"images/000000.jpg": ("1889", "Ann"), "images/000001.jpg": ("1880", "Ben")}


# The same from folders and archives.


def folder_of(place: Path, files: dict[str, bytes]) -> Any:
    for name, data in files.items():
        write(place / name, data)
    return FolderDataset, "folder"


def tar_of(place: Path, files: dict[str, bytes]) -> Any:
    place.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(place, "w") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, BytesIO(data))
    return ArchiveDataset, "archive"


Make = Callable[[Path, dict[str, bytes]], Any]


def read(tmp_path: Path, make: Make, files: dict[str, bytes], **settings: Any) -> list[SourceRecord | SourceReject]:
    kind, word = make(tmp_path / "source", files)
    return list(sources.read(kind(name="set", kind=word, path=str(tmp_path / "source"), **settings), tmp_path))


@pytest.mark.parametrize("make", [folder_of, tar_of])
def test_ids_and_stems_in_folders_and_archives(tmp_path: Path, make: Make) -> None:
    picture = encoded(scene(), "JPEG")
    ids = {f"images/{n:06}.jpg": picture for n in range(3)}
    table = b"id,artist,year\n000000,Ann,1880\n000001,Ben,1881\n000002,Cy,1882\n"
    items = read(tmp_path / "1", make, ids | {"metadata.csv": table}, columns={"file": "id"}, metadata="metadata.csv")
    assert [(item.key, item.fields["artist"]) for item in items if isinstance(item, SourceRecord)] == [
        ("images/000000.jpg", "Ann"), ("images/000001.jpg", "Ben"), ("images/000002.jpg", "Cy")
    ]  # fmt: skip
    works = {"Impressionism/ann_river-1889.jpg": picture, "Impressionism/ben_hill-1890.jpg": picture}
    stems = b"art_style,painting,utterance\r\nImpressionism,ann_river-1889,awe\r\nImpressionism,ann_river-1889,joy\r\n"
    columns = {"file": "painting", "style": "art_style", "caption": "utterance"}
    items = read(tmp_path / "2", make, works | {"artemis.csv": stems}, columns=columns, metadata="artemis.csv")
    (record,) = (item for item in items if isinstance(item, SourceRecord))
    assert (record.key, record.fields["caption"]) == ("Impressionism/ann_river-1889.jpg", "awe")
    rejects = {item.reason: item.detail for item in items if isinstance(item, SourceReject)}
    assert rejects == {
        "duplicate_key": "artemis.csv line 3: Impressionism/ann_river-1889.jpg has a row already; the first counts",
        "no_metadata_row": "Impressionism/ben_hill-1890.jpg: artemis.csv has no row for it",
    }


ODD = (
    "river-1889.jpg!Large",
    "sky-1892.jpg_large",
    "heath-1894.jpg?w=600",
    "sea-1891",
    "hill-1890.jpg!PinterestLarge.jpg",
)
ODD += ("moor-1895.JPEG", "lane-1896.png:small", "mr.-smith-1897", "wood-1893!HD")


@pytest.mark.parametrize("make", [folder_of, tar_of])
def test_odd_endings_are_told_by_content_and_cut_off(tmp_path: Path, make: Make) -> None:
    files = {f"Realism/ann-example_{name}": encoded(scene(), "JPEG") for name in ODD}
    files |= {"Realism/notes-1889": b"Dear reader", "Realism/a.jpg_caption.txt": b"words", "LICENSE": b"CC0"}
    items = read(tmp_path, make, files, file_names="wikiart", paths=[{"match": "**/{style}/*"}])
    records = {item.fields["title"]: item.fields for item in items if isinstance(item, SourceRecord)}
    titles = {"river", "sky", "heath", "sea", "hill", "moor", "lane", "mr. smith", "wood"}
    assert {*records} == titles
    assert {fields["artist"] for fields in records.values()} == {"ann example"}
    assert sorted(records[title]["year"].year for title in titles) == list(range(1889, 1898))
    assert [(i.key, i.reason) for i in items if isinstance(i, SourceReject)] == [
        ("Realism/notes-1889", "not_an_image_file")
    ]


@pytest.mark.parametrize(
    "name", ["case-names", "open-quote-csv", "semicolon-comma", "sep-line", "two-blank-columns", "url-names"]
)
def test_the_real_tables(name: str, tmp_path: Path) -> None:
    entry = FolderDataset(name="set", kind="folder", path=str(case("tables", name)))
    items = list(sources.read(entry, tmp_path))
    kept = [item.key for item in items if isinstance(item, SourceRecord)]
    broken = [f"{item.reason} {item.detail}" for item in items if isinstance(item, SourceReject)]
    if name == "open-quote-csv":
        assert kept == ["b.jpg", "c.jpg"]
        assert broken == ["damaged_row metadata.csv line 2: a quote is opened and not closed; close it"]
    else:
        assert (kept, broken) == (["a.jpg", "b.jpg", "c.jpg"], [])
