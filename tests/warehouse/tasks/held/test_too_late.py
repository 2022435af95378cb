"""What is let out too late to reach anybody is said before somebody lets it out."""

from __future__ import annotations

import pytest

from tests.warehouse.tasks.desk import FIRST, SECOND, Desk, member, seen
from tests.warehouse.tasks.held.test_observing import TCM, mode
from tests.warehouse.tasks.test_dispatch import ask
from throughline import decisions
from throughline.decisions import Request
from throughline.tasks import observing


@pytest.mark.parametrize(("hours", "late"), [(23, True), (24, True), (25, False)])
def test_what_is_due_before_it_can_be_planned_is_told_before_it_is_let_out(
    desk: Desk, hours: int, late: bool
) -> None:
    desk.know(member("p1"), seen("p1"))
    desk.open(FIRST)
    mode(desk, "practice")
    ask(desk, "p1", "outreach")
    desk.work()
    desk.open(SECOND)
    mode(desk, "practice", said="live")
    desk.work()
    desk.conn.execute(
        "insert into cases.stage (case_id, stage, position, state, derived_seq, due_at) select o.case_id, o.stage, 1,"
        " 'pending', %s, %s::timestamptz + make_interval(hours => %s) from tasks.observed as o where o.to_seq is null",
        (desk.seq, desk.cut_off, hours),
    )
    (held,) = observing.held(desk.conn)
    request = Request(
        "release_observed", "held", TCM, "operator", "we have looked", {"list": held.number}
    )
    said = " ".join(decisions.preview(desk.conn, request).follows)
    assert ("1 is due before that and cannot go out in time" in said) is late
    desk.conn.rollback()
