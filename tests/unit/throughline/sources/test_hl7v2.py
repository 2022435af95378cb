"""HL7 v2: files, messages, appointments."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import hl7
import pytest

from tests.unit.throughline.sources import wire
from throughline.sources.definitions import definition
from throughline.sources.files import open_file
from throughline.sources.hl7v2 import batch, message, people, rows, siu, split
from throughline.sources.hl7v2.message import Message
from throughline.sources.records import Fault, FileRefusedError

ZONE = ZoneInfo("America/New_York")
START = datetime(2026, 9, 10, 18, 30, tzinfo=UTC)


def read(data: bytes | str) -> tuple[list[siu.Appointment], list[Fault]]:
    """The appointments and faults of a file."""
    raw = data.encode() if isinstance(data, str) else data
    everything = list(siu.read(io.BytesIO(raw), "f.hl7", ZONE))
    return [a for a in everything if not isinstance(a, Fault)], [
        f for f in everything if isinstance(f, Fault)
    ]


def one(data: bytes | str) -> siu.Appointment:
    """The only appointment of a file without faults."""
    found, faults = read(data)
    assert faults == []
    [appointment] = found
    return appointment


# --- files


@pytest.mark.parametrize("end", ["\r", "\n", "\r\n", "\n\n", "\r\r\n"])
def test_any_line_end(end: str) -> None:
    data = (wire.siu(control="M1") + wire.siu(control="M2")).replace("\r", end)
    assert [a.control_id for a in read(data)[0]] == ["M1", "M2"]


def test_line_ends_may_be_mixed() -> None:
    data = (
        wire.siu(control="M1")
        + wire.siu(control="M2").replace("\r", "\r\n")
        + wire.siu(control="M3").replace("\r", "\n")
    )
    found, _ = read(data)
    assert [a.practitioner_npi for a in found] == ["457"] * 3


@pytest.mark.parametrize("mark", ["\ufeff", "\x0b", "\r\n", "  "])
def test_marks_before_a_message(mark: str) -> None:
    assert one(mark + wire.siu()).control_id == "M1"


def test_frames_of_mllp_in_a_file() -> None:
    data = "".join(f"\x0b{wire.siu(control=c)}\x1c\r" for c in ("M1", "M2"))
    assert [(a.control_id, a.postal_code) for a in read(data)[0]] == [
        ("M1", "14604"),
        ("M2", "14604"),
    ]


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16(codec: str) -> None:
    mark = b"\xff\xfe" if codec.endswith("le") else b"\xfe\xff"
    assert one(mark + wire.siu().replace("Quirk", "Quîrk").encode(codec)).family == "Quîrk"


@pytest.mark.parametrize(
    ("named", "codec"),
    [
        ("", "utf-8"),
        ("UNICODE UTF-8", "utf-8"),
        ("8859/1", "latin-1"),
        ("", "latin-1"),
        ("UNICODE UTF-8", "latin-1"),
        ("8859/15", "iso-8859-15"),
    ],
)
def test_character_sets(named: str, codec: str) -> None:
    text = wire.siu().replace("Quirk", "Quîrk").replace("|P|2.5", f"|P|2.5||||||{named}")
    assert one(text.encode(codec)).family == "Quîrk"


@pytest.mark.parametrize(
    ("named", "page", "name"),
    [
        ("8859/1", "cp1252", "O’Brien–Šimek"),
        ("", "cp1252", "O’Brien–Šimek"),
        ("UNICODE UTF-8", "cp1252", "O’Brien–Šimek"),
        ("8859/15", "cp1252", "Œuvré’s"),
        ("8859/9", "cp1254", "Işık’Š"),
        ("8859/1", "utf-8", "É’Quîrk"),
        ("8859/2", "utf-8", "Quîrk"),
        ("8859/2", "cp1250", "Świątek’Ž"),
    ],
)
def test_characters_of_another_set_than_the_message_says(named: str, page: str, name: str) -> None:
    text = wire.siu().replace("Quirk", name).replace("|P|2.5", f"|P|2.5||||||{named}")
    found, faults = read(text.encode(page))
    assert [a.family for a in found] == [name]
    assert [(f.reason, f.severity, f.row) for f in faults] == [
        ("characters_not_as_declared", "warning", 1)
    ]


@pytest.mark.parametrize(("named", "codec"), [("8859/1", "latin-1"), ("CP1252", "cp1252")])
def test_characters_that_are_what_they_say_are_not_counted(named: str, codec: str) -> None:
    name = "Quîrk" if codec == "latin-1" else "Quîrk’s"
    text = wire.siu().replace("Quirk", name).replace("|P|2.5", f"|P|2.5||||||{named}")
    found, faults = read(text.encode(codec))
    assert ([a.family for a in found], faults) == ([name], [])


def test_a_byte_that_windows_leaves_out_stays() -> None:
    data = wire.siu().encode().replace(b"Quirk", b"Q\x81\x92")
    assert read(data)[0][0].family == "Q\x81’"


def test_a_character_of_windows_that_is_escaped() -> None:
    assert one(wire.siu().replace("Quirk", "O\\X92\\Brien")).family == "O’Brien"


WRAPPED = (
    "FHS|^~\\&|SCHED|L|EHR|L|20260904010000-0400\rBHS|^~\\&|SCHED|L|EHR|L|20260904010000-0400\r"
    + wire.siu(control="M1")
    + wire.siu(control="M2")
    + "BTS|2\rFTS|1\r"
)


def scan(data: bytes | str) -> batch.Contents:
    """What a file holds."""
    return batch.scan(io.BytesIO(data.encode() if isinstance(data, str) else data), "f.hl7", ZONE)


def test_batch_wrappers() -> None:
    found, faults = read(WRAPPED)
    assert ([a.row for a in found], faults) == ([1, 2], [])
    contents = scan(WRAPPED)
    assert (contents.messages, contents.is_complete) == (2, True)
    assert contents.made_at == datetime(2026, 9, 4, 5, tzinfo=UTC)


def test_without_wrappers_the_newest_message_says_when_it_was_made() -> None:
    data = (
        wire.siu(at="20260903120000-0400")
        + wire.siu(at="20260903150000-0400")
        + wire.siu(at="20260903130000-0400")
    )
    assert scan(data).made_at == datetime(2026, 9, 3, 19, tzinfo=UTC)


def test_a_count_that_is_wrong() -> None:
    more, fewer = WRAPPED.replace("BTS|2", "BTS|3"), WRAPPED.replace("BTS|2", "BTS|1")
    for text in (more, fewer):
        found, faults = read(text)
        assert len(found) == 2
        assert [(f.reason, f.severity) for f in faults] == [("wrong_message_count", "warning")]
    assert not scan(more).is_complete
    assert scan(fewer).is_complete


def test_a_batch_that_was_not_closed_ends_with_half_a_message() -> None:
    cut = WRAPPED[: WRAPPED.index("RGS", WRAPPED.index("M2"))]
    found, faults = read(cut)
    assert [a.control_id for a in found] == ["M1"]
    assert [(f.row, f.reason) for f in faults] == [(2, "truncated")]
    assert not scan(cut).is_complete


def test_the_end_of_the_file_closes_a_batch_that_has_no_end() -> None:
    data = WRAPPED.replace("BTS|2\r", "")
    assert len(read(data)[0]) == 2
    assert scan(data).is_complete
    extra = WRAPPED.replace("BTS|2\r", "BTS|2\rBTS|0\r")
    assert scan(extra).is_complete


def test_an_empty_batch() -> None:
    data = "FHS|^~\\&|S\rBHS|^~\\&|S\rBTS|0\rFTS|1\r"
    assert read(data) == ([], [])
    assert scan(data).messages == 0


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "empty_file"),
        (b"\r\n \r\n", "empty_file"),
        (b"PID|1\rPV1|1\r", "no_message_header"),
        (b"x" * 100_000, "no_message_header"),
        (b"\n".join([b"junk"] * 50_000), "no_message_header"),
    ],
)
def test_what_is_no_hl7_is_refused_with_a_reason(data: bytes, reason: str) -> None:
    with pytest.raises(FileRefusedError) as refused:
        read(data)
    assert (refused.value.file, refused.value.reason) == ("f.hl7", reason)


def test_text_broken_over_lines_belongs_to_its_segment() -> None:
    data = wire.siu().replace("12 Elm", "12 Elm\nBMI: 22\n  second floor")
    a = one(data)
    assert (a.postal_code, a.phone) == ("14604", "(585)555-0100")
    [piece] = split.split(io.BytesIO(data.encode()), "f")
    assert [s[:3] for s in piece.segments] == ["MSH", "SCH", "PID", "PV1", "RGS", "AIS", "AIP"]
    assert "12 Elm BMI: 22 second floor" in piece.text


@pytest.mark.parametrize("ends", ["\n", ""])
def test_a_message_without_end_does_not_fill_the_memory(
    monkeypatch: pytest.MonkeyPatch, ends: str
) -> None:
    monkeypatch.setattr(split, "LONGEST_MESSAGE", 5_000)
    monkeypatch.setattr(split, "CHUNK", 1_000)
    data = wire.siu(control="M1") + f"NTE|1||{'x' * 90}{ends}" * 300 + "\r" + wire.siu(control="M2")
    found, faults = read(data)
    assert [a.control_id for a in found] == ["M2"]
    assert [(f.row, f.reason) for f in faults] == [(1, "message_too_long")]
    assert 0 < len(faults[0].payload or "") < 6_000


def test_a_message_of_very_many_lines_does_not_fill_the_memory() -> None:
    data = wire.siu(control="M1") + "N\r" * 1_000_000 + wire.siu(control="M2")
    found, faults = read(data)
    assert [a.control_id for a in found] == ["M2"]
    assert [(f.row, f.reason) for f in faults] == [(1, "message_too_long")]
    assert len(faults[0].payload or "") < 3 * split.MOST_LINES


def test_a_packed_file_that_breaks_off(tmp_path: Path) -> None:
    whole = gzip.compress(
        "".join(wire.siu(control=f"M{i}", pid3=f"{i}^^^LAKESIDE^MR") for i in range(400)).encode()
    )
    path = tmp_path / "f"
    path.write_bytes(whole)
    with open_file(path) as stream:
        assert scan(stream.read()).messages == 400
    path.write_bytes(whole[: len(whole) // 2])
    with open_file(path) as stream:
        contents = batch.scan(stream, "f", ZONE)
    assert not contents.is_complete
    with open_file(path) as stream:
        everything = list(siu.read(stream, "f", ZONE))
    assert len(everything) == contents.messages < 400
    assert [f.reason for f in everything if isinstance(f, Fault)] == ["truncated"]


# --- messages


def test_five_marks_and_fewer_than_four() -> None:
    five = wire.siu().replace("MSH|^~\\&|", "MSH|^~\\&#|")
    assert one(five).practitioner_npi == "457"
    for marks in ("^", "^~", "^~\\", ""):
        a = one(wire.siu().replace("MSH|^~\\&|", f"MSH|{marks}|"))
        assert (a.given, a.practitioner_npi) == ("Zebulon", "457")


def test_other_separators() -> None:
    text = wire.siu().translate(str.maketrans("|^~", "!@%"))
    assert one(text).practitioner_npi == "457"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r"Quirk\T\Sons", "Quirk&Sons"),
        (r"A\F\B\S\C\R\D\E\E", "A|B^C~D\\E"),
        (r"O\X27\Brien", "O'Brien"),
        (r"\H\Quirk\N\ ", "Quirk"),
        # a name is one line
        (r"a\.br\b", "a b"),
        (r"C:\temp", r"C:\temp"),
        (r"a\Q\b", r"a\Q\b"),
        (r"a\Zx\b", "ab"),
        (r"x\X00\y", "xy"),
        ("\\", "\\"),
    ],
)
def test_escapes(written: str, meant: str) -> None:
    assert one(wire.siu().replace("Quirk^", f"{written}^")).family == meant


def test_two_quotes_say_that_there_is_nothing() -> None:
    a = one(wire.siu().replace("Quirk^Zebulon", '""^Zebulon'))
    assert (a.family, a.given) == (None, "Zebulon")


@pytest.mark.parametrize("head", ["MSH", "MSHA^~\\&|", "MSH |"])
def test_a_header_that_cannot_be_read(head: str) -> None:
    assert [f.reason for f in read(head + "\r" + wire.siu())[1]] == ["header_unreadable"]


def test_components_and_repetitions() -> None:
    m = Message(["MSH|^~\\&|a&b^c~d^e", "PID|1||x~~y"])
    assert m.value(m.fields[0], 3) == "a"
    assert m.subparts(m.fields[0][3].split("~")[0].split("^"), 1) == ["a", "b"]
    assert m.subparts(["a"], 2) == []
    assert m.part(["a"], 2) is None
    assert m.repetitions(m.first("PID"), 3) == [["x"], ["y"]]
    assert m.repetitions(m.first("PID"), 9) == []
    assert m.first("ZZZ") == []
    assert m.value(m.first("PID"), 9) is None


def test_the_same_pieces_as_an_independent_reader() -> None:
    """Fields, repetitions and components against the package `hl7`, segment by segment."""
    text = wire.siu(tq1="TQ1|1||||||20260910143000|20260910150000")
    theirs = hl7.parse(text)
    [piece] = split.split(io.BytesIO(text.encode()), "f")
    ours = Message(piece.segments)
    assert [f[0] for f in ours.fields] == [str(s[0]) for s in theirs]
    for mine, other in zip(ours.fields[1:], theirs[1:], strict=True):
        assert mine == [str(field) for field in other]
    assert ours.fields[0][3:] == [str(field) for field in theirs[0]][3:]
    for index, cx in enumerate(ours.repetitions(ours.first("PID"), 3)):
        assert cx[0] == str(theirs.segment("PID")[3][index][0])


# --- appointments


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("S12", "booked"),
        ("S13", "booked"),
        ("S14", "booked"),
        ("S15", "cancelled"),
        ("S16", "cancelled"),
        ("S17", "entered-in-error"),
        ("S26", "noshow"),
    ],
)
def test_events(event: str, status: str) -> None:
    a = one(wire.siu(event))
    assert (a.trigger_event, a.status, a.starts_at) == (event, status, START)


@pytest.mark.parametrize(
    ("event", "filler", "status"),
    [
        ("S14", "Complete", "fulfilled"),
        ("S14", "CHECKED IN", "arrived"),
        ("S14", "No Show", "noshow"),
        ("S12", "Pending", "pending"),
        ("S14", "Cancelled", "cancelled"),
        ("S15", "Booked", "cancelled"),
        ("S26", "Booked", "noshow"),
        ("S12", "Whatever", "Whatever"),
        ("S17", "Complete", "entered-in-error"),
    ],
)
def test_filler_status_and_what_outranks_it(event: str, filler: str, status: str) -> None:
    assert one(wire.siu(event, filler=filler)).status == status


def test_where_the_start_stands() -> None:
    tq1 = "TQ1|1||||||20260911090000|20260911094500"
    newest = one(wire.siu(tq1=tq1))
    assert (newest.starts_at, newest.ends_at) == (
        datetime(2026, 9, 11, 13, tzinfo=UTC),
        datetime(2026, 9, 11, 13, 45, tzinfo=UTC),
    )
    older = one(wire.siu())
    assert (older.starts_at, older.ends_at) == (START, datetime(2026, 9, 10, 19, tzinfo=UTC))
    bare = one(wire.siu(sch=wire.segment("SCH", _1="PL1", _9="1", _10="H")))
    assert (bare.starts_at, bare.ends_at) == (START, datetime(2026, 9, 10, 19, 30, tzinfo=UTC))
    odd = one(
        wire.siu(
            sch=wire.segment(
                "SCH", _1="P", _9="99999", _10="H", _11="^^^20260910143000^20260910140000"
            )
        )
    )
    assert odd.starts_at is not None
    assert odd.ends_at is not None
    assert odd.ends_at > odd.starts_at
    none = one(
        wire.siu(sch=wire.segment("SCH", _1="P", _9="x", _10="FORTNIGHT", _11="^^^20260910143000"))
    )
    assert none.ends_at is None


def test_an_offset_in_the_header_holds_for_the_message_unless_it_is_the_zones_own() -> None:
    sch = wire.segment("SCH", _1="P", _9="30", _11="^^^20261115090000")
    assert one(wire.siu(sch=sch)).starts_at == datetime(2026, 11, 15, 14, tzinfo=UTC)
    central = one(wire.siu(sch=sch, at="20260903120000-0500"))
    assert central.starts_at == datetime(2026, 11, 15, 14, tzinfo=UTC)
    mountain = one(wire.siu(sch=sch, at="20260903120000-0600"))
    assert mountain.starts_at == datetime(2026, 11, 15, 15, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("20260903", "2026-09-03T04:00:00"),
        ("202609031200", "2026-09-03T16:00:00"),
        ("20260903120060", "2026-09-03T16:00:59"),
        ("20260903120000.1234-0700", "2026-09-03T19:00:00.123400"),
        ("2026", None),
        ("20261340", None),
        ("", None),
        (None, None),
        ("20260903120000+9999", None),
        ("tomorrow", None),
    ],
)
def test_times(text: str | None, moment: str | None) -> None:
    found = message.moment(text, ZONE)
    assert (found.replace(tzinfo=None).isoformat() if found else None) == moment


def test_offsets_and_days() -> None:
    assert message.offset_of("20260903120000-0430") == timezone(-timedelta(hours=4, minutes=30))
    assert message.offset_of("20260903120000") is None
    assert message.offset_of("20260903120000+9999") is None
    assert message.day("19500203") == date(1950, 2, 3)
    assert message.day("195002030815") == date(1950, 2, 3)
    assert [message.day(text) for text in ("1950", "19501340", None, "٢٠٢٤٠١٠١")] == [None] * 4


def test_who_and_where() -> None:
    a = one(wire.siu())
    assert (a.placer_id, a.filler_id, a.visit_number) == ("PL1", "FI1", "VN1")
    assert (a.family, a.given, a.birth_date, a.sex, a.postal_code) == (
        "Quirk",
        "Zebulon",
        date(1950, 2, 3),
        "M",
        "14604",
    )
    assert (a.practitioner_id, a.practitioner_npi, a.location_id) == ("457", "457", "CLINIC/R1")
    assert [(i.value, i.authority, i.type) for i in a.identifiers] == [
        ("77", "LAKESIDE", "MR"),
        ("900", "OTHER", "PI"),
    ]
    assert (a.visit_type_code, a.visit_type_text) == ("TCM", "visit")


@pytest.mark.parametrize(
    ("xtn", "phone"),
    [
        ("(585)555-0100", "(585)555-0100"),
        ("^PRN^PH^^1^585^5550100", "5855550100"),
        ("^^^^^^^^^^^+15855550100", "+15855550100"),
        ("^NET^Internet^a@b", None),
        ("~585", "585"),
    ],
)
def test_telephone_numbers_of_all_versions(xtn: str, phone: str | None) -> None:
    assert one(wire.siu().replace("(585)555-0100", xtn)).phone == phone


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (("SIU^S12", "ADT^A01"), "message_type_not_used_here"),
        (("SIU^S12", ""), "message_type_missing"),
        (("SIU^S12", "SIU^S99"), "trigger_event_not_used_here"),
        *((("SIU^S12", f"SIU^S{n}"), f"s{n}_not_used_here") for n in range(18, 23)),
        (("SIU^S12", "SIU"), "trigger_event_missing"),
        (("|M1|P", "||P"), "control_id_missing"),
        (("20260903120000-0400", "yesterday"), "message_time_unreadable"),
        (("SCH|PL1|FI1", "SCH||"), "appointment_without_identifier"),
    ],
)
def test_a_message_that_is_no_appointment_is_a_fault_and_the_rest_goes_on(
    change: tuple[str, str], reason: str
) -> None:
    found, faults = read(wire.siu().replace(change[0], change[1], 1) + wire.siu(control="M2"))
    assert [(a.row, a.control_id) for a in found] == [(2, "M2")]
    assert [(f.row, f.position, f.reason) for f in faults] == [(1, 1, reason)]
    assert (faults[0].payload or "").startswith("MSH|")
    assert "Quirk" not in str(faults[0])


@pytest.mark.parametrize("event", ["S23", "S24"])
def test_time_slots_are_about_nobody_and_keep_nothing_back(event: str) -> None:
    """One that was set aside made everybody's appointments not known."""
    slots = wire.siu().replace("SIU^S12", f"SIU^{event}^SIU_S12", 1)
    slots = "\r".join(line for line in slots.split("\r") if not line.startswith("PID"))
    found, faults = read(slots + wire.siu(control="M2") + slots)
    assert [a.control_id for a in found] == ["M2"]
    assert [(f.reason, f.severity) for f in faults] == [("time_slot_not_used", "warning")] * 2
    contents = batch.scan(io.BytesIO((slots + wire.siu(control="M2")).encode()), "f", ZONE)
    assert (contents.messages, contents.is_complete) == (1, True)


