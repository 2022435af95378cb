"""What is known about staged columns: whether they hold codes, their code maps, which are keys."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from throughline.sources import catalogue
from throughline.vocabulary.codes import code_rows

Kind = Literal["code", "flag", "date", "birth date", "number", "text"]

# A column is shown only if it is listed here or the catalogue of feeds watches it for new codes. For
# any other column, only counts are shown.
_CODED_AND_UNWATCHED = frozenset(
    "admit_source_code cancel_reason_code cancelled_by code code_system diagnoses"
    " discharge_disposition_system entity_code error_codes functional_id kind language"
    " modifiers no_charge_reason payer_id payment_method place_of_service preferred_contact reason_code"
    " relationship remark_codes sex status_code taxonomy_code transaction_set type_code type_system".split()
)

CODED = _CODED_AND_UNWATCHED | {
    code.name for _, table in catalogue.tables() for code in table.codes
}
"""Columns whose values are words of a list."""

PERSONAL = frozenset(
    "family given mrn medical_record_number member_id phone postal_code address_line"
    " patient_control_number subject_id tax_id".split()
)
"""Columns whose values identify a person: a code that equals one of them is not shown."""


@dataclass(frozen=True)
class CodeMap:
    """The maps of `codes.yaml` and `payers.yaml` that translate a column, tried in order.

    `system` is the column with the code system, if the maps need one. `is_for_all`: the maps should
    cover every code, so an unknown one is unmapped; other maps only pick out a few codes.
    `by_prefix`: a map's entry also matches codes that start with it.
    """

    maps: tuple[str, ...]
    system: str | None = None
    is_for_all: bool = True
    by_prefix: bool = False


CODE_MAPS: dict[tuple[str, str], CodeMap] = {
    ("encounter", "class_code"): CodeMap(("facility_by_class", "visit_by_class", "hospice")),
    ("encounter", "type_code"): CodeMap(("facility_by_type", "hospice"), "type_system", False),
    ("encounter", "discharge_disposition_code"): CodeMap(
        ("disposition",), "discharge_disposition_system"
    ),
    ("communication", "outcome_code"): CodeMap(("contact_outcome",)),
    ("communication", "medium_code"): CodeMap(("contact_by_message",), is_for_all=False),
    ("communication", "category_code"): CodeMap(("contact_about_booking",), is_for_all=False),
    ("procedure", "code"): CodeMap(
        ("medication_reconciliation", "hospice"), "code_system", is_for_all=False
    ),
    ("coverage", "type_code"): CodeMap(("payer_class_by_type",), by_prefix=True),
    ("coverage", "payer_id"): CodeMap(("payer_class_by_payer",), is_for_all=False),
    ("eligibility_response", "payer_id"): CodeMap(("payer_class_by_payer",), is_for_all=False),
}
"""By table and column: the code maps that the statements of `sql/evidence/` use."""

KEYS: dict[str, tuple[tuple[tuple[str, ...], str], ...]] = {
    "patient": ((("mrn",), "source_id"),),
    "coverage": ((("payer_id", "member_id"), "subject_id"),),
    "claim": ((("patient_control_number",), "source_id"),),
    "encounter": ((("visit_number",), "source_id"),),
    "practitioner": ((("npi",), "source_id"),),
    "organization": ((("npi",), "source_id"),),
}
"""By table: columns that together should belong to one thing, and the column that identifies it."""


def kind_of(column: str, data_type: str, coded: Collection[str] = ()) -> Kind:
    """Return what a column holds, by its name and its type in PostgreSQL; `coded` are more columns with codes."""
    if column in CODED or column in coded:
        return "code"
    if data_type == "boolean":
        return "flag"
    if column == "birth_date":
        return "birth date"
    if data_type == "date" or data_type.startswith("timestamp"):
        return "date"
    return "number" if data_type in ("numeric", "integer", "bigint") else "text"


class Meanings:
    """The code maps of this tree, looked up as `evidence.mapped` does: with the code's system, then without."""

    def __init__(self) -> None:
        self._known = {(name, system, code): value for name, system, code, value in code_rows()}

    def of(self, code_map: CodeMap, system: str | None, code: str) -> str | None:
        """Return what a code means to us, or None."""
        shortest = 1 if code_map.by_prefix else len(code)
        for length in range(len(code), shortest - 1, -1):
            for name in code_map.maps:
                for of in (system or "", ""):
                    value = self._known.get((name, of, code[:length]))
                    if value is not None:
                        return value
        return None
