"""Says what the rows of a file hold, for the profile of a source: the names of columns, and which are mapped."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from throughline.sources.definitions import SourceDefinition
from throughline.sources.standard import Held
from throughline.sources.tabular.shape import table_of
from throughline.sources.tabular.values import name_of
from throughline.sources.tabular.walk import Walk


def held(stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
    """Yield the filled columns of each row. Raises `FileRefusedError`; a file of no table yields nothing."""
    table = table_of(definition, file)
    if table is None:
        return
    used = {name_of(name) for name in table.used}
    walk = Walk(stream, file, table)
    for line in walk:
        if line.kind == "row":
            yield Held(
                table.name,
                {
                    name: name_of(name) in used
                    for name in walk.names
                    if name and line.cells[name_of(name)].strip()
                },
            )
