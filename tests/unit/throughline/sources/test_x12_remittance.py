"""835: payments, reversals, adjustments, and money that is no claim's."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.wire import REMITTANCE, found, payment, reasons, remittance
from throughline.sources.records import Fault
from throughline.sources.x12.remittance import Adjustment
from throughline.sources.x12.sums import sums_of


def read(*loops: list[str], after: list[str] | None = None) -> tuple[list[Any], list[Fault]]:
    """The records and faults of an 835."""
    return found(wire.simple(REMITTANCE, remittance(*loops, after=after or [])))


def test_a_payment() -> None:
    [p], faults = read(payment("A1", charge="150.00", paid="80.25", share="20.00"))
    assert faults == []
    assert (p.patient_control_number, p.payer_claim_number, p.status_code) == ("A1", "ICNA1", "1")
    assert (p.total_charge, p.paid_amount, p.patient_responsibility) == (
        Decimal(150),
        Decimal("80.25"),
        Decimal(20),
    )
    assert (p.family, p.given, p.member_id) == ("QUIRK", "ZEBULON", "1EG4TE5MK73")
    assert not p.is_reversal
    head = p.remittance
    assert (head.check_number, head.payment_method, head.total_paid) == (
        "CHECK9",
        "ACH",
        Decimal(80),
    )
    assert (head.paid_on, head.produced_on) == (date(2026, 9, 2), date(2026, 9, 1))
    assert (head.payer_id, head.payee_npi) == ("MEDB1", "1992000006")
    [line] = p.lines
    assert (line.code, line.charge, line.paid_amount, line.units) == (
        "99213",
        Decimal(150),
        Decimal("80.25"),
        Decimal(1),
    )
    assert (line.service_from, line.control_number) == (date(2026, 8, 28), "A1L1")
    assert p.service_from == date(2026, 8, 28)


def test_a_reversal_comes_with_its_correction_and_both_are_read() -> None:
    reversal = payment("A1", "22", "-100", "-80", share="-20")
    [first, back, again], faults = read(
        payment("A1"), reversal, payment("A1", "1", "100", "90", share="10")
    )
    assert faults == []
    assert [p.is_reversal for p in (first, back, again)] == [False, True, False]
    assert back.paid_amount == Decimal(-80)
    assert sum(p.paid_amount for p in (first, back, again)) == Decimal(90)


@pytest.mark.parametrize("status", ["1", "2", "3", "4", "19", "20", "21", "22", "23", "25"])
def test_every_claim_status_is_kept_as_the_payer_gave_it(status: str) -> None:
    [p], _ = read(payment("A1", status))
    assert p.status_code == status
    assert p.is_reversal == (status == "22")


def test_up_to_six_reasons_in_one_adjustment_segment() -> None:
    cas = "CAS*CO*45*10**253*1.60*2*59*3**94*4**131*5**44*6"
    [p], _ = read(payment("A1", cas=cas))
    [line] = p.lines
    assert [(a.group, a.reason, a.amount) for a in line.adjustments] == [
        ("CO", "45", Decimal(10)),
        ("CO", "253", Decimal("1.60")),
        ("CO", "59", Decimal(3)),
        ("CO", "94", Decimal(4)),
        ("CO", "131", Decimal(5)),
        ("CO", "44", Decimal(6)),
    ]
    assert line.adjustments[1].quantity == Decimal(2)


@pytest.mark.parametrize(
    ("group", "reason", "where"),
    [
        ("PR", "1", "patient"),
        ("PR", "2", "patient"),
        ("CO", "45", "contractual"),
        ("CO", "253", "contractual"),
        ("PI", "45", "contractual"),
        ("CO", "16", "denied"),
        ("CO", "197", "denied"),
        ("OA", "18", "denied"),
        ("PI", "16", "denied"),
        ("CR", "45", "other"),
        ("XX", "1", "other"),
        ("OA", "23", None),
    ],
)
def test_what_an_adjustment_means_for_the_money(group: str, reason: str, where: str | None) -> None:
    sums = sums_of([Adjustment(group, reason, Decimal(7))])
    by_name = {name: getattr(sums, name) for name in ("patient", "contractual", "denied", "other")}
    assert {name: amount for name, amount in by_name.items() if amount} == (
        {where: Decimal(7)} if where else {}
    )


def test_adjustments_of_claim_and_line_are_apart() -> None:
    loop = payment("A1")
    loop.insert(1, "CAS*OA*23*12")
    [p], _ = read(loop)
    assert [a.reason for a in p.adjustments] == ["23"]
    assert [a.reason for a in p.lines[0].adjustments] == ["1"]


def test_remarks_corrected_names_and_crossover() -> None:
    loop = payment("A1")
    loop[2:2] = [
        "NM1*74*1*QUIRKE*ZEB****C*CORRECTED1",
        "NM1*TT*2*MEDICAID*****PI*MCAID",
        "NM1*82*1*STONE*****XX*1457000005",
        "MOA***MA01*MA18",
        "DTM*232*20260827",
        "DTM*050*20260829",
    ]
    loop.append("LQ*HE*N362")
    [p], _ = read(loop)
    assert (p.family, p.given, p.member_id, p.crossover_payer) == (
        "QUIRKE",
        "ZEB",
        "CORRECTED1",
        "MCAID",
    )
    assert (p.remark_codes, p.lines[0].remark_codes) == (["MA01", "MA18"], ["N362"])
    assert (p.service_from, p.received_on, p.rendering_npi) == (
        date(2026, 8, 27),
        date(2026, 8, 29),
        "1457000005",
    )


def test_inpatient_remarks_stand_elsewhere() -> None:
    mia = ["MIA", "0", "", "", "1", "MA07", *[""] * 14, "N1", "N2"]
    loop = payment("A1")
    loop.insert(2, "*".join(mia))
    assert read(loop)[0][0].remark_codes == ["MA07", "N1", "N2"]


def test_units_absent_are_one_and_a_line_may_pay_nothing() -> None:
    loop = [s.replace("SVC*HC:99213:25*100*80**1", "SVC*HC:99213*100") for s in payment("A1")]
    [p], _ = read(loop)
    assert (p.lines[0].units, p.lines[0].paid_amount) == (Decimal(1), Decimal(0))


def test_provider_adjustments_are_rows_of_their_own() -> None:
    plb = "PLB*1992000006*20261231*WO:ICN7*-12.50*L6*0.75*FB:X*oops"
    records, faults = read(payment("A1"), after=[plb])
    assert [type(r).__name__ for r in records] == [
        "Payment",
        "ProviderAdjustment",
        "ProviderAdjustment",
    ]
    _, overpaid, interest = records
    assert (overpaid.reason_code, overpaid.reference, overpaid.amount) == (
        "WO",
        "ICN7",
        Decimal("-12.50"),
    )
    assert (interest.reason_code, interest.reference, interest.amount) == (
        "L6",
        None,
        Decimal("0.75"),
    )
    assert (overpaid.provider_npi, overpaid.fiscal_period_end) == ("1992000006", date(2026, 12, 31))
    assert [(f.row, f.reason) for f in faults] == [(4, "provider_adjustment_unreadable")]
    assert [r.row for r in records] == [1, 2, 3]


def test_half_an_amount_of_a_provider_adjustment_is_not_believed() -> None:
    whole = wire.simple(
        REMITTANCE, remittance(payment("A1"), after=["PLB*1992000006*20261231*WO:1*11*FB:2*22.50"])
    )
    cut = whole[: whole.index(b"22.50") + 1]
    records, faults = found(cut)
    assert [type(r).__name__ for r in records] == ["Payment"]
    assert [(f.row, f.reason) for f in faults if f.severity == "row"] == [
        (2, "truncated"),
        (3, "truncated"),
    ]
    # a later segment proves that it was whole
    trailer = whole.index(b"~SE*") + 1
    records, faults = found(whole[:trailer] + b"IEA*1*000000001~")
    assert [type(r).__name__ for r in records] == ["Payment"]
    assert reasons(faults) == ["truncated"] * 3
    records, _ = found(whole.replace(b"~SE*", b"~NTE*1~SE*"))
    assert len(records) == 3


def test_what_cannot_be_read_is_set_aside() -> None:
    records, faults = read(
        payment(""),
        payment("B2", ""),
        payment("B3", paid="8O"),
        payment("B4", cas="CAS*CO*45*x"),
        [s.replace("SVC*HC:99213:25*100*80", "SVC*HC:99213:25*x*80") for s in payment("B5")],
        [s.replace("DTM*472*20260828", "DTM*472*2026") for s in payment("B6")],
        payment("A1"),
    )
    assert [r.patient_control_number for r in records] == ["A1"]
    assert reasons(faults) == [
        "claim_number_missing",
        "claim_status_missing",
        "claim_amount_unreadable",
        "adjustment_unreadable",
        "line_amount_unreadable",
        "service_date_unreadable",
    ]


@pytest.mark.parametrize("group", ["CO", "CR", "OA", "PI", "PR", "co", " pr "])
def test_the_groups_of_adjustments(group: str) -> None:
    [paid], faults = read(payment("A1", cas=f"CAS*{group}*45*20"))
    [adjustment] = [a for line in paid.lines for a in line.adjustments] or paid.adjustments
    assert (adjustment.group, faults) == (group.strip().upper(), [])


@pytest.mark.parametrize(
    ("group", "told"),
    [("XX", "_xx"), ("c0", "_c0"), ("9", "_9"), ("", ""), ("COPR", ""), ("C^", ""), ("Ö", "")],
)
def test_a_group_of_no_list_sets_its_claim_aside(group: str, told: str) -> None:
    records, faults = read(payment("A1", cas=f"CAS*{group}*45*20"), payment("A2"))
    found = [(f.reason, f.severity, f.subject_id, f.subject_source) for f in faults]
    assert found == [(f"adjustment_group_unknown{told}", "row", "A1", "pcn")]
    assert [r.patient_control_number for r in records] == ["A2"]


def test_the_payers_own_number_by_another_qualifier() -> None:
    body = remittance(payment("A1"))
    body.insert(4, "REF*2U*OWN1")
    assert found(wire.simple(REMITTANCE, body))[0][0].remittance.payer_id == "OWN1"


def balance(*loops: list[str], **parts: Any) -> list[tuple[str, Decimal, Decimal] | None]:
    """Where each claim's payment is in doubt: what is stated, and what is explained."""
    records, _ = read(*loops, **parts)
    return [
        (r.doubt.where, r.doubt.stated, r.doubt.explained) if r.doubt else None
        for r in records
        if hasattr(r, "doubt")
    ]


