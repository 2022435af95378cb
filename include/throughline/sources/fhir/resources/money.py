"""ChargeItem, Claim and PaymentNotice."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import Performer, performer
from throughline.sources.fhir.coded import code_of
from throughline.sources.fhir.resources.clinical.told import codings
from throughline.sources.fhir.resources.people import flag
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Backbone,
    Coding,
    Concept,
    Extension,
    Identifier,
    Money,
    Period,
    Reference,
    Resource,
    Unreadable,
    amount,
    code,
    day,
    extension_of,
    first_code,
    local_day,
    moment,
    subject,
    target,
)


class ChargeItem(Resource):
    """ChargeItem: what the clinician charged, with codes and level of decision-making."""

    status: str | None = None
    code: Concept | None = None
    subject: Reference | None = None
    context: Reference | None = None
    occurrence_date_time: str | None = None
    occurrence_period: Period | None = None
    performer: list[Performer] = []
    quantity: Money | None = None
    price_override: Money | None = None
    entered_date: str | None = None
    reason: list[Concept] = []
    identifier: list[Identifier] = []


def _charge_item(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, ChargeItem)
    c = resource
    names = settings.extensions
    coding = first_code(c.code)
    modifiers = [
        e.value_code for e in c.extension if e.url == names.get("modifier") and e.value_code
    ]
    mdm = settings.codes["charge_item.mdm_level"](_coded(c.extension, names.get("mdm_level")))
    total = amount(c.price_override)
    units = c.quantity.value if c.quantity is not None else None
    # priceOverride is the price of the whole charge (FHIR R4 ChargeItem)
    unit_price = None
    if c.price_override is not None and c.price_override.value is not None and units:
        unit_price = f"{c.price_override.value / units:.2f}"
    period = c.occurrence_period or Period()
    return subject(c.subject), (
        settings.codes["charge_item.status"](c.status),
        target(c.context, "Encounter"),
        *_codes(coding),
        modifiers,
        amount(c.quantity),
        unit_price,
        total,
        [found for r in c.reason if (found := code(r)) is not None],
        performer(c.performer, settings),
        mdm,
        moment(c.occurrence_date_time or period.start, settings.zone),
        moment(c.entered_date, settings.zone),
        flag(c.extension, names.get("self_pay_restriction")),
        _coded(c.extension, names.get("no_charge_reason")),
        flag(c.extension, names.get("global_period")),
        next((each.value for each in c.identifier if each.value), None),
        codings(c.code),
    )


def _codes(coding: Coding | None) -> tuple[str | None, str | None]:
    return (coding.system, coding.code) if coding is not None else (None, None)


def _coded(extensions: list[Extension], url: str | None) -> str | None:
    found = extension_of(extensions, url) if url else None
    return (found.value_code or found.value_string) if found is not None else None


class _Diagnosis(Backbone):
    diagnosis_codeable_concept: Concept | None = None


class _Insurance(Backbone):
    focal: bool | None = None
    coverage: Reference | None = None


class _Item(Backbone):
    product_or_service: Concept | None = None
    modifier: list[Concept] = []
    serviced_date: str | None = None
    serviced_period: Period | None = None
    quantity: Money | None = None
    net: Money | None = None
    encounter: list[Reference] = []
    diagnosis_sequence: list[int] = []


class Claim(Resource):
    """Claim as the EHR knows it; what the payers know comes with the 837 copies."""

    status: str | None = None
    type: Concept | None = None
    use: str | None = None
    patient: Reference | None = None
    billable_period: Period | None = None
    created: str | None = None
    insurer: Reference | None = None
    provider: Reference | None = None
    diagnosis: list[_Diagnosis] = []
    insurance: list[_Insurance] = []
    item: list[_Item] = []
    total: Money | None = None


def _control_number(claim: Claim, settings: Settings) -> str | None:
    system = settings.control_number_system
    named = (i.value for i in claim.identifier if i.value and (not system or i.system == system))
    return next(named, None)


def _claim(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Claim)
    c = resource
    period = c.billable_period or Period()
    focal = next(
        (i for i in c.insurance if i.focal), c.insurance[0] if c.insurance else _Insurance()
    )
    payer = c.insurer or focal.coverage or Reference()
    encounters = [
        t for i in c.item for e in i.encounter if (t := target(e, "Encounter")) is not None
    ]
    kind = code(c.type)
    return subject(c.patient), (
        _control_number(c, settings),
        f"fhir:{kind}" if kind else "fhir",
        c.use,
        c.status,
        amount(c.total),
        target(payer),
        payer.display,
        local_day(period.start, settings.zone),
        local_day(period.end, settings.zone),
        [d for x in c.diagnosis if (d := code(x.diagnosis_codeable_concept)) is not None],
        encounters[0] if encounters else None,
        moment(c.created, settings.zone),
    )


def _claim_lines(resource: Resource, settings: Settings) -> list[tuple[str, Values]]:
    assert isinstance(resource, Claim)
    c = resource
    period = c.billable_period or Period()
    rows: list[tuple[str, Values]] = []
    for number, item in enumerate(c.item, 1):
        served = item.serviced_period or Period()
        said = item.serviced_date or served.start or period.start
        first = local_day(said, settings.zone)
        if said and first is None and not item.encounter:
            # a year or a month is no day on which a visit could be found
            raise Unreadable("service_day_unknown")
        rows.append(
            (
                f"{c.id}#{number}",
                (
                    c.id,
                    _control_number(c, settings),
                    str(number),
                    code(item.product_or_service),
                    [m for x in item.modifier if (m := code(x)) is not None],
                    amount(item.net),
                    amount(item.quantity),
                    first,
                    local_day(item.serviced_date or served.end, settings.zone) or first,
                    ":".join(str(s) for s in item.diagnosis_sequence) or None,
                ),
            )
        )
    return rows


class PaymentNotice(Resource):
    """PaymentNotice: the patient's share was paid, or written off by a named person."""

    status: str | None = None
    request: Reference | None = None
    created: str | None = None
    payment: Reference | None = None
    payment_date: str | None = None
    amount: Money | None = None
    payment_status: Concept | None = None


