"""What two sources tell of one stay, visit, appointment or charge is one fact with two sources, in either order."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.throughline.sources.adt import HOSPITAL
from tests.warehouse.clinic import (
    DOCTOR,
    DOCTOR_NPI,
    Clinic,
    Record,
    again,
    appointment,
    charge,
    coverage,
    deleted,
    moment,
    note,
    patient,
    practitioner,
    stay,
    visit,
)
from throughline import sources, workflows
from throughline.silence import unmatched

T = "transitional_care"
SAME = {"same_within_minutes": 120}


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic) -> None:
    """A practice that has a hospital's ADT, and a second schedule, beside its own systems."""
    practice(tmp_path, monkeypatch, clinic)


def practice(folder: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic, **feed: Any) -> None:
    (folder / "sources").mkdir(exist_ok=True)
    feeds = {name: {"expected_by": "03:00", **(feed if name != "patient" else {})}
             for name in ("patient", "encounter", "appointment")}  # fmt: skip
    said = {**HOSPITAL, "feeds": feeds}
    (folder / "sources" / "hospital.yaml").write_text(yaml.safe_dump(said))
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))
    sources.register(clinic.conn, 0)
    workflows.register(clinic.conn, 0)


def by_adt(record: Record, who: str = "p1", **changes: Any) -> Record:
    """The same as another source tells it, under the record number."""
    values = {**record.values, **changes}
    key = str(values.get("visit_number") or record.key + "-adt")
    return Record(record.table, key, "hospital", f"MRN-{who}", values)


def person(who: str = "p1") -> list[Record]:
    known = patient(who)
    theirs = Record("patient", f"MRN-{who}", "hospital", f"MRN-{who}", dict(known.values))
    return [known, coverage(who), replace(theirs)]


EHR_STAY = stay("p1", "2026-07-01 08:00", "2026-07-02 11:00", visit_number="V1")
ADT_STAY = by_adt(EHR_STAY, ends_at=moment("2026-07-02 11:05"))


def cases(clinic: Clinic) -> list[tuple[Any, ...]]:
    return clinic.conn.execute(
        "select trigger_ref, status, trigger_on::text from cases.case_record"
        " where workflow = 'transitional_care' order by opened_seq, trigger_ref"
    ).fetchall()


def same(clinic: Clinic) -> list[tuple[Any, ...]]:
    return clinic.conn.execute(
        "select source, ref, joined_by, differs from cases.same_record order by source, source_ref"
    ).fetchall()


@pytest.mark.parametrize("first", [EHR_STAY, ADT_STAY])
def test_one_discharge_that_two_sources_tell_opens_one_case(clinic: Clinic, first: Record) -> None:
    second = ADT_STAY if first is EHR_STAY else EHR_STAY
    clinic.know(*person(), first)
    clinic.night("2026-07-02")
    ref = f"encounter/{first.key}"
    assert cases(clinic) == [(ref, "open", "2026-07-02")]
    clinic.know(second)
    clinic.night("2026-07-03")
    assert cases(clinic) == [(ref, "open", "2026-07-02")]
    assert [row[1:] for row in same(clinic)] == [(ref, "number", None)] * 2
    # one is taken back: the other stands, and so does the case
    clinic.know(deleted(first))
    clinic.night("2026-07-04")
    assert cases(clinic) == [(ref, "open", "2026-07-02")]
    clinic.know(deleted(second))
    clinic.night("2026-07-05")
    assert [row[1] for row in cases(clinic)] != ["open"]


def test_a_hospital_that_leaves_the_phone_out_says_nothing_about_the_chart_s(
    clinic: Clinic,
) -> None:
    known, covered, theirs = person()
    clinic.know(known, covered, replace(theirs, values=theirs.values | {"phone": None}), EHR_STAY)
    clinic.night("2026-07-02")
    assert clinic.case("p1", T).asks != "bad_contact_data"
    silent = replace(known, version="2027-01-01T00:00:00Z/1", values=known.values | {"phone": None})
    clinic.know(silent)
    clinic.night("2026-07-03")
    assert clinic.case("p1", T).asks == "bad_contact_data"


