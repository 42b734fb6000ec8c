"""Rows of results as one csv or parquet file."""

import csv
import io

from salnet_tf import files

KINDS = ("csv", "parquet")


def write(path, rows):
    """Write a table at once, its kind by the ending of `path`.

    Args:
        path: ends in `.csv` or `.parquet`.
        rows: a list of dicts; a cell that a row lacks is empty.

    Raises:
        ValueError: parquet, and pyarrow is not installed.
    """
    if path.endswith(".csv"):
        columns = list(dict.fromkeys(name for row in rows for name in row))
        text = io.StringIO()
        table = csv.DictWriter(text, columns, lineterminator="\n")
        table.writeheader()
        table.writerows(rows)
        files.write_bytes(path, text.getvalue().encode())
        return
    check(path)
    files.write_bytes(path, parquet_bytes(rows))


def parquet_bytes(rows, schema=None):
    """The bytes of a parquet file.

    Args:
        rows: a list of dicts; a cell that a row lacks is empty.
        schema: pyarrow's, of the columns; None takes what the rows hold.
    """
    import pyarrow
    from pyarrow import parquet

    columns = schema.names if schema else list(dict.fromkeys(name for row in rows for name in row))
    filled = {name: [row.get(name) for row in rows] for name in columns}
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.table(filled, schema=schema), buffer)
    return buffer.getbuffer()


def check(path):
    """Raise ValueError where a table of this kind cannot be written."""
    if path.endswith("parquet"):
        try:
            import pyarrow  # noqa: F401
        except ModuleNotFoundError as error:
            raise ValueError(
                f"A parquet table needs pyarrow (pip install pyarrow). Received: {path!r}"
            ) from error
