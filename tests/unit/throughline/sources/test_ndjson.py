"""NDJSON of FHIR R4: lines to rows, and every line that is none."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from throughline.sources.definitions import definition
from throughline.sources.fhir import ndjson
from throughline.sources.fhir.ndjson import KINDS, Row, deleted_types, read, read_deletions
from throughline.sources.fhir.settings import settings_of
from throughline.sources.files import open_file
from throughline.sources.records import Fault, FileRefusedError

SETTINGS = settings_of(definition("ehr"))
GIVEN = "2026-09-03T05:00:00.000000Z/000000"
META = {"lastUpdated": "2026-09-01T10:00:00.5-04:00", "versionId": "3"}
EXT = SETTINGS.extensions


def lines(*resources: Any) -> bytes:
    """Resources as lines; bytes stay as they are."""
    return b"".join(
        (r if isinstance(r, bytes) else json.dumps(r).encode()) + b"\n" for r in resources
    )


def both(feed: str, data: bytes) -> tuple[list[Row], list[Fault]]:
    """Rows and faults of a file."""
    everything = list(read(io.BytesIO(data), "f.ndjson", KINDS[feed], SETTINGS, GIVEN))
    return [r for r in everything if isinstance(r, Row)], [
        f for f in everything if isinstance(f, Fault)
    ]


def one(feed: str, **resource: Any) -> tuple[Row, dict[str, Any]]:
    """The row of one resource, and its values by column."""
    body = {"resourceType": KINDS[feed].resource_type, "id": "r1", "meta": META, **resource}
    rows, faults = both(feed, lines(body))
    assert faults == []
    values = rows[0].values
    assert values is not None
    return rows[0], dict(zip(KINDS[feed].columns, values, strict=True))


PATIENT = {"resourceType": "Patient", "id": "p1"}


# --- lines


def test_rows_are_numbered_by_line_and_blank_ones_are_none() -> None:
    data = b"\xef\xbb\xbf" + lines(PATIENT) + b"\r\n \n" + lines({**PATIENT, "id": "p2"})[:-1]
    rows, faults = both("patient", data)
    assert ([(r.row, r.source_id) for r in rows], faults) == ([(1, "p1"), (4, "p2")], [])


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16(codec: str) -> None:
    mark = b"\xff\xfe" if codec.endswith("le") else b"\xfe\xff"
    text = lines(
        {**PATIENT, "name": [{"family": "Ł"}]}, b"", {"resourceType": "Patient", "id": "p2"}
    ).decode()
    rows, faults = both("patient", mark + text.encode(codec))
    assert [(r.row, r.source_id) for r in rows] == [(1, "p1"), (3, "p2")]
    assert faults == []
    assert [f.reason for f in both("patient", mark + '{"resourceType'.encode(codec))[1]] == [
        "json_unreadable"
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"{", "json_unreadable"),
        (b"hello", "json_unreadable"),
        (b"[]", "not_a_resource"),
        (b"{}", "not_a_resource"),
        (b'{"resourceType":"Observation","id":"o1"}', "wrong_resource_type"),
        (b'{"resourceType":"Patient"}', "id_missing"),
        (
            b'{"resourceType":"Patient","id":"p1","modifierExtension":[{"url":"urn:x","valueBoolean":true}]}',
            "modifier_not_understood",
        ),
        (b'{"resourceType":"Observation","id":"o1","name":{}}', "wrong_resource_type"),
        (b'{"resourceType":"Patient","id":"p1","name":{"family":"Q"}}', "shape_not_r4"),
        (b'{"resourceType":"Patient","id":"p1","birthDate":1950}', "shape_not_r4"),
        (b'{"resourceType":"Patient","id":"p1","birthDate":"1950-13-40"}', "date_unreadable"),
        (
            b'{"resourceType":"Patient","id":"p1","deceasedDateTime":"yesterday evening"}',
            "time_unreadable",
        ),
        (
            b'{"resourceType":"Patient","id":"p1","meta":{"lastUpdated":"now-ish"}}',
            "last_updated_unreadable",
        ),
        (b'{"resourceType":"Patient","id":"p1","name":[{"family":"\xff"}]}', "not_utf8"),
        (b'{"resourceType":"Patient","id":"p1","x":' + b"[" * 100_000, "json_too_deep"),
    ],
)
def test_a_line_that_cannot_be_used_is_set_aside_and_the_rest_goes_on(
    line: bytes, reason: str
) -> None:
    rows, faults = both("patient", lines(PATIENT, line, {**PATIENT, "id": "p3"}))
    assert [r.row for r in rows] == [1, 3]
    assert [(f.row, f.position, f.reason, f.severity) for f in faults] == [(2, 2, reason, "row")]
    assert faults[0].payload
    assert str(faults[0]) == f"f.ndjson: row 2, position 2: {reason}"


def test_a_fault_knows_the_id_where_one_can_be_seen() -> None:
    assert (
        both("patient", b'{"resourceType":"Patient","id":"p9","name":{}}\n')[1][0].source_id == "p9"
    )


def test_the_last_line_of_a_file_that_broke_off() -> None:
    data = lines(PATIENT, {**PATIENT, "id": "p2"})
    rows, faults = both("patient", data[:-20])
    assert [r.source_id for r in rows] == ["p1"]
    assert [(f.row, f.reason) for f in faults] == [(2, "truncated")]


def test_a_null_character_in_a_name_is_left_out() -> None:
    _, values = one("patient", name=[{"family": "Qu\x00irk"}])
    assert values["family"] == "Quirk"


def test_a_line_that_is_too_long_is_one_row_at_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ndjson, "LONGEST_LINE", 1000)
    rows, faults = both(
        "patient",
        lines(PATIENT, b'{"resourceType":"Patient","x":"' + b"y" * 5000, {**PATIENT, "id": "p3"}),
    )
    assert [r.row for r in rows] == [1, 3]
    assert [(f.row, f.reason) for f in faults] == [(2, "line_too_long")]


def test_packed_files_whole_and_broken(tmp_path: Path) -> None:
    path = tmp_path / "f.ndjson"
    whole = gzip.compress(
        lines(*({**PATIENT, "id": f"p{i}-{i * 7919 % 1000}"} for i in range(3000)))
    )
    counts = {}
    for keep in (len(whole), len(whole) - 4, len(whole) * 2 // 3):
        path.write_bytes(whole[:keep])
        with open_file(path) as stream:
            found = list(read(stream, "f", KINDS["patient"], SETTINGS, GIVEN))
        counts[keep] = [f.reason for f in found if isinstance(f, Fault)]
        assert [one.row for one in found] == list(range(1, len(found) + 1))
    assert list(counts.values()) == [[], ["truncated"], ["truncated"]]
    path.write_bytes(whole[:12])
    with open_file(path) as stream, pytest.raises(FileRefusedError, match="gzip_unreadable"):
        list(read(stream, "f", KINDS["patient"], SETTINGS, GIVEN))


# --- versions


def test_versions_are_the_sources_and_sort_as_text() -> None:
    def version(**meta: str) -> str:
        return one("patient", meta=meta)[0].source_version

    assert version(**META) == "2026-09-01T14:00:00.500000Z/000003"
    newer = version(lastUpdated="2026-09-01T14:00:00.500001Z", versionId="2")
    assert version(**META) < version(**{**META, "versionId": 'W/"10"'}) < newer < GIVEN
    assert version() == version(versionId="7") == GIVEN


def test_a_version_without_offset_is_utc() -> None:
    assert one("patient", meta={"lastUpdated": "2026-09-01T10:00:00"})[0].source_version.startswith(
        "2026-09-01T10:00:00"
    )


# --- deletions


def bundle(*urls: Any) -> dict[str, Any]:
    """A Bundle of DELETE requests."""
    return {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": u}} for u in urls],
    }


def test_deletions_of_each_type() -> None:
    data = lines(
        bundle("Patient/p1", "https://ehr.example/r4/Patient/p2", "Encounter/e1"),
        bundle("Observation/o1"),
    )
    assert deleted_types(io.BytesIO(data), "f") == ({"Patient", "Encounter", "Observation"}, True)
    rows = list(read_deletions(io.BytesIO(data), "f", KINDS["patient"], GIVEN))
    gone = [r for r in rows if isinstance(r, Row)]
    assert gone == rows
    assert [(r.row, r.source_id, r.source_version, r.is_deleted, r.values) for r in gone] == [
        (1, "p1", GIVEN, True, None),
        (2, "p2", GIVEN, True, None),
    ]
    assert [r.row for r in read_deletions(io.BytesIO(data), "f", KINDS["encounter"], GIVEN)] == [3]


def test_an_address_written_with_escaped_slashes() -> None:
    data = lines(bundle("Patient/p1")).replace(b"Patient/p1", b"Patient\\/p1")
    assert deleted_types(io.BytesIO(data), "f") == ({"Patient"}, True)
    assert [
        r.source_id for r in read_deletions(io.BytesIO(data), "f", KINDS["patient"], GIVEN)
    ] == ["p1"]


def test_deletions_that_cannot_be_read_are_accounted_for_once() -> None:
    data = lines(b"{", bundle(None, "Patient/p1"), {"entry": [{}]})
    assert deleted_types(io.BytesIO(data), "f") == ({"Patient"}, False)
    found = list(read_deletions(io.BytesIO(data), "f", KINDS["patient"], GIVEN))
    assert [(f.row, f.reason) for f in found if isinstance(f, Fault)] == [
        (n, "deletion_unreadable") for n in (1, 2, 4)
    ]
    assert [r.row for r in found if isinstance(r, Row)] == [3]
    others = list(
        read_deletions(io.BytesIO(data), "f", KINDS["encounter"], GIVEN, with_unreadable=False)
    )
    assert others == []


# --- people


def test_a_patient() -> None:
    row, v = one(
        "patient",
        identifier=[
            {"system": SETTINGS.mrn_system, "value": "77"},
            {"system": "x", "value": "8", "type": {"coding": [{"code": "SS"}]}},
        ],
        name=[
            {"use": "old", "family": "No"},
            {"use": "official", "family": "Quirk", "given": ["Zebulon", "B"]},
        ],
        gender="male",
        birthDate="1950-02-03",
        active=True,
        telecom=[
            {"system": "email", "value": "a@b", "rank": 1},
            {"system": "phone", "value": "+1 (585) 555-0100", "rank": 2},
        ],
        address=[
            {"use": "work", "city": "X"},
            {
                "use": "home",
                "line": ["12 Elm"],
                "city": "Rochester",
                "state": "NY",
                "postalCode": "14604",
            },
        ],
        communication=[
            {"language": {"coding": [{"code": "en"}]}},
            {"language": {"coding": [{"code": "es"}]}, "preferred": True},
        ],
        generalPractitioner=[{"reference": "Practitioner/d1"}],
        extension=[
            {
                "url": "http://hl7.org/fhir/StructureDefinition/patient-interpreterRequired",
                "valueBoolean": True,
            }
        ],
    )
    assert row.subject_id == "r1"
    assert (v["mrn"], v["family"], v["given"], v["birth_date"], v["sex"]) == (
        "77",
        "Quirk",
        "Zebulon",
        "1950-02-03",
        "M",
    )
    assert (v["phone"], v["preferred_contact"], v["language"], v["interpreter_required"]) == (
        "5855550100",
        "email",
        "es",
        True,
    )
    assert (v["address_line"], v["city"], v["state"], v["postal_code"]) == (
        "12 Elm",
        "Rochester",
        "NY",
        "14604",
    )
    assert (v["general_practitioner_id"], v["is_active"], v["is_deceased"], v["replaced_by"]) == (
        "d1",
        True,
        False,
        None,
    )
    assert json.loads(v["identifiers"])[1] == {"system": "x", "value": "8", "type": "SS"}


@pytest.mark.parametrize(
    ("said", "deceased", "at", "by"),
    [
        ({"deceasedBoolean": True}, True, None, None),
        ({"deceasedBoolean": False}, False, None, None),
        ({}, False, None, None),
        (
            {"deceasedDateTime": "2026-08-01T10:00:00-04:00"},
            True,
            "2026-08-01T14:00:00+00:00",
            "2026-08-01",
        ),
        # late in the evening: the day is the source's, not that of UTC
        (
            {"deceasedDateTime": "2026-08-01T23:30:00-04:00"},
            True,
            "2026-08-02T03:30:00+00:00",
            "2026-08-01",
        ),
        ({"deceasedDateTime": "2026-08-01"}, True, "2026-08-01T04:00:00+00:00", "2026-08-01"),
        ({"deceasedDateTime": "2026-08"}, True, None, "2026-08-31"),
        ({"deceasedDateTime": "2026"}, True, None, "2026-12-31"),
    ],
)
def test_death(said: dict[str, Any], deceased: bool, at: str | None, by: str | None) -> None:
    _, v = one("patient", **said)
    assert (v["is_deceased"], v["deceased_at"], v["deceased_by"]) == (deceased, at, by)


def test_a_merged_patient_names_the_one_who_stays() -> None:
    links = [
        {"other": {"reference": "Patient/old"}, "type": "seealso"},
        {"other": {"reference": "Patient/p2"}, "type": "replaced-by"},
    ]
    _, v = one("patient", active=False, link=links)
    assert (v["replaced_by"], v["is_active"]) == ("p2", False)


def test_null_in_an_array_stands_for_an_element_with_only_an_extension() -> None:
    _, v = one(
        "patient", name=[{"family": "Quirk", "given": [None, "B"]}], address=[{"line": [None]}]
    )
    assert (v["given"], v["address_line"]) == (None, None)


def test_a_confidential_address_by_extension_or_by_label() -> None:
    flagged = [{"extension": [{"url": EXT["confidential_address"], "valueBoolean": True}]}]
    assert one("patient", address=flagged)[1]["confidential_address"] is True
    assert (
        one("patient", meta={**META, "security": [{"code": "R"}]})[1]["confidential_address"]
        is True
    )
    assert one("patient")[1]["confidential_address"] is None


def test_coverage_and_consent() -> None:
    row, v = one(
        "coverage",
        status="active",
        type={"coding": [{"code": "MB"}]},
        subscriberId="1EG4",
        beneficiary={"reference": "Patient/p1"},
        payor=[{"identifier": {"value": "MEDB1"}, "display": "Medicare"}],
        period={"start": "2015-03-01", "end": "2026-12-31"},
        order=1,
        relationship={"coding": [{"code": "self"}]},
        extension=[{"url": EXT["qmb"], "valueBoolean": False}],
    )
    assert row.subject_id == "p1"
    assert list(v.values()) == [
        "active",
        "MB",
        "MEDB1",
        "Medicare",
        "1EG4",
        "2015-03-01",
        "2026-12-31",
        "1",
        "self",
        False,
    ]
    _, v = one(
        "coverage",
        payor=[{"reference": "Organization/o1"}],
        identifier=[{"value": "M2", "type": {"coding": [{"code": "MB"}]}}],
    )
    assert (v["payer_id"], v["member_id"]) == ("o1", "M2")
    row, v = one(
        "consent",
        status="active",
        category=[{"coding": [{"code": "texting"}]}],
        patient={"reference": "Patient/p1"},
        dateTime="2026-08-01T10:00:00Z",
        provision={"type": "permit", "period": {"start": "2026-08-01"}},
    )
    assert (row.subject_id, v["category_code"], v["provision"], v["ends_at"]) == (
        "p1",
        "texting",
        "permit",
        None,
    )


def test_practitioner_organization_and_location() -> None:
    taxonomy = {"coding": [{"system": SETTINGS.taxonomy_system, "code": "207Q00000X"}]}
    _, v = one(
        "practitioner",
        identifier=[{"system": SETTINGS.npi_system, "value": "1457"}],
        name=[{"family": "Stone", "given": ["Mary"]}],
        qualification=[{"code": {"coding": [{"code": "MD"}]}}, {"code": taxonomy}],
    )
    assert list(v.values()) == ["1457", "Stone", "Mary", True, "MD", "207Q00000X", True]
    assert (
        one("practitioner", qualification=[{"code": {"coding": [{"code": "RN"}]}}])[1][
            "is_billable"
        ]
        is False
    )
    assert one("practitioner")[1]["is_billable"] is None
    _, v = one(
        "organization",
        identifier=[{"system": SETTINGS.tax_system, "value": "16"}],
        name="Lakeside",
        type=[taxonomy],
        telecom=[{"system": "phone", "value": "585.555.0100"}],
        address=[{"city": "Rochester"}],
        active=False,
    )
    assert (v["tax_id"], v["taxonomy_code"], v["phone"], v["is_active"]) == (
        "16",
        "207Q00000X",
        "5855550100",
        False,
    )
    _, v = one(
        "location",
        name="R1",
        type=[{"coding": [{"code": "11"}]}],
        managingOrganization={"reference": "Organization/o1"},
    )
    assert (v["place_of_service"], v["organization_id"]) == ("11", "o1")


# --- care


def test_an_encounter() -> None:
    row, v = one(
        "encounter",
        status="finished",
        subject={"reference": "Patient/p1"},
        period={"start": "2026-08-28T09:00:00-04:00", "end": "2026-08-28T13:20:00Z"},
        type=[
            {
                "coding": [
                    {"system": "http://snomed.info/sct", "code": "1"},
                    {"system": "http://www.ama-assn.org/go/cpt", "code": "99213"},
                ]
            }
        ],
        participant=[
            {"individual": {"reference": "Practitioner/first"}},
            {
                "type": [{"coding": [{"code": "ATND"}]}],
                "individual": {"reference": "Practitioner/d1"},
            },
            {
                "type": [{"coding": [{"code": "ATND"}]}],
                "individual": {"reference": "RelatedPerson/x"},
            },
        ],
        hospitalization={
            "admitSource": {"coding": [{"code": "emd"}]},
            "dischargeDisposition": {"coding": [{"system": "s", "code": "home"}]},
        },
        location=[{"location": {"reference": "Location/l1"}}],
        appointment=[{"reference": "Appointment/a1"}],
        serviceProvider={"reference": "Organization/o1"},
        reasonCode=[{"coding": [{"code": "I10"}]}],
        identifier=[{"system": SETTINGS.visit_number_system, "value": "VN1"}],
        **{"class": {"code": "AMB"}},
    )
    assert row.subject_id == "p1"
    assert (v["status"], v["class_code"], v["type_code"], v["practitioner_id"]) == (
        "finished",
        "AMB",
        "99213",
        "d1",
    )
    assert (v["starts_at"], v["ends_at"]) == (
        "2026-08-28T13:00:00+00:00",
        "2026-08-28T13:20:00+00:00",
    )
    assert (v["discharge_disposition_code"], v["admit_source_code"], v["reason_code"]) == (
        "home",
        "emd",
        "I10",
    )
    assert (v["location_id"], v["appointment_id"], v["service_provider_id"], v["visit_number"]) == (
        "l1",
        "a1",
        "o1",
        "VN1",
    )
    led = one("encounter", participant=[{"individual": {"reference": "Practitioner/first"}}])[1]
    assert led["practitioner_id"] == "first"
    assert one("encounter")[1]["practitioner_id"] is None


def test_condition_procedure_and_document() -> None:
    _, v = one(
        "condition",
        code={"coding": [{"system": "icd", "code": "I10"}]},
        onsetDateTime="2020-01-01",
        encounter={"reference": "Encounter/e1"},
    )
    assert (v["code"], v["onset_at"], v["encounter_id"]) == (
        "I10",
        "2020-01-01T05:00:00+00:00",
        "e1",
    )
    _, v = one(
        "procedure",
        status="completed",
        performedPeriod={"start": "2026-08-28T10:00:00Z", "end": "2026-08-28T11:00:00Z"},
        performer=[{"actor": {"reference": "Practitioner/d1"}}],
    )
    assert (v["starts_at"], v["ends_at"], v["practitioner_id"]) == (
        "2026-08-28T10:00:00+00:00",
        "2026-08-28T11:00:00+00:00",
        "d1",
    )
    _, v = one(
        "document_reference",
        status="current",
        docStatus="final",
        type={"coding": [{"system": "http://loinc.org", "code": "11506-3"}]},
        context={"encounter": [{"reference": "Encounter/e1"}]},
        author=[{"reference": "Practitioner/d1"}],
        authenticator={"reference": "Practitioner/d2"},
        extension=[{"url": EXT["authenticated_at"], "valueDateTime": "2026-08-29T08:00:00Z"}],
    )
    assert (v["doc_status"], v["encounter_id"], v["author_id"], v["authenticator_id"]) == (
        "final",
        "e1",
        "d1",
        "d2",
    )
    assert v["authenticated_at"] == "2026-08-29T08:00:00+00:00"


def test_communication_and_task() -> None:
    _, v = one(
        "communication",
        status="completed",
        statusReason={"coding": [{"code": "reached"}]},
        sent="2026-08-29T14:00:00Z",
        basedOn=[{"reference": "CommunicationRequest/c1"}],
        about=[{"reference": "Encounter/e1"}],
        medium=[{"coding": [{"code": "PHONE"}]}],
    )
    assert (
        v["outcome_code"],
        v["medium_code"],
        json.loads(v["based_on"]),
        json.loads(v["about"]),
    ) == ("reached", "PHONE", ["c1"], ["e1"])
    row, v = one(
        "task",
        status="completed",
        identifier=[
            {"system": SETTINGS.task_systems[1], "value": "t"},
            {"system": SETTINGS.task_systems[0], "value": "effect"},
        ],
        focus={"reference": "Encounter/e1"},
        businessStatus={"coding": [{"code": "done"}]},
        **{"for": {"reference": "Patient/p1"}},
    )
    assert (
        row.subject_id,
        v["our_identifier"],
        json.loads(v["based_on"]),
        v["business_status"],
    ) == ("p1", "effect", ["e1"], "done")


# --- money


def test_a_charge() -> None:
    extensions = [
        {"url": EXT["modifier"], "valueCode": "25"},
        {"url": EXT["mdm_level"], "valueCode": "high"},
        {"url": EXT["no_charge_reason"], "valueString": "courtesy"},
        {"url": EXT["self_pay_restriction"], "valueBoolean": True},
    ]
    row, v = one(
        "charge_item",
        status="billable",
        code={"coding": [{"system": "cpt", "code": "99495"}]},
        subject={"reference": "Patient/p1"},
        context={"reference": "Encounter/e1"},
        quantity={"value": 2},
        priceOverride={"value": 250.5},
        extension=extensions,
        reason=[{"coding": [{"code": "I10"}]}, {"text": "x"}],
        performer=[{"actor": {"reference": "Practitioner/d1"}}],
        occurrenceDateTime="2026-08-28",
    )
    assert (row.subject_id, v["encounter_id"], v["code"], v["modifiers"], v["diagnoses"]) == (
        "p1",
        "e1",
        "99495",
        ["25"],
        ["I10"],
    )
    assert (v["quantity"], v["unit_price"], v["amount"], v["mdm_level"]) == (
        "2.0",
        "125.25",
        "250.5",
        "high",
    )
    assert (v["no_charge_reason"], v["is_self_pay_restricted"], v["global_period"]) == (
        "courtesy",
        True,
        None,
    )


def test_an_amount_that_no_money_is() -> None:
    body = b'{"resourceType":"ChargeItem","id":"c","priceOverride":{"value":1e15}}\n'
    assert [f.reason for f in both("charge_item", body)[1]] == ["amount_unreadable"]


def test_a_claim_of_the_ehr_with_its_lines() -> None:
    row, v = one(
        "claim",
        identifier=[{"system": SETTINGS.control_number_system, "value": "B1"}],
        status="active",
        use="claim",
        type={"coding": [{"code": "professional"}]},
        patient={"reference": "Patient/p1"},
        total={"value": 350, "currency": "USD"},
        billablePeriod={"start": "2026-08-28", "end": "2026-08-28"},
        insurance=[{"focal": False}, {"focal": True, "coverage": {"display": "Medicare"}}],
        diagnosis=[{"sequence": 1, "diagnosisCodeableConcept": {"coding": [{"code": "I10"}]}}],
        item=[
            {
                "productOrService": {"coding": [{"code": "99495"}]},
                "net": {"value": 250},
                "encounter": [{"reference": "Encounter/e1"}],
                "diagnosisSequence": [1, 2],
            },
            {
                "productOrService": {"coding": [{"code": "93000"}]},
                "modifier": [{"coding": [{"code": "25"}]}],
                "servicedDate": "2026-08-29",
            },
        ],
    )
    assert (v["patient_control_number"], v["kind"], v["total_charge"], v["payer_name"]) == (
        "B1",
        "fhir:professional",
        "350.0",
        "Medicare",
    )
    assert (v["diagnoses"], v["encounter_id"]) == (["I10"], "e1")
    names = KINDS["claim"].child_columns
    (first_id, first), (second_id, second) = (
        (i, dict(zip(names, w, strict=True))) for i, w in row.children
    )
    assert (first_id, second_id) == ("r1#1", "r1#2")
    assert (first["code"], first["charge"], first["service_from"], first["diagnosis_pointers"]) == (
        "99495",
        "250.0",
        "2026-08-28",
        "1:2",
    )
    assert (second["modifiers"], second["service_from"], second["service_to"]) == (
        ["25"],
        "2026-08-29",
        "2026-08-29",
    )


def test_a_notice_of_payment() -> None:
    notice: dict[str, Any] = {
        "status": "active",
        "request": {"identifier": {"system": SETTINGS.control_number_system, "value": "B1"}},
        "amount": {"value": 20},
        "paymentDate": "2026-09-01",
        "paymentStatus": {"coding": [{"code": "paid"}]},
        "payment": {"reference": "X/r9"},
        "extension": [
            {"url": EXT["patient"], "valueReference": {"reference": "Patient/p1"}},
            {"url": EXT["recorder"], "valueString": "Kim"},
        ],
    }
    row, v = one("payment_notice", **notice)
    assert (
        row.subject_id,
        v["patient_control_number"],
        v["amount"],
        v["recorder"],
        v["receipt_number"],
    ) == ("p1", "B1", "20.0", "Kim", "r9")
    notice["request"]["identifier"]["system"] = "urn:somebody-else"
    assert one("payment_notice", **notice)[1]["patient_control_number"] is None
