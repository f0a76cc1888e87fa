"""The project's procedural painters as a source: synthetic stand-ins for human paintings, made on the spot."""

import ast
import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PIL import Image

from creativity_assets.atelier import damage
from creativity_assets.hashing import digest
from creativity_assets.sources.locations import walk
from creativity_assets.sources.records import SourceRecord, SourceReject
from creativity_assets.sources.sampling import subsample

if TYPE_CHECKING:
    from creativity_assets.atelier import Work
    from creativity_assets.catalog.datasets import AtelierDataset


def read(entry: "AtelierDataset", root: Path) -> Iterator[SourceRecord | SourceReject]:
    """Works as PNG files, painted one at a time; they stand on the human side (label human, manual, painting).

    `root` is not used: nothing lies on disk. A `limit` paints every work once and keeps the sampled ones. The files
    of `works: damaged` are broken on purpose.
    """
    from creativity_assets.atelier import work_key, works

    chosen = None
    if entry.limit is not None:
        keys = [work_key(work) for work in works(entry.works, entry.per_painter, entry.size)]
        chosen = subsample(keys, entry.limit, entry.seed)
    for work in works(entry.works, entry.per_painter, entry.size):
        key = work_key(work)
        if chosen is None or key in chosen:
            png = _png(work)
            image = damage.damaged(png, work.index) if entry.works == "damaged" else png
            yield SourceRecord(key, image, f"atelier:{key}.png", _fields(work))


def fingerprint(entry: "AtelierDataset", root: Path) -> str:
    """Changes with the entry's settings and with the painters' own program, but not with what it says of itself."""
    program = [file for file in walk(Path(damage.__file__).parent) if file.name.endswith(".py")]
    if entry.works != "damaged":
        program = [file for file in program if file.path != Path(damage.__file__)]
    return digest(
        entry=entry.model_dump(exclude={"description", "licence", "optional"}),
        program=[(file.name, _statements(file.path)) for file in program],
    )


def _statements(module: Path) -> str:
    """The statements of a module without imports, docstrings and comments: a file that only moves paints the same."""
    tree = ast.parse(module.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            node.body = [part for part in node.body if not _says_only(part)] or [ast.Pass()]
    return ast.unparse(tree)


def _says_only(statement: ast.stmt) -> bool:
    text = isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)
    return text or isinstance(statement, ast.Import | ast.ImportFrom)


def _fields(work: "Work") -> dict[str, Any]:
    fields = {
        "artist": work.painter.name,
        "title": work.title,
        "year": work.year,
        "style": work.style,
        "genre": work.genre,
        "caption": work.caption,
        "label": "human",
        "automation": "manual",
        "family": "painting",
        "novelty": work.novelty,
        "membership": work.membership,
    }
    return {name: value for name, value in fields.items() if value is not None}


def _png(work: "Work") -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(work.image).save(buffer, format="PNG")
    return buffer.getvalue()
