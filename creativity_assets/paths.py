"""Where the data root is; never derived from the package's own location."""

import os
from pathlib import Path

from creativity_assets.errors import StoreError


def data_root() -> Path:
    """`$CREATIVITY_DATA`, else `data/` beside the nearest workspace.yaml at or above the working directory.

    Raises StoreError when neither is there.
    """
    if configured := os.environ.get("CREATIVITY_DATA"):
        return Path(configured).expanduser().resolve()
    here = Path.cwd().resolve()
    for folder in (here, *here.parents):
        if (folder / "workspace.yaml").is_file():
            return folder / "data"
    raise StoreError(f"{here}: no workspace.yaml here or above; run inside the project or set CREATIVITY_DATA")
