"""Which kinds of fact a source brings, by its own definition: what its standard fills, what its tables map.

A table brings only what its columns are mapped to: a list of visits whose class is always AMB tells of no discharge.
Imports nothing that reads a wire format.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from throughline.sources import catalogue
from throughline.sources.source import SourceDefinition
from throughline.vocabulary.codes import code_rows

MAPPED = "tabular"
"""The standard whose definitions say which columns are filled."""

NEEDS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("patient", "death"): ("is_deceased",),
    ("patient", "left_practice"): ("is_active",),
    ("patient", "attribution"): ("general_practitioner_id",),
    ("encounter", "discharge"): ("ends_at",),
    ("consent", "opt_out"): ("provision", "category_code"),
    ("procedure", "hospice"): ("code",),
    ("procedure", "medication_reconciliation"): ("code",),
    ("document_reference", "note"): ("authenticator_id",),
    ("communication", "contact"): ("outcome_code", "sender_id"),
    ("task", "task_update"): ("our_identifier",),
    ("charge_item", "charge"): ("code",),
    ("claim_line", "claim"): ("code",),
    ("claim_response", "claim_accepted"): ("is_from_payer",),
    ("payment_notice", "write_off"): ("recorder",),
}
"""The columns without which a record states no fact of a kind (`sql/evidence/`)."""

_STAY = "(a class of stays)"
SAYS: Mapping[tuple[str, str], Mapping[str, Collection[str]]] = {
    ("encounter", "discharge"): {"status": ("finished",), "class_code": (_STAY,)},
    ("encounter", "admission"): {"class_code": (_STAY,)},
    ("encounter", "visit"): {"status": ("finished",)},
    ("appointment", "booking"): {"status": ("booked",)},
    ("appointment", "booking_cancelled"): {"status": ("cancelled",)},
    ("appointment", "no_show"): {"status": ("noshow",)},
    ("appointment", "arrived"): {"status": ("arrived", "fulfilled")},
    ("claim_response", "claim_accepted"): {"category_code": ("A2",), "is_from_payer": ("true",)},
    ("claim_response", "claim_rejected"): {"category_code": ("A3", "A4", "A6", "A7", "A8")},
    ("payment_notice", "write_off"): {"payment_status": ("written-off",)},
    ("payment_notice", "patient_payment"): {"payment_status": ("paid",)},
}
"""What a column has to say, where a definition says itself all that it can say."""

WRITTEN = frozenset({("claim_response", "claim_rejected")})
"""The kinds that a lookup must have a word for: another word is an exception, and no rejection of a claim."""

LEVEL, RESTRICTED, NO_CHARGE, GLOBAL = "level", "self_pay_restricted", "no_charge", "global_period"
SAID_OF_CHARGES: Mapping[str, tuple[str, str]] = {
    LEVEL: ("mdm_level", "mdm_level"),
    RESTRICTED: ("is_self_pay_restricted", "self_pay_restriction"),
    NO_CHARGE: ("no_charge_reason", "no_charge_reason"),
    GLOBAL: ("global_period", "global_period"),
}
"""What a charge may say besides what was done: the column of a table, and the extension of FHIR."""
NOT_BILLABLE = "not-billable"


def brought(source: SourceDefinition, feed: str) -> list[str]:
    """Return the kinds of fact that a feed of a source brings."""
    tables = catalogue.entry(feed).tables
    if source.standard == MAPPED:
        records = list(_records(source, feed))
        found = (
            kind
            for table in tables
            for kind in table.facts
            if any(
                _states(table.name, kind, of[table.name], source)
                for of in records
                if table.name in of
            )
        )
    else:
        silent = _silent(source, feed)
        found = (kind for table in tables for kind in table.facts if kind not in silent)
    return list(dict.fromkeys(found))


def silent(source: SourceDefinition, feed: str) -> list[str]:
    """Return the kinds of fact that a feed can bring, but not as this source is defined."""
    every = (kind for table in catalogue.entry(feed).tables for kind in table.facts)
    brings = brought(source, feed)
    return [kind for kind in dict.fromkeys(every) if kind not in brings]


def needs_lines(source: SourceDefinition, feed: str, kind: str) -> bool:
    """Return whether a kind of fact is lacking because the records of a table map none of the `lines` that state it."""
    if source.standard != MAPPED:
        return False
    lines = [table.name for table in catalogue.entry(feed).tables if not table.is_counted]
    of_lines = [t for t in catalogue.entry(feed).tables if t.name in lines and kind in t.facts]
    return bool(of_lines) and not any(set(lines) & of.keys() for of in _records(source, feed))


def says_of_charges(source: SourceDefinition, feed: str, what: str) -> bool:
    """Return whether a feed's charges can say something of `SAID_OF_CHARGES`, as its source is defined.

    FHIR and HL7 v2 have no element of their own for it: a FHIR source names its extension, a table its column, and
    no DFT says it. That a charge is for nothing is a status of FHIR's, too (`not-billable`), and may be one of a table.
    """
    if "charge" not in brought(source, feed):
        return False
    column, extension = SAID_OF_CHARGES[what]
    if source.standard == MAPPED:
        records = [of.get("charge_item", {}) for of in _records(source, feed)]
        is_status = what == NO_CHARGE and _status_says_so(source, records)
        return is_status or any(column in columns for columns in records)
    if what == NO_CHARGE:
        return source.standard == "fhir"
    return source.standard == "fhir" and extension in source.conventions.get("extensions", {})


def _status_says_so(source: SourceDefinition, records: Iterable[Mapping[str, Any]]) -> bool:
    """Return whether the status of a table's charges can be that of one for nothing."""
    own = source.conventions.get("codes", {}).get("charge_item.status")
    if own is not None:
        return NOT_BILLABLE in own.values()
    return any(
        said is None or NOT_BILLABLE in said
        for columns in records
        if "status" in columns
        for said in [_all_that(columns["status"])]
    )


