"""The header of a file of `sql/`: what it reads, makes, changes and counts.

    -- reads: core.encounter, w_person
    -- makes: w_visit
    -- changes: cases.stage
    -- counts: stages_changed

A long list continues on the next line, after `--` and two or more spaces. `reads` lists tables, views and relations
that the caller supplies; `makes` lists temporary tables and views, which are dropped before a rerun; `changes` lists
tables with inserts, updates or deletes; `counts` lists the names of statements whose row counts Python uses. Tests
compare each header with the statements below it; `make sql-headers` writes it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

KEYS = ("reads", "makes", "changes", "counts")
WIDTH = 110

_FIRST = re.compile(rf"-- ({'|'.join(KEYS)}): *(.*)")
_MORE = re.compile(r"--  +(.*)")
_COUNT = re.compile(r"^-- count: ([a-z][a-z_]*)$", re.MULTILINE)


@dataclass(frozen=True)
class Contract:
    """The header of a file; each list is sorted."""

    reads: tuple[str, ...] = ()
    makes: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()
    counts: tuple[str, ...] = ()

    def header(self) -> str:
        """Return the text of the header, without the empty line after it."""
        lines: list[str] = []
        for key in KEYS:
            names = getattr(self, key)
            if not names:
                continue
            line = f"-- {key}: {names[0]}"
            for name in names[1:]:
                if len(line) + len(name) + 3 > WIDTH:
                    lines.append(f"{line},")
                    line = f"--     {name}"
                else:
                    line += f", {name}"
            lines.append(line)
        return "\n".join(lines)


def read(text: str) -> tuple[Contract, str]:
    """Return the header at the top of a file, and the rest of the file."""
    found: dict[str, list[str]] = {}
    key = None
    lines = text.splitlines(keepends=True)
    place = 0
    for line in lines:
        if first := _FIRST.fullmatch(line.rstrip("\n")):
            key = first[1]
            found[key] = _names(first[2])
        elif key and (more := _MORE.fullmatch(line.rstrip("\n"))):
            found[key] += _names(more[1])
        else:
            break
        place += 1
    rest = "".join(lines[place:])
    contract = Contract(**{name: tuple(names) for name, names in found.items()})
    return contract, rest.lstrip("\n") if place else rest


def count_of(statement: str) -> str | None:
    """Return the name under which the rows of a statement are counted, if it has one."""
    named = _COUNT.search(statement)
    return named[1] if named else None


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]
