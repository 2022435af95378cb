"""DocumentReference."""
# ruff: noqa: RUF012 - msgspec gives every struct its own empty list

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import (
    practitioner_of,
)
from throughline.sources.fhir.coded import coding_of
from throughline.sources.fhir.resources.clinical.told import codings, orders
from throughline.sources.fhir.settings import Kind, Settings, Values
from throughline.sources.fhir.values import (
    Backbone,
    Concept,
    Identifier,
    Reference,
    Resource,
    extension_of,
    moment,
    subject,
    target,
)

SIGNED = ("final", "amended")
"""The statuses of a note that is done (FHIR R4, composition-status)."""


class _Context(Backbone):
    encounter: list[Reference] = []
    related: list[Reference] = []


class DocumentReference(Resource):
    """DocumentReference; R4 has no element for the moment of signing, servers use an extension."""

    status: str | None = None
    doc_status: str | None = None
    type: Concept | None = None
    subject: Reference | None = None
    date: str | None = None
    author: list[Reference] = []
    authenticator: Reference | None = None
    context: _Context | None = None
    master_identifier: Identifier | None = None


def _document(resource: Resource, settings: Settings) -> tuple[str | None, Values]:
    assert isinstance(resource, DocumentReference)
    d = resource
    url = settings.extensions.get("authenticated_at")
    signed = extension_of(d.extension, url) if url else None
    encounters = d.context.encounter if d.context is not None else []
    doc_status = settings.codes["document_reference.doc_status"](
        d.doc_status or settings.no_doc_status
    )
    signer = target(d.authenticator)
    if signer is None and settings.signed_by_author and doc_status in SIGNED:
        signer = next((who for a in d.author if (who := target(a, "Practitioner"))), None)
    return subject(d.subject), (
        settings.codes["document_reference.status"](d.status),
        doc_status,
        *coding_of(settings.codes["document_reference.type_code"], d.type),
        target(encounters[0], "Encounter") if encounters else None,
        moment(d.date, settings.zone),
        moment(signed.value_date_time, settings.zone) if signed is not None else None,
        practitioner_of(d.author),
        signer,
        d.master_identifier.value if d.master_identifier is not None else None,
        codings(d.type),
        orders(d.context.related) if d.context is not None else None,
    )


KINDS = (
    Kind(
        "document_reference",
        "DocumentReference",
        (
            "status",
            "doc_status",
            "type_system",
            "type_code",
            "encounter_id",
            "authored_at",
            "authenticated_at",
            "author_id",
            "authenticator_id",
            "document_number",
            "type_codings",
            "orders",
        ),
        _document,
        msgspec.json.Decoder(DocumentReference),
    ),
)