def _payment_notice(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, PaymentNotice)
    n = resource
    names = settings.extensions
    patient = extension_of(n.extension, names["patient"]) if "patient" in names else None
    recorder = extension_of(n.extension, names["recorder"]) if "recorder" in names else None
    about = n.request.identifier if n.request is not None else None
    ours = about is not None and about.system in ("", None, settings.control_number_system)
    return subject(patient.value_reference) if patient is not None else None, (
        settings.codes["payment_notice.status"](n.status),
        about.value if about is not None and ours else None,
        code_of(settings.codes["payment_notice.payment_status"], n.payment_status),
        amount(n.amount),
        day(n.payment_date),
        moment(n.created, settings.zone),
        recorder.value_string if recorder is not None else None,
        target(n.payment),
    )


KINDS = (
    Kind(
        "charge_item",
        "ChargeItem",
        (
            "status",
            "encounter_id",
            "code_system",
            "code",
            "modifiers",
            "quantity",
            "unit_price",
            "amount",
            "diagnoses",
            "performer_id",
            "mdm_level",
            "occurred_at",
            "entered_at",
            "is_self_pay_restricted",
            "no_charge_reason",
            "global_period",
            "charge_number",
            "codings",
        ),
        _charge_item,
        msgspec.json.Decoder(ChargeItem),
    ),
    Kind(
        "claim",
        "Claim",
        (
            "patient_control_number",
            "kind",
            "use",
            "status",
            "total_charge",
            "payer_id",
            "payer_name",
            "service_from",
            "service_to",
            "diagnoses",
            "encounter_id",
            "created_at",
        ),
        _claim,
        msgspec.json.Decoder(Claim),
        child_table="claim_line",
        child_columns=(
            "claim_source_id",
            "patient_control_number",
            "line_no",
            "code",
            "modifiers",
            "charge",
            "units",
            "service_from",
            "service_to",
            "diagnosis_pointers",
        ),
        children=_claim_lines,
    ),
    Kind(
        "payment_notice",
        "PaymentNotice",
        (
            "status",
            "patient_control_number",
            "payment_status",
            "amount",
            "paid_on",
            "recorded_at",
            "recorder",
            "receipt_number",
        ),
        _payment_notice,
        msgspec.json.Decoder(PaymentNotice),
    ),
)
