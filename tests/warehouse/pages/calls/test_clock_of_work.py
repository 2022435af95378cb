"""*Work* says by when to do a thing and when its clock ends, as *Calls* does; it is late when the clock has ended."""

from __future__ import annotations

import re
from collections.abc import Callable
from html import unescape

import pytest
from starlette.testclient import TestClient

from throughline import warehouse

Browser = Callable[[str], TestClient]
DUE = "2026-09-03 04:00Z"


@pytest.fixture
def case_id(conn: warehouse.Connection) -> str:
    """A case with an open call that stays inside and was due on Wednesday; no other work stays inside."""
    ((case_id, task_id),) = conn.execute(
        "select t.case_id::text, t.task_id from tasks.task as t"
        " inner join cases.case_record as c on c.case_id = t.case_id and c.status = 'open'"
        " inner join cases.stage as s on s.case_id = t.case_id and s.stage = t.stage"
        " where t.kind = 'outreach' and t.closed_seq is null and t.status <> 'on-hold' order by 1 limit 1"
    ).fetchall()
    conn.execute("delete from tasks.inside")
    conn.execute(
        "insert into tasks.inside (task_id, source, known_seq) values (%s, 'ehr', 3)", (task_id,)
    )
    conn.execute("update tasks.task set due_at = %s where task_id = %s", (DUE, task_id))
    return str(case_id)


@pytest.mark.parametrize(
    ("clock_at", "said", "is_late"),
    [
        ("2026-09-08 04:00Z", "since Wed 02 Sep, clock ends Mon 07 Sep", False),
        ("2026-09-05 04:00Z", "since Wed 02 Sep, clock ends Fri 04 Sep", False),
        ("2026-09-04 04:00Z", "overdue, Thu 03 Sep", True),
        ("2026-09-03 04:00Z", "overdue, Wed 02 Sep", True),
        (None, "overdue, Wed 02 Sep", True),
    ],
)
def test_work_is_late_when_its_clock_has_ended(
    conn: warehouse.Connection,
    opened_as: Browser,
    case_id: str,
    clock_at: str | None,
    said: str,
    is_late: bool,
) -> None:
    conn.execute("update cases.stage set due_at = %s where case_id = %s", (clock_at, case_id))
    told = unescape(opened_as("lead").get("/work?kind=outreach").text)
    (row,) = [one for one in re.findall(r"<tr.*?</tr>", told, re.S) if case_id[:8] in one]
    assert f">{said}<" in row
    assert row.startswith('<tr class="late">') == is_late
    assert ("1 overdue" if is_late else "none overdue") in told
