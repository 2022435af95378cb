"""The page as Markdown, with GitHub's tables: a cell is one line, so a list in it is written with breaks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from throughline.workflows.language.rendered.told import (
    Block,
    Fields,
    Items,
    Page,
    Picture,
    Section,
    Table,
    Told,
)

_MARKS = re.compile(r"([\\`*\[\]<>|~&])|(?<![0-9A-Za-z])_|_(?![0-9A-Za-z])")
_BEGINS = re.compile(r"^(\s*)([#+=-]|\d+[.)])(?=\s|$)")


def text(page: Page) -> str:
    """Return a page as Markdown. Nothing in it is read as a mark that is not one of the page's own."""
    lines = [f"# {escaped(page.title)}", *_blocks(page.blocks, 2)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip() + "\n"


def escaped(words: str, *, begins: bool = True) -> str:
    """Return a text as one line in which no character is a mark of Markdown; `begins` says that it begins a line."""
    line = " ".join(words.split())
    line = _MARKS.sub(lambda found: f"\\{found[0]}", line)
    if not begins:
        return line
    return _BEGINS.sub(lambda found: f"{found[1]}{found[2][:-1]}\\{found[2][-1]}", line)


def _blocks(blocks: Iterable[Block], depth: int) -> Iterator[str]:
    for block in blocks:
        yield ""
        yield from _block(block, depth)


def _block(block: Block, depth: int) -> Iterator[str]:
    match block:
        case Told():
            yield from _paragraph(block)
        case Items():
            yield from _items(block.items, block.is_ordered, 0)
        case Fields():
            for name, said in block.rows:
                yield from _field(name, said)
        case Table():
            yield from _table(block)
        case Picture():
            yield from _items((Told(line) for line in block.about), False, 0)
        case Section():
            yield f"{'#' * depth} {escaped(block.title)}"
            yield from _blocks(block.blocks, depth + 1)


def _paragraph(said: Told) -> Iterator[str]:
    yield escaped(said.text)
    if said.parts:
        yield ""
        yield from _items(said.parts, said.is_ordered, 0)


def _items(items: Iterable[Told], is_ordered: bool, depth: int) -> Iterator[str]:
    for place, item in enumerate(items, 1):
        mark = f"{place}." if is_ordered else "-"
        yield f"{' ' * depth}{mark} {escaped(item.text)}"
        yield from _items(item.parts, item.is_ordered, depth + len(mark) + 1)


def _field(name: str, said: tuple[Told, ...]) -> Iterator[str]:
    if len(said) == 1:
        yield f"- **{escaped(name)}**: {escaped(said[0].text)}"
        yield from _items(said[0].parts, said[0].is_ordered, 2)
        return
    yield f"- **{escaped(name)}**:"
    yield from _items(said, False, 2)


def _table(table: Table) -> Iterator[str]:
    yield f"| {' | '.join(escaped(name) for name in table.head)} |"
    yield f"|{'|'.join(' --- ' for _ in table.head)}|"
    for row in table.rows:
        yield f"| {' | '.join(_cell(cell) for cell in row)} |"


def _cell(cell: tuple[Told, ...]) -> str:
    return "<br>".join(line for said in cell for line in _in_cell(said, 0))


def _in_cell(said: Told, depth: int) -> Iterator[str]:
    yield f"{'&nbsp;' * 4 * (depth - 1)}{'• ' if depth else ''}{escaped(said.text, begins=False)}"
    for place, part in enumerate(said.parts, 1):
        numbered = (
            Told(f"({place}) {part.text}", part.parts, part.is_ordered) if said.is_ordered else part
        )
        yield from _in_cell(numbered, depth + 1)
