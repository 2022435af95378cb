"""Two EHRs that share a patient: a stay, visit, note or charge that both tell is one, in either order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.warehouse.clinic import (
    EHR,
    Clinic,
    Record,
    charge,
    coverage,
    deleted,
    note,
    patient,
    practitioner,
    stay,
    visit,
)
from throughline import sources, workflows
from throughline.vocabulary import OURS

NORTH = "north"
NUMBERS = {
    "encounter": "visit_number",
    "document_reference": "document_number",
    "charge_item": "charge_number",
}
TOLD = [
    stay("p1", "2026-07-01 08:00", "2026-07-02 11:00"),
    visit("p1", "2026-07-06 10:00"),
    note("p1", "2026-07-06 18:00"),
    charge("p1", "2026-07-06 18:00"),
]
Practice = Callable[..., None]


@pytest.fixture
def practice(clinic: Clinic, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Practice:
    """Return a function that registers a second EHR, whose feeds may say more, and lets both know the patient."""

    def register(**feed: Any) -> None:
        chart = yaml.safe_load((OURS / "sources" / "ehr.yaml").read_text())
        chart |= {"source": NORTH, "title": "Northern EHR", "connection": "north", "ids": "named"}
        for name in ("encounter", "document_reference", "charge_item"):
            chart["feeds"][name] |= feed
        (tmp_path / "sources").mkdir()
        (tmp_path / "sources" / "north.yaml").write_text(yaml.safe_dump(chart))
        monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(tmp_path))
        sources.register(clinic.conn, 0)
        workflows.register(clinic.conn, 0)
        people = [patient("p1"), practitioner()]
        clinic.know(coverage("p1"), people, *(in_north(each) for each in people))

    return register


def in_north(record: Record, **changes: Any) -> Record:
    """Return what the second EHR tells of the same, under ids of its own."""
    values = record.values | changes
    if values.get("encounter_id"):
        values["encounter_id"] = "n-" + values["encounter_id"]
    key = record.key if record.table == "practitioner" else "n-" + record.key
    subject = record.subject and "n-" + record.subject
    return Record(record.table, key, NORTH, subject, values)


def both(first: str, second: list[Record], ours: list[Record]) -> list[list[Record]]:
    """Return what the two tell, in the order in which they tell it."""
    return [ours, second] if first == EHR else [second, ours]


def counted(clinic: Clinic) -> list[tuple[Any, ...]]:
    """Return how many discharges have an open case, and how many charges a claim may say."""
    return clinic.conn.execute(
        "select (select count(*) from cases.case_record"
        "  where workflow = 'transitional_care' and status = 'open'),"
        " (select count(*) from cases.visit_charge where retracted_seq is null)"
    ).fetchall()


def joined(clinic: Clinic) -> list[tuple[Any, ...]]:
    """Return what was joined: how many records of each table, by what, under how many names."""
    return clinic.conn.execute(
        "select record, joined_by, count(*), count(distinct ref) from cases.same_record"
        " group by 1, 2 order by 1, 2"
    ).fetchall()


@pytest.mark.parametrize("first", [EHR, NORTH])
def test_what_two_ehrs_tell_under_one_number_is_one(
    clinic: Clinic, practice: Practice, first: str
) -> None:
    practice()
    ours = [
        replace(each, values=each.values | {NUMBERS[each.table]: f"N{n}"})
        for n, each in enumerate(TOLD)
    ]
    told = both(first, [in_north(each) for each in ours], ours)
    clinic.know(told[0])
    clinic.night("2026-07-06")
    assert counted(clinic) == [(1, 1)]
    clinic.know(told[1])
    clinic.night("2026-07-07")
    assert counted(clinic) == [(1, 1)]
    assert joined(clinic) == [
        ("charge_item", "number", 2, 1),
        ("document_reference", "number", 2, 1),
        ("encounter", "number", 4, 2),
    ]
    # one EHR takes its records back: what the other tells stands
    clinic.know([deleted(each) for each in told[0]])
    clinic.night("2026-07-08")
    assert counted(clinic) == [(1, 1)]


@pytest.mark.nights
@pytest.mark.parametrize("first", [EHR, NORTH])
def test_without_a_number_person_site_and_time_join_where_the_definition_says_so(
    clinic: Clinic, practice: Practice, first: str
) -> None:
    practice(same_within_minutes=60)
    for key, site in ((f"{EHR}|up", "uptown"), (f"{NORTH}|7", "uptown"), (f"{NORTH}|8", "harbor")):
        clinic.conn.execute(
            "insert into cases.setting_known (name, key, known_seq, value)"
            " values ('site_of_place', %s, 0, %s)",
            (key, site),
        )
    seen = replace(TOLD[1], values=TOLD[1].values | {"location_id": "up"})
    ours = [TOLD[0], seen, *TOLD[2:]]
    theirs = [in_north(TOLD[0]), in_north(seen, location_id="8"), *map(in_north, TOLD[2:])]
    told = both(first, theirs, ours)
    clinic.know(told[0])
    clinic.night("2026-07-06")
    clinic.know(told[1])
    clinic.night("2026-07-07")
    # the stays name no site and are one; the visits were at two sites, and so were their notes and charges
    assert joined(clinic) == [("encounter", "time", 2, 1)]
    assert counted(clinic) == [(1, 2)]
    # the second EHR corrects the place
    clinic.know(in_north(seen, location_id="7"))
    clinic.night("2026-07-08")
    assert joined(clinic) == [
        ("charge_item", "time", 2, 1),
        ("document_reference", "time", 2, 1),
        ("encounter", "time", 4, 2),
    ]
    assert counted(clinic) == [(1, 1)]
