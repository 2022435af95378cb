"""How old the open exceptions are, by who owns them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from throughline import warehouse
from throughline.pages.kept.ages import ages
from throughline.told.today import today


@pytest.mark.parametrize(
    ("old", "column"),
    [
        (timedelta(hours=1), "days_0_1"),
        (timedelta(days=2) - timedelta(seconds=1), "days_0_1"),
        (timedelta(days=2), "days_2_7"),
        (timedelta(days=8) - timedelta(seconds=1), "days_2_7"),
        (timedelta(days=8), "days_8_30"),
        (timedelta(days=31) - timedelta(seconds=1), "days_8_30"),
        (timedelta(days=31), "days_31"),
        (timedelta(days=400), "days_31"),
    ],
)
def test_an_open_exception_counts_by_how_long_it_has_been_open(
    conn: warehouse.Connection, old: timedelta, column: str
) -> None:
    now = today(conn)
    conn.execute(
        "update operations.exception set owner = 'ann', opened_at = %s", (now.cut_off - old,)
    )
    open_, late = conn.execute(
        "select count(*) filter (where status = 'open'), count(*) filter (where status = 'open' and due_at < %s)"
        " from operations.exception",
        (now.cut_off,),
    ).fetchone() or (0, 0)
    found = ages(conn, now)
    assert (
        sum(getattr(each, column) for each in found) == sum(each.total for each in found) == open_
    )
    assert sum(each.overdue for each in found) == late
    assert {each.oldest_at for each in found} == {now.cut_off - old}
    assert {each.owner for each in found} == {"ann"}
