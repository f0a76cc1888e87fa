import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import FolderDataset
from creativity_assets.errors import SourceError
from creativity_assets.images.audit import edge_density, entropy, padding_fraction
from creativity_assets.images.decoding import decode
from creativity_assets.sources.columns.dates import parse_year
from creativity_assets.sources.columns.names import artist_slug
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets_tests.beside import masters
from creativity_assets_tests.images.pictures import write


def entry(path: Path | str, **settings: Any) -> FolderDataset:
    return FolderDataset(name="paintings", kind="folder", path=str(path), **settings)


def read(folder: Path, **settings: Any) -> tuple[list[SourceRecord], dict[str, str]]:
    """Records, and the reasons of the rejects by key."""
    items = list(sources.read(entry(folder, **settings), folder.parent))
    records = [item for item in items if isinstance(item, SourceRecord)]
    rejects = [item for item in items if isinstance(item, SourceReject)]
    assert all("\n" not in reject.detail and reject.detail for reject in rejects)
    assert len({reject.key for reject in rejects}) == len(rejects)
    return records, {reject.key: reject.reason for reject in rejects}


def test_without_metadata_folders_are_artists_and_stems_are_titles(tmp_path: Path) -> None:
    write(tmp_path / "Łódź Ünïcode" / "blue_ night.PNG")
    write(tmp_path / "a" / "b" / "z.png")
    write(tmp_path / "top.png")
    records, rejects = read(tmp_path, constants={"label": "human", "year": 1889})
    assert [record.key for record in records] == ["a/b/z.png", "top.png", "Łódź Ünïcode/blue_ night.PNG"]
    assert [record.fields["artist"] for record in records] == ["b", "paintings", "Łódź Ünïcode"]
    assert [record.fields["title"] for record in records] == ["z", "top", "blue  night"]
    assert all(record.fields["label"] == "human" and record.fields["year"] == 1889 for record in records)
    assert rejects == {}


def test_bytes_are_the_files_own_and_not_judged_here(tmp_path: Path) -> None:
    write(tmp_path / "broken.jpg", b"no picture")
    write(tmp_path / "empty.png", b"")
    records, rejects = read(tmp_path)
    assert [record.image for record in records] == [b"no picture", b""]
    assert rejects == {}


def test_litter_and_companions_are_ignored_and_other_files_are_rejects(tmp_path: Path) -> None:
    for name in (".DS_Store", ".hidden/x.png", "Thumbs.db", "__MACOSX/x.png", "README.md", "LICENSE", "notes.txt"):
        write(tmp_path / name, b"x")
    write(tmp_path / "a.png")
    write(tmp_path / "catalogue.pdf", b"%PDF")
    records, rejects = read(tmp_path)
    assert [record.key for record in records] == ["a.png"]
    assert rejects == {"catalogue.pdf": "not_an_image_file"}


def test_rows_and_files_are_matched_and_every_mismatch_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "paintings"
    for name in ("a.png", "sub/b c é.png", "without row.png", "twice.png", "windows/d.png"):
        write(folder / name)
    write(tmp_path / "secret.png")
    write(
        folder / "metadata.csv",
        "\ufefffile,artist,title,year\n"
        'a.png,"van Gogh, Vincent",Iris,1889?\n'
        "sub/b c é.png,Łódź,,\n"
        "windows\\d.png,D,D,\n"
        "../secret.png,X,X,1900\n"
        f"{tmp_path}/secret.png,X,X,1900\n"
        "sub/../../secret.png,X,X,1900\n"
        "C:\\secret.png,X,X,1900\n"
        "gone.png,X,X,1900\n"
        ",X,X,1900\n"
        "twice.png,first,,\n"
        "./twice.png,second,,\n".encode(),
    )
    items = list(sources.read(entry(folder), tmp_path))
    records = {item.key: item for item in items if isinstance(item, SourceRecord)}
    assert list(records) == ["a.png", "sub/b c é.png", "twice.png", "windows/d.png"]
    assert records["a.png"].fields == {"artist": "van Gogh, Vincent", "title": "Iris", "year": "1889?"}
    assert records["sub/b c é.png"].fields == {"artist": "Łódź"}
    assert records["twice.png"].fields["artist"] == "first"
    rejects = [(item.reason, item.key) for item in items if isinstance(item, SourceReject)]
    assert sorted(rejects) == sorted(
        [
            ("path_outside_source", "../secret.png"),
            ("path_outside_source", f"{tmp_path}/secret.png"),
            ("path_outside_source", "sub/../../secret.png"),
            ("path_outside_source", "C:/secret.png"),
            ("missing_file", "gone.png"),
            ("missing_file", "metadata.csv:10"),
            ("duplicate_key", "twice.png"),
            ("no_metadata_row", "without row.png"),
        ]
    )


