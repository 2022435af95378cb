"""The feeds that HL7 v2 reads."""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Table
from throughline.sources.feeds.value_sets import SEX, SEX_ALSO

# What a record keeps, as FHIR R4 AppointmentStatus.
STATUS = (
    "pending", "waitlist", "booked", "arrived", "fulfilled", "cancelled", "noshow",
    "entered-in-error",
)  # fmt: skip
# HL7 table 0278, what senders write for it, and what FHIR R4 has besides.
STATUS_ALSO = (
    ("confirmed", "booked"), ("overbook", "booked"), ("started", "arrived"), ("checked-in", "arrived"),
    ("complete", "fulfilled"), ("completed", "fulfilled"), ("canceled", "cancelled"),
    ("dc", "cancelled"), ("discontinued", "cancelled"), ("deleted", "entered-in-error"),
    ("blocked", "pending"), ("proposed", "pending"),
)  # fmt: skip

WHO_CANCELS = ("patient", "clinic", "other")

FEEDS: tuple[Entry, ...] = (
    Entry(
        name="appointment",
        standards=("fhir", "hl7v2", "tabular"),
        tables=(
            Table(
                "appointment",
                ("booking", "booking_cancelled", "no_show", "arrived"),
                codes=(
                    Code(
                        "status", words=STATUS, synonyms=STATUS_ALSO, is_status=True, rests=("*",)
                    ),
                    Code("trigger_event"),
                    Code("visit_type_code", ("visit_type",), rests=("booking", "arrived")),
                    Code("sex", words=SEX, synonyms=SEX_ALSO, is_watched=False, is_counted=True),
                    # SCH-6, of which the definition says who it is (`cancelled_by`)
                    Code("cancelled_by", words=WHO_CANCELS, is_watched=False, is_counted=True),
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
