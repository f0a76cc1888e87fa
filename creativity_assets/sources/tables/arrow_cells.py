"""Rows of Arrow's as Python has them; which of its types hold pictures, and the bytes of a cell of such a type."""

from typing import Any

import pyarrow as pa


def rows_of(batch: pa.RecordBatch) -> list[dict[str, Any]]:
    """The rows as Python's values; what Python has no value for, such as a date of the year 200,000, says so."""
    columns = [_values(column) for column in batch.columns]
    return [dict(zip(batch.schema.names, cells, strict=True)) for cells in zip(*columns, strict=True)]


def _values(column: pa.Array) -> list[Any]:
    try:
        values: list[Any] = column.to_pylist()
    except (ArithmeticError, LookupError, ValueError):  # out of range, a time zone that is nowhere, half a character
        values = [_value(cell) for cell in column]
    return values


def _value(cell: pa.Scalar) -> Any:
    try:
        return cell.as_py()
    except (ArithmeticError, LookupError, ValueError):
        return f"<unreadable {cell.type}>"


def holds_pictures(kind: pa.DataType) -> bool:
    """Whether a column's type can be image bytes: binary, Hugging Face's struct of bytes and path, lists of these.

    Binary has many layouts: plain, large, view, of fixed size, dictionaries of them, and lists of single bytes.
    """
    kind = _plain(kind)
    if pa.types.is_struct(kind):
        return any(field.name == "bytes" and is_bytes(field.type) for field in kind)
    return is_bytes(kind) or (is_list(kind) and holds_pictures(kind.value_type))


def is_struct_of_bytes(kind: pa.DataType) -> bool:
    """Whether it is Hugging Face's struct of bytes and path, or a list of them: nobody else's columns look so."""
    kind = _plain(kind)
    return (pa.types.is_struct(kind) and holds_pictures(kind)) or (
        is_list(kind) and is_struct_of_bytes(kind.value_type)
    )


def is_bytes(kind: pa.DataType) -> bool:
    kind = _plain(kind)
    return bool(
        pa.types.is_binary(kind)
        or pa.types.is_large_binary(kind)
        or pa.types.is_binary_view(kind)
        or pa.types.is_fixed_size_binary(kind)
        or (is_list(kind) and (pa.types.is_uint8(kind.value_type) or pa.types.is_int8(kind.value_type)))
    )


def is_list(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_list(kind)
        or pa.types.is_large_list(kind)
        or pa.types.is_fixed_size_list(kind)
        or pa.types.is_list_view(kind)
        or pa.types.is_large_list_view(kind)
    )


def _plain(kind: pa.DataType) -> pa.DataType:
    """A type without its extension or dictionary."""
    while isinstance(kind, pa.BaseExtensionType) or pa.types.is_dictionary(kind):
        kind = kind.value_type if pa.types.is_dictionary(kind) else kind.storage_type
    return kind


def picture(cell: Any) -> bytes | str:
    """The image bytes of a cell as Python has it, or why there are none."""
    if isinstance(cell, dict):
        cell = cell.get("bytes")
    if isinstance(cell, list):
        if cell and isinstance(cell[0], int):
            return bytes(value & 255 for value in cell)
        if len(cell) > 1:
            return f"holds {len(cell)} images; one row for each is read"
        return picture(cell[0] if cell else None)
    return cell if isinstance(cell, bytes) else "the image is empty or only a path"
