"""Counts a table again after much of it changed, so that the next statements are planned for what is there."""

from __future__ import annotations

from throughline.warehouse.connection import Connection


def refresh_statistics(conn: Connection, table: str, changed: int) -> None:
    """Count `table` (`schema.name`) again when `changed` rows are much of it. Does not commit."""
    conn.execute("select operations.refresh_statistics(%s, %s)", (table, changed))