def test_where_a_payment_does_not_balance() -> None:
    two = [*payment("A1", charge="200", paid="160")[:2], *payment("A1")[2:], *payment("A1")[2:]]
    wrong = [s.replace("CLP*A1*1*200*160", "CLP*A1*1*250*180") for s in two]
    assert balance(two, wrong) == [None, ("claim", Decimal(180), Decimal(210))]
    # two errors that make up for each other: the claim balances, its lines do not
    two[4], two[8] = "CAS*PR*1*19.99", "CAS*PR*1*20.01"
    assert balance(two) == [("line 1", Decimal(80), Decimal("80.01"))]
    # what the patient owes by CLP05 is no part of the balance
    assert balance(payment("A1", share="999", cas="CAS*PR*1*20")) == [None]


def test_lines_add_up_to_the_claim_unless_an_institution_names_only_some() -> None:
    loop = [s.replace("CLP*A1*1*100*80", "CLP*A1*1*150*130") for s in payment("A1")]
    assert balance(loop) == [("lines", Decimal(150), Decimal(100))]
    assert balance([loop[0], "MIA*0", *loop[1:]]) == [None]
    assert balance([s.replace("SVC*HC:99213:25", "SVC*NU:0450") for s in loop]) == [None]
    assert balance([s.replace("*100*80**1", "*100*80*0450*1") for s in loop]) == [None]


