"""How the summary is laid out: sections, tables and lines of at most `WIDTH` columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100
LISTED = 12
"""Rows of a list that are shown; the rest is a number and a place to look."""


def section(name: str, *paragraphs: str) -> str:
    """Return a heading with its paragraphs indented under it; empty ones are left out."""
    body = "\n".join(paragraph for paragraph in paragraphs if paragraph)
    return f"{name}\n{textwrap.indent(body, '  ', lambda line: bool(line.strip()))}"


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()
) -> str:
    """Columns two spaces apart, those in `right` aligned to the right; the last one may be cut."""
    lines = [list(header), *([str(cell) for cell in row] for row in rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    told = []
    for line in lines:
        cells = (
            cell.rjust(width) if column in right else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        )
        text = "  ".join(cells).rstrip()
        told.append(text if len(text) <= WIDTH - 2 else f"{text[: WIDTH - 3]}…")
    return "\n".join(told)


def wrap(sentence: str) -> str:
    """Return a sentence in lines that fit under a heading."""
    return textwrap.fill(sentence, WIDTH - 2, break_long_words=False, break_on_hyphens=False)


def more(total: int, what: str, shown: int = LISTED) -> str:
    """Return how many of a list are not shown; empty when all are."""
    return f"… and {total - shown:,} more {what}" if total > shown else ""
