"""A small table for each feed: what `docs/feed-columns.md` shows, and what a test delivers up to the gate."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping

import yaml

from throughline.sources import catalogue
from throughline.sources.codes import known_codes
from throughline.sources.entry import Entry
from throughline.sources.tabular.columns import COLUMNS, Column, lines_of, needs_patient

KEY, PATIENT = "record_id", "patient_id"
DAY, MOMENT = "%m/%d/%Y", "%m/%d/%Y %H:%M"

# What a cell of an example holds where the type alone says too little.
_SAYS: Mapping[str, str] = {
    "mrn": "001001",
    "family": "Rivera",
    "given": "Ana",
    "postal_code": "80202",
    "state": "CO",
    "city": "Denver",
    "address_line": "12 Elm Street",
    "phone": "(303) 555-0142",
    "birth_date": "04/17/1958",
    "npi": "1234567893",
    "billing_npi": "1234567893",
    "rendering_npi": "1234567893",
    "practitioner_npi": "1234567893",
    "practitioner_id": "1234567893",
    "performer_id": "1234567893",
    "authenticator_id": "1234567893",
    "sender_id": "ann",
    "patient_control_number": "K-900",
    "encounter_id": "V-1",
    "payer_id": "COMM1",
    "payer_name": "Commercial Mutual",
    "member_id": "CM-77120",
    "paid_amount": "150.00",
    "units": "1",
    "quantity": "1",
    "amount": "210.00",
    "charge": "210.00",
    "total_charge": "210.00",
    "name": "Front Range Family Medicine",
    "our_identifier": "task-1",
    "status_code": "1",
    "category_code": "A2",
}
_OF_FIELD: Mapping[str, str] = {
    "encounter.status": "finished",
    "encounter.class_code": "AMB",
    "functional_acknowledgement.status_code": "A",
    "functional_acknowledgement.group_control_number": "1201",
    "communication.status": "completed",
    "communication.outcome_code": "reached",
    "communication.category_code": "outreach",
    "charge_item.status": "billable",
    "charge_item.code": "99214",
    "claim_line.code": "99214",
    "procedure.status": "completed",
    "procedure.code_system": "http://snomed.info/sct",
    "procedure.code": "430193006",
    "observation.status": "final",
    "observation.code_system": "http://loinc.org",
    "observation.code": "4548-4",
    "diagnostic_report.status": "final",
    "diagnostic_report.code_system": "http://loinc.org",
    "diagnostic_report.code": "24604-1",
    "service_request.status": "active",
    "service_request.intent": "order",
    "service_request.code_system": "http://www.ama-assn.org/go/cpt",
    "service_request.code": "45378",
    "medication_request.status": "active",
    "medication_request.intent": "order",
    "medication_request.code_system": "http://www.nlm.nih.gov/research/umls/rxnorm",
    "medication_request.code": "860975",
    "questionnaire_response.status": "completed",
    "questionnaire_response.questionnaire": "http://loinc.org/q/44249-1",
    "questionnaire_answer.link_id": "/44250-9",
    "questionnaire_answer.value": "2",
    "immunization.status": "completed",
    "immunization.code_system": "http://hl7.org/fhir/sid/cvx",
    "immunization.code": "197",
    "condition.code_system": "http://hl7.org/fhir/sid/icd-10-cm",
    "condition.code": "I10",
    "condition.verification_status": "confirmed",
    "document_reference.status": "current",
    "document_reference.doc_status": "final",
    "document_reference.type_system": "http://loinc.org",
    "document_reference.type_code": "11506-3",
    "appointment.status": "booked",
    "consent.status": "active",
    "consent.category_code": "contact",
    "consent.provision": "deny",
    "task.status": "completed",
    "coverage.type_code": "5",
    "payment_notice.payment_status": "paid",
}


def shown(feed: str) -> list[Column]:
    """Return the columns of an example: those that must be mapped, and those that say what the record is."""
    table = catalogue.entry(feed).table.name
    watched = {code.name for code in catalogue.entry(feed).table.codes}
    return [
        column
        for column in COLUMNS[table].values()
        if column.is_needed
        or column.name in watched & {"sex", "visit_type_code", "outcome_code", "type_code"}
        or column.name in ("mrn", "phone", "amount", "total_charge", "type_system", "member_id")
    ]


def cell(table: str, column: Column) -> str:
    """Return what a cell of an example holds."""
    field = f"{table}.{column.name}"
    if field in _OF_FIELD:
        return _OF_FIELD[field]
    if column.name in _SAYS:
        return _SAYS[column.name]
    known = known_codes().get(field)
    if known is not None and known.entries:
        return sorted(known.words)[0]
    return {
        "date": "03/02/2026",
        "moment": "03/02/2026 09:30",
        "money": "12.50",
        "number": "1",
        "flag": "Y",
        "phone": "(303) 555-0142",
    }.get(column.type, "A-1")


def mapped(column: Column) -> object:
    """Return how the definition of an example reads a column of the same name."""
    if column.type == "date":
        return {"from": column.name, "date": DAY}
    if column.type == "moment":
        return {"from": column.name, "moment": MOMENT}
    if column.type == "flag":
        return {"from": column.name, "flag": {"yes": ["Y"], "no": ["N"]}}
    return column.name


def file(feed: str) -> str:
    """Return the example as CSV: one row."""
    columns = shown(feed)
    table = catalogue.entry(feed).table.name
    names = [KEY, *([PATIENT] if needs_patient(feed) else []), *(c.name for c in columns)]
    row = ["R-1", *(["R-1"] if needs_patient(feed) else []), *(cell(table, c) for c in columns)]
    lines = _line_columns(catalogue.entry(feed))
    names += [f"line_{c.name}" for c in lines]
    row += [cell(f"{table}_line", c) for c in lines]
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([names, row])
    return text.getvalue()


def record(feed: str) -> dict[str, object]:
    """Return the record of a table's description that reads the example."""
    said: dict[str, object] = {"feed": feed, "key": KEY}
    if needs_patient(feed):
        said["patient"] = PATIENT
    said["columns"] = {column.name: mapped(column) for column in shown(feed)}
    lines = _line_columns(catalogue.entry(feed))
    if lines:
        said["lines"] = {"columns": {c.name: f"line_{c.name}" for c in lines}}
    return said


def written(feed: str) -> str:
    """Return the record as YAML."""
    return yaml.safe_dump(
        [record(feed)], sort_keys=False, default_flow_style=None, width=110, allow_unicode=True
    )


def _line_columns(entry: Entry) -> list[Column]:
    table = lines_of(entry)
    return (
        [c for c in COLUMNS[table].values() if c.name in ("code", "charge", "units")]
        if table
        else []
    )
