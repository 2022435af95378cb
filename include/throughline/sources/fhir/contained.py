"""References to resources inside a resource (`#d`): what the contained resource is called everywhere else.

The id of a contained resource means nothing outside of it (FHIR R4, references.html#contained), so it is
never the id of a practitioner, an organization or a place. Its identifiers are: the NPI, else the first
that is in use. A contained PractitionerRole stands for its practitioner.
"""

from __future__ import annotations

import msgspec

from throughline.sources.fhir.choose import identifier_in_use, npi_of
from throughline.sources.fhir.settings import Settings
from throughline.sources.fhir.values import Identifier, Reference, Resource


class _Contained(Resource):
    """A contained resource, as far as it says who or what it is."""

    practitioner: Reference | None = None


_DECODER = msgspec.json.Decoder(_Contained)


def resolve(resource: Resource, settings: Settings) -> None:
    """Put what identifies a contained resource in the place of each reference to it.

    A reference to one without identifiers, to one that cannot be read, or to none keeps only its own
    identifier and text: nobody knows whom it means.
    """
    known: dict[str, _Contained] = {}
    for raw in resource.contained:
        try:
            one = _DECODER.decode(raw)
        except (msgspec.DecodeError, UnicodeDecodeError):
            # with a modifier, say, that is not understood
            continue
        known[f"#{(one.id or '').removeprefix('#')}"] = one
    _walk(resource, known, settings)


def _walk(struct: msgspec.Struct, known: dict[str, _Contained], settings: Settings) -> None:
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        for one in value if isinstance(value, list) else (value,):
            if isinstance(one, Reference):
                _name(one, known, settings)
            elif isinstance(one, msgspec.Struct):
                _walk(one, known, settings)


def _name(reference: Reference, known: dict[str, _Contained], settings: Settings) -> None:
    text = reference.reference
    if not text or not text.startswith("#"):
        return
    one = known.get(text)
    if one is not None and one.resource_type == "PractitionerRole" and one.practitioner is not None:
        role, one = one, None
        text = role.practitioner.reference if role.practitioner is not None else None
        if text and text.startswith("#"):
            one = known.get(text)
        elif role.practitioner is not None:
            reference.reference, reference.identifier = text, role.practitioner.identifier
            reference.type = "Practitioner"
            return
    reference.reference = None
    if one is not None:
        value = npi_of(one.identifier, settings.npi_system) or identifier_in_use(one.identifier)
        reference.type = one.resource_type
        if value is not None:
            reference.identifier = Identifier(value=value)
