"""The scheduling system's booking request: `POST /booking-requests`."""

from __future__ import annotations

from throughline.tasks.wire.json_text import json_text, without_nulls
from throughline.tasks.wire.work import Work


def booking_request(work: Work) -> bytes:
    """Return a request: which patient, which type of visit, with whom, and between which ISO dates."""
    return json_text(
        without_nulls(
            {
                "request_id": str(work.transmission_id),
                "mrn": work.mrn,
                "visit_type": work.visit_type,
                "practitioner_npi": work.practitioner_npi,
                "not_before": work.not_before.isoformat() if work.not_before else None,
                "not_after": work.not_after.isoformat() if work.not_after else None,
            }
        )
    )
