"""The page as HTML: every text escaped, nothing loaded from elsewhere, light and dark as the reader prefers."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

from throughline.workflows.language.rendered.style import STYLE
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


def document(page: Page) -> str:
    """Return a page as a whole document."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n<meta name="robots" content="noindex">\n'
        f"<title>{escape(page.title)} · Throughline</title>\n<style>\n{STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{fragment(page)}</main>\n</body>\n</html>\n"
    )


def fragment(page: Page) -> str:
    """Return what stands in `<main>`, for a page with a frame of its own; its style is `style.STYLE`."""
    return f'<div class="definition">\n<h1>{_words(page.title)}</h1>\n{_blocks(page.blocks, 2)}</div>\n'


def _blocks(blocks: Iterable[Block], depth: int) -> str:
    return "".join(_block(block, depth) for block in blocks)


def _block(block: Block, depth: int) -> str:
    match block:
        case Told():
            return f"<p>{_words(block.text)}</p>\n{_parts(block)}"
        case Items():
            return _list(block.items, block.is_ordered)
        case Fields():
            rows = "".join(
                f"<dt>{_words(name)}</dt><dd>{_said(said)}</dd>\n" for name, said in block.rows
            )
            return f'<dl class="said">\n{rows}</dl>\n'
        case Table():
            return _table(block)
        case Picture():
            return f'<figure class="picture">{block.svg}</figure>\n'
        case Section():
            name = f"h{min(depth, 6)}"
            kind = ' class="part"' if depth > 2 else ""
            inner = _blocks(block.blocks, depth + 1)
            return f"<section{kind}>\n<{name}>{_words(block.title)}</{name}>\n{inner}</section>\n"


def _words(text: str) -> str:
    return escape(" ".join(text.split()))


def _said(said: tuple[Told, ...]) -> str:
    if len(said) == 1:
        return f"{_words(said[0].text)}{_parts(said[0])}"
    return "".join(f"<p>{_words(each.text)}</p>{_parts(each)}" for each in said)


def _parts(said: Told) -> str:
    return _list(said.parts, said.is_ordered) if said.parts else ""


def _list(items: Iterable[Told], is_ordered: bool) -> str:
    name = "ol" if is_ordered else "ul"
    rows = "".join(f"<li>{_words(each.text)}{_parts(each)}</li>\n" for each in items)
    return f"<{name}>\n{rows}</{name}>\n"


def _table(table: Table) -> str:
    head = "".join(f'<th scope="col">{_words(name)}</th>' for name in table.head)
    rows = "".join(f"<tr>{_row(row, table.head)}</tr>\n" for row in table.rows)
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"


def _row(row: tuple[tuple[Told, ...], ...], head: tuple[str, ...]) -> str:
    first, *others = row
    cells = "".join(
        f'<td data-head="{escape(name)}"><div>{_said(cell)}</div></td>'
        for name, cell in zip(head[1:], others, strict=True)
    )
    return f'<th scope="row" data-head="{escape(head[0])}"><div>{_said(first)}</div></th>{cells}'
