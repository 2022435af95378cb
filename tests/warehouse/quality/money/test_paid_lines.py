"""Which line of a claim a line of a remittance answers, and which payment a reversal takes back."""

from __future__ import annotations

from typing import Any

from tests.unit.throughline.sources.wire import CLAIMS, claim, claims, simple
from tests.warehouse.deliveries import Hand
from tests.warehouse.quality.money.test_money import file, judge, remittance, stated


def sent(*lines: tuple[str, str, str]) -> bytes:
    """A copy of a claim with these lines: code and modifiers, charge, control number."""
    total = str(sum(int(charge) for _, charge, _ in lines))
    loop = claim("C1", total)[:4]
    for number, (code, charge, control) in enumerate(lines, 1):
        loop += [f"LX*{number}", f"SV1*HC:{code}*{charge}*UN*1***1", "DTP*472*D8*20260228"]
        loop += [f"REF*6R*{control}"] if control else []
    return simple(CLAIMS, claims(loop))


def paid(*lines: tuple[str, str, str], sign: str = "") -> list[str]:
    """The CLP loop of claim C1, paid in full: code and modifiers, amount, control number."""
    total = f"{sign}{sum(int(amount) for _, amount, _ in lines)}"
    loop = [f"CLP*C1*{22 if sign else 1}*{total}*{total}**MB*ICN1*11*1"]
    for code, amount, control in lines:
        loop += [f"SVC*HC:{code}*{sign}{amount}*{sign}{amount}**1", "DTM*472*20260228"]
        loop += [f"REF*6R*{control}"] if control else []
    return loop


def answered(hand: Hand) -> list[tuple[Any, ...]]:
    return hand.rows(
        "select line_no, code, paid_code, paid_amount::int, found_by from evidence.paid_line"
        " order by source_id"
    )


def test_each_paid_line_answers_the_submitted_one(hand: Hand) -> None:
    """Before the copy of the claim has come, and after it."""
    judge(
        hand,
        file(
            remittance(
                "177",
                paid(
                    # another code, without SVC06; a line split in two
                    ("80053", "50", "L1"),
                    ("84295", "20", "L2"),
                    ("84132", "10", "L2"),
                    # without a number: two lines of one code by their modifiers; by code and day alone
                    ("99213:59", "40", ""),
                    ("99213:25", "40", ""),
                    ("36415", "7", ""),
                    # nothing of ours
                    ("99999", "10", "L9"),
                ),
            )
        ),
    )
    hand.load(hand.batch)
    assert {row[0] for row in answered(hand)} == {None}
    hand.new_night()
    lines = [("80048", "50", "L1"), ("80051", "30", "L2")]
    lines += [("99213:25", "40", ""), ("99213:59", "40", ""), ("36415", "9", "")]
    hand.take_in("claim", sent(*lines), suffix="x12", source="clearinghouse")
    assert answered(hand) == [
        (1, "80048", "80053", 50, "control number"),
        (2, "80051", "84295", 20, "control number"),
        (2, "80051", "84132", 10, "control number"),
        (4, "99213", None, 40, "code, modifiers, day and charge"),
        (3, "99213", None, 40, "code, modifiers, day and charge"),
        (5, "36415", None, 7, "code and day"),
        (None, None, "99999", 10, None),
    ]


def test_of_two_equal_lines_a_reversal_takes_back_its_own(hand: Hand) -> None:
    two = [("97110", "40", "L1"), ("97110", "40", "L2")]
    judge(hand, file(remittance("80", paid(*two)), number=1))
    stated(hand)
    hand.new_night()
    # in a file of its own, under another check; the correction comes later, under a third
    back = remittance("0", paid(*two, sign="-"), check="2", after=["PLB*1*20261231*FB:X*-80"])
    judge(hand, file(back, number=2))
    stated(hand)
    hand.new_night()
    judge(hand, file(remittance("80", paid(*two), check="3"), number=3))
    stated(hand)
    pairs = hand.rows(
        "select right(r.source_ref, 2), right(f.source_ref, 2) from evidence.fact as r"
        " inner join evidence.fact as f on f.fact_id = r.reverses order by 1"
    )
    assert pairs == [("#1", "#1"), ("#2", "#2")]


def test_one_line_that_stands_for_several_answers_the_one_that_it_names(hand: Hand) -> None:
    """A payer that bundles without a line for each: what is paid is paid once, and for one line."""
    bundled = ["CLP*C1*1*80*80**MB*ICN1*11*1", "SVC*HC:80053*80*80**1*HC:80048", "DTM*472*20260228"]
    judge(hand, file(remittance("80", [*bundled, "REF*6R*L1"])))
    hand.load(hand.batch)
    hand.new_night()
    lines = [("80048", "50", "L1"), ("80051", "20", "L2"), ("84295", "10", "L3")]
    hand.take_in("claim", sent(*lines), suffix="x12", source="clearinghouse")
    assert answered(hand) == [(1, "80048", "80053", 80, "control number")]
    (denied,) = hand.rows("select count(*) from core.payment_line where denied_amount <> 0")
    assert denied == (0,)
