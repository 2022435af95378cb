"""A note that a chart and MDM both tell is one; one that only MDM tells belongs to the visit that it names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import yaml

from tests.unit.throughline.sources.adt import HOSPITAL
from tests.warehouse.cases.two_sources.test_same_record import EHR_STAY, T, person
from tests.warehouse.clinic import (
    Clinic,
    Record,
    call,
    deleted,
    note,
    reconciliation,
    visit,
)
from throughline import sources, workflows

SEEN = visit("p1", "2026-07-08 10:00", visit_number="V9")
BY_CHART = note("p1", "2026-07-08 18:00", document_number="D1")
BY_MDM = Record(
    "document_reference",
    "D1",
    "hospital",
    "MRN-p1",
    BY_CHART.values | {"encounter_id": "V9", "visit_number": "V9"},
)


@pytest.fixture(autouse=True)
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, clinic: Clinic) -> None:
    (tmp_path / "sources").mkdir()
    feeds = {name: {"expected_by": "03:00"} for name in ("patient", "document_reference")}
    (tmp_path / "sources" / "hospital.yaml").write_text(
        yaml.safe_dump({**HOSPITAL, "feeds": feeds})
    )
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
    sources.register(clinic.conn, 0)
    workflows.register(clinic.conn, 0)
    clinic.know(*person(), EHR_STAY, call("p1", "2026-07-03 10:00"))
    clinic.night("2026-07-03")
    clinic.know(SEEN, reconciliation("p1", "2026-07-08 10:00"))


def documented(clinic: Clinic) -> bool:
    return clinic.case("p1", T).stages["documented"] == "complete"


def test_a_note_by_mdm_alone_documents_the_visit_that_it_names_by_its_number(
    clinic: Clinic,
) -> None:
    clinic.know(BY_MDM)
    clinic.night("2026-07-08")
    assert documented(clinic)
    clinic.know(deleted(BY_MDM))
    clinic.night("2026-07-09")
    assert not documented(clinic)


@pytest.mark.nights
@pytest.mark.parametrize("first", [BY_CHART, BY_MDM])
def test_a_note_that_both_tell_is_one_and_stands_while_either_does(
    clinic: Clinic, first: Record
) -> None:
    second = BY_MDM if first is BY_CHART else BY_CHART
    clinic.know(first)
    clinic.night("2026-07-08")
    clinic.know(second)
    clinic.night("2026-07-09")
    assert documented(clinic)
    [same] = clinic.rows(
        "select distinct ref from cases.same_record where record = 'document_reference'"
    )
    assert same.ref == f"document_reference/{first.key}"
    clinic.know(deleted(first))
    clinic.night("2026-07-10")
    assert documented(clinic)
    clinic.know(deleted(second))
    clinic.night("2026-07-11")
    assert not documented(clinic)


@pytest.mark.nights
def test_a_note_of_another_visit_documents_nothing(clinic: Clinic) -> None:
    clinic.know(
        replace(BY_MDM, values=BY_MDM.values | {"encounter_id": "V8", "visit_number": "V8"})
    )
    clinic.night("2026-07-08")
    assert not documented(clinic)
