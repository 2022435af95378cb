"""ServiceRequest and MedicationRequest: what was ordered, or is not to be done."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import practitioner_of
from throughline.sources.fhir.resources.clinical.told import (
    Moments,
    Named,
    codes,
    codings,
    ids,
    numbers,
    orders,
    over,
    when,
)
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Base,
    Concept,
    Identifier,
    Period,
    Reference,
    Resource,
    first_code,
    pick_code,
    subject,
    target,
)


class _Order(Resource):
    """What both kinds of order have; `do_not_perform` turns it into its opposite."""

    status: str | None = None
    intent: str | None = None
    priority: str | None = None
    category: list[Concept] = []
    do_not_perform: bool | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    authored_on: str | None = None
    requester: Reference | None = None
    reason_code: list[Concept] = []
    based_on: list[Reference] = []


def _head(o: _Order, table: str, settings: Settings) -> Values:
    category = pick_code(o.category)
    return (
        settings.codes[f"{table}.status"](o.status),
        settings.codes[f"{table}.intent"](o.intent),
        o.priority,
        category.code if category is not None else None,
        bool(o.do_not_perform),
    )


def _not_done(concept: Named | None) -> str | None:
    return concept.not_done_value_set if concept is not None else None


def _authored(o: _Order, settings: Settings) -> tuple[str | None, bool | None]:
    """Return when it was written, and whether only the day is said."""
    at, _, only_day = when(o.authored_on, settings.zone)
    return at, only_day


class _Repeat(Base):
    bounds_period: Period | None = None


class _Timing(Base):
    event: list[str] = []
    repeat: _Repeat | None = None


class ServiceRequest(_Order):
    """ServiceRequest; `requisition` is the number that orders made together share."""

    code: Named | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    occurrence_timing: _Timing | None = None
    performer: list[Reference] = []
    performer_type: Concept | None = None
    replaces: list[Reference] = []
    requisition: Identifier | None = None


def _wanted(s: ServiceRequest, settings: Settings) -> Moments:
    timing = s.occurrence_timing or _Timing()
    bounds = timing.repeat.bounds_period if timing.repeat is not None else None
    first = s.occurrence_date_time or next(iter(timing.event), None)
    return over(first, s.occurrence_period or bounds, settings.zone)


def _service_request(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, ServiceRequest)
    s = resource
    return subject(s.subject), (
        *_head(s, "service_request", settings),
        *codes(first_code(s.code)),
        codings(s.code),
        _not_done(s.code),
        *codes(pick_code(s.reason_code)),
        codings(*s.reason_code),
        *_authored(s, settings),
        *_wanted(s, settings)[:2],
        target(s.encounter, "Encounter"),
        target(s.requester),
        practitioner_of(s.performer),
        *codes(first_code(s.performer_type)),
        codings(s.performer_type),
        orders(s.based_on),
        orders(s.replaces),
        s.requisition.value if s.requisition is not None else None,
        numbers(s.identifier, "PLAC"),
        numbers(s.identifier, "FILL"),
        numbers(s.identifier, "ACSN", "LACSN"),
    )


class _Medication(Base):
    """A contained medication, as far as it says what it is."""

    resource_type: str = ""
    id: str | None = None
    code: Concept | None = None


_MEDICATION = msgspec.json.Decoder(_Medication)


class MedicationRequest(_Order):
    """MedicationRequest; `reported_boolean` says that somebody told of it who did not prescribe it."""

    status_reason: Concept | None = None
    medication_codeable_concept: Named | None = None
    medication_reference: Reference | None = None
    reported_boolean: bool | None = None
    reported_reference: Reference | None = None


def _medication(m: MedicationRequest) -> Concept | None:
    """Return what the medication is: in the record itself, or in a medication that it contains."""
    if m.medication_codeable_concept is not None:
        return m.medication_codeable_concept
    for raw in m.contained:
        try:
            one = _MEDICATION.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        if one.resource_type == "Medication":
            return one.code
    return None


def _medication_request(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, MedicationRequest)
    m = resource
    concept = _medication(m)
    reasons = [*([m.status_reason] if m.status_reason is not None else []), *m.reason_code]
    return subject(m.subject), (
        *_head(m, "medication_request", settings),
        *codes(first_code(concept)),
        codings(concept),
        _not_done(m.medication_codeable_concept),
        target(m.medication_reference, "Medication"),
        *codes(pick_code(reasons)),
        codings(*reasons),
        *_authored(m, settings),
        True if m.reported_reference is not None else m.reported_boolean,
        target(m.encounter, "Encounter"),
        target(m.requester),
        ids(m.based_on),
    )


_HEAD = (
    "status",
    "intent",
    "priority",
    "category_code",
    "do_not_perform",
    "code_system",
    "code",
    "codings",
    "not_done_value_set",
)
_REASON = ("reason_system", "reason_code", "reason_codings", "authored_at", "day_only")
KINDS = (
    Kind(
        "service_request",
        "ServiceRequest",
        (
            *_HEAD,
            *_REASON,
            "wanted_from",
            "wanted_until",
            "encounter_id",
            "requester_id",
            "performer_id",
            "specialty_system",
            "specialty_code",
            "specialty_codings",
            "orders",
            "replaces",
            "requisition",
            "placer_order",
            "filler_order",
            "accession",
        ),
        _service_request,
        msgspec.json.Decoder(ServiceRequest),
    ),
    Kind(
        "medication_request",
        "MedicationRequest",
        (
            *_HEAD,
            "medication_id",
            *_REASON,
            "is_reported",
            "encounter_id",
            "requester_id",
            "orders",
        ),
        _medication_request,
        msgspec.json.Decoder(MedicationRequest),
    ),
)
