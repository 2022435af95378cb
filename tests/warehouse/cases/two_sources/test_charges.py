"""A charge that a chart, DFT and a report tell is one, and is billed once; one that DFT tells belongs to its visit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.throughline.sources.adt import HOSPITAL
from tests.warehouse.cases.two_sources.test_same_record import person
from tests.warehouse.cases.two_sources.test_visits_by_number import LEDGER
from tests.warehouse.clinic import (
    DOCTOR_NPI,
    Clinic,
    Record,
    again,
    charge,
    deleted,
    patient,
    visit,
)
from throughline import sources, workflows
from throughline.silence import unmatched

SEEN = visit("p1", "2026-07-01 10:00", visit_number="V9")
BY_CHART = charge("p1", "2026-07-01 18:00", charge_number="T1")
# it names the visit by its number and the doctor by the NPI, and knows no level
BY_DFT = Record(
    "charge_item",
    "T1",
    "hospital",
    "MRN-p1",
    BY_CHART.values
    | {"encounter_id": "V9", "visit_number": "V9", "performer_id": DOCTOR_NPI, "mdm_level": None},
)

# a report of charges names the visit by its number, too; the charge's own number is its key
BY_REPORT = replace(
    BY_DFT, source="ledger", values=BY_DFT.values | {"visit_number": None, "charge_number": None}
)


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic) -> None:
    practice(tmp_path, monkeypatch, clinic)
    clinic.know(*person(), SEEN)


def practice(folder: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic, **feed: Any) -> None:
    (folder / "sources").mkdir(exist_ok=True)
    feeds = {name: {"expected_by": "03:00", **(feed if name != "patient" else {})}
             for name in ("patient", "charge_item")}  # fmt: skip
    (folder / "sources" / "hospital.yaml").write_text(yaml.safe_dump({**HOSPITAL, "feeds": feeds}))
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))
    sources.register(clinic.conn, 0)
    workflows.register(clinic.conn, 0)


def lines(clinic: Clinic) -> list[tuple[Any, ...]]:
    """The charges that a claim of the visit may say."""
    return clinic.conn.execute(
        "select source, source_id, code, differs from cases.visit_charge"
        " where encounter_source = 'ehr' and encounter_id = 'p1-visit' and retracted_seq is null order by 1, 2"
    ).fetchall()


def test_a_charge_by_dft_alone_is_one_of_the_visit_that_it_names(clinic: Clinic) -> None:
    clinic.know(BY_DFT)
    clinic.night("2026-07-02")
    assert lines(clinic) == [("hospital", "T1", "99214", None)]
    # another patient's visit may have that number, too
    clinic.know(*person("p2"), again(replace(BY_DFT, key="T2", subject="MRN-p2")))
    clinic.night("2026-07-03")
    assert lines(clinic) == [("hospital", "T1", "99214", None)]
    clinic.know(deleted(BY_DFT))
    clinic.night("2026-07-04")
    assert lines(clinic) == []


@pytest.mark.parametrize("first", [BY_CHART, BY_DFT], ids=["chart", "dft"])
def test_a_charge_that_both_tell_is_one_while_either_tells_it(
    clinic: Clinic, first: Record
) -> None:
    second = BY_DFT if first is BY_CHART else BY_CHART
    clinic.know(first)
    clinic.night("2026-07-02")
    assert len(lines(clinic)) == 1
    clinic.know(second)
    clinic.night("2026-07-03")
    # the chart says the level
    assert lines(clinic) == [("ehr", "p1-charge", "99214", None)]
    # they disagree: the claim waits, and somebody is asked
    odd = again(BY_DFT, code="99215")
    clinic.know(odd)
    clinic.night("2026-07-04")
    assert lines(clinic) == [("ehr", "p1-charge", "99214", "code")]
    clinic.know(again(odd, code="99214"))
    clinic.night("2026-07-05")
    assert lines(clinic) == [("ehr", "p1-charge", "99214", None)]
    # one is taken back: the other stands
    clinic.know(deleted(first))
    clinic.night("2026-07-06")
    assert [row[0] for row in lines(clinic)] == [second.source]
    clinic.know(deleted(second))
    clinic.night("2026-07-07")
    assert lines(clinic) == []


@pytest.mark.parametrize("first", [BY_DFT, BY_REPORT], ids=["dft", "report"])
def test_a_charge_by_dft_that_a_report_has_as_well_is_billed_once(
    clinic: Clinic, tmp_path: Path, first: Record
) -> None:
    table = LEDGER["conventions"]["tables"]["charges"]
    charges = {"charges": table | {"records": table["records"][:2]}}
    feeds = {name: LEDGER["feeds"][name] for name in ("patient", "charge_item")}
    report = LEDGER | {"feeds": feeds, "conventions": {"tables": charges}}
    (tmp_path / "sources" / "ledger.yaml").write_text(yaml.safe_dump(report))
    sources.register(clinic.conn, 0)
    clinic.know(replace(patient("p1"), source="ledger", key="MRN-p1", subject="MRN-p1"))
    second = BY_REPORT if first is BY_DFT else BY_DFT
    clinic.know(first)
    clinic.night("2026-07-02")
    assert lines(clinic) == [(first.source, "T1", "99214", None)]
    # the other is late
    clinic.know(second)
    clinic.night("2026-07-03")
    assert [row[1:] for row in lines(clinic)] == [("T1", "99214", None)]
    # they disagree: one line, which waits, and somebody is asked
    odd = again(BY_REPORT, quantity=2)
    clinic.know(odd)
    clinic.night("2026-07-04")
    assert [row[3] for row in lines(clinic)] == ["units"]
    unmatched.notice(clinic.conn, clinic.seq, clinic.cut_off)
    [asked] = clinic.rows(
        "select detail from operations.exception where reason = 'sources_disagree' and status = 'open'"
    )
    assert {asked.detail[name] for name in ("source", "other")} == {"hospital", "ledger"}
    assert (asked.detail["record"], asked.detail["differs"]) == ("charge", "units")
    clinic.know(again(odd, quantity=1))
    clinic.night("2026-07-05")
    assert [row[3] for row in lines(clinic)] == [None]
    # one is taken back: the other stands
    clinic.know(deleted(first))
    clinic.night("2026-07-06")
    assert lines(clinic) == [(second.source, "T1", "99214", None)]
    clinic.know(deleted(second))
    clinic.night("2026-07-07")
    assert lines(clinic) == []


def test_what_the_patient_kept_from_the_payer_is_kept_whoever_tells_it(clinic: Clinic) -> None:
    clinic.know(again(BY_CHART, is_self_pay_restricted=True, mdm_level=None), BY_DFT)
    clinic.night("2026-07-02")
    assert lines(clinic) == []


@pytest.mark.nights
def test_by_time_and_code_only_where_the_definition_says_so(
    clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = again(replace(BY_DFT, key="X7"))
    clinic.know(again(BY_CHART, charge_number=None), other)
    clinic.night("2026-07-02")
    assert len(lines(clinic)) == 2
    practice(tmp_path, monkeypatch, clinic, same_within_minutes=60)
    clinic.know(again(other, quantity=2))
    clinic.night("2026-07-03")
    assert lines(clinic) == [("ehr", "p1-charge", "99214", "units")]
