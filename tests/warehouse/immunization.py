"""Tests the example feed of `docs/extending.md` in a copy of the tree that contains it.

`python -m tests.warehouse.immunization OWNER LOADER LOOP FOLDER [--check]` takes a DSN for each role,
migrates the warehouse to the copy's schema and prints, as JSON, what the catalogue lacks. Without
`--check` it also processes Immunizations up to facts, corrects one, deletes one, and prints the result of
each night.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tests.warehouse.deliveries import Hand, patient
from throughline import vocabulary, warehouse
from throughline.proven import catalogue


def given(
    key: str, when: str = "2026-02-03T10:00:00Z", version: int = 1, **more: Any
) -> dict[str, Any]:
    """Return one vaccination against influenza as the EHR exports it."""
    return {
        "resourceType": "Immunization",
        "id": key,
        "meta": {"versionId": str(version), "lastUpdated": f"2026-02-03T11:00:{version:02}Z"},
        "status": "completed",
        "vaccineCode": {"coding": [{"system": "http://hl7.org/fhir/sid/cvx", "code": "197"}]},
        "patient": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "occurrenceDateTime": when,
        "primarySource": True,
        "performer": [{"actor": {"reference": "Practitioner/dr1"}}],
        **more,
    }


def gone(*keys: str) -> list[dict[str, Any]]:
    """Return the line of a file of deletions."""
    entries = [{"request": {"method": "DELETE", "url": f"Immunization/{key}"}} for key in keys]
    return [{"resourceType": "Bundle", "type": "transaction", "entry": entries}]


def work(owner: str, loader: str, loop: str, folder: Path) -> dict[str, Any]:
    """Carry vaccinations through three nights: the second corrects one, the third deletes one."""
    vocabulary.check_files()
    hand = Hand(owner, loader, loop, folder)
    hand.register()
    told: dict[str, Any] = {
        "registered": hand.rows(
            "select source, owner_team from operations.feed where feed = 'immunization'"
        )
    }
    hand.take_in("patient", [patient(1)])
    records = [
        given("i1"),
        given("i2"),
        given("i3", status="not-done"),
        given("i4", "1850-02-03T10:00:00Z"),
    ]
    hand.take_in("immunization", records)
    told["quarantined"] = hand.quarantined()
    told["records"] = hand.rows(
        "select source_id, subject_id, status, vaccine_code, is_primary_source, encounter_id,"
        " practitioner_id from core.immunization order by 1"
    )
    told["first"] = hand.facts("immunization")
    hand.new_night()
    hand.take_in("immunization", [given("i2", "2026-02-04T10:00:00Z", version=2)])
    told["second"] = hand.facts("immunization")
    hand.new_night()
    hand.take_in("immunization", gone("i1"), suffix="deleted.ndjson")
    told["third"] = hand.facts("immunization")
    hand.close()
    return told


def main(owner: str, loader: str, loop: str, folder: str, *options: str) -> None:
    """Print what came of it."""
    warehouse.migrate(owner)
    with warehouse.connect(owner) as conn:
        told: dict[str, Any] = {"problems": catalogue.problems(conn)}
    if "--check" not in options:
        told |= work(owner, loader, loop, Path(folder))
    print(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
