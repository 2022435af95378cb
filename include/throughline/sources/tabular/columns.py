"""The columns that each feed takes from a table, with their types: those of `staging`, which a test compares.

A name stands for a text; `:` gives another type. `?` marks what must be mapped, because without it the records
state nothing; of `!` each record must also have a value. The types are

    date      a day: the format must be declared
    moment    a day and a time, or a day alone: the format must be declared
    money     dollars; also a quantity, or any number with a fraction
    number    a whole number
    flag      yes or no: which words say so must be declared
    list      a list of texts: of several columns, or of one that is split
    ids       a list of ids of other records
    phone     a telephone number, of which the digits are kept
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from throughline.sources import catalogue
from throughline.sources.entry import Entry

STANDARD = "tabular"


@dataclass(frozen=True)
class Column:
    """One column of a record: its type, whether it must be mapped and filled, and what it holds if it is neither."""

    name: str
    type: str = "text"
    is_needed: bool = False
    is_filled: bool = False
    otherwise: object = None


_WRITTEN = {
    "patient": "mrn family? given? birth_date:date? sex phone:phone postal_code state"
    " address_line city is_active:flag deceased_at:moment deceased_by:date is_deceased:flag replaced_by"
    " general_practitioner_id"
    " language interpreter_required:flag preferred_contact confidential_address:flag",
    "coverage": "status! type_code payer_id! payer_name member_id starts_on:date ends_on:date"
    " coverage_order:number relationship is_qmb:flag",
    "consent": "status! category_code! provision! starts_at:moment ends_at:moment recorded_at:moment",
    "encounter": "status! class_code! type_system type_code starts_at:moment! ends_at:moment"
    " discharge_disposition_system discharge_disposition_code admit_source_code practitioner_id"
    " service_provider_id location_id appointment_id visit_number reason_code orders:ids",
    "condition": "clinical_status verification_status! category_code code_system code! onset_at:moment"
    " abated_at:moment recorded_at:moment encounter_id",
    "procedure": "status! code_system code! reason_system reason_code starts_at:moment! ends_at:moment encounter_id"
    " practitioner_id orders:ids",
    "immunization": "status! code_system code! reason_system reason_code occurred_at:moment! occurred_until:moment"
    " recorded_at:moment is_primary_source:flag is_subpotent:flag encounter_id practitioner_id",
    "observation": "status! category_code code_system code! value:money comparator unit value_system value_code"
    " value_text interpretation_code reference_low:money reference_high:money data_absent_reason occurred_at:moment!"
    " occurred_until:moment issued_at:moment encounter_id orders:ids performer_id device_id specimen_id placer_order"
    " filler_order accession",
    "diagnostic_report": "status! category_code code_system code! occurred_at:moment! occurred_until:moment"
    " issued_at:moment encounter_id orders:ids results:ids performer_id interpreter_id conclusion_system"
    " conclusion_code placer_order filler_order accession",
    "service_request": "status! intent! priority category_code do_not_perform:flag code_system code! reason_system"
    " reason_code authored_at:moment! wanted_from:moment wanted_until:moment encounter_id requester_id performer_id"
    " specialty_system specialty_code orders:ids replaces:ids requisition placer_order filler_order accession",
    "medication_request": "status! intent! priority category_code do_not_perform:flag code_system code! medication_id"
    " reason_system reason_code authored_at:moment! is_reported:flag encounter_id requester_id orders:ids",
    "questionnaire_response": "status! questionnaire! authored_at:moment! encounter_id author_id orders:ids",
    "questionnaire_answer": "link_id! value:money unit value_system value_code value_on:date",
    "document_reference": "status! doc_status! type_system type_code! encounter_id? authored_at:moment"
    " authenticated_at:moment? author_id authenticator_id? document_number visit_number orders:ids",
    "communication": "status! outcome_code? category_code medium_code sent_at:moment! received_at:moment"
    " sender_id? based_on:ids part_of:ids about:ids",
    "task": "status! business_status code_system code based_on:ids focus owner_id requester_id our_identifier?"
    " authored_at:moment last_modified_at:moment orders:ids outputs:ids",
    "charge_item": "status! encounter_id? code_system code! modifiers:list quantity:money unit_price:money"
    " amount:money diagnoses:list performer_id mdm_level occurred_at:moment! entered_at:moment"
    " is_self_pay_restricted:flag no_charge_reason global_period:flag charge_number visit_number",
    "claim": "patient_control_number? use status submitter_id receiver_id frequency_code"
    " original_payer_claim_number total_charge:money billing_npi billing_tax_id rendering_npi place_of_service"
    " filing_code payer_id payer_name member_id service_from:date! service_to:date diagnoses:list encounter_id"
    " medical_record_number family given birth_date:date sex created_at:moment",
    "claim_line": "line_no:number code! modifiers:list charge:money units:money service_from:date service_to:date"
    " diagnosis_pointers line_control_number rendering_npi place_of_service",
    "payment_notice": "status! patient_control_number! payment_status! amount:money! paid_on:date!"
    " recorded_at:moment recorder receipt_number",
    "practitioner": "npi? family given is_active:flag qualification_code taxonomy_code is_billable:flag!",
    "organization": "npi tax_id name! type_code address_line city state postal_code phone:phone taxonomy_code"
    " is_active:flag",
    "location": "name! organization_id place_of_service npi status",
    "appointment": "status! placer_id filler_id visit_type_code starts_at:moment! ends_at:moment"
    " practitioner_id practitioner_npi location_id visit_number recorded_at:moment cancel_reason_code cancelled_by"
    " mrn family given birth_date:date sex phone:phone postal_code orders:ids",
    "claim_response": "patient_control_number! payer_claim_number category_code! status_code entity_code"
    " is_from_payer:flag effective_on:date! total_charge:money sender_id member_id service_from:date"
    " batch_reference",
    "eligibility_response": "trace_number payer_id! member_id as_of_date:date! is_active:flag! part_b_from:date"
    " part_b_to:date is_advantage:flag is_plan_unclear:flag advantage_payer_name next_g0402_on:date"
    " next_g0438_on:date next_g0439_on:date is_hospice:flag is_qmb:flag reject_code family given birth_date:date sex",
    "functional_acknowledgement": "group_control_number? transaction_control_number functional_id transaction_set"
    " status_code! error_codes:list group_status_code sender_id",
    "payment": "patient_control_number! payer_claim_number status_code! is_reversal:flag filing_code payer_id"
    " payer_name member_id family given birth_date:date sex total_charge:money paid_amount:money!"
    " patient_responsibility:money contractual_amount:money denied_amount:money other_adjustment:money"
    " remark_codes:list check_number payment_method paid_on:date! produced_on:date service_from:date"
    " crossover_payer",
}  # fmt: skip
_OTHERWISE: Mapping[tuple[str, str], object] = {
    ("patient", "is_active"): True,
    ("patient", "is_deceased"): False,
    ("payment", "is_reversal"): False,
    ("eligibility_response", "is_plan_unclear"): False,
}
_EMPTY: Mapping[str, object] = {"list": [], "ids": "[]"}

BY_READER: Mapping[str, tuple[str, ...]] = {
    "claim": ("kind",),
    "claim_line": ("claim_source_id", "patient_control_number"),
    "questionnaire_answer": ("questionnaire_response_source_id",),
}
"""Columns that the reader fills itself: a claim of a table is one of the practice's own system.

