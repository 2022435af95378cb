"""A stage whose evidence has a code that nobody has mapped is not known, and waits for somebody to map it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.warehouse.clinic import (
    Clinic,
    appointment,
    call,
    consent,
    coverage,
    moment,
    patient,
    stay,
)
from throughline.sources.codes import fold
from throughline.warehouse import sql

HOME = "2026-07-06 11:00"
NIGHTS = [f"2026-07-{day:02}" for day in range(6, 31)]


def open_codes(clinic: Clinic) -> list[tuple[str, str, int, int]]:
    """Return (about, owner, records, cases) of the open exceptions about codes."""
    return [
        tuple(row)
        for row in clinic.rows(
            "select about_id, owner_team, (detail ->> 'records')::int as records, (detail ->> 'cases')::int as cases"
            " from operations.exception where reason = 'code_not_mapped' and status = 'open' order by 1"
        )
    ]


def map_code(clinic: Clinic, field: str, code: str, word: str, source: str = "") -> None:
    """Map a code, as the definition of a source does when a night begins."""
    clinic.conn.execute(
        "insert into evidence.known_code (source, field, code, folded, word)"
        " values (%s, %s, %s, %s, %s)",
        (source, field, code, fold(code), word),
    )


@pytest.fixture
def home(clinic: Clinic) -> Clinic:
    """Return a practice with a patient who came home from hospital."""
    clinic.know(
        patient("p1"),
        coverage("p1"),
        stay("p1", "2026-07-03", HOME),
        call("p1", "2026-07-06 15:00"),
    )
    clinic.night(NIGHTS[0])
    return clinic


def test_a_booking_with_an_unknown_status_proves_nothing_and_accuses_nobody(home: Clinic) -> None:
    home.know(appointment("p1", "2026-07-13 09:00", status="BKD", recorded="2026-07-07 10:00"))
    home.night(NIGHTS[1])
    case = home.case("p1", "transitional_care")
    assert (case.stage, case.stages["scheduled"]) == ("scheduled", "unknown")
    assert open_codes(home) == [("scheduling/appointment.status BKD", "front_desk", 1, 1)]
    # past the stage's deadline it is still not known, and never missed
    for night in NIGHTS[2:8]:
        home.night(night)
    assert home.case("p1", "transitional_care").stages["scheduled"] == "unknown"
    assert not home.rows("select 1 from operations.exception where reason = 'missed_clock'")

    map_code(home, "appointment.status", "BKD", "booked", "scheduling")
    home.night(NIGHTS[8])
    assert home.case("p1", "transitional_care").stages["scheduled"] == "complete"
    assert open_codes(home) == []
    ((row),) = home.rows(
        "select status, closed_seq from operations.exception where reason = 'code_not_mapped'"
    )
    assert tuple(row) == ("cleared", home.seq)
    # what was not known then is not known in a replay of then
    assert home.digest() == home.derived_digest()


def test_a_refusal_that_nobody_has_mapped_stops_contact(clinic: Clinic) -> None:
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-03", HOME))
    clinic.know(consent("p1", "NOCALL"), consent("p1", "RESEARCH7", "permit"))
    clinic.night(NIGHTS[0])
    case = clinic.case("p1", "transitional_care")
    assert (case.state, case.asks) == ("blocked", "contact_blocked")
    assert open_codes(clinic) == [("ehr/consent.category_code NOCALL", "data_engineering", 1, 0)]
    map_code(clinic, "consent.category_code", "NOCALL", "sms", "ehr")
    clinic.night(NIGHTS[1])
    assert clinic.case("p1", "transitional_care").asks != "contact_blocked"


def test_a_mapped_no_show_is_none(home: Clinic) -> None:
    home.know(appointment("p1", "2026-07-13 09:00", status="NS", recorded="2026-07-07 10:00"))
    home.night(NIGHTS[1])
    map_code(home, "appointment.status", "NS", "noshow", "scheduling")
    home.night(NIGHTS[2])
    assert home.case("p1", "transitional_care").stages["scheduled"] == "pending"
    assert open_codes(home) == []


def test_each_code_is_one_exception_of_the_team_of_its_feed(home: Clinic) -> None:
    home.know(
        patient("p2"),
        appointment("p1", "2026-07-13 09:00", status="BKD"),
        appointment("p2", "2026-07-13 09:30", status="BKD"),
        appointment("p2", "2026-07-13 10:00", "FU30", key="b"),
        stay("p2", "2026-07-03", HOME, "H1"),
    )
    home.night(NIGHTS[1])
    expected = [
        ("ehr/encounter.discharge_disposition_code H1", "data_engineering", 1, 0),
        ("scheduling/appointment.status BKD", "front_desk", 2, 1),
        ("scheduling/appointment.visit_type_code FU30", "front_desk", 1, 0),
    ]
    assert open_codes(home) == expected
    before = home.rows("select * from operations.exception order by exception_id")
    home.derive()
    assert home.rows("select * from operations.exception order by exception_id") == before
    # nobody is told twice
    assert not home.rows("select 1 from operations.exception where reason = 'new_code'")
    shown = sql.run(home.conn, "told/numbers/unmapped.sql", seq=home.seq).rows
    assert sorted((row[3], row[4], row[5]) for row in shown) == [
        ("appointment.status", "BKD", 2),
        ("appointment.visit_type_code", "FU30", 1),
        ("encounter.discharge_disposition_code", "H1", 1),
    ]


@pytest.mark.parametrize(
    ("held", "unclear"),
    [
        (True, {"class_code": "5"}),
        (True, {"status": "ADMITTED"}),
        # it is over, has not begun, or was called off; and a visit, whatever became of it, is no stay
        (False, {"class_code": "5", "status": "finished", "ends_at": moment("2026-07-06 18:00")}),
        (False, {"class_code": "5", "status": "planned"}),
        (False, {"class_code": "5", "status": "cancelled"}),
        (False, {"class_code": "AMB", "status": "ADMITTED"}),
    ],
    ids=str,
)
def test_nobody_calls_a_person_who_may_be_in_a_facility(
    clinic: Clinic, held: bool, unclear: dict[str, Any]
) -> None:
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-03", HOME))
    clinic.know(stay("p1", "2026-07-06 16:00", key="again", **unclear))
    clinic.night(NIGHTS[0])
    case = clinic.case("p1", "transitional_care")
    assert case.stage == "contacted"
    if not held:
        assert (case.asks, case.stages["contacted"]) == ("outreach", "pending")
        return
    assert (case.asks, case.stages["contacted"]) == ("wait", "unknown")
    ((exception, due_at),) = clinic.rows(
        "select exception_id, due_at from operations.exception where reason = 'code_not_mapped'"
    )
    assert clinic.rows(
        "select next_step, next_step_ref from cases.case_record where workflow = 'transitional_care'"
    ) == [("exception", str(exception))]
    # with the clock of the call that waits on it
    assert due_at == moment("2026-07-09")
    # nobody has mapped it in time: a person finds out, and lets it go on
    clinic.night(NIGHTS[1])
    clinic.night(NIGHTS[2])
    case = clinic.case("p1", "transitional_care")
    assert clinic.exceptions("p1") == ["verify_by_hand"]
    assert not clinic.rows("select 1 from operations.exception where reason = 'missed_clock'")
    ((exception,),) = clinic.rows(
        "select exception_id from operations.exception where reason = 'verify_by_hand'"
    )
    clinic.decide("retry", "exception", str(exception))
    clinic.night(NIGHTS[3])
    assert clinic.case("p1", "transitional_care").asks != "wait"
    assert clinic.exceptions("p1") != ["verify_by_hand"]
    assert clinic.digest() == clinic.derived_digest()


def test_a_discharge_without_known_coverage_opens_no_case_and_is_told(clinic: Clinic) -> None:
    clinic.know(
        patient("p1"),
        patient("p2"),
        coverage("p1", "ELSE", "MCR"),
        coverage("p2", "ELSE", "MCR"),
        stay("p1", "2026-07-03", HOME),
        # the patient was at home before the coverage could have been meant
        stay("p2", "2026-07-03", HOME, "H1"),
    )
    clinic.night(NIGHTS[0])
    assert clinic.all_cases() == []
    told = clinic.rows(
        "select about_id, detail -> 'openings' as openings, due_at from operations.exception order by 1"
    )
    assert [tuple(row) for row in told] == [
        ("ehr/coverage.type_code MCR", 1, moment("2026-07-09")),
        ("ehr/encounter.discharge_disposition_code H1", 1, moment("2026-07-09")),
    ]
    map_code(clinic, "coverage.type_code", "MCR", "12", "ehr")
    clinic.night(NIGHTS[1])
    assert clinic.case("p1", "transitional_care").stage == "contacted"
    assert [row[0] for row in open_codes(clinic)] == ["ehr/encounter.discharge_disposition_code H1"]


def test_very_many_codes_of_a_field_are_one_exception(home: Clinic) -> None:
    several = [
        appointment("p1", "2026-07-13 09:00", status=f"K{number:02}", key=f"k{number}")
        for number in range(21)
    ]
    home.know(several[:20])
    home.night(NIGHTS[1])
    assert len(open_codes(home)) == 20
    home.know(several[20:], appointment("p1", "2026-07-14 09:00", status="K07", key="more"))
    home.night(NIGHTS[2])
    assert open_codes(home) == [("scheduling/appointment.status", "front_desk", 22, 1)]
    ((detail,),) = home.rows(
        "select detail from operations.exception where reason = 'code_not_mapped' and status = 'open'"
    )
    assert (detail["codes"], detail["code"]) == (21, "K07 2, K00 1, K01 1, K02 1, K03 1, 16 more")
    case = home.case("p1", "transitional_care")
    assert case.stages["scheduled"] == "unknown"
    # one is mapped: they are told one by one again; all are mapped: nothing is open
    map_code(home, "appointment.status", "K00", "cancelled", "scheduling")
    home.night(NIGHTS[3])
    assert len(open_codes(home)) == 20
    for number in range(1, 21):
        map_code(home, "appointment.status", f"K{number:02}", "cancelled", "scheduling")
    home.night(NIGHTS[4])
    assert open_codes(home) == []
    assert {
        row[0]
        for row in home.rows(
            "select status from operations.exception where reason = 'code_not_mapped'"
        )
    } == {"cleared"}


@pytest.mark.parametrize("code", ["Family-p1", "family-P1", "02134", "two words", "x" * 41])
def test_what_may_be_about_a_patient_is_not_shown(home: Clinic, code: str) -> None:
    home.know(appointment("p1", "2026-07-13 09:00", status=code))
    home.night(NIGHTS[1])
    ((row),) = home.rows(
        "select about_id, detail::text as detail from operations.exception where reason = 'code_not_mapped'"
    )
    assert row.about_id.startswith("scheduling/appointment.status not shown, ")
    assert code not in row.about_id + row.detail