def _silent(source: SourceDefinition, feed: str) -> Collection[str]:
    """Return the kinds that a standard does not bring as its source is set."""
    is_hl7 = source.standard == "hl7v2" and feed == "patient"
    return ("attribution",) if is_hl7 and not source.conventions.get("primary_care_is_ours") else ()


def _records(source: SourceDefinition, feed: str) -> Iterator[dict[str, Mapping[str, Any]]]:
    """Yield what each record of a feed maps, by table: those of its lines beside its own."""
    entry = catalogue.entry(feed)
    lines = next((table.name for table in entry.tables if not table.is_counted), "")
    for table in source.conventions.get("tables", {}).values():
        for record in table["records"]:
            if record["feed"] == feed:
                of = {entry.table.name: record["columns"]}
                yield of | ({lines: record["lines"]["columns"]} if "lines" in record else {})


def _states(table: str, kind: str, columns: Mapping[str, Any], source: SourceDefinition) -> bool:
    if any(name not in columns for name in NEEDS.get((table, kind), ())):
        return False
    says = {name: of for name, of in SAYS.get((table, kind), {}).items() if name in columns}
    if (table, kind) in WRITTEN and not all(
        _is_written(columns[name], f"{table}.{name}", wanted, source)
        for name, wanted in says.items()
    ):
        return False
    return all(_may_say(columns, name, wanted) for name, wanted in says.items())


def _is_written(value: Any, field: str, wanted: Collection[str], source: SourceDefinition) -> bool:
    """Return whether a lookup, or the source's own codes, has a word that stands for a wanted one."""
    if not isinstance(value, Mapping) or "lookup" not in value:
        return True
    own = source.conventions.get("codes", {}).get(field, {})
    return any(_text(each) in wanted for each in (*value["lookup"].values(), *own.values()))


def _may_say(columns: Mapping[str, Any], name: str, wanted: Collection[str]) -> bool:
    """Return whether a column can say one of some words, as far as the definition alone decides it."""
    said = _all_that(columns[name])
    if said is None:
        return True
    if _STAY in wanted:
        # a type may say what kind of stay it is, whatever the class
        return "type_code" in columns or any(_is_stay(each) for each in said)
    return any(each in wanted for each in said)


def _all_that(value: Any) -> list[str] | None:
    """Return all that a value can be, None if the file decides it."""
    if not isinstance(value, Mapping):
        return None
    if "constant" in value:
        return [_text(value["constant"])]
    if "lookup" in value and value.get("otherwise") in ("refuse", "empty"):
        return [_text(each) for each in value["lookup"].values()]
    return None


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _is_stay(code: str) -> bool:
    return any(name == "facility_by_class" and known == code for name, _, known, _ in code_rows())
