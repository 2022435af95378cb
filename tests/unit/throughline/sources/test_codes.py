"""What a source's own codes mean, and what is not known, in HL7 v2 and FHIR."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from typing import Any

import pytest

from tests.unit.throughline.sources import wire
from throughline.sources.codes import codes_of, fields_of, fold, mistakes, unnamed
from throughline.sources.definitions import SourceDefinitionError, definition, parse
from throughline.sources.fhir.ndjson import KINDS, Row, read
from throughline.sources.fhir.settings import settings_of
from throughline.sources.hl7v2 import rows
from throughline.sources.table import StagedRow

SCHEDULING, EHR = definition("scheduling"), definition("ehr")


def test_case_blanks_and_punctuation_are_folded() -> None:
    assert fold("No-Show ") == fold("NOSHOW") == fold("no_show") == "noshow"
    assert fold("...") == ""


# --- appointments


def appointment(codes: dict[str, Any] | None = None, **parts: str) -> dict[str, Any]:
    """The values of one message's appointment, of a source that maps some codes."""
    said = replace(SCHEDULING, conventions={**SCHEDULING.conventions, "codes": codes or {}})
    [row] = rows.rows(io.BytesIO(wire.siu(**parts).encode()), "f.hl7", said)
    assert isinstance(row, StagedRow)
    assert row.values is not None
    return dict(zip(rows.COLUMNS["appointment"], row.values, strict=True))


@pytest.mark.parametrize(
    ("event", "filler", "status"),
    [
        # the event decides if nothing was sent
        ("S12", "", "booked"),
        ("S15", '""', "cancelled"),
        # a code that nobody knows is not known, whatever the event
        ("S14", "NS", "NS"),
        ("S14", "X", "X"),
        ("S12", "BKD", "BKD"),
        ("S15", "GONE", "GONE"),
        ("S26", "9", "9"),
        # the text beside it, folded and equal; never alike
        ("S14", "3^No Show^SCHED", "noshow"),
        ("S14", "3^NO-SHOW", "noshow"),
        ("S14", "^Checked In", "arrived"),
        ("S14", "3^No Show late", "3"),
        ("S14", "3^Not shown", "3"),
        # a code that is known outranks its text
        ("S14", "Cancelled^No Show", "cancelled"),
        # what an event that removes makes of the status beside it
        ("S15", "Booked", "cancelled"),
        ("S15", "Noshow", "noshow"),
        ("S16", "Pending", "cancelled"),
        ("S26", "Cancelled", "noshow"),
        ("S15", "Complete", "S15/Complete"),
        ("S26", "7^Arrived", "S26/7"),
        ("S17", "whatever", "entered-in-error"),
    ],
)
def test_the_status_of_an_appointment(event: str, filler: str, status: str) -> None:
    assert appointment(event=event, filler=filler)["status"] == status


def test_a_text_alone_that_nobody_knows_is_not_kept() -> None:
    status = appointment(filler="^Ann Lee called")["status"]
    assert status == unnamed("ann lee CALLED")
    assert "lee" not in status


