"""Observation with its components, and DiagnosticReport."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import practitioner_of
from throughline.sources.fhir.coded import pick_of
from throughline.sources.fhir.resources.clinical.measured import (
    MEASURED,
    Component,
    Measured,
    ObservationBase,
    measured,
)
from throughline.sources.fhir.resources.clinical.told import (
    Named,
    codes,
    codings,
    ids,
    numbers,
    orders,
    over,
)
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Concept,
    Period,
    Reference,
    Resource,
    first_code,
    moment,
    pick_code,
    subject,
    target,
)


class Observation(ObservationBase):
    """Observation."""

    status: str | None = None
    category: list[Concept] = []
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_instant: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    performer: list[Reference] = []
    based_on: list[Reference] = []
    device: Reference | None = None
    specimen: Reference | None = None
    component: list[Component] = []


def _interpretation(m: Measured, settings: Settings, table: str) -> str | None:
    return pick_of(settings.codes[f"{table}.interpretation_code"], m.interpretation)


def _observation(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Observation)
    o = resource
    return subject(o.subject), (
        settings.codes["observation.status"](o.status),
        pick_of(settings.codes["observation.category_code"], o.category),
        *codes(first_code(o.code)),
        codings(o.code),
        *measured(o, _interpretation(o, settings, "observation")),
        *over(o.effective_date_time or o.effective_instant, o.effective_period, settings.zone),
        moment(o.issued, settings.zone),
        target(o.encounter, "Encounter"),
        orders(o.based_on),
        practitioner_of(o.performer),
        target(o.device),
        target(o.specimen),
        numbers(o.identifier, "PLAC"),
        numbers(o.identifier, "FILL"),
        numbers(o.identifier, "ACSN", "LACSN"),
    )


def _components(resource: Resource, settings: Settings) -> list[tuple[str, Values]]:
    assert isinstance(resource, Observation)
    return [
        (
            f"{resource.id}#{number}",
            (
                resource.id,
                *codes(first_code(part.code)),
                codings(part.code),
                *measured(part, _interpretation(part, settings, "observation_component")),
            ),
        )
        for number, part in enumerate(resource.component, 1)
    ]


class DiagnosticReport(Resource):
    """DiagnosticReport; its presented form is not read."""

    status: str | None = None
    category: list[Concept] = []
    code: Named | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    effective_date_time: str | None = None
    effective_period: Period | None = None
    issued: str | None = None
    performer: list[Reference] = []
    results_interpreter: list[Reference] = []
    based_on: list[Reference] = []
    result: list[Reference] = []
    conclusion_code: list[Concept] = []


def _report(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, DiagnosticReport)
    r = resource
    return subject(r.subject), (
        settings.codes["diagnostic_report.status"](r.status),
        pick_of(settings.codes["diagnostic_report.category_code"], r.category),
        *codes(first_code(r.code)),
        codings(r.code),
        *over(r.effective_date_time, r.effective_period, settings.zone),
        moment(r.issued, settings.zone),
        target(r.encounter, "Encounter"),
        orders(r.based_on),
        ids(r.result, "Observation"),
        practitioner_of(r.performer),
        practitioner_of(r.results_interpreter),
        *codes(pick_code(r.conclusion_code)),
        codings(*r.conclusion_code),
        numbers(r.identifier, "PLAC"),
        numbers(r.identifier, "FILL"),
        numbers(r.identifier, "ACSN", "LACSN"),
    )


_WHEN = ("occurred_at", "occurred_until", "day_only", "issued_at", "encounter_id", "orders")
_NUMBERS = ("placer_order", "filler_order", "accession")
KINDS = (
    Kind(
        "observation",
        "Observation",
        (
            "status",
            "category_code",
            "code_system",
            "code",
            "codings",
            *MEASURED,
            *_WHEN,
            "performer_id",
            "device_id",
            "specimen_id",
            *_NUMBERS,
        ),
        _observation,
        msgspec.json.Decoder(Observation),
        child_table="observation_component",
        child_columns=("observation_source_id", "code_system", "code", "codings", *MEASURED),
        children=_components,
    ),
    Kind(
        "diagnostic_report",
        "DiagnosticReport",
        (
            "status",
            "category_code",
            "code_system",
            "code",
            "codings",
            *_WHEN,
            "results",
            "performer_id",
            "interpreter_id",
            "conclusion_system",
            "conclusion_code",
            "conclusion_codings",
            *_NUMBERS,
        ),
        _report,
        msgspec.json.Decoder(DiagnosticReport),
    ),
)
