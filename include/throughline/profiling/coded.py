"""The values of coded fields: which may be shown, which nobody has mapped, and where they are given a meaning."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from uuid import UUID

from psycopg import sql

from throughline.profiling import elements, frames, shown
from throughline.profiling.meanings import CODE_MAPS, Meanings
from throughline.profiling.personal import Personal
from throughline.profiling.shapes import Codes, Value
from throughline.profiling.unmapped import Unmapped
from throughline.quality.history import STATUSES
from throughline.sources import SourceDefinition, registry
from throughline.sources.definitions import file_of
from throughline.sources.tabular.shape import ANOTHER
from throughline.vocabulary import shown as shown_path
from throughline.warehouse import Connection

PLACES = 3
"""Of so many codes of a field that may not be shown, it is said where they stand."""
OUR_WORDS = STATUSES | {"patient", "clinic"}
"""Words that come from our readers or from FHIR, so they identify nobody."""


class Coded:
    """The codes of one source: which a night would not know is asked as a night asks it."""

    def __init__(
        self, conn: Connection, about: SourceDefinition, batches: Mapping[str, UUID]
    ) -> None:
        """Look for the codes of the staged batches, by feed, that nobody has mapped."""
        self._conn = conn
        self._about = about
        self._standard = registry.standard(about.standard)
        self._meanings = Meanings()
        self._personal = Personal(conn)
        self._unmapped = Unmapped(conn, about)
        self._lost = {
            field: codes
            for feed, batch in batches.items()
            for field, codes in self._unmapped.of(feed, batch).items()
        }
        self._told: set[str] = set()

    def columns(self, table: str) -> frozenset[str]:
        """Return the columns of a staged table whose codes must be known."""
        return self._unmapped.fields(table)

    def translated(self, name: str, of: elements.Translated) -> tuple[str, Codes]:
        """Return the name of an element whose codes the reader translates, and the codes.

        Call it before `staged`: what it tells is not told of the staged column again.
        """
        persons = {code: len(known) for code, known in of.persons.items()}
        is_for_all = of.is_for_all
        if of.field in self._judged and not of.is_looked_up:
            is_for_all = is_for_all and of.field in self._lost
            self._told.add(of.field)
        known = frozenset(code for code, said in of.meanings.items() if said is not None)
        words = known if of.is_looked_up else frozenset()
        found = self._shown(dict(of.rows), of.meanings, persons, None, words)
        written = self._written(of.field) if of.field else ""
        return name, replace(found, is_mapped=True, is_for_all=is_for_all, written=written)

    def staged(self, table: str, column: str, batch: UUID, tally: frames.Tally) -> Codes:
        """Return the codes of a staged column."""
        code_map = CODE_MAPS.get((table, column))
        field = f"{table}.{column}"
        rows: dict[str, int] = {}
        meaning: dict[str, str | None] = {}
        for (value, system), count in tally.counts.items():
            rows[value] = rows.get(value, 0) + count
            if code_map is not None:
                meaning[value] = meaning.get(value) or self._meanings.of(code_map, system, value)
        is_judged = field in self._judged
        lost = self._lost.get(field, {}) if is_judged else None
        words = self._standard.looked_up(self._about).get(field, {})
        found = self._shown(
            rows,
            meaning,
            tally.persons(),
            lost,
            frozenset(words.values()),
            is_flag=tally.kind == "flag",
        )
        if code_map is None and not is_judged:
            return found
        is_for_all = is_judged and field not in self._told
        seen = {value.value for value in found.values}
        places = Places(self._conn, table, batch, column)
        hidden = sorted(value for value in lost or () if value not in seen)
        return replace(
            found,
            is_mapped=True,
            is_for_all=is_for_all,
            maps=code_map.maps if code_map is not None else (),
            places=places.of(hidden[:PLACES], self._personal) if is_for_all else (),
            written=self._written(field) if is_for_all and lost else "",
        )

    @property
    def personal(self) -> Personal:
        """The identifying values of the delivery."""
        return self._personal

    @property
    def _judged(self) -> frozenset[str]:
        return self._unmapped.all_fields

    def _written(self, field: str) -> str:
        """Return where a code of a field is given its meaning: file and keys."""
        places = " and ".join(self._standard.written_at(self._about, field))
        return f"{places} of {shown_path(file_of(self._about.source))}"

    def _shown(
        self,
        rows: Mapping[str, int],
        meaning: Mapping[str, str | None],
        persons: Mapping[str, int],
        lost: Mapping[str, int] | None,
        words: frozenset[str],
        *,
        is_flag: bool = False,
    ) -> Codes:
        """Return the values that may be shown, and counts of the others.

        `lost` are those that nobody has mapped, None if that is those without a meaning; `words` are those of a
        lookup of the definition.
        """
        someones = self._personal.among(rows) if not is_flag else frozenset()
        unknown = [v for v in rows if (meaning.get(v) is None if lost is None else v in lost)]
        # a column that has none of the words of its lookup is perhaps another than was meant
        is_listed = not words.isdisjoint(rows) and len(unknown) <= shown.MANY_WORDS
        if is_listed:
            someones |= self._personal.in_words(unknown)
        values, hidden = [], []
        for value, count in sorted(rows.items(), key=lambda each: (-each[1], each[0])):
            may = shown.may_be_shown(
                value,
                persons.get(value, 0),
                is_known=is_flag
                or value in OUR_WORDS
                or value in words
                or meaning.get(value) is not None,
                is_personal=value in someones,
                is_listed=is_listed,
            )
            if may:
                told = {"True": "yes", "False": "no"}[value] if is_flag else value
                is_known = lost is not None and value not in lost
                values.append(Value(told, count, meaning.get(value), is_known))
            else:
                hidden.append(value)
        return Codes(
            tuple(values),
            len(hidden),
            sum(rows[value] for value in hidden),
            hidden_unmapped=len(set(hidden) & set(unknown)),
        )


@dataclass(frozen=True)
class Places:
    """Where the values of a staged column stand: for whoever has the file, what may not be shown can be looked up."""

    conn: Connection
    table: str
    batch: UUID
    column: str

    def of(self, values: Iterable[str], personal: Personal) -> tuple[str, ...]:
        """Return the file and row in which each value stands first."""
        query = sql.SQL(
            "select f.original_name, s.row_no from staging.{} as s"
            " inner join landing.file as f on f.file_id = s.file_id"
            " where s.batch_id = %s and not s.is_deleted and s.{}::text = %s order by 1, 2 limit 1"
        ).format(sql.Identifier(self.table), sql.Identifier(self.column))
        told = []
        for value in values:
            row = self.conn.execute(query, (self.batch, value)).fetchone()
            if row is not None:
                file = personal.without([row[0]])[row[0]]
                told.append(f"{file}, row {row[1] % ANOTHER}")
        return tuple(told)
