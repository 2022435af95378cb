"""The page as HTML: every text escaped, nothing loaded from elsewhere, light and dark as the reader prefers."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
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

_QUOTED = re.compile("“([^“”]+)”")


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
    written = _Written(dict(_explained(page.blocks)))
    return f'<div class="definition">\n<h1>{_plain(page.title)}</h1>\n{written.blocks(page.blocks, 2)}</div>\n'


def _explained(blocks: Iterable[Block]) -> Iterator[tuple[str, str]]:
    """Yield each name that the page explains, with the place to go to."""
    for block in blocks:
        if isinstance(block, Section):
            yield from _explained(block.blocks)
        elif isinstance(block, Fields):
            for name, _ in block.rows:
                if _QUOTED.fullmatch(name):
                    yield name[1:-1], f"name-{re.sub('[^0-9A-Za-z_]', '-', name[1:-1])}"


def _plain(text: str) -> str:
    return escape(" ".join(text.split()))


@dataclass(frozen=True)
class _Written:
    """Writes the parts of a page; `names` are those that it explains, each with its place."""

    names: dict[str, str]

    def blocks(self, blocks: Iterable[Block], depth: int) -> str:
        return "".join(self._block(block, depth) for block in blocks)

    def _block(self, block: Block, depth: int) -> str:
        match block:
            case Told():
                return f"<p>{self._words(block.text)}</p>\n{self._parts(block)}"
            case Items():
                return self._list(block.items, block.is_ordered)
            case Fields():
                rows = "".join(
                    f"<dt{self._place(name)}>{_plain(name)}</dt><dd>{self._said(said)}</dd>\n"
                    for name, said in block.rows
                )
                return f'<dl class="said">\n{rows}</dl>\n'
            case Table():
                return self._table(block)
            case Picture():
                return f'<figure class="picture">{block.svg}</figure>\n'
            case Section():
                name = f"h{min(depth, 6)}"
                kind = ' class="part"' if depth > 2 else ""
                inner = self.blocks(block.blocks, depth + 1)
                return (
                    f"<section{kind}>\n<{name}>{_plain(block.title)}</{name}>\n{inner}</section>\n"
                )

    def _place(self, name: str) -> str:
        place = self.names.get(name[1:-1]) if _QUOTED.fullmatch(name) else None
        return f' id="{place}"' if place else ""

    def _words(self, text: str) -> str:
        """Return a text whose names lead to what they mean."""
        return _QUOTED.sub(self._linked, _plain(text))

    def _linked(self, found: re.Match[str]) -> str:
        place = self.names.get(found[1])
        return f'<a href="#{place}">{found[0]}</a>' if place else found[0]

    def _said(self, said: tuple[Told, ...]) -> str:
        if len(said) == 1:
            return f"{self._words(said[0].text)}{self._parts(said[0])}"
        return "".join(f"<p>{self._words(each.text)}</p>{self._parts(each)}" for each in said)

    def _parts(self, said: Told) -> str:
        return self._list(said.parts, said.is_ordered) if said.parts else ""

    def _list(self, items: Iterable[Told], is_ordered: bool) -> str:
        name = "ol" if is_ordered else "ul"
        rows = "".join(f"<li>{self._words(each.text)}{self._parts(each)}</li>\n" for each in items)
        return f"<{name}>\n{rows}</{name}>\n"

    def _table(self, table: Table) -> str:
        head = "".join(f'<th scope="col">{_plain(name)}</th>' for name in table.head)
        rows = "".join(f"<tr>{self._row(row, table.head)}</tr>\n" for row in table.rows)
        return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}</tbody>\n</table>\n"

    def _row(self, row: tuple[tuple[Told, ...], ...], head: tuple[str, ...]) -> str:
        first, *others = row
        cells = "".join(
            f'<td data-head="{escape(name)}"><div>{self._said(cell)}</div></td>'
            for name, cell in zip(head[1:], others, strict=True)
        )
        named = f'data-head="{escape(head[0])}"'
        return f'<th scope="row" {named}><div>{self._said(first)}</div></th>{cells}'
