"""Appointment: a booking in FHIR; `throughline.sources.hl7v2.siu` reads those of HL7 v2."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import leader
from throughline.sources.fhir.coded import code_of
from throughline.sources.fhir.resources.clinical.told import orders
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Backbone,
    Concept,
    Reference,
    Resource,
    Unreadable,
    code,
    moment,
    subject,
    target,
)

NOT_COMING = ("declined",)
"""The statuses of a participant who does not take part (FHIR R4, participationstatus)."""


class _Participant(Backbone):
    type: list[Concept] = []
    actor: Reference | None = None
    status: str | None = None


class Appointment(Resource):
    """Appointment."""

    status: str | None = None
    cancelation_reason: Concept | None = None
    service_type: list[Concept] = []
    appointment_type: Concept | None = None
    start: str | None = None
    end: str | None = None
    created: str | None = None
    based_on: list[Reference] = []
    participant: list[_Participant] = []


def _patient(a: Appointment) -> str | None:
    """Return the one patient. Raises `Unreadable` for several: whose booking it is, nobody knows."""
    found = {who for p in a.participant if _is(p.actor, "Patient") and (who := subject(p.actor))}
    if len(found) > 1:
        raise Unreadable("several_patients")
    return next(iter(found), None)


def _is(reference: Reference | None, kind: str) -> bool:
    """Return whether a reference says that it is to this type."""
    if reference is None:
        return False
    return f"{kind}/" in (reference.reference or "") or reference.type == kind


def _visit_type(a: Appointment, settings: Settings) -> str | None:
    """Return the word for the type of visit: of the appointment, else of the service; the first that is known."""
    codes = settings.codes["appointment.visit_type_code"]
    first: str | None = None
    for concept in (a.appointment_type, *a.service_type):
        word = code_of(codes, concept)
        if word is not None and codes.find(word)[1]:
            return word
        first = first or word
    return first


def _appointment(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Appointment)
    a = resource
    coming = [p for p in a.participant if p.status not in NOT_COMING]
    people = [
        (p.type, who)
        for p in coming
        if _is(p.actor, "Practitioner") and (who := target(p.actor, "Practitioner"))
    ]
    places = [who for p in coming if _is(p.actor, "Location") and (who := target(p.actor))]
    status = settings.codes["appointment.status"](a.status)
    updated = a.meta.last_updated if a.meta is not None else None
    # a booking was made when it was created; what became of it later, when it was changed
    made = (a.created or updated) if status == "booked" else (updated or a.created)
    reason = code(a.cancelation_reason)
    return _patient(a), (
        status,
        a.id,
        _visit_type(a, settings),
        moment(a.start, settings.zone),
        moment(a.end, settings.zone),
        leader(people, settings.practitioner_roles),
        next(iter(places), None),
        moment(made, settings.zone),
        reason,
        settings.codes["appointment.cancelled_by"](_who(reason)),
        orders(a.based_on),
    )


def _who(reason: str | None) -> str | None:
    """Return who cancelled, by the reason: FHIR's own codes begin with pat and prov, and name it so."""
    for start, who in (("pat", "patient"), ("prov", "clinic")):
        if reason and (reason == start or reason.startswith(f"{start}-")):
            return who
    return reason


KINDS = (
    Kind(
        "appointment",
        "Appointment",
        (
            "status",
            "filler_id",
            "visit_type_code",
            "starts_at",
            "ends_at",
            "practitioner_id",
            "location_id",
            "recorded_at",
            "cancel_reason_code",
            "cancelled_by",
            "orders",
        ),
        _appointment,
        msgspec.json.Decoder(Appointment),
    ),
)
