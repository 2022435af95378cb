"""A claim says each charge once, whichever system tells it, and none of which its systems disagree."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.warehouse.clinic import DOCTOR, DOCTOR_NPI, Record, again, charge, patient
from tests.warehouse.tasks.desk import FIRST, SECOND, Desk, member, seen

AT = "2026-07-01 10:00"
BY_CHART = charge("p1", AT)
BY_DFT = Record(
    "charge_item",
    "T1",
    "hospital",
    "MRN-p1",
    BY_CHART.values | {"encounter_id": "V9", "visit_number": "V9", "performer_id": DOCTOR_NPI},
)
THEIRS = Record("patient", "MRN-p1", "hospital", "MRN-p1", dict(patient("p1").values))


def told(desk: Desk, differs: str | None = None) -> None:
    """Let the cases say that the hospital's charge is one of the visit."""
    desk.conn.execute(
        "insert into cases.told_charge (person_id, source, source_id, encounter_source, encounter_id, is_counted,"
        " differs, derived_seq) values (%s, 'hospital', 'T1', 'ehr', 'p1-visit', true, %s, %s)"
        " on conflict (person_id, source, source_id) do update set differs = excluded.differs",
        (desk.person("p1"), differs, desk.seq),
    )
    desk.conn.commit()


@pytest.fixture
def asked(desk: Desk) -> Desk:
    """Return a practice with a visit that the hospital has charged."""
    desk.know(member("p1"), THEIRS, seen("p1", visit_number="V9"), BY_DFT)
    desk.open(FIRST)
    desk.bills("p1")
    desk.plan()
    return desk


def why(desk: Desk) -> tuple[str, list[str]]:
    (one,) = desk.rows("select reason, detail from operations.exception where status = 'open'")
    return one.reason, one.detail["missing"]


def test_a_charge_of_another_system_is_billed_in_the_name_of_the_chart_s_doctor(
    asked: Desk,
) -> None:
    told(asked)
    (made,) = asked.prepare()
    (one,) = asked.rows("select content from tasks.claim")
    (line,) = one.content["lines"]
    assert (line["charge_source"], line["charge_item"], line["performer"]) == (
        "hospital", "T1", DOCTOR,
    )  # fmt: skip
    assert one.content["rendering_npi"] == DOCTOR_NPI
    # its systems contradict each other since: the batch is made without it
    told(asked, "code")
    asked.open(SECOND)
    assert asked.prepare() == []
    assert asked.rows("select status from tasks.claim_batch where batch_id = %s", made)[0] == (
        "refused",
    )
    assert why(asked) == ("charge_check", ["charge on which its systems agree"])


def test_what_two_systems_charge_under_two_numbers_is_asked_about(asked: Desk) -> None:
    asked.know(BY_CHART)
    asked.open(SECOND)
    told(asked)
    assert asked.prepare() == []
    assert why(asked) == ("charge_check", ["charge told once, or under one number"])
    # another service of the visit is a charge of its own
    asked.know(again(replace(BY_CHART), code="36415"))
    asked.open("2026-07-08")
    assert len(asked.prepare()) == 1
    (one,) = asked.rows("select content from tasks.claim")
    assert [line.get("charge_source") for line in one.content["lines"]].count("hospital") == 1
