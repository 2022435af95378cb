"""Finds the elements that records hold and no reader reads, by type of record."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from throughline.profiling.shapes import Element, RecordType
from throughline.sources import SourceDefinition, registry
from throughline.sources.files import open_file
from throughline.sources.records import FileRefusedError

RECORDS_OF_A_FILE = 50_000
"""How many records of a file to look at; an element that none of them has is rare."""
ELEMENTS_OF_A_TYPE = 2_000


@dataclass
class _Type:
    records: int = 0
    held: Counter[str] = field(default_factory=Counter)
    read: set[str] = field(default_factory=set)


@dataclass
class Translated:
    """The codes of one element that the reader translates: rows, meanings and persons by code."""

    rows: Counter[str] = field(default_factory=Counter)
    meanings: dict[str, str | None] = field(default_factory=dict)
    persons: dict[str, set[int]] = field(default_factory=dict)
    is_for_all: bool = True
    field: str = ""
    is_looked_up: bool = False


@dataclass
class Looked:
    """What the files hold: types of record, and codes that the reader translates by element."""

    types: dict[str, _Type] = field(default_factory=dict)
    translated: dict[str, Translated] = field(default_factory=dict)

    def told(self) -> tuple[RecordType, ...]:
        """Return the types of record and their elements, both with the most frequent first."""
        return tuple(
            RecordType(
                name,
                one.records,
                tuple(
                    Element(path, count, path in one.read)
                    for path, count in sorted(
                        one.held.items(), key=lambda each: (-each[1], each[0])
                    )[:ELEMENTS_OF_A_TYPE]
                ),
                max(0, len(one.held) - ELEMENTS_OF_A_TYPE),
            )
            for name, one in sorted(
                self.types.items(), key=lambda each: (-each[1].records, each[0])
            )
        )


def look(definition: SourceDefinition, files: Iterable[tuple[str, Path]], persons: int) -> Looked:
    """Look at what the records of files hold; counts up to `persons` distinct persons for each code."""
    found = Looked()
    standard = registry.standard(definition.standard)
    for name, path in files:
        try:
            with open_file(path) as stream:
                records = standard.held(stream, name, definition)
                for record in islice(records, RECORDS_OF_A_FILE):
                    one = found.types.setdefault(record.kind, _Type())
                    one.records += 1
                    one.held.update(record.elements.keys())
                    one.read.update(path for path, is_read in record.elements.items() if is_read)
                    for at, code, meaning, is_for_all, named, is_looked_up in record.codes:
                        of = found.translated.setdefault(f"{record.kind} {at}", Translated())
                        of.is_for_all = is_for_all
                        of.field, of.is_looked_up = named, is_looked_up
                        of.rows[code] += 1
                        of.meanings[code] = of.meanings.get(code) or meaning
                        known = of.persons.setdefault(code, set())
                        if len(known) < persons and record.subject is not None:
                            known.add(hash(record.subject))
        except FileRefusedError:
            # landing or staging already reported it
            continue
    return found
