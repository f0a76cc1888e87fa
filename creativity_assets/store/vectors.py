"""Float32 arrays in Parquet, one row a sample: latents and embeddings, bit for bit."""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from creativity_assets.store.parts import damaged, read_part
from creativity_assets.store.schemas import VECTORS

Vector = npt.NDArray[np.float32]


def vector_table(vectors: Iterable[tuple[str, Vector]]) -> pa.Table:
    """(sample_id, float32 array of any shape) pairs -> a table of VECTORS, flattened."""
    rows = list(vectors)
    flat = [pa.array(vector.ravel(), pa.float32()) for _, vector in rows]
    offsets = np.cumsum([0, *(len(values) for values in flat)], dtype=np.int32)
    values = pa.concat_arrays(flat) if flat else pa.array([], pa.float32())
    columns = [pa.array([name for name, _ in rows], pa.string()), pa.ListArray.from_arrays(offsets, values)]
    return pa.table(columns, schema=VECTORS)


def read_vectors(path: Path, shape: tuple[int, ...] = (-1,)) -> dict[str, Vector]:
    """The arrays of a part by sample, in their order, each in `shape`. Raises DamagedPart."""
    table = read_part(path, VECTORS.names)
    names, column = table["sample_id"].to_pylist(), table["vector"]
    if table.schema.field("vector").type != VECTORS.field("vector").type or column.null_count:
        raise damaged(path, "its vectors are none")
    return {name: column[i].values.to_numpy().reshape(shape) for i, name in enumerate(names)}
