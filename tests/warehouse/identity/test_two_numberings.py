"""Two charts that number their patients separately give one number to two people."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.warehouse.clinic import (
    EHR,
    SCHEDULING,
    Clinic,
    Record,
    again,
    appointment,
    claim,
    coverage,
    patient,
)
from throughline.sources import systems
from throughline.sources.definitions import SourceDefinitionError
from throughline.vocabulary import OURS

DEFINITIONS = OURS / "sources"

NORTH = "north"
BORN = date(1950, 3, 1)

Add = Callable[..., None]


@pytest.fixture
def add(clinic: Clinic, tmp_path: Path) -> Add:
    """Return a function that registers a second chart, and how it numbers its patients."""

    def register(system: str | None, seq: int = 0, **more: dict[str, Any]) -> None:
        folder = tmp_path / f"sources-{seq}"
        shutil.copytree(DEFINITIONS, folder)
        chart = yaml.safe_load((DEFINITIONS / "ehr.yaml").read_text()) | {"ids": "named"}
        if system is not None:
            chart["conventions"]["mrn_system"] = system
        for name, said in {NORTH: chart, **more}.items():
            (folder / f"{name}.yaml").write_text(yaml.safe_dump(said | {"source": name}))
        systems.register(clinic.conn, seq, folder)

    return register


def there(record: Record, who: str) -> Record:
    return replace(record, source=NORTH, key=who, subject=who)


def one_number(clinic: Clinic, **values: Any) -> None:
    """A patient of each chart, of one record number and one birth date."""
    clinic.know(
        patient("p1", birth_date=BORN), coverage("p1"),
        there(patient("p1", birth_date=BORN, **values), "n1"),
    )  # fmt: skip


def doubts(clinic: Clinic) -> list[str]:
    rows = clinic.rows(
        "select distinct method from identity.link where status = 'doubt' and retired_seq is null"
    )
    return [row.method for row in rows]


def test_charts_that_number_together_share_their_patients(clinic: Clinic, add: Add) -> None:
    add(None)
    one_number(clinic)
    clinic.night("2026-07-01")
    assert clinic.person("p1") == clinic.person("n1", NORTH)


@pytest.mark.parametrize("born", [BORN, None, date(1961, 1, 1)])
def test_a_number_of_another_system_is_another_number(
    clinic: Clinic, add: Add, born: date | None
) -> None:
    add("urn:north:mrn")
    other = {"family": "Other", "phone": "1", "postal_code": "1"}
    clinic.know(
        patient("p1", birth_date=BORN),
        there(patient("p1", **{**other, "birth_date": born}), "n1"),
    )
    clinic.night("2026-07-01")
    assert None not in (clinic.person("p1"), clinic.person("n1", NORTH))
    assert clinic.person("p1") != clinic.person("n1", NORTH)
    assert doubts(clinic) == [], "two numbers are no contradiction"
    clinic.night("2026-07-02")
    assert clinic.person("p1") != clinic.person("n1", NORTH)


def test_whoever_is_alike_in_both_is_a_doubt_and_not_joined(clinic: Clinic, add: Add) -> None:
    add("urn:north:mrn")
    one_number(clinic)
    clinic.night("2026-07-01")
    assert clinic.person("p1") != clinic.person("n1", NORTH)
    assert doubts(clinic) == ["same name, birth date, sex and one more"]


def test_a_booking_of_one_number_of_two_charts_is_a_doubt(clinic: Clinic, add: Add) -> None:
    add("urn:north:mrn")
    clinic.know(
        patient("p1"), there(patient("p1", family="Other", phone="1"), "n1"), patient("p2"),
        appointment("p1", "2026-07-06 10:00"), appointment("p2", "2026-07-06 11:00"),
    )  # fmt: skip
    clinic.night("2026-07-01")
    assert clinic.person("MRN-p1", SCHEDULING) is None
    assert doubts(clinic) == ["conflicting identifiers"]
    assert clinic.person("MRN-p2", SCHEDULING) == clinic.person("p2")


def test_a_desk_of_one_chart_means_its_numbers(clinic: Clinic, add: Add) -> None:
    desk = yaml.safe_load((DEFINITIONS / "scheduling.yaml").read_text())
    add("urn:north:mrn", desk=desk | {"serves": {"charts": [NORTH]}})
    clinic.know(
        patient("p1"), there(patient("p1", family="Other", phone="1"), "n1"),
        replace(appointment("p1", "2026-07-06 10:00"), source="desk"),
    )  # fmt: skip
    clinic.night("2026-07-01")
    assert clinic.person("MRN-p1", "desk") == clinic.person("n1", NORTH)


def test_a_claim_goes_by_its_member_where_its_number_says_two(clinic: Clinic, add: Add) -> None:
    add("urn:north:mrn")
    clinic.know(
        patient("p1"), coverage("p1"), there(patient("p1", family="Other", phone="1"), "n1"),
        claim("p1", "2026-07-01", medical_record_number="MRN-p1"),
    )  # fmt: skip
    clinic.night("2026-07-02")
    assert clinic.person("C-p1", "pcn") is None
    assert doubts(clinic) == ["conflicting identifiers"]


def test_another_numbering_is_refused_once_persons_were_joined(clinic: Clinic, add: Add) -> None:
    add("urn:north:mrn")
    with pytest.raises(SourceDefinitionError, match=r"north\.yaml: conventions/mrn_system: "):
        add("urn:north:other", seq=1)
    assert clinic.rows("select number_prefixes from operations.source where source = %s", EHR)[0][
        0
    ] == [""]


def test_two_birth_dates_of_one_number_are_two_people_in_a_second_numbering(
    clinic: Clinic, add: Add
) -> None:
    add("urn:north:mrn")
    clinic.know(
        there(patient("p1", birth_date=BORN), "n1"),
        there(patient("p1", birth_date=date(1961, 1, 1), family="Other", phone="1"), "n2"),
    )
    clinic.night("2026-07-01")
    assert clinic.person("n1", NORTH) != clinic.person("n2", NORTH)


def test_a_record_that_changes_its_number_leaves_the_person_of_the_old_one(
    clinic: Clinic, add: Add
) -> None:
    add("urn:north:mrn")
    first = there(patient("p1", birth_date=BORN), "n1")
    clinic.know(first, there(patient("p1", birth_date=BORN), "n2"))
    clinic.night("2026-07-01")
    assert clinic.person("n1", NORTH) == clinic.person("n2", NORTH)
    clinic.know(again(first, mrn="MRN-p9", family="Other", phone="1", postal_code="1"))
    clinic.night("2026-07-02")
    assert clinic.person("n1", NORTH) != clinic.person("n2", NORTH)
