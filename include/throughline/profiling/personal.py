"""The identifying values of a delivery: no value and no name of a file that has one is shown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from psycopg import sql

from throughline.profiling.meanings import PERSONAL
from throughline.warehouse import Connection


class Personal:
    """The identifying values in the staged rows; other values are checked against them, never listed."""

    LONGEST_SHORT = 2

    def __init__(self, conn: Connection) -> None:
        self._conn = conn
        columns = conn.execute(
            "select table_name, column_name, data_type from information_schema.columns"
            " where table_schema = 'staging' and (column_name = any(%s)"
            " or column_name = 'identifiers' or (table_name = 'patient' and column_name = 'source_id'))",
            (sorted(PERSONAL),),
        ).fetchall()
        parts = [
            sql.SQL(
                "select i ->> 'value' from staging.{} cross join jsonb_array_elements({}) as i"
                if kind == "jsonb"
                else "select {1} from staging.{0}"
            ).format(sql.Identifier(table), sql.Identifier(column))
            for table, column, kind in columns
        ]
        conn.execute(
            sql.SQL(
                "create temp table personal as select distinct lower(p.value) as value"
                " from ({}) as p (value) where length(p.value) > %s"
            ).format(sql.SQL(" union all ").join(parts)),
            # a single letter is an initial or a sex code, not a name
            (self.LONGEST_SHORT,),
        )
        conn.execute("create index on personal (value)")

    def among(self, values: Iterable[str]) -> frozenset[str]:
        """Return the values that identify a person, ignoring case."""
        given = list(values)
        rows = self._conn.execute(
            "select g.value from unnest(%s::text[]) as g (value)"
            " where exists (select from personal as p where p.value = lower(g.value))",
            (given,),
        ).fetchall()
        return frozenset(row[0] for row in rows)

    def in_words(self, values: Iterable[str]) -> frozenset[str]:
        """Return the values of which a word identifies a person, ignoring case."""
        words = {value: parts_of(value) for value in values}
        found = self.among({word for each in words.values() for word in each})
        return frozenset(value for value, each in words.items() if not found.isdisjoint(each))

    def without(self, names: Iterable[str]) -> dict[str, str]:
        """Return how each file is shown: by its name, or by a number if the name identifies a person."""
        told = {}
        for number, name in enumerate(dict.fromkeys(names), 1):
            told[name] = f"(file {number})" if self.among(parts_of(name)) else name
        return told


def parts_of(text: str) -> set[str]:
    """Return the parts of a file or element name that could be a person's name or number."""
    words = {
        *re.findall(r"[^\W_]+", text),
        *re.findall(r"\w+", text),
        *re.split(r"[\s._/]", text),
    }
    # a short number is a version or a part, and identifies nobody
    return {word for word in words if len(word) > 4 or word.isalpha()}
