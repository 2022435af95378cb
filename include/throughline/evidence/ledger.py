"""Writes the facts of a night into `evidence.fact`, and takes back those whose record fell away."""

from __future__ import annotations

from throughline.warehouse import Connection, failpoints, nights, refresh_statistics, sql

# In the order of the loop: what a later file joins, an earlier one has loaded.
FACT_TYPES = (
    "patient",
    "coverage",
    "consent",
    "encounter",
    "condition",
    "procedure",
    "document_reference",
    "communication",
    "task",
    "charge_item",
    "appointment",
    "claim",
    "claim_response",
    "payment",
    "payment_notice",
    "eligibility_response",
)


def assert_facts(conn: Connection, seq: int) -> dict[str, int]:
    """Write the facts that records known in night `seq` state; returns rows by record type.

    Facts of records that the night retracted are retracted with its number. Run again for the
    same night it takes back what it wrote and writes the same rows; what nights before it left undone
    is written with their numbers. A night that is not the newest takes nothing back: it writes what
    is missing, and what later nights took back stays taken back. Does not commit.
    """
    for undone in nights.left_undone(conn, seq):
        _assert(conn, undone)
    if nights.is_newest(conn, seq):
        sql.run(conn, "evidence/take_back.sql", seq=seq)
    return _assert(conn, seq)


def _assert(conn: Connection, seq: int) -> dict[str, int]:
    counts = {"retracted": sql.run(conn, "evidence/retract.sql", seq=seq).total}
    failpoints.hit("evidence.after_retract")
    for kind in FACT_TYPES:
        counts[kind] = sql.run(conn, f"evidence/{kind}.sql", seq=seq).total
        failpoints.hit(f"evidence.after_{kind}")
    for number in nights.later(conn, seq):
        sql.run(conn, "evidence/retract.sql", seq=number)
    refresh_statistics(conn, "evidence.fact", sum(counts.values()))
    sql.run(conn, "evidence/reversals.sql", seq=seq)
    return counts
