"""271: what a payer says of a person on a day."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from tests.unit.throughline.sources import wire
from tests.unit.throughline.sources.wire import ELIGIBILITY, answer, found, reasons
from throughline.sources.definitions import definition
from throughline.sources.table import StagedRow
from throughline.sources.x12.columns import COLUMNS
from throughline.sources.x12.eligibility import Eligibility
from throughline.sources.x12.rows import rows

PART_B = ("EB*1**30*MB", "DTP*291*D8*20150301")


def one(*benefits: str, **parts: Any) -> Eligibility:
    """The only answer of a file without faults."""
    records, faults = found(wire.simple(ELIGIBILITY, answer(*benefits, **parts)))
    assert faults == []
    [record] = records
    assert isinstance(record, Eligibility)
    return record


def test_part_b_and_who_it_is() -> None:
    e = one(*PART_B)
    assert (e.is_active, e.part_b_from, e.part_b_to) == (True, date(2015, 3, 1), None)
    assert (e.trace_number, e.payer_id, e.member_id) == ("TRACE1", "MEDB1", "1EG4TE5MK73")
    assert (e.family, e.birth_date, e.sex) == ("QUIRK", date(1950, 2, 3), "M")
    assert (e.is_advantage, e.is_hospice, e.is_qmb) == (False, False, False)
    assert e.as_of_date == date(2026, 9, 3)


def test_left_and_joined_again() -> None:
    spans = ("EB*1**30*MB", "DTP*291*RD8*20100101-20121231", "EB*1**30*MB", "DTP*291*D8*20150301")
    for order in (spans, spans[2:] + spans[:2]):
        e = one(*order)
        assert (e.part_b_from, e.part_b_to) == (date(2010, 1, 1), None)
    ended = one("EB*1**30*MB", "DTP*291*RD8*20100101-20121231")
    assert ended.part_b_to == date(2012, 12, 31)


@pytest.mark.parametrize(
    ("more", "ends"),
    [
        # a time without Part B that is over, and one that is not
        (("EB*6**30*MB", "DTP*307*RD8*20180101-20191231"), None),
        (("EB*6**30*MB", "DTP*307*RD8*20260801-20261231"), date(2026, 7, 31)),
        # what begins later says nothing of the asked day
        (("EB*1**30*MB", "DTP*291*D8*20270101"), None),
    ],
)
def test_what_was_and_what_will_be_do_not_decide_today(
    more: tuple[str, ...], ends: date | None
) -> None:
    for benefits in (PART_B + more, more + PART_B):
        e = one(*benefits)
        assert (e.part_b_from, e.part_b_to) == (date(2015, 3, 1), ends)


def test_part_b_that_has_ended_and_begins_again_later_has_ended() -> None:
    e = one("EB*1**30*MB", "DTP*291*RD8*20100101-20121231", "EB*1**30*MB", "DTP*291*D8*20270101")
    assert e.part_b_to == date(2012, 12, 31)


def test_a_plan_year_is_not_the_day_that_was_asked() -> None:
    who = ["TRN*2*TRACE1*9LAKE", "NM1*IL*1*QUIRK*ZEBULON****MI*1EG4TE5MK73"]
    plan = ("EB*R**30*PR*H1234", "DTP*290*D8*20260701")
    e = one(*PART_B, *plan, person=[*who, "DTP*291*RD8*20260101-20261231"])
    assert (e.as_of_date, e.is_advantage) == (date(2026, 9, 3), True)
    e = one(*PART_B, person=[*who, "DTP*291*RD8*20260801-20260801"])
    assert e.as_of_date == date(2026, 8, 1)


def test_inactive_and_silent() -> None:
    assert one("EB*6**30*MB", "DTP*291*RD8*20100101-20241231").part_b_to == date(2024, 12, 31)
    assert one("EB*6**30").is_active is False
    nothing = one("AAA*N**42*Y")
    assert (nothing.is_active, nothing.is_hospice, nothing.reject_code) == (None, None, "42")


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ("G0402", "next_g0402_on"),
        ("G0438", "next_g0438_on"),
        ("G0439", "next_g0439_on"),
    ],
)
def test_the_next_day_of_a_preventive_service(code: str, name: str) -> None:
    e = one(
        *PART_B,
        f"EB*D**98**********HC:{code}",
        "DTP*348*D8*20261001",
        "EB*D**98**********HC:G0121",
        "DTP*348*D8*20200101",
    )
    assert getattr(e, name) == date(2026, 10, 1)
    others = {"next_g0402_on", "next_g0438_on", "next_g0439_on"} - {name}
    assert [getattr(e, other) for other in others] == [None, None]


def test_an_advantage_plan_with_its_name() -> None:
    e = one(
        *PART_B,
        "EB*R**30*HN*H1234 001",
        "DTP*290*D8*20260101",
        "LS*2120",
        "NM1*PRP*2*SENIOR PLUS*****PI*H1234",
        "LE*2120",
    )
    assert (e.is_advantage, e.advantage_payer_name) == (True, "SENIOR PLUS")


def test_qualified_beneficiary_and_hospice() -> None:
    assert one(*PART_B, "EB*1**30*QM", "DTP*291*RD8*20260101-20261231").is_qmb
    assert one(*PART_B, "EB*X**45*MA", "DTP*292*D8*20260801").is_hospice
    assert not one(*PART_B, "EB*X**45*MA", "DTP*292*RD8*20250101-20250601").is_hospice


def test_a_dependent_is_answered_under_the_subscribers_number() -> None:
    body = answer(person=["NM1*IL*1*QUIRK*ZEBULON****MI*M1"])
    body += ["HL*4*3*23*0", "TRN*2*T2", "NM1*03*1*QUIRK*ADA", "DMG*D8*20150601*F", "EB*1**30"]
    [e], faults = found(wire.simple(ELIGIBILITY, body))
    assert (e.given, e.member_id, e.is_active, faults) == ("ADA", "M1", True, [])


def test_a_subscriber_of_whom_nothing_is_said_is_not_lost() -> None:
    body = answer(person=["NM1*IL*1*QUIRK*ZEBULON****MI*M1"])
    body += ["HL*4*2*22*0", "TRN*2*T2", "NM1*IL*1*ROE*JAN****MI*M2", "EB*1**30"]
    records, _ = found(wire.simple(ELIGIBILITY, body))
    assert [(e.row, e.member_id, e.is_active) for e in records] == [
        (1, "M1", None),
        (2, "M2", True),
    ]


def test_a_payer_that_refuses_the_question() -> None:
    body = ["BHT*0022*11*A1*20260903*1201", "HL*1**20*1", "AAA*Y**42*P", "NM1*PR*2*M*****PI*MEDB1"]
    assert reasons(found(wire.simple(ELIGIBILITY, body))[1]) == ["answer_about_nobody_42"]
    odd = [s.replace("*42*", "*ZEBULON*") for s in body]
    assert reasons(found(wire.simple(ELIGIBILITY, odd))[1]) == ["answer_about_nobody"]
    assert reasons(found(wire.simple(ELIGIBILITY, body[:1]))[1]) == ["answer_about_nobody"]


def test_a_refusal_holds_for_those_below_and_for_no_other_payer() -> None:
    first = answer("EB*1**30", before=["AAA*Y**42*P"])[1:]
    second = [
        s.replace("MEDB1", "OTHER").replace("TRACE1", "TRACE2") for s in answer("EB*1**30")[1:]
    ]
    provider = answer("EB*1**30")[1:]
    provider.insert(4, "AAA*N**50*N")
    records, _ = found(wire.simple(ELIGIBILITY, [answer()[0], *first, *second, *provider, *second]))
    assert [e.reject_code for e in records] == ["42", None, "50", None]


def test_somebody_without_any_number_is_a_fault() -> None:
    body = answer("EB*1**30", person=["NM1*IL*1*QUIRK*ZEBULON"])
    assert reasons(found(wire.simple(ELIGIBILITY, body))[1]) == ["person_without_identifier"]


def test_the_last_person_of_a_cut_file_is_not_believed() -> None:
    whole = wire.simple(ELIGIBILITY, answer(*PART_B))
    records, faults = found(whole[: whole.index(b"~SE*") + 1])
    assert records == []
    assert reasons(faults) == ["truncated", "truncated"]
    assert faults[0].subject_id == "MEDB1|1EG4TE5MK73"
    [fault, _] = found(whole[: whole.index(b"1EG4TE5MK73") + 5])[1]
    assert fault.subject_id is None


def plan(kind: str, **parts: str) -> list[str]:
    """Another payer in Medicare's answer."""
    code, days = parts.get("code", "R"), parts.get("days", "D8*20260101")
    return [
        f"EB*{code}**{parts.get('service', '30')}*{kind}*{parts.get('contract', 'H1234 001')}",
        f"REF*18*{parts.get('contract', 'H1234 001')}",
        f"DTP*290*{days}",
        *([f"MSG*{parts['says']}"] if "says" in parts else []),
        "LS*2120",
        "NM1*PRP*2*BIG PLAN",
        "PER*IC**TE*5555550100",
        "LE*2120",
    ]


