"""A stage that people record by hand, as the practice says: its clock is never missed."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.warehouse.tasks.desk import FIFTH, FIRST, FOURTH, SECOND, THIRD, Desk
from tests.warehouse.tasks.test_answers import agrees, know, night

TCM = "transitional_care"


@pytest.fixture(autouse=True)
def _no_setting_stays(desk: Desk) -> Iterator[None]:
    """Take the settings away again: the desk keeps its settings from test to test."""
    yield
    desk.conn.rollback()
    desk.conn.execute("delete from cases.setting_known where name = 'by_hand'")
    desk.conn.commit()


def test_a_stage_that_people_record_is_verified_by_hand_and_never_missed(desk: Desk) -> None:
    know(desk, "p1")
    desk.begin(FIRST)
    desk.conn.execute(
        "insert into cases.setting_known (name, key, known_seq, value) values ('by_hand', %s, 1, 'yes')",
        (f"{TCM}|scheduled",),
    )
    night(desk, FIRST, again=True)
    for day in (SECOND, THIRD, FOURTH, FIFTH, "2026-07-13"):
        night(desk, day)
    (case,) = desk.rows("select * from cases.case_record")
    assert (case.stage, case.stage_state) == ("scheduled", "unknown")
    assert "verify_by_hand" in desk.open_exceptions()
    assert "missed_clock" not in desk.open_exceptions()
    agrees(desk)
