"""Rows as Parquet, some at a time."""

from __future__ import annotations

from typing import IO, Any


class ParquetTable:
    """A table in a file. ``types`` by column: string, int64, float64, list<int64> or list<list<int64>>."""

    def __init__(self, file: IO[bytes], types: dict[str, str]) -> None:
        # Loaded here: the web process lists formats and never writes one.
        import pyarrow
        import pyarrow.parquet

        numbers = pyarrow.list_(pyarrow.int64())
        known = {
            "string": pyarrow.string(),
            "int64": pyarrow.int64(),
            "float64": pyarrow.float64(),
            "list<int64>": numbers,
            "list<list<int64>>": pyarrow.list_(numbers),
        }
        self._arrow = pyarrow
        self._schema = pyarrow.schema([(name, known[kind]) for name, kind in types.items()])
        self._writer = pyarrow.parquet.ParquetWriter(file, self._schema, compression="zstd")

    def add(self, rows: list[dict[str, Any]]) -> None:
        """Write these rows."""
        self._writer.write_batch(self._arrow.RecordBatch.from_pylist(rows, schema=self._schema))

    def close(self) -> None:
        """The end of the table; the file stays open."""
        self._writer.close()
