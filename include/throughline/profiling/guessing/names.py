"""What reports call the columns of feeds: words of the field, as practice management systems print them.

Only a guess begins here: whoever reads the definition sees from which name it was made.
"""

from __future__ import annotations

from collections.abc import Mapping

KEY, PATIENT, WHOLE_NAME, DAY, HOUR = "(key)", "(patient)", "(name)", "(day)", "(hour)"
"""What a column may stand for besides a column of a feed: its key, the patient, a whole name, parts of a moment."""

_PATIENT_ID = (
    "patient id", "patient no", "patient number", "pat id", "chart", "chart no", "chart number", "chart id", "mrn",
    "medical record number", "account", "account no", "account number", "patient account", "pt id", "pt no",
    "pt number",
)  # fmt: skip
_VISIT = (
    "visit id",
    "visit no",
    "visit number",
    "encounter id",
    "encounter",
    "visit",
    "appt id",
    "appointment id",
)
_NPI = ("npi", "provider npi", "rendering npi", "provider id", "provider")
_SERVICE = ("service date", "dos", "date of service", "from date", "visit date")

NAMES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "patient": {
        KEY: _PATIENT_ID,
        "mrn": ("mrn", "medical record number", "chart no", "chart number", "chart"),
        WHOLE_NAME: ("patient name", "name", "patient", "full name"),
        "family": ("last name", "lastname", "family name", "surname", "last", "patient last name"),
        "given": ("first name", "firstname", "given name", "first", "patient first name"),
        "birth_date": ("dob", "birth date", "date of birth", "birthdate", "born", "patient dob"),
        "sex": ("sex", "gender"),
        "phone": (
            "phone", "phone number", "home phone", "home ph", "mobile", "mobile phone", "cell", "cell phone", "cell ph",
            "telephone", "tel",
        ),
        "postal_code": ("zip", "zip code", "zipcode", "postal code"),
        "state": ("state",),
        "city": ("city",),
        "address_line": ("address", "street", "address 1", "address line 1"),
        "language": ("language", "preferred language"),
        "general_practitioner_id": ("pcp", "primary care provider", "pcp npi"),
    },
    "appointment": {
        KEY: ("appt id", "appointment id", "appt no", "appointment number", "appointment", "booking id"),
        PATIENT: _PATIENT_ID,
        "status": ("status", "appt status", "appointment status"),
        "visit_type_code": ("type", "visit type", "appt type", "appointment type", "reason"),
        "starts_at": ("start", "start time", "starts at", "appointment date time", "date time", "datetime"),
        DAY: ("date", "appt date", "appointment date", "visit date"),
        HOUR: ("time", "appt time", "appointment time", "start time"),
        "practitioner_npi": _NPI,
        "practitioner_id": _NPI,
        "location_id": ("location", "site", "facility", "department"),
    },
    "encounter": {
        KEY: _VISIT,
        PATIENT: _PATIENT_ID,
        "status": ("status", "visit status"),
        "class_code": ("class", "visit class", "patient class"),
        "starts_at": ("start", "visit start", "admitted", "admit date", "visit date time"),
        DAY: ("date", "visit date"),
        HOUR: ("time", "visit time"),
        "ends_at": ("end", "discharged", "discharge date", "visit end"),
        "discharge_disposition_code": ("disposition", "discharge disposition"),
        "practitioner_id": _NPI,
        "visit_number": ("visit number", "visit no"),
    },
    "charge_item": {
        KEY: (
            "charge id", "charge no", "charge number", "chg id", "chg no", "transaction id", "line id", "procedure id",
        ),
        PATIENT: _PATIENT_ID,
        "encounter_id": _VISIT,
        "code": ("cpt", "cpt code", "procedure", "procedure code", "hcpcs", "code", "charge code"),
        "modifiers": ("modifier", "modifiers", "mod", "mods", "mod 1"),
        "quantity": ("units", "qty", "quantity"),
        "amount": ("amount", "charge", "charges", "charge amount", "fee", "total charge"),
        "diagnoses": ("dx", "dx 1", "diagnosis", "diagnoses", "icd", "icd10", "diagnosis code"),
        "performer_id": _NPI,
        "occurred_at": _SERVICE,
        "entered_at": ("entered", "entry date", "posted", "post date", "posting date"),
    },
    "claim": {
        KEY: ("claim no", "claim number", "claim id", "claim", "control number", "patient control number"),
        PATIENT: _PATIENT_ID,
        "patient_control_number": ("claim no", "claim number", "claim id", "claim", "control number"),
        "encounter_id": _VISIT,
        "total_charge": ("total", "total charge", "claim amount", "billed amount", "charges"),
        "service_from": _SERVICE,
        "created_at": ("billed", "bill date", "billed date", "claim date", "submitted", "submit date"),
        "payer_name": ("payer", "insurance", "carrier", "plan"),
        "member_id": ("member id", "policy number", "subscriber id", "insurance id"),
        "rendering_npi": _NPI,
    },
    "communication": {
        KEY: ("call id", "call", "call no", "log id", "contact id", "id"),
        PATIENT: _PATIENT_ID,
        "outcome_code": ("outcome", "result", "call result", "disposition", "call outcome"),
        "sent_at": ("when", "called at", "call date time", "date time"),
        DAY: ("date", "call date"),
        HOUR: ("time", "call time"),
        "sender_id": ("by", "caller", "user", "staff", "called by", "agent"),
        "category_code": ("category", "reason", "call type", "purpose"),
    },
    "coverage": {
        KEY: _PATIENT_ID,
        PATIENT: _PATIENT_ID,
        "payer_id": ("payer", "payer id", "plan", "insurance", "primary ins", "carrier", "plan name", "insurance name"),
        "payer_name": ("payer", "plan", "insurance", "primary ins", "carrier", "plan name", "insurance name"),
        "member_id": ("member id", "policy number", "subscriber id", "insurance id", "ins id", "member number"),
        "type_code": ("plan type", "coverage type", "insurance type", "financial class"),
        "starts_on": ("plan since", "coverage from", "effective date", "effective", "ins eff", "coverage start"),
        "ends_on": ("coverage to", "termination date", "coverage end", "expires"),
    },
    "practitioner": {
        KEY: _NPI,
        "npi": ("npi", "provider npi"),
        "family": ("last name", "provider last name"),
        "given": ("first name", "provider first name"),
        "qualification_code": ("degree", "credential", "credentials", "cred", "title"),
    },
    "payment": {
        KEY: ("payment id", "transaction id", "posting id", "payment no"),
        "patient_control_number": ("claim no", "claim number", "claim id", "claim"),
        "status_code": ("status", "claim status"),
        "payer_name": ("payer", "insurance", "carrier"),
        "total_charge": ("charge", "charges", "billed", "billed amount"),
        "paid_amount": ("paid", "payment", "amount paid", "paid amount", "payment amount"),
        "paid_on": ("paid on", "payment date", "check date", "deposit date", "post date"),
        "check_number": ("check", "check number", "check no", "eft", "trace number"),
    },
}  # fmt: skip
"""The feeds that a table is recognised as, and what their columns may be called."""

CONSTANTS: Mapping[tuple[str, str], str] = {
    ("encounter", "status"): "finished",
    ("encounter", "class_code"): "AMB",
    ("charge_item", "status"): "billable",
    ("charge_item", "code_system"): "CPT",
    ("communication", "status"): "completed",
    ("coverage", "status"): "active",
}
"""What a report that does not say it usually means: every row of a list of charges is a charge."""

MAKES: Mapping[str, tuple[str, ...]] = {"coverage": ("payer_id",)}
"""What besides its key makes a row a record of a feed: a patient without a plan has no coverage."""
