"""Which types of columns may hold encoded images."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa


def image_type(kind: pa.DataType) -> pa.DataType:
    """What the images of a column are read as: a struct's bytes, a dictionary's values.

    A column of nothing is one of bytes that all are absent.
    """
    import pyarrow as pa

    if pa.types.is_struct(kind) and kind.get_field_index("bytes") >= 0:
        kind = kind.field("bytes").type
    if pa.types.is_null(kind):
        return pa.binary()
    return kind.value_type if pa.types.is_dictionary(kind) else kind


def holds_images(kind: pa.DataType) -> bool:
    """Whether an `image_type` may be of images; texts are paths, of which a row's error says so."""
    from pyarrow import types

    whole = types.is_binary(kind) or types.is_large_binary(kind) or types.is_fixed_size_binary(kind)
    return bool(whole or types.is_string(kind) or types.is_large_string(kind))
