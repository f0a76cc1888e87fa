import contextlib
import os
import time
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from creativity_assets.catalog import load_catalog
from creativity_assets.catalog.yaml_files import MAX_BYTES, read_yaml
from creativity_assets.errors import CatalogError
from creativity_assets_tests.studies import CATALOG, write_catalog

METHOD = "methods:\n  x: {inversion: ddim, steps: 5, %s}\n"
MODEL = "models:\n  x: {path: y, resolution: 32, %s}\n"
FOLDER = "datasets:\n  x: {kind: folder, path: y, %s}\n"


def bomb(indent: str) -> str:
    """Nine levels of ten aliases: 10^9 values in 600 bytes."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]")
    return "".join(f"{indent}{line}\n" for line in lines)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    write_catalog(tmp_path / "data", CATALOG)
    return tmp_path / "data"


@pytest.mark.parametrize(
    ("text", "culprit"),
    [
        (METHOD % "description: 2024-13-45", "line 2: methods.x.description: '2024-13-45' is no date"),
        (MODEL % "training_cutoff: 2024-02-30", "line 2: models.x.training_cutoff: '2024-02-30' is no date"),
        (MODEL % "training_cutoff: 2024-01-01T99:99:99Z", "line 2: models.x.training_cutoff: '2024-01-01T99:99:99Z' is no date"),
        ("methods:\n  [a, b]: {steps: 5}\n", "line 2: methods: a key is text, not a list"),
        ("methods:\n  ? {a: b}\n  : {steps: 5}\n", "line 2: methods: a key is text, not a mapping"),
        ("methods:\n  3: {steps: 5}\n", "line 2: methods: a key is text, not '3'"),
        ("methods:\n  yes: {steps: 5}\n", "line 2: methods: a key is text, not 'yes'"),
        ("methods: &a {? *a : 1}\n", "line 1: methods: a key is text"),
        ("[a]: {}\n", "line 1: a key is text, not a list"),
        (METHOD % 'description: "\\ud800"', r"methods.x.description: holds '\ud800'"),
        (METHOD % 'description: "\\e[31m"', r"methods.x.description: holds '\x1b'"),
        ('datasets:\n  x: {kind: folder, path: "a\\0b"}\n', r"datasets.x.path: holds '\x00'"),
        ("locations: {paintings: ~}\n", "locations: paintings: Input should be a valid string"),
        ("locations: {paintings: [a]}\n", "locations: paintings: Input should be a valid string"),
        (FOLDER % f"seed: {'9' * 5000}", "datasets.x.seed: '9999999999999999999999999999999999999999...' is no whole number"),
        (FOLDER % f"seed: {'9' * 4000}", "datasets.x.seed: '9999999999999999999999999999999999999999...' is too large"),
        (FOLDER % f"seed: 0x{'f' * 50000}", "is too large a number"),
        (FOLDER % "limit: -9223372036854775809", "is too large a number"),
        (FOLDER % "constants: {year: .nan}", "datasets.x.constants.year: '.nan' is no finite number"),
        (METHOD % "guidance: -.inf", "methods.x.guidance: '-.inf' is no finite number"),
        ("methods: " + "[" * 3000 + "]" * 3000, "nested too deeply"),
        ("methods: " + "{a: " * 3000 + "}" * 3000, "nested too deeply"),
        ("methods: " + "[" * 100 + "]" * 100, "line 1: methods.0.0: is nested deeper than 20 levels"),
        ("methods: &a {x: *a}\n", "line 1: methods.x.x: is nested deeper than 20 levels, or in itself"),
        ("methods: &a {<<: *a}\n", "or in itself"),
        (bomb(""), "more than 200000 values"),
        ("methods:\n" + bomb("  "), "more than 200000 values"),
        (METHOD % "guidance: !!int abc", "methods.x.guidance: 'abc' is no whole number"),
        (METHOD % "guidance: !!int ''", "methods.x.guidance: '' is no whole number"),
        (METHOD % "guidance: !!bool abc", "methods.x.guidance: 'abc' is no truth"),
        (METHOD % "guidance: !!float abc", "methods.x.guidance: 'abc' is no number"),
        (METHOD % "guidance: !!timestamp abc", "methods.x.guidance: 'abc' is no date"),
        (METHOD % "description: !!binary '!'", "methods.x.description: 'binary' is not taken here"),
        (METHOD % "guidance: !!int {a: 1}", "methods.x.guidance: 'int' is not taken here"),
        ("methods: !!map [a]\n", "line 1: methods: 'map' is not taken here"),
        ("methods: !!set [a]\n", "line 1: methods: 'set' is not taken here"),
        ("methods: !!python/object/apply:os.system ['echo hi']\n", "'python/object/apply:os.system' is not taken"),
        ("methods: {x: !!python/name:os.system }\n", "'python/name:os.system' is not taken"),
        ("methods: {}\nmethods: {}\n", "line 2: 'methods' is there twice"),
        (METHOD % "name: other", "x: no setting 'name'; the key 'x' is its name"),
        ("methods:\n\tx: {steps: 5}\n", "line 2"),
        ("methods: {}\n---\nmethods: {}\n", "expected a single document"),
        ("methods: *nope\n", "undefined alias 'nope'"),
        (METHOD % 'description: "\\UFFFFFFFF"', "line 2: "),
        (METHOD % 'description: "\\U00110000"', "line 2: "),
        ('methods:\n  "a\\nb": {inversion: ddim, steps: 5}\n', r"wrong.yaml: a\nb: name"),
        ("false\n", "must map sections"),
        ("methods:\n", "methods must map names to entries"),
        ("methods: {x: [1]}\n", "x: must be a mapping of settings"),
        (MODEL % "training_list: [a]", "x: no setting 'training_list'"),
        ("models:\n  x: {path: y, resolution: 100000000}\n", "x: resolution: "),
        (f"datasets:\n  x: {{kind: folder, path: {'a' * 5000}}}\n", "x: path: is longer than a path can be"),
        ("datasets:\n  x: {kind: parquet, path: ' '}\n", "x: path: is empty"),
        ("datasets:\n  x: {kind: folder, path: ~no-such-user/x}\n", "x: path: ~no-such-user is nobody's home here"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_file_is_one_line_with_its_key(root: Path, text: str, culprit: str) -> None:
    (root / "catalog" / "wrong.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(CatalogError) as error:
        load_catalog(root)
    line = str(error.value)
    assert line.startswith("wrong.yaml: ")
    assert culprit in line
    assert "\n" not in line
    assert len(line) < 400
    line.encode()


@pytest.mark.parametrize(
    "content",
    [b"", b"# nothing\n", b"~\n", b"\xef\xbb\xbfmethods: {}\n", b"methods: {}\r\n", b"---\nmethods: {}\n...\n"],
)
def test_empty_files_marks_and_line_ends_are_no_fault(root: Path, content: bytes) -> None:
    (root / "catalog" / "wrong.yaml").write_bytes(content)
    assert list(load_catalog(root).methods) == ["ddim4", "ddim2"]


@pytest.mark.parametrize("encoding", ["latin-1", "utf-16", "utf-32"])
def test_what_is_not_utf_8_is_named(root: Path, encoding: str) -> None:
    (root / "catalog" / "wrong.yaml").write_bytes("methods: {} # é\n".encode(encoding))
    with pytest.raises(CatalogError, match=r"wrong\.yaml: is not UTF-8 \(byte \d+\); save it as UTF-8"):
        load_catalog(root)


def test_what_is_no_file_or_huge_is_refused_without_being_read(root: Path) -> None:
    wrong = root / "catalog" / "wrong.yaml"
    os.mkfifo(wrong)
    with pytest.raises(CatalogError, match=r"wrong\.yaml: is no file"):
        load_catalog(root)
    wrong.unlink()
    wrong.mkdir()
    with pytest.raises(CatalogError, match=r"wrong\.yaml: is no file"):
        load_catalog(root)
    wrong.rmdir()
    wrong.symlink_to("wrong.yaml")
    with pytest.raises(CatalogError, match=r"wrong\.yaml: cannot be read: "):
        load_catalog(root)
    wrong.unlink()
    with wrong.open("wb") as stream:
        stream.truncate(2**40)
    began = time.monotonic()
    with pytest.raises(CatalogError, match="is larger than 1 MB"):
        load_catalog(root)
    assert time.monotonic() - began < 5


def test_merged_mappings_are_taken_over(tmp_path: Path) -> None:
    file = tmp_path / "a.yaml"
    file.write_text(
        "base: &base {a: 1, b: 2}\nmore: &more {b: 3, c: 4}\none: {<<: *base, b: 5}\ntwo: {<<: [*base, *more]}\n"
    )
    content = read_yaml(file)
    assert content["one"] == {"a": 1, "b": 5}
    assert content["two"] == {"a": 1, "b": 2, "c": 4}


@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.one_of(
        st.binary(max_size=60),
        st.text("abc:{}[]-,&*!|>'\"%@`#?~ \n\t<=0123456789.eE_\\xuU", max_size=60).map(lambda text: text.encode()),
    )
)
def test_no_bytes_raise_anything_else(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "a.yaml"
    file.write_bytes(content)
    assert len(content) < MAX_BYTES
    with contextlib.suppress(CatalogError):
        read_yaml(file)
