"""Whole SIU messages as other systems send them, each with what is right."""

from __future__ import annotations

import io
from typing import Any

import pytest

from throughline.sources.definitions import definition
from throughline.sources.hl7v2 import rows
from throughline.sources.table import StagedRow

BOOKED = {
    "event": "S12",
    "status": "Booked",
    "phone": "(646)555-0142^PRN^PH",
    "people": "AIP|1|A|1245319599^LOPEZ^B^^^^^^NPI^^^^NPI|MD",
}


def read(**changes: str) -> dict[str, Any]:
    """The values of one message: a booking, with changes."""
    said = BOOKED | changes
    segments = [
        f"MSH|^~\\&|SCHED|CLINIC|TL|TL|20261102083000||SIU^{said['event']}^SIU_S12|Q77|P|2.5.1",
        "SCH|2002|F2002|||||FU^Follow up|OFFICE^Office visit|20|MIN|^^20^20261112140000^20261112142000"
        f"||||||||||||||{said['status']}",
        f"PID|1||MRN9^^^LAKESIDE^MR||ROE^RICHARD||19550505|M|||9 B ST^^TOWN^NY^10002||{said['phone']}",
        "PV1|1|O|^^^CLINIC",
        "RGS|1|A",
        "AIS|1|A|OFFICE^Office visit|20261112140000",
        said["people"],
    ]
    data = ("\r".join(segments) + "\r").encode()
    [row] = rows.rows(io.BytesIO(data), "f.hl7", definition("scheduling"))
    assert isinstance(row, StagedRow)
    return dict(zip(rows.COLUMNS["appointment"], row.values or (), strict=True))


def test_a_booking() -> None:
    v = read()
    assert (v["status"], v["phone"], v["practitioner_npi"], v["visit_type_code"]) == (
        "booked",
        "6465550142",
        "1245319599",
        "OFFICE",
    )


@pytest.mark.parametrize(
    ("status", "kept"),
    [("NS", "NS"), ("X", "X"), ("3^No Show^SCHED", "noshow"), ("3^Noshow, called^SCHED", "3")],
)
def test_a_status_that_is_not_in_the_list_is_never_booked(status: str, kept: str) -> None:
    assert read(event="S14", status=status)["status"] == kept


def test_a_nurse_before_the_physician() -> None:
    people = "AIP|1|A|N12^NURSE^NINA^^RN|NUR\rAIP|2|A|1245319599^LOPEZ^B^^^^^^NPI^^^^NPI|MD"
    v = read(people=people)
    assert (v["practitioner_id"], v["practitioner_npi"]) == ("1245319599", "1245319599")


def test_an_address_before_the_number() -> None:
    assert (
        read(phone="r.roe@mail.example^NET^Internet~(646)555-0142^PRN^CP")["phone"] == "6465550142"
    )
    assert read(phone="r.roe@mail.example^NET^Internet")["phone"] is None