Of the lines of a record, the first is the id of that record; the others are columns of it.
"""

NO_PATIENT = ("claim_response", "payment")
"""Feeds that name their patient by the number of a claim, and so take no `patient`."""

MAY_NAME_NO_PATIENT = ("task",)
"""Feeds of which a record may name a patient, and need not."""


def _column(table: str, written: str) -> Column:
    name, _, kind = written.rstrip("!?").partition(":")
    kind = kind or "text"
    otherwise = _OTHERWISE.get((table, name), _EMPTY.get(kind))
    return Column(name, kind, written[-1] in "!?", written[-1] == "!", otherwise)


COLUMNS: dict[str, Mapping[str, Column]] = {
    table: MappingProxyType({c.name: c for c in (_column(table, w) for w in text.split())})
    for table, text in _WRITTEN.items()
}
"""The columns that a definition may map, by table."""


def readable() -> frozenset[str]:
    """Return the feeds that a table can be mapped to: those of whose first table the columns are here."""
    return frozenset(one.name for one in catalogue.FEEDS if one.table.name in COLUMNS)


def lines_of(feed: Entry) -> str | None:
    """Return the table of the lines that a record of a feed may have, or None."""
    return next((t.name for t in feed.tables if not t.is_counted and t.name in COLUMNS), None)


def in_order(feed: str) -> dict[str, tuple[str, ...]]:
    """Return the columns of a feed's tables, in the order in which the reader fills them."""
    entry = catalogue.entry(feed)
    tables = [entry.table.name, *([lines] if (lines := lines_of(entry)) else [])]
    return {name: (*COLUMNS[name], *BY_READER.get(name, ())) for name in tables}


def needs_patient(feed: str) -> bool:
    """Return whether a record of a feed must name the patient by the number of its own system."""
    entry = catalogue.entry(feed)
    return takes_patient(feed) and entry.name not in MAY_NAME_NO_PATIENT


def takes_patient(feed: str) -> bool:
    """Return whether a record of a feed may name a patient."""
    return catalogue.entry(feed).subject not in ("self", "nobody") and feed not in NO_PATIENT
