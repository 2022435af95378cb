"""The words of `where`: one meaning each, whatever kind of fact carries them."""

from __future__ import annotations

from collections.abc import Mapping

from throughline.vocabulary.language.kind import Detail
from throughline.vocabulary.words import DECISION_LEVEL, FACILITY_CLASS, PAYER_CLASS, PRIORITY

GROUPS = {
    "CO": "Contractual obligation: neither the patient nor the practice is paid it",
    "PR": "The patient owes it",
    "OA": "Other adjustment",
    "PI": "The payer's own reduction",
    "CR": "Correction of an earlier remittance",
}
"""Groups of adjustments (X12 835, CAS01)."""
FREQUENCIES = tuple("0123456789ABCDEFGHIJKMPQY")
"""What a claim is to an earlier one (NUBC FL 4, third part of the type of bill)."""
INTENTS = (
    "proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order",
    "option",
)  # fmt: skip
"""How firm an order is (FHIR R4, request-intent)."""
INTERPRETATIONS = (
    "<", ">", "A", "AA", "AC", "B", "CAR", "D", "DET", "E", "EX", "EXP", "H", "H>", "HH", "HM", "HU", "HX", "I", "IE",
    "IND", "L", "L<", "LL", "LU", "LX", "MS", "N", "NCL", "ND", "NEG", "NR", "NS", "OBX", "POS", "QCF", "R", "RR", "S",
    "SDD", "SYN-R", "SYN-S", "TOX", "U", "UNE", "VS", "W", "WR",
)  # fmt: skip
"""How a result is read (HL7 v3 ObservationInterpretation without its headings)."""
DENIAL_CLASSES = {
    "timely_filing": "Sent too late",
    "duplicate": "Sent already",
    "eligibility": "Not covered on that day",
    "authorisation": "An authorisation is missing",
    "coding": "The codes do not fit together",
    "medical_necessity": "Not needed, by the payer's rules",
    "information": "Something is missing",
    "other": "Anything else",
}

