"""The words that the lookups of a source's tables know, by the field that keeps what they stand for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from throughline.sources import catalogue
from throughline.sources.codes import codes_of
from throughline.sources.source import SourceDefinition
from throughline.sources.tabular.columns import COLUMNS, STANDARD, lines_of


def looked_up(definition: SourceDefinition) -> dict[str, dict[str, str]]:
    """Return, by `table.column`, what each word of a lookup stands for, and each of these for itself.

    Only texts, and only those of which the definition does not say what becomes of another word (`otherwise`): such a
    word is a code that nobody has mapped.
    """
    found: dict[str, dict[str, str]] = {}
    codes = codes_of(STANDARD, definition.conventions.get("codes", {}))
    for table, columns in _mapped(definition):
        for name, said in columns.items():
            field = f"{table}.{name}"
            if not isinstance(said, Mapping) or "lookup" not in said or "otherwise" in said:
                continue
            if COLUMNS[table][name].type != "text":
                continue
            for word, given in said["lookup"].items():
                if given is not None:
                    kept = codes[field](str(given)) if field in codes else str(given)
                    found.setdefault(field, {}).update({str(word): str(kept), str(kept): str(kept)})
    return found


def _mapped(definition: SourceDefinition) -> Iterator[tuple[str, Mapping[str, Any]]]:
    for table in definition.conventions.get("tables", {}).values():
        for record in table["records"]:
            entry = catalogue.entry(record["feed"])
            yield entry.table.name, record["columns"]
            lines = lines_of(entry)
            if lines is not None and "lines" in record:
                yield lines, record["lines"]["columns"]