@pytest.mark.parametrize("kind", ["HM", "HN", "IN", "PR", "PS"])
def test_every_kind_of_part_c_plan_is_advantage(kind: str) -> None:
    for code in ("R", "U"):
        e = one(*PART_B, *plan(kind, code=code))
        assert (e.is_advantage, e.is_plan_unclear) == (True, False)
        assert e.advantage_payer_name == "BIG PLAN"


OTHERS = ["OT", "12", "13", "14", "15", "16", "41", "42", "43", "47", "WC", "LT", "MC", "SP", "MI"]


@pytest.mark.parametrize("kind", OTHERS)
def test_drug_plans_and_payers_before_medicare_are_no_advantage(kind: str) -> None:
    service, contract = ("88", "S5678 002") if kind == "OT" else ("30", "")
    e = one(*PART_B, *plan(kind, service=service, contract=contract))
    assert (e.is_advantage, e.is_plan_unclear, e.advantage_payer_name) == (False, False, None)


@pytest.mark.parametrize("days", ["RD8*20250101-20251231", "RD8*20270101-20271231", "D8*20270101"])
def test_a_plan_of_another_time_is_no_advantage_on_the_asked_day(days: str) -> None:
    assert one(*PART_B, *plan("PR", days=days)).is_advantage is False
    # beside it, the plan of the day
    assert one(*PART_B, *plan("PR", days=days), *plan("PS")).is_advantage is True
    assert one(*PART_B, *plan("PS"), *plan("PR", days=days)).advantage_payer_name == "BIG PLAN"


