"""A sender's own conventions, from `conventions` in its source definition."""

from __future__ import annotations

from dataclasses import dataclass

from throughline.sources.definitions import SourceDefinition
from throughline.sources.hl7v2.people import BILLABLE


@dataclass(frozen=True)
class Settings:
    """The conventions of one sender, in capitals.

    `roles` are the roles (AIP-4) of those who see patients, best first; `degrees` those of people who
    may bill a visit.
    """

    roles: tuple[str, ...] = ()
    degrees: tuple[str, ...] = BILLABLE


NOTHING_SAID = Settings()
"""The settings of a source without conventions."""


def settings_of(definition: SourceDefinition) -> Settings:
    """Return the conventions of an HL7 v2 source."""
    said = definition.conventions
    return Settings(
        roles=tuple(role.upper() for role in said.get("practitioner_roles", ())),
        degrees=tuple(d.upper() for d in said.get("billable_qualifications", BILLABLE)),
    )