def test_a_set_knows_what_it_states_and_what_explains_it() -> None:
    plb = "PLB*1992000006*20261231*WO:X*25*L6*-1.5"
    [p, *_], _ = read(payment("A1"), payment("A2"), after=[plb])
    assert (p.remittance.total_paid, p.remittance.explained) == (Decimal(80), Decimal("136.5"))
    [p], _ = read(payment("A1", paid="8O"), payment("A2"))
    assert p.remittance.explained is None
    # a debit takes money back
    body = [s.replace("*I*80*C*", "*I*80*D*") for s in remittance(payment("A1"))]
    assert found(wire.simple(REMITTANCE, body))[0][0].remittance.total_paid == Decimal(-80)


@pytest.mark.parametrize("how", ["I", "C", "D", "U", "X", "H", "P"])
def test_a_notice_moves_no_money_whatever_it_says(how: str) -> None:
    body = [s.replace("BPR*I*80", f"BPR*{how}*80") for s in remittance(payment("A1"))]
    head = found(wire.simple(REMITTANCE, body))[0][0].remittance
    assert (head.total_paid, head.explained) == (Decimal(0 if how in "HP" else 80), Decimal(80))
    # and without claims it is a row, as somebody has to ask
    bare = [s.replace("BPR*I*80", f"BPR*{how}*80") for s in remittance()]
    [fault] = found(wire.simple(REMITTANCE, bare))[1]
    assert (fault.reason, fault.stated) == ("payment_without_claims", Decimal(80))


