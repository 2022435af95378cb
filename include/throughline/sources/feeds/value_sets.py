"""The codes that standards and guides know, by element: what a field may hold without a source mapping it."""

from __future__ import annotations

# Value sets that FHIR R4 requires of an element (hl7.org/fhir/R4, required bindings).
ENCOUNTER_STATUS = (
    "planned", "arrived", "triaged", "in-progress", "onleave", "finished", "cancelled",
    "entered-in-error", "unknown",
)  # fmt: skip
EVENT_STATUS = (
    "preparation", "in-progress", "not-done", "on-hold", "stopped", "completed",
    "entered-in-error", "unknown",
)  # fmt: skip
IMMUNIZATION_STATUS = ("completed", "entered-in-error", "not-done")
OBSERVATION_STATUS = (
    "registered", "preliminary", "final", "amended", "corrected", "cancelled", "entered-in-error", "unknown",
)  # fmt: skip
REPORT_STATUS = (
    "registered", "partial", "preliminary", "final", "amended", "corrected", "appended", "cancelled",
    "entered-in-error", "unknown",
)  # fmt: skip
ORDER_STATUS = ("draft", "active", "on-hold", "revoked", "completed", "entered-in-error", "unknown")
MEDICATION_STATUS = (
    "active", "on-hold", "cancelled", "completed", "entered-in-error", "stopped", "draft", "unknown",
)  # fmt: skip
INTENT = (
    "proposal", "plan", "directive", "order", "original-order", "reflex-order", "filler-order", "instance-order",
    "option",
)  # fmt: skip
ANSWERS_STATUS = ("in-progress", "completed", "amended", "entered-in-error", "stopped")
# FHIR R4 observation-category, and what US Core 7.0.0 adds for screening (us-core-category, and the simple
# observation's own); LAB and RAD are HL7 v2 table 0074, which older interfaces send in their place.
OBSERVATION_CATEGORY = (
    "laboratory", "imaging", "procedure", "vital-signs", "social-history", "survey", "exam", "therapy", "activity",
    "sdoh", "functional-status", "disability-status", "cognitive-status", "treatment-intervention-preference",
    "care-experience-preference",
)  # fmt: skip
OBSERVATION_CATEGORY_ALSO = (
    ("LAB", "laboratory"), ("RAD", "imaging"), ("vital signs", "vital-signs"), ("social history", "social-history"),
)  # fmt: skip
# HL7 v2 table 0074 (FHIR R4 4.0.1, CodeSystem v2-0074), and LOINC's parts that US Core
# asks for: LP29708-2 cardiology, LP29684-5 radiology, LP7839-6 pathology; LAB is laboratory.
REPORT_CATEGORY = (
    "AU", "BG", "BLB", "CG", "CH", "CP", "CT", "CTH", "CUS", "EC", "EN", "GE", "HM", "ICU", "IMG", "IMM", "LAB", "MB",
    "MCB", "MYC", "NMR", "NMS", "NRS", "OSL", "OT", "OTH", "OUS", "PAR", "PAT", "PF", "PHR", "PHY", "PT", "RAD", "RC",
    "RT", "RUS", "RX", "SP", "SR", "TX", "URN", "VR", "VUS", "XRC", "LP29708-2", "LP29684-5", "LP7839-6",
)  # fmt: skip
# FHIR R4 4.0.1, CodeSystem v3-ObservationInterpretation without its headings, and the texts that laboratories send.
INTERPRETATION = (
    "<", ">", "A", "AA", "AC", "B", "CAR", "D", "DET", "E", "EX", "EXP", "H", "H>", "HH", "HM", "HU", "HX", "I", "IE",
    "IND", "L", "L<", "LL", "LU", "LX", "MS", "N", "NCL", "ND", "NEG", "NR", "NS", "OBX", "POS", "QCF", "R", "RR", "S",
    "SDD", "SYN-R", "SYN-S", "TOX", "U", "UNE", "VS", "W", "WR",
)  # fmt: skip
INTERPRETATION_ALSO = (
    ("normal", "N"), ("abnormal", "A"), ("high", "H"), ("low", "L"), ("critical abnormal", "AA"),
    ("critically abnormal", "AA"), ("critical high", "HH"), ("critically high", "HH"), ("critical low", "LL"),
    ("critically low", "LL"), ("positive", "POS"), ("negative", "NEG"), ("detected", "DET"), ("not detected", "ND"),
    ("reactive", "RR"), ("non-reactive", "NR"), ("resistant", "R"), ("susceptible", "S"), ("intermediate", "I"),
    ("indeterminate", "IND"), ("equivocal", "E"),
)  # fmt: skip
CHARGE_STATUS = (
    "planned", "billable", "not-billable", "aborted", "billed", "entered-in-error", "unknown",
)  # fmt: skip
TASK_STATUS = (
    "draft", "requested", "received", "accepted", "rejected", "ready", "cancelled", "in-progress",
    "on-hold", "failed", "completed", "entered-in-error",
)  # fmt: skip
MONEY_STATUS = ("active", "cancelled", "draft", "entered-in-error")
CONSENT_STATUS = ("draft", "proposed", "active", "rejected", "inactive", "entered-in-error")
VERIFICATION = (
    "unconfirmed", "provisional", "differential", "confirmed", "refuted", "entered-in-error",
)  # fmt: skip
CLINICAL = ("active", "recurrence", "relapse", "inactive", "remission", "resolved")
# What a patient may agree to or refuse: our own categories, and those of FHIR R4 (consent-category), which
# are about something else than contact.
CONSENT_CATEGORY = (
    "contact", "automated_contact", "sms", "acd", "dnr", "emrgonly", "hcd", "npp", "polst", "research",
    "rsdid", "rsreid", "57016-8", "57017-6", "59284-0", "64292-6",
)  # fmt: skip
# Classes of encounters that are neither a stay nor a visit to the practice (HL7 v3 ActEncounterCode).
OTHER_CLASS = ("EMER", "PRENC")
# HL7 v2 table 0004 (PV1-2), as the guide HL7 Version 2 to FHIR maps it (ConceptMap table-hl70004-to-v3-actcode, read
# 2026-11-29). It maps no R (recurring), B (obstetrics), C, N and U: a source says what it means by them.
V2_CLASS = (("E", "EMER"), ("I", "IMP"), ("O", "AMB"), ("P", "PRENC"))
# HL7 v2 table 0271 (TXA-17; its codes and those of version 2.3, CA and PR, at hl7.org/fhir v2/0271, read 2026-11-29):
# authenticated and legally authenticated are signed; dictated, documented, in progress, pre-authenticated are not.
V2_COMPLETION = (
    ("AU", "final"), ("LA", "final"), ("DI", "preliminary"), ("DO", "preliminary"), ("IN", "preliminary"),
    ("IP", "preliminary"), ("PA", "preliminary"), ("PR", "preliminary"), ("CA", "entered-in-error"),
)  # fmt: skip
LOINC = ("http://loinc.org", "urn:oid:2.16.840.1.113883.6.1")
SEX = ("F", "M", "O", "U")
# FHIR R4 administrative-gender, and HL7 table 0001 with its texts.
SEX_ALSO = (
    ("female", "F"), ("male", "M"), ("other", "O"), ("unknown", "U"), ("A", "O"), ("ambiguous", "O"),
    ("N", "O"), ("not applicable", "O"), ("X", "O"),
)  # fmt: skip
# Categories of a contact that is not about a booking: our own, and FHIR R4 communication-category.
ABOUT_CARE = ("outreach", "alert", "notification", "instruction")
# Media of conversations (HL7 v3 ParticipationMode): they count by their outcome, not by being sent.
CONVERSATION = ("PHONE", "VIDEOCONF", "FACE", "VERBAL", "PHYSICAL", "REMOTE", "DICTATE")
# FHIR R4 Claim.use; BHT06 of an 837 (X12 640: CH, RP, 31 subrogation demand).
CLAIM_USE = ("claim", "preauthorization", "predetermination", "encounter", "subrogation")
CLAIM_USE_ALSO = (("CH", "claim"), ("RP", "encounter"), ("31", "subrogation"))
# The third part of the type of bill, NUBC FL 4 (Medicare Claims Processing Manual, chapter 25, section 75.1; ResDAC,
# "Claim Frequency Code", with 6, adjustment of a prior claim, in its older table; both read 2026-11-28): 8 is void;
# the letters are notices and adjustments of institutions.
FREQUENCY = tuple("0123456789") + tuple("ABCDEFGHIJKMPQY")
# X12 1032, claim filing indicator, as 005010X222A1 and 005010X221A1 allow it (SBR09, CLP06; read 2026-11-28 at
# stedi.com/edi/x12/element/1032), beside those that have a payer class.
FILING = (
    "11", "14", "15", "17", "AM", "CH", "DS", "FI", "LM", "MA", "OF", "TV", "VA", "WC", "ZZ",
)  # fmt: skip
# X12 1068 as the guides allow it (DMG03).
X12_SEX = ("F", "M", "U")