@pytest.mark.parametrize("field", ["appointment.status", "status"])
def test_a_source_maps_its_own_codes(field: str) -> None:
    own = {
        field: {"NS": "noshow", "3": "cancelled", "Left early": "fulfilled", "Booked": "pending"}
    }
    for filler, status in (
        ("NS", "noshow"),
        ("ns", "noshow"),
        ("3^No Show", "cancelled"),
        ("12^LEFT EARLY", "fulfilled"),
        ("Booked", "pending"),
        ("Confirmed", "booked"),
        ("ZZ", "ZZ"),
    ):
        assert appointment(own, event="S14", filler=filler)["status"] == status
    both = {field: {"S15/Complete": "cancelled"}}
    assert appointment(both, event="S15", filler="Complete")["status"] == "cancelled"


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"_8": "OFFICE^Office visit", "_7": "FU^Follow up"}, "OFFICE"),
        # HL7 table 0277 says how firm a booking is; the type is in another field
        ({"_8": "NORMAL^Normal", "_7": "TCM"}, "TCM"),
        ({"_8": "99^Annual", "_7": "AWV"}, "AWV"),
        ({"_8": "99^awv"}, "AWV"),
        ({"_8": "99^Annual", "_7": "FU"}, "99"),
    ],
)
def test_the_type_of_a_visit(fields: dict[str, str], kind: str) -> None:
    sch = wire.segment("SCH", **{**wire.SCH, **fields})
    text = wire.siu(sch=sch).replace("AIS|1||TCM^visit", "AIS|1||Z9")
    [row] = rows.rows(io.BytesIO(text.encode()), "f.hl7", SCHEDULING)
    assert isinstance(row, StagedRow)
    assert row.values is not None
    assert (
        dict(zip(rows.COLUMNS["appointment"], row.values, strict=True))["visit_type_code"] == kind
    )


@pytest.mark.parametrize(
    ("pid8", "sex"),
    [
        ("F", "F"),
        ("female", "F"),
        ("1^Female", "F"),
        ("A", "O"),
        ("W", "W"),
        ("2", "M"),
        ("", None),
    ],
)
def test_the_sex_of_a_message(pid8: str, sex: str | None) -> None:
    text = wire.siu().replace("19500203|M|", f"19500203|{pid8}|")
    own = {**SCHEDULING.conventions, "codes": {"sex": {"2": "M"}}}
    [row] = rows.rows(io.BytesIO(text.encode()), "f", replace(SCHEDULING, conventions=own))
    assert isinstance(row, StagedRow)
    assert row.values is not None
    assert dict(zip(rows.COLUMNS["appointment"], row.values, strict=True))["sex"] == sex


@pytest.mark.parametrize(
    ("reason", "who"),
    [("PATIENT", "patient"), ("9^Patient", "patient"), ("9^By the patient", "9"), ("", None)],
)
def test_who_cancelled(reason: str, who: str | None) -> None:
    assert appointment(event="S15", filler="Cancelled", reason=reason)["cancelled_by"] == who


# --- FHIR


def resource(feed: str, codes: dict[str, Any] | None = None, **said: Any) -> dict[str, Any]:
    """The values of one resource, of a source that maps some codes."""
    about = replace(EHR, conventions={**EHR.conventions, "codes": codes or {}})
    body = {"resourceType": KINDS[feed].resource_type, "id": "r1", **said}
    data = io.BytesIO(json.dumps(body).encode())
    [row] = read(data, "f", KINDS[feed], settings_of(about), "x")
    assert isinstance(row, Row)
    return dict(zip(KINDS[feed].columns, row.values or (), strict=True))


def concept(*codings: str | tuple[str, str], text: str | None = None) -> dict[str, Any]:
    """A CodeableConcept of codes, or of codes with their displays."""
    made = [c if isinstance(c, tuple) else (c, None) for c in codings]
    found: dict[str, Any] = {
        "coding": [{"system": "urn:x", "code": c, **({"display": d} if d else {})} for c, d in made]
    }
    return found | ({"text": text} if text else {})


STAY = "hospitalization"


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (concept("home"), "home"),
        (concept("HOME"), "home"),
        (concept("H1", "home"), "home"),
        (concept(("H1", "Home health"), text="x"), "home-health"),
        (concept("H1", text="SNF"), "snf"),
        (concept("H1", text="sent home"), "H1"),
        (concept(text="Home"), "home"),
        (concept(text="sent home"), unnamed("sent home")),
        (concept("H1", "H2"), "H1"),
    ],
)
def test_of_several_codings_the_one_that_is_known(said: dict[str, Any], code: str) -> None:
    found = resource("encounter", hospitalization={"dischargeDisposition": said})
    assert found["discharge_disposition_code"] == code


