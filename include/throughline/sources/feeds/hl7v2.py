"""The feeds that HL7 v2 reads."""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Table

FEEDS: tuple[Entry, ...] = (
    Entry(
        name="appointment",
        standards=("hl7v2",),
        tables=(
            Table(
                "appointment",
                ("booking", "booking_cancelled", "no_show", "arrived"),
                codes=(
                    Code("status", is_status=True),
                    Code("trigger_event"),
                    Code("visit_type_code", ("visit_type",)),
                ),
            ),
        ),
        subject="record_number",
        links=("record_number",),
        suite="appointment",
        volume="usual",
        version="record",
    ),
)
