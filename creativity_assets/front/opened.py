"""A study as people work with it from Python: SQL, tables, the plan, making it, its pictures."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from creativity_assets import paths
from creativity_assets.errors import QueryError, StoreError
from creativity_assets.images.decoding import decode
from creativity_assets.images.encoding import pixels_of
from creativity_assets.store.images import read_images
from creativity_assets.store.layout import Collection, Store
from creativity_assets.store.sql.query import query
from creativity_assets.vocabulary import TABLES
from creativity_assets.workflow.parts import RECONSTRUCTIONS
from creativity_assets.workflow.payloads import original_bytes
from creativity_assets.workflow.pieces import Piece, pieces_of, records_of
from creativity_assets.workflow.plan import Plan, Scope, plan
from creativity_assets.workflow.study import Study

if TYPE_CHECKING:
    from creativity_assets.orchestration.outcome import Outcome


class OpenStudy:
    """A data root with its catalogue, store and warehouse. The catalogue is read anew for each plan."""

    def __init__(self, data_root: Path) -> None:
        self.data_root = data_root
        self._store = Store(data_root)

    def __repr__(self) -> str:
        return f"<OpenStudy {self.data_root}>"

    def sql(self, statement: str) -> pd.DataFrame:
        """The result of one read-only statement over the warehouse, as `creativity sql` computes it.

        Raises QueryError with DuckDB's own words for a wrong statement, or one that does more than ask; StoreError
        where nothing has been materialized yet.
        """
        return query(self._store.database, statement)

    def table(self, name: str) -> pd.DataFrame:
        """All rows of a table or view of the warehouse. Raises what `sql` does, and QueryError for an unknown name."""
        if name not in TABLES:
            raise QueryError(f"no table {name!r}; have {', '.join(TABLES)}")
        return self.sql(f'SELECT * FROM "{name}"')

    def plan(self, datasets: Sequence[str] = (), experiments: Sequence[str] = ()) -> Plan:
        """What is wanted and not fresh, of these data sets and experiments, or of all; false where nothing is to do.

        Raises CatalogError for a name that is not in the catalogue.
        """
        return plan(Study(self.data_root).lineage, Scope(tuple(datasets), tuple(experiments)))

    def materialize(
        self, datasets: Sequence[str] = (), experiments: Sequence[str] = (), *, quiet: bool = False
    ) -> "Outcome":
        """Make what `plan` says, then tables, warehouse and report, as `creativity materialize` does.

        What fails harms nothing else: it is a line among the outcome's `problems`, or its `failed_checks`. quiet: show
        neither bars nor lines. Raises CatalogError for a name that is not in the catalogue.
        """
        from rich.console import Console

        from creativity_assets.orchestration.command import materialize_with_bar

        with _settled(self.data_root):
            scope = Scope(tuple(datasets), tuple(experiments))
            return materialize_with_bar(self.data_root, scope, Console(stderr=True, highlight=False, quiet=quiet))

    def reconstruction(self, sample_id: str, experiment: str) -> np.ndarray:
        """What came back of a sample under an experiment, uint8 (R, R, 3).

        Raises StoreError where there is none, and DamagedPart where its bytes are not those that were written.
        """
        for piece in self._pieces_of(sample_id):
            path = self._store.part(RECONSTRUCTIONS.name, piece.shard, experiment)
            for stored, picture in read_images(path) if path.is_file() else ():
                if stored == sample_id:
                    return pixels_of(picture)
        raise StoreError(f"{sample_id}: no reconstruction under {experiment!r}; `creativity materialize` makes it")

    def original(self, sample_id: str) -> np.ndarray:
        """A sample as its source has it, upright: uint8 (H, W, 3).

        Raises StoreError where there is none, and DamagedPart where its bytes are not those that were indexed.
        """
        rows = (row for piece in self._pieces_of(sample_id) for row in records_of(piece))
        wanted = [row for row in rows if row["sample_id"] == sample_id]
        for _, data in original_bytes(self._store, wanted):
            return np.asarray(decode(data).image)
        raise StoreError(f"{sample_id}: its data set has it no more; run `creativity materialize`")

    def _pieces_of(self, sample_id: str) -> list[Piece]:
        quoted = sample_id.replace("'", "''")
        found = self.sql(f"SELECT dataset, artist_slug FROM samples WHERE sample_id = '{quoted}'")
        if found.empty:
            raise StoreError(f"no sample {sample_id!r}; `SELECT sample_id FROM samples` has them all")
        return pieces_of(Study(self.data_root).lineage, [Collection(*found.iloc[0])])


def open_study(path: str | os.PathLike[str] | None = None) -> OpenStudy:
    """The study at a data root; None for `$CREATIVITY_DATA`, else `data/` of the project around the working directory.

    Raises StoreError where there is none, or no catalogue in it.
    """
    root = paths.data_root() if path is None else Path(path).resolve()
    if not (root / "catalog").is_dir():
        raise StoreError(f"{root}: no catalog/ there; give the data root, such as the project's data/")
    return OpenStudy(root)


@contextmanager
def _settled(data_root: Path) -> Iterator[None]:
    """Let Dagster's side see this data root, and leave the environment as it was: a notebook may open another next."""
    names = ("CREATIVITY_DATA", "DAGSTER_HOME")
    before = {name: os.environ.get(name) for name in names}
    os.environ["CREATIVITY_DATA"] = str(data_root)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
