"""What `make status` says of a night in which nothing runs."""

from __future__ import annotations

import re

from throughline.told import status
from throughline.warehouse import Connection


def test_status_says_of_a_running_night_without_a_step_which_one_ended_last(
    conn: Connection,
) -> None:
    conn.execute(
        "update operations.step set status = 'done', finished_at = now() - interval '1 hour' where seq = 3;"
        " insert into operations.step (seq, step, part, status, finished_at)"
        " values (3, 'gate', 'ehr task', 'done', clock_timestamp() - interval '300 s')"
        " on conflict (seq, step, part) do update set status = 'done', finished_at = excluded.finished_at"
    )
    assert re.search(
        r"No step runs\. The last one, .* ehr task, ended 30\d s ago\.", status.tell(conn)
    )
    conn.execute("update operations.step set status = 'running' where seq = 3 and step = 'gate'")
    assert "No step runs" not in status.tell(conn)
    conn.execute(
        "update operations.step set status = 'done' where seq = 3;"
        " update operations.night set status = 'finished' where seq = 3"
    )
    assert "No step runs" not in status.tell(conn)
