"""What makes two records of X12 one: never the numbers of their envelopes, which senders use again."""

from __future__ import annotations

import io
from datetime import date

import msgspec
import pytest

from tests.unit.throughline.sources.wire import (
    CLAIMS,
    ELIGIBILITY,
    GROUP_OF,
    REMITTANCE,
    STATUS,
    SYNTAX,
    answer,
    claim,
    claims,
    isa,
    payment,
    remittance,
    simple,
    status,
    statuses,
)
from throughline.sources.definitions import definition
from throughline.sources.records import Fault
from throughline.sources.x12.eligibility import Eligibility
from throughline.sources.x12.envelope import Context
from throughline.sources.x12.reader import FEED_OF_GROUP
from throughline.sources.x12.rows import rows
from throughline.sources.x12.values import digest

PLB = "PLB*1992000006*20261231*{}*{}"


def ids(guide: str, body: list[str], *, number: int = 1, at: str = "260903*1201") -> list[str]:
    """The ids of the records of a file, and those of rows that were set aside."""
    data = simple(guide, body, number=number, header=isa(number, at=at))
    feed = FEED_OF_GROUP[GROUP_OF[guide][0]]
    found = rows(io.BytesIO(data), "f.x12", definition("clearinghouse"), feed, False)
    return [str(r.source_id) for r in found if not isinstance(r, Fault) or r.severity == "row"]


def changed(body: list[str], *changes: tuple[str, str]) -> list[str]:
    """A body with texts replaced, each of which is in it."""
    for old, new in changes:
        assert any(old in s for s in body), old
        body = [s.replace(old, new) for s in body]
    return body


PAID = remittance(payment("A1"))
ASKED = answer("EB*1**30*MB", "EB*R**30*PR*H1234")
TOLD = statuses(status("A1", "A1:19"))
JUDGED = ["AK1*HC*7", "AK2*837*0001", "IK5*A", "AK9*A*1*1*1"]
SENT = claims(claim("A1"))


@pytest.mark.parametrize(
    ("guide", "body", "changes"),
    [
        # check number 1 of another payer, by the payer's tax id or its own number; for another payee; on another day
        (REMITTANCE, PAID, [("*1512345678", "*1999999999")]),
        (REMITTANCE, PAID, [("*XV*MEDB1", "*XV*OTHER")]),
        (REMITTANCE, PAID, [("*XX*1992000006", "*XX*1457000005")]),
        (REMITTANCE, PAID, [("*20260902", "*20260909")]),
        # one account with two claims; a claim that was split: the same number, other services
        (REMITTANCE, PAID, [("*ICNA1*", "*ICNB2*")]),
        (REMITTANCE, PAID, [("REF*6R*A1L1", "REF*6R*A1L2")]),
        (REMITTANCE, changed(PAID, ("REF*6R*A1L1", "LQ*HE*N1")), [("HC:99213:25", "HC:99213:59")]),
        (REMITTANCE, PAID, [("DTM*472*20260828", "DTM*472*20260829")]),
        # no number was submitted, and the payer gave none
        (
            REMITTANCE,
            changed(remittance(payment("0")[:2]), ("*ICN0*", "**")),
            [("1EG4TE5MK73", "1EG4TE5MK99")],
        ),
        # answers: other persons, payers, days, plans; two verdicts on one group; the house's and the payer's status
        (ELIGIBILITY, ASKED, [("1EG4TE5MK73", "1EG4TE5MK99")]),
        (ELIGIBILITY, ASKED, [("*PI*MEDB1", "*PI*OTHER")]),
        (ELIGIBILITY, ASKED, [("*20260903*", "*20260904*")]),
        (ELIGIBILITY, ASKED, [("EB*R**30*PR", "EB*R**30*OT")]),
        (STATUS, TOLD, [("STC*A1:19*20260903*WQ*100", "STC*A2:20*20260903*WQ*100")]),
        (STATUS, TOLD, [("NM1*PR*2*WHO*****PI*MEDB1", "NM1*AY*2*WHO*****46*HOUSE")]),
        (SYNTAX, JUDGED, [("IK5*A", "IK5*R*5"), ("AK9*A*1*1*1", "AK9*R*1*1*0")]),
        (SYNTAX, JUDGED, [("AK1*HC*7", "AK1*HC*8")]),
        # claims: one account's visits; the second payer of one claim; another member
        (CLAIMS, SENT, [("DTP*472*D8*20260828", "DTP*472*D8*20260829")]),
        (CLAIMS, SENT, [("*PI*MEDB1", "*PI*MCAID")]),
        (CLAIMS, SENT, [("1EG4TE5MK73", "1EG4TE5MK99")]),
    ],
)
def test_equal_control_numbers_do_not_make_two_records_one(
    guide: str, body: list[str], changes: list[tuple[str, str]]
) -> None:
    [one], [other] = ids(guide, body), ids(guide, changed(body, *changes))
    assert one != other


