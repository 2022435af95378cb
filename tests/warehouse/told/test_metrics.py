"""The gauges of a night: what is counted, and that no value has a patient's name in it."""

from __future__ import annotations

from pathlib import Path

from throughline.told import metrics, numbers
from throughline.warehouse import Connection


def test_what_waits_and_what_is_free_are_told(conn: Connection, tmp_path: Path) -> None:
    conn.execute("update landing.batch set known_seq = 1 where status = 'stopped'")
    told = numbers.collect(conn, 3, "America/New_York")
    found = {
        (one.name.removeprefix("throughline."), *one.tags.values()): one.value
        for one in metrics.gauges(conn, told, {"pages": tmp_path})
    }
    assert found[("questions.waiting", "delivery")] == 1
    assert found[("questions.oldest_days", "delivery")] == 2
    assert found[("questions.waiting", "claims")] == found[("questions.oldest_days", "claims")] == 0
    assert found[("disk.free_bytes", "pages")] > 0
    assert found[("night.finished",)] == 0
    assert found[("cases.not_known",)] == sum(row.cases for row in told.unknown) > 0
    assert found[("calls.due",)] == len(told.calls)
    assert found[("feed.fresh", "clearinghouse", "claim")] == 0
    assert len(found) < 300


def test_a_team_that_has_none_left_is_told_as_none(conn: Connection) -> None:
    told = numbers.collect(conn, 3, "America/New_York")
    conn.execute("update operations.exception set status = 'cleared', closed_seq = 3")
    open_now = [
        one for one in metrics.gauges(conn, told, {}) if one.name.endswith("exceptions.open")
    ]
    assert {one.value for one in open_now} == {0}
    assert {one.tags["days"] for one in open_now} == set(metrics.AGES)


def test_the_age_of_an_exception_is_counted_in_days(conn: Connection) -> None:
    conn.execute("delete from operations.exception")
    for days in (0, 1.9, 2, 7.9, 8, 30.9, 31, 400):
        conn.execute(
            "insert into operations.exception (exception_id, about_kind, about_id, reason, owner_team,"
            " opened_seq, opened_at, due_at) select gen_random_uuid(), 'file', 'x', 'unsigned_note',"
            " 'clinicians', 1, cut_off - %(days)s * interval '1 day', cut_off + interval '1 hour'"
            " from operations.night where seq = 3",
            {"days": days},
        )
    told = numbers.collect(conn, 3, "America/New_York")
    found = {
        one.tags["days"]: one.value
        for one in metrics.gauges(conn, told, {})
        if one.name == "throughline.exceptions.open"
    }
    assert found == {"0-1": 2, "2-7": 2, "8-30": 2, "31-": 2}
