"""Adds check constraints to the columns that hold words of the vocabulary."""

from __future__ import annotations

from psycopg import Connection, sql

from throughline.vocabulary import LISTS, WordList

_CHECKS = """
    select
        n.nspname || '.' || c.relname || '.' || a.attname,
        obj_description(k.oid, 'pg_constraint')
    from pg_constraint as k
    inner join pg_class as c on c.oid = k.conrelid
    inner join pg_namespace as n on n.oid = c.relnamespace
    inner join pg_attribute as a on a.attrelid = c.oid and k.conname = a.attname || '_is_a_word'
    where k.contype = 'c'
"""


def check_words(conn: Connection) -> list[str]:
    """Make every vocabulary column accept only words of its list; returns the columns whose check changed.

    Words marked *not yet* are accepted, because rows of earlier versions may hold them and still be updated. Existing
    rows are not checked. Takes an exclusive lock on each table whose list changed. Does not commit.
    """
    there: dict[str, str] = dict(conn.execute(_CHECKS).fetchall())
    wanted = {column: each for each in LISTS for column in each.columns}
    changed = [
        column
        for column in sorted({*there, *wanted})
        if there.get(column) != (_told(wanted[column]) if column in wanted else None)
    ]
    for column in changed:
        schema, table, name = column.split(".")
        parts = {
            "table": sql.Identifier(schema, table),
            "column": sql.Identifier(name),
            "check": sql.Identifier(f"{name}_is_a_word"),
        }
        conn.execute(
            sql.SQL("alter table {table} drop constraint if exists {check}").format(**parts)
        )
        if column in wanted:
            words = sql.SQL(", ").join(sql.Literal(word) for word in _allowed(wanted[column]))
            conn.execute(
                sql.SQL(
                    "alter table {table} add constraint {check} check ({column} in ({words})) not valid"
                ).format(**parts, words=words)
            )
            conn.execute(
                sql.SQL("comment on constraint {check} on {table} is {told}").format(
                    **parts, told=sql.Literal(_told(wanted[column]))
                )
            )
    return changed


def _allowed(words: WordList) -> list[str]:
    return [*words.words, *words.not_yet]


def _told(words: WordList) -> str:
    """Return the comment of a check constraint, which contains the list, so that a change is noticed."""
    return f"Each {words.title} of the vocabulary: {', '.join(_allowed(words))}."