@pytest.mark.parametrize(
    "changes",
    [
        [],
        # corrected: the amounts, the reasons, the whole payment
        [("*100*80*20*", "*100*70*30*"), ("*100*80**1", "*100*70**1"), ("*1*20", "*1*30")],
        [("BPR*I*80", "BPR*I*300")],
        [("*100*80*20*", "*100*8O*20*")],
        [("DTM*405*20260901", "DTM*405*20260905")],
    ],
)
def test_a_remittance_that_is_sent_again_or_corrected_is_the_same(
    changes: list[tuple[str, str]],
) -> None:
    again = ids(REMITTANCE, changed(PAID, *changes), number=77, at="260910*0930")
    assert again == ids(REMITTANCE, PAID)


def test_an_answer_that_comes_again_is_the_same() -> None:
    for guide, body in ((ELIGIBILITY, ASKED), (STATUS, TOLD), (SYNTAX, JUDGED), (CLAIMS, SENT)):
        assert ids(guide, body) == ids(guide, body, at="260910*0930")


def test_the_id_of_an_answer_is_the_digest_of_what_it_says() -> None:
    said = Eligibility(
        context=Context(),
        row=1,
        position=1,
        trace_number="L'1",
        payer_id='H"2',
        as_of_date=date(2026, 9, 1),
        is_active=True,
        part_b_from=date(2017, 12, 1),
        next_g0439_on=date(2026, 3, 1),
        is_qmb=False,
        family="Ÿ\\",
        birth_date=date(1950, 2, 3),
        sex="U",
    )
    assert said.digest() == digest(said.columns("U")[:-2])
    # of all columns: each of them changes it
    texts = ("trace_number", "payer_id", "member_id", "advantage_payer_name", "reject_code")
    days = ("as_of_date", "part_b_from", "part_b_to", "birth_date")
    later = ("next_g0402_on", "next_g0438_on", "next_g0439_on")
    flags = ("is_active", "is_advantage", "is_plan_unclear", "is_hospice", "is_qmb")
    before = {said.digest()}
    for name in (*texts, *days, *later, *flags, "family", "given", "sex"):
        is_day = name in (*days, *later)
        value = date(2000, 1, 1) if is_day else "x" if name not in flags else None
        other = msgspec.structs.replace(
            said, **{name: value if value != getattr(said, name) else 1}
        )
        assert other.digest() == digest(other.columns(other.sex)[:-2])
        before.add(other.digest())
    assert len(before) == 1 + len((*texts, *days, *later, *flags)) + 3


def test_a_reversal_is_another_record_than_what_it_reverses() -> None:
    back = payment("A1", "22", "-100", "-80", share="-20")
    assert len(set(ids(REMITTANCE, remittance(payment("A1"), back)))) == 2


def test_one_claim_twice_in_one_set_counts_twice() -> None:
    [first, second] = ids(REMITTANCE, remittance(payment("A1"), payment("A1")))
    assert second == f"{first}|2"


def test_a_set_that_is_repeated_in_one_file_counts_once() -> None:
    body = remittance(payment("A1"), payment("A1"), after=[PLB.format("L6", "-1")])
    data = simple(REMITTANCE, body, number=1) + simple(REMITTANCE, body, number=2)
    found = rows(io.BytesIO(data), "f.x12", definition("clearinghouse"), "payment", False)
    of_payments = [r.source_id for r in found if not isinstance(r, Fault)]
    assert of_payments[: len(of_payments) // 2] == of_payments[len(of_payments) // 2 :]
    assert set(of_payments) == set(ids(REMITTANCE, body))


def test_money_of_no_claim_is_told_apart_by_payment_reference_and_the_claims_beside_it() -> None:
    def of(code: str, amount: str, *loops: list[str]) -> str:
        return ids(REMITTANCE, remittance(*loops, after=[PLB.format(code, amount)]))[-1]

    assert of("L6", "-1", payment("A1")) != of("L6", "-1", payment("A2"))
    assert of("L6", "-1", payment("A1")) == of("L6", "-2", payment("A1"))
    assert of("AP:1", "-500") != of("AP:2", "-500")
    assert of("AP", "-500") != of("AP", "-300")
