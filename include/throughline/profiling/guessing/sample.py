"""Reads a sample of a table as texts with pandas, and finds how it is written: encoding, delimiter, total row."""

from __future__ import annotations

import codecs
import csv
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

_ENCODINGS = ("utf-8", "cp1252")
_DELIMITERS = ",;\t|"
_TOTAL = re.compile(r"(grand |report )?totals?:?", re.IGNORECASE)
LOOKED_AT = 1 << 16


class NoTable(ValueError):
    """The file is no table that can be read; the message says why."""


@dataclass(frozen=True)
class Sample:
    """A sample: its frame of texts, and how the file is written. `total` is the column and word of a total row."""

    name: str
    frame: Any
    format: str
    encoding: str
    delimiter: str
    total: tuple[str, str] | None


def read(path: Path) -> Sample:
    """Return the sample in a file. Raises `NoTable` and `OSError`."""
    if path.suffix.casefold() == ".xlsx":
        return _workbook(path)
    raw = path.read_bytes()
    encoding = _encoding(raw)
    text = raw.decode("utf-8-sig" if encoding == "utf-8" else encoding)
    first = text[:LOOKED_AT]
    try:
        delimiter = csv.Sniffer().sniff(first.partition("\n")[0], _DELIMITERS).delimiter
    except csv.Error:
        delimiter = "\t" if path.suffix.casefold() == ".tsv" else ","
    try:
        frame = pd.read_csv(
            io.StringIO(text),
            sep=delimiter,
            dtype=str,
            keep_default_na=False,
            skipinitialspace=False,
        )
    except (ValueError, pd.errors.ParserError) as error:
        raise NoTable(
            f"{path.name}: is no table with one row of names: {type(error).__name__}"
        ) from None
    form = "tsv" if path.suffix.casefold() == ".tsv" and delimiter == "\t" else "csv"
    return _sample(path.name, frame, form, encoding, delimiter)


def _workbook(path: Path) -> Sample:
    try:
        frame = pd.read_excel(path, dtype=str, keep_default_na=False, engine="openpyxl")
    except (ValueError, KeyError, OSError) as error:
        raise NoTable(f"{path.name}: is no workbook: {type(error).__name__}") from None
    return _sample(path.name, frame, "xlsx", "", "")


def _encoding(raw: bytes) -> str:
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    for name in _ENCODINGS:
        try:
            raw.decode(name)
        except UnicodeDecodeError:
            continue
        return name
    return "latin-1"


def _sample(name: str, frame: Any, form: str, encoding: str, delimiter: str) -> Sample:
    frame = frame.fillna("").astype(str)
    frame.columns = [str(column) for column in frame.columns]
    frame = frame[frame.apply(lambda row: any(cell.strip() for cell in row), axis=1)]
    if frame.empty:
        raise NoTable(f"{name}: has no rows: a sample with rows is needed to guess from")
    total = None
    for column in frame.columns:
        last = frame[column].iloc[-1].strip()
        if _TOTAL.fullmatch(last):
            total = (column, last)
            frame = frame.iloc[:-1]
            break
    return Sample(name, frame, form, encoding, delimiter, total)
