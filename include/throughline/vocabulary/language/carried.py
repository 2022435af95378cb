"""The kinds of fact that feeds carry, each with what `sql/evidence` writes into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from throughline.vocabulary.facts import FACT_KIND
from throughline.vocabulary.language.kind import Codes, Kind, systems
from throughline.vocabulary.words import CONTACT_OUTCOME, DECISION_LEVEL, DISPOSITION, PAYER_CLASS

MEANS = FACT_KIND.words
PERIOD = ("occurred", "starts", "ends")
MEASURED = ("occurred", "starts", "ends", "issued")

SERVICES = systems("CPT", "HCPCS")
TESTS = systems("LOINC", "CPT", "HCPCS", "SNOMED")
DONE = (*systems("CPT", "HCPCS", "SNOMED", "LOINC"), "http://www.cms.gov/Medicare/Coding/ICD10")
VACCINES = systems("CVX", "NDC", "CPT", "SNOMED")
DRUGS = systems("RXNORM", "NDC", "SNOMED", "HCPCS")
ORDERED = (*dict.fromkeys(TESTS + DONE),)

NUMBERS = ("order", "placer", "filler", "accession")
FINAL = ("preliminary", "final", "amended", "corrected")
BILLABLE = "the practitioner's own record says whether they may bill"
ASKED_BY = "of the order that it belongs to, who ordered it"
CATEGORIES = {
    "contact": "Being contacted at all",
    "automated_contact": "Being contacted by a machine",
    "sms": "Text messages",
    "acd": "Advance directive",
    "dnr": "Do not resuscitate",
    "emrgonly": "Emergency only",
    "hcd": "Health care directive",
    "npp": "Notice of privacy practices",
    "polst": "Physician order for life-sustaining treatment",
    "research": "Research",
    "rsdid": "De-identified data for research",
    "rsreid": "Re-identifiable data for research",
}
"""What a patient may permit or refuse: our own words, and those of FHIR R4 (consent-category)."""
ELIGIBILITY = {
    "active": "Covered",
    "inactive": "Not covered",
    "rejected": "The payer did not answer the question",
    "unclear": "The answer leaves open whether, or by whose rules",
}
TASK_STATUS = (
    "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress", "on-hold", "failed",
    "completed",
)  # fmt: skip

_VISIT = Kind(
    MEANS["visit"],
    details=("class",),
    slots=("encounter", "appointment", "order", "practitioner"),
    codes=Codes(systems=systems("CPT", "HCPCS", "SNOMED"), of="types of encounters of the source"),
    status=("finished",),
    times=PERIOD,
    worked_out={"billable": BILLABLE},
)
_BOOKING = Kind(
    MEANS["booking"],
    details=("visit_type",),
    slots=("appointment", "encounter", "order", "practitioner"),
    codes=Codes(of="visit_type"),
    times=PERIOD,
    worked_out={"billable": BILLABLE},
)
_CALL = Kind(
    MEANS["contact"],
    details=("medium", "recorder"),
    slots=("communication", "request", "task", "practitioner"),
    codes=Codes(CONTACT_OUTCOME.words),
)
_MEASURED = Kind(
    MEANS["result"],
    details=(
        "category", "comparator", "value", "text", "interpretation", "reference_low", "reference_high",
    ),
    slots=("observation", "encounter", "specimen", *NUMBERS, "practitioner", "device"),
    codes=Codes(systems=TESTS),
    status=FINAL,
    times=MEASURED,
    worked_out={"from_device": "it names a device"},
    linked_by={"report": "the report that lists it", "responsible": ASKED_BY},
)  # fmt: skip
_ORDER = Kind(
    MEANS["order"],
    details=("intent", "priority", "category", "reason", "wanted_from", "wanted_until"),
    slots=(
        *NUMBERS, "based_on", "replaces", "requisition", "encounter", "responsible", "practitioner", "specialty",
    ),
    codes=Codes(systems=ORDERED),
    status=("active", "on-hold", "completed"),
)  # fmt: skip
_MEDICATION = Kind(
    MEANS["medication"],
    details=("intent", "priority", "category", "reason", "reported"),
    slots=("order", "based_on", "encounter", "responsible"),
    codes=Codes(systems=DRUGS),
    status=("active", "on-hold", "completed"),
)
_ANSWER = Kind(
    MEANS["claim_accepted"],
    details=("from_payer", "sender"),
    slots=("claim",),
    codes=Codes(of="categories and statuses of a 277CA, as A2:20"),
)
_MONEY = Kind(
    MEANS["patient_payment"],
    details=("amount", "recorder", "receipt"),
    slots=("claim",),
    codes=Codes({"paid": "The patient paid"}),
)

CARRIED: Mapping[str, Kind] = {
    "admission": Kind(
        MEANS["admission"],
        lasts=True,
        details=("class", "facility"),
        slots=("encounter",),
        codes=Codes(of="classes of encounters of the source"),
        status=("arrived", "triaged", "in-progress", "onleave", "finished"),
        times=PERIOD,
    ),
    "answer": Kind(
        MEANS["answer"],
        details=("value", "value_on"),
        slots=("questionnaire", "encounter", "practitioner"),
        codes=Codes(of="questions of a questionnaire"),
        status=("completed", "amended"),
        times=("occurred", "value"),
    ),
    "arrived": replace(_BOOKING, meaning=MEANS["arrived"]),
    "attempt": replace(_CALL, meaning=MEANS["attempt"]),
    "attribution": Kind(
        MEANS["attribution"],
        lasts=True,
        codes=Codes(of="practitioners of the source"),
        linked_by={"practitioner": "the code is the practitioner"},
    ),
    "booking": _BOOKING,
    "booking_cancelled": replace(
        _BOOKING,
        meaning=MEANS["booking_cancelled"],
        codes=Codes(
            {"patient": "The patient cancelled", "clinic": "The practice cancelled", "unknown": "It is not said"}
        ),
    ),
    "charge": Kind(
        MEANS["charge"],
        details=(
            "units", "modifiers", "diagnoses", "level", "self_pay_restricted", "no_charge_reason", "global_period",
            "amount",
        ),
        slots=("encounter", "charge", "practitioner"),
        codes=Codes(systems=SERVICES),
        times=("occurred", "starts"),
        worked_out={"billable": BILLABLE},
    ),
    "claim": Kind(
        MEANS["claim"],
        details=("billing", "frequency", "submitter", "total", "modifiers", "amount"),
        slots=("claim", "encounter", "line", "practitioner", "payer"),
        codes=Codes(systems=SERVICES),
        times=("occurred", "starts"),
    ),
    "claim_accepted": _ANSWER,
    "claim_forwarded": replace(_ANSWER, meaning=MEANS["claim_forwarded"]),
    "claim_rejected": replace(_ANSWER, meaning=MEANS["claim_rejected"]),
    "condition": Kind(
        MEANS["condition"],
        lasts=True,
        slots=("encounter",),
        codes=Codes(systems=systems("ICD-10-CM", "SNOMED")),
        status=("active", "recurrence", "relapse", "inactive", "remission", "resolved"),
        times=PERIOD,
    ),
    "consent": Kind(
        MEANS["consent"],
        lasts=True,
        details=("provision",),
        codes=Codes(CATEGORIES, systems("LOINC")),
        times=("occurred", "ends"),
    ),
    "contact": _CALL,
    "coverage": Kind(
        MEANS["coverage"],
        lasts=True,
        details=("rank", "qmb", "payer_name", "relationship"),
        slots=("member", "payer"),
        codes=Codes(PAYER_CLASS.words),
        times=PERIOD,
    ),
    "death": Kind(MEANS["death"], details=("not_after", "day_known")),
    "decision": Kind(
        MEANS["decision"],
        details=("about", "on", "recorder", "recorded_as"),
        codes=Codes(
            {
                **DISPOSITION.words,
                **DECISION_LEVEL.words,
                "done": "The medicines were reconciled",
                "not_done": "The medicines were not reconciled",
            }
        ),
        linked_by={"encounter": "the visit of the note that it is about"},
    ),
    "discharge": Kind(
        MEANS["discharge"],
        details=("facility",),
        slots=("encounter", "practitioner"),
        codes=Codes(DISPOSITION.words),
        times=PERIOD,
    ),
    "eligibility": Kind(
        MEANS["eligibility"],
        details=(
            "active", "part_b_from", "part_b_to", "advantage", "next_g0402", "next_g0438", "next_g0439", "hospice",
            "qmb", "reject", "payer_class",
        ),
        slots=("member", "payer"),
        codes=Codes(ELIGIBILITY),
    ),
    "hospice": Kind(
        MEANS["hospice"], lasts=True, slots=("encounter",), codes=Codes(systems=systems("SNOMED", "CPT", "HCPCS"))
    ),
    "immunization": Kind(
        MEANS["immunization"],
        details=("primary_source", "subpotent"),
        slots=("encounter", "practitioner"),
        codes=Codes(systems=VACCINES),
        times=PERIOD,
    ),
    "left_practice": Kind(MEANS["left_practice"], lasts=True),
    "medication": _MEDICATION,
    "medication_reconciliation": Kind(
        MEANS["medication_reconciliation"],
        slots=("encounter",),
        codes=Codes(systems=systems("SNOMED", "CPT", "HCPCS")),
    ),
    "medication_stopped": replace(
        _MEDICATION, meaning=MEANS["medication_stopped"], status=("stopped", "cancelled")
    ),
    "no_show": replace(_BOOKING, meaning=MEANS["no_show"]),
    "not_done": Kind(
        MEANS["not_done"],
        details=("what", "reason", "not_done_set", "intent", "priority", "category"),
        slots=(
            "encounter", *NUMBERS, "based_on", "replaces", "requisition", "observation", "specimen", "practitioner",
            "responsible",
        ),
        codes=Codes(systems=(*dict.fromkeys(ORDERED + VACCINES + DRUGS),)),
        status=("cancelled", *FINAL, "active", "on-hold", "completed", "not-done"),
        times=MEASURED,
    ),
    "note": Kind(
        MEANS["note"],
        slots=("document", "encounter", "order", "practitioner"),
        codes=Codes(systems=systems("LOINC")),
        times=("occurred", "starts"),
    ),
    "observation": replace(_MEASURED, meaning=MEANS["observation"]),
    "opt_out": Kind(
        MEANS["opt_out"],
        lasts=True,
        codes=Codes({name: CATEGORIES[name] for name in ("contact", "automated_contact")}),
        times=("occurred", "ends"),
    ),
    "order": _ORDER,
    "order_revoked": replace(_ORDER, meaning=MEANS["order_revoked"], status=("revoked",)),
    "patient_payment": _MONEY,
    "preference": Kind(
        MEANS["preference"],
        lasts=True,
        details=("has_phone", "interpreter_required", "preferred_contact", "confidential_address", "state"),
        codes=Codes(of="languages"),
    ),
    "procedure": Kind(
        MEANS["procedure"],
        details=("reason",),
        slots=("procedure", "encounter", "order", "practitioner"),
        codes=Codes(systems=DONE),
        status=("in-progress", "on-hold", "completed", "stopped"),
        times=PERIOD,
    ),
    "questionnaire": Kind(
        MEANS["questionnaire"],
        slots=("questionnaire", "encounter", "order", "practitioner"),
        codes=Codes(of="questionnaires, by their address"),
        status=("completed", "amended"),
    ),
    "referral_task": Kind(
        MEANS["referral_task"],
        details=("business_status",),
        slots=("task", "order", "output", "practitioner", "responsible"),
        codes=Codes(of="kinds of tasks of the source"),
        status=TASK_STATUS,
    ),
    "remittance": Kind(
        MEANS["remittance"],
        details=(
            "charged", "contractual", "patient_share", "denied", "other", "status_of_claim", "reversed", "adjustments",
            "remarks", "check", "crossover", "paid_code", "amount",
        ),
        slots=("claim", "line", "payer"),
        codes=Codes(systems=SERVICES),
        times=("occurred", "starts"),
    ),
    "report": Kind(
        MEANS["report"],
        details=("category", "conclusion"),
        slots=("report", "observation", "encounter", *NUMBERS, "practitioner"),
        codes=Codes(systems=TESTS),
        status=("partial", *FINAL, "appended"),
        times=MEASURED,
        linked_by={"responsible": ASKED_BY},
    ),
    "result": _MEASURED,
    "task_update": Kind(
        MEANS["task_update"],
        details=("business_status",),
        slots=("task", "request"),
        codes=Codes(dict.fromkeys(TASK_STATUS, "A status of a FHIR Task")),
    ),
    "visit": _VISIT,
    "visit_open": replace(
        _VISIT,
        meaning=MEANS["visit_open"],
        status=("planned", "arrived", "triaged", "in-progress"),
    ),
    "withdrawn": Kind(
        MEANS["withdrawn"],
        details=("what",),
        slots=("observation", "report", "encounter", *NUMBERS),
        codes=Codes(systems=TESTS),
        status=("entered-in-error",),
        times=MEASURED,
    ),
    "write_off": replace(
        _MONEY,
        meaning=MEANS["write_off"],
        codes=Codes({"written-off": "A named person wrote it off"}),
    ),
}  # fmt: skip
"""Every kind of fact that a file of `sql/evidence/` states."""
