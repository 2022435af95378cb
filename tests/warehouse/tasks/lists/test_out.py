"""Work goes out as a list: each night one, with all that is open, once, whatever becomes of the file."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import stat
from dataclasses import replace
from typing import Any

import pytest
from openpyxl import load_workbook

from tests.warehouse.clinic import Record, again, call, consent, moment
from tests.warehouse.tasks.desk import FIRST, SECOND, THIRD, Desk, member, seen
from tests.warehouse.tasks.held.test_pausing import say
from tests.warehouse.tasks.lists.conftest import OUTREACH, Lists
from throughline.transports import folder as local
from throughline.transports.files import UploadUncertain

POINTS = (
    "lists.after_intend",
    "lists.after_lay_down",
    "lists.after_mark",
    "lists.after_hand_over",
    "lists.after_outcome",
)


def a_night(care: Lists, *people: str, **values: Any) -> None:
    """Let each of them be called."""
    desk = care.desk
    desk.know(*(member(who, **values) for who in people), *(seen(who) for who in people))
    desk.open(FIRST)
    for who in people:
        desk.wants(who, "outreach", encounter=f"{who}-visit")


def told(file: Any) -> list[dict[str, Any]]:
    """Return the rows of a workbook, by heading."""
    page = load_workbook(io.BytesIO(file.read_bytes())).worksheets[0]
    names, *rows = page.iter_rows(values_only=True)
    return [dict(zip(map(str, names), row, strict=True)) for row in rows]


def test_a_list_has_all_that_is_open_and_marks_what_is_new(care: Lists) -> None:
    a_night(care, "p1", "p2")
    care.desk.wants("p1", "outreach", workflow="annual_wellness", trigger="year")
    assert care.work() == {"list_accepted": 1}
    (file,) = care.files
    assert file.name == "care_calls_20260707.xlsx"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (sent,) = care.lists()
    assert sent.payload == file.read_bytes()
    assert sent.payload_sha256 == hashlib.sha256(file.read_bytes()).hexdigest()
    assert (sent.outcome, sent.effect_key) == ("accepted", "work_list|care|outreach|2026-07-06")
    rows = told(file)
    assert [row["State"] for row in rows] == ["new", "new"]
    shared = next(row for row in rows if row["Patient"] == "Family-p1, Given-p1")
    assert shared["Why"].count(";") == 1, "one call for two workflows says both"
    assert shared["Case"].count("C-") == 2
    assert [(x.outcome, x.external_ref) for x in care.rows()] == [("accepted", file.name)] * 2
    assert care.work() == {}, "one list a night"
    assert care.desk.broken() == []

    # the next night has the same rows under the same numbers, and what is new; what was done is gone
    desk = care.desk
    desk.ends(next(t.task_id for t in desk.tasks() if t.person_id == desk.person("p2")))
    desk.know(member("p3"), seen("p3"))
    desk.open(SECOND)
    desk.wants("p2", "review", encounter="p2-visit")
    desk.wants("p3", "outreach", encounter="p3-visit")
    assert care.work() == {"list_accepted": 1}
    _, file = care.files
    again = told(file)
    assert {row["Patient"]: row["State"] for row in again} == {
        "Family-p1, Given-p1": "open",
        "Family-p3, Given-p3": "new",
    }
    assert shared["No."] in {row["No."] for row in again}
    assert [x.outcome for x in care.rows()] == ["accepted"] * 3


@pytest.mark.parametrize(
    ("clock", "state", "said"),
    [
        ("2026-07-10 04:00Z", "open", "; the clock ends Thu 2026-07-09"),
        ("2026-07-05 04:00Z", "late", ""),
        ("2026-07-07 04:00Z", "late", "; the clock ends Mon 2026-07-06"),
    ],
)
def test_a_row_is_late_when_its_clock_has_ended(
    care: Lists, clock: str, state: str, said: str
) -> None:
    """The call was to be made by Sunday; the clock of its stage may end later, and both are said."""
    a_night(care, "p1")
    care.work()
    conn = care.desk.conn
    conn.execute("update tasks.task set due_at = '2026-07-06 04:00Z'")
    conn.execute(
        "insert into cases.stage (case_id, stage, position, state, due_at, derived_seq)"
        " select case_id, stage, 1, 'pending', %s, 1 from tasks.task",
        (clock,),
    )
    care.desk.open(SECOND)
    care.work()
    (row,) = told(care.files[1])
    assert row["State"] == state
    assert row["Why"].partition(")")[2] == said
    assert str(row["Call by"])[:10] == ("2026-07-04" if clock < "2026-07-06" else "2026-07-05")


HOSPITAL = "county"


def from_hospital(care: Lists, wanted: str) -> None:
    """Let a stay at a hospital begin a case: it has its own number and spelling, and no telephone number."""
    desk = care.desk
    desk.know(
        member("p1", phone="3045551111", mrn="KV-1"),
        Record(
            "patient",
            "T100",
            HOSPITAL,
            "T100",
            {"mrn": "T100", "family": "Famly", "given": "Given-p1"},
        ),
        replace(seen("p1"), key="stay", source=HOSPITAL, subject="T100"),
    )
    desk.open(FIRST)
    desk.conn.execute(
        "update identity.link set person_id = %s where source = %s", (desk.person("p1"), HOSPITAL)
    )
    ((began_with,),) = desk.conn.execute(
        "select fact_id from evidence.fact where source = %s and kind = 'visit'", (HOSPITAL,)
    ).fetchall()
    desk.wants("p1", wanted, began_with=began_with)


@pytest.mark.parametrize("wanted", ["outreach", "scheduling"])
def test_a_patient_of_a_hospital_is_listed_as_the_chart_has_them(care: Lists, wanted: str) -> None:
    if wanted == "scheduling":
        care.register(schedule=OUTREACH)
    from_hospital(care, wanted)
    assert care.work() == {"list_accepted": 1}
    (row,) = told(care.files[0])
    said = [row[name] for name in ("Patient", "Record number", "Phone")]
    assert said == ["Family-p1, Given-p1", "KV-1", "(304) 555-1111"]


def test_a_patient_of_a_hospital_is_booked_by_the_record_number_of_the_chart(care: Lists) -> None:
    from_hospital(care, "scheduling")
    care.work()
    (asked,) = care.rows("booking")
    assert json.loads(asked.payload)["mrn"] == "KV-1"


def test_a_number_that_is_known_to_be_wrong_says_so_until_the_record_has_another(
    care: Lists,
) -> None:
    desk = care.desk
    p1, p2 = (
        member(who, phone=phone) for who, phone in (("p1", "3045551111"), ("p2", "3045552222"))
    )
    desk.know(p1, p2, seen("p1"), seen("p2"), call("p1", "2026-07-06 10:00", "wrong_number"))
    desk.open(FIRST)
    for who in ("p1", "p2"):
        desk.wants(who, "outreach", encounter=f"{who}-visit")
    care.work()
    numbers = {row["Patient"]: row["Phone"] for row in told(care.files[-1])}
    assert numbers == {
        "Family-p1, Given-p1": "(304) 555-1111 WRONG NUMBER: somebody else's in the call of 2026-07-06 10:00",
        "Family-p2, Given-p2": "(304) 555-2222",
    }
    desk.know(again(p1[0], phone="3045553333"))
    desk.open(SECOND)
    care.work()
    numbers = {row["Patient"]: row["Phone"] for row in told(care.files[-1])}
    assert numbers["Family-p1, Given-p1"] == "(304) 555-3333"


def test_a_list_says_that_what_it_rests_on_is_late(care: Lists) -> None:
    care.desk.open(FIRST)
    care.desk.conn.execute(
        "update operations.feed set known_seq = 1, allowed_lag_days = -400 where feed = 'communication'"
    )
    care.work()
    page = load_workbook(io.BytesIO(care.files[0].read_bytes()))
    said = [
        str(cell.value) for sheet in page.worksheets for row in sheet.iter_rows() for cell in row
    ]
    assert [one for one in said if "What carries calls is late" in one]


def test_nothing_to_do_is_said_too(care: Lists) -> None:
    care.desk.open(FIRST)
    assert care.work() == {"list_accepted": 1}
    assert told(care.files[0]) == []


def test_a_csv_is_harmless_and_keeps_numbers_as_they_are(care: Lists) -> None:
    care.register(
        outreach={
            "form": "work_list",
            "list": {"transport": "folder", "folder": "out", "file": "csv", "permissions": "0640"},
        }
    )
    a_night(care, "p1", family="=cmd|' /C calc'!A1", given="Ana", mrn="001001", phone="13035550142")
    care.work()
    (file,) = care.files
    assert stat.S_IMODE(file.stat().st_mode) == 0o640
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    (row,) = csv.DictReader(io.StringIO(raw.decode("utf-8-sig")))
    assert row["Patient"] == "'=cmd|' /C calc'!A1, Ana"
    assert row["Record number"] == "'001001"
    assert row["Phone"] == "(303) 555-0142"
    assert row["Call by"].count(":") == 1
    assert row["Outcome"] == ""


@pytest.mark.parametrize("point", POINTS)
def test_a_process_that_dies_leaves_one_list_of_the_same_bytes(care: Lists, point: str) -> None:
    a_night(care, "p1")
    care.desk.plan()
    assert care.desk.dies_at(point, care.dispatch)
    care.dispatch()
    (sent,) = care.lists()
    (file,) = care.files
    assert file.read_bytes() == sent.payload
    assert (sent.outcome, care.unfinished) == ("accepted", [])
    assert [x.outcome for x in care.rows()] == ["accepted"]
    before = file.stat().st_mtime_ns
    care.dispatch()
    assert [one.stat().st_mtime_ns for one in care.files] == [before]


def test_a_list_that_somebody_opened_before_its_outcome_was_known_is_not_written_over(
    care: Lists,
) -> None:
    a_night(care, "p1")
    care.desk.plan()
    assert care.desk.dies_at("lists.after_hand_over", care.dispatch)
    (file,) = care.files
    file.write_bytes(b"left a message")
    care.dispatch()
    assert [x.outcome for x in care.lists()] == ["accepted"]
    assert file.read_bytes() == b"left a message"


def test_an_answer_that_was_lost_is_looked_up_and_the_list_is_put_once(
    care: Lists, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_night(care, "p1")
    real = local.LocalFolder.hand_over

    def lost(self: Any, folder: str, name: str) -> None:
        real(self, folder, name)
        raise UploadUncertain("the answer is lost")

    monkeypatch.setattr(local.LocalFolder, "hand_over", lost)
    assert care.work() == {"list_uncertain": 1}
    monkeypatch.undo()
    (file,) = care.files
    before = file.stat().st_mtime_ns
    assert care.dispatch() == {"list_accepted": 1}
    assert [one.stat().st_mtime_ns for one in care.files] == [before]
    assert [x.outcome for x in care.rows()] == ["accepted"]


def test_a_folder_that_is_away_gets_the_next_list_and_not_two(care: Lists) -> None:
    a_night(care, "p1")
    care.desk.plan()
    away = care.root / "not mounted"
    assert care.dispatch(away)["unreachable"] == 1
    assert [x.outcome for x in care.lists()] == ["intended"]
    care.desk.open(SECOND)
    assert care.work() == {"list_accepted": 1}
    assert [one.name for one in care.files] == ["care_calls_20260708.xlsx"]
    assert [x.outcome for x in care.lists()] == ["withheld", "accepted"]
    assert told(care.files[0])[0]["State"] == "new", "no list had it before"


def test_whoever_waits_for_a_list_for_days_is_told(care: Lists) -> None:
    a_night(care, "p1")
    care.desk.plan()
    away = care.root / "not mounted"
    for day in ("2026-07-07", "2026-07-08", "2026-07-09"):
        care.dispatch(away)
        care.desk.open(day)
        care.desk.plan()
    care.dispatch(away)
    assert care.desk.open_exceptions() == ["uncertain_transmission"], (
        "one for the list, none for each row"
    )
    assert care.work() == {"list_accepted": 1}
    assert care.desk.open_exceptions() == []


def test_a_file_of_another_is_never_written_over(care: Lists) -> None:
    a_night(care, "p1")
    mine = care.root / "out" / "care_calls_20260707.xlsx"
    mine.write_bytes(b"mine")
    assert care.work() == {"list_rejected": 1}
    assert mine.read_bytes() == b"mine"
    assert care.desk.open_exceptions() == ["transmission_rejected"]
    mine.unlink()
    assert care.dispatch() == {"list_accepted": 1}


def test_who_may_not_be_called_any_more_leaves_the_list(care: Lists) -> None:
    a_night(care, "p1", "p2")
    care.work()
    care.desk.know(consent("p1", recorded_at=moment("2026-07-07")))
    care.desk.open(SECOND)
    assert care.work() == {"list_accepted": 1}
    assert [row["Patient"] for row in told(care.files[1])] == ["Family-p2, Given-p2"]


def test_a_pause_and_observing_hold_for_lists(care: Lists) -> None:
    a_night(care, "p1")
    care.desk.plan()
    say(care.desk.conn, "pause_sending")
    assert care.dispatch() == {}
    assert (care.files, care.lists()) == ([], [])
    say(care.desk.conn, "resume_sending")
    care.register(outreach=OUTREACH | {"mode": "observe"})
    care.desk.open(THIRD)
    assert care.work() == {}
    assert (care.files, care.unfinished) == ([], [])
    care.register(outreach=OUTREACH)


def test_bookings_and_billing_work_are_lists_of_their_own(care: Lists) -> None:
    one = {"form": "work_list", "list": {"transport": "folder", "folder": "out"}}
    care.register(outreach=OUTREACH, schedule=one, billing=one)
    a_night(care, "p1")
    desk: Desk = care.desk
    desk.wants(
        "p1",
        "scheduling",
        trigger="slot",
        encounter="p1-visit",
        visit_type="TCM",
        not_after="2026-07-20",
    )
    desk.bills("p1", payer="MEDB1")
    assert care.work() == {"list_accepted": 3}
    names = [one.name for one in care.files]
    assert names == [
        "care_billing_20260707.xlsx",
        "care_bookings_20260707.xlsx",
        "care_calls_20260707.xlsx",
    ]
    (bill,), (book,), _ = (told(file) for file in care.files)
    assert (bill["Visit"], str(bill["Visit on"])[:10]) == ("p1-visit", "2026-07-01")
    assert (book["Type of visit"], book["With"]) == ("TCM", "Weiß, Zoë")
    assert "Appointment" in book
