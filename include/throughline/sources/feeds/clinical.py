"""The feeds of clinical records that FHIR reads: what was given, measured, reported, ordered and answered.

Their clinical codes are not watched for new ones: new ones come every day. Which of them matter say the workflows.
"""

from __future__ import annotations

from throughline.sources.entry import Code, Entry, Follows, Table
from throughline.sources.feeds.stays import ALL
from throughline.sources.feeds.value_sets import (
    ANSWERS_STATUS,
    IMMUNIZATION_STATUS,
    INTENT,
    INTERPRETATION,
    INTERPRETATION_ALSO,
    MEDICATION_STATUS,
    OBSERVATION_CATEGORY,
    OBSERVATION_CATEGORY_ALSO,
    OBSERVATION_STATUS,
    ORDER_STATUS,
    REPORT_CATEGORY,
    REPORT_STATUS,
)

_READ_AS = Code(
    "interpretation_code", words=INTERPRETATION, synonyms=INTERPRETATION_ALSO, is_counted=True
)

FEEDS: tuple[Entry, ...] = (
    Entry(
        name="immunization",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "immunization",
                ("immunization", "not_done"),
                codes=(Code("status", words=IMMUNIZATION_STATUS, is_status=True, rests=ALL),),
            ),
        ),
        subject="patient",
        links=(),
        suite="immunization",
        volume="usual",
        version="record",
    ),
    Entry(
        name="observation",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "observation",
                ("result", "observation", "not_done", "withdrawn"),
                codes=(
                    Code("status", words=OBSERVATION_STATUS, is_status=True, rests=ALL),
                    Code(
                        "category_code",
                        words=OBSERVATION_CATEGORY,
                        synonyms=OBSERVATION_CATEGORY_ALSO,
                        rests=("result", "observation"),
                    ),
                    _READ_AS,
                ),
            ),
            Table(
                "observation_component",
                ("result", "observation", "not_done"),
                is_counted=False,
                follows=Follows("observation", "observation_source_id"),
                codes=(_READ_AS,),
            ),
        ),
        subject="patient",
        links=(),
        suite="observation",
        volume="usual",
        version="record",
    ),
    Entry(
        name="diagnostic_report",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "diagnostic_report",
                ("report", "withdrawn"),
                codes=(
                    Code("status", words=REPORT_STATUS, is_status=True, rests=ALL),
                    # nothing rests on it, and of a note it is the type of the note (US Core, notes in reports)
                    Code("category_code", words=REPORT_CATEGORY, is_watched=False),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="diagnostic_report",
        volume="usual",
        version="record",
    ),
    Entry(
        name="service_request",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "service_request",
                ("order", "order_revoked", "not_done"),
                codes=(
                    Code("status", words=ORDER_STATUS, is_status=True, rests=ALL),
                    Code("intent", words=INTENT, rests=ALL),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="service_request",
        volume="usual",
        version="record",
    ),
    Entry(
        name="medication_request",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "medication_request",
                ("medication", "medication_stopped", "not_done"),
                codes=(
                    Code("status", words=MEDICATION_STATUS, is_status=True, rests=ALL),
                    Code("intent", words=INTENT, rests=ALL),
                ),
            ),
        ),
        subject="patient",
        links=(),
        suite="medication_request",
        volume="usual",
        version="record",
    ),
    Entry(
        name="questionnaire_response",
        standards=("fhir", "tabular"),
        tables=(
            Table(
                "questionnaire_response",
                ("questionnaire",),
                codes=(Code("status", words=ANSWERS_STATUS, is_status=True, rests=ALL),),
            ),
            Table(
                "questionnaire_answer",
                ("answer",),
                is_counted=False,
                follows=Follows("questionnaire_response", "questionnaire_response_source_id"),
            ),
        ),
        subject="patient",
        links=(),
        suite="questionnaire_response",
        volume="usual",
        version="record",
    ),
)
