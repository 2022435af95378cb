"""What was paid is an overpayment if what MDM or DFT told of the visit fell away, and else it is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.throughline.sources.adt import HOSPITAL
from tests.warehouse.cases.two_sources.test_charges import BY_DFT, SEEN
from tests.warehouse.cases.two_sources.test_same_record import EHR_STAY, person
from tests.warehouse.clinic import (
    Clinic,
    Record,
    again,
    answer,
    call,
    claim,
    deleted,
    moment,
    note,
    payment,
    reconciliation,
    visit,
)
from throughline import sources, workflows

BY_MDM = Record(
    "document_reference", "D1", "hospital", "MRN-p1",
    note("p1", "2026-07-01 18:00").values | {"encounter_id": "V9", "visit_number": "V9"},
)  # fmt: skip


@pytest.fixture(autouse=True)
def paid(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic) -> None:
    """A visit of the chart whose note and charge the hospital's messages tell alone, billed late and paid."""
    feeds = {
        name: {"expected_by": "03:00"} for name in ("patient", "charge_item", "document_reference")
    }
    (tmp_path / "sources").mkdir()
    (tmp_path / "sources" / "hospital.yaml").write_text(
        yaml.safe_dump({**HOSPITAL, "feeds": feeds})
    )
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    sources.register(clinic.conn, 0)
    workflows.register(clinic.conn, 0)
    clinic.know(*person(), SEEN, BY_MDM, BY_DFT)
    clinic.night("2026-07-08")
    assert clinic.case("p1", "charge_capture").stage == "billed"
    clinic.know(claim("p1", "2026-07-01", sent="2026-07-09"), answer("p1", "2026-07-10"))
    clinic.know(payment("p1", "2026-07-20", 150, contractual=50))
    clinic.night("2026-07-20")
    assert "settled" in clinic.case("p1", "charge_capture").done


@pytest.mark.parametrize(
    ("record", "changes", "is_overpaid"),
    [
        (SEEN, {"location_id": "elsewhere"}, False),
        (BY_DFT, {"diagnoses": ["E11.9"]}, False),
        (BY_DFT, {"code": "99213"}, True),
        (BY_DFT, None, True),
        (SEEN, None, True),
    ],
    ids=["visit", "same code", "other code", "credited", "no visit"],
)
def test_what_falls_away_after_the_money_came(
    clinic: Clinic, record: Record, changes: dict[str, Any] | None, is_overpaid: bool
) -> None:
    assert clinic.exceptions("p1") == []
    clinic.know(deleted(record) if changes is None else again(record, **changes))
    for day in ("2026-07-21", "2026-08-20"):
        clinic.night(day)
        assert clinic.exceptions("p1").count("overpayment") == is_overpaid
    assert clinic.digest() == clinic.derived_digest()


CALLED = [EHR_STAY, call("p1", "2026-07-03 10:00")]
MET = visit("p1", "2026-07-08 10:00", key="met", visit_number="V10")
NOTED = again(
    replace(BY_MDM, key="D2"),
    **(note("p1", "2026-07-08 18:00").values | {"encounter_id": "V10", "visit_number": "V10"}),
)
CHARGED = again(
    replace(BY_DFT, key="T2"),
    code="99496", amount=420, encounter_id="V10", visit_number="V10", charge_number="T2",
    occurred_at=moment("2026-07-08 10:00"),
)  # fmt: skip
BY_CHART = note("p1", "2026-07-08 18:00", of="met", key="n2", document_number="D2")


@pytest.mark.parametrize("beside", [None, BY_CHART], ids=["MDM alone", "the chart beside"])
def test_the_note_of_the_visit_after_a_discharge(clinic: Clinic, beside: Record | None) -> None:
    clinic.know(CALLED, MET, NOTED, CHARGED, reconciliation("p1", "2026-07-08 10:00"))
    clinic.night("2026-07-21")
    assert clinic.case("p1", "transitional_care").stages["documented"] == "complete"
    clinic.know(claim("p1", "2026-07-08", ["99496"], number="C2", total=420, sent="2026-07-21"))
    clinic.know(answer("p1", "2026-07-22", number="C2"))
    clinic.know(payment("p1", "2026-07-30", 300, contractual=120, charge=420, number="C2"))
    clinic.know([beside] if beside else [])
    clinic.night("2026-07-30")
    # what had proven a stage counts from the night after
    clinic.know(again(MET, location_id="elsewhere"))
    clinic.night("2026-07-31")
    assert "settled" in clinic.case("p1", "transitional_care").done
    assert "overpayment" not in clinic.exceptions("p1")
    clinic.know(deleted(NOTED))
    clinic.night("2026-08-01")
    assert ("overpayment" in clinic.exceptions("p1")) is (beside is None)
    assert clinic.digest() == clinic.derived_digest()
