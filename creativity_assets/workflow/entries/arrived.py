"""What has arrived in data/incoming and is indexed: compared by itself where it holds both labels."""

from collections.abc import Iterable
from dataclasses import replace

from creativity_assets.catalog import Catalog
from creativity_assets.catalog.entries import ComparisonEntry, ComparisonSide, Pairing
from creativity_assets.errors import StoreError
from creativity_assets.store.layout import Store
from creativity_assets.store.parts import read_part


def with_comparisons(catalog: Catalog, store: Store, arrived: Iterable[str]) -> Catalog:
    """The catalogue with a comparison of its own name for each data set that holds human and ai images.

    One that holds images of one label alone gets a line that says which entry compares it. A data set that some
    comparison names already, or that is not indexed yet, is left as it is.
    """
    comparisons, lines = dict(catalog.comparisons), list(catalog.problems)
    named = {side.dataset for entry in comparisons.values() for side in (entry.human, entry.ai)}
    for name in arrived:
        if name not in catalog.datasets or name in named or name in comparisons:
            continue
        artists = _artists_by_label(store, name)
        if len(artists) == 2:
            human, ai = (ComparisonSide(dataset=name, where={"label": label}) for label in ("human", "ai"))
            pairing: Pairing = "artist" if artists["human"] & artists["ai"] else "none"
            comparisons[name] = ComparisonEntry(name=name, human=human, ai=ai, pairing=pairing)
        elif artists:
            lines.append(_line(name, next(iter(artists))))
    return replace(catalog, comparisons=comparisons, problems=tuple(lines))


def _artists_by_label(store: Store, name: str) -> dict[str, set[str]]:
    path = store.index(name)
    try:
        rows = read_part(path, ["label", "artist_slug"]).to_pylist() if path.is_file() else []
    except StoreError:  # damaged: it is made again, and this looked at again
        return {}
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row["label"], set()).add(row["artist_slug"])
    return found


def _line(name: str, label: str) -> str:
    other = "ai" if label == "human" else "human"
    entry = f"{{{label}: {{dataset: {name}}}, {other}: {{dataset: NAME}}, pairing: none}}"
    return (
        f"incoming/{name}: all of its images are {label}, so that nothing is compared; to compare it with another "
        f"data set, write under `comparisons:` in data/catalog/comparisons.yaml `{name}: {entry}`"
    )