def test_columns_are_mapped_and_constants_fill_what_is_missing(tmp_path: Path) -> None:
    for name in ("a.png", "b.png"):
        write(tmp_path / name)
    write(tmp_path / "metadata.csv", b"id;bild;maler;label\n7;a.png;Anna;ai\n8;b.png;Berta;\n")
    columns = {"key": "id", "file": "bild", "artist": "maler"}
    records, rejects = read(tmp_path, columns=columns, constants={"label": "human", "family": "sketch"})
    assert [(record.key, dict(record.fields)) for record in records] == [
        ("7", {"label": "ai", "family": "sketch", "artist": "Anna"}),
        ("8", {"label": "human", "family": "sketch", "artist": "Berta"}),
    ]
    assert rejects == {}


def test_repeated_and_empty_keys_are_rejects(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        write(tmp_path / name)
    write(tmp_path / "metadata.csv", b"key,file\n7,b.png\n7,a.png\n,c.png\n")
    records, rejects = read(tmp_path, columns={"key": "key"})
    assert [(record.key, record.uri.rpartition("/")[2]) for record in records] == [("7", "a.png")]
    assert rejects == {"7": "duplicate_key", "c.png": "missing_key"}


def test_paths_of_the_metadata_may_start_at_images(tmp_path: Path) -> None:
    write(tmp_path / "images" / "human" / "a.png")
    write(tmp_path / "metadata.csv", b"file_name\nhuman/a.png\n")
    records, rejects = read(tmp_path)
    assert [record.key for record in records] == ["images/human/a.png"]
    assert rejects == {}


def test_file_names_match_in_any_unicode_form(tmp_path: Path) -> None:
    write(tmp_path / "cafe\u0301.png")  # as a Mac writes it
    write(tmp_path / "metadata.csv", "file\ncafé.png\n".encode())
    records, rejects = read(tmp_path)
    assert len(records) == 1
    assert rejects == {}


def test_two_files_that_only_their_unicode_form_tells_apart_are_a_record_and_a_reject(tmp_path: Path) -> None:
    decomposed, composed = "cafe\u0301.png", "caf\u00e9.png"
    for name in (composed, decomposed):
        write(tmp_path / name)
    assert len(read(tmp_path)[0]) == 2
    write(tmp_path / "metadata.csv", f"file\n{composed}\n".encode())
    records, rejects = read(tmp_path)
    assert [record.key for record in records] == [decomposed]
    assert rejects == {composed: "duplicate_key"}


def test_a_table_whose_name_is_no_text_is_not_read(tmp_path: Path) -> None:
    write(tmp_path / "a.png")
    for name in (b"/data.csv", b"/data\xe9.csv"):
        write(Path(os.fsdecode(os.fsencode(tmp_path) + name)), b"file,artist\na.png,A\nb.png,B\n")
    records, rejects = read(tmp_path, metadata="data*.csv")
    assert [record.key for record in records] == ["a.png"]
    assert rejects == {"b.png": "missing_file"}
    assert len(sources.fingerprint(entry(tmp_path, metadata="data*.csv"), tmp_path)) == 64


def test_what_no_reader_should_open_is_a_reject(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.png")
    (tmp_path / "nowhere.png").symlink_to(tmp_path / "gone.png")
    write(Path(os.fsdecode(os.fsencode(tmp_path) + b"/latin\xe9.png")))
    (tmp_path / "loop").symlink_to(tmp_path)
    _, rejects = read(tmp_path)
    assert rejects == {"pipe.png": "unreadable", "nowhere.png": "unreadable", "latin\\udce9.png": "name_not_utf8"}


def test_a_file_that_goes_while_the_source_is_read_is_a_reject_and_the_rest_goes_on(tmp_path: Path) -> None:
    for name in ("a.png", "b.png", "c.png"):
        write(tmp_path / name)
    stream = sources.read(entry(tmp_path), tmp_path)
    assert next(stream).key == "a.png"
    (tmp_path / "b.png").unlink()  # images are read when their turn comes
    second, third = stream
    assert isinstance(second, SourceReject)
    assert second.reason == "unreadable"
    assert third.key == "c.png"


def test_linked_folders_are_followed(tmp_path: Path) -> None:
    write(tmp_path / "elsewhere" / "a.png")
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "Anna").symlink_to(tmp_path / "elsewhere")
    records, _ = read(tmp_path / "source")
    assert [(record.key, record.fields["artist"]) for record in records] == [("Anna/a.png", "Anna")]


def test_limit_and_seed_draw_the_same_sample_again(tmp_path: Path) -> None:
    for number in range(30):
        write(tmp_path / f"{number:02}.png")
    write(tmp_path / "x.pdf", b"x")

    def keys(**settings: Any) -> list[str]:
        records, rejects = read(tmp_path, **settings)
        assert rejects == {"x.pdf": "not_an_image_file"}
        return [record.key for record in records]

    sample = keys(limit=10, seed=1)
    assert len(sample) == 10
    assert sample == sorted(sample) == keys(limit=10, seed=1)
    assert sample != keys(limit=10, seed=2)
    assert keys(limit=100) == keys()


def test_paths_and_uris_are_told_from_the_data_root(tmp_path: Path) -> None:
    write(tmp_path / "shared" / "set" / "a.png")
    (record,) = sources.read(entry("../../shared/set/"), tmp_path / "project" / "data")
    assert record.uri == "../../shared/set/a.png"


PROBLEMS = {
    "no encoding at all": (b"file,artist\na.png,D\x81\xfcrer\n", {}, "not UTF-8"),
    "half of an encoding": (b"\xff\xfef\0i\0l\0e", {}, "UTF-16"),
    "unknown column": (b"file,artist\na.png,X\n", {"columns": {"artist": "painter"}}, "no column 'painter'"),
    "no file column": (b"name,artist\nz.png,X\n", {}, "map `file`"),
    "repeated column": (b"file,artist,artist\na.png,X,Y\n", {}, "'artist' twice"),
    "empty": (b"", {}, "map `file`"),
    "quotes without end everywhere": (b"file,artist\n" + b'a.png,"x\n' * 200, {}, "more than 100 rows such as line"),
    "a header's quote without end": (b'file,"artist\na.png,X\n', {}, "line 1, where a quote is opened"),
}


@pytest.mark.parametrize(("metadata", "settings", "message"), PROBLEMS.values(), ids=PROBLEMS.keys())
def test_unusable_metadata_stop_the_source_with_one_line(
    tmp_path: Path, metadata: bytes, settings: dict[str, Any], message: str
) -> None:
    write(tmp_path / "a.png")
    write(tmp_path / "metadata.csv", metadata)
    with pytest.raises(SourceError, match="paintings: ") as caught:
        sources.read(entry(tmp_path, **settings), tmp_path)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_an_absent_source_is_named_with_the_remedy(tmp_path: Path) -> None:
    for function in (sources.read, sources.fingerprint):
        with pytest.raises(SourceError, match=r"paintings: .*gone does not exist; correct `path`"):
            function(entry("gone"), tmp_path)
    write(tmp_path / "file.png")
    with pytest.raises(SourceError, match="is a file"):
        sources.read(entry("file.png"), tmp_path)
    with pytest.raises(SourceError, match="`columns` is given"):
        sources.read(entry(".", columns={"artist": "a"}), tmp_path)


def test_the_fingerprint_changes_with_the_source_and_the_entry_and_with_nothing_else(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    first = write(folder / "a.png")
    metadata = write(folder / "metadata.csv", b"file,artist\na.png,X\n")

    def now(**settings: Any) -> str:
        return sources.fingerprint(entry(folder, **settings), tmp_path)

    before = now()
    assert before == now() == now(description="other words", licence="CC0-1.0", optional=True)
    others = {now(limit=1), now(seed=1), now(constants={"label": "ai"}), now(columns={"title": "artist"})}
    assert len({before, *others}) == 5

    os.utime(first, ns=(0, 0))
    touched = now()
    status = metadata.stat()
    metadata.write_bytes(b"file,artist\na.png,Y\n")  # same size, and the same time:
    os.utime(metadata, ns=(status.st_atime_ns, status.st_mtime_ns))
    edited = now()
    write(folder / "b.png")
    added = now()
    first.rename(folder / "c.png")
    assert len({before, touched, edited, added, now()}) == 5


def test_no_image_is_read_for_a_fingerprint(tmp_path: Path) -> None:
    folder = tmp_path / "set"
    folder.mkdir()
    os.mkfifo(folder / "pipe.png")  # opening it would block for ever
    assert len(sources.fingerprint(entry(folder), tmp_path)) == 64


def test_the_masters_are_read_and_decoded_without_a_loss() -> None:
    columns = {"genre": "medium", "caption": "prompt"}
    folder = masters()
    items = list(sources.read(entry(folder, columns=columns), folder.parent))
    assert Counter(type(item) for item in items) == {SourceRecord: 442}
    records = [item for item in items if isinstance(item, SourceRecord)]
    assert Counter(record.fields["label"] for record in records) == {"human": 294, "ai": 148}
    assert len({artist_slug(record.fields["artist"]) for record in records}) == 72
    years = [parse_year(record.fields.get("year")).year for record in records]
    assert Counter(year is None for year in years) == {False: 294, True: 148}
    for record in records[::12]:
        decoded = decode(record.image)
        assert decoded.format == "JPEG"
        assert min(decoded.width, decoded.height) >= 200
        assert record.fields["label"] == "human" or (decoded.width, decoded.height) == (512, 512)
        assert 0 <= padding_fraction(decoded.image) < 0.2
        assert 4 < entropy(decoded.image) <= 8
        assert 0 < edge_density(decoded.image) < 1


def test_a_table_goes_before_the_path_that_before_the_name_and_that_before_the_constants(tmp_path: Path) -> None:
    write(tmp_path / "Cubism" / "juan-gris_guitar-1913.png")
    write(tmp_path / "metadata.csv", b"file,title\nCubism/juan-gris_guitar-1913.png,The Guitar\n")
    settings: dict[str, Any] = {
        "constants": {"artist": "constant", "style": "constant", "genre": "constant", "title": "constant"},
        "file_names": "wikiart",
        "paths": [{"match": "{style}/*", "set": {"caption": "from the path"}}],
    }
    (record,), _ = read(tmp_path, **settings)
    assert record.fields == {
        "title": "The Guitar",
        "style": "Cubism",
        "caption": "from the path",
        "artist": "juan gris",
        "year": (1913, "filename"),
        "genre": "constant",
    }
    (record,), _ = read(
        tmp_path, **settings | {"values": {"style": {"Cubism": None}, "artist": {"juan gris": "Juan Gris"}}}
    )
    assert (record.fields["style"], record.fields["artist"]) == ("constant", "Juan Gris")


def test_a_column_that_has_another_meaning_is_not_read_under_its_own_name_too(tmp_path: Path) -> None:
    write(tmp_path / "a.png")
    write(tmp_path / "metadata.csv", b"file,genre\na.png,Cubism\n")
    (record,), _ = read(tmp_path, columns={"style": "genre"})
    assert record.fields == {"style": "Cubism"}


def test_a_file_that_no_rule_matches_and_a_bare_name_of_two_files_are_rejects(tmp_path: Path) -> None:
    for name in ("Cubism/a.png", "b.png", "x/c.png", "y/c.png"):
        write(tmp_path / name)
    _, rejects = read(tmp_path, paths=[{"match": "{style}/*"}])
    assert rejects == {"b.png": "no_path_rule"}
    write(tmp_path / "list.csv", b"file\na.png\nc.png\n")
    records, rejects = read(tmp_path, metadata="list.csv")
    assert [record.key for record in records] == ["Cubism/a.png"]
    assert rejects == dict.fromkeys(("b.png", "x/c.png", "y/c.png"), "no_metadata_row") | {"c.png": "ambiguous_file"}


def test_a_column_that_is_mapped_to_none_is_not_read(tmp_path: Path) -> None:
    """A column of our name whose words mean something else; a constant may stand in for it."""
    write(tmp_path / "a.png")
    write(tmp_path / "metadata.csv", b"file,label,style\na.png,cat,Cubism\n")
    (record,), _ = read(tmp_path, columns={"label": None})
    assert dict(record.fields) == {"style": "Cubism"}
    (record,), _ = read(tmp_path, columns={"label": None}, constants={"label": "ai"})
    assert dict(record.fields) == {"style": "Cubism", "label": "ai"}
    (record,), _ = read(tmp_path, columns={"label": None, "genre": "label"})
    assert dict(record.fields) == {"style": "Cubism", "genre": "cat"}


def test_in_no_folder_a_name_of_several_words_in_one_is_the_artist(tmp_path: Path) -> None:
    write(tmp_path / "AgnesExamplePelton.png")
    write(tmp_path / "Anna" / "RedBoat.png")
    records, _ = read(tmp_path)
    assert [artist_slug(record.fields["artist"]) for record in records] == ["agnes-example-pelton", "anna"]
    records, _ = read(tmp_path, file_names="artist")
    assert [artist_slug(record.fields["artist"]) for record in records] == ["agnes-example-pelton", "red-boat"]
