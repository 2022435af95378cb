"""Goes through the rows of a file: its header, what is ignored, what adds up, and what is left for the records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from difflib import get_close_matches
from typing import BinaryIO, Literal

from throughline.sources.records import FileRefusedError
from throughline.sources.tabular.cells import CUT_OFF, cells
from throughline.sources.tabular.shape import Cells, Table
from throughline.sources.tabular.values import Refused, Row, is_met, name_of, number_of

NO_TOTAL = "there is no total row: the end of the file is missing"
NOT_A_SUM, NO_NUMBER, NOT_COUNTED = (
    "the total does not add up",
    "the total is not a number",
    "not the number of rows",
)
OF_TOTAL = f"^{NO_TOTAL}$|: ({NOT_A_SUM}|{NO_NUMBER}|{NOT_COUNTED})$"
"""The reasons that say of a total that it is wrong: what the rows before it say was read."""
MISSING = "columns are missing"
QUOTES = "write it in quotes, because a # after a blank begins a comment"
MANY = 5
"""How many missing columns a reason names."""

Kind = Literal["row", "total", "broken"]


@dataclass(frozen=True)
class Line:
    """One row: what it is, its cells by folded name, what is wrong with it, and the sums of a wrong total."""

    kind: Kind
    row: int
    cells: Row
    fault: str = ""
    stated: Decimal | None = None
    explained: Decimal | None = None


@dataclass
class _Sums:
    """What the rows since the file or the section began add up to; a cell that is no number adds nothing."""

    rows: int = 0
    by_column: dict[str, Decimal] = field(default_factory=dict)


class Walk:
    """One pass over a file. What is only known at its end stands in its attributes then."""

    def __init__(self, stream: BinaryIO, file: str, table: Table) -> None:
        self._rows = cells(stream, file, table)
        self._file = file
        self._table = table
        self.names: tuple[str, ...] = ()
        self.new: tuple[str, ...] = ()
        self.position = 0
        self.is_whole = True

    def __iter__(self) -> Iterator[Line]:
        """Yield the rows that are not ignored. Raises `FileRefusedError`."""
        table = self._table
        self._header()
        keys = [name_of(name) for name in self.names]
        sums, has_total = _Sums(), False
        for one in self._without_footer():
            self.position = one.row
            line = self._line(one, keys)
            if line.kind == "broken":
                self.is_whole = self.is_whole and line.fault != CUT_OFF
            elif table.total is not None and is_met(table.total.where, line.cells):
                line, has_total = self._total(line, sums), True
                if line.fault:
                    self.is_whole = False
                if table.total.is_of_section:
                    sums = _Sums()
            else:
                self._add(line.cells, sums)
                if table.is_ignored(line.cells):
                    continue
            yield line
        if table.total is not None and not has_total:
            self.is_whole = False
            yield Line("total", self.position + 1, {}, NO_TOTAL)

    # --- the header

    def _header(self) -> None:
        """Read which column is where. Raises `FileRefusedError` if one that is needed is not there."""
        table = self._table
        names = table.names
        if table.header:
            found = self._headers(table.header)
            names = tuple(" ".join(name.split()) for name in found)
            if table.names:
                names = table.names + names[len(table.names) :]
        folded = [name_of(name) for name in names]
        wanted = [name for name in table.used if name_of(name) not in folded]
        twice = [name for name in table.used if folded.count(name_of(name)) > 1]
        known = {name_of(name) for name in table.used} | table.unused
        new = [name for name in names if name and name_of(name) not in known]
        if wanted:
            raise FileRefusedError(self._file, self.position, self._missing(wanted, new))
        if twice:
            told = ", ".join(twice[:MANY])
            raise FileRefusedError(self._file, self.position, f"columns stand twice: {told}")
        self.names, self.new = names, tuple(new)

    def _headers(self, rows: Sequence[int]) -> list[str]:
        """Return the names in the header rows; of several, the upper ones hold for all columns below them."""
        found: dict[int, list[str]] = {}
        for one in self._rows:
            self.position = one.row
            if one.row in rows:
                found[one.row] = one.cells
            if one.row >= rows[-1]:
                break
        if rows[-1] not in found:
            raise FileRefusedError(
                self._file, self.position, f"there is no header in row {rows[-1]}"
            )
        names = list(found[rows[-1]])
        for row in reversed(rows[:-1]):
            above, last = found.get(row, []), ""
            for n, name in enumerate(names):
                last = above[n].strip() if n < len(above) and above[n].strip() else last
                names[n] = f"{last} {name}".strip()
        return names

    def _missing(self, wanted: list[str], new: list[str]) -> str:
        """Return which columns are missing. New names are told only of what is a header without doubt."""
        told = f"{MISSING}: {', '.join(wanted[:MANY])}"
        if len(wanted) > MANY:
            told += f" and {len(wanted) - MANY} more"
        cut = [
            f'"{full}"'
            for name in wanted
            for full in new
            if name_of(full).startswith(f"{name_of(name)} #")
        ]
        if cut:
            # a comment of YAML begins there, so the definition says less than who wrote it meant
            told += f"; the file has {', '.join(cut[:MANY])}: {QUOTES}"
            return told
        if new and len(wanted) * 2 <= len(self._table.used):
            near = [
                close for name in wanted for close in get_close_matches(name, new, n=1, cutoff=0.5)
            ]
            names = near or new
            told += f"; new are {', '.join(dict.fromkeys(names[:MANY]))}"
        return told

    # --- the rows

    def _without_footer(self) -> Iterator[Cells]:
        held: deque[Cells] = deque()
        for one in self._rows:
            held.append(one)
            if len(held) > self._table.footer:
                yield held.popleft()

    def _line(self, one: Cells, keys: list[str]) -> Line:
        found = one.cells
        while len(found) > len(keys) and not found[-1].strip():
            found = found[:-1]
        row = dict(zip(keys, found, strict=False))
        if one.fault:
            return Line("broken", one.row, row, one.fault)
        if self._table.format == "xlsx":
            # a row of a sheet has no end of its own
            row = dict.fromkeys(keys, "") | row
            found = [*found, *[""] * (len(keys) - len(found))]
        total = self._table.total
        if len(found) < len(keys) and total is not None:
            # a total row often ends where its last number stands
            full = dict.fromkeys(keys, "") | row
            if is_met(total.where, full):
                return Line("row", one.row, full)
        if len(found) != len(keys):
            told = f"{len(found)} cells, and not {len(keys)} as the header has"
            return Line("broken", one.row, row, told)
        return Line("row", one.row, row)

    def _add(self, row: Row, sums: _Sums) -> None:
        sums.rows += 1
        total = self._table.total
        for name in total.sums if total is not None else ():
            try:
                amount = Decimal(number_of(row[name_of(name)], total.marks if total else {}))
            except Refused:
                continue
            sums.by_column[name] = sums.by_column.get(name, Decimal(0)) + amount

    def _total(self, line: Line, sums: _Sums) -> Line:
        """Return the total row with what does not add up in it, if anything."""
        total = self._table.total
        assert total is not None
        for name in total.sums:
            explained = sums.by_column.get(name, Decimal(0))
            try:
                stated = Decimal(number_of(line.cells[name_of(name)], total.marks))
            except Refused:
                return Line("total", line.row, line.cells, f"{name}: {NO_NUMBER}")
            if stated != explained:
                told = f"{name}: {NOT_A_SUM}"
                return Line("total", line.row, line.cells, told, stated, explained)
        if total.rows:
            said = line.cells[name_of(total.rows)].strip().replace(",", "")
            if said != str(sums.rows):
                return Line("total", line.row, line.cells, f"{total.rows}: {NOT_COUNTED}")
        return Line("total", line.row, line.cells)
