"""Reads a table of any dialect: commas, semicolons or tabs, decimal points or commas, parquet."""

import pathlib
import warnings

import numpy as np
import pandas as pd


def read(path):
    """A csv, tsv or parquet file as a frame of text (parquet: of what it holds)."""
    path = pathlib.Path(path)
    if not path.is_file():
        raise FileNotFoundError(f"There is no such table. Received: {path}")
    if path.suffix == ".parquet":
        return pd.read_parquet(path)
    with path.open("rb") as file:
        start = file.read(2)
    if not start:
        raise ValueError(f"A table must have a line of column names. Received: {path.name}, empty")
    encoding = "utf-16" if start in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    try:
        with path.open(encoding=encoding) as file:
            header = file.readline()
        separator = max(",;\t", key=header.count)
        with warnings.catch_warnings():
            # pandas would shift or cut rows longer than the header.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            frame = pd.read_csv(
                path,
                sep=separator,
                dtype=str,
                index_col=False,
                encoding=encoding,
                keep_default_na=False,
            )
    except (
        UnicodeDecodeError,
        pd.errors.ParserError,
        pd.errors.ParserWarning,
        pd.errors.EmptyDataError,
    ) as error:
        raise ValueError(f"{path.name} cannot be read as a csv in UTF-8: {error}") from error
    frame = frame.rename(columns=lambda name: str(name).strip())
    twice = frame.columns[frame.columns.duplicated()].unique()
    if len(twice):
        raise ValueError(f"{path.name} has columns of one name. Received: {', '.join(twice)}")
    return frame


def number(column):
    """A column as float64; what is no number becomes NaN (and is reported as such)."""
    if not pd.api.types.is_numeric_dtype(column):
        column = column.astype(str).str.strip().str.replace(",", ".", regex=False)
    return pd.to_numeric(column, errors="coerce").astype(np.float64)


def text(column):
    return column.astype(object).fillna("").astype(str).str.strip()