@pytest.mark.parametrize(
    ("text", "about", "whose"),
    [
        (wire.siu("ADT").replace("SIU^ADT", "ADT^A08"), "FI1", "77"),
        (wire.siu().replace("20260903120000-0400", "yesterday"), "FI1", "77"),
        (wire.siu().replace("|FI1", "|"), "placer:PL1", "77"),
        (wire.siu(pid3="5^^^ELSEWHERE^MR"), "FI1", None),
        (wire.siu(pid3="77^^^LAKESIDE^MR^^20200101^20210101"), "FI1", "77"),
        # the last segment of what breaks off may be half of one
        (f"BHS|^~\\&\r{wire.siu()[:110]}", None, None),
        (f"BHS|^~\\&\r{wire.siu()}", "FI1", "77"),
        (wire.siu().partition("PV1")[0] + "ZZZ|\r" * 30_000, "FI1", "77"),
        (wire.siu().replace("MSH|", "MSH "), None, None),
    ],
)
def test_a_message_that_cannot_be_used_names_appointment_and_patient(
    text: str, about: str | None, whose: str | None
) -> None:
    text = text.replace("20260910143000", "")
    [fault] = [
        each
        for each in rows.rows(io.BytesIO(text.encode()), "f.hl7", definition("scheduling"))
        if isinstance(each, Fault) and each.severity == "row"
    ]
    assert (fault.source_id, fault.subject_id, fault.subject_source) == (about, whose, None)


