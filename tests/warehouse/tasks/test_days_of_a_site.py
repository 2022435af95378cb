"""What goes out about a site in another time zone says its days and hours."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from tests.warehouse.clinic import charge, patient
from tests.warehouse.tasks.desk import FIRST, Desk, member, seen

WEST = "America/Los_Angeles"
LATE = datetime(2026, 7, 1, 22, 30, tzinfo=ZoneInfo(WEST)).astimezone(UTC)


def west(desk: Desk) -> None:
    for name, key, value in (
        ("zone_of_site", "west", WEST),
        ("site_of_place", "ehr|office", "west"),
    ):
        desk.conn.execute(
            "insert into cases.setting_known (name, key, known_seq, value) values (%s, %s, 0, %s)",
            (name, key, value),
        )


def test_a_claim_says_the_day_there_and_stands_by_it(desk: Desk) -> None:
    west(desk)
    desk.know(
        member("p1"),
        seen("p1", "2026-07-01", starts_at=LATE, ends_at=LATE),
        charge("p1", "2026-07-01", occurred_at=LATE),
    )
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    (batch,) = desk.prepare()
    [row] = desk.rows("select content from tasks.claim")
    assert {line["service_on"] for line in row.content["lines"]} == {"2026-07-01"}
    desk.release(batch)
    assert desk.dispatch() == {"accepted": 1}, "its days are what was released"
    assert desk.broken() == []


def test_a_patient_is_called_by_the_hours_there(desk: Desk) -> None:
    desk.know(patient("p1"), patient("p2"))
    desk.open(FIRST)
    for who in ("p1", "p2"):
        desk.wants(who, "outreach")
    desk.conn.execute(
        "update cases.case_record set time_zone = %s where person_id = %s",
        (WEST, desk.person("p1")),
    )
    desk.work()
    periods = {}
    for sent in desk.sent():
        _, task = (json.loads(line) for line in bytes(sent.payload).splitlines())
        periods[task["for"]["reference"]] = task["restriction"]["period"]
    begins = {who: datetime.fromisoformat(period["start"]) for who, period in periods.items()}
    assert begins["Patient/p1"] == datetime(2026, 7, 7, 8, tzinfo=ZoneInfo(WEST))
    assert begins["Patient/p2"] == datetime(2026, 7, 7, 8, tzinfo=ZoneInfo("America/New_York"))
    ends = datetime.fromisoformat(periods["Patient/p1"]["end"]).astimezone(ZoneInfo(WEST))
    assert (ends.hour, ends.minute) == (21, 0)
    [row] = desk.rows("select due_at from tasks.task where person_id = %s", desk.person("p1"))
    assert row.due_at.astimezone(ZoneInfo(WEST)).hour == 0, "due at the end of a day there"
