"""One digest for all input hashes."""

import hashlib
import json
from typing import Any


def digest(**facts: Any) -> str:
    """sha256 in hex over the canonical JSON of `facts`."""
    return hashlib.sha256(json.dumps(facts, sort_keys=True, default=str).encode()).hexdigest()
