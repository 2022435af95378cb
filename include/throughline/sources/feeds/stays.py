"""The feeds of patients and of their stays and visits, which FHIR and HL7 v2 (ADT) read."""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Table
from throughline.sources.feeds.value_sets import (
    ENCOUNTER_STATUS,
    OTHER_CLASS,
    SEX,
    SEX_ALSO,
    V2_CLASS,
)

ALL = ("*",)

PATIENT = Entry(
    name="patient",
    standards=("fhir", "hl7v2", "tabular"),
    tables=(
        Table(
            "patient",
            ("death", "left_practice", "attribution", "preference"),
            adds_up=True,
            codes=(Code("sex", words=SEX, synonyms=SEX_ALSO, is_watched=False, is_counted=True),),
        ),
    ),
    subject="self",
    links=("record_number",),
    suite="patient",
    volume="usual",
    version="record",
)

ENCOUNTER = Entry(
    name="encounter",
    standards=("fhir", "hl7v2", "tabular"),
    tables=(
        Table(
            "encounter",
            ("admission", "discharge", "visit", "visit_open", "hospice"),
            adds_up=True,
            codes=(
                Code(
                    "status",
                    words=ENCOUNTER_STATUS,
                    is_status=True,
                    rests=ALL,
                    may_be_stay="evidence.facility_class(r.class_code, r.type_code) is not null"
                    " and r.starts_at is not null and r.ends_at is null",
                ),
                Code(
                    "class_code",
                    ("facility_by_class", "visit_by_class", "hospice"),
                    words=OTHER_CLASS,
                    synonyms=V2_CLASS,
                    rests=ALL,
                    # a type that says what kind of stay it is outranks the class
                    unless="evidence.mapped('facility_by_type', null, r.type_code) is not null",
                    may_be_stay="r.status not in ('planned', 'finished', 'cancelled', 'entered-in-error')"
                    " and r.starts_at is not null and r.ends_at is null",
                ),
                # most types are of visits, and say nothing about a stay
                Code("type_code", ("facility_by_type", "hospice")),
                Code(
                    "discharge_disposition_code",
                    ("disposition",),
                    rests=("discharge", "hospice"),
                    unless="evidence.facility_class(r.class_code, r.type_code) is null",
                ),
            ),
        ),
    ),
    subject="patient",
    links=(),
    suite="encounter",
    volume="usual",
    version="record",
)
