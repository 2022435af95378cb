"""Codes of staged rows that nobody has mapped: what a night would note of them, before there is one."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from throughline.evidence.codes import register_codes
from throughline.evidence.unmapped import Resting, not_understood, resting
from throughline.sources import SourceDefinition, catalogue
from throughline.warehouse import Connection

# The conditions of `sql/evidence/unknown_codes.sql` and `throughline.evidence.unmapped`, for rows that are staged.
_UNMAPPED = """
select c.field, c.code, count(*)
from staging.{table} as r
cross join lateral (
    values {values}
) as c (field, code, applies, by_prefix)
where r.batch_id = %(batch)s and not r.is_deleted and c.applies and c.code <> ''
    and not exists (select from evidence.known_code as k where k.field = c.field and k.word = c.code)
    and not (
        c.by_prefix
        and exists (
            select from evidence.known_code as k
            where k.field = c.field and starts_with(c.code, k.word)
        )
    )
group by 1, 2"""


class Unmapped:
    """The fields of a source whose codes must be known (`all_fields`), and which codes of its staged rows are not."""

    def __init__(self, conn: Connection, about: SourceDefinition) -> None:
        """Make `evidence.code_map` and `evidence.known_code` what is known of this one source; does not commit."""
        register_codes(conn, [about])
        self._conn = conn
        self._known = tuple(resting([about]))
        self.all_fields = frozenset(one.field for one in self._known)

    def fields(self, table: str) -> frozenset[str]:
        """Return the columns of a table whose codes must be known."""
        return frozenset(one.code.name for one in self._known if one.table.name == table)

    def of(self, feed: str, batch: UUID) -> Mapping[str, Mapping[str, int]]:
        """Return the codes that nobody has mapped, by `table.column`, each with the number of rows that have it."""
        found: dict[str, dict[str, int]] = {}
        for table in catalogue.entry(feed).tables:
            own = [one for one in self._known if one.table.name == table.name]
            if not own:
                continue
            query = _UNMAPPED.format(table=table.name, values=", ".join(map(_value, own)))
            for field, code, rows in self._conn.execute(
                query.encode(), {"batch": batch}
            ).fetchall():
                found.setdefault(field, {})[code] = rows
        return found


def _value(one: Resting) -> str:
    applies = f"not coalesce({one.code.unless}, false)" if one.code.unless else "true"
    return f"('{one.field}', {not_understood(one.code)}, {applies}, {one.code.by_prefix})"
