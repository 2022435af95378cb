"""A sender's own conventions, from `conventions` in its source definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType

from throughline.sources.codes import Codes, codes_of, with_older
from throughline.sources.definitions import SourceDefinition
from throughline.sources.hl7v2.people import BILLABLE

STANDARD = "hl7v2"


@lru_cache(maxsize=1)
def _known_to_all() -> Mapping[str, Codes]:
    return MappingProxyType(codes_of(STANDARD, {}))


@dataclass(frozen=True)
class Settings:
    """The conventions of one sender.

    `roles` are the roles (AIP-4) of those who see patients, best first; `degrees` those of people who
    may bill a visit, both in capitals. `codes` reads the codes of each field. `mrn_authority` and
    `mrn_type` (PID-3) are those of the record number that the EHR knows. `reads_tests` reads messages that
    say that they are tests.
    """

    roles: tuple[str, ...] = ()
    degrees: tuple[str, ...] = BILLABLE
    codes: Mapping[str, Codes] = field(default_factory=_known_to_all)
    mrn_authority: str | None = None
    mrn_type: str = "MR"
    reads_tests: bool = False


NOTHING_SAID = Settings()
"""The settings of a source without conventions."""


def settings_of(definition: SourceDefinition) -> Settings:
    """Return the conventions of an HL7 v2 source."""
    said = definition.conventions
    return Settings(
        roles=tuple(role.upper() for role in said.get("practitioner_roles", ())),
        degrees=tuple(d.upper() for d in said.get("billable_qualifications", BILLABLE)),
        codes=codes_of(STANDARD, with_older(said.get("codes", {}), said.get("cancelled_by", {}))),
        mrn_authority=said.get("mrn_authority"),
        mrn_type=said.get("mrn_type", "MR"),
        reads_tests=said.get("test_data") == "read",
    )
