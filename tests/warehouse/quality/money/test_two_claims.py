"""Two 837s of one identity and one version that say something else: the later claim waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.throughline.sources.wire import CLAIMS, INSTITUTIONAL, claim, claims, simple
from tests.warehouse.deliveries import Hand
from throughline import decisions, quality
from throughline.decisions import Request
from throughline.quality.decide import decide_row
from throughline.quality.merge import OTHER_CONTENT

FIRST = [*claim("C1"), *claim("C2", "70")]


def copy(body: list[str], guide: str = CLAIMS, end: str = "", **envelope: Any) -> bytes:
    """An 837 with these claims; `end` makes another file of the same content."""
    return simple(guide, claims(body), **envelope) + end.encode()


def take_in(hand: Hand, *files: bytes) -> quality.Counts:
    return hand.take_in("claim", *files, suffix="x12", source="clearinghouse")


def waiting(hand: Hand) -> list[tuple[Any, ...]]:
    return hand.rows(
        "select subject_source, subject_id, status, stated_amount, explained_amount"
        " from quality.quarantine where batch_id = %s and reason = %s order by file_id, row_no",
        hand.batch,
        OTHER_CONTENT,
    )


def standing(hand: Hand, number: str) -> tuple[Any, Any, Any]:
    """What a claim and its lines charge, and its lines' number."""
    ((charge, lines, count),) = hand.rows(
        "select c.total_charge, sum(l.charge), count(l.*) from core.claim as c"
        " left join core.claim_line as l on l.claim_source_id = c.source_id and l.retracted_seq is null"
        " where c.patient_control_number = %s and c.retracted_seq is null group by 1",
        number,
    )
    return charge, lines, count


def second_line(charge: str = "40") -> list[str]:
    return ["LX*2", f"SV1*HC:80048*{charge}*UN*1***1", "DTP*472*D8*20260828", "REF*6R*C1L2"]


def changed(old: str, new: str) -> Callable[[list[str]], list[str]]:
    return lambda body: [segment.replace(old, new) for segment in body]


OTHERS: dict[str, tuple[Callable[[list[str]], list[str]], int]] = {
    "another charge": (changed("*100", "*120"), 120),
    "a line more": (
        lambda body: [*changed("CLM*C1*100", "CLM*C1*140")(body), *second_line()],
        140,
    ),
    "the same charge over two lines": (
        lambda body: [*changed("99213:25*100", "99213:25*60")(body), *second_line()],
        100,
    ),
    "another code": (changed("99213", "99214"), 100),
    "another modifier": (changed("99213:25", "99213:59"), 100),
    "another diagnosis": (changed("ABF:E119", "ABF:E118"), 100),
    "another practitioner": (changed("1457000005", "1992000006"), 100),
    "other units": (changed("*UN*1*", "*UN*2*"), 100),
}


@pytest.mark.parametrize("what", OTHERS)
def test_a_second_claim_of_one_identity_waits_alone_with_both_sums(hand: Hand, what: str) -> None:
    change, says = OTHERS[what]
    assert take_in(hand, copy(FIRST)) == quality.Counts(2, 2, 0, 0, 0, 0)
    counts = quality.Counts(2, 0, 1, 1, 0, 0)
    hand.new_night()
    assert take_in(hand, copy([*change(claim("C1")), *claim("C2", "70")])) == counts
    assert waiting(hand) == [("pcn", "C1", "open", Decimal(100), Decimal(says))]
    assert standing(hand, "C1") == (Decimal(100), Decimal(100), 1)
    # a rerun of the load decides the same
    assert hand.load(hand.batch) == counts


def test_a_line_that_is_left_out_is_other_content(hand: Hand) -> None:
    both = [*changed("99213:25*100", "99213:25*60")(claim("C1")), *second_line()]
    take_in(hand, copy(both))
    hand.new_night()
    assert take_in(hand, copy(claim("C1"))).quarantined == 1
    assert standing(hand, "C1") == (Decimal(100), Decimal(100), 2)


def test_an_institutions_claim_waits_like_a_professional_one(hand: Hand) -> None:
    body = changed("SV1*HC:99213:25*", "SV2*0450*HC:99213*")(claim("C1"))
    take_in(hand, copy(body, INSTITUTIONAL))
    hand.new_night()
    other = changed("0450", "0456")(changed("HC:99213*", "HC:99284*")(body))
    assert take_in(hand, copy(other, INSTITUTIONAL)).quarantined == 1


def test_the_same_claims_again_are_known_duplicates(hand: Hand) -> None:
    take_in(hand, copy(FIRST))
    hand.new_night()
    assert take_in(hand, copy(FIRST, end="\n")) == quality.Counts(2, 0, 2, 0, 0, 0)
    # another interchange is another claim: a payer may get one claim twice, and that is told apart
    hand.new_night()
    assert take_in(hand, copy(changed("99213", "99214")(claim("C1")), number=2)).loaded == 1
    assert hand.rows("select count(*) from quality.quarantine") == [(0,)]


def test_two_in_one_delivery_both_wait(hand: Hand) -> None:
    other = changed("99213", "99214")(claim("C1"))
    assert take_in(hand, copy(FIRST), copy(other)) == quality.Counts(3, 1, 0, 2, 0, 0)
    assert {row[1] for row in waiting(hand)} == {"C1"}
    # what differs in nothing does not wait
    hand.new_night()
    again = copy(claim("C3"), number=3)
    assert take_in(hand, again, again + b"\n") == quality.Counts(2, 1, 1, 0, 0, 0)


def test_a_named_person_lets_the_second_claim_count_in_place_of_the_first(hand: Hand) -> None:
    take_in(hand, copy(FIRST))
    hand.new_night()
    other = [*changed("CLM*C1*100", "CLM*C1*140")(claim("C1")), *second_line()]
    take_in(hand, copy(other))
    ((row,),) = hand.rows("select quarantine_id::text from quality.quarantine")
    request = Request("release", "quarantine", row, "Ada Okafor", "the chart shows both")
    (follows,) = decisions.preview(hand.people, request).follows
    assert follows.endswith(
        "One says $100.00, this one $140.00. This one counts in place of it."
    ), follows
    decisions.record(hand.people, request)
    hand.conn.commit()
    hand.new_night()
    assert hand.load(hand.batch) == quality.Counts(1, 1, 0, 0, 0, 0)
    assert standing(hand, "C1") == (Decimal(140), Decimal(140), 2)
    # either content again is older than the choice
    hand.new_night()
    assert take_in(hand, copy(FIRST, end="\n")).loaded == 0
    assert standing(hand, "C1") == (Decimal(140), Decimal(140), 2)


def test_what_was_rejected_asks_nothing_new(hand: Hand) -> None:
    take_in(hand, copy(FIRST))
    hand.new_night()
    other = copy(changed("99213", "99214")(claim("C1")))
    take_in(hand, other)
    ((row,),) = hand.rows("select quarantine_id::text from quality.quarantine")
    assert decide_row(hand.people, row, "reject", "Ada Okafor", "sent by mistake")
    hand.conn.commit()
    hand.new_night()
    assert take_in(hand, other + b"\n").rejected == 1
    assert standing(hand, "C1") == (Decimal(100), Decimal(100), 1)
