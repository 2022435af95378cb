"""Records what is about to be sent to receivers, with the exact bytes, before any call is made."""

from __future__ import annotations

from throughline import exceptions
from throughline.tasks.wire import Work, written
from throughline.warehouse import Connection, nights, sql

ASKED = ("tasks/intentions.sql", "tasks/receiver.sql", "tasks/requests.sql")
"""What tonight's tasks request, of which system, and in which words."""


def keep_inside(conn: Connection, seq: int, params: dict[str, object]) -> int:
    """Put onto the page of work what stays inside, of tasks that are asked of nobody yet; returns how many.

    Nothing goes out by it, so that it happens during a pause of sending, too. Does not commit.
    """
    row = conn.execute(
        "select exists (select from operations.role where form = 'inside')"
    ).fetchone()
    if row == (False,):
        return 0
    for file in ASKED[:-1]:
        sql.run(conn, file, **params)
    kept = sql.run(conn, "tasks/inside.sql", **params).count("kept_inside")
    sql.drop_made(conn, *ASKED[:-1])
    return kept


def intend(conn: Connection, seq: int, params: dict[str, object]) -> None:
    """Write one intention per effect that tonight's tasks ask for, with its bytes and their hash.

    SQL chooses whom and what; `throughline.tasks.wire` builds the bytes. If the systems of record lack
    required data, or no single system takes the work, the task gets one exception. Does not commit.
    """
    for file in ASKED[:-1]:
        sql.run(conn, file, **params)
    works = [Work(*row) for row in sql.run(conn, ASKED[-1], **params).rows]
    conn.execute(
        "create temp table w_payload (transmission_id uuid primary key, payload bytea not null)"
        " on commit drop"
    )
    with conn.cursor().copy("copy w_payload (transmission_id, payload) from stdin") as copy:
        for work in works:
            copy.write_row((work.transmission_id, written(work)))
    conn.execute("analyze w_payload")
    as_of = nights.by_seq(conn, seq).cut_off
    for effect_key, reason, task_ids in sql.run(conn, "tasks/intend.sql", **params).rows:
        for task_id in task_ids:
            exceptions.open_exception(
                conn,
                seq,
                as_of,
                reason,
                "task",
                str(task_id),
                detail={"effect": effect_key.split("|")[0]},
            )
    sql.drop_made(conn, *ASKED)
    conn.execute("drop table w_payload")
