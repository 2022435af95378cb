"""The systems that take files for payers: claims and inquiries."""

from __future__ import annotations

from dataclasses import dataclass

from psycopg.rows import class_row

from throughline.practice import practice
from throughline.warehouse import Connection


@dataclass(frozen=True)
class PayerSystem:
    """Where files for a payer go, with the ids of sender and receiver (ISA06, ISA08)."""

    source: str
    connection: str
    submitter_id: str
    receiver_id: str


def system_for(
    conn: Connection, payer_id: str, billing_npi: str | None = None
) -> PayerSystem | None:
    """Return the one system that serves a payer for a billing provider, or None.

    An inquiry has no billing provider: then any system that serves the payer will do.
    """
    own = practice()
    with conn.cursor(row_factory=class_row(PayerSystem)) as cursor:
        return cursor.execute(
            "select r.source, r.connection, coalesce(nullif(r.submitter_id, ''), %s) as submitter_id,"
            " coalesce(nullif(r.receiver_id, ''), %s) as receiver_id from operations.role as r"
            " where r.role = 'payer' and r.source = operations.payer_system(%s, %s)",
            (own.submitter_id, own.receiver_id, payer_id, billing_npi),
        ).fetchone()
