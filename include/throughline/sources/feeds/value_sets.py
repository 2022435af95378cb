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