def test_both_in_one_night(clinic: Clinic) -> None:
    clinic.know(*person(), EHR_STAY, ADT_STAY)
    clinic.night("2026-07-02")
    assert len(cases(clinic)) == 1


@pytest.mark.nights
def test_a_disposition_that_only_one_of_them_states(clinic: Clinic) -> None:
    silent = by_adt(EHR_STAY, discharge_disposition_code=None)
    clinic.know(*person(), silent)
    clinic.night("2026-07-02")
    assert cases(clinic) == []
    clinic.know(EHR_STAY)
    clinic.night("2026-07-03")
    assert [row[1] for row in cases(clinic)] == ["open"]


@pytest.mark.nights
def test_a_stay_that_one_of_them_has_not_ended_yet_is_over(clinic: Clinic) -> None:
    open_one = by_adt(stay("p1", "2026-07-01 08:00", visit_number="V1"))
    clinic.know(*person(), EHR_STAY, open_one)
    clinic.night("2026-07-02")
    case = clinic.case("p1", T)
    assert (case.status, case.state) != ("open", "blocked")
    assert case.asks != "wait", case


def test_two_stays_are_two(clinic: Clinic) -> None:
    """Other numbers; the same number weeks apart; a number that one source uses twice."""
    other = by_adt(EHR_STAY, visit_number="V2")
    later = by_adt(EHR_STAY, starts_at=moment("2026-06-01"), ends_at=moment("2026-06-03 10:00"))
    clinic.know(*person(), EHR_STAY, other, later)
    clinic.night("2026-07-02")
    assert same(clinic) == []
    twice = replace(EHR_STAY, key="p1-again")
    clinic.know(twice, by_adt(EHR_STAY, visit_number="V1"))
    clinic.night("2026-07-03")
    assert same(clinic) == []


@pytest.mark.nights
def test_contradictions_are_told(clinic: Clinic) -> None:
    clinic.know(*person(), EHR_STAY, by_adt(EHR_STAY, discharge_disposition_code="snf"))
    clinic.night("2026-07-02")
    assert {row[3] for row in same(clinic)} == {"disposition"}
    unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
    [told] = clinic.rows(
        "select owner_team, detail, status from operations.exception where reason = 'sources_disagree'"
    )
    assert told.owner_team == "care_management"
    assert told.detail == {
        "source": "ehr", "other": "hospital", "day": "2026-07-02", "record": "discharge", "differs": "disposition",
    }  # fmt: skip
    clinic.know(
        replace(
            ADT_STAY, version="2027", values=ADT_STAY.values | {"ends_at": moment("2026-07-03")}
        )
    )
    clinic.night("2026-07-03")
    assert {row[3] for row in same(clinic)} == {"day"}
    clinic.know(replace(ADT_STAY, version="2028"))
    clinic.night("2026-07-04")
    assert {row[3] for row in same(clinic)} == {None}
    unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
    [told] = clinic.rows(
        "select status from operations.exception where reason = 'sources_disagree'"
    )
    assert told.status == "cleared"


