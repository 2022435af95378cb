"""What a feed's tables need beside their columns: indexes that each night looks into, staging that is not logged."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from throughline import warehouse
from throughline.proven import catalogue as proven
from throughline.sources import catalogue
from throughline.sources.entry import CatalogueError
from throughline.warehouse import Connection


@pytest.fixture
def conn(defined_warehouse: str) -> Iterator[Connection]:
    """Return a connection whose changes are rolled back."""
    with warehouse.connect(defined_warehouse) as connection:
        yield connection
        connection.rollback()


@pytest.mark.parametrize(
    ("schema", "index"),
    [(schema, index) for schema, needed in proven.NEEDED_INDEXES.items() for index in needed],
)
def test_an_index_that_was_forgotten_is_named(conn: Connection, schema: str, index: str) -> None:
    feed = catalogue.entry("procedure")
    place = f"{schema}.{feed.table.name}"
    for name, definition, is_key in conn.execute(
        "select i.indexrelid::regclass::text, pg_get_indexdef(i.indexrelid), i.indisprimary"
        " from pg_index as i where i.indrelid = %s::regclass",
        (place,),
    ).fetchall():
        if definition.endswith(f" USING btree {index}"):
            what = (
                f"alter table {place} drop constraint {name.partition('.')[2]}"
                if is_key
                else f"drop index {name}"
            )
            conn.execute(what.encode())
    missing = f"procedure: tables: {place} has no index {index}"
    assert missing in proven.problems(conn)
    with pytest.raises(CatalogueError) as refused:
        proven.check(conn)
    assert missing in str(refused.value)


@pytest.mark.parametrize(
    ("schema", "change", "what"),
    [("staging", "logged", "is not unlogged"), ("core", "unlogged", "is unlogged")],
)
def test_what_is_kept_otherwise_than_needed_is_named(
    conn: Connection, schema: str, change: str, what: str
) -> None:
    conn.execute(f"alter table {schema}.procedure set {change}".encode())
    assert proven.problems(conn) == [f"procedure: tables: {schema}.procedure {what}"]
