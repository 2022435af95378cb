"""What waits for a decision and what came, as CSV: the lists with the numbers that decisions take. No patient data."""

from __future__ import annotations

import csv
from typing import TextIO

from throughline.warehouse import Connection, sql

LISTS = ("deliveries", "quarantine")
"""What can be listed, by the name of its file in `sql/told/lists`."""


def write(conn: Connection, name: str, to: TextIO) -> None:
    """Write one of `LISTS` as CSV with a header; dates are ISO 8601, what is not known is empty."""
    (query,) = sql.statements(f"told/lists/{name}.sql")
    rows = conn.execute(query.rstrip(";").encode())
    out = csv.writer(to, lineterminator="\n")
    out.writerow(column.name for column in rows.description or ())
    out.writerows(rows)
