"""Kinds of fact that a workflow may need and no feed carries yet, each with the record that would carry it."""

from __future__ import annotations

from collections.abc import Mapping

from throughline.vocabulary.language.kind import Codes, Kind, systems

PERIOD = ("occurred", "starts", "ends")
ALLERGENS = systems("SNOMED", "RXNORM", "NDC", "CVX")

AWAITED: Mapping[str, Kind] = {
    "acknowledgement": Kind(
        "Somebody read a result, a report or a document, and said so",
        details=("outcome",),
        slots=(
            "order", "report", "document", "observation", "claim", "accession", "filler", "practitioner", "responsible",
        ),
        carried=False,
        standard="no resource of US Core 7; HL7 v2.5.1 ORU^R01 OBR-32 names the reader, charts export an in-basket log",
    ),
    "allergy": Kind(
        "An allergy or an intolerance",
        lasts=True,
        details=("criticality",),
        slots=("encounter",),
        codes=Codes(systems=ALLERGENS),
        status=("active", "inactive", "resolved"),
        times=PERIOD,
        carried=False,
        standard="FHIR R4 AllergyIntolerance (US Core AllergyIntolerance)",
    ),
    "appeal": Kind(
        "An appeal against a denial was sent",
        slots=("claim", "document", "payer"),
        status=("prepared", "sent"),
        carried=False,
        standard="no transaction of X12: the payer's portal, or a letter as FHIR R4 DocumentReference",
    ),
    "appeal_decision": Kind(
        "The payer decided about an appeal",
        slots=("claim", "document", "payer"),
        codes=Codes(
            {
                "favorable": "Granted",
                "partially_favorable": "Granted in part",
                "unfavorable": "Refused",
                "dismissed": "Not heard",
            }
        ),
        carried=False,
        standard="no transaction of X12: the payer's letter, or the X12 835 that pays after it",
    ),
    "authorisation": Kind(
        "A payer authorised a service, or refused to",
        lasts=True,
        slots=("authorisation", "order", "payer", "practitioner"),
        codes=Codes({"granted": "Authorised", "denied": "Refused", "pended": "Not decided yet"}),
        times=PERIOD,
        carried=False,
        standard="X12 278, or FHIR R4 ClaimResponse whose use is preauthorization",
    ),
    "care_plan": Kind(
        "A plan of care",
        lasts=True,
        details=("category",),
        slots=("encounter", "document", "practitioner"),
        codes=Codes(systems=systems("SNOMED", "LOINC")),
        status=("draft", "active", "on-hold", "revoked", "completed"),
        times=PERIOD,
        carried=False,
        standard="FHIR R4 CarePlan (US Core CarePlan)",
    ),
    "care_time": Kind(
        "Somebody spent time on the patient's care between visits, in minutes",
        details=("value", "given_by"),
        slots=("encounter", "practitioner", "task"),
        codes=Codes(of="programmes that the practice logs time for"),
        times=PERIOD,
        carried=False,
        standard="no resource of US Core 7: a time log, as a table",
    ),
    "denial_review": Kind(
        "A named person looked at a denial, and said why it was denied",
        details=("denial_class", "recorder"),
        slots=("claim", "payer"),
        carried=False,
        standard="no transaction of X12: the billing system's work log, or an act recorded here",
    ),
    "device_use": Kind(
        "The patient has a device at home that measures",
        lasts=True,
        slots=("device", "order"),
        codes=Codes(systems=systems("SNOMED")),
        status=("active", "completed", "intended", "stopped", "on-hold"),
        times=PERIOD,
        carried=False,
        standard="FHIR R4 DeviceUseStatement",
    ),
    "document": Kind(
        "A document that somebody else wrote came into the chart",
        details=("category",),
        slots=(
            "document", "encounter", "order", "procedure", "accession", "practitioner", "responsible", "specialty",
            "topic",
        ),
        codes=Codes(systems=systems("LOINC")),
        status=("preliminary", "final", "amended"),
        times=("occurred", "starts", "issued"),
        carried=False,
        standard="FHIR R4 DocumentReference whose author is outside (US Core DocumentReference); HL7 v2 MDM^T02",
    ),
    "document_sent": Kind(
        "A document was given or sent to the patient",
        slots=("document", "encounter", "order"),
        codes=Codes(systems=systems("LOINC")),
        carried=False,
        standard="FHIR R4 Communication whose payload is a DocumentReference",
    ),
    "portal_view": Kind(
        "The patient opened a result or a document in the portal",
        slots=("order", "report", "document", "observation", "accession"),
        codes=Codes({"viewed": "Opened"}),
        carried=False,
        standard="FHIR R4 AuditEvent of the portal",
    ),
    "result_letter": Kind(
        "A letter or a message told the patient a result",
        slots=("order", "report", "document", "observation", "accession"),
        codes=Codes({"sent": "Sent"}),
        carried=False,
        standard="FHIR R4 Communication about a DiagnosticReport",
    ),
    "sex": Kind(
        "The patient's sex, as the chart's administration has it",
        lasts=True,
        codes=Codes({"female": "", "male": "", "other": "", "unknown": ""}),
        carried=False,
        standard="FHIR R4 Patient.gender, which is read and states no fact yet",
    ),
}  # fmt: skip
"""Every kind that no file of `sql/evidence/` states."""

OWN: Mapping[str, Kind] = {
    "case": Kind(
        "Another case of this person",
        details=("proven", "bills"),
        slots=(
            "encounter", "order", "appointment", "claim", "report", "document", "accession", "practitioner",
        ),
        codes=Codes(of="workflow"),
        status=("open", "completed", "closed", "excluded", "void"),
        carried=False,
        standard="our own cases of this night (rule 29)",
    )
}  # fmt: skip
"""Kinds that no feed carries because we know them ourselves."""
