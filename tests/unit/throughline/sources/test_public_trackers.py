"""Odd inputs that people reported in public trackers: docs/foreign-inputs.md names the source of each."""

from __future__ import annotations

import io
from typing import Any

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.test_hl7v2 import one, read
from tests.unit.throughline.sources.test_ndjson import META, both, lines
from tests.unit.throughline.sources.test_ndjson import one as resource
from tests.unit.throughline.sources.wire import (
    CLAIMS,
    REMITTANCE,
    claim,
    claims,
    file_of,
    found,
    group,
    interchange,
    payment,
    remittance,
    transaction,
)
from throughline.sources.definitions import definition
from throughline.sources.records import FileRefusedError
from throughline.sources.x12.standard import X12
from throughline.transports.files import RemoteFile

PLAIN = wire.siu()
BOTH = wire.siu(control="M1") + wire.siu(control="M2")


# --- HL7 v2


@pytest.mark.parametrize(
    "message",
    [
        # a line end in a text, while CR ends segments; also where what follows looks like one
        PLAIN.replace("RGS|1", "NTE|1||first line\nsecond line\rRGS|1"),
        PLAIN.replace("RGS|1", "NTE|1||see\nPV1 note|x\rRGS|1"),
        PLAIN.replace("RGS|1", "NTE|1||see MSH|^~\\& of M7\rRGS|1"),
        PLAIN.replace("\r", "|||\r"),
        PLAIN.replace("|EHR|LAKESIDE|", "|EHR|^^|"),
        PLAIN.replace("MSH|^~\\&|", "MSH|^~\\&#|"),
        PLAIN.replace("^", ":"),
        PLAIN.replace("\r", "\r\n\r\n \r\n"),
        PLAIN.replace("PID|1|", "PID||"),
        PLAIN.replace("SIU^S12|", "SIU^S12^SIU_S12|").replace("|P|2.5", "|P|2.5.1^USA&&ISO"),
        PLAIN.replace("|Booked", "| Booked ").replace("Quirk", "Quirk "),
        PLAIN.replace("20260910143000", "202609101430"),
        PLAIN.replace("RGS|1\r", ""),
        PLAIN + "ZZZ|1|x\r",
        PLAIN + "\0\0\0",
        PLAIN + "\x1a",
        "FHS|^~\\&|\rBHS|^~\\&|\r" + PLAIN + "BTS|1\rFTS|1\r",
        "FHS|^~\\&||||||\rBHS|^~\\&||||||\r" + PLAIN + "BTS|1\rFTS|1\r",
        "\x0b\x0b" + PLAIN + "\x1c\r\x1c\r",
        # a patient who is named twice is one
        PLAIN.replace("\rPV1", "\r" + PLAIN.split("\r")[2] + "\rPV1"),
    ],
)
def test_a_message_that_other_readers_stumble_over(message: str) -> None:
    a, plain = one(message), one(PLAIN)
    same = ("status", "starts_at", "family", "given", "phone", "practitioner_npi", "source_id")
    assert [getattr(a, name, None) for name in same] == [
        getattr(plain, name, None) for name in same
    ]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        (r"Zeb\X0D0A\ulon", "Zeb ulon"),
        (r"Zebulon\.br\\.br\J", "Zebulon J"),
        ("Zebulon\\X09\\", "Zebulon"),
        ("Zebulon\u200dJ", "Zebulon\u200dJ"),
    ],
)
def test_a_name_is_one_line(sent: str, kept: str) -> None:
    assert one(PLAIN.replace("Zebulon", sent)).given == kept


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (PLAIN.replace("\r", "\\r"), "appointment_without_identifier"),
        (PLAIN.replace("\r", ""), "appointment_without_identifier"),
        (PLAIN.replace("\rSCH", "\rsch"), "appointment_without_identifier"),
        ("MSH|^~\\&|\r", "message_type_missing"),
        (PLAIN.replace("SIU^S12|", "SIU|"), "trigger_event_missing"),
        (wire.siu(at="2026-09-03T12:00:00"), "message_time_unreadable"),
        (PLAIN.replace("20260910143000", "2026-09-10T14:30:00"), "appointment_without_start"),
        (PLAIN.replace("20260910143000", "20260910240000"), "appointment_without_start"),
        (PLAIN.replace("20260910143000", "20260910143000Z"), "appointment_without_start"),
    ],
)
def test_a_message_that_cannot_be_read_is_told(message: str, reason: str) -> None:
    assert [fault.reason for fault in read(message)[1]] == [reason]


def test_an_appointment_of_several_patients_is_nobodys_until_it_is_decided() -> None:
    """It books each of them; the first alone would leave the others without their visit."""
    other = "PID|2||88^^^LAKESIDE^MR||Other^Ann||19600101|F\r"
    a, faults = read(PLAIN.replace("RGS|1", other + "RGS|1") + wire.siu(control="M2"))
    assert [each.control_id for each in a] == ["M2"]
    assert [(f.reason, f.severity, f.subject_id) for f in faults] == [
        ("several_patients", "row", None)
    ]


