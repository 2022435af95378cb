"""ADT messages: what each says of a visit and of its patient, and which are refused by name."""

from __future__ import annotations

import io
import json
import random
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.adt import HOSPITAL, adt, hospital, pid, pv1
from throughline.sources.definitions import SourceDefinition, SourceDefinitionError, parse
from throughline.sources.hl7v2 import rows
from throughline.sources.hl7v2.adt import EVENTS, REFUSED, UNUSED
from throughline.sources.hl7v2.standard import STANDARD
from throughline.sources.records import Fault
from throughline.sources.table import StagedRow
from throughline.transports.files import RemoteFile

FEEDS = ("encounter", "patient")


def read(
    text: str, feed: str = "encounter", about: SourceDefinition | None = None
) -> list[StagedRow | Fault]:
    return list(rows.rows(io.BytesIO(text.encode()), "f.hl7", about or hospital(), feed, FEEDS))


def one(
    text: str, feed: str = "encounter", about: SourceDefinition | None = None
) -> dict[str, Any]:
    """The one row of a message, by column; `said` holds only the values."""
    [row] = read(text, feed, about)
    assert isinstance(row, StagedRow), row
    assert row.values is not None
    found = dict(zip(rows.COLUMNS[feed], row.values, strict=True))
    found["said"] = {name: each["x"] for name, each in json.loads(str(found["said"])).items()}
    return found | {"source_id": row.source_id, "version": row.source_version, "of": row.subject_id}


def reason(text: str, feed: str = "encounter", about: SourceDefinition | None = None) -> str:
    [fault] = read(text, feed, about)
    assert isinstance(fault, Fault), fault
    return fault.reason


# --- visits


@pytest.mark.parametrize(
    ("event", "status"),
    [
        ("A01", "in-progress"), ("A03", "finished"), ("A04", "in-progress"), ("A05", "planned"),
        ("A11", "cancelled"), ("A13", "in-progress"), ("A14", "planned"), ("A23", "entered-in-error"),
        ("A27", "cancelled"), ("A38", "cancelled"),
    ],
)  # fmt: skip
def test_the_status_after_an_event(event: str, status: str) -> None:
    assert one(adt(event, 0, pid(), pv1()))["said"]["status"] == status


@pytest.mark.parametrize("event", ["A02", "A06", "A07", "A08", "A12"])
def test_a_change_says_nothing_of_the_status_nor_of_what_it_leaves_empty(event: str) -> None:
    said = one(adt(event, 0, pid(), pv1()))["said"]
    assert not {"status", "starts_at", "ends_at", "ended", "discharge_disposition_code"} & set(said)


def test_what_is_in_quotes_is_deleted() -> None:
    said = one(adt("A08", 0, pid(), pv1(f36='""', f45='""')))["said"]
    assert said["discharge_disposition_code"] is None
    assert said["ends_at"] is None
    assert said["ended"] is False


def test_times_are_local_unless_they_name_an_offset_and_fall_back_to_the_event() -> None:
    row = one(adt("A03", 300, pid(), pv1(f44="202603020700", f45="20260302120000-0800")))
    assert row["starts_at"] == datetime(2026, 3, 2, 12, tzinfo=UTC)
    assert row["ends_at"] == datetime(2026, 3, 2, 20, tzinfo=UTC)
    occurred = "202603021302||||202603021215"
    assert one(adt("A03", 300, pid(), pv1(), evn=occurred))["ends_at"] == datetime(
        2026, 3, 2, 17, 15, tzinfo=UTC
    )
    # a day is enough, a month is not
    assert one(adt("A03", 300, pid(), pv1(f45="20260302")))["ends_at"].hour == 5
    assert reason(adt("A03", 300, pid(), pv1(f45="202603"))) == "visit_time_unreadable"


def test_an_end_that_lies_ahead_is_no_discharge() -> None:
    said = one(adt("A01", 0, pid(), pv1(f45="202603091200")))["said"]
    assert said["ends_at"] is None
    assert "ended" not in said
    assert one(adt("A08", 60, pid(), pv1(f45="202603020830")))["status"] == "finished"


@pytest.mark.parametrize(
    ("sent", "kept"), [("I", "IMP"), ("O", "AMB"), ("E", "EMER"), ("P", "PRENC"), ("R", "R")]
)
def test_classes(sent: str, kept: str) -> None:
    assert one(adt("A01", 0, pid(), pv1(kind=sent)))["class_code"] == kept


def test_a_class_and_a_disposition_of_the_sender_s_own() -> None:
    codes = {"encounter.class_code": {"OBS": "OBSENC"}, "discharge_disposition_code": {"HHC": "06"}}
    row = one(adt("A03", 0, pid(), pv1(kind="OBS", f36="HHC")), about=hospital(codes=codes))
    assert (row["class_code"], row["discharge_disposition_code"]) == ("OBSENC", "06")
    assert one(adt("A03", 0, pid(), pv1(f36="1")))["discharge_disposition_code"] == "01"


