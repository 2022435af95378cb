"""What PostgreSQL's catalogue says of columns is what `information_schema` says."""

from __future__ import annotations

from throughline import warehouse


def test_columns_and_types_are_those_of_the_standard_view(defined_warehouse: str) -> None:
    with warehouse.connect(defined_warehouse) as conn:
        tables = conn.execute(
            "select table_schema, table_name from information_schema.tables"
            " where table_schema in ('landing', 'staging', 'core', 'evidence', 'cases', 'tasks')"
        ).fetchall()
        assert len(tables) > 50
        for schema, table in tables:
            said = conn.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = %s and table_name = %s order by ordinal_position",
                (schema, table),
            ).fetchall()
            assert list(warehouse.columns_of(conn, schema, table).items()) == said, (schema, table)
        assert warehouse.columns_of(conn, "staging", "no_such_table") == {}


def test_a_column_that_was_dropped_is_none(defined_warehouse: str) -> None:
    with warehouse.connect(defined_warehouse) as conn:
        before = warehouse.columns_of(conn, "staging", "procedure")
        conn.execute("alter table staging.procedure drop column status")
        after = warehouse.columns_of(conn, "staging", "procedure")
        conn.rollback()
    assert list(after) == [name for name in before if name != "status"]
