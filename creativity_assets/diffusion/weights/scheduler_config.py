"""What is read of a diffusers scheduler_config.json: numbers that are numbers, or a line that says which is none."""

import math
from collections.abc import Mapping
from typing import Any

from creativity_assets.errors import ModelError

Config = Mapping[str, Any]


def number(config: Config, field: str, default: float, low: float, high: float) -> float:
    """The number of a field, low <= number <= high; ModelError, naming the field, for anything else."""
    value = config.get(field)
    value = default if value is None else value
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise ModelError(f"scheduler config: {field} {str(value)[:40]!r} is no number; restore the file")
    if not low <= value <= high:
        raise ModelError(f"scheduler config: {field} {value:g} is not within {low:g} to {high:g}; restore the file")
    return float(value)


def count(config: Config, field: str, default: int, low: int, high: int) -> int:
    """The whole number of a field, as `number`."""
    value = number(config, field, default, low, high)
    if value != int(value):
        raise ModelError(f"scheduler config: {field} {value:g} is no whole number; restore the file")
    return int(value)


def flag(config: Config, field: str) -> bool:
    """Whether a field is set; ModelError for what is neither true nor false."""
    value = config.get(field)
    if value is not None and not isinstance(value, bool):
        raise ModelError(f"scheduler config: {field} {str(value)[:40]!r} is neither true nor false; restore the file")
    return bool(value)


def class_of(config: Config) -> str:
    """The scheduler's class as a folder's file states it, or words that say that it states none."""
    return str(config.get("_class_name") or "scheduler without a _class_name")[:60]
