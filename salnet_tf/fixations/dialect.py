"""A table of any dialect -> text: csv with any separator and encoding, gz, parquet, xlsx."""

import csv
import gzip
import io
import json
import pathlib
import re
import warnings
import zipfile
import zlib

import numpy as np
import pandas as pd

_SEPARATORS = ",;\t|"
_PREAMBLE = 200  # lines at most before the line of column names
_EXPORT = "export a table of fixations as csv or tsv from its own software"
# How files begin that hold fixations in no table.
_NO_TABLES = {
    b"SR_RESEARCH": f"an EyeLink .edf recording; {_EXPORT} (Data Viewer: Fixation Report)",
    b"** CONVERTED": f"an EyeLink .asc recording; {_EXPORT} (Data Viewer: Fixation Report)",
    b"MATLAB": f"a MATLAB file; {_EXPORT}",
}


def read(path, is_header=None):
    """A table as a frame of text (parquet: of what it holds); column names without outer spaces.

    Args:
        path: csv with `,` `;` tab or `|` in UTF-8, UTF-16 or Windows-1252, gzipped or not; parquet;
            xlsx (its first sheet).
        is_header: function of a list of names, true for the line of column names, which may come
            after a preamble; None takes the first line.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is no table.
    """
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no such table. Received: {path}")
    data = path.read_bytes()
    try:
        if data[:2] == b"\x1f\x8b":
            data = gzip.decompress(data)
        if not data.strip():
            raise ValueError(f"A table must have a line of column names. Received: {path}, empty")
        for start, what in _NO_TABLES.items():
            if data.startswith(start):
                raise ValueError(f"This is no table. Received: {path}, {what}")
        if data[:4] == b"PAR1":
            frame = _read_parquet(data, path)
        elif data[:4] == b"PK\x03\x04":
            frame = _read_excel(data, path)
        else:
            frame = _read_csv(_decoded(data, path), is_header, path)
    except (pd.errors.ParserError, pd.errors.ParserWarning, pd.errors.EmptyDataError,
            csv.Error, EOFError, OSError, zlib.error) as error:  # fmt: skip
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    frame = frame.rename(columns=lambda name: str(name).strip())
    _check_names(list(frame.columns), path)
    return frame


def number(column):
    """A column as float64; what is no number becomes NaN (and is reported as such)."""
    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype(str).str.strip().str.replace(",", ".", regex=False)
    return pd.to_numeric(column, errors="coerce").astype(np.float64)


def text(column):
    """A column as text without outer spaces, empty where it is missing."""
    return column.astype(object).fillna("").astype(str).str.strip()


def _decoded(data, path):
    """Text of bytes in UTF-8, UTF-16 or Windows-1252."""
    encodings = ("utf-8-sig", "cp1252")
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        encodings = ("utf-16",)
    elif data[1:2] == b"\0":
        encodings = ("utf-16-le",)
    for encoding in encodings:
        try:
            decoded = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in decoded:
            return decoded
    raise ValueError(f"A table must be text in UTF-8, UTF-16 or Windows-1252. Received: {path}")


def _read_csv(content, is_header, path):
    """A frame of a csv's text."""
    names = _sidecar(path)
    lines = re.split(r"\r\n|\n|\r", content)
    start, separator = (0, "\t") if names else _header(lines, is_header)
    if not names:  # pandas would call the second x `x.1`
        _check_names(next(csv.reader([lines[start]], delimiter=separator)), path)
        rows = [line for line in lines[start + 1 :] if line]
        if rows and all(line.endswith(separator) for line in rows):  # a last column without a name
            lines[start] += "" if lines[start].endswith(separator) else separator
    with warnings.catch_warnings():
        # pandas would shift or cut rows longer than the header.
        warnings.simplefilter("error", pd.errors.ParserWarning)
        frame = pd.read_csv(
            io.StringIO("\n".join(lines[start:])),
            sep=separator,
            names=names,
            dtype=str,
            index_col=False,
            keep_default_na=False,
        )
    nothing = [name for name in frame if str(name).startswith("Unnamed: ")]
    return frame.drop(columns=[name for name in nothing if not frame[name].fillna("").any()])


def _check_names(names, path):
    """Raise ValueError where two columns have one name."""
    names = [name.strip() for name in names]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise ValueError(f"{path} has columns of one name. Received: {', '.join(twice)}")


def _header(lines, is_header):
    """(index, separator) of the line of column names."""
    for index, line in enumerate(lines[:_PREAMBLE] if is_header else ()):
        for separator in _SEPARATORS:
            if separator in line and is_header(next(csv.reader([line], delimiter=separator))):
                return index, separator
    first = next(index for index, line in enumerate(lines) if line.strip())
    return first, max(_SEPARATORS, key=lines[first].count)


def _sidecar(path):
    """The column names that BIDS keeps in a json beside a table without a line of them; or None."""
    if not path.name.endswith((".tsv", ".tsv.gz")):
        return None
    beside = path.with_name(path.name.removesuffix(".gz").removesuffix(".tsv") + ".json")
    try:
        columns = json.loads(beside.read_text(encoding="utf-8"))["Columns"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return None
    return [str(name) for name in columns] if isinstance(columns, list) else None


def _read_excel(data, path):
    try:
        return pd.read_excel(io.BytesIO(data), dtype=str, keep_default_na=False)
    except ImportError as error:
        raise ValueError(
            f"xlsx needs openpyxl (pip install openpyxl), or save it as csv. Received: {path}"
        ) from error
    except (KeyError, ValueError, TypeError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as xlsx: {error}") from error


def _read_parquet(data, path):
    """A frame; lists and the like, which pandas cannot compare, as text."""
    try:
        frame = pd.read_parquet(io.BytesIO(data))
    except (ValueError, OSError, KeyError) as error:
        raise ValueError(f"{path} cannot be read as a table: {error}") from error
    odd = frame.map(lambda value: isinstance(value, (list, dict, np.ndarray))).any()
    for name in frame.columns[odd]:
        frame[name] = frame[name].map(str)
    return frame
