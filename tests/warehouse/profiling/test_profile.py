"""The profile of a source's files: what a first night would make of them, and nothing of a patient."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.unit.throughline.sources import wire
from throughline import warehouse
from throughline.profiling import page, text, words
from throughline.profiling.meanings import CODED, KEYS, PERSONAL
from throughline.profiling.profile import profile
from throughline.profiling.rehearsal import NothingToProfile
from throughline.profiling.shapes import Codes, Feed, Field, SourceProfile, Table
from throughline.sources import definition
from throughline.sources.source import CarriesNothing

AS_OF = date(2026, 9, 3)
PDFS = CarriesNothing("*.pdf", "Ann Lee", date(2026, 9, 2))
MRN_SYSTEM = definition("ehr").conventions["mrn_system"]

# Whom nobody may find in a profile: in the fields where they belong, and where they do not.
FAMILY, GIVEN, MRN = "Quetzalcoatl", "Hildegund", "77310"
BIRTH, PHONE, MEMBER = "1931-07-19", "8005550199", "W4417Z"
STREET, STRANGER = "4 Heliotrope Row", "Bartholomew"
SECRETS = (FAMILY, GIVEN, MRN, BIRTH, "19310719", "1931", PHONE, "0199", MEMBER, STREET, STRANGER)


def patient(number: int, **parts: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": f"patient-{number}",
        "identifier": [{"system": MRN_SYSTEM, "value": f"{80000 + number}"}],
        "name": [{"family": f"Fam{number}", "given": [f"Giv{number}"]}],
        "birthDate": "1950-01-01",
        "gender": "female",
    } | parts


def encounter(number: int, of: int = 1, **parts: Any) -> dict[str, Any]:
    return {
        "resourceType": "Encounter",
        "id": f"encounter-{number}",
        "status": "finished",
        "class": {"code": "AMB"},
        "subject": {"reference": f"Patient/patient-{of}"},
        "period": {"start": "2026-08-01T09:00:00Z", "end": "2026-08-01T10:00:00Z"},
    } | parts


def lines(*resources: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(one).encode() + b"\n" for one in resources)


def stay(disposition: str) -> dict[str, Any]:
    return {"dischargeDisposition": {"coding": [{"code": disposition}]}}


INPATIENT: dict[str, Any] = {"class": {"code": "IMP"}}


PLANTED = patient(
    0,
    identifier=[{"system": MRN_SYSTEM, "value": MRN}, {"system": f"urn:{FAMILY}", "value": MRN}],
    name=[{"family": FAMILY, "given": [GIVEN], "text": f"{GIVEN} {FAMILY}"}],
    birthDate=BIRTH,
    telecom=[{"system": "phone", "value": PHONE}],
    address=[{"line": [STREET], "city": "Lakeside"}],
    text={"div": f"<div>{GIVEN} {FAMILY}</div>"},
    contact=[{"name": {"family": STRANGER}}],
    extension=[{"url": f"http://example.org/{FAMILY.lower()}", "valueString": f"born {BIRTH}"}],
    gender=STRANGER,
    communication=[{"language": {"coding": [{"code": FAMILY.upper()}]}}],
    **{f"{STRANGER} {MRN}": True},
)

FOLDER: dict[str, bytes] = {
    "Patient.ndjson": lines(
        PLANTED,
        *(patient(n) for n in range(1, 8)),
        patient(8, identifier=[{"system": MRN_SYSTEM, "value": "80001"}]),
        patient(9, birthDate="2199-01-01"),
        patient(10, birthDate="0001-01-01"),
    ),
    f"Patient-{FAMILY.lower()}.ndjson": lines(patient(7), patient(11)) + b'{"resourceType":"Pa',
    "Encounter.ndjson": lines(
        *(encounter(n, n, **{"class": {"code": "EMER"}}) for n in range(1, 6)),
        encounter(6, hospitalization=stay("01"), **INPATIENT),
        encounter(7, hospitalization=stay("77"), **INPATIENT),
        encounter(8, hospitalization=stay(MRN), **INPATIENT),
        encounter(9, hospitalization=stay(GIVEN), **INPATIENT),
        encounter(10, hospitalization=stay("19310719"), **INPATIENT),
        encounter(11, hospitalization=stay(f"ask {STRANGER}"), **INPATIENT),
        encounter(12, status=STRANGER),
        encounter(13, status=BIRTH),
        encounter(14, type=[{"coding": [{"system": "urn:x", "code": MEMBER}]}]),
        encounter(15, period={"start": "2101-01-01"}),
        encounter(16, period={"start": "1066-10-14"}),
        encounter(17, of=4711),
        # of a visit nobody asks where the patient went
        encounter(18, hospitalization=stay("78")),
        encounter(19, 2, **{"class": {"code": "X7"}}),
    )
    + b"no json at all\n",
    "Coverage.ndjson": lines(
        *(
            {
                "resourceType": "Coverage",
                "id": f"coverage-{n}",
                "status": "active",
                "subscriberId": MEMBER,
                "beneficiary": {"reference": f"Patient/patient-{n}"},
                "payor": [{"identifier": {"value": "PLAN1"}, "display": STRANGER}],
            }
            for n in range(2)
        )
    ),
    "Observation.ndjson": lines(
        {"resourceType": "Observation", "id": "o1", "valueString": f"{GIVEN} is well"}
    ),
    "notes.txt": f"{GIVEN} {FAMILY}, born {BIRTH}\n".encode(),
}

Made = Callable[[str, dict[str, bytes]], SourceProfile]


@pytest.fixture(scope="module")
def made(kept_warehouse: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Made:
    """Profile files of a source, in a warehouse of their own."""

    def profiled(source: str, files: dict[str, bytes]) -> SourceProfile:
        folder, root = tmp_path_factory.mktemp("folder"), tmp_path_factory.mktemp("root")
        for name, content in files.items():
            (folder / name).write_bytes(content)
        with warehouse.connect(kept_warehouse(), loading=True) as conn:
            of = replace(definition(source), carries_nothing=(PDFS,))
            found = profile(conn, of, folder, AS_OF, root, "a folder")
            conn.rollback()
        assert {file.name: file.read_bytes() for file in folder.iterdir()} == files
        return found

    return profiled


@pytest.fixture(scope="module")
def found(made: Made) -> SourceProfile:
    return made("ehr", FOLDER)


def feed(p: SourceProfile, name: str) -> Feed:
    return next(one for one in p.feeds if one.name == name)


def table(p: SourceProfile, name: str) -> Table:
    return next(one for each in p.feeds for one in each.tables if one.name == name)


def field(p: SourceProfile, of: str, name: str) -> Field:
    return next(one for one in table(p, of).fields if one.name == name)


def codes(p: SourceProfile, of: str, name: str) -> Codes:
    found = field(p, of, name).codes
    assert found is not None
    return found


def findings(p: SourceProfile) -> str:
    return "\n".join(f"{one.about}: {one.text}" for one in words.findings(p))


# ---- nobody is in it ---------------------------------------------------------------------------


@pytest.mark.parametrize("told", [text.render, page.render], ids=["text", "page"])
def test_nothing_of_a_patient_is_told(
    found: SourceProfile, told: Callable[[SourceProfile], str]
) -> None:
    # numbers are split by commas for people, and must not hide by it
    said = told(found).lower().replace(",", "")
    assert [secret for secret in SECRETS if secret.lower() in said] == []


def test_what_is_not_shown_is_counted(found: SourceProfile) -> None:
    dispositions = codes(found, "encounter", "discharge_disposition_code")
    assert [one.value for one in dispositions.values] == ["01", "77", "78"]
    assert (dispositions.hidden, dispositions.hidden_rows) == (4, 4)
    assert "4 values not shown, in 4 rows" in " ".join(text.render(found).split())


def test_a_file_that_is_named_after_a_patient_is_told_by_number(found: SourceProfile) -> None:
    names = [file.name for file in found.files]
    assert "Patient.ndjson" in names
    assert [name for name in names if re.fullmatch(r"\(file \d\)", name)]


# ---- what a first night would make of it -------------------------------------------------------


def test_rows_are_counted_as_a_night_counts_them(found: SourceProfile) -> None:
    patients = feed(found, "patient")
    assert (patients.verdict, patients.received, patients.set_aside) == ("quarantine", 14, 3)
    assert feed(found, "consent").verdict is None
    assert feed(found, "coverage").verdict == "pass"
    assert "no file for" in findings(found)
    assert "consent" in findings(found)


def test_garbage_is_told_with_file_and_row_and_the_rest_is_read(found: SourceProfile) -> None:
    refused = next(file for file in found.files if file.name == "notes.txt")
    assert (refused.status, refused.reason, refused.position) == ("refused", "no_resource", 1)
    assert "notes.txt refused at 1: no resource" in findings(found)
    faults = {fault.reason: fault for fault in feed(found, "encounter").faults}
    assert faults["json unreadable"].place == "Encounter.ndjson, row 20"
    assert faults["json unreadable"].outcome == "set aside"
    assert faults["starts_at in the future"].rows == 1
    assert "truncated" in {fault.reason for fault in feed(found, "patient").faults}


def test_a_patient_of_the_same_files_is_known(found: SourceProfile) -> None:
    faults = {fault.reason: fault for fault in feed(found, "encounter").faults}
    assert (faults["patient not known"].rows, faults["patient not known"].outcome) == (1, "noted")


def test_a_file_of_no_feed_is_told(found: SourceProfile) -> None:
    assert "no feed of this source reads Observation.ndjson" in findings(found)


# ---- fields ------------------------------------------------------------------------------------


def test_a_field_is_told_with_share_and_distinct_values(found: SourceProfile) -> None:
    starts = field(found, "encounter", "starts_at")
    assert (starts.kind, starts.rows, starts.filled, starts.distinct) == ("date", 19, 19, 3)
    phone = field(found, "patient", "phone")
    assert (phone.kind, phone.filled, phone.codes) == ("text", 1, None)
    assert words.percent(phone) == "7.7%"


def test_only_columns_that_the_reader_fills_are_told(found: SourceProfile) -> None:
    assert {one.name for one in table(found, "coverage").fields} >= {"status", "member_id"}
    assert not {one.name for one in table(found, "patient").fields} & {"batch_id", "known_seq"}


def test_a_code_map_and_what_it_does_not_know(found: SourceProfile) -> None:
    classes = codes(found, "encounter", "class_code")
    meanings = {one.value: one.meaning for one in classes.values}
    assert meanings == {"AMB": "office", "IMP": "inpatient", "EMER": None, "X7": None}
    # EMER is a word of the list, and a night says nothing of it
    assert [(one.value, one.rows) for one in classes.unmapped] == [("X7", 1)]
    assert "class_code has 1 code without a meaning here: X7 (1)" in findings(found)
    place = "write what each means under conventions/codes/encounter.class_code of include/definitions/sources/ehr.yaml"
    assert f"X7 (1); {place}" in findings(found)
    dispositions = codes(found, "encounter", "discharge_disposition_code")
    assert dispositions.values[0].meaning == "home"
    assert "map disposition" in " ".join(text.render(found).split())
    assert "map disposition" in page.render(found)
    assert dispositions.unmapped_count == 5
    assert "5 codes without a meaning here: 77 (1) and 4 more; first in Encounter" in findings(
        found
    )
    # whoever has the file can look there: what stands in it may be a name, and is not shown
    assert len(dispositions.places) == 3
    of_stays = {f"Encounter.ndjson, row {number}" for number in (8, 9, 10, 11)}
    assert set(dispositions.places) < of_stays


def test_a_code_that_the_reader_does_not_know(found: SourceProfile) -> None:
    genders = dict(found.translated)["Patient gender"]
    assert [(one.value, one.meaning) for one in genders.values] == [("female", "F")]
    assert "Patient gender has 1 code without a meaning here: 1 not shown" in findings(found)


def test_dates_out_of_range(found: SourceProfile) -> None:
    birth = field(found, "patient", "birth_date")
    assert (birth.too_early, birth.too_late, birth.first_year) == (1, 1, None)
    assert "birth_date: 1 row before 1900, 1 row in the future" in findings(found)
    starts = field(found, "encounter", "starts_at")
    assert (starts.too_early, starts.too_late) == (1, 1)
    assert (starts.first_year, starts.last_year) == (1066, 2101)


def test_keys_that_are_not_unique(found: SourceProfile) -> None:
    keys = {key.columns: key for key in table(found, "patient").keys}
    assert (keys["source_id",].shared, keys["source_id",].rows) == (1, 2)
    assert (keys["mrn",].shared, keys["mrn",].rows) == (1, 2)
    member = next(key for key in table(found, "coverage").keys if "member_id" in key.columns)
    assert member.shared == 1
    assert "mrn is not unique: 1 value shared, in 2 rows" in findings(found)


def test_what_no_reader_looks_at(found: SourceProfile) -> None:
    types = {one.name: one for one in found.types}
    assert {one.path for one in types["Patient"].unread} >= {"contact", "name.text", "text"}
    assert "Patient, 13 records: " in text.render(found)


# ---- other standards, other ends ---------------------------------------------------------------


def test_messages_of_hl7_v2(made: Made) -> None:
    siu = (
        "MSH|^~\\&|S|F|R|F|20260903120000||SIU^S12|{n}|P|2.5\r"
        "SCH|P{n}|F{n}|||||CHECKUP||||^^^20260910090000||||||||||||||NS\r"
        "PID|1||9910{n}^^^LAKESIDE^MR||" + FAMILY + "^" + GIVEN + "||19310719|F\r"
    )
    adt = siu.format(n=9).replace("SIU^S12", "ADT^A01")
    sent = "".join(siu.format(n=n) for n in range(3)) + adt
    p = made("scheduling", {"a.hl7": sent.encode()})
    assert table(p, "appointment").rows == 3
    assert "SIU SCH-25 status has 1 code without a meaning here: NS (3)" in findings(p)
    assert "ADT, 1 record: not read by any feed of this source" in text.render(p)
    said = text.render(p) + page.render(p)
    assert not [each for each in (FAMILY, GIVEN, "19310719", "99101") if each in said]


def test_interchanges_of_x12(made: Made) -> None:
    body = [
        "BHT*0019*00*B1*20260903*1201*CH",
        "HL*1**20*1",
        "NM1*85*2*CLINIC*****XX*1457000005",
        "HL*2*1*22*0",
        "SBR*P*18*******MB",
        f"NM1*IL*1*{FAMILY}*{GIVEN}****MI*{MEMBER}",
        "DMG*D8*19310719*F",
        "NM1*PR*2*PLAN*****PI*PL1",
        *wire.claim("C1"),
    ]
    p = made("clearinghouse", {"a.x12": wire.simple(wire.CLAIMS, body)})
    assert (table(p, "claim").rows, table(p, "claim_line").rows) == (1, 1)
    assert [one.value for one in codes(p, "claim_line", "code").values] == ["99213"]
    assert any(one.path == "CLM-06" for one in p.types[0].unread)
    said = text.render(p) + page.render(p)
    assert not [each for each in (FAMILY, GIVEN, MEMBER, "19310719", "1931") if each in said]


def test_an_empty_folder_is_nothing_to_profile(made: Made) -> None:
    with pytest.raises(NothingToProfile, match="has no files"):
        made("ehr", {})


def test_a_system_without_feeds_is_nothing_to_profile(made: Made) -> None:
    with pytest.raises(NothingToProfile, match="billing has no feeds"):
        made("billing", {"a.txt": b"x"})


def test_a_folder_in_which_nothing_can_be_read(made: Made) -> None:
    p = made("ehr", {"a.bin": b"\x00\x01\x02", "b.PDF": b"%PDF-1.7"})
    assert p.files[0].status == "refused"
    said = (
        "By its definition, files *.pdf carry nothing, says Ann Lee (2026-09-02), 1 of these files."
    )
    assert said in " ".join(text.render(p).split())
    assert said in page.render(p)
    assert "a.bin refused" in text.render(p)
    assert page.render(p)


def test_the_columns_that_are_told_apart_are_there(new_warehouse: Callable[[], str]) -> None:
    with warehouse.connect(new_warehouse()) as conn:
        there = {
            (name, column)
            for name, column in conn.execute(
                "select table_name, column_name from information_schema.columns"
                " where table_schema = 'staging'"
            ).fetchall()
        }
    assert (CODED | PERSONAL) - {column for _, column in there} == set()
    for name, keys in KEYS.items():
        assert {(name, c) for columns, of in keys for c in (*columns, of)} <= there
    assert set() == CODED & PERSONAL