def test_a_plan_that_ends_in_a_date_of_its_own() -> None:
    left = [*plan("PR")[:3], "DTP*347*D8*20260630"]
    assert one(*PART_B, *left).is_advantage is False
    assert one(*PART_B, *left[:3], "DTP*347*D8*20261231").is_advantage is True


def test_the_asked_day_is_the_one_that_counts() -> None:
    asked = ["TRN*2*T1*9L", "NM1*IL*1*Q*Z****MI*1EG4TE5MK73", "DTP*291*D8*20251101"]
    e = one(*PART_B, *plan("PR", days="RD8*20250101-20251231"), person=asked)
    assert (e.as_of_date, e.is_advantage) == (date(2025, 11, 1), True)


@pytest.mark.parametrize(
    ("says", "expected"),
    [
        ("COST PLAN", False),
        ("MEDICARE COST CONTRACT", False),
        ("MA Bill Option Code - C", True),
        ("MA Bill Option Code - A", True),
        ("MA Bill Option Code - 2", None),
        ("NOT A COST PLAN", True),
        ("NO COST FOR PREVENTIVE SERVICES", True),
    ],
)
def test_what_the_answer_itself_says_of_a_plan(says: str, expected: bool | None) -> None:
    e = one(*PART_B, *plan("HM", says=says))
    assert (e.is_advantage, e.is_plan_unclear) == (expected, expected is None)


@pytest.mark.parametrize(
    ("kind", "contract", "expected"),
    [("", "H1234 001", None), ("EP", "H1234 001", None), ("", "S5678 002", False)],
)
def test_a_plan_of_no_listed_kind_is_left_to_a_person(
    kind: str, contract: str, expected: bool | None
) -> None:
    e = one(*PART_B, *plan(kind, contract=contract))
    assert (e.is_active, e.is_advantage, e.is_plan_unclear) == (True, expected, expected is None)


def test_another_payers_own_plan_is_no_advantage() -> None:
    assert one("EB*1**30*HM", "EB*1**30*PR").is_advantage is False
    assert one("EB*1**30*HN*SENIOR").is_advantage is True
    beside = one("EB*1**30*PR", *plan("HM"))
    assert (beside.is_advantage, beside.is_plan_unclear) == (None, True)
    assert one("EB*1**30*PR", *plan("WC")).is_advantage is False


@pytest.mark.parametrize(
    ("dates", "first", "last"),
    [
        # D8: a beginning (005010X279A1 allows D8 and RD8 for each of these)
        (("291*D8*20260901",), "2026-09-01", None),
        (("307*D8*20260901",), "2026-09-01", None),
        (("291*D8*20260901-20260930",), "2026-09-01", "2026-09-30"),
        (("291**20260901",), "2026-09-01", None),
        # a range of one day is that day, and no beginning
        (("291*RD8*20260901-20260901",), "2026-09-01", "2026-09-01"),
        (("291*RD8*20260901-",), "2026-09-01", None),
        (("291*RD8*20260901-99991231",), "2026-09-01", "9999-12-31"),
        (("346*D8*20260901", "347*D8*20260930"), "2026-09-01", "2026-09-30"),
        (("356*D8*20260901", "357*D8*20260901"), "2026-09-01", "2026-09-01"),
    ],
)
def test_the_days_of_a_benefit(dates: tuple[str, ...], first: str, last: str | None) -> None:
    e = one("EB*1**30*MB", *(f"DTP*{each}" for each in dates))
    assert e.part_b_from == date.fromisoformat(first)
    assert e.part_b_to == (date.fromisoformat(last) if last else None)