DETAILS: Mapping[str, Detail] = {
    "about": Detail(
        "word",
        "What a named person stated",
        {
            "disposition": "Where a patient went at discharge",
            "level": "The level of decision-making",
            "reconciliation": "Whether and when the medicines were reconciled",
        },
    ),
    "accepted": Detail("flag", "Whether the payer accepted the claim"),
    "active": Detail("flag", "Whether the payer says that the person is covered", keys=("is_active",)),
    "adjustments": Detail("code", "Reasons by which the payer changed what was charged"),
    "advantage": Detail("flag", "Whether the payer names a Medicare Advantage plan", keys=("is_advantage",)),
    "amount": Detail("number", "The money of it"),
    "billable": Detail("flag", "Whether the practitioner may bill", keys=("is_billable_practitioner",)),
    "billing": Detail("code", "Who bills, by NPI", keys=("billing_npi",)),
    "bills": Detail("flag", "Whether the case bills anything"),
    "business_status": Detail("text", "The receiver's own status of a task"),
    "category": Detail("code", "The category of the record"),
    "charged": Detail("number", "What was charged", keys=("charge",)),
    "check": Detail("text", "The number of the check or transfer"),
    "class": Detail("code", "The class of the encounter, as the source codes it"),
    "denial_class": Detail("word", "Why it was denied, in one of the practice's classes", DENIAL_CLASSES),
    "comparator": Detail("word", "Whether the value is a bound", dict.fromkeys(("<", "<=", ">=", ">"), "")),
    "conclusion": Detail("code", "What the report concludes"),
    "confidential_address": Detail("flag", "Whether mail must go elsewhere"),
    "contractual": Detail("number", "What the contract takes off"),
    "criticality": Detail(
        "word", "How dangerous an allergy is", {"low": "", "high": "", "unable-to-assess": ""}
    ),
    "crossover": Detail("text", "The payer that the claim was passed on to"),
    "day_known": Detail("flag", "Whether the day is known", keys=("is_day_known",)),
    "denied": Detail("number", "What was denied"),
    "diagnoses": Detail("code", "The diagnoses of a charge"),
    "frequency": Detail(
        "code", "Whether a claim is new (1), replaces (7) or voids (8) another", dict.fromkeys(FREQUENCIES, "")
    ),
    "from_device": Detail("flag", "Whether a device sent it"),
    "given_by": Detail("word", "Who spent the time", {"staff": "Clinical staff", "physician": "The physician"}),
    "global_period": Detail("flag", "Whether the visit belongs to a surgical package"),
    "group": Detail("word", "Who bears an adjustment", GROUPS),
    "has_phone": Detail("flag", "Whether there is a telephone number"),
    "hospice": Detail("flag", "Whether the payer says that hospice pays", keys=("is_hospice",)),
    "in_future": Detail("flag", "Whether the day is still to come"),
    "intent": Detail("code", "How firm an order is", dict.fromkeys(INTENTS, "")),
    "interpretation": Detail(
        "code",
        "How the laboratory reads a result (HL7 v3 ObservationInterpretation)",
        dict.fromkeys(INTERPRETATIONS, ""),
    ),
    "interpreter_required": Detail("flag", "Whether an interpreter is needed"),
    "level": Detail("word", "The level of decision-making on the charge", DECISION_LEVEL.words, keys=("mdm",)),
    "medium": Detail("code", "By which medium (HL7 v3 ParticipationMode)"),
    "modifiers": Detail("code", "Modifiers of a code"),
    "next_g0402": Detail("day", "From when the payer pays the first preventive examination", keys=("next_g0402_on",)),
    "next_g0438": Detail("day", "From when the payer pays the first wellness visit", keys=("next_g0438_on",)),
    "next_g0439": Detail("day", "From when the payer pays the next wellness visit", keys=("next_g0439_on",)),
    "no_charge_reason": Detail("text", "Why there is nothing to bill"),
    "not_after": Detail("day", "The last day on which it can have been", keys=("by",)),
    "not_done_set": Detail("code", "The value set none of which was done", keys=("value_set",)),
    "on": Detail("day", "The day that a named person stated"),
    "other": Detail("number", "Other adjustments"),
    "outcome": Detail(
        "word",
        "What came of reading it",
        {
            "action_needed": "Something has to be done",
            "no_action_needed": "Nothing has to be done",
            "not_mine": "Somebody else has to read it",
        },
    ),
    "paid": Detail("number", "What was paid"),
    "paid_code": Detail("code", "The code that the payer paid, if another than was sent"),
    "part_b_from": Detail("day", "When Part B began"),
    "part_b_to": Detail("day", "When Part B ended"),
    "patient_share": Detail("number", "What the patient owes", keys=("patient_responsibility",)),
    "payer_class": Detail("word", "The class of the payer", PAYER_CLASS.words),
    "payer_name": Detail("text", "The payer's name"),
    "preferred_contact": Detail("text", "How the patient wants to be reached"),
    "primary_source": Detail("flag", "Whether whoever gave it says so", keys=("is_primary_source",)),
    "priority": Detail("word", "How soon it is wanted", PRIORITY.words),
    "proven": Detail("word", "A stage of the case that is proven", of="stage"),
    "provision": Detail("word", "Whether it is permitted", {"permit": "Permitted", "deny": "Refused"}),
    "qmb": Detail("flag", "Whether Medicaid pays what a Qualified Medicare Beneficiary owes", keys=("is_qmb",)),
    "rank": Detail("number", "Which coverage pays first", keys=("order",)),
    "reason": Detail("code", "Why"),
    "receipt": Detail("text", "The number of a receipt"),
    "recorded_as": Detail("text", "As what the named person said it"),
    "recorder": Detail("text", "Who recorded it", keys=("recorder", "recorded_by")),
    "reference_high": Detail("number", "The upper end of the reference range"),
    "reference_low": Detail("number", "The lower end of the reference range"),
    "reject": Detail("code", "Why the payer refused the question"),
    "relationship": Detail("code", "How the patient is related to whoever is insured"),
    "remarks": Detail("code", "Remarks of the payer"),
    "reported": Detail("flag", "Whether somebody else's prescription is reported", keys=("is_reported",)),
    "reversed": Detail("flag", "Whether money was taken back", keys=("is_reversal",)),
    "self_pay_restricted": Detail("flag", "Whether the patient paid, and the payer must not be told"),
    "sender": Detail("text", "Who answered"),
    "facility": Detail("word", "The kind of the stay", FACILITY_CLASS.words, keys=("facility_class",)),
    "from_payer": Detail("flag", "Whether the payer itself answered", keys=("is_from_payer",)),
    "state": Detail("code", "The state in which the patient lives"),
    "status_of_claim": Detail("code", "How the payer processed the claim (CLP02)", keys=("clp_status",)),
    "submitter": Detail("text", "Who sent the claim"),
    "subpotent": Detail("flag", "Whether the dose was too weak", keys=("is_subpotent",)),
    "text": Detail("text", "A value in words"),
    "total": Detail("number", "The charge of the whole claim"),
    "units": Detail("number", "How many units"),
    "value": Detail("number", "What was measured, counted or left open; it may be a code"),
    "value_on": Detail("day", "The day that an answer names"),
    "visit_type": Detail("word", "The type of visit", of="visit_type"),
    "wanted_from": Detail("day", "From when an order is wanted"),
    "wanted_until": Detail("day", "Until when an order is wanted"),
    "what": Detail(
        "word",
        "What was not done, or was withdrawn",
        dict.fromkeys(("immunization", "medication", "observation", "order", "procedure", "report"), ""),
    ),
    "written_off": Detail("number", "What a named person wrote off"),
}  # fmt: skip
"""Every word of `where`."""
