"""A FHIR server's own conventions: identifier systems, extensions, preferred codings.

They are read from `conventions` in the source definition, never guessed from data.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from types import MappingProxyType
from zoneinfo import ZoneInfo

import msgspec

from throughline.sources.codes import Codes, codes_of
from throughline.sources.definitions import SourceDefinition
from throughline.sources.fhir.values import Resource

# Who led an encounter, best first (v3-ParticipationType): if the definition names no roles.
LEADING = ("ATND", "PPRF", "SPRF")


STANDARD = "fhir"


@lru_cache(maxsize=1)
def _known_to_all() -> Mapping[str, Codes]:
    return MappingProxyType(codes_of(STANDARD, {}))


@dataclass(frozen=True)
class Settings:
    """The conventions of one FHIR server. `extensions` maps our name of a fact to its url.

    `practitioner_roles` are the roles of those who lead an encounter, best first. `delivered_on` is the
    day on which the source made the file that is read, if it is known. `codes` reads the codes of each
    field (`table.column`). `billable_taxonomies` are beginnings of NUCC codes. `signed_by_author`: who wrote a final
    note counts as who signed it, if nobody else is named; `no_doc_status` is what a note is without a docStatus.
    `payers` has the practice's id of a payer by what the server calls it, folded (`as_called`).
    """

    zone: ZoneInfo
    mrn_system: str = ""
    npi_system: str = "http://hl7.org/fhir/sid/us-npi"
    tax_system: str = "urn:oid:2.16.840.1.113883.4.4"
    task_systems: tuple[str, ...] = ()
    control_number_system: str = ""
    visit_number_system: str = ""
    encounter_type_systems: tuple[str, ...] = ()
    procedure_code_systems: tuple[str, ...] = ()
    billable_qualifications: frozenset[str] = frozenset()
    billable_taxonomies: tuple[str, ...] = ()
    signed_by_author: bool = False
    no_doc_status: str | None = None
    payers: Mapping[str, str] = field(default_factory=dict)
    taxonomy_system: str = "http://nucc.org/provider-taxonomy"
    extensions: dict[str, str] = field(default_factory=dict)
    practitioner_roles: tuple[str, ...] = LEADING
    delivered_on: str = ""
    codes: Mapping[str, Codes] = field(default_factory=_known_to_all)


# Conventions that are used as written.
_PLAIN = (
    "mrn_system",
    "npi_system",
    "tax_system",
    "control_number_system",
    "visit_number_system",
    "extensions",
)


def as_called(name: str) -> str:
    """Return a name as it is compared: without case, with single spaces."""
    return " ".join(name.casefold().split())


def settings_of(definition: SourceDefinition, made_at: datetime | None = None) -> Settings:
    """Return the conventions of a FHIR source, for a file that it made at a moment."""
    said = definition.conventions
    return Settings(
        zone=definition.zone,
        task_systems=tuple(said.get("task_systems", ())),
        encounter_type_systems=tuple(said.get("encounter_type_systems", ())),
        procedure_code_systems=tuple(said.get("procedure_code_systems", ())),
        billable_qualifications=frozenset(said.get("billable_qualifications", ())),
        billable_taxonomies=tuple(said.get("billable_taxonomies", ())),
        signed_by_author=said.get("signed_notes", {}).get("by") == "author",
        no_doc_status=said.get("signed_notes", {}).get("doc_status"),
        payers={as_called(name): payer for name, payer in said.get("payers", {}).items()},
        practitioner_roles=tuple(said.get("practitioner_roles", LEADING)),
        codes=codes_of(STANDARD, said.get("codes", {})),
        delivered_on=made_at.astimezone(definition.zone).date().isoformat() if made_at else "",
        **{name: said[name] for name in _PLAIN if name in said},
    )


# The typed values of one resource, in the order of `Kind.columns`, and who it is about.
Values = tuple[object, ...]
Mapper = Callable[[Resource, Settings], tuple[str | None, Values]]


@dataclass(frozen=True)
class Kind:
    """One FHIR type: how it is decoded, and which columns of which table its rows fill.

    `children` are further rows of the same record in another table, each with its source id. `not_used`
    says which element of a resource has a type that FHIR does not allow, and was left out.
    """

    feed: str
    resource_type: str
    columns: tuple[str, ...]
    to_row: Mapper
    decoder: msgspec.json.Decoder[Resource]
    child_table: str | None = None
    child_columns: tuple[str, ...] = ()
    children: Callable[[Resource, Settings], list[tuple[str, Values]]] | None = None
    not_used: Callable[[Resource], str | None] | None = None