# --- X12

BODY = remittance(payment("A1"), payment("A2"))
PAID = interchange(group(REMITTANCE, transaction(REMITTANCE, BODY)))
SENT = interchange(group(CLAIMS, transaction(CLAIMS, claims(claim("C1"), claim("C2")))))
SHORT = "ISA*00*NA *00*NA *ZZ*NA *ZZ*ABC *150415*1332*^*00501*000000001*0*T*:"


def changed(old: str, new: str, where: str = "") -> list[str]:
    return [s.replace(old, new) if s.startswith(where) else s for s in PAID]


@pytest.mark.parametrize(
    "data",
    [
        file_of(PAID, "\n")[:-1],
        file_of(PAID, end="\n\n \n"),
        file_of(PAID, end="\n    "),
        file_of([PAID[0], *(s + "**" for s in PAID[1:])]),
        file_of(changed("QUIRK", "ISAAC")),
        file_of(changed("QUIRK*ZEB", "ISA*ZEB")),
        file_of([SHORT, *PAID[1:]]),
        file_of(changed("GS*HP*HOUSE*CLINIC", "GS*HP**")),
        file_of([PAID[0].replace("*^*00501", "*`*00402"), *PAID[1:]]),
        file_of([PAID[0].replace("260903*1201", "000000*0000"), *PAID[1:]]),
        file_of(changed("*20260903*1201*1*X", "*260903*1201*1*X")),
        file_of([PAID[0].replace("*P*:", "*P*~"), *PAID[1:]], "|"),
        file_of(changed("CAS*PR*1*", "CAS*PR*P23*")),
        file_of([s + "*470*1.5*0" if s.startswith("CLP") else s for s in PAID]),
        file_of(PAID).replace(b"HOUSE          *ZZ", b"HOUSE\r\n*ZZ"),
        file_of(PAID) + b"\x1a",
        file_of(PAID) + b"\0" * 80,
    ],
)
def test_an_835_that_other_readers_stumble_over(data: bytes) -> None:
    records, faults = found(data)
    assert ([r.patient_control_number for r in records], faults) == (["A1", "A2"], [])
    assert [r.paid_amount for r in records] == [80, 80]


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (file_of(changed("SE*", "SE*39", "SE")), "wrong_segment_count"),
        (file_of(PAID, "~~"), "text_outside_interchange"),
        (b"-----BEGIN-----\r\n" + file_of(PAID), "text_outside_interchange"),
        (b"<html><pre>" + file_of(PAID) + b"</pre></html>", "text_outside_interchange"),
    ],
)
def test_an_835_with_something_around_it_is_read_and_counted(data: bytes, told: str) -> None:
    records, faults = found(data)
    assert [r.patient_control_number for r in records] == ["A1", "A2"]
    assert {(f.reason, f.severity) for f in faults} == {(told, "warning")}


@pytest.mark.parametrize(
    "segments",
    [changed("CLP*", "clp*"), changed("CLP*", "CLP *")],
)
def test_an_835_whose_claims_are_not_seen_is_held(segments: list[str]) -> None:
    records, faults = found(file_of(segments))
    assert (records, [f.reason for f in faults]) == ([], ["payment_without_claims"])


def test_a_file_of_which_nothing_can_be_read_is_refused() -> None:
    data = file_of(PAID).replace(b"~", b"~\\n")
    house, file = definition("clearinghouse"), RemoteFile("f.835", len(data), None)
    try:
        contents = X12().scan(io.BytesIO(data), file, house)
    except FileRefusedError:
        return
    # no feed of the source: the file is refused as one that is not used
    assert not any(contents.feeds.values())


def test_a_day_of_service_that_is_a_range_of_one_day() -> None:
    dated = [s.replace("DTP*472*D8*20260828", "DTP*472*RD8*20260828-20260828") for s in SENT]
    records, faults = found(file_of(dated))
    assert [r.lines[0].service_from.isoformat() for r in records] == ["2026-08-28"] * 2
    assert faults == []


# --- FHIR

VISIT: dict[str, Any] = {
    "status": "finished",
    "class": {"code": "AMB"},
    "subject": {"reference": "Patient/p1"},
    "period": {"start": "2026-09-01T10:00:00Z", "end": "2026-09-01T10:30:00Z"},
}


@pytest.mark.parametrize(
    ("start", "at"),
    [
        ("2026-09-01T23:59:60Z", "2026-09-02T00:00:00+00:00"),
        ("2026-09-01T23:59:60.5-04:00", "2026-09-02T04:00:00.500000+00:00"),
        ("2026-09-01T10:00:00", "2026-09-01T14:00:00+00:00"),
        ("2026-09-01", "2026-09-01T04:00:00+00:00"),
    ],
)
def test_when_a_visit_begins(start: str, at: str) -> None:
    _, values = resource("encounter", **VISIT | {"period": {"start": start, "end": None}})
    assert (values["starts_at"], values["ends_at"]) == (at, None)


