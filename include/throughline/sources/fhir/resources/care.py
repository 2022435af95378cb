"""Encounter, Condition, Procedure, Communication and Task."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import (
    Performer,
    day_of,
    identifier_of,
    is_current,
    leader,
    performer,
)
from throughline.sources.fhir.coded import code_of, coding_of, pick_of
from throughline.sources.fhir.resources.clinical.told import Named, codes, codings, ids, orders
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Backbone,
    Coding,
    Concept,
    Period,
    Reference,
    Resource,
    code,
    first_code,
    moment,
    pick_code,
    subject,
    target,
)


def _ids(references: list[Reference]) -> str:
    """Return the ids that references name as a JSON array; those to others than one type too."""
    return msgspec.json.encode([i for r in references if (i := target(r)) is not None]).decode()


class _Participant(Backbone):
    type: list[Concept] = []
    individual: Reference | None = None
    period: Period | None = None


class _Hospitalization(Backbone):
    admit_source: Concept | None = None
    discharge_disposition: Concept | None = None


class _Place(Backbone):
    location: Reference | None = None


class Encounter(Resource):
    """Encounter."""

    status: str | None = None
    class_: Coding | None = msgspec.field(default=None, name="class")
    type: list[Concept] = []
    subject: Reference | None = None
    participant: list[_Participant] = []
    appointment: list[Reference] = []
    period: Period | None = None
    reason_code: list[Concept] = []
    hospitalization: _Hospitalization | None = None
    location: list[_Place] = []
    service_provider: Reference | None = None
    based_on: list[Reference] = []


def _leader(encounter: Encounter, settings: Settings) -> str | None:
    """Return the practitioner who led the encounter to its end: by role, else the first who is named."""
    if len(encounter.participant) == 1 and not encounter.participant[0].type:
        return target(encounter.participant[0].individual, "Practitioner")
    people = [
        (p.type, who, p.period)
        for p in encounter.participant
        if (who := target(p.individual, "Practitioner")) is not None
    ]
    if len(people) > 1:
        ends = ((encounter.period.end if encounter.period is not None else None) or "")[:10]
        stayed = [p for p in people if is_current(p[2], ends or day_of(encounter, settings))]
        people = stayed or people
    return leader([(types, who) for types, who, _ in people], settings.practitioner_roles)


def _encounter(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Encounter)
    e = resource
    period = e.period or Period()
    stay = e.hospitalization or _Hospitalization()
    reason = pick_code(e.reason_code)
    visit_number = (
        identifier_of(e.identifier, settings.visit_number_system)
        if settings.visit_number_system
        else next((i.value for i in e.identifier if i.value), None)
    )
    words = settings.codes
    kind = e.class_ or Coding()
    return subject(e.subject), (
        words["encounter.status"](e.status),
        words["encounter.class_code"](kind.code, kind.display),
        *codes(pick_code(e.type, settings.encounter_type_systems)),
        moment(period.start, settings.zone),
        moment(period.end, settings.zone),
        *coding_of(words["encounter.discharge_disposition_code"], stay.discharge_disposition),
        code(stay.admit_source),
        _leader(e, settings),
        target(e.service_provider),
        target(e.location[0].location) if e.location else None,
        target(e.appointment[0]) if e.appointment else None,
        visit_number,
        reason.code if reason is not None else None,
        codings(*e.type),
        orders(e.based_on),
    )


class Condition(Resource):
    """Condition."""

    clinical_status: Concept | None = None
    verification_status: Concept | None = None
    category: list[Concept] = []
    code: Concept | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    onset_date_time: str | None = None
    abatement_date_time: str | None = None
    recorded_date: str | None = None


def _condition(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Condition)
    c = resource
    category = pick_code(c.category)
    return subject(c.subject), (
        code_of(settings.codes["condition.clinical_status"], c.clinical_status),
        code_of(settings.codes["condition.verification_status"], c.verification_status),
        category.code if category is not None else None,
        *codes(first_code(c.code)),
        moment(c.onset_date_time, settings.zone),
        moment(c.abatement_date_time, settings.zone),
        moment(c.recorded_date, settings.zone),
        target(c.encounter, "Encounter"),
        codings(c.code),
    )


class Procedure(Resource):
    """Procedure."""

    status: str | None = None
    status_reason: Concept | None = None
    code: Named | None = None
    subject: Reference | None = None
    encounter: Reference | None = None
    based_on: list[Reference] = []
    performed_date_time: str | None = None
    performed_period: Period | None = None
    performer: list[Performer] = []


def _procedure(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Procedure)
    p = resource
    period = p.performed_period or Period()
    began = p.performed_date_time or period.start
    return subject(p.subject), (
        settings.codes["procedure.status"](p.status),
        *codes(first_code(p.code, settings.procedure_code_systems)),
        moment(began, settings.zone),
        moment(period.end, settings.zone),
        target(p.encounter, "Encounter"),
        performer(p.performer, settings),
        codings(p.code),
        p.code.not_done_value_set if p.code is not None else None,
        *codes(first_code(p.status_reason)),
        codings(p.status_reason),
        len(began) == 10 if began else None,
        orders(p.based_on),
    )


class Communication(Resource):
    """Communication; the outcome of a contact is its coded status reason."""

    status: str | None = None
    status_reason: Concept | None = None
    category: list[Concept] = []
    medium: list[Concept] = []
    subject: Reference | None = None
    sent: str | None = None
    received: str | None = None
    sender: Reference | None = None
    based_on: list[Reference] = []
    part_of: list[Reference] = []
    about: list[Reference] = []


def _communication(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Communication)
    c = resource
    words = settings.codes
    return subject(c.subject), (
        words["communication.status"](c.status),
        code_of(words["communication.outcome_code"], c.status_reason),
        pick_of(words["communication.category_code"], c.category),
        pick_of(words["communication.medium_code"], c.medium),
        moment(c.sent, settings.zone),
        moment(c.received, settings.zone),
        target(c.sender),
        _ids(c.based_on),
        _ids(c.part_of),
        _ids(c.about),
    )


class _Output(Backbone):
    type: Concept | None = None
    value_reference: Reference | None = None


class Task(Resource):
    """Task; `our_identifier` says that we sent it."""

    status: str | None = None
    business_status: Concept | None = None
    code: Concept | None = None
    focus: Reference | None = None
    for_: Reference | None = msgspec.field(default=None, name="for")
    authored_on: str | None = None
    last_modified: str | None = None
    owner: Reference | None = None
    based_on: list[Reference] = []
    requester: Reference | None = None
    output: list[_Output] = []


def _task(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Task)
    t = resource
    ours = next(
        (v for s in settings.task_systems if (v := identifier_of(t.identifier, s)) is not None),
        None,
    )
    based_on = t.based_on or ([t.focus] if t.focus is not None else [])
    return subject(t.for_), (
        settings.codes["task.status"](t.status),
        code(t.business_status),
        code(t.code),
        _ids(based_on),
        target(t.focus),
        target(t.owner),
        ours,
        moment(t.authored_on, settings.zone),
        moment(t.last_modified, settings.zone),
        orders([*t.based_on, t.focus]),
        *codes(first_code(t.code))[:1],
        codings(t.code, *[o.type for o in t.output]),
        target(t.requester),
        ids(o.value_reference for o in t.output),
    )


KINDS = (
    Kind(
        "encounter",
        "Encounter",
        (
            "status",
            "class_code",
            "type_system",
            "type_code",
            "starts_at",
            "ends_at",
            "discharge_disposition_system",
            "discharge_disposition_code",
            "admit_source_code",
            "practitioner_id",
            "service_provider_id",
            "location_id",
            "appointment_id",
            "visit_number",
            "reason_code",
            "type_codings",
            "orders",
        ),
        _encounter,
        msgspec.json.Decoder(Encounter),
    ),
    Kind(
        "condition",
        "Condition",
        (
            "clinical_status",
            "verification_status",
            "category_code",
            "code_system",
            "code",
            "onset_at",
            "abated_at",
            "recorded_at",
            "encounter_id",
            "codings",
        ),
        _condition,
        msgspec.json.Decoder(Condition),
    ),
    Kind(
        "procedure",
        "Procedure",
        (
            "status",
            "code_system",
            "code",
            "starts_at",
            "ends_at",
            "encounter_id",
            "practitioner_id",
            "codings",
            "not_done_value_set",
            "reason_system",
            "reason_code",
            "reason_codings",
            "day_only",
            "orders",
        ),
        _procedure,
        msgspec.json.Decoder(Procedure),
    ),
    Kind(
        "communication",
        "Communication",
        (
            "status",
            "outcome_code",
            "category_code",
            "medium_code",
            "sent_at",
            "received_at",
            "sender_id",
            "based_on",
            "part_of",
            "about",
        ),
        _communication,
        msgspec.json.Decoder(Communication),
    ),
    Kind(
        "task",
        "Task",
        (
            "status",
            "business_status",
            "code",
            "based_on",
            "focus",
            "owner_id",
            "our_identifier",
            "authored_at",
            "last_modified_at",
            "orders",
            "code_system",
            "codings",
            "requester_id",
            "outputs",
        ),
        _task,
        msgspec.json.Decoder(Task),
    ),
)
