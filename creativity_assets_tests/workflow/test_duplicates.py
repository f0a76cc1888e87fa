"""Copies are found and other works are not: on the atelier, and on the masters where they are at hand."""

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from creativity_assets.atelier import works
from creativity_assets.images.audit import without_bars
from creativity_assets.images.perceptual_hash import colour_fields, phash
from creativity_assets.statistics.sides import ComparisonLike, copies_in, sides
from creativity_assets.workflow.tables import near
from creativity_assets.workflow.tables.duplicates import COLUMNS, find_duplicates
from creativity_assets.workflow.tables.near import near_pictures
from creativity_assets_tests.beside import masters
from creativity_assets_tests.running import bring_up_to_date, table
from creativity_assets_tests.studies import CATALOG, EXPERIMENT, write_catalog


def sample(sample_id: str, image: Image.Image, sha256: str | None = None, **facts: Any) -> dict[str, Any]:
    picture = without_bars(image)
    looks = {"phash": phash(picture), "colour_fields": colour_fields(picture)}
    return {"sample_id": sample_id, "sha256": sha256 or sample_id, "pair_id": None, "label": "human"} | looks | facts


def found(rows: list[dict[str, Any]]) -> pd.DataFrame:
    samples = pd.DataFrame(rows)
    return find_duplicates(samples, near_pictures(samples.dropna(subset=["phash"]).drop_duplicates("sha256")))


def recompressed(image: Image.Image) -> Image.Image:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=75)
    return Image.open(buffer).convert("RGB")


def cropped(image: Image.Image) -> Image.Image:
    """By 1 % on each side."""
    across, down = image.width // 100, image.height // 100
    return image.crop((across, down, image.width - across, image.height - down))


