"""Patient, Practitioner, Organization and Location."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import (
    address_of,
    day_of,
    identifier_of,
    identifier_typed,
    name_of,
    npi_of,
    phone_of,
    practitioner_of,
    preferred_contact,
)
from throughline.sources.fhir.left_out import ranks
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Address,
    Backbone,
    Base,
    Concept,
    Contact,
    Extension,
    Name,
    Reference,
    Resource,
    code,
    day,
    digits,
    extension_of,
    first_code,
    last_day,
    moment,
    pick_code,
    subject,
    target,
)
from throughline.sources.records import one_line

INTERPRETER = "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired"
RESTRICTED = frozenset({"R", "V"})


def flag(extensions: list[Extension], url: str | None) -> bool | None:
    """Return the boolean of an extension, or None when it is absent or this server has none."""
    found = extension_of(extensions, url) if url else None
    return found.value_boolean if found is not None else None


class _Link(Backbone):
    other: Reference | None = None
    type: str | None = None


class _Language(Base):
    # a language with a modifier says nothing; nothing but the language rests on it
    modifier_extension: list[msgspec.Raw] = []
    language: Concept | None = None
    preferred: bool | None = None


class Patient(Resource):
    """Patient, as far as it is read."""

    active: bool | None = None
    name: list[Name] = []
    telecom: list[Contact] = []
    gender: str | None = None
    birth_date: str | None = None
    deceased_boolean: bool | None = None
    deceased_date_time: str | None = None
    address: list[Address] = []
    communication: list[_Language] = []
    general_practitioner: list[Reference] = []
    link: list[_Link] = []


def _mrn(patient: Patient, settings: Settings, on: str) -> str | None:
    if settings.mrn_system:
        return identifier_of(patient.identifier, settings.mrn_system, on)
    return identifier_typed(patient.identifier, "MR", on)


def _patient(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Patient)
    p = resource
    on = day_of(p, settings)
    name = name_of(p.name, on)
    address = address_of(p.address, on)
    languages = [c for c in p.communication if not c.modifier_extension]
    spoken = next((c for c in languages if c.preferred), languages[0] if languages else None)
    security = p.meta.security if p.meta is not None else []
    confidential = flag(address.extension, settings.extensions.get("confidential_address"))
    if confidential is None and any(c.code in RESTRICTED for c in security):
        confidential = True
    replaced = next((k.other for k in p.link if k.type == "replaced-by"), None)
    identifiers = [
        {"system": i.system, "value": i.value, "type": code(i.type)}
        for i in p.identifier
        if i.value
    ]
    return p.id, (
        _mrn(p, settings, on),
        msgspec.json.encode(identifiers).decode(),
        one_line(name.family),
        one_line(name.given[0]) if name.given else None,
        day(p.birth_date),
        settings.codes["patient.sex"](p.gender),
        digits(phone_of(p.telecom, on)),
        address.postal_code,
        address.state,
        address.line[0] if address.line else None,
        address.city,
        p.active is not False,
        moment(p.deceased_date_time, settings.zone),
        last_day(p.deceased_date_time, settings.zone),
        bool(p.deceased_boolean or p.deceased_date_time),
        subject(replaced),
        practitioner_of(p.general_practitioner),
        code(spoken.language) if spoken is not None else None,
        flag(p.extension, INTERPRETER),
        preferred_contact(p.telecom, on),
        confidential,
    )


class _Qualification(Backbone):
    code: Concept | None = None


class Practitioner(Resource):
    """Practitioner."""

    active: bool | None = None
    name: list[Name] = []
    qualification: list[_Qualification] = []


def _practitioner(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Practitioner)
    p = resource
    on = day_of(p, settings)
    name = name_of(p.name, on)
    codings = [c for q in p.qualification if q.code is not None for c in q.code.coding if c.code]
    taxonomy = next((c.code for c in codings if c.system == settings.taxonomy_system), None)
    degree = next((c.code for c in codings if c.system != settings.taxonomy_system), None)
    billable = degree.upper() in settings.billable_qualifications if degree is not None else None
    if billable is None and taxonomy is not None and settings.billable_taxonomies:
        billable = taxonomy.upper().startswith(settings.billable_taxonomies)
    return None, (
        npi_of(p.identifier, settings.npi_system, on),
        one_line(name.family),
        one_line(name.given[0]) if name.given else None,
        p.active is not False,
        degree,
        taxonomy,
        billable,
    )


class Organization(Resource):
    """Organization."""

    active: bool | None = None
    type: list[Concept] = []
    name: str | None = None
    telecom: list[Contact] = []
    address: list[Address] = []


def _organization(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Organization)
    o = resource
    on = day_of(o, settings)
    address = address_of(o.address, on)
    kind = pick_code(o.type, settings.encounter_type_systems)
    taxonomy = pick_code(o.type, (settings.taxonomy_system,))
    return None, (
        npi_of(o.identifier, settings.npi_system, on),
        identifier_of(o.identifier, settings.tax_system, on),
        one_line(o.name),
        kind.code if kind is not None else None,
        one_line(address.line[0]) if address.line else None,
        one_line(address.city),
        address.state,
        address.postal_code,
        digits(phone_of(o.telecom, on)),
        taxonomy.code
        if taxonomy is not None and taxonomy.system == settings.taxonomy_system
        else None,
        o.active is not False,
    )


class Location(Resource):
    """Location; its type carries the CMS place of service code."""

    status: str | None = None
    name: str | None = None
    type: list[Concept] = []
    managing_organization: Reference | None = None


def _location(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, Location)
    place = resource
    codes = [c.code for t in place.type if (c := first_code(t)) is not None]
    service = next((c for c in codes if c and len(c) == 2 and c.isdigit()), None)
    return None, (
        one_line(place.name),
        target(place.managing_organization),
        service,
        npi_of(place.identifier, settings.npi_system, day_of(place, settings)),
        place.status,
    )


KINDS = (
    Kind(
        "patient",
        "Patient",
        (
            "mrn",
            "identifiers",
            "family",
            "given",
            "birth_date",
            "sex",
            "phone",
            "postal_code",
            "state",
            "address_line",
            "city",
            "is_active",
            "deceased_at",
            "deceased_by",
            "is_deceased",
            "replaced_by",
            "general_practitioner_id",
            "language",
            "interpreter_required",
            "preferred_contact",
            "confidential_address",
        ),
        _patient,
        msgspec.json.Decoder(Patient),
        not_used=ranks,
    ),
    Kind(
        "practitioner",
        "Practitioner",
        (
            "npi",
            "family",
            "given",
            "is_active",
            "qualification_code",
            "taxonomy_code",
            "is_billable",
        ),
        _practitioner,
        msgspec.json.Decoder(Practitioner),
    ),
    Kind(
        "organization",
        "Organization",
        (
            "npi",
            "tax_id",
            "name",
            "type_code",
            "address_line",
            "city",
            "state",
            "postal_code",
            "phone",
            "taxonomy_code",
            "is_active",
        ),
        _organization,
        msgspec.json.Decoder(Organization),
        not_used=ranks,
    ),
    Kind(
        "location",
        "Location",
        ("name", "organization_id", "place_of_service", "npi", "status"),
        _location,
        msgspec.json.Decoder(Location),
    ),
)
