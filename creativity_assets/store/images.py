"""Images in Parquet: encoded pictures in the {bytes, path} struct that Hugging Face `datasets` reads as an Image."""

from collections.abc import Iterable, Iterator
from pathlib import Path

import pyarrow as pa

from creativity_assets.hashing import digest_of_bytes
from creativity_assets.store.parts import damaged, read_part

IMAGE_TYPE = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
IMAGE_SCHEMA = pa.schema([("sample_id", pa.string()), ("sha256", pa.string()), ("image", IMAGE_TYPE)])


def image_table(images: Iterable[tuple[str, bytes]]) -> pa.Table:
    """(sample_id, encoded picture) pairs -> a table of IMAGE_SCHEMA."""
    rows = [
        {
            "sample_id": sample_id,
            "sha256": digest_of_bytes(picture),
            "image": {"bytes": picture, "path": f"{sample_id}.webp"},
        }
        for sample_id, picture in images
    ]
    return pa.Table.from_pylist(rows, schema=IMAGE_SCHEMA)


def read_images(path: Path) -> Iterator[tuple[str, bytes]]:
    """The (sample_id, encoded picture) pairs of an image part, in their order.

    Raises DamagedPart where a picture's bytes are not those of its sha256.
    """
    for row in read_part(path, columns=["sample_id", "sha256", "image"]).to_pylist():
        picture = (row["image"] or {}).get("bytes") or b""
        if digest_of_bytes(picture) != row["sha256"]:
            raise damaged(path, f"the picture of {row['sample_id']} does not fit its sha256")
        yield row["sample_id"], picture
