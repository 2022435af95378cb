"""The feeds that FHIR reads: who the patients are, what was done for them, what it cost, who did it.

X12 reads claims as well: its entry is here, once. Patients and encounters, which HL7 v2 reads as well, are in
`throughline.sources.feeds.stays`.
"""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Follows, Table
from throughline.sources.feeds.stays import ALL, ENCOUNTER, PATIENT
from throughline.sources.feeds.value_sets import (
    ABOUT_CARE,
    CHARGE_STATUS,
    CLAIM_USE,
    CLAIM_USE_ALSO,
    CLINICAL,
    CONSENT_CATEGORY,
    CONSENT_STATUS,
    CONVERSATION,
    EVENT_STATUS,
    FILING,
    FREQUENCY,
    LOINC,
    MONEY_STATUS,
    TASK_STATUS,
    V2_COMPLETION,
    VERIFICATION,
    X12_SEX,
)

# A consent that refuses nothing stops no contact, whatever it is about.
PERMITS = "coalesce(r.provision, 'permit') = 'permit'"
CLAIM = ("claim",)
# A document that belongs to no encounter, or that nobody signed, documents no visit, whatever it is.
NO_NOTE = "r.encounter_id is null or r.authenticator_id is null"

FEEDS: tuple[Entry, ...] = (
    PATIENT,
    Entry(
        name="coverage",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "coverage",
                ("coverage",),
                codes=(
                    Code("status", words=MONEY_STATUS, is_status=True, rests=ALL),
                    Code(
                        "type_code",
                        ("payer_class_by_type",),
                        by_prefix=True,
                        rests=ALL,
                        # the payer's own class outranks the type
                        unless="evidence.mapped('payer_class_by_payer', null, r.payer_id) is not null",
                    ),
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
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "consent",
                ("consent", "opt_out"),
                codes=(
                    Code("status", words=CONSENT_STATUS, is_status=True, rests=ALL, unless=PERMITS),
                    Code("category_code", words=CONSENT_CATEGORY, rests=ALL, unless=PERMITS),
                    Code("provision", words=("deny", "permit"), rests=ALL),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="consent",
        volume="usual",
        version="record",
    ),
    ENCOUNTER,
    Entry(
        name="condition",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "condition",
                ("condition",),
                codes=(
                    Code("clinical_status", words=CLINICAL, is_status=True),
                    Code("verification_status", words=VERIFICATION, is_status=True, rests=ALL),
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
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "procedure",
                ("medication_reconciliation", "hospice", "procedure", "not_done"),
                codes=(
                    Code(
                        "status",
                        words=EVENT_STATUS,
                        is_status=True,
                        rests=ALL,
                    ),
                ),
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
        standards=("fhir", "hl7v2", "tabular"),
        tables=(
            Table(
                "document_reference",
                ("note",),
                adds_up=True,
                codes=(
                    Code(
                        "status",
                        words=("current", "superseded", "entered-in-error"),
                        is_status=True,
                        rests=ALL,
                        unless=NO_NOTE,
                    ),
                    Code(
                        "doc_status",
                        words=("preliminary", "final", "amended", "entered-in-error"),
                        synonyms=V2_COMPLETION,
                        is_status=True,
                        rests=ALL,
                        unless=NO_NOTE,
                    ),
                    Code(
                        "type_code",
                        ("note_type",),
                        rests=ALL,
                        system="type_system",
                        understood=LOINC,
                        unless=NO_NOTE,
                    ),
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
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "communication",
                ("contact", "attempt"),
                codes=(
                    Code("status", words=EVENT_STATUS, is_status=True, rests=ALL),
                    Code("outcome_code", ("contact_outcome",), rests=ALL),
                    Code(
                        "category_code",
                        ("contact_about_booking",),
                        words=ABOUT_CARE,
                        rests=("contact",),
                    ),
                    # what was sent counts as a try if no outcome says more
                    Code(
                        "medium_code",
                        ("contact_by_message",),
                        words=CONVERSATION,
                        rests=("attempt",),
                        unless="r.outcome_code is not null",
                    ),
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
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "task",
                ("task_update", "referral_task"),
                codes=(
                    Code("status", words=TASK_STATUS, is_status=True, rests=ALL),
                    Code("business_status"),
                    Code("code"),
                ),
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
        standards=("fhir", "hl7v2", "tabular"),
        tables=(
            Table(
                "charge_item",
                ("charge",),
                amount="amount",
                adds_up=True,
                codes=(
                    Code("status", words=CHARGE_STATUS, is_status=True, rests=ALL),
                    Code(
                        "mdm_level",
                        words=("straightforward", "low", "moderate", "high"),
                        rests=ALL,
                    ),
                ),
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
        standards=("fhir", "tabular", "x12"),
        tables=(
            Table(
                "claim",
                codes=(
                    Code("status", words=MONEY_STATUS, is_status=True, rests=CLAIM),
                    Code("use", words=CLAIM_USE, synonyms=CLAIM_USE_ALSO, rests=CLAIM),
                    Code("frequency_code", words=FREQUENCY, is_watched=False, rests=CLAIM),
                    # the payer's class comes from the coverage
                    Code(
                        "filing_code",
                        ("payer_class_by_filing",),
                        words=FILING,
                        is_counted=True,
                    ),
                    Code("sex", words=X12_SEX, is_watched=False, is_counted=True),
                ),
                for_gate=("explained",),
                amount="total_charge",
            ),
            Table(
                "claim_line",
                ("claim",),
                is_counted=False,
                follows=Follows("claim", "claim_source_id"),
                amount="charge",
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
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "payment_notice",
                ("patient_payment", "write_off"),
                amount="amount",
                codes=(
                    Code("status", words=MONEY_STATUS, is_status=True, rests=ALL),
                    Code(
                        "payment_status",
                        words=("paid", "cleared", "written-off"),
                        is_status=True,
                        rests=ALL,
                    ),
                ),
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
        standards=("fhir", "tabular"),
        tables=(Table("practitioner", codes=(Code("qualification_code"),)),),
        subject="nobody",
        links=(),
        suite="practitioner",
        volume="usual",
        version="record",
    ),
    Entry(
        name="organization",
        standards=("fhir", "tabular"),
        tables=(Table("organization"),),
        subject="nobody",
        links=(),
        suite="organization",
        volume="usual",
        version="record",
    ),
    Entry(
        name="location",
        standards=("fhir", "tabular"),
        tables=(Table("location", codes=(Code("status", is_status=True),)),),
        subject="nobody",
        links=(),
        suite="location",
        volume="usual",
        version="record",
    ),
)