def test_the_number_of_a_visit() -> None:
    both = adt("A01", 0, pid(f18="ACC9^^^GH"), pv1("V1^^^GH"))
    assert one(both)["source_id"] == "GH|V1"
    assert one(both, about=hospital(visit_assigner="none"))["source_id"] == "V1"
    assert (
        one(adt("A01", 0, pid(), pv1()), about=hospital(visit_assigner="MSH-4"))["source_id"]
        == "GH|V1"
    )
    account = adt("A01", 0, pid(f18="ACC9"), pv1(""))
    assert reason(account) == "visit_without_number"
    assert one(account, about=hospital(visit_number=["PV1-19", "PID-18"]))["source_id"] == "ACC9"
    # an update of a person who is not here has no visit
    assert read(adt("A08", 0, pid(), pv1(""))) == []
    assert read(adt("A31", 0, pid(), pv1("", "N"))) == []


def test_a_repeated_pv1_is_one_visit_and_two_are_none() -> None:
    assert one(adt("A01", 0, pid(), pv1(), pv1()))["source_id"] == "V1"
    assert reason(adt("A01", 0, pid(), pv1(), pv1("V2"))) == "several_visits"
    [fault] = read(adt("A01", 0, pid(), pid("MRN000002"), pv1()))
    assert isinstance(fault, Fault)
    assert (fault.reason, fault.subject_id) == ("several_patients", None)


def test_the_order_by_when_the_event_was_recorded() -> None:
    late = adt("A03", 300, pid(), pv1(), evn="202603020900")
    early = adt("A08", 100, pid(), pv1(), evn="202603020930")
    assert one(late)["version"] > one(early)["version"]
    by_event = hospital(adt_order="EVN-2")
    assert one(late, about=by_event)["version"] < one(early, about=by_event)["version"]


# --- refused by name, passed over, set aside


def test_events_are_read_refused_by_name_or_passed_over() -> None:
    assert not EVENTS & REFUSED
    assert not (EVENTS | REFUSED) & UNUSED
    every = {f"A{n:02}" for n in range(1, 63)} - {"A56", "A57", "A58", "A59"}
    assert every == EVENTS | REFUSED | UNUSED
    for event in sorted(REFUSED):
        for feed in FEEDS:
            assert reason(adt(event, 0, pid(), pv1()), feed) == f"{event.lower()}_not_used_here"
    [warned] = read(adt("A20", 0, pid(), pv1()))
    assert isinstance(warned, Fault)
    assert warned.severity == "warning"
    assert read(adt("A20", 0, pid(), pv1()), "patient") == []
    assert reason(adt("Z99", 0, pid(), pv1())) == "trigger_event_not_used_here"


def test_a_message_that_cannot_be_used_names_visit_and_patient() -> None:
    [fault] = read(adt("A45", 0, pid(), pv1()))
    assert isinstance(fault, Fault)
    assert (fault.source_id, fault.subject_id) == ("V1", "MRN000001")
    assert reason(adt("A01", 0, pid(), pv1(), mode="T")) == "test_data"
    assert reason(adt("A01", 0, pid(), pv1(), at="2026")) == "message_time_unreadable"


def test_types_of_messages_go_to_their_own_feeds() -> None:
    mixed = parse(
        {**HOSPITAL, "feeds": {**HOSPITAL["feeds"], "appointment": {"expected_by": "03:00"}}},
        "hospital.yaml",
    )
    text = adt("A01", 0, pid(), pv1()) + wire.siu()
    every = ("appointment", "encounter", "patient")
    for feed in every:
        [row] = rows.rows(io.BytesIO(text.encode()), "f.hl7", mixed, feed, every)
        assert isinstance(row, StagedRow)
        assert row.table == feed
    file = RemoteFile("f.hl7", 1, datetime.now(UTC))
    assert STANDARD.scan(io.BytesIO(text.encode()), file, mixed).feeds == dict.fromkeys(every, 1)
    only = STANDARD.scan(io.BytesIO(wire.siu().encode()), file, mixed)
    assert only.feeds == {"appointment": 1}
    # what no feed of the source reads is set aside once
    assert STANDARD.scan(io.BytesIO(wire.siu().encode()), file, hospital()).feeds == {"patient": 1}
    assert reason(wire.siu()) == "message_type_not_used_here"
    assert read(wire.siu(), "patient") == []


# --- persons and merges


def test_a_person() -> None:
    row = one(adt("A28", 0, pid(f29="20260228", f30="Y", f15="spa^Spanish")), "patient")
    assert (row["source_id"], row["of"], row["mrn"]) == ("MRN000001",) * 3
    assert (row["family"], row["city"], row["postal_code"]) == ("Family1", "Albany", "12207")
    assert (row["is_deceased"], row["language"], row["phone"]) == (True, "spa", "5550140001")
    assert row["replaced_by"] is None


@pytest.mark.parametrize(
    ("at", "flag", "dead", "by"),
    [
        ("20260228", "Y", True, "2026-02-28"),
        ("202602282330-0500", "", True, "2026-02-28"),
        ("202602", "", True, "2026-02-28"),
        ("2024", "", True, "2024-12-31"),
        ("202613", "Y", True, None),
        ("", "Y", True, None),
        ('""', "", False, None),
        ("20260228", "N", False, None),
    ],
)
def test_a_death_by_its_day_its_month_or_its_year(
    at: str, flag: str, dead: bool, by: str | None
) -> None:
    row = one(adt("A31", 0, pid(f29=at, f30=flag)), "patient")
    said = row["deceased_by"]
    assert (row["is_deceased"], said and str(said)) == (dead, by)
    assert (row["deceased_at"] is None) == (by is None or len(at) < 8)


