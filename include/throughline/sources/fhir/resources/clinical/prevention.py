"""Immunization."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import Performer, performer
from throughline.sources.fhir.resources.clinical.told import (
    Named,
    codes,
    codings,
    when,
)
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Concept,
    Reference,
    Resource,
    first_code,
    moment,
    subject,
    target,
)


class Immunization(Resource):
    """Immunization; `primary_source` is false where somebody told of it who did not give it."""

    status: str | None = None
    status_reason: Concept | None = None
    vaccine_code: Named | None = None
    patient: Reference | None = None
    encounter: Reference | None = None
    occurrence_date_time: str | None = None
    recorded: str | None = None
    primary_source: bool | None = None
    is_subpotent: bool | None = None
    performer: list[Performer] = []


def _immunization(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Immunization)
    i = resource
    vaccine = i.vaccine_code
    return subject(i.patient), (
        settings.codes["immunization.status"](i.status),
        *codes(first_code(vaccine)),
        codings(vaccine),
        vaccine.not_done_value_set if vaccine is not None else None,
        *codes(first_code(i.status_reason)),
        codings(i.status_reason),
        *when(i.occurrence_date_time, settings.zone),
        moment(i.recorded, settings.zone),
        i.primary_source,
        i.is_subpotent,
        target(i.encounter, "Encounter"),
        performer(i.performer, settings),
    )


KINDS = (
    Kind(
        "immunization",
        "Immunization",
        (
            "status",
            "code_system",
            "code",
            "codings",
            "not_done_value_set",
            "reason_system",
            "reason_code",
            "reason_codings",
            "occurred_at",
            "occurred_until",
            "day_only",
            "recorded_at",
            "is_primary_source",
            "is_subpotent",
            "encounter_id",
            "practitioner_id",
        ),
        _immunization,
        msgspec.json.Decoder(Immunization),
    ),
)
