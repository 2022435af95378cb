"""The feeds that FHIR reads: who the patients are, what was done for them, what it cost, who did it.

X12 reads claims as well: its entry is here, once.
"""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Follows, Table

FEEDS: tuple[Entry, ...] = (
    Entry(
        name="patient",
        standards=("fhir",),
        tables=(Table("patient", ("death", "left_practice", "attribution", "preference")),),
        subject="self",
        links=("record_number",),
        suite="patient",
        volume="usual",
        version="record",
    ),
    Entry(
        name="coverage",
        standards=("fhir",),
        tables=(
            Table(
                "coverage",
                ("coverage",),
                codes=(
                    Code("status", is_status=True),
                    Code("type_code", ("payer_class_by_type",), by_prefix=True),
                ),
            ),
        ),
        subject="patient",
        links=("member",),
        suite="coverage",
        volume="usual",
        version="record",
    ),
    Entry(
        name="consent",
        standards=("fhir",),
        tables=(
            Table(
                "consent",
                ("consent", "opt_out"),
                codes=(Code("status", is_status=True), Code("category_code"), Code("provision")),
            ),
        ),
        subject="patient",
        links=(),
        suite="consent",
        volume="usual",
        version="record",
    ),
    Entry(
        name="encounter",
        standards=("fhir",),
        tables=(
            Table(
                "encounter",
                ("admission", "discharge", "visit", "visit_open", "hospice"),
                codes=(
                    Code("status", is_status=True),
                    Code("class_code", ("facility_by_class", "visit_by_class", "hospice")),
                    Code("type_code", ("facility_by_type", "hospice")),
                    Code("discharge_disposition_code", ("disposition",)),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="encounter",
        volume="usual",
        version="record",
    ),
    Entry(
        name="condition",
        standards=("fhir",),
        tables=(
            Table(
                "condition",
                ("condition",),
                codes=(
                    Code("clinical_status", is_status=True),
                    Code("verification_status", is_status=True),
                    Code("category_code"),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="condition",
        volume="usual",
        version="record",
    ),
    Entry(
        name="procedure",
        standards=("fhir",),
        tables=(
            Table(
                "procedure",
                ("medication_reconciliation", "hospice"),
                codes=(Code("status", is_status=True),),
            ),
        ),
        subject="patient",
        links=(),
        suite="procedure",
        volume="usual",
        version="record",
    ),
    Entry(
        name="document_reference",
        standards=("fhir",),
        tables=(
            Table(
                "document_reference",
                ("note",),
                codes=(
                    Code("status", is_status=True),
                    Code("doc_status", is_status=True),
                    Code("type_code", ("note_type",)),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="document_reference",
        volume="usual",
        version="record",
    ),
    Entry(
        name="communication",
        standards=("fhir",),
        tables=(
            Table(
                "communication",
                ("contact", "attempt"),
                codes=(
                    Code("status", is_status=True),
                    Code("outcome_code", ("contact_outcome",)),
                    Code("category_code", ("contact_about_booking",)),
                    Code("medium_code", ("contact_by_message",)),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="communication",
        volume="usual",
        version="record",
    ),
    Entry(
        name="task",
        standards=("fhir",),
        tables=(
            Table(
                "task",
                ("task_update",),
                codes=(Code("status", is_status=True), Code("business_status"), Code("code")),
            ),
        ),
        subject="request",
        links=(),
        suite="task",
        volume="asked",
        version="record",
    ),
    Entry(
        name="charge_item",
        standards=("fhir",),
        tables=(
            Table(
                "charge_item",
                ("charge",),
                codes=(Code("status", is_status=True), Code("mdm_level")),
            ),
        ),
        subject="patient",
        links=(),
        suite="charge_item",
        volume="usual",
        version="record",
    ),
    Entry(
        name="claim",
        standards=("fhir", "x12"),
        tables=(
            Table(
                "claim",
                codes=(
                    Code("status", is_status=True),
                    Code("use"),
                    Code("frequency_code", words=("1", "7", "8")),
                    Code("filing_code", ("payer_class_by_filing",)),
                ),
            ),
            Table(
                "claim_line",
                ("claim",),
                is_counted=False,
                follows=Follows("claim", "claim_source_id"),
            ),
        ),
        subject="claim",
        links=("claim",),
        suite="claim",
        volume="usual",
        version="record",
    ),
    Entry(
        name="payment_notice",
        standards=("fhir",),
        tables=(
            Table(
                "payment_notice",
                ("patient_payment", "write_off"),
                codes=(Code("status", is_status=True), Code("payment_status", is_status=True)),
            ),
        ),
        subject="patient",
        links=("claim",),
        suite="payment_notice",
        volume="usual",
        version="record",
    ),
    Entry(
        name="practitioner",
        standards=("fhir",),
        tables=(Table("practitioner", codes=(Code("qualification_code"),)),),
        subject="nobody",
        links=(),
        suite="practitioner",
        volume="usual",
        version="record",
    ),
    Entry(
        name="organization",
        standards=("fhir",),
        tables=(Table("organization"),),
        subject="nobody",
        links=(),
        suite="organization",
        volume="usual",
        version="record",
    ),
    Entry(
        name="location",
        standards=("fhir",),
        tables=(Table("location", codes=(Code("status", is_status=True),)),),
        subject="nobody",
        links=(),
        suite="location",
        volume="usual",
        version="record",
    ),
)
