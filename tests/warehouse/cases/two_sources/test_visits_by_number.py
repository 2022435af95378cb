"""A billing system without visits names the chart's by their number: its charges and claims are of that visit."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.warehouse.clinic import (
    Clinic,
    Record,
    again,
    answer,
    charge,
    claim,
    coverage,
    note,
    patient,
    visit,
)
from throughline import sources, workflows

C = "charge_capture"
LEDGER: dict[str, Any] = {
    "source": "ledger",
    "title": "Billing system",
    "standard": "tabular",
    "transport": "folder",
    "connection": "ledger_files",
    "owner_team": "billing",
    "time_zone": "America/New_York",
    "feeds": {name: {"expected_by": "03:00"} for name in ("patient", "charge_item", "claim")},
    "conventions": {
        "tables": {
            "charges": {
                "delivers": "snapshot",
                "absent": "kept",
                "records": [
                    {
                        "feed": "patient",
                        "key": "Chart",
                        "columns": {
                            "mrn": "Chart",
                            "family": "Last",
                            "given": "First",
                            "birth_date": {"from": "Born", "date": "%m/%d/%Y"},
                        },
                    },
                    {
                        "feed": "charge_item",
                        "key": "Charge",
                        "patient": "Chart",
                        "columns": {
                            "status": {"constant": "billable"},
                            "encounter_id": "Visit",
                            "code": "CPT",
                            "occurred_at": {"from": "Date", "date": "%m/%d/%Y"},
                        },
                    },
                    {
                        "feed": "claim",
                        "key": "Claim",
                        "patient": "Chart",
                        "columns": {
                            "patient_control_number": "Claim",
                            "encounter_id": "Visit",
                            "service_from": {"from": "Date", "date": "%m/%d/%Y"},
                        },
                        "lines": {"columns": {"code": "CPT"}},
                    },
                ],
            }
        }
    },
}
# two visits of one day with one practitioner: only their numbers tell them apart
MORNING = visit("p1", "2026-07-01 09:00", key="morning", visit_number="V1")
NOON = visit("p1", "2026-07-01 12:00", key="noon", visit_number="V2")
NOTES = [
    note("p1", "2026-07-01 18:00", of=each, key=f"note-{each}") for each in ("morning", "noon")
]


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic) -> None:
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "ledger.yaml").write_text(yaml.safe_dump(LEDGER))
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    sources.register(clinic.conn, 0)
    workflows.register(clinic.conn, 0)
    known = patient("p1")
    theirs = replace(known, source="ledger", key="MRN-p1", subject="MRN-p1")
    clinic.know(known, theirs, coverage("p1"), MORNING, NOON, NOTES)


def of_ledger(record: Record, **values: Any) -> Record:
    """The record as the billing system tells it, of its own patient."""
    return again(replace(record, source="ledger", subject="MRN-p1"), **values)


def claimed(visit_number: str, sent: str = "2026-07-02") -> list[Record]:
    """A claim in a report, of a visit that it names by its number."""
    return [
        of_ledger(
            one, **({"kind": "table", "encounter_id": visit_number} if one.table == "claim" else {})
        )
        for one in claim("p1", "2026-07-01", number="K1", npi=None, sent=sent)
    ]


def opened(clinic: Clinic) -> set[str]:
    """The visits for which a case is open."""
    rows = clinic.rows("select trigger_ref from cases.case_record where workflow = %s", C)
    return {row.trigger_ref for row in rows}


@pytest.mark.parametrize("role", ["", "chart"])
def test_a_report_whose_rows_name_the_patient_may_be_the_first_to_know_one(
    clinic: Clinic, tmp_path: Path, role: str
) -> None:
    """A patient who was never charged is in no report: that nothing was charged is known once it is there."""
    more = {"roles": {role: {}}, "ids": "named"} if role else {}
    (tmp_path / "sources" / "ledger.yaml").write_text(yaml.safe_dump(LEDGER | more))
    sources.register(clinic.conn, 0)
    rows = clinic.rows("select feed, may_be_first from operations.feed where source = 'ledger'")
    found = {row.feed: row.may_be_first for row in rows}
    assert found == {"patient": False, "charge_item": not role, "claim": not role}


@pytest.mark.parametrize("name", ["V1", "p1-morning"])
def test_a_claim_of_a_report_is_of_the_visit_that_it_names(clinic: Clinic, name: str) -> None:
    clinic.know(claimed(name))
    clinic.night("2026-07-08")
    assert opened(clinic) == {"encounter/p1-noon"}


@pytest.mark.nights
def test_a_claim_that_names_another_visit_is_of_none(clinic: Clinic) -> None:
    clinic.know(claimed("V9"))
    clinic.night("2026-07-08")
    assert opened(clinic) == {"encounter/p1-morning", "encounter/p1-noon"}


def test_a_charge_of_a_report_is_what_was_charged_for_the_visit(clinic: Clinic) -> None:
    clinic.know(of_ledger(charge("p1", "2026-07-01"), encounter_id="V2"))
    clinic.night("2026-07-08")
    asked = {
        row.trigger_ref: row.wanted
        for row in clinic.rows(
            "select c.trigger_ref, e.reason as wanted from cases.case_record as c"
            " left join operations.exception as e on e.about_id = c.case_id::text and e.status = 'open'"
            " where c.workflow = %s",
            C,
        )
    }
    assert asked == {"encounter/p1-morning": "missing_charge", "encounter/p1-noon": None}


@pytest.mark.nights
def test_the_case_of_a_visit_is_billed_by_the_claim_of_the_report(clinic: Clinic) -> None:
    clinic.know(of_ledger(charge("p1", "2026-07-01"), encounter_id="V1"))
    clinic.night("2026-07-08")
    clinic.know(claimed("V1", "2026-07-09"), answer("p1", "2026-07-09", number="K1"))
    clinic.night("2026-07-09")
    stages = {
        row.trigger_ref: row.stage
        for row in clinic.rows(
            "select trigger_ref, stage from cases.case_record where status = 'open' and workflow = %s",
            C,
        )
    }
    assert stages == {"encounter/p1-morning": "settled", "encounter/p1-noon": "billed"}
