"""A first load with years of history opens what is in time, and says what it left out instead of asking."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from tests.warehouse.clinic import (
    Clinic,
    acknowledgement,
    coverage,
    note,
    patient,
    payment,
    stay,
    visit,
)
from throughline.silence import unmatched
from throughline.told import starting

FIRST = date(2026, 7, 6)


def days(back: int) -> str:
    return str(FIRST - timedelta(days=back))


def history(clinic: Clinic) -> None:
    """Five years of discharges, visits and remittances of one patient, beside one discharge that is in time."""
    clinic.know(patient("p1"), coverage("p1"), patient("p2"))
    clinic.know(stay("p1", days(3), f"{days(0)} 11:00", key="now"))
    for n, back in enumerate(range(40, 1800, 60)):
        unsaid: dict[str, Any] = (
            {}
            if n % 2
            else {"discharge_disposition_code": None, "discharge_disposition_system": None}
        )
        clinic.know(stay("p1", days(back + 3), f"{days(back)} 11:00", key=f"old{n}", **unsaid))
        clinic.know(visit("p1", f"{days(back)} 15:00", key=f"visit{n}"))
        clinic.know(note("p1", f"{days(back)} 16:00", of=f"visit{n}", key=f"note{n}"))
    for back in (5, 30, 500, 900, 1500):
        clinic.know(payment(f"old-{back}", days(back), 100))


def noticed(clinic: Clinic) -> list[tuple[str, str]]:
    unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
    return [
        (row.reason, row.about_id)
        for row in clinic.rows(
            "select reason, about_id from operations.exception where status = 'open' order by 1, 2"
        )
    ]


def test_years_of_history_accuse_nobody_and_are_told(clinic: Clinic) -> None:
    history(clinic)
    clinic.night(str(FIRST))
    opened = clinic.rows("select workflow, trigger_on from cases.case_record order by 1, 2")
    assert ("transitional_care", FIRST) in opened
    assert len([row for row in opened if row.workflow == "transitional_care"]) == 1
    assert all(
        row.trigger_on >= FIRST - timedelta(days=120)
        for row in opened
        if row.workflow == "charge_capture"
    )
    # of what is past nobody is asked: neither where a patient went in 2023, nor of a payment of 2022
    asked = noticed(clinic)
    assert not [one for one in asked if one[0] == "disposition_not_stated"]
    unsent = [about for reason, about in asked if reason == "unmatched_remittance"]
    assert len(unsent) == 2, asked
    assert not clinic.rows("select from cases.stage where state = 'missed'")
    reasons = clinic.rows(
        "select distinct reason from cases.not_opened where workflow = 'transitional_care'"
    )
    assert [row.reason for row in reasons] == ["learned_too_late"]

    # what the first night says agrees with the tables
    kept = starting.keep(clinic.conn, clinic.seq)
    load = starting.first(clinic.conn)
    assert load is not None
    assert (kept, load.seq, load.business_date) == (len(load.found), clinic.seq, FIRST)
    assert load.cases == len(opened)
    [row] = clinic.rows("select count(*) as visits from evidence.fact where kind = 'visit'")
    assert {(one.about, one.name): one.things for one in load.of("facts")}[
        "ehr", "visit"
    ] == row.visits
    left = {(one.about, one.name): one for one in load.of("not_opened")}
    [late] = clinic.rows(
        "select count(*) as late, min(happened_on) as first_on from cases.not_opened where reason = 'learned_too_late'"
    )
    old = left["transitional_care", "learned_too_late"]
    assert (old.things, old.from_on) == (late.late, late.first_on)
    visits = left["charge_capture", "learned_too_late"]
    assert visits.until_on is not None
    assert visits.until_on < FIRST - timedelta(days=120)
    text = starting.told(load)
    assert f"night {clinic.seq} of {FIRST}" in text
    assert "It was known only after the days" in text
    assert all(len(line) <= 100 for line in text.splitlines())

    # a second night shows it as it was
    clinic.know(acknowledgement("p2"))
    clinic.night("2026-07-07")
    assert starting.keep(clinic.conn, clinic.seq) == 0
    assert starting.first(clinic.conn) == load


def test_without_a_first_night_nothing_is_shown(clinic: Clinic) -> None:
    assert starting.first(clinic.conn) is None
    assert "No first night has finished yet" in starting.told(None)


def test_what_holds_most_back_is_looked_at_first() -> None:
    found = (
        starting.Found("rows", "office/charge_item", "received", 40, FIRST, FIRST),
        starting.Found("rows", "office/charge_item", "quarantined", 40, FIRST, FIRST),
        starting.Found("not_opened", "charge_capture", "note_not_signed", 900, FIRST, FIRST),
        starting.Found("not_opened", "charge_capture", "learned_too_late", 9000, FIRST, FIRST),
        starting.Found("codes", "office/coverage", "coverage.payer_id", 7, FIRST, FIRST),
        starting.Found("files", "office", "columns are missing: DOB", 1, FIRST, FIRST),
    )
    load = starting.First(1, FIRST, found)
    assert [one.split(" ")[0] for one in load.look_at] == ["1", "no", "7", "900"]
    assert load.feeds == [starting.Feed("office/charge_item", 40, 0, 0, 40)]
