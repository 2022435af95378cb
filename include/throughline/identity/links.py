"""Links source records to persons by shared identifiers; what is only alike becomes a doubt."""

from __future__ import annotations

from throughline.warehouse import Connection, failpoints, sql


def link_persons(conn: Connection, seq: int) -> dict[str, int]:
    """Decide whose record each record touched in night `seq` is; returns counts by what was done.

    Only records that the night brought or took back are looked at: first the patients' own, which
    persons are made of, then what only refers to them. Run again for the same night it
    takes back its links and decides the same. Does not commit.
    """
    sql.run(conn, "identity/take_back.sql", seq=seq)
    failpoints.hit("identity.after_take_back")
    sql.run(conn, "identity/records.sql", seq=seq)
    sql.run(conn, "identity/identifiers.sql", seq=seq)
    for only_patients in (True, False):
        sql.run(conn, "identity/link.sql", seq=seq, only_patients=only_patients)
        failpoints.hit(f"identity.after_{'patients' if only_patients else 'others'}")
        conn.execute("drop table w_candidate, w_decided, w_doubt")
    sql.run(conn, "identity/doubts.sql", seq=seq)
    row = conn.execute(
        "select count(*) filter (where status = 'active'),"
        " count(*) filter (where status = 'doubt') from identity.link where known_seq = %s",
        (seq,),
    ).fetchone()
    assert row is not None
    conn.execute("drop table w_record, w_identifier, w_alike")
    return {"linked": row[0], "doubts": row[1]}