def test_a_record_that_changed_in_a_leap_second() -> None:
    body = {"resourceType": "Encounter", "id": "r1", **VISIT}
    rows, faults = both(
        "encounter", lines(body | {"meta": {"lastUpdated": "2026-06-30T23:59:60Z"}})
    )
    assert (rows[0].source_version[:26], faults) == ("2026-07-01T00:00:00.000000", [])


@pytest.mark.parametrize(
    ("start", "reason"),
    [("2026-09-01T24:00:00Z", "time_unreadable"), ("2026-09-01T10:60:00Z", "time_unreadable")],
)
def test_a_time_that_is_none(start: str, reason: str) -> None:
    body = {"resourceType": "Encounter", "id": "r1", "meta": META, **VISIT}
    rows, faults = both("encounter", lines(body | {"period": {"start": start}}))
    assert (rows, [f.reason for f in faults]) == ([], [reason])


def test_a_visit_that_ends_after_the_clocks_were_set_back() -> None:
    period = {"start": "2026-11-01T01:30:00-04:00", "end": "2026-11-01T01:10:00-05:00"}
    _, values = resource("encounter", **VISIT | {"period": period})
    assert values["starts_at"] < values["ends_at"]


@pytest.mark.parametrize(
    ("reference", "subject"),
    [
        ({"reference": "Patient/p1"}, "p1"),
        ({"reference": "Patient/p1/_history/3"}, "p1"),
        ({"reference": "https://ehr.example/fhir/Patient/p1"}, "p1"),
        ({"reference": "Patient?identifier=urn:x|MRN7"}, None),
        ({"reference": "#p1"}, None),
        ({"reference": "Group/p1"}, None),
    ],
)
def test_whose_visit_it_is(reference: dict[str, str], subject: str | None) -> None:
    row, _ = resource("encounter", **VISIT | {"subject": reference})
    assert row.subject_id == subject


@pytest.mark.parametrize(
    "who",
    [
        {"reference": "Practitioner?identifier=http://hl7.org/fhir/sid/us-npi|1457000005"},
        {"identifier": {"system": "http://hl7.org/fhir/sid/us-npi", "value": "1457000005"}},
    ],
)
def test_a_practitioner_who_is_named_by_the_npi(who: dict[str, Any]) -> None:
    _, values = resource("encounter", **VISIT | {"participant": [{"individual": who}]})
    assert values["practitioner_id"] == "1457000005"


@pytest.mark.parametrize(
    ("family", "kept"),
    [("Quirk\n", "Quirk"), ("Quirk\r\nJr.", "Quirk Jr."), ("\t", None), ("Qu\u2028irk", "Qu irk")],
)
def test_a_name_in_a_chart_is_one_line(family: str, kept: str | None) -> None:
    _, values = resource("patient", name=[{"family": family, "given": ["Zeb\nJ"]}])
    assert (values["family"], values["given"]) == (kept, "Zeb J")


PATIENT = lines({"resourceType": "Patient", "id": "p1", "meta": META})


@pytest.mark.parametrize(
    ("data", "ids", "reasons"),
    [
        (b'{"resourceType":"OperationOutcome"}\n' + PATIENT, ["p1"], ["wrong_resource_type"]),
        (b"null\n" + PATIENT, ["p1"], ["not_a_resource"]),
        (PATIENT[:-1] + b",\n" + PATIENT, ["p1"], ["json_unreadable"]),
        (b"[" + PATIENT[:-1] + b"]\n", [], ["shape_not_r4"]),
        (PATIENT[:-1] + PATIENT, [], ["json_unreadable"]),
        (b"\x1e" + PATIENT, [], ["json_unreadable"]),
        (
            b'{"resourceType":"Patient","id":"p1","multipleBirthInteger":NaN}\n',
            [],
            ["json_unreadable"],
        ),
        (
            b'{"resourceType":"Patient","id":"p1","name":[{"family":"\\ud800"}]}\n',
            [],
            ["json_unreadable"],
        ),
        (b'{"resourceType":"Patient","id":"p1","name":{"family":"Quirk"}}\n', [], ["shape_not_r4"]),
        (b'{"resourceType":"Patient","id":"p1","deceasedBoolean":"true"}\n', [], ["shape_not_r4"]),
        (
            b'{"resourceType":"Encounter","id":"e1","class":[{"code":"AMB"}]}\n',
            [],
            ["wrong_resource_type"],
        ),
        (b"<Patient xmlns='http://hl7.org/fhir'/>\n", [], ["json_unreadable"]),
        (b'{"id":"p1","resourceType":"Patient"}\n', ["p1"], []),
    ],
)
def test_lines_of_an_export_that_are_none(data: bytes, ids: list[str], reasons: list[str]) -> None:
    rows, faults = both("patient", data)
    assert ([row.source_id for row in rows], [f.reason for f in faults]) == (ids, reasons)
