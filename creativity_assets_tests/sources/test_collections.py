"""Every data set that the catalogue offers, read from a small copy of its real layout."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from creativity_assets import sources
from creativity_assets.catalog.datasets import DatasetEntry
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.workflow.steps.records import record_row
from creativity_assets_tests.images.pictures import encoded, scene, write
from creativity_assets_tests.shipped import shipped_catalog
from creativity_assets_tests.sources.archives import ai_members, human_members, tar
from creativity_assets_tests.sources.videos import video

CATALOG = shipped_catalog()
COLLECTIONS = [d for d in CATALOG.datasets.values() if (d.local_path or "").startswith("collections/")]

Facts = list[tuple[Any, ...]]


def files(place: Path, *names: str) -> None:
    for name in names:
        write(place / name)


def huggan(place: Path) -> None:
    """Parquet with Hugging Face's description: integer class labels."""
    import datasets

    features = datasets.Features(
        {
            "image": datasets.Image(),
            "artist": datasets.ClassLabel(names=["Unknown Artist", "boris-kustodiev", "camille-pissarro"]),
            "genre": datasets.ClassLabel(names=["abstract_painting", "landscape", "Unknown Genre"]),
            "style": datasets.ClassLabel(names=["Abstract_Expressionism", "Impressionism"]),
        }
    )
    cells = {"artist": [0, 1, 2], "genre": [0, 1, 2], "style": [0, 1, 1]}
    images = [{"bytes": encoded(scene(20 + n, 20)), "path": None} for n in range(3)]
    datasets.disable_progress_bars()
    table = datasets.Dataset.from_dict({"image": images, **cells}, features=features)
    (place / "data").mkdir(parents=True)
    table.to_parquet(place / "data" / "train-00000-of-00001.parquet")
    datasets.enable_progress_bars()


def artificio(place: Path) -> None:
    dates = ["c.1890", "1503 - 1519", None]
    rows = [
        {"title": f"T{n}", "artist": "A", "date": date, "style": "S", "genre": "portrait", "image": {"bytes": encoded(scene(20 + n, 20)), "path": f"{n}.jpg"}}
        for n, date in enumerate(dates)
    ]  # fmt: skip
    (place / "data").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), place / "data" / "train-00000-of-00001.parquet")


def artbench(place: Path) -> None:
    files(
        place,
        "artbench-10-imagefolder-split/train/baroque/annibale-carracci_pieta-1600.jpg",
        "artbench-10-imagefolder-split/test/ukiyo_e/hiroshige_rain.jpg",
    )
    table = (
        "name,artist,url,is_public_domain,length,width,label\n"
        "annibale-carracci_pieta-1600.jpg,annibale-carracci,https://x,True,1,1,baroque\n"
        "hiroshige_rain.jpg,hiroshige,https://x,True,1,1,ukiyo_e\n"
        "not-here_x.jpg,somebody,https://x,True,1,1,baroque\n"
    )
    write(place / "ArtBench-10.csv", table.encode())


def diffusiondb(place: Path) -> None:
    part = {
        "1a.png": {"p": "a castle", "se": 1, "c": 7.0, "st": 50, "sa": "k_lms"},
        "2b.png": {"p": "a cat", "se": 2, "c": 7.0, "st": 50, "sa": "k_lms"},
    }
    files(place / "images" / "part-000001", *part)
    write(place / "images" / "part-000001" / "part-000001.json", json.dumps(part).encode())
    pq.write_table(pa.table({"image_name": ["1a.png"]}), place / "metadata.parquet")


def fields(*names: str) -> Callable[[list[dict[str, Any]]], Facts]:
    """The facts that are compared: these columns of each row, sorted."""
    return lambda rows: sorted((tuple(row[name] for name in names) for row in rows), key=str)


