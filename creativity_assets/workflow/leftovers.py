"""What the store holds of things that have left the catalogue, and taking it away."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from creativity_assets.store.layout import Collection, Shard
from creativity_assets.workflow.contents import Contents
from creativity_assets.workflow.parts import KINDS
from creativity_assets.workflow.pieces import Piece, pieces_of
from creativity_assets.workflow.study import Study


@dataclass(frozen=True)
class Leftover:
    """A folder or file that nothing in the catalogue leads to. path: within the store; size: in bytes."""

    path: Path
    files: int
    size: int


def leftovers(study: Study) -> list[Leftover]:
    """All that would be freed; the highest folder stands for what is below it."""
    found = []
    for place in [*_indexes(study), *_parts(study)]:
        files = [path for path in (place, *place.rglob("*")) if path.is_symlink() or path.is_file()]
        found.append(Leftover(place, len(files), sum(path.lstat().st_size for path in files)))
    return found


def remove(found: list[Leftover]) -> None:
    """Take the leftovers away. Tables and report are without them after the next `creativity materialize`."""
    for leftover in found:
        if leftover.path.is_dir() and not leftover.path.is_symlink():
            shutil.rmtree(leftover.path)
        else:
            leftover.path.unlink(missing_ok=True)


def _indexes(study: Study) -> Iterator[Path]:
    return (place for place in _inside(study.store.root / "index") if place.name not in study.catalog.datasets)


def _parts(study: Study) -> Iterator[Path]:
    """A data set without an index keeps its parts: they are fresh again once it has one."""
    wanted, root = _wanted(study), study.store.root
    names = {name: _names(study, name) for name in study.catalog.datasets}
    for folder in (folder for kind in KINDS for folder in _inside(root / kind.name)):
        kept = {name for area, stored, name in wanted if (area, stored) == (folder.parent.name, folder.name)}
        if not kept & {place.name for place in _inside(folder)}:
            yield folder
            continue
        for place in _inside(folder):
            if place.name not in kept:
                yield place
            elif names[place.name]:
                yield from (
                    part for part in _inside(place) if part.name.partition(".parquet")[0] not in names[place.name]
                )


def _names(study: Study, dataset: str) -> set[str]:
    """What the files of a data set's parts are called, without their endings."""
    pieces = pieces_of(study.lineage, study.lineage.collections(dataset))
    return {study.store.part("any", piece.shard).stem for piece in pieces}


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if folder.is_dir() else []


def _wanted(study: Study) -> set[tuple[str, str, str]]:
    """(kind, name, data set) of all parts that the catalogue wants, made or not."""
    lineage, catalog, nothing = study.lineage, study.catalog, Contents("", "", 0)
    pieces = [Piece(lineage, Shard(Collection(name, "any")), nothing) for name in catalog.datasets]
    pieces += [
        Piece(lineage, Shard(Collection(dataset.name, "any")), nothing, e, catalog.model(e.model).resolution)
        for e, dataset in catalog.wanted()
    ]
    parts = (piece.part(kind) for piece in pieces for kind in KINDS if piece.experiment or not kind.under)
    found = (part.path.relative_to(study.store.root).parts for part in parts)
    return {(kind, name, dataset) for kind, name, dataset, _ in found}