def test_a_code_keeps_its_system_only_if_it_is_kept() -> None:
    for said, system in ((concept("home"), "urn:x"), (concept(("H1", "Home")), None)):
        found = resource("encounter", hospitalization={"dischargeDisposition": said})
        assert found["discharge_disposition_system"] == system


@pytest.mark.parametrize(
    ("feed", "element", "column", "sent", "own", "kept"),
    [
        ("encounter", "status", "status", "DONE", "finished", "finished"),
        ("encounter", "class", "class_code", {"code": "5"}, "AMB", "AMB"),
        # a meaning of the map stands for its first code
        ("encounter", "class", "class_code", {"code": "5"}, "inpatient", "IMP"),
        ("communication", "statusReason", "outcome_code", concept("SPOKE"), "reached", "reached"),
        ("communication", "category", "category_code", [concept("C1")], "booking", "booking"),
        ("communication", "medium", "medium_code", [concept("TXT")], "SMSWRIT", "SMSWRIT"),
        ("document_reference", "type", "type_code", concept("PN"), "11506-3", "11506-3"),
        ("document_reference", "docStatus", "doc_status", "signed", "final", "final"),
        ("coverage", "type", "type_code", concept("MCR"), "part_b", None),
        ("consent", "category", "category_code", [concept("NOCALL")], "contact", "contact"),
        ("charge_item", "status", "status", "READY", "billable", "billable"),
        ("procedure", "status", "status", "D", "completed", "completed"),
        ("condition", "verificationStatus", "verification_status", concept("C"), "confirmed", None),
        ("task", "status", "status", "open", "accepted", "accepted"),
        ("payment_notice", "paymentStatus", "payment_status", concept("P"), "paid", "paid"),
        ("patient", "gender", "sex", "w", "F", "F"),
    ],
)
def test_a_field_of_fhir_is_mapped(
    feed: str, element: str, column: str, sent: Any, own: str, kept: str | None
) -> None:
    code = sent
    while not isinstance(code, str):
        code = code[0] if isinstance(code, list) else code.get("code") or code["coding"]
    field = f"{feed}.{column}"
    unknown = resource(feed, **{element: sent})[column]
    assert unknown == code
    found = resource(feed, {field: {code: own}}, **{element: sent})[column]
    assert found != unknown
    assert kept is None or found == kept


# --- definitions


def test_a_definition_that_names_no_field_or_no_word_is_refused() -> None:
    told = list(mistakes("hl7v2", {"appointment.state": {}, "status": {"NS": "no show"}}))
    assert [each.partition(":")[0] for each in told] == [
        "conventions/codes/appointment.state",
        "conventions/codes/status/NS",
    ]
    assert "did you mean appointment.status?" in told[0]
    assert "did you mean noshow?" in told[1]
    raw = {
        "source": "xx",
        "title": "X",
        "owner_team": "front_desk",
        "standard": "hl7v2",
        "transport": "folder",
        "connection": "xx",
        "time_zone": "America/New_York",
        "feeds": {"appointment": {"expected_by": "03:00"}},
        "conventions": {"codes": {"status": {"NS": "gone"}}},
    }
    with pytest.raises(SourceDefinitionError, match=r"there is no 'gone' in appointment\.status"):
        parse(raw, "xx.yaml")
    raw["conventions"] = {"codes": {"status": ["NS"]}}
    with pytest.raises(SourceDefinitionError, match="cannot be read"):
        parse(raw, "xx.yaml")


def test_a_column_of_several_tables_needs_its_table() -> None:
    assert "encounter.status" in fields_of("fhir")
    assert len(list(mistakes("fhir", {"status": {}}))) == 1
    assert not list(mistakes("fhir", {"class_code": {"5": "AMB"}}))


def test_a_code_that_begins_with_a_known_one_is_known_where_the_map_says_so() -> None:
    codes = codes_of("fhir", {})["coverage.type_code"]
    assert codes.find("1299") == ("1299", True)
    assert codes.find("X99") == ("X99", False)