FOLDER = ("artist", "label", "automation", "family", "generator")
LAYOUTS: dict[str, tuple[Callable[[Path], object], tuple[str, ...], Facts]] = {
    "wikiart": (
        lambda place: tar(place, human_members()),
        ("artist_slug", "style", "year", "label"),
        [
            ("andre-lhote", "Cubism", None, "human"),
            ("claude-monet", "Impressionism", 1885, "human"),
            ("claude-monet", "Impressionism", 1907, "human"),
            ("pablo-picasso", "Cubism", 1914, "human"),
            ("william-merritt-chase", "Impressionism", None, "human"),
        ],
    ),
    "wikiart-sd": (
        lambda place: tar(place, ai_members(missing=3)),
        ("caption", "label", "generator"),
        [("prompt 0", "ai", "sdxl-refiner-img2img"), ("prompt 1", "ai", "sdxl-refiner-img2img")],
    ),
    "wikiart-huggan": (
        huggan,
        ("artist", "genre", "style", "year", "label"),
        [
            ("Unknown artist", "abstract_painting", "Abstract_Expressionism", None, "human"),
            ("boris-kustodiev", "landscape", "Impressionism", None, "human"),
            ("camille-pissarro", None, "Impressionism", None, "human"),
        ],
    ),
    "wikiart-artificio": (
        artificio,
        ("title", "year", "year_source"),
        [("T0", 1890, "circa"), ("T1", 1511, "range"), ("T2", None, "none")],
    ),
    "wikiart-files": (
        lambda place: files(place, "Cubism/pablo-picasso_guitar-1913.jpg", "Fauvism/henri-matisse_dance.jpg"),
        ("artist", "title", "year", "year_source", "style"),
        [("henri matisse", "dance", None, "none", "Fauvism"), ("pablo picasso", "guitar", 1913, "filename", "Cubism")],
    ),
    "artbench-10": (
        artbench,
        ("artist_slug", "title", "year", "style", "label"),
        [("annibale-carracci", "pieta", 1600, "baroque", "human"), ("hiroshige", "rain", None, "ukiyo_e", "human")],
    ),
    "ai-artbench": (
        lambda place: files(place, "train/AI_LD_baroque/1.jpg", "train/AI_SD_ukiyo-e/2.jpg", "test/art_nouveau/a--y---jackson_barns-1926.jpg"),
        ("artist_slug", "style", "label", "automation", "family", "generator"),
        [
            ("a-y-jackson", "art_nouveau", "human", "manual", "painting", None),
            ("unknown-artist", "baroque", "ai", "ai", "diffusion", "latent-diffusion"),
            ("unknown-artist", "ukiyo-e", "ai", "ai", "diffusion", "standard-diffusion"),
        ],
    ),
    "diffusiondb": (
        diffusiondb,
        ("caption", "label", "family", "generator"),
        [("a castle", "ai", "diffusion", "stable-diffusion"), ("a cat", "ai", "diffusion", "stable-diffusion")],
    ),
    "genimage": (
        lambda place: files(place, "BigGAN/imagenet_ai_0419_biggan/train/ai/1.png", "SD V1.4/val/ai/2.png", "Midjourney/val/nature/ILSVRC2012_val_00000293.JPEG"),
        ("label", "automation", "family", "generator"),
        [("ai", "ai", "diffusion", "stable-diffusion-1.4"), ("ai", "ai", "gan", "biggan"), ("human", "camera", "photograph", None)],
    ),
    **{
        name: (lambda place: files(place, "1.png"), FOLDER, [(artist, "ai", "ai", "diffusion", generator)])
        for name, artist, generator in (("dalle-2", "DALL-E 2", "dall-e-2"), ("dalle-3", "DALL-E 3", "dall-e-3"), ("midjourney", "Midjourney", "midjourney"))
    },
    **{
        name: (lambda place: files(place, "some-model/1.png"), FOLDER, [("Unknown artist", "ai", "ai", family, "some-model")])
        for name, family in (("gan-images", "gan"), ("autoregressive-images", "autoregressive"), ("style-transfers", "style_transfer"))
    },
    **{
        name: (lambda place: files(place, "Anna/1.png"), FOLDER, [("Anna", "human", automation, family, None)])
        for name, automation, family in (("photographs", "camera", "photograph"), ("sketches", "manual", "sketch"))
    },
    **{
        name: (lambda place: video(place / "1.mp4", [90]), FOLDER, [(artist, "ai", "ai", "video_frame", name)])
        for name, artist in (("gen-1", "Gen-1"), ("gen-2", "Gen-2"), ("sora", "Sora"))
    },
    "film": (
        lambda place: video(place / "Maya Deren" / "meshes.mp4", [0, 250]),
        ("artist", "title", "label", "automation", "family"),
        [("Maya Deren", "meshes, 0.0 s", "human", "camera", "film_frame"), ("Maya Deren", "meshes, 1.0 s", "human", "camera", "film_frame")],
    ),
    **{
        name: (
            lambda place: write(place / "metadata.csv", b"file,label,artist,title,year,style,medium,generator,prompt\nhuman/a.jpg,human,Anna,One,1905,Fauvism,Oil on canvas,,\nai/b.jpg,ai,Anna,,,,,a-tuning,in the style of Anna\n") and files(place / "images", "human/a.jpg", "ai/b.jpg"),
            ("label", "artist", "year", "genre", "generator", "caption"),
            [("ai", "Anna", None, None, "a-tuning", "in the style of Anna"), ("human", "Anna", 1905, "Oil on canvas", None, None)],
        )
        for name in ("masters", "masters-24")
    },
    "recent-works": (
        lambda place: write(place / "metadata.csv", b"file,artist,title,year\na.png,Anna,New,2025\n") and files(place, "a.png"),
        ("artist", "title", "year", "family"),
        [("Anna", "New", 2025, "painting")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("entry", COLLECTIONS, ids=lambda entry: entry.name)
def test_a_collection_of_the_catalogue_is_read_as_it_is_really_laid_out(tmp_path: Path, entry: DatasetEntry) -> None:
    make, columns, expected = LAYOUTS[entry.name]
    place = tmp_path / str(entry.local_path)
    place.parent.mkdir(parents=True)
    make(place)
    items = list(sources.read(entry, tmp_path))
    assert [item for item in items if isinstance(item, SourceReject)] == []
    rows = [record_row(entry.name, item) for item in items if isinstance(item, SourceRecord)]
    assert fields(*columns)(rows) == expected


def test_collections_are_optional_and_each_has_its_layout_here() -> None:
    assert all(entry.optional for entry in COLLECTIONS)
    assert {entry.name for entry in COLLECTIONS} == set(LAYOUTS)


def test_diffusiondbs_table_of_all_images_serves_as_well_where_a_part_is_here(tmp_path: Path) -> None:
    place = tmp_path / "collections" / "diffusiondb"
    files(place / "images" / "part-000001", "1a.png")
    rows = [{"image_name": f"{n}a.png", "prompt": f"p{n}", "part_id": n, "width": 512} for n in (1, 2)]
    pq.write_table(pa.Table.from_pylist(rows), place / "metadata.parquet")
    entry = CATALOG.dataset("diffusiondb").model_copy(
        update={"metadata": "metadata.parquet", "columns": {"file": "image_name", "caption": "prompt"}, "partial": True}
    )
    (record,) = sources.read(entry, tmp_path)
    assert isinstance(record, SourceRecord)
    assert record.fields["caption"] == "p1"


@pytest.mark.parametrize("kind", ["parquet", "huggingface"])
def test_strata_and_values_hold_for_tables_with_embedded_images(tmp_path: Path, kind: str) -> None:
    huggan(tmp_path / "set")
    entry = CATALOG.dataset("wikiart-huggan").model_copy(update={"path": "set", "limit": 2, "stratify": "style"})
    if kind == "parquet":
        from creativity_assets.catalog.datasets import ParquetDataset

        settings = entry.model_dump(exclude={"kind", "hub_id", "revision", "split", "streaming"})
        entry = ParquetDataset(kind="parquet", **settings)
    for seed in range(5):
        sample = list(sources.read(entry.model_copy(update={"seed": seed}), tmp_path))
        styles = sorted(item.fields["style"] for item in sample if isinstance(item, SourceRecord))
        assert styles == ["Abstract_Expressionism", "Impressionism"]  # 1 and 2 of 3: quotas 0.67 and 1.33
