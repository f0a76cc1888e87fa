"""Small archives in exactly the layout of the study's two data sets, and zip files of the same members."""

import io
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from PIL import Image

from creativity_assets_tests.images.pictures import encoded, scene

WORKS = {
    "Impressionism/william-merritt-chase_still-life-with-cockatoo_resize768.jpg": "william merritt chase,still life with cockatoo",
    "Impressionism/claude-monet_the-seine-1885(1)_resize768.jpg": "claude monet,the seine",
    "Impressionism/claude-monet_water-lilies-1907-2_resize768.jpg": "claude monet,water lilies",
    "Cubism/pablo-picasso_still-life-1914_resize768.jpg": "pablo picasso,still life",
    "Cubism/andre-lhote_l-atelier_resize768.jpg": "andre lhote,l'atelier",
}  # fmt: skip


def padded(number: int, quality: int, side: int = 96) -> bytes:
    """A work fitted into a square with black bars, as JPEG."""
    square = Image.new("RGB", (side, side))
    square.paste(scene(side, side // 2 + number), (0, (side - side // 2 - number) // 2))
    return encoded(square, "JPEG", quality=quality)


def human_members() -> dict[str, bytes]:
    """The members of WikiArt-81K-BLIP_2-768x768 in their order: images, then data.csv, last."""
    images = {f"images/{name}": padded(number, 95) for number, name in enumerate(WORKS)}
    rows = [
        f"{name},{name.partition('/')[0]},{work},b0e24b85961e6de9,a painting of {number},train"
        for number, (name, work) in enumerate(WORKS.items())
    ]
    table = "\n".join(["file_name,genre,artist,painting_name,phash,description,subset", *rows, ""])
    return {**images, "data.csv": table.encode()}


def ai_members(missing: int = 1) -> dict[str, bytes]:
    """The members of Wikiart_with_StableDiffusion; the last `missing` works have no twin."""
    names = [name.replace(".jpg", "_generated.jpg") for name in list(WORKS)[: len(WORKS) - missing]]
    images = {f"images/{name}": padded(number, 75) for number, name in enumerate(names)}
    rows = [f"{name},prompt {number}" for number, name in enumerate(names)]
    return {**images, "data.csv": "\n".join(["generated_image,prompt", *rows, ""]).encode()}


def tar(path: Path, members: Mapping[str, bytes], links: Mapping[str, str] | None = None) -> Path:
    """A tar.gz of members in their order, folders first as `tar czf` writes them, then links."""
    with tarfile.open(path, "w:gz") as archive:
        for folder in dict.fromkeys(name.rpartition("/")[0] for name in members if "/" in name):
            info = tarfile.TarInfo(folder)
            info.type = tarfile.DIRTYPE
            archive.addfile(info)
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
        for name, target in (links or {}).items():
            info = tarfile.TarInfo(name)
            info.type, info.linkname = tarfile.SYMTYPE, target
            archive.addfile(info)
    return path


def zipped(path: Path, members: Mapping[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return path
