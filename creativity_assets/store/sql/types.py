"""DuckDB's types on their way out: what each is cast to so that a format can hold it.

Types are DuckDB's own objects, with `id` and `children`. What a format has no word for becomes DuckDB's own text
(`1 month 2 days`, `infinity`, `0044-03-15 (BC)`, `\\x00\\xFF`).
"""

import json
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from creativity_assets.store.sql.query import Result

TEXT = "VARCHAR"
INTEGERS = {"tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"}
REALS = {"float", "double"}
HUGE = {"hugeint", "uhugeint"}
NUMBERS = INTEGERS | REALS | HUGE | {"decimal", "bignum"}
_DATED = {
    "date": "{0} BETWEEN DATE '0001-01-01' AND DATE '9999-12-31'",
    "timestamp": "{0} BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31'",
    "timestamp_s": "{0}::TIMESTAMP BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31'",
    "timestamp_ms": "{0}::TIMESTAMP BETWEEN TIMESTAMP '0001-01-01' AND TIMESTAMP '9999-12-31'",
    "timestamp_ns": "isfinite({0})",
    "timestamp with time zone": "{0} BETWEEN TIMESTAMPTZ '0001-01-02 00:00+00' AND TIMESTAMPTZ '9999-12-30 00:00+00'",
    "time": "{0} < TIME '24:00:00'",
}
"""What Python, pandas and the readers of Parquet can hold: nothing infinite, before Christ, or at 24:00."""

_UNSAFE = re.compile("[\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]")
"""What JSON allows in a string, but a terminal or a script may obey."""

Encode = Callable[[Any], str]


def portable_casts(result: "Result") -> list[str]:
    """A type for each column that Arrow, Parquet and pandas hold exactly; looks at the values where it has to.

    Dates and times are text in a column that holds one that those cannot (infinite, before Christ), and wherever they
    lie inside lists, structs or maps. Whole numbers wider than 64 bits are BIGINT where all fit, else DECIMAL(38, 0),
    else text.
    """
    casts = [_portable(kind) for kind in result.kinds]
    places = [i for i, kind in enumerate(result.kinds) if kind.id in _DATED or kind.id in HUGE]
    answers = result.asked([(i, _question(result.kinds[i].id)) for i in places])
    for i, answer in zip(places, answers, strict=True):
        if result.kinds[i].id in _DATED:
            casts[i] = str(result.kinds[i]) if answer else TEXT
        else:
            casts[i] = {2: "BIGINT", 1: "DECIMAL(38, 0)"}.get(answer, TEXT)
    return casts


def _question(kind: str) -> str:
    """An aggregate over a column {0} that tells what it can become."""
    if kind in _DATED:
        return f"coalesce(bool_and({_DATED[kind]}), true)"
    kinds = ("BIGINT", "DECIMAL(38, 0)")
    fits = (f"coalesce(bool_and({{0}} IS NULL OR TRY_CAST({{0}} AS {k}) IS NOT NULL), true)::INTEGER" for k in kinds)
    return " + ".join(fits)


def _portable(kind: Any) -> str:
    if kind.id in {"list", "array"}:
        return f"{_portable(_child(kind, 'child'))}[]"
    if kind.id == "struct":
        return _struct((name, _portable(child)) for name, child in kind.children)
    if kind.id == "map":
        return f"MAP({_portable(_child(kind, 'key'))}, {_portable(_child(kind, 'value'))})"
    plain = INTEGERS | REALS | {"boolean", "decimal", "blob"}
    return str(kind) if kind.id in plain else TEXT


def encoder(kind: Any, told: Callable[[], None]) -> tuple[str, Encode]:
    """(type to cast to, JSON of a value so cast). Numbers keep all their digits.

    `told` is called for each number that JSON has no word for, NaN and the infinite; they become null.
    """
    if kind.id in {"list", "array"}:
        inner, of = encoder(_child(kind, "child"), told)
        return f"{inner}[]", _nullable(lambda items: "[" + ", ".join(map(of, items)) + "]")
    if kind.id == "struct":
        fields = [(name, *encoder(child, told)) for name, child in kind.children]
        encoders = {name: of for name, _, of in fields}
        made = _struct((name, inner) for name, inner, _ in fields)
        return made, _nullable(lambda held: _object((name, of(held[name])) for name, of in encoders.items()))
    if kind.id == "map":
        inner, of = encoder(_child(kind, "value"), told)
        return f"MAP(VARCHAR, {inner})", _nullable(lambda pairs: _object((key, of(value)) for key, value in pairs))
    leaf: Encode = string
    if kind.id == "boolean":
        leaf = str
    elif kind.id in NUMBERS:
        leaf = partial(_number, told=told)
    elif kind.id.startswith("timestamp"):
        leaf = _iso
    return TEXT, _nullable(leaf)


def string(text: str) -> str:
    """A JSON string, with what a terminal might obey escaped."""
    return _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", json.dumps(text, ensure_ascii=False))


def _iso(text: str) -> str:
    """A timestamp as JSON, in the form of ISO 8601 where that can hold it."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\d) ([\d:.]+)(\+00)?", text)
    return string(f"{found[1]}T{found[2]}{'Z' if found[3] else ''}" if found else text)


def _number(digits: str, told: Callable[[], None]) -> str:
    if digits.lstrip("-") in {"nan", "inf", "infinity"}:
        told()
        return "null"
    return digits


def _nullable(encode: Encode) -> Encode:
    return lambda value: "null" if value is None else encode(value)


def _object(fields: Any) -> str:
    return "{" + ", ".join(f"{string(name)}: {value}" for name, value in fields) + "}"


def _struct(fields: Any) -> str:
    listed = ", ".join('"' + name.replace('"', '""') + f'" {kind}' for name, kind in fields)
    return f"STRUCT({listed})"


def _child(kind: Any, name: str) -> Any:
    return dict(kind.children)[name]