@pytest.mark.parametrize(
    ("text", "paid"),
    [
        (".5", "0.5"),
        ("-.00", "0"),
        ("1E2", "100"),
        ("+80", "80"),
        (" 80.00 ", "80"),
        ("080", "80"),
        ("80.0000", "80"),
        ("1,000.00", None),
        ("$80", None),
        ("80-", None),
        ("80.005", None),
        ("8O", None),
        ("8_0", None),
        ("\u0668\u0660", None),
        ("NaN", None),
        ("1E99", None),
        ("", None),
    ],
)
def test_an_amount_is_read_exactly_or_its_claim_is_set_aside(text: str, paid: str | None) -> None:
    cas = f"CAS*CO*45*{100 - Decimal(paid)}" if paid else "CAS*CO*45*20"
    loop = [s.replace("*100*80**1", f"*100*{paid or 80}**1") for s in payment("A1", cas=cas)]
    loop[0] = f"CLP*A1*1*100*{text}**MB*ICNA1*11*1"
    records, faults = read(loop)
    if paid is None:
        assert (records, reasons(faults)) == ([], ["claim_amount_unreadable"])
    else:
        assert [(r.paid_amount, r.doubt, r.patient_responsibility) for r in records] == [
            (Decimal(paid), None, None)
        ]


def test_a_debit_and_a_negative_payment_are_reversals_that_balance() -> None:
    back = [s.replace("*100*80*20*", "*-100*-80*-20*") for s in payment("A1", "22")]
    back = [s.replace("*100*80**1", "*-100*-80**1").replace("PR*1*20", "PR*1*-20") for s in back]
    for bpr in ("BPR*I*80*D*", "BPR*I*-80*C*"):
        body = [s.replace("BPR*I*80*C*", bpr) for s in remittance(back)]
        [p], faults = found(wire.simple(REMITTANCE, body))
        assert (faults, p.doubt) == ([], None)
        assert p.remittance.total_paid == p.remittance.explained == Decimal(-80)


def test_a_payment_without_anything_that_explains_it_is_a_row() -> None:
    _, faults = read()
    assert [(f.row, f.reason, f.payer_id) for f in faults] == [
        (1, "payment_without_claims", "MEDB1")
    ]
    notice = [s.replace("*I*80*", "*H*0*") for s in remittance()]
    assert found(wire.simple(REMITTANCE, notice)) == ([], [])


def lines(*svc: str) -> list[Any]:
    """The service lines of a claim with these SVC segments."""
    loop = [*payment("A1")[:2], *(s for one in svc for s in (one, "DTM*472*20260828"))]
    [p], faults = read(loop)
    assert faults == []
    return list(p.lines)


def test_paid_under_another_code_the_line_is_the_submitted_one() -> None:
    [line] = lines("SVC*HC:80053*150*80**1*HC:80048:59*2")
    assert (line.code, line.modifiers, line.units) == ("80048", ["59"], Decimal(2))
    assert (line.paid_code, line.paid_modifiers, line.paid_units) == ("80053", [], Decimal(1))


@pytest.mark.parametrize("more", ["*HC:99213:25", "*HC:99213:25*1", "**1", ""])
def test_the_same_code_twice_is_paid_as_submitted(more: str) -> None:
    [line] = lines(f"SVC*HC:99213:25*100*80**1{more}")
    assert (line.code, line.modifiers, line.units) == ("99213", ["25"], Decimal(1))
    assert (line.paid_code, line.paid_modifiers, line.paid_units) == (None, [], None)


def test_another_modifier_or_other_units_are_another_payment() -> None:
    [modified] = lines("SVC*HC:99213*100*80**1*HC:99213:25")
    assert (modified.modifiers, modified.paid_code, modified.paid_modifiers) == (
        ["25"],
        "99213",
        [],
    )
    [fewer] = lines("SVC*HC:J1100*100*80**5**8")
    assert (fewer.code, fewer.units, fewer.paid_code, fewer.paid_units) == (
        "J1100",
        Decimal(8),
        None,
        Decimal(5),
    )


def test_bundled_and_split_lines_name_what_was_submitted() -> None:
    bundled = lines("SVC*HC:80053*100*80**1*HC:80048", "SVC*HC:80053*50*0**1*HC:84443")
    assert [(one.code, one.paid_code) for one in bundled] == [
        ("80048", "80053"),
        ("84443", "80053"),
    ]
    split = lines("SVC*HC:84295*100*30**1*HC:80051*1", "SVC*HC:84132*0*20**1*HC:80051*1")
    assert [(one.code, one.paid_code) for one in split] == [("80051", "84295"), ("80051", "84132")]
