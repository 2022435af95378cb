"""A discharge that does not say where the patient went is asked about, before the first clock ends."""

from __future__ import annotations

import pytest

from tests.warehouse.clinic import Clinic, again, coverage, stay
from tests.warehouse.silence.test_unmatched import known, night
from throughline.silence import unmatched


def test_a_discharge_that_does_not_say_where_to_is_asked_about_in_time(clinic: Clinic) -> None:
    unsaid = stay("p1", "2026-07-01", "2026-07-06 11:00", to=None)
    [told] = night(clinic, "2026-07-06", known("p1"), coverage("p1"), unsaid)
    assert (told[0], told[3]) == ("disposition_not_stated", "care_management")
    [row] = clinic.rows(
        "select e.due_at, e.person_id, e.detail, cases.day_end('2026-07-07') as next_day from operations.exception as e"
        " where reason = 'disposition_not_stated'"
    )
    # due within the two business days of the call, and it leads to the patient
    assert row.due_at == row.next_day
    assert row.person_id is not None
    assert row.detail == {"source": "ehr", "day": "2026-07-06"}
    said = again(unsaid, discharge_disposition_code="home")
    assert night(clinic, "2026-07-07", said) == []
    assert clinic.case("p1", "transitional_care").stage == "contacted"


def test_a_discharge_that_opens_no_case_anyway_is_not_asked_about(clinic: Clinic) -> None:
    unsaid = stay("p1", "2026-07-01", "2026-07-06 11:00", to=None)
    nobodys = again(known("p1")[0], general_practitioner_id=None)
    assert night(clinic, "2026-07-06", [nobodys, *known("p1")[1:]], coverage("p1"), unsaid) == []


def test_very_many_discharges_that_do_not_say_where_to_are_one_exception(
    clinic: Clinic, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(unmatched.LIMITS, "many", 1)
    people = ["p1", "p2", "p3"]
    unsaid = [stay(who, "2026-07-01", "2026-07-06 11:00", to=None) for who in people]
    covered = [coverage(who) for who in people]
    records = [record for who in people for record in known(who)]
    [told] = night(clinic, "2026-07-06", records, covered, unsaid)
    assert told[:2] == ("disposition_not_stated", "ehr 1")
