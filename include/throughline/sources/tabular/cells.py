"""Takes a file apart into rows of cells, all of them texts: CSV, TSV and workbooks.

Rows are counted as people count them: by the line of a text file on which the row begins, or by the row of a
sheet. CSV is read by Python's `csv` in its strict mode, which says of each row what is wrong with it; pandas
drops or pads such rows. Leading zeros stay, because nothing is ever taken for a number here.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Iterator
from typing import BinaryIO

from throughline.sources.files import is_broken
from throughline.sources.records import FileRefusedError
from throughline.sources.tabular.shape import Cells, Table

BROKEN = "quotes that do not fit"
CUT_OFF = "the file ends within a row"
LONGEST_CELL = 1 << 20

_BOMS = (
    (codecs.BOM_UTF8, ("utf-8",)),
    (codecs.BOM_UTF16_LE, ("utf-16",)),
    (codecs.BOM_UTF16_BE, ("utf-16",)),
)


def cells(stream: BinaryIO, file: str, table: Table) -> Iterator[Cells]:
    """Yield the rows of a file that hold anything. Raises `FileRefusedError`."""
    if table.format == "xlsx":
        from throughline.sources.tabular.workbook import sheet

        yield from sheet(stream, file, table.sheet)
        return
    for one in _texts(stream, file, table):
        if one.fault or any(cell.strip() for cell in one.cells):
            yield one


def _texts(stream: BinaryIO, file: str, table: Table) -> Iterator[Cells]:
    start = stream.peek(4)[:4] if isinstance(stream, io.BufferedReader) else b""
    for bom, encodings in _BOMS:
        if start.startswith(bom) and table.encoding not in encodings:
            raise FileRefusedError(
                file, 0, f"encoding: the file is {encodings[0]}, not {table.encoding}"
            )
    encoding = "utf-8-sig" if table.encoding == "utf-8" else table.encoding
    text = io.TextIOWrapper(stream, encoding=encoding, errors="strict", newline="")
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(
        text, delimiter=table.delimiter, quotechar=table.quote, doublequote=True, strict=True
    )
    number = 1
    try:
        while True:
            try:
                found = next(reader)
            except StopIteration:
                break
            except csv.Error as error:
                is_end = "unexpected end" in str(error)
                yield Cells(number, [], CUT_OFF if is_end else BROKEN)
                if is_end:
                    break
                number = reader.line_num + 1
                continue
            yield Cells(number, found)
            number = reader.line_num + 1
    except UnicodeError:
        raise FileRefusedError(
            file, number, f"encoding: not {table.encoding} from row {number} on"
        ) from None
    finally:
        # whoever opened the stream closes it
        if not stream.closed:
            text.detach()
    if is_broken(stream):
        yield Cells(number, [], CUT_OFF)