def padded(image: Image.Image) -> Image.Image:
    """As the study's archives have it: fitted into a square, with black bars."""
    side = max(image.size)
    square = Image.new("RGB", (side, side))
    square.paste(image, ((side - image.width) // 2, (side - image.height) // 2))
    return square


COPIES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "recompressed": recompressed,
    "half size": lambda image: image.resize((image.width // 2, image.height // 2), Image.Resampling.BICUBIC),
    "other shape": lambda image: image.resize((256, 256), Image.Resampling.BICUBIC),
    "cropped": cropped,
    "padded": padded,
}


def pictures(*, of_masters: bool) -> list[Image.Image]:
    if not of_masters:
        return [Image.fromarray(work.image) for work in works("show", 2, 256)]
    files = sorted(masters("images", "human").iterdir())[::7]
    images = [Image.open(file).convert("RGB") for file in files]
    for image in images:
        image.thumbnail((512, 512))
    return images


@pytest.mark.parametrize("of_masters", [False, True], ids=["atelier", "masters"])
@pytest.mark.parametrize("copy", COPIES)
def test_a_copy_is_near_its_original_and_nothing_else_is(copy: str, of_masters: bool) -> None:
    images = pictures(of_masters=of_masters)
    rows = [sample(f"{n:03}", image) for n, image in enumerate(images)]
    rows += [sample(f"{n:03}-copy", COPIES[copy](image)) for n, image in enumerate(images)]
    pairs = found(rows)
    assert set(pairs["kind"]) == {"near"}
    assert (pairs["sample_id"] == pairs["duplicate_of"] + "-copy").all()
    assert len(pairs) >= 0.95 * len(images)  # a dark border may be taken for a bar, in the copy or the original


def test_works_of_one_painter_are_no_duplicates_of_one_another(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [sample(f"{n:03}", Image.fromarray(work.image)) for n, work in enumerate(works("show", 10, 64))]
    assert found(rows).empty
    # By the hash alone compositions in two palettes would be taken for copies.
    monkeypatch.setattr(near, "NEAR_COLOUR", 255.0)
    by_hash = found(rows)
    assert len(by_hash) == 9
    assert by_hash["colour_difference"].min() > 6


def test_no_two_of_the_masters_images_are_duplicates() -> None:
    files = sorted(masters("images").rglob("*.jpg"))
    assert len(files) == 442
    assert found([sample(file.name, Image.open(file).convert("RGB")) for file in files]).empty


def test_exact_copies_are_paired_with_the_first_alone_and_not_told_twice() -> None:
    image = Image.fromarray(next(works("show", 1, 64)).image)
    rows = [sample(name, image, sha256="same") for name in "dbca"] + [sample("e", recompressed(image))]
    pairs = found(rows)
    assert pairs[["sample_id", "duplicate_of", "kind"]].to_numpy().tolist() == [
        ["b", "a", "exact"],
        ["c", "a", "exact"],
        ["d", "a", "exact"],
        ["e", "a", "near"],
    ]


def test_an_image_and_the_human_work_it_was_made_after_are_of_one_work_and_no_others() -> None:
    image = Image.fromarray(next(works("show", 1, 64)).image)
    made = {"pair_id": "w", "label": "ai"}
    pairs = found(
        [
            sample("a1", image, "same", **made),
            sample("a2", image, "same", **made),
            sample("h", image, "same", pair_id="w"),
            sample("n", recompressed(image), **made),
            sample("o", image, "same"),
        ]
    )
    assert {(row.duplicate_of, row.sample_id): row.same_work for row in pairs.itertuples()} == {
        ("a1", "a2"): False,
        ("a1", "h"): True,
        ("a1", "n"): False,
        ("a1", "o"): False,
        ("a2", "h"): True,  # though neither is the first of its bytes
        ("h", "n"): True,
    }


def test_every_pair_is_looked_at_whatever_the_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    image = Image.fromarray(next(works("show", 1, 64)).image)
    rows = [sample(f"{n:02}", image) for n in range(20)]
    for block in (1, 3, 64):
        monkeypatch.setattr(near, "BLOCK", block)
        assert len(found(rows)) == 20 * 19 // 2
    assert list(found(rows[:1]).columns) == list(COLUMNS)


def test_distances_are_counted_bit_by_bit() -> None:
    random = np.random.default_rng(0)
    hashes = random.integers(0, 256, (9, 32), dtype=np.uint8)
    bits = np.unpackbits(hashes, axis=1)
    oracle = (bits[:, None] != bits[None]).sum(axis=2)
    assert np.array_equal(near._differing_bits(hashes.view(np.uint64), hashes.view(np.uint64)), oracle)


def test_a_sample_audited_before_there_were_hashes_is_left_alone() -> None:
    image = Image.fromarray(next(works("show", 1, 64)).image)
    rows = [sample("a", image), sample("b", image) | {"phash": None, "colour_fields": None}]
    assert found(rows).empty


def comparison(without: str | None) -> ComparisonLike:
    side = {name: SimpleNamespace(dataset=name, where={}) for name in ("human", "ai")}
    return cast(ComparisonLike, SimpleNamespace(name="c", pairing="none", without_duplicates=without, **side))


PAIRS = pd.DataFrame(
    [
        ("h2", "h1", "exact", 0, 0.0, False),
        ("h3", "h2", "near", 9, 1.0, False),
        ("h5", "a1", "near", 9, 1.0, False),
        ("h6", "a2", "near", 9, 1.0, True),
        ("x1", "h4", "exact", 0, 0.0, False),
    ],
    columns=list(COLUMNS),
)


@pytest.mark.parametrize(
    ("without", "gone"),
    [(None, set()), ("exact", {"h2"}), ("near", {"h2", "h3", "h5", "a1"})],
)
def test_who_is_left_out_of_a_comparison(without: str | None, gone: set[str]) -> None:
    """h3 is near h2, whose bytes are h1's; h6 is a2's own original; x1 is in another data set."""
    names = [*(f"h{n}" for n in range(1, 7)), "a1", "a2", "x1"]
    dataset = {"h": "human", "a": "ai", "x": "other"}
    samples = pd.DataFrame({"sample_id": names, "dataset": [dataset[name[0]] for name in names]})
    human, ai = sides(samples, comparison(without), PAIRS)
    assert {*human["sample_id"], *ai["sample_id"]} == {*names} - gone - {"x1"}
    assert copies_in(human, ai, PAIRS, without) <= gone


LOOKS = Image.fromarray(next(works("show", 1, 64)).image)
MADE = {"pair_id": "h1", "label": "ai"}
H1, H2, H3 = (sample(f"h{n}", LOOKS, "one", pair_id=f"h{n}") for n in (1, 2, 3))
A1, A2 = (sample(f"a{n}", LOOKS, "one", **MADE) for n in (1, 2))
LIKE_A1 = sample("a1", recompressed(LOOKS), **MADE)
FOREIGN = sample("a1", LOOKS, "one", label="ai", pair_id="another work")


@pytest.mark.parametrize(
    ("rows", "without", "gone"),
    [
        ([H1, H2], "exact", {"h2"}),
        ([H2, H3, sample("h1", recompressed(LOOKS))], "near", {"h2", "h3"}),
        ([H1, A1], "exact", set()),
        ([H1, LIKE_A1], "near", set()),
        ([H1, A1, A2], "exact", {"a2"}),
        ([H1, H2, A1], "exact", {"h2"}),
        ([H1, H2, LIKE_A1], "near", {"h2"}),
        ([H1, FOREIGN], "exact", {"h1", "a1"}),
        ([H1, H2, FOREIGN], "exact", {"h1", "h2", "a1"}),
        ([H2, A2], "exact", {"h2", "a2"}),
    ],
)
@pytest.mark.parametrize("elsewhere", [[], ["a0"], ["z"], ["a0", "b", "z"]])
def test_another_data_set_with_the_same_picture_changes_nothing(
    rows: list[dict[str, Any]], without: str, gone: set[str], elsewhere: list[str]
) -> None:
    """Whether its copy comes first among all sample_ids, or last, or on both ends."""
    pairs = found([*rows, *(sample(name, LOOKS, "one", pair_id=name) for name in elsewhere)])
    frame = pd.DataFrame(rows)
    human, ai = (frame[frame["label"] == label] for label in ("human", "ai"))
    assert copies_in(human, ai, pairs, without) == gone


def test_a_picture_elsewhere_that_is_near_two_does_not_make_copies_of_them() -> None:
    pairs = pd.DataFrame([("h1", "b", "near", 9, 1.0, False), ("h2", "b", "near", 9, 1.0, False)], columns=[*COLUMNS])
    human, ai = (pd.DataFrame({"sample_id": names}) for names in (["h1", "h2"], ["a1"]))
    assert copies_in(human, ai, pairs, "near") == set()


def test_a_comparison_without_duplicates_counts_each_picture_once(study_root: Path) -> None:
    folder = study_root.parent / "pictures" / "paintings"
    (folder / "b" / "again.png").write_bytes((folder / "a" / "one.png").read_bytes())
    with Image.open(folder / "a" / "three.png") as picture:
        picture.resize((98, 78)).save(folder / "b" / "larger.png")
    with (folder / "metadata.csv").open("a", encoding="utf-8") as rows:
        rows.writelines(f'b/{name}.png,"Vincent van Gogh",{name},1888,the sea\n' for name in ("again", "larger"))
    plain = CATALOG["comparisons"]["works"]  # type: ignore[index]
    options = {f"without-{kind}": {**plain, "without_duplicates": kind} for kind in ("exact", "near")}
    write_catalog(study_root, {**CATALOG, "comparisons": {"works": plain, **options}})
    bring_up_to_date(study_root)
    titles = table(study_root, "samples").query("dataset == 'paintings'").set_index("sample_id")["title"]
    pairs = table(study_root, "duplicates")
    pairs = pairs[pairs["sample_id"].isin(titles.index)]
    named = {frozenset((titles[row.sample_id], titles[row.duplicate_of])): row.kind for row in pairs.itertuples()}
    assert named == {frozenset({"One", "again"}): "exact", frozenset({"Three", "larger"}): "near"}
    overall = table(study_root, "stats_overall").set_index("comparison")
    assert overall["n_human"].to_dict() == {"works": 7, "without-exact": 6, "without-near": 5}
    assert overall["without_duplicates"].to_dict() == {"works": "", "without-exact": "exact", "without-near": "near"}
    assert set(overall["experiment"]) == {EXPERIMENT}


ONE = {
    "sample_id": "a",
    "sha256": "a",
    "pair_id": None,
    "label": "human",
    "phash": "0f" * 32,
    "colour_fields": "40" * 48,
}


def flipped(digits: str, bits: int) -> str:
    """A hash that differs in so many bits."""
    return f"{int(digits, 16) ^ ((1 << bits) - 1):0{len(digits)}x}"


def brightened(digits: str, fields: int) -> str:
    """Colours of which so many of the 48 differ by ten grey levels."""
    levels = bytes.fromhex(digits)
    return bytes((level + 10) % 256 if n < fields else level for n, level in enumerate(levels)).hex()


@pytest.mark.parametrize(("bits", "near"), [(0, True), (51, True), (52, True), (53, False)])
def test_as_many_bits_as_the_bound_are_near_and_one_more_is_not(bits: int, near: bool) -> None:
    other = ONE | {"sample_id": "b", "sha256": "b", "phash": flipped("0f" * 32, bits)}
    assert found([ONE, other])["distance"].tolist() == ([bits] if near else [])


@pytest.mark.parametrize(("fields", "near"), [(23, True), (24, True), (25, False)])
def test_as_many_grey_levels_as_the_bound_are_near_and_more_are_not(fields: int, near: bool) -> None:
    """24 of 48 fields by ten levels each: 5 levels in the mean."""
    other = ONE | {"sample_id": "b", "sha256": "b", "colour_fields": brightened("40" * 48, fields)}
    assert found([ONE, other])["colour_difference"].tolist() == ([pytest.approx(fields * 10 / 48)] if near else [])
