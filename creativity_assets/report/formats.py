"""Numbers as the page prints them. What is missing is an en dash, never a zero."""

from __future__ import annotations

import math
import re
from typing import Any

import pandas as pd

MISSING = "–"
MINUS = "−"


def is_missing(value: Any) -> bool:
    """True for None, NaN and pandas' NA."""
    return value is None or bool(pd.isna(value))


def count(value: Any) -> str:
    """A whole number with thousands separated: 3,000."""
    return MISSING if is_missing(value) else f"{int(value):,}"


def score(value: Any) -> str:
    """Three decimals, as the study prints its scores."""
    return MISSING if is_missing(value) else _minus(f"{float(value):.3f}")


def signed(value: Any) -> str:
    """Three decimals with the sign always shown."""
    return MISSING if is_missing(value) else _minus(f"{float(value):+.3f}")


def effect_size(value: Any) -> str:
    """Two decimals, for d and AUROC."""
    return MISSING if is_missing(value) else _minus(f"{float(value):.2f}")


def p_value(value: Any, relation: Any = "=") -> str:
    """0.032, or a power of ten below 0.001; `relation` "<" where only a bound is known."""
    if is_missing(value):
        return MISSING
    p = float(value)
    if p == 0.0:
        return "< 1e-300"  # below the smallest float, which is not the same as impossible
    mantissa, exponent = f"{p:.1e}".split("e")
    text = f"{p:.3f}" if p >= 0.001 else f"{mantissa.removesuffix('.0')}e{int(exponent)}"
    return f"< {text}" if relation == "<" else text


def percent(value: Any) -> str:
    """A share in 0..1 as whole per cent, on one line."""
    return MISSING if is_missing(value) else f"{100 * float(value):.0f}\u00a0%"


def text(value: Any) -> str:
    """Text of the data, or a dash."""
    return MISSING if is_missing(value) or str(value) == "" else str(value)


def interval(low: Any, high: Any) -> str:
    """Both ends with their signs."""
    if is_missing(low) or is_missing(high):
        return MISSING
    return f"{signed(low)} to {signed(high)}"


def years(first: Any, last: Any) -> str:
    """A range of years, or one year."""
    if is_missing(first):
        return MISSING
    return str(int(first)) if int(first) == int(last) else f"{int(first)}–{int(last)}"


def capital(value: Any) -> str:
    """A slug or name with its first letter raised, the rest left alone."""
    name = text(value)
    return name[:1].upper() + name[1:]


def revision(value: Any) -> str:
    """Hashes and commits by their first seven digits, whatever else stands around them."""
    return re.sub(r"([0-9a-f]{7})[0-9a-f]+", r"\1", text(value))


def size(width: Any, height: Any) -> str:
    """Pixels, width by height."""
    return MISSING if is_missing(width) or is_missing(height) else f"{math.floor(width)} × {math.floor(height)}"


def _minus(number: str) -> str:
    """A typographic minus; a rounded zero loses its sign's meaning and gets none."""
    if float(number) == 0:
        return number.lstrip("+-")
    return number.replace("-", MINUS)
