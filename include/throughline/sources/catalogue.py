"""The catalogue of feeds: the kinds of delivery, and everything that is derived from each.

A feed is one entry of `FEEDS`. Only what cannot be derived is written elsewhere: a reader in the package
of its standard, a suite of rules (`throughline.quality.suites`), a file of facts for each table that
states any (`sql/evidence/<table>.sql`), and the migration of its tables. Staging, gate, load,
balance, identity, evidence, retraction, invariants, the schema of source definitions and
`docs/feeds.md` read the entry.

DAG files import this module, so it imports nothing heavy.
"""

from __future__ import annotations

from collections.abc import Iterator

from throughline.sources.entry import Code, Entry, Follows, Table


class UnknownFeed(LookupError):
    """The catalogue has no feed with this name."""


# In the order of the loop: who they are, what was done for them, who did it, what it cost.
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
    Entry(
        name="claim_response",
        standards=("x12",),
        tables=(
            Table(
                "claim_response",
                ("claim_rejected", "claim_accepted", "claim_forwarded"),
                codes=(Code("category_code", is_status=True),),
            ),
        ),
        subject="claim",
        links=("claim",),
        suite="claim_response",
        volume="usual",
        version="file",
    ),
    Entry(
        name="functional_acknowledgement",
        standards=("x12",),
        tables=(
            Table(
                "functional_acknowledgement",
                codes=(Code("status_code", is_status=True), Code("group_status_code")),
            ),
        ),
        subject="nobody",
        links=(),
        suite="functional_acknowledgement",
        volume="asked",
        version="file",
    ),
    Entry(
        name="eligibility_response",
        standards=("x12",),
        tables=(Table("eligibility_response", ("eligibility",), codes=(Code("reject_code"),)),),
        subject="member",
        links=("member",),
        suite="eligibility_response",
        volume="asked",
        version="file",
    ),
    Entry(
        name="payment",
        standards=("x12",),
        tables=(
            Table(
                "payment",
                ("remittance",),
                codes=(
                    Code("status_code", is_status=True),
                    Code("filing_code", ("payer_class_by_filing",)),
                ),
            ),
            Table("payment_line", ("remittance",), is_counted=False),
            Table("provider_adjustment", codes=(Code("reason_code"),)),
        ),
        subject="claim",
        links=("claim",),
        suite="payment",
        volume="usual",
        version="file",
    ),
)


def names() -> tuple[str, ...]:
    """Return the names of all feeds, in the order of the catalogue."""
    return tuple(feed.name for feed in FEEDS)


def entry(name: str) -> Entry:
    """Return the entry of a feed. Raises `UnknownFeed`."""
    for feed in FEEDS:
        if feed.name == name:
            return feed
    raise UnknownFeed(f"the catalogue of feeds has no {name!r}")


def read_by(standard: str) -> tuple[Entry, ...]:
    """Return the feeds that the package of a standard reads."""
    return tuple(feed for feed in FEEDS if standard in feed.standards)


def tables() -> Iterator[tuple[Entry, Table]]:
    """Yield every table with its feed."""
    for feed in FEEDS:
        for table in feed.tables:
            yield feed, table
