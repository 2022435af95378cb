"""The code maps of `include/definitions/`: what the codes of the systems of record mean here."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from throughline.vocabulary.documents import read
from throughline.vocabulary.overlay import layers
from throughline.vocabulary.words import CONTACT_OUTCOME, DISPOSITION, FACILITY_CLASS, VISIT_CLASS

MEANINGS: Mapping[str, Mapping[str, str]] = {
    "facility_by_class": FACILITY_CLASS.words,
    "facility_by_type": FACILITY_CLASS.words,
    "disposition": DISPOSITION.words,
    "visit_by_class": VISIT_CLASS.words,
    "hospice": {"hospice": "Hospice care"},
    "medication_reconciliation": {"done": "The medicines were reconciled"},
    "contact_outcome": CONTACT_OUTCOME.words,
    "contact_by_message": {"message": "A message that needs no reply"},
    "contact_about_booking": {"booking": "About an appointment; not a clinical contact"},
}
"""The maps of `codes.yaml`, each with what its codes may mean."""


def code_rows(definitions: Path | None = None) -> tuple[tuple[str, str, str, str], ...]:
    """Return the rows of `evidence.code_map`: (map, system or '', code, meaning)."""
    folder = layers(definitions)
    return _rows(folder.file("codes.yaml"), folder.file("payers.yaml"))


@lru_cache(maxsize=8)
def _rows(codes_file: Path, payers_file: Path) -> tuple[tuple[str, str, str, str], ...]:
    codes, payers = read(codes_file).data, read(payers_file).data
    rows = [
        (name, "" if system == "any" else system, str(code), str(value))
        for name, systems in codes.items()
        for system, pairs in systems.items()
        for code, value in pairs.items()
    ]
    rows += [
        ("payer_class_by_type", "", str(code), value)
        for code, value in payers["classes_by_sopt"].items()
    ]
    rows += [
        ("payer_class_by_filing", "", str(code), value)
        for code, value in payers["classes_by_filing"].items()
    ]
    rows += [
        ("payer_class_by_payer", "", payer_id, payer["payer_class"])
        for payer_id, payer in payers["payers"].items()
    ]
    return tuple(rows)
