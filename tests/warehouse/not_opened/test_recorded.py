"""A call that a named person records by hand is evidence of the next night, and of no other kind than a call."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.warehouse.clinic import Clinic, coverage, patient, stay
from throughline import decisions
from throughline.cases.recorded import CALL, CASE, RECORD, TAKE_BACK, moment
from throughline.decisions import Decision, NotAllowedError, Request
from throughline.warehouse import nights, sql

HOME = "2026-07-06 11:00"
WHO = "operator"


@pytest.fixture
def home(clinic: Clinic, monkeypatch: pytest.MonkeyPatch) -> Clinic:
    """Return a practice with a patient who came home and must be called; anybody may record calls."""
    monkeypatch.setattr(decisions, "may", lambda *_, **__: True)
    clinic.know(patient("p1"), coverage("p1"), stay("p1", "2026-07-03", HOME))
    clinic.night("2026-07-06")
    return clinic


def night(clinic: Clinic, on: str) -> None:
    """Run a night that knows what was decided before it."""
    nights.take_decisions(clinic.conn, clinic.seq + 1)
    clinic.night(on)


def case_id(clinic: Clinic) -> str:
    """Return the id of the case of the discharge."""
    [row] = clinic.rows(
        "select case_id::text from cases.case_record where workflow = 'transitional_care'"
    )
    return str(row.case_id)


def say(
    clinic: Clinic, at: str = "2026-07-07 10:00", outcome: str = "reached", who: str = WHO
) -> Decision:
    """Record a call of the case."""
    asked = Request(RECORD, CASE, case_id(clinic), who, "", {"at": at, "outcome": outcome})
    return decisions.record(clinic.conn, asked)


def test_a_recorded_call_proves_the_contact_from_the_next_night_on(home: Clinic) -> None:
    said = say(home)
    assert home.case("p1", "transitional_care").stages["contacted"] == "pending"
    night(home, "2026-07-07")
    assert home.case("p1", "transitional_care").stages["contacted"] == "complete"
    [fact] = home.rows("select * from evidence.fact where kind = 'contact'")
    assert (fact.source, fact.source_ref, fact.code) == (
        "by_hand",
        f"decision/{said.decision_id}",
        "reached",
    )
    assert fact.occurred_at == datetime.fromisoformat("2026-07-07T14:00:00+00:00")
    assert fact.detail["recorded_by"] == WHO
    assert home.digest() == home.derived_digest()


def test_a_try_is_a_try(home: Clinic) -> None:
    say(home, outcome="no_answer")
    night(home, "2026-07-07")
    assert [
        row.kind for row in home.rows("select kind from evidence.fact where source = 'by_hand'")
    ] == ["attempt"]
    assert home.case("p1", "transitional_care").stages["contacted"] == "pending"


def test_what_was_recorded_wrongly_is_taken_back(home: Clinic) -> None:
    said = say(home)
    night(home, "2026-07-07")
    back = Request(TAKE_BACK, CALL, str(said.decision_id), WHO, "another patient's call")
    decisions.record(home.conn, back)
    night(home, "2026-07-08")
    assert home.case("p1", "transitional_care").stages["contacted"] != "complete"
    assert home.digest() == home.derived_digest()
    with pytest.raises(NotAllowedError, match="taken back already"):
        decisions.record(home.conn, back)
    # and the same call can be recorded anew
    assert say(home).is_new


def test_what_is_taken_back_before_the_night_proves_nothing(home: Clinic) -> None:
    said = say(home)
    decisions.record(home.conn, Request(TAKE_BACK, CALL, str(said.decision_id), WHO, "a slip"))
    night(home, "2026-07-07")
    assert home.case("p1", "transitional_care").stages["contacted"] == "pending"


def test_a_rerun_of_the_night_knows_the_same_call(home: Clinic) -> None:
    say(home)
    night(home, "2026-07-07")
    before = home.rows(
        "select fact_id, kind, known_seq from evidence.fact where source = 'by_hand' order by 1"
    )
    home.derive()
    assert before == home.rows(
        "select fact_id, kind, known_seq from evidence.fact where source = 'by_hand' order by 1"
    )


def test_a_call_stays_its_patients_when_the_person_becomes_another(home: Clinic) -> None:
    say(home)
    # before a night knows the call, the record is found to be another person's
    nights.take_decisions(home.conn, home.seq + 1)
    home.conn.execute("update identity.link set retired_seq = %s", (home.seq + 1,))
    assert sql.run(home.conn, "evidence/recorded.sql", seq=home.seq + 1).count("facts_recorded")
    [call] = home.rows("select subject_id from evidence.fact where kind = 'contact'")
    [stay_of] = home.rows("select subject_id from evidence.fact where kind = 'discharge'")
    assert call == stay_of


def test_the_same_call_twice_is_recorded_once(home: Clinic) -> None:
    first, second = say(home), say(home)
    assert (second.decision_id, second.is_new) == (first.decision_id, False)
    assert say(home, who="biller").is_new, "two people may have called"


@pytest.mark.parametrize(
    ("at", "outcome", "why"),
    [
        ("2026-07-05 10:00", "reached", "before what opened the case"),
        (
            (datetime.now(UTC) + timedelta(days=2)).strftime("%Y-%m-%d %H:%M"),
            "reached",
            "in the future",
        ),
        ("yesterday", "reached", "missing or cannot be read"),
        ("", "reached", "missing or cannot be read"),
        ("2026-02-30 10:00", "reached", "missing or cannot be read"),
        ("2026-07-07 10:00", "", "the outcome is none of"),
        ("2026-07-07 10:00", "spoke", "the outcome is none of"),
    ],
)
def test_what_is_no_call_of_the_case_is_refused(
    home: Clinic, at: str, outcome: str, why: str
) -> None:
    with pytest.raises(NotAllowedError, match=why):
        say(home, at, outcome)


def test_a_case_that_there_is_not_takes_no_call(home: Clinic) -> None:
    number = case_id(home)
    asked = Request(
        RECORD,
        CASE,
        number[:-4] + "0000",
        WHO,
        "",
        {"at": "2026-07-07 10:00", "outcome": "reached"},
    )
    with pytest.raises(NotAllowedError, match="no case"):
        decisions.record(home.conn, asked)


def test_a_time_is_the_practices() -> None:
    assert (
        moment("2026-07-07T10:00") == moment(" 2026-07-07  10:00 ") == moment("2026-07-07 10:00:30")
    )
    assert moment("2026-01-07 10:00").isoformat() == "2026-01-07T15:00:00+00:00"
