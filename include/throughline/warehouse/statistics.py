"""Refreshes a table's statistics after large changes, so that later statements get good plans."""

from __future__ import annotations

from throughline.warehouse.connection import Connection


def refresh_statistics(conn: Connection, table: str, changed: int) -> None:
    """Analyze `table` (`schema.name`) if `changed` rows are a large part of it. Does not commit."""
    conn.execute("select operations.refresh_statistics(%s, %s)", (table, changed))
