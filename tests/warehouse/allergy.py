"""Tests the example feed of `docs/extending.md` in a copy of the tree that contains it.

`python -m tests.warehouse.allergy OWNER LOADER LOOP FOLDER [--check]` takes a DSN for each role,
migrates the warehouse to the copy's schema and prints, as JSON, what the catalogue lacks. Without
`--check` it also processes allergies up to facts, corrects one, deletes one, and prints the result of
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


def allergic(
    key: str, when: str = "2026-02-03T10:00:00Z", version: int = 1, **more: Any
) -> dict[str, Any]:
    """Return one allergy as the EHR exports it."""
    return {
        "resourceType": "AllergyIntolerance",
        "id": key,
        "meta": {"versionId": str(version), "lastUpdated": f"2026-02-03T11:00:{version:02}Z"},
        "verificationStatus": {"coding": [{"code": "confirmed"}]},
        "criticality": "high",
        "code": {
            "coding": [
                {"system": "http://www.nlm.nih.gov/research/umls/rxnorm", "code": "7980"},
                {"system": "http://snomed.info/sct", "code": "764146007"},
            ]
        },
        "patient": {"reference": "Patient/p1"},
        "encounter": {"reference": "Encounter/e1"},
        "recordedDate": when,
        **more,
    }


def gone(*keys: str) -> list[dict[str, Any]]:
    """Return the line of a file of deletions."""
    entries = [
        {"request": {"method": "DELETE", "url": f"AllergyIntolerance/{key}"}} for key in keys
    ]
    return [{"resourceType": "Bundle", "type": "transaction", "entry": entries}]


def work(owner: str, loader: str, loop: str, folder: Path) -> dict[str, Any]:
    """Carry allergies through three nights: the second corrects one, the third deletes one."""
    vocabulary.check_files()
    hand = Hand(owner, loader, loop, folder)
    hand.register()
    told: dict[str, Any] = {
        "registered": hand.rows(
            "select source, owner_team from operations.feed where feed = 'allergy'"
        )
    }
    hand.take_in("patient", [patient(1)])
    records = [
        allergic("i1"),
        allergic("i2"),
        allergic("i3", verificationStatus={"coding": [{"code": "refuted"}]}),
        allergic("i4", "1850-02-03T10:00:00Z"),
    ]
    hand.take_in("allergy", records)
    told["quarantined"] = hand.quarantined()
    told["records"] = hand.rows(
        "select source_id, subject_id, verification_status, code, codings, criticality, encounter_id"
        " from core.allergy order by 1"
    )
    told["first"] = hand.facts("allergy")
    hand.new_night()
    hand.take_in("allergy", [allergic("i2", "2026-02-04T10:00:00Z", version=2)])
    told["second"] = hand.facts("allergy")
    hand.new_night()
    hand.take_in("allergy", gone("i1"), suffix="deleted.ndjson")
    told["third"] = hand.facts("allergy")
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