def test_a_plan_and_hospice_of_one_day_are_over() -> None:
    assert one(*PART_B, *plan("PR", days="RD8*20260801-20260801")).is_advantage is False
    assert one(*PART_B, *plan("PR", days="D8*20260801")).is_advantage is True
    assert not one(*PART_B, "EB*X**45*MA", "DTP*292*RD8*20260801-20260801").is_hospice


@pytest.mark.parametrize("services", ["30^45", "30:45", "45>30", "30|45", "45", " 45 ", "30^^45"])
def test_services_are_read_whatever_separates_them(services: str) -> None:
    assert one(*PART_B, f"EB*X**{services}*MA", "DTP*292*D8*20260801").is_hospice
    other = services.replace("45", "4")
    assert not one(*PART_B, f"EB*X**{other}*MA", "DTP*292*D8*20260801").is_hospice


def test_a_procedure_in_lower_case() -> None:
    e = one(*PART_B, "EB*D**98**********hc:g0438", "DTP*348*D8*20261001")
    assert e.next_g0438_on == date(2026, 10, 1)


def staged(*benefits: str, codes: dict[str, dict[str, str]] | None = None) -> dict[str, Any]:
    """The columns of the only answer, of a source that maps some codes."""
    house = definition("clearinghouse")
    said = replace(house, conventions={**house.conventions, "codes": codes or {}})
    data = wire.simple(ELIGIBILITY, answer(*benefits))
    [row] = rows(io.BytesIO(data), "f.x12", said, "eligibility_response", False)
    assert isinstance(row, StagedRow)
    assert row.values is not None
    names = COLUMNS["eligibility_response"]["eligibility_response"]
    return dict(zip(names, row.values, strict=True)) | {"key": row.source_id}


def test_benefits_in_lower_case() -> None:
    upper = staged(*PART_B, *plan("PR"), "EB*X**45*MA", "DTP*292*D8*20260801")
    lower = staged(
        "EB*1**30*mb", PART_B[1], "EB*r" + plan("pr")[0][4:], *plan("PR")[1:],
        "EB*x**45*ma", "DTP*292*D8*20260801",
    )  # fmt: skip
    assert upper.pop("key") != lower.pop("key")
    assert upper == lower
    assert (upper["is_advantage"], upper["is_hospice"]) == (True, True)
    assert (upper["benefit_code"], upper["insurance_code"]) == (None, None)


def test_a_benefit_of_no_list_is_counted_until_it_is_mapped() -> None:
    local = ("EB*ACT**30*MB", "DTP*291*D8*20150301")
    found = staged(*local)
    assert (found["benefit_code"], found["is_active"], found["part_b_from"]) == ("ACT", None, None)
    mapped = staged(*local, codes={"eligibility_response.benefit_code": {"ACT": "1"}})
    assert (mapped["benefit_code"], mapped["is_active"]) == (None, True)
    assert mapped["part_b_from"] == date(2015, 3, 1)
    # what identifies the answer is what was sent
    assert mapped["key"] == found["key"]


def test_a_kind_of_insurance_of_no_list_is_counted_until_it_is_mapped() -> None:
    local = ("EB*1**30*BB", "DTP*291*D8*20150301")
    found = staged(*local)
    assert (found["insurance_code"], found["is_active"], found["part_b_from"]) == ("BB", True, None)
    mapped = staged(*local, codes={"insurance_code": {"BB": "MB"}})
    assert (mapped["insurance_code"], mapped["part_b_from"]) == (None, date(2015, 3, 1))
    assert mapped["key"] == found["key"]
    # the kind of a plan, of which nobody knew whether it is Part C
    of_a_plan = (*PART_B, *plan("XX"))
    assert staged(*of_a_plan)["is_plan_unclear"] is True
    known = staged(*of_a_plan, codes={"insurance_code": {"XX": "PR"}})
    assert (known["is_advantage"], known["is_plan_unclear"]) == (True, False)
    assert staged(*of_a_plan, codes={"insurance_code": {"XX": "WC"}})["is_advantage"] is False
