"""A column that holds words of the vocabulary refuses every other one, and follows when the vocabulary changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import psycopg
import pytest
from psycopg import sql

from throughline import warehouse
from throughline.vocabulary import LISTS, WordList
from throughline.vocabulary.facts import FACT_KIND
from throughline.warehouse import Connection, words

COLUMNS = [(each, column) for each in LISTS for column in each.columns]


@pytest.fixture(scope="module")
def dsn(kept_warehouse: Callable[[], str]) -> str:
    """Return the DSN of a new warehouse; no test of this file commits anything to it."""
    return kept_warehouse()


@pytest.fixture
def conn(dsn: str) -> Iterator[Connection]:
    """Return a connection to it."""
    connection = warehouse.connect(dsn)
    yield connection
    connection.close()


def copied(conn: Connection, column: str) -> sql.Composed:
    """Make a table with the checks of a column's table and nothing else; returns an insert of one word."""
    schema, table, name = column.split(".")
    conn.execute(
        sql.SQL("create temp table copied (like {} including constraints)").format(
            sql.Identifier(schema, table)
        )
    )
    for (required,) in conn.execute(
        "select attname from pg_attribute where attrelid = 'copied'::regclass and attnum > 0 and attnotnull"
    ).fetchall():
        conn.execute(
            sql.SQL("alter table copied alter column {} drop not null").format(
                sql.Identifier(required)
            )
        )
    return sql.SQL("insert into copied ({}) values (%s)").format(sql.Identifier(name))


@pytest.mark.parametrize(("listed", "column"), COLUMNS, ids=[column for _, column in COLUMNS])
def test_a_word_that_is_none_is_refused(conn: Connection, listed: WordList, column: str) -> None:
    insert = copied(conn, column)
    for word in (*listed.words, *listed.not_yet):
        conn.execute(insert, (word,))
    with pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(insert, (next(iter(listed.words)).upper(),))


def test_the_checks_follow_the_vocabulary(
    conn: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert words.check_words(conn) == []
    more = replace(FACT_KIND, words={**FACT_KIND.words, "transfusion": "Blood was given"})
    others = [each for each in LISTS if each is not FACT_KIND]
    monkeypatch.setattr(words, "LISTS", [*others, more])
    assert words.check_words(conn) == ["evidence.fact.kind"]
    assert words.check_words(conn) == []
    conn.execute(copied(conn, "evidence.fact.kind"), ("transfusion",))

    monkeypatch.setattr(words, "LISTS", others)
    assert words.check_words(conn) == ["evidence.fact.kind"]
    conn.execute("drop table copied")
    conn.execute(copied(conn, "evidence.fact.kind"), ("whatever",))
