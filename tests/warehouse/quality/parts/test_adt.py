"""A visit is what all its messages say, in whatever order they come; a merge, and its undoing."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.throughline.sources.adt import HOSPITAL, adt, pid, pv1
from tests.warehouse.deliveries import Hand
from throughline.quality.withdraw import withdraw

ADMITTED, DISCHARGED = "202603020700", "202603021200"
A01 = adt("A01", 0, pid(), pv1(f44=ADMITTED))
A03 = adt("A03", 300, pid(), pv1(f44=ADMITTED, f45=DISCHARGED))
# the disposition comes later, in an update without the discharge
A08 = adt("A08", 330, pid(), pv1(f36="01"))
A13 = adt("A13", 400, pid(), pv1(f44=ADMITTED, f45=DISCHARGED))


@pytest.fixture(autouse=True)
def practice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    (folder / "sources").mkdir(parents=True)
    (folder / "sources" / "hospital.yaml").write_text(yaml.safe_dump(HOSPITAL))
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))


def send(hand: Hand, *messages: str, feed: str = "encounter") -> Any:
    counts = hand.take_in(feed, "".join(messages).encode(), source="hospital", suffix="hl7")
    hand.new_night()
    return counts


def stay(hand: Hand) -> list[tuple[Any, ...]]:
    return hand.rows(
        "select source_id, status, class_code, to_char(starts_at at time zone 'America/New_York', 'HH24:MI'),"
        " to_char(ends_at at time zone 'America/New_York', 'HH24:MI'), discharge_disposition_code, subject_id"
        " from core.encounter where retracted_seq is null order by source_id"
    )


WHOLE = [("V1", "finished", "IMP", "07:00", "12:00", "01", "MRN000001")]


def test_a_late_disposition_and_an_update_without_the_discharge(hand: Hand) -> None:
    send(hand, A01)
    assert stay(hand) == [("V1", "in-progress", "IMP", "07:00", None, None, "MRN000001")]
    send(hand, A03)
    assert stay(hand) == [("V1", "finished", "IMP", "07:00", "12:00", None, "MRN000001")]
    send(hand, A08)
    assert stay(hand) == WHOLE


def test_the_order_and_the_repetition_of_messages_change_nothing(hand: Hand) -> None:
    orders = {f"V{n}": random.Random(n).sample([A01, A03, A08, A01, A08], 5) for n in range(1, 41)}
    for night in range(5):
        send(hand, *(said[night].replace("|V1|", f"|{v}|") for v, said in orders.items()))
    assert {row[1:] for row in stay(hand)} == {WHOLE[0][1:]}
    assert len(stay(hand)) == 40
    # what came again brought no version
    ((versions,),) = hand.rows("select count(*) from core.encounter")
    assert versions <= 120


def test_all_in_one_file(hand: Hand) -> None:
    assert send(hand, A08, A03, A01).loaded == 1
    assert stay(hand) == WHOLE


def test_a_discharge_that_was_cancelled_and_happens_again(hand: Hand) -> None:
    send(hand, A01, A03, A08, A13)
    assert stay(hand) == [("V1", "in-progress", "IMP", "07:00", None, None, "MRN000001")]
    send(hand, adt("A03", 700, pid(), pv1(f45="202603021900", f36="3")))
    assert stay(hand) == [("V1", "finished", "IMP", "07:00", "19:00", "03", "MRN000001")]


def test_a_cancelled_discharge_that_comes_before_the_discharge(hand: Hand) -> None:
    send(hand, A13)
    send(hand, A03)
    assert stay(hand)[0][1:5] == ("in-progress", "IMP", "07:00", None)


def test_the_facts_of_a_discharge_come_and_go(hand: Hand) -> None:
    hand.take_in("encounter", (A01 + A03 + A08).encode(), source="hospital", suffix="hl7")
    assert ("encounter/V1", "discharge", "home") in {row[:3] for row in hand.facts("encounter")}
    hand.new_night()
    hand.take_in("encounter", A13.encode(), source="hospital", suffix="hl7")
    assert {row[1] for row in hand.facts("encounter") if row[6] is None} == {"admission"}


def test_a_visit_that_was_cancelled_or_deleted_states_nothing(hand: Hand) -> None:
    send(hand, A01, adt("A11", 10, pid(), pv1()))
    send(hand, adt("A04", 0, pid(), pv1("V2", "O")), adt("A23", 10, pid(), pv1("V2", "O")))
    # an update that still shows an end brings neither back
    send(hand, adt("A08", 20, pid(), pv1(f45="202603020810")))
    assert [row[1] for row in stay(hand)] == ["cancelled", "entered-in-error"]
    assert hand.facts("encounter") == []


def test_a_class_that_changes(hand: Hand) -> None:
    send(hand, adt("A04", 0, pid(), pv1(kind="E")))
    send(hand, adt("A06", 60, pid(), pv1()), A03)
    assert stay(hand)[0][1:3] == ("finished", "IMP")


def test_what_a_rejected_file_said_falls_away(hand: Hand) -> None:
    send(hand, A01)
    send(hand, A03)
    wrong = hand.batch
    send(hand, A08)
    hand.admin.execute(
        "insert into operations.decision (decision_id, kind, about_kind, about_id, decided_by, known_seq)"
        " values (gen_random_uuid(), 'reject', 'batch', %s, 'Ann', %s)",
        (str(wrong), hand.seq),
    )
    hand.admin.execute(
        "update landing.batch_file set decision_id = (select decision_id from operations.decision limit 1)"
        " where batch_id = %s",
        (wrong,),
    )
    withdraw(hand.conn, "hospital", hand.seq, hand.landing_root)
    assert stay(hand) == [("V1", "in-progress", "IMP", "07:00", None, "01", "MRN000001")]


def test_a_person_is_what_all_messages_say(hand: Hand) -> None:
    send(hand, adt("A28", 0, pid()), feed="patient")
    # neither a name nor a day of birth; the phone is deleted
    send(hand, adt("A08", 5, pid(f5="", f7="", f13='""'), pv1()), feed="patient")
    rows = hand.rows(
        "select source_id, mrn, family, birth_date::text, phone, city from core.patient"
        " where retracted_seq is null"
    )
    assert rows == [("MRN000001", "MRN000001", "Family1", "1950-01-02", None, "Albany")]
    assert hand.rows("select count(*) from quality.quarantine") == [(0,)]


def merges(hand: Hand) -> dict[str, str | None]:
    return dict(
        hand.rows("select source_id, replaced_by from core.patient where retracted_seq is null")
    )


def test_a_merge_and_its_undoing(hand: Hand) -> None:
    old = pid("MRN000002")
    merge = adt("A40", 10, pid(), "MRG|MRN000002^^^LAKESIDE^MR")
    send(hand, adt("A01", 0, old, pv1("V2")), adt("A01", 1, pid(), pv1()), feed="patient")
    send(hand, merge, feed="patient")
    assert merges(hand) == {"MRN000001": None, "MRN000002": "MRN000001"}
    # a discharge that was under way under the old number undoes nothing
    send(hand, adt("A03", 20, old, pv1("V2")), feed="patient")
    assert merges(hand)["MRN000002"] == "MRN000001"
    send(hand, adt("A31", 30, old), feed="patient")
    assert merges(hand) == {"MRN000001": None, "MRN000002": None}
    # the merge once more, as it was, changes nothing; the other way round it does
    send(hand, merge, feed="patient")
    assert merges(hand) == {"MRN000001": None, "MRN000002": None}
    send(hand, adt("A40", 40, old, "MRG|MRN000001"), feed="patient")
    assert merges(hand) == {"MRN000001": "MRN000002", "MRN000002": None}
