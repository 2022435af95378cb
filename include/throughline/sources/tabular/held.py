"""Says what the rows of a file hold, for the profile of a source: the names of columns, and which are mapped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO

from throughline.sources import catalogue
from throughline.sources.definitions import SourceDefinition
from throughline.sources.standard import Held, HeldCode
from throughline.sources.tabular.columns import COLUMNS, lines_of
from throughline.sources.tabular.shape import Table, table_of
from throughline.sources.tabular.values import (
    Refused,
    Row,
    Value,
    is_met,
    name_of,
    text_of,
)
from throughline.sources.tabular.walk import Walk


@dataclass(frozen=True)
class _Lookup:
    """A lookup that refuses a word that it does not have, or of which the definition says what becomes of such a word.

    The words of all others are staged as they stand, and are looked at there.
    """

    field: str
    when: Mapping[str, Any]
    word: Value
    known: Mapping[str, Any]
    is_for_all: bool

    def code(self, row: Row) -> HeldCode | None:
        """Return the word of a row, with what it stands for; None if the row has none."""
        if not is_met(self.when, row):
            return None
        try:
            said = self.word.read(row)
        except Refused:
            return None
        if said is None:
            return None
        meaning = self.known.get(name_of(said))
        at = ", ".join(self.word.columns)
        return HeldCode(at, said, meaning, self.is_for_all, self.field, is_looked_up=True)


def held(stream: BinaryIO, file: str, definition: SourceDefinition) -> Iterator[Held]:
    """Yield the filled columns of each row. Raises `FileRefusedError`; a file of no table yields nothing."""
    table = table_of(definition, file)
    if table is None:
        return
    used = {name_of(name) for name in table.used}
    lookups = tuple(_lookups(definition, table))
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
                tuple(code for each in lookups if (code := each.code(line.cells)) is not None),
            )


def _lookups(definition: SourceDefinition, table: Table) -> Iterator[_Lookup]:
    said = definition.conventions["tables"][table.name]
    empty = frozenset({"", *(str(word) for word in said.get("empty", ()))})
    for record in said["records"]:
        entry = catalogue.entry(record["feed"])
        mapped = [(entry.table.name, record["columns"])]
        if (lines := lines_of(entry)) is not None and "lines" in record:
            mapped.append((lines, record["lines"]["columns"]))
        for of, columns in mapped:
            for name, about in columns.items():
                if not isinstance(about, Mapping) or "lookup" not in about:
                    continue
                if "otherwise" not in about and COLUMNS[of][name].type == "text":
                    continue
                only = {key: about[key] for key in ("from", "join", "split") if key in about}
                yield _Lookup(
                    f"{of}.{name}",
                    record.get("when", {}),
                    text_of(only, table.zone, empty),
                    {
                        name_of(str(word)): "nothing" if given is None else str(given)
                        for word, given in about["lookup"].items()
                    },
                    about.get("otherwise", "refuse") == "refuse",
                )