@pytest.mark.nights
def test_by_time_only_where_the_definition_says_so(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    near = by_adt(EHR_STAY, visit_number="H7", starts_at=moment("2026-07-01 09:30"))
    clinic.know(*person(), EHR_STAY, near)
    clinic.night("2026-07-02")
    assert same(clinic) == []
    assert len(cases(clinic)) == 2
    practice(tmp_path, monkeypatch, clinic, **SAME)
    clinic.know(replace(near, version="2027", values=near.values | {"reason_code": "x"}))
    clinic.night("2026-07-03")
    assert [row[2] for row in same(clinic)] == ["time", "time"]
    assert [row[1] for row in cases(clinic)].count("open") == 1
    # a second one as near: nobody knows which of them it is
    clinic.know(by_adt(EHR_STAY, visit_number="H8", starts_at=moment("2026-07-01 07:00")))
    clinic.night("2026-07-04")
    assert same(clinic) == []


@pytest.mark.nights
def test_a_visit_goes_by_the_name_that_its_chart_has_for_it(clinic: Clinic) -> None:
    """A note and a charge of the chart belong to the visit that ADT told first."""
    seen = visit("p1", "2026-07-08 10:00", visit_number="V9")
    told = by_adt(seen, practitioner_id=DOCTOR)
    clinic.know(*person(), EHR_STAY, told)
    clinic.night("2026-07-08")
    clinic.know(seen, note("p1", "2026-07-08 18:00"), charge("p1", "2026-07-08 18:00"))
    clinic.night("2026-07-09")
    assert clinic.conn.execute(
        "select count(*) from cases.same_record where record = 'encounter'"
    ).fetchone() == (2,)


@pytest.mark.parametrize(
    ("npi", "is_billable", "expected"),
    [
        (DOCTOR_NPI, True, None),
        (DOCTOR_NPI, False, "practitioner_not_billable"),
        ("1000000017", True, "practitioner_not_known"),
    ],
)
def test_a_visit_by_adt_alone_names_who_saw_the_patient_by_npi(
    clinic: Clinic, npi: str, is_billable: bool, expected: str | None
) -> None:
    def reasons() -> list[Any]:
        return clinic.conn.execute(
            "select reason from cases.not_opened where workflow = 'charge_capture' order by 1"
        ).fetchall()

    seen = by_adt(visit("p1", "2026-06-15 10:00", visit_number="V9"), practitioner_id=npi)
    clinic.pending.clear()
    clinic.know(*person(), seen)
    clinic.night("2026-07-06")
    assert reasons() == [("note_not_signed",), ("practitioner_not_known",)]
    # the practitioner's record comes a night later
    clinic.know(practitioner("dr7", DOCTOR_NPI, is_billable=is_billable))
    clinic.night("2026-07-07")
    assert reasons() == [("note_not_signed",), *([(expected,)] if expected else [])]
    assert clinic.digest() == clinic.derived_digest()


BOOKED = appointment("p1", "2026-07-08 10:00", recorded="2026-07-03 09:00")


@pytest.mark.nights
@pytest.mark.parametrize("newer", ["booked", "cancelled"])
@pytest.mark.parametrize("first", ["scheduling", "hospital"])
def test_of_one_appointment_the_newer_statement_counts(
    clinic: Clinic, first: str, newer: str
) -> None:
    ours = BOOKED
    theirs = replace(
        BOOKED,
        source="hospital",
        key="other",
        values=BOOKED.values
        | {
            "status": newer,
            "recorded_at": moment("2026-07-04 09:00"),
            "cancelled_by": "patient" if newer == "cancelled" else None,
        },
    )
    order = [ours, theirs] if first == "scheduling" else [theirs, ours]
    clinic.know(*person(), EHR_STAY, order[0])
    clinic.night("2026-07-04")
    clinic.know(order[1])
    clinic.night("2026-07-05")
    assert [row[2] for row in same(clinic)] == ["number", "number"]
    stage = clinic.case("p1", T).stages["scheduled"]
    assert (stage == "complete") == (newer == "booked"), stage
    # the newer one is taken back: the other stands
    clinic.know(deleted(theirs))
    clinic.night("2026-07-06")
    assert clinic.case("p1", T).stages["scheduled"] == "complete"


@pytest.mark.nights
def test_appointments_near_in_time_are_one_only_at_one_site(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    practice(tmp_path, monkeypatch, clinic, **SAME)
    for key, site in (
        ("scheduling|UP", "uptown"),
        ("hospital|H1", "harbor"),
        ("hospital|H2", "uptown"),
    ):
        clinic.conn.execute(
            "insert into cases.setting_known (name, key, known_seq, value) values ('site_of_place', %s, 0, %s)",
            (key, site),
        )
    # a place of HL7 v2 has several parts
    ours = again(BOOKED, location_id="UP/3/LAKE")
    other = {"filler_id": "F2", "placer_id": "P2", "location_id": "H1"}
    theirs = again(replace(BOOKED, source="hospital", key="other"), **other)
    clinic.know(*person(), EHR_STAY, ours, theirs)
    clinic.night("2026-07-04")
    assert same(clinic) == []
    clinic.know(again(theirs, location_id="H2"))
    clinic.night("2026-07-05")
    assert [row[2] for row in same(clinic)] == ["time", "time"]
