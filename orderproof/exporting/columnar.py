"""Rows as Parquet: record batches as they come, bound into row groups at the end."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow import ipc, parquet

from orderproof.exporting.cells import Columns, Encoded, texts
from orderproof.exporting.rows import BOOL, INT, JSON, Row

_GROUP = 10_000
"""Rows of a group; one of large rows, and the last one, may have fewer."""
_LARGE = 16 << 20
"""Bytes of a group after which no further page is added."""
# Pages are small: to hand their columns to threads takes longer than to pack them.
_PACKED = ipc.IpcWriteOptions(compression="lz4", use_threads=False)
_UNPACKED = ipc.IpcReadOptions(use_threads=False)


def encode(columns: Columns, rows: Sequence[Row], _: int) -> Encoded:
    """Return rows as a stream of one record batch (Arrow's IPC format)."""
    schema = _schema(columns)
    arrays = [
        pa.array(texts(cells) if kind == JSON else cells, type=field.type)
        for kind, cells, field in zip(
            columns.values(), zip(*rows, strict=True), schema, strict=True
        )
    ]
    sink = pa.BufferOutputStream()
    with ipc.new_stream(sink, schema, options=_PACKED) as stream:
        stream.write_batch(pa.RecordBatch.from_arrays(arrays, schema=schema))
    return Encoded(sink.getvalue().to_pybytes())


def bind(parts: Path, file: Path, _: str, columns: Columns, __: int, ___: datetime) -> None:
    """Bind record batches into a Parquet file.

    Args:
        parts: the batches, a stream each.
        file: the Parquet file.
        columns: of the rows.
    """
    schema = _schema(columns)
    with parquet.ParquetWriter(str(file), schema, compression="zstd") as writer:
        for group in _groups(parts):
            writer.write_table(pa.Table.from_batches(group, schema=schema))


def _groups(parts: Path) -> Iterator[list[Any]]:
    group: list[Any] = []
    with pa.OSFile(str(parts)) as file:
        while file.tell() < file.size():
            group += list(ipc.open_stream(file, options=_UNPACKED))
            rows = sum(batch.num_rows for batch in group)
            if rows >= _GROUP or sum(batch.nbytes for batch in group) >= _LARGE:
                yield group
                group = []
    if group:
        yield group


def _schema(columns: Columns) -> Any:
    types = {INT: pa.int64(), BOOL: pa.bool_()}
    return pa.schema([(name, types.get(kind, pa.string())) for name, kind in columns.items()])
