"""Links source records to persons by shared identifiers; records that are only similar become doubts."""

from __future__ import annotations

from throughline.identity.carriers import carriers
from throughline.warehouse import Connection, failpoints, nights, refresh_statistics, sql

# First patients of their own, then patients merged into them, then records that refer to patients.
TURNS = ("patients", "merged", "others")


def link_persons(conn: Connection, seq: int) -> dict[str, int]:
    """Decide which person each record touched on night `seq` belongs to; returns counts by outcome.

    Looks only at records that the night loaded or retracted, and at records that share an identifier
    with them, were merged with them or are in doubt with them. Also decides what earlier nights left
    undone. A rerun of the night undoes its links and decides the same again. A night that is not the
    newest decides nothing, because later nights build on its links. Does not commit.
    """
    if not nights.is_newest(conn, seq):
        return {"linked": 0, "doubts": 0}
    sql.run(conn, "identity/take_back.sql", seq=seq)
    failpoints.hit("identity.after_take_back")
    since = nights.finished_before(conn, seq)
    sql.run(conn, "identity/records.sql", carriers(), seq=seq, since=since)
    known = sql.run(conn, "identity/identifiers.sql", seq=seq)
    refresh_statistics(conn, "identity.identifier", known.total)
    for turn in TURNS:
        if turn == "others":
            sql.run(conn, "identity/sharing.sql", seq=seq)
        changed = sql.run(conn, "identity/link.sql", seq=seq, turn=turn)
        refresh_statistics(conn, "identity.person", changed.total)
        refresh_statistics(conn, "identity.link", changed.total)
        failpoints.hit(f"identity.after_{turn}")
        sql.drop_made(conn, "identity/link.sql")
    sql.run(conn, "identity/doubts.sql", seq=seq)
    row = conn.execute(
        "select count(*) filter (where status = 'active'),"
        " count(*) filter (where status = 'doubt') from identity.link where known_seq = %s",
        (seq,),
    ).fetchone()
    assert row is not None
    sql.drop_made(conn, *(f"identity/{name}.sql" for name in ("records", "sharing", "doubts")))
    return {"linked": row[0], "doubts": row[1]}