def test_a_booking_needs_a_start_and_a_cancellation_does_not() -> None:
    for event, expected in (("S12", ["appointment_without_start"]), ("S15", [])):
        text = wire.siu(event, sch="SCH|PL1|FI1").replace("20260910143000", "")
        assert [f.reason for f in read(text)[1]] == expected


# --- rows


def staged(text: str) -> list[Any]:
    """The rows of a file, by the definition of the scheduling system."""
    return list(rows.rows(io.BytesIO(text.encode()), "f.hl7", definition("scheduling")))


def test_a_row() -> None:
    [row] = staged(wire.siu())
    values = dict(zip(rows.COLUMNS["appointment"], row.values, strict=True))
    assert (row.table, row.source_id, row.subject_id, row.is_deleted) == (
        "appointment",
        "FI1",
        "77",
        False,
    )
    assert (values["mrn"], values["phone"], values["sex"], values["status"]) == (
        "77",
        "5855550100",
        "M",
        "booked",
    )
    assert values["cancel_reason_code"] is None


@pytest.mark.parametrize(
    ("event", "reason", "code", "who"),
    [
        ("S15", "PATIENT", "PATIENT", "patient"),
        ("S15", "Clinic", "Clinic", "clinic"),
        ("S15", "MOON", "MOON", "MOON"),
        ("S15", "Deceased", "Deceased", "other"),
        ("S26", "PATIENT", "PATIENT", None),
        ("S12", "PATIENT", None, None),
    ],
)
def test_who_cancelled(event: str, reason: str, code: str | None, who: str | None) -> None:
    [row] = staged(wire.siu(event, reason=reason))
    values = dict(zip(rows.COLUMNS["appointment"], row.values, strict=True))
    assert (values["cancel_reason_code"], values["cancelled_by"]) == (code, who)