def test_a_number_of_the_hospital_s_own_beside_that_of_the_practice() -> None:
    both = pid(f3="77^^^GH^PI~MRN000001^^^LAKESIDE^MR")
    about = hospital(patient_authority="GH", patient_type="PI")
    row = one(adt("A01", 0, both, pv1()), "patient", about)
    assert (row["source_id"], row["mrn"]) == ("77", "MRN000001")
    assert one(adt("A01", 0, both, pv1()), about=about)["of"] == "77"
    other = adt("A01", 0, pid(f3="5^^^ELSE^MR"), pv1())
    assert reason(other, "patient") == "patient_without_number"


def pairs(text: str) -> dict[str, Any]:
    """By record, what it was merged into."""
    found = {}
    for row in read(text, "patient"):
        assert isinstance(row, StagedRow), row
        assert row.values is not None
        found[row.source_id] = row.values[rows.COLUMNS["patient"].index("replaced_by")]
    return found


def test_merges() -> None:
    two = adt(
        "A40", 0, pid("A"), "MRG|B^^^LAKESIDE^MR", pid("C"), "PD1||", "MRG|D^^^LAKESIDE", "PV1|1|N"
    )
    assert pairs(two) == {"A": None, "B": "A", "C": None, "D": "C"}
    assert pairs(adt("A40", 0, pid("A"), "MRG|9^^^ELSE^PI~B^^^LAKESIDE^MR")) == {
        "A": None,
        "B": "A",
    }
    for mrg in ("MRG|B^^^ELSE^MR", "MRG|B^^^LAKESIDE^PI", "MRG|", "PD1|"):
        assert reason(adt("A40", 0, pid("A"), mrg), "patient") == "merged_number_missing", mrg
    assert reason(adt("A40", 0, pid("A"), "MRG|A"), "patient") == "merged_into_itself"


def test_only_what_is_about_a_person_brings_one_back() -> None:
    for event in ("A28", "A31"):
        assert one(adt(event, 0, pid()), "patient")["said"]["replaced_by"] is None
    for event in ("A01", "A03", "A08"):
        assert "replaced_by" not in one(adt(event, 0, pid(), pv1()), "patient")["said"]


def test_whose_patient_it_is_only_if_the_definition_says_so() -> None:
    message = adt("A31", 0, pid(), "PD1||||G1^Gp^A")
    assert one(message, "patient")["general_practitioner_id"] is None
    about = hospital(primary_care_is_ours=True)
    assert one(message, "patient", about)["general_practitioner_id"] == "G1"


def test_a_convention_that_is_none() -> None:
    with pytest.raises(SourceDefinitionError, match="visit_assigner"):
        hospital(visit_assigner="MSH-5")


def test_the_profile_lists_what_adt_holds_and_which_of_it_is_read() -> None:
    text = adt("A03", 0, pid(f24="Y"), pv1(f36="99"))
    [held] = STANDARD.held(io.BytesIO(text.encode()), "f.hl7", hospital())
    assert held.kind == "ADT"
    assert held.elements["PV1-36"]
    assert held.elements["PID-11"]
    assert not held.elements["PID-24"]
    told = {code.path: (code.code, code.meaning) for code in held.codes}
    assert told["PV1-2 class"] == ("I", "IMP")
    assert told["PV1-36 disposition"] == ("99", None)


# --- any bytes


def test_broken_messages_become_rows_or_faults_and_nothing_else() -> None:
    """Bytes that are cut, doubled, swapped and changed: nothing is raised, and each message is one thing or another."""
    letters = random.Random(16)
    whole = [
        adt("A03", 300, pid(f18="ACC9"), pv1(f44="202603020700", f45="202603021200", f36="01")),
        adt("A40", 310, pid(), "MRG|MRN000002^^^LAKESIDE^MR"),
        adt("A08", 320, pid(f29="20260228", f30="Y"), pv1(), "PV2||||||||202603051000"),
    ]
    marks = '|^~\\&\r\n"0^A\x00é~~||'
    for _ in range(300):
        text = list(letters.choice(whole))
        for _ in range(letters.randint(1, 12)):
            at = letters.randrange(4, len(text))
            match letters.randrange(4):
                case 0:
                    text[at] = letters.choice(marks)
                case 1:
                    del text[at : at + letters.randint(1, 20)]
                case 2:
                    text[at:at] = text[at - 4 : at + letters.randint(1, 9)]
                case _:
                    text = text[: max(at, 40)]
            if len(text) < 50:
                break
        for feed in FEEDS:
            for found in read("".join(text), feed):
                assert isinstance(found, StagedRow | Fault)
                if isinstance(found, StagedRow):
                    assert found.source_id
                    assert found.values is not None
                    assert json.loads(str(found.values[-1]))
