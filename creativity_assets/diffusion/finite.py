"""Outputs are finite, or an error: NaN turned into pixels would be a picture, and its score a number."""

import torch
from torch import Tensor

from creativity_assets.errors import NotFiniteError


def require_finite(values: Tensor, what: str) -> Tensor:
    """The values (B, ...); NotFiniteError, with the position in the batch, for an image that has NaN or infinity."""
    if values.is_meta:  # shapes alone
        return values
    finite = torch.isfinite(values).reshape(len(values), -1).all(dim=1)
    if not bool(finite.all()):
        raise NotFiniteError(what, finite.tolist().index(False))
    return values
