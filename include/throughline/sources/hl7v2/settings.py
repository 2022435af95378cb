"""A sender's own conventions, from `conventions` in its source definition."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from throughline.sources.codes import Codes, codes_of, with_older
from throughline.sources.definitions import SourceDefinition
from throughline.sources.hl7v2.people import BILLABLE

STANDARD = "hl7v2"
# HL7 table 0103, and N of version 2.9: what is sent while somebody tries or teaches.
TESTS = frozenset({"T", "D", "N"})

# What a transaction (FT1-6) is: only charges and what takes them back are read.
CHARGE, CREDIT, OTHER = "charge", "credit", "other"
TRANSACTIONS = MappingProxyType({"CG": CHARGE, "CD": CREDIT, "PY": OTHER, "AJ": OTHER, "CO": OTHER})
NOTHING = "nothing"
"""What a code of the sender's own price list stands for if there is nothing to bill."""
Places = tuple[tuple[str, int], ...]


@lru_cache(maxsize=1)
def _known_to_all() -> Mapping[str, Codes]:
    return MappingProxyType(codes_of(STANDARD, {}))


@dataclass(frozen=True)
class Settings:
    """The conventions of one sender.

    `roles` are the roles (AIP-4) of those who see patients, best first; `degrees` those of people who
    may bill a visit, both in capitals. `codes` reads the codes of each field. `mrn_authority` and
    `mrn_type` (PID-3) are those of the record number that the EHR knows. `reads_tests` reads messages that
    say that they are tests. Of ADT: `patient_authority` and `patient_type` are those of the number (PID-3)
    by which the sender tells its patients apart, `visit_fields` the fields that may hold the number of a visit, best
    first, `visit_assigner` what makes that number unique, `type_field` the field with the type of a visit.
    `orders_by_event` takes EVN-2 for the order of messages instead of MSH-7. `reads_attribution` takes PD1-4 for the
    practitioner whose patient it is. Of MDM: with `assigned_signs`, a document is signed by whoever was to sign it
    (TXA-10) if it names no signature. Of DFT: `transaction_types` says what a type (FT1-6) is, `charge_fields` and
    `credit_fields` where the number of a charge stands, and in a credit that of the charge that it takes back, best
    first, each of one or several fields; `procedure_fields`, `diagnosis_fields` and `performer_fields` hold those of a
    charge, best first. `charge_codes` are the codes of the sender's own price list (FT1-7), each with its code of CPT
    or HCPCS, or `NOTHING`. With `one_unit_if_empty`, a charge without units (FT1-10) is of one.
    """

    roles: tuple[str, ...] = ()
    degrees: tuple[str, ...] = BILLABLE
    codes: Mapping[str, Codes] = field(default_factory=_known_to_all)
    mrn_authority: str | None = None
    mrn_type: str = "MR"
    reads_tests: bool = False
    patient_authority: str | None = None
    patient_type: str = "MR"
    visit_fields: tuple[tuple[str, int], ...] = (("PV1", 19),)
    visit_assigner: str = "CX-4"
    type_field: tuple[str, int] = ("PV1", 18)
    orders_by_event: bool = False
    reads_attribution: bool = False
    assigned_signs: bool = False
    transaction_types: Mapping[str, str] = field(default_factory=lambda: TRANSACTIONS)
    charge_fields: tuple[Places, ...] = ((("FT1", 2),),)
    credit_fields: tuple[Places, ...] = ((("FT1", 2),),)
    procedure_fields: Places = (("FT1", 25),)
    diagnosis_fields: Places = (("FT1", 19),)
    performer_fields: Places = (("FT1", 20),)
    charge_codes: Mapping[str, str] = field(default_factory=dict)
    one_unit_if_empty: bool = False

    @property
    def tests(self) -> frozenset[str]:
        """The processing ids (MSH-11) of messages that are not read because they are tests."""
        return frozenset() if self.reads_tests else TESTS


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
        patient_authority=said.get("patient_authority", said.get("mrn_authority")),
        patient_type=said.get("patient_type", said.get("mrn_type", "MR")),
        visit_fields=tuple(map(_field, said.get("visit_number", ("PV1-19",)))),
        visit_assigner=said.get("visit_assigner", "CX-4"),
        type_field=_field(said.get("encounter_type", "PV1-18")),
        orders_by_event=said.get("adt_order") == "EVN-2",
        reads_attribution=bool(said.get("primary_care_is_ours", False)),
        assigned_signs=bool(said.get("assigned_authenticator_signs", False)),
        **_of_charges(said),
    )


def _of_charges(said: Mapping[str, Any]) -> dict[str, Any]:
    numbers = said.get("charge_number", ("FT1-2",))
    own = {str(code).upper(): kind for code, kind in said.get("transaction_types", {}).items()}
    return {
        "transaction_types": {**TRANSACTIONS, **own},
        "charge_fields": tuple(map(_fields, numbers)),
        "credit_fields": tuple(map(_fields, said.get("credited_number", numbers))),
        "procedure_fields": tuple(map(_field, said.get("procedure_code", ("FT1-25",)))),
        "diagnosis_fields": tuple(map(_field, said.get("charge_diagnoses", ("FT1-19",)))),
        "performer_fields": tuple(map(_field, said.get("charge_performer", ("FT1-20",)))),
        "charge_codes": {
            str(code): str(word) for code, word in said.get("charge_codes", {}).items()
        },
        "one_unit_if_empty": bool(said.get("one_unit_if_empty", False)),
    }


def _fields(names: str) -> Places:
    """Return several fields that make a number together: `FT1-23/FT1-25`."""
    return tuple(map(_field, names.split("/")))


def _field(name: str) -> tuple[str, int]:
    """Return the segment and the number of a field: `PV1-19`."""
    tag, _, number = name.partition("-")
    return tag, int(number)
