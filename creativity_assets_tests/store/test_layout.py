from pathlib import Path

import pytest

from creativity_assets.errors import StoreError
from creativity_assets.store.layout import Collection, Store


@pytest.mark.parametrize("name", ["../../etc", "a/b", "", ".", "..", "A", "a b", "a\n", "ü", "a.b.c"])
def test_a_name_that_is_no_slug_never_becomes_a_path(tmp_path: Path, name: str) -> None:
    store = Store(tmp_path)
    with pytest.raises(StoreError, match="cannot name a file"):
        store.part("raw_samples", Collection(name, "artist"))
    with pytest.raises(StoreError, match="cannot name a file"):
        store.part("image_metrics", Collection("dataset", name), "model.method")
    with pytest.raises(StoreError, match="cannot name a file"):
        store.payloads(name, "abc")


def test_the_parts_of_two_cells_are_two_files(tmp_path: Path) -> None:
    store = Store(tmp_path)
    collections = [Collection(d, a) for d in ("x", "y") for a in ("p", "q")]
    paths = {store.part("image_metrics", c, e) for c in collections for e in ("m.a", "m.b")}
    assert len(paths) == 8
    assert all(path.is_relative_to(tmp_path / "store") for path in paths)
