"""Layout of the text summary: sections, tables and lines of at most `WIDTH` columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

WIDTH = 100
LISTED = 12
"""How many rows of a list are shown before "… and N more"."""


def section(name: str, *paragraphs: str) -> str:
    """Return a heading with its paragraphs indented under it; empty ones are left out."""
    body = "\n".join(paragraph for paragraph in paragraphs if paragraph)
    return f"{name}\n{textwrap.indent(body, '  ', lambda line: bool(line.strip()))}"


def table(
    header: Sequence[str], rows: Iterable[Sequence[object]], right: Sequence[int] = ()
) -> str:
    """Return a table with columns two spaces apart; lines that are too long are cut.

    `right` lists the columns to align right.
    """
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
    """Wrap a sentence to the width of a section's body."""
    return textwrap.fill(sentence, WIDTH - 2, break_long_words=False, break_on_hyphens=False)


def more(total: int, what: str, shown: int = LISTED) -> str:
    """Return `… and N more` for the rows of a list that are not shown; empty if all are."""
    return f"… and {total - shown:,} more {what}" if total > shown else ""
