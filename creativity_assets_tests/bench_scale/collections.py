"""Studies of many small collections: the pictures of a few, or parts that are there without having been made."""

from pathlib import Path

from creativity_assets_tests.studies import new_study, only_paintings, replace_works

SIDE = 40
"""Pixels of a picture; the model is given 32."""


def small_collections(folder: Path, weights: Path, collections: int, images: int) -> Path:
    """The data root of a study in which nothing is made yet: collections of so many images each, `autoencoder`."""
    root = new_study(folder, weights)
    replace_works(
        root, [f"Artist {number:05d}" for number in range(collections) for _ in range(images)], size=(SIDE, SIDE)
    )
    only_paintings(root, "autoencoder")
    return root