def test_a_deleted_appointment_is_gone() -> None:
    assert staged(wire.siu("S17"))[0].is_deleted


def test_only_the_number_of_our_own_authority_is_the_record_number() -> None:
    assert staged(wire.siu(pid3="5^^^ELSEWHERE^MR~77^^^LAKESIDE^MR"))[0].subject_id == "77"
    assert staged(wire.siu(pid3="5^^^ELSEWHERE^MR"))[0].subject_id is None
    assert people.record_number([people.Identifier("5", None, "MR")], None, "MR") == "5"
    assert people.record_number([], None, "MR") is None


def test_an_appointment_without_the_fillers_number_is_known_by_the_placers() -> None:
    assert (
        staged(wire.siu(sch=wire.segment("SCH", _1="PL1", _11="^^^20260910143000")))[0].source_id
        == "placer:PL1"
    )


def test_versions_sort_by_time_and_then_by_number() -> None:
    texts = [
        wire.siu(control="MSG10"),
        wire.siu(control="MSG9"),
        wire.siu(control="MSG2", at="20260903120001-0400"),
        wire.siu(control="MSG99", at="20260903115959-0400"),
    ]
    versions = [staged(text)[0].source_version for text in texts]
    assert sorted(versions) == [versions[i] for i in (3, 1, 0, 2)]
