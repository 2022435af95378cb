"""Coverage and Consent."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

from typing import Any

import msgspec

from throughline.sources.fhir.coded import code_of, pick_of
from throughline.sources.fhir.left_out import orders
from throughline.sources.fhir.resources.people import flag
from throughline.sources.fhir.settings import Kind, Settings, Values, as_called
from throughline.sources.fhir.values import (
    Backbone,
    Base,
    Concept,
    Period,
    Reference,
    Resource,
    code,
    first_day,
    last_day,
    moment,
    subject,
    target,
)


class _Class(Base):
    # a class with a modifier names no plan; nothing but the payer rests on it
    modifier_extension: list[msgspec.Raw] = []
    type: Concept | None = None
    value: str | None = None
    name: str | None = None


class Coverage(Resource):
    """Coverage."""

    status: str | None = None
    type: Concept | None = None
    subscriber_id: str | None = None
    beneficiary: Reference | None = None
    relationship: Concept | None = None
    period: Period | None = None
    payor: list[Reference] = []
    # a positiveInt; of any other type it says nothing
    order: Any = None
    classes: list[_Class] = msgspec.field(default_factory=list, name="class")


def _payer(
    said: str | None, payor: Reference, classes: list[_Class], settings: Settings
) -> str | None:
    """Return the practice's id of a payer: by its name and plan, its name, or its id; else the server's."""
    if not settings.payers:
        return said
    plans = [
        text
        for c in classes
        if not c.modifier_extension and code(c.type) == "plan"
        for text in (c.name, c.value)
        if text
    ]
    called = [text for text in (payor.display, said) if text]
    tried = [*(f"{who} / {plan}" for who in called for plan in plans), *called]
    return next(
        (settings.payers[one] for one in map(as_called, tried) if one in settings.payers), said
    )


def _coverage(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Coverage)
    c = resource
    payor = c.payor[0] if c.payor else Reference()
    period = c.period or Period()
    payer_id = payor.identifier.value if payor.identifier is not None else target(payor)
    member = c.subscriber_id or next(
        (i.value for i in c.identifier if code(i.type) == "MB" and i.value), None
    )
    return subject(c.beneficiary), (
        settings.codes["coverage.status"](c.status),
        code_of(settings.codes["coverage.type_code"], c.type),
        _payer(payer_id, payor, c.classes, settings),
        payor.display,
        member,
        first_day(period.start, settings.zone),
        last_day(period.end, settings.zone),
        str(c.order) if type(c.order) is int and 0 < c.order < 1000 else None,
        code(c.relationship),
        flag(c.extension, settings.extensions.get("qmb")),
    )


class _Provision(Backbone):
    type: str | None = None
    period: Period | None = None


class Consent(Resource):
    """Consent."""

    status: str | None = None
    category: list[Concept] = []
    patient: Reference | None = None
    date_time: str | None = None
    provision: _Provision | None = None


def _consent(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Consent)
    c = resource
    provision = c.provision or _Provision()
    period = provision.period or Period()
    codes = settings.codes
    return subject(c.patient), (
        codes["consent.status"](c.status),
        pick_of(codes["consent.category_code"], c.category),
        codes["consent.provision"](provision.type),
        moment(period.start, settings.zone),
        moment(period.end, settings.zone),
        moment(c.date_time, settings.zone),
    )


KINDS = (
    Kind(
        "coverage",
        "Coverage",
        (
            "status",
            "type_code",
            "payer_id",
            "payer_name",
            "member_id",
            "starts_on",
            "ends_on",
            "coverage_order",
            "relationship",
            "is_qmb",
        ),
        _coverage,
        msgspec.json.Decoder(Coverage),
        not_used=orders,
    ),
    Kind(
        "consent",
        "Consent",
        ("status", "category_code", "provision", "starts_at", "ends_at", "recorded_at"),
        _consent,
        msgspec.json.Decoder(Consent),
    ),
)
