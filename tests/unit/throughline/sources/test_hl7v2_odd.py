"""Messages of other engines: resources, counts, joins, times (docs/foreign-inputs.md names who reported them)."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.test_hl7v2 import one, read, scan
from throughline.sources.hl7v2.message import Message, moment, offset_of
from throughline.sources.hl7v2.settings import Settings
from throughline.sources.hl7v2.siu import read_message
from throughline.sources.hl7v2.split import Piece
from throughline.sources.records import Fault

ZONE = ZoneInfo("America/New_York")
PLAIN = wire.siu()
SECOND = wire.siu(control="M2")
AIS = "AIS|1||TCM^visit|20260910143000"
# no time and no type but in the segments of resources
BARE = PLAIN.replace("||TCM^visit||30|MIN|^^30^20260910143000", "||||30|MIN|")
HEAD = "FHS|^~\\&|A|B|C|D|20260903\rBHS|^~\\&|A|B|C|D|20260903\r"


# --- resources that a message takes away


@pytest.mark.parametrize("gone", ["D", "d"])
@pytest.mark.parametrize("stays", ["A", "U", "X", ""])
def test_a_resource_that_is_taken_away_says_nothing_of_the_appointment(
    gone: str, stays: str
) -> None:
    sent = BARE.replace(
        AIS,
        f"AIS|1|{gone}|OLD^old|20260909100000\rAIS|2|{stays}|TCM^visit|20260910143000\r"
        f"AIL|1|{gone}|ANNEX^R9\rAIL|2|{stays}|MAIN^R2",
    )
    a = one(sent)
    assert (a.starts_at, a.visit_type_code, a.location_id) == (
        datetime(2026, 9, 10, 18, 30, tzinfo=UTC),
        "TCM",
        "MAIN/R2",
    )


@pytest.mark.parametrize(
    ("gone", "stays"),
    [
        ("AIG|1|D|x|||||20260909100000", "AIG|2|A|x|||||20260910143000"),
        ("AIL|1|D|x|||20260909100000", "AIL|2|A|x|||20260910143000"),
    ],
)
def test_the_start_of_a_resource_that_stays(gone: str, stays: str) -> None:
    sent = BARE.replace(AIS, f"AIS|1||TCM^visit\r{gone}\r{stays}")
    assert one(sent).starts_at == datetime(2026, 9, 10, 18, 30, tzinfo=UTC)


def test_without_a_resource_that_stays_there_is_no_start() -> None:
    a, [fault] = read(BARE.replace("AIS|1||", "AIS|1|D|"))
    assert (a, fault.reason, fault.subject_id) == ([], "appointment_without_start", "77")


def test_segments_of_resources_in_another_order() -> None:
    lines = PLAIN.split("\r")
    moved = "\r".join([*lines[:4], lines[6], lines[5], lines[4], ""])
    assert one(moved).practitioner_npi == one(PLAIN).practitioner_npi


# --- counts of wrappers


@pytest.mark.parametrize(
    ("trailer", "wrong", "is_complete"),
    [
        ("BTS|1\rFTS|1\r", [], True),
        ("BTS|0000000001|B000001|0~0000187\rFTS|1|F1\r", [], True),
        ("BTS|96\rFTS|1\r", ["wrong_message_count"], False),
        ("BTS|0\rFTS|1\r", ["wrong_message_count"], True),
        ("BTS|1\rFTS|2\r", ["wrong_batch_count"], False),
        ("BTS|1\rFTS|0\r", ["wrong_batch_count"], True),
        ("BTS|x\rFTS|\r", [], True),
        ("FTS|1\r", [], True),
        ("BTS|1\r", [], False),
    ],
)
def test_what_wrappers_announce(trailer: str, wrong: list[str], is_complete: bool) -> None:
    whole = HEAD + PLAIN + trailer
    assert scan(whole).is_complete == is_complete
    assert [f.reason for f in read(whole)[1] if f.severity == "warning"] == wrong


@pytest.mark.parametrize(
    ("stated", "is_complete"), [("2", True), ("3", True), ("1", True), ("9", False)]
)
def test_batches_are_counted_and_some_senders_count_messages(
    stated: str, is_complete: bool
) -> None:
    batch = HEAD.split("\r")[1] + "\r"
    whole = HEAD + PLAIN + SECOND + "BTS|2\r" + batch + PLAIN + f"BTS|1\rFTS|{stated}\r"
    assert scan(whole).is_complete == is_complete


def test_messages_in_a_file_without_a_batch_are_one() -> None:
    for stated in ("1", "2"):
        assert scan(HEAD.split("\r")[0] + "\r" + PLAIN + SECOND + f"FTS|{stated}\r").is_complete


# --- messages that are joined


@pytest.mark.parametrize("between", ["", " ", "\x1c", "\x1c\x0b", "\x0b\x1c\r", "\r\r", "\n \n"])
def test_messages_without_a_line_end_between_them(between: str) -> None:
    """The second was a part of the last segment of the first, and nobody was told."""
    a, faults = read(PLAIN.rstrip("\r") + between + SECOND.rstrip("\r") + between + PLAIN)
    assert ([each.control_id for each in a], faults) == (["M1", "M2", "M1"], [])
    assert [each.practitioner_npi for each in a] == [one(PLAIN).practitioner_npi] * 3


def test_lines_are_counted_as_they_stand_in_the_file() -> None:
    """A fault names the line on which a message begins: the second of two on one line, and what follows."""
    lines = PLAIN.rstrip("\r").count("\r") + 1
    text = PLAIN.rstrip("\r") + SECOND + wire.siu(control="M3")
    assert [a.position for a in read(text)[0]] == [1, lines, 2 * lines]


def test_many_joined_messages() -> None:
    a, _ = read("".join(wire.siu(control=f"M{n}").rstrip("\r") for n in range(300)))
    assert [each.control_id for each in a] == [f"M{n}" for n in range(300)]


@pytest.mark.parametrize(
    "note", ["see MSH|^~\\& of M7", "MSH|^~\\&|", "MSH|^~\\&|SCHED|LAKESIDE", "wasMSH|x"]
)
def test_a_text_about_a_header_is_none(note: str) -> None:
    a, faults = read(PLAIN.replace("RGS|1", f"NTE|1||{note}\rRGS|1"))
    assert ([each.control_id for each in a], faults) == (["M1"], [])


# --- several of what there is one of


def test_two_appointments_in_one_message_are_neither() -> None:
    other = "SCH|PL2|FI2|||||TCM^visit||30|MIN|^^30^20270101090000||||||||||||||Booked\r"
    a, [fault] = read(PLAIN.replace("PID|1", other + "PID|1"))
    assert (a, fault.reason, fault.subject_id) == ([], "several_appointments", "77")
    assert fault.source_id == "M1"
    sch = PLAIN.split("\r")[1] + "\r"
    assert one(PLAIN.replace("PID|1", sch + "PID|1")).filler_id == "FI1"


@pytest.mark.parametrize(
    "more",
    [
        "ZSC|1|x",
        "ZPI|x",
        "NTE|1||text",
        "NTE|1||www.example.org?a=1&b=2",
        "EVN|S12|20260903",
        "OBX|1|ST|X||a&b^c~d",
        "DG1|1||I10",
        "IN1|1|A|B",
        "PD1||||457^Stone",
        "RGS|2\rAIS|1||OTHER|20260911100000",
    ],
)
def test_segments_that_are_not_read(more: str) -> None:
    a, plain = one(PLAIN + more + "\r"), one(PLAIN)
    assert (a.starts_at, a.family, a.visit_type_code) == (
        plain.starts_at,
        plain.family,
        plain.visit_type_code,
    )


# --- tests


@pytest.mark.parametrize("mark", ["T", "D", "N", "t", "T^T", "D^A"])
def test_a_message_of_a_test_is_set_aside(mark: str) -> None:
    """HL7 table 0103: T is training, D debugging."""
    sent = PLAIN.replace("|P|2.5", f"|{mark}|2.5")
    a, [fault] = read(sent + SECOND)
    assert [each.control_id for each in a] == ["M2"]
    assert (fault.reason, fault.severity, fault.subject_id) == ("test_data", "row", "77")
    piece = Piece(1, 1, "MSH", sent.rstrip("\r").split("\r"))
    said = read_message(piece, "f", ZONE, Settings(reads_tests=True))
    assert not isinstance(said, Fault)


@pytest.mark.parametrize("mark", ["P", "p", "", "P^A", '""', "X"])
def test_other_marks_are_of_no_test(mark: str) -> None:
    assert one(PLAIN.replace("|P|2.5", f"|{mark}|2.5")).control_id == "M1"


# --- times


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("20250204141403.403+0100", "2025-02-04T13:14:03.403000"),
        ("20230211140114.0000+0800", "2023-02-11T06:01:14"),
        ("20190521132215.844+0200", "2019-05-21T11:22:15.844000"),
        ("201506301532.123+0300", "2015-06-30T12:32:00.123000"),
        ("20240305155850.8211-0217", "2024-03-05T18:15:50.821100"),
        ("202403051558", "2024-03-05T20:58:00"),
        ("20260910143000.1234567-0400", "2026-09-10T18:30:00.123456"),
        ("20260910143000-04:00", "2026-09-10T18:30:00"),
        ("20260910143000.000+00:00", "2026-09-10T14:30:00"),
        ("20260910 143000", None),
        ("2026-09-10", None),
        ("00000000", None),
        ('""', None),
    ],
)
def test_times_of_other_engines(text: str, at: str | None) -> None:
    found = moment(text, ZONE)
    assert (found and found.replace(tzinfo=None).isoformat()) == at


def test_an_offset_with_a_colon_holds_for_the_message() -> None:
    assert str(offset_of("20260903120000+03:00")) == "UTC+03:00"
    a = one(wire.siu(at="20260903120000+03:00"))
    assert a.starts_at == datetime(2026, 9, 10, 11, 30, tzinfo=UTC)


@pytest.mark.parametrize("precision", ["M", "S", "YYYYMMDDHHMMSS"])
def test_a_time_with_its_precision_beside_it(precision: str) -> None:
    sent = wire.siu(at=f"20260903120000-0400^{precision}")
    assert one(sent).message_at == one(PLAIN).message_at


def test_a_day_of_birth_with_a_time_and_an_offset() -> None:
    assert one(PLAIN.replace("19500203", "19500203000000+0800")).birth_date == one(PLAIN).birth_date


# --- nothing, and what is empty


@pytest.mark.parametrize(
    ("old", "field"),
    [
        ("Zebulon", "given"),
        ("(585)555-0100", "phone"),
        ("14604", "postal_code"),
        ("19500203", "birth_date"),
        ("VN1", "visit_number"),
    ],
)
def test_two_quotes_are_nothing(old: str, field: str) -> None:
    assert getattr(one(PLAIN.replace(old, '""')), field) is None
    assert getattr(one(PLAIN.replace(old, "")), field) is None


def test_a_record_number_of_two_quotes_is_none() -> None:
    a = one(PLAIN.replace("77^^^LAKESIDE^MR", '""^^^LAKESIDE^MR'))
    assert [i.value for i in a.identifiers] == ["900"]


def test_a_message_of_sectra_without_an_appointments_number() -> None:
    sent = (
        "MSH|^~\\&|Sectra|Sectra RIS|System|Facility|20200909105818.540+0200||SIU^S12|48|P|2.4\r"
        "SCH||||||NW^Booking appointed|||||^^20^20200910105800|||||||||||||||RAVIL829|RAVIL829\r"
        'PID|||20200909104829902||Balba^Allan^^^""||20200901|M|||Fjugeholm^^Skumla^^69304|""\r'
        'PV1|||""\rRGS|1\rAIS|1||82400|20200910105800|||20.000000|M\r'
    )
    a, [fault] = read(sent)
    assert (a, fault.reason) == ([], "appointment_without_identifier")


def test_a_message_of_athenahealth() -> None:
    sent = (
        "MSH|^~\\&|ATHENANET|99999^MA - Testing^1^Test Clinic|TestInterface||201505181411||SIU^S12|185M9"
        "|P|2.3.1\r"
        "SCH|30148|30148||||Total Knee Replacement|Followup Surgery|RWFU^RWMA-FOLLOWUP|60|minutes|"
        "^^^201801271200|||||username|||||||||BOOKED\r"
        "PID||105613|105613|105613|LAST^FIRST^M^SUFFIX||19880601|M|PREF|2028-9^Asian|A^B^CITY^ST^00000||"
        "(111)111-1111^PRN^PH^^1^111^1111111~a@b.com^NET^^a@b.com\r"
        "PV1|||9^TEST DEPARTMENT^^TEST DEPARTMENT||||12345678^SEUSS^DOCTOR\r"
        "AIG|||providerusername|||||201505191300|||15|minutes\r"
        "AIL|||9^TEST DEPARTMENT|||201505191300|||90|minutes\rAIP|1|A|90410^^^^^^^^^^^^MD| Wait Time\r"
    )
    a = one(sent)
    assert a.starts_at == datetime(2018, 1, 27, 17, tzinfo=UTC)
    assert a.ends_at == datetime(2018, 1, 27, 18, tzinfo=UTC)
    assert (a.status, a.practitioner_id, a.phone) == ("booked", "90410", "(111)111-1111")


# --- escapes


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("\\E\\\\E\\server\\E\\share$", "\\\\server\\share$"),
        ("BSV 4\\5 re.", "BSV 4\\5 re."),
        ("\\H\\loud\\N\\ word", "loud word"),
        ("a\\R\\b\\F\\c\\S\\d\\T\\e", "a~b|c^d&e"),
        ("\\E\\R\\E\\", "\\R\\"),
        ("Test:\\X41\\\\X42\\", "Test:AB"),
        ("\\", "\\"),
        ("\\Zlocal\\x", "x"),
    ],
)
def test_escapes_of_other_engines(written: str, meant: str) -> None:
    m = Message(["MSH|^~\\&|", f"NTE|{written}"])
    assert m.value(m.first("NTE"), 1) == meant


def test_a_header_that_ends_with_its_version() -> None:
    assert one(PLAIN.replace("|P|2.5\r", "|P|2.7\r")).version == "2.7"


@pytest.mark.parametrize("version", ["2.1", "2.2", "2.3", "2.3.1", "2.4", "2.6", "2.8.2", "", "9"])
def test_versions(version: str) -> None:
    assert one(PLAIN.replace("|P|2.5", f"|P|{version}")).starts_at == one(PLAIN).starts_at


@pytest.mark.parametrize(
    ("length", "unit", "minutes"),
    [
        ("45", "minutes", 45),
        ("45", "min^minute^ISO+", 45),
        ("2", "HR", 120),
        ("45", "", 45),
        ("45", "D", None),
        ("-45", "MIN", None),
        ("PT45M", "MIN", None),
    ],
)
def test_how_long_it_takes(length: str, unit: str, minutes: int | None) -> None:
    a = one(PLAIN.replace("30|MIN", f"{length}|{unit}"))
    assert a.starts_at is not None
    lasts = (a.ends_at - a.starts_at).total_seconds() / 60 if a.ends_at is not None else None
    assert lasts == minutes
