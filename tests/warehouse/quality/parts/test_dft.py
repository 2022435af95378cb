"""What was charged is what all transactions of a number say: corrected, credited, in whatever order they come."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.unit.throughline.sources.adt import HOSPITAL, adt, pid
from tests.unit.throughline.sources.test_dft import FEEDS, dft, ft1
from tests.warehouse.deliveries import Hand

THREE = dft(0, ft1(f10="3", f11="330"))
FEWER = dft(60, ft1("C1", "CD", f10="1", f11="110", f30="T1"))
MORE = dft(90, ft1("C2", "CD", f10="2", f11="", f30="T1"))
CORRECTED = dft(30, ft1(f10="3", f11="330", f25="99213^^C4"))


@pytest.fixture(autouse=True)
def practice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folder = tmp_path / "definitions"
    (folder / "sources").mkdir(parents=True)
    feeds = {feed: {"expected_by": "03:00"} for feed in FEEDS}
    own = {"mrn_authority": "LAKESIDE", "credited_number": ["FT1-30", "FT1-2"]}
    said = {**HOSPITAL, "feeds": feeds, "conventions": own}
    (folder / "sources" / "hospital.yaml").write_text(yaml.safe_dump(said))
    monkeypatch.setenv("THROUGHLINE_DEFINITIONS", str(folder))


def send(hand: Hand, *messages: str, feed: str = "charge_item") -> Any:
    hand.new_night()
    counts = hand.take_in(feed, "".join(messages).encode(), source="hospital", suffix="hl7")
    hand.facts(feed)
    return counts


def standing(hand: Hand) -> list[tuple[Any, ...]]:
    return hand.rows(
        "select source_id, status, code, quantity::text, amount::text, visit_number"
        " from core.charge_item where retracted_seq is null order by source_id"
    )


def charged(hand: Hand) -> list[tuple[Any, ...]]:
    """The charges that stand as facts."""
    return [(row[0], row[2]) for row in hand.facts("charge_item") if row[6] is None]


def test_a_charge_is_corrected_and_credited_in_part_and_whole(hand: Hand) -> None:
    send(hand, THREE)
    assert standing(hand) == [("T1", "billable", "99214", "3", "330.00", "V9")]
    assert charged(hand) == [("charge_item/T1", "99214")]
    send(hand, CORRECTED)
    assert standing(hand) == [("T1", "billable", "99213", "3", "330.00", "V9")]
    send(hand, FEWER)
    assert standing(hand) == [("T1", "billable", "99213", "2", "220.00", "V9")]
    # the same message twice, in another delivery, changes nothing
    send(hand, FEWER, CORRECTED)
    assert standing(hand) == [("T1", "billable", "99213", "2", "220.00", "V9")]
    assert charged(hand) == [("charge_item/T1", "99213")]
    send(hand, MORE)
    assert [row[1] for row in standing(hand)] == ["entered-in-error"]
    assert charged(hand) == []
    assert hand.rows("select count(*) from quality.quarantine") == [(0,)]


def test_a_credit_before_its_charge_waits_and_is_told(hand: Hand) -> None:
    send(hand, FEWER)
    assert [row[:3] for row in standing(hand)] == [("T1", "credit-without-charge", None)]
    # nobody knows what it takes back: the charges of that patient are not known
    assert hand.rows(
        "select distinct field, code from evidence.unmapped where source = 'hospital' and retracted_seq is null"
    ) == [("charge_item.status", "credit-without-charge")]
    send(hand, THREE)
    assert standing(hand) == [("T1", "billable", "99214", "2", "220.00", "V9")]
    assert hand.rows(
        "select count(*) from evidence.unmapped where source = 'hospital' and retracted_seq is null"
    ) == [(0,)]


def test_under_one_number_a_credit_and_the_charge_anew(hand: Hand) -> None:
    # reversed and charged again with another code, in one message
    again = dft(60, ft1("T1", "CD"), ft1("T1", f25="99213^^C4"))
    send(hand, dft(0, ft1()), again)
    assert [row[:3] for row in standing(hand)] == [("T1", "billable", "99213")]
    send(hand, dft(90, ft1("T1", f10="-1", f11="-200")))
    assert [row[1] for row in standing(hand)] == ["entered-in-error"]
    # of all units, but not of all the money: what is left is not known
    odd = dft(95, ft1("C9", "CD", f10="1", f11="50", f30="T9"))
    send(hand, dft(0, ft1("T9")), odd)
    assert [row[1] for row in standing(hand)] == ["entered-in-error", "credit-contradicts"]
    send(hand, dft(99, ft1("C9", "CD", f10="", f11="50", f30="T9")))
    assert standing(hand)[1][:5] == ("T9", "billable", "99214", "1", "150.00")
    # what is older than both changes nothing
    send(hand, dft(10, ft1("T1", f25="99215^^C4")))
    assert standing(hand)[0][1] == "entered-in-error"


def test_one_transaction_that_cannot_be_read_sets_its_message_aside(hand: Hand) -> None:
    send(hand, dft(0, ft1("T1"), ft1("T2", "XX")), dft(5, ft1("T3")))
    assert [row[0] for row in standing(hand)] == ["T3"]
    assert hand.rows("select reason, status, payload is not null from quality.quarantine") == [
        ("transaction_type_not_known", "open", True)
    ]


def test_charges_follow_the_patient_whose_number_was_merged(hand: Hand) -> None:
    send(hand, THREE)
    merged = adt("A40", 30, pid("MRN000002"), "MRG|MRN000001^^^LAKESIDE^MR")
    send(hand, merged, feed="patient")
    assert hand.rows(
        "select replaced_by from core.patient where source_id = 'MRN000001' and retracted_seq is null"
    ) == [("MRN000002",)]
    assert standing(hand) == [("T1", "billable", "99214", "3", "330.00", "V9")]


@pytest.mark.nights
def test_in_every_order_it_comes_to_the_same(hand: Hand) -> None:
    for number, order in enumerate(itertools.permutations((THREE, CORRECTED, FEWER, FEWER))):
        for message in order:
            send(hand, message.replace("|T1", f"|A{number}").replace("|C1|", f"|C{number}|"))
    assert {row[1:] for row in standing(hand)} == {("billable", "99213", "2", "220.00", "V9")}
