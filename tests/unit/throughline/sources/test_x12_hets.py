"""271: what Medicare's own answers say of Part A, Part B, plans and refusals."""

from __future__ import annotations

from datetime import date

import pytest

from tests.unit.throughline.sources.test_x12_eligibility import PART_B, one


@pytest.mark.parametrize(
    ("without", "is_active"),
    [
        # with a date a time without Part B, without one not entitled on the asked day (EDIAndHETSMap)
        (("EB*6**30*MB",), False),
        (("EB*6**30*MB", "DTP*307*RD8*20260801-20261231"), False),
        (("EB*6**30*MB", "DTP*307*RD8*20180101-20191231"), False),
        (("EB*1**30*MB", "DTP*291*RD8*20100101-20121231"), False),
        (("EB*1**30*MB", "DTP*291*D8*20270101"), False),
        # another service, and what is not stated
        (("EB*6**AE*MB",), True),
        ((), True),
    ],
)
def test_part_a_alone_covers_no_visit(without: tuple[str, ...], is_active: bool) -> None:
    hospital = ("EB*1**30*MA", "DTP*291*D8*20150301")
    for order in (hospital + without, without + hospital):
        assert one(*order).is_active is is_active


@pytest.mark.parametrize("kind", ["MB", ""])
@pytest.mark.parametrize(
    ("dates", "ends"),
    [
        ("DTP*307*RD8*20260801-20261231", date(2026, 7, 31)),
        ("DTP*307*RD8*20180101-20191231", None),
        ("DTP*307*D8*20260801", date(2026, 8, 1)),
    ],
)
def test_a_time_without_medicare_is_one_without_part_b(
    kind: str, dates: str, ends: date | None
) -> None:
    e = one(*PART_B, f"EB*6**30*{kind}".rstrip("*"), dates)
    assert (e.part_b_to, e.is_active) == (ends, ends is None)


def test_another_payers_inactive_benefit_is_no_time_without_part_b() -> None:
    e = one("EB*1**30*HM", "DTP*291*D8*20150301", "EB*6**35", "DTP*307*RD8*20260801-20261231")
    assert (e.is_active, e.part_b_to) == (True, None)


def test_a_refusal_of_one_benefit_is_none_of_the_person() -> None:
    assert one(*PART_B, "EB*1**35", "AAA*Y**70*C").reject_code is None
    assert one("EB*C**30", "AAA*N**70*C").reject_code == "70"
    assert one("AAA*N**42*Y", *PART_B).reject_code == "42"


# Appendix B of the HETS companion guide (version 4010, answer of 2009-03-26), shortened: hospice that is over, a plan
# with drugs, a Part C plan and a payer before Medicare.
HETS = [
    *("EB*1*IND**MA", "DTP*307*D8*19890801", "EB*1*IND**MB", "DTP*307*D8*19890801"),
    *("EB*C**96*MB**29*0", "DTP*292*RD8*20090101-20091231"),
    *("EB*D*IND**MB*********HC:G0402", "DTP*348*D8*20070701"),
    *("EB*X**45*MA**26", "DTP*292*RD8*20080208-20081217"),
    *("LS*2120", "NM1*1P*2******XX*1427038314", "LE*2120"),
    *("EB*R**88*OT", "REF*18*H9999999", "DTP*292*D8*20070801", "LS*2120", "NM1*PR*2*ABCHEALTHPLAN"),
    *("N3*123MAINSTREET", "PER*IC**TE*9999999999", "LE*2120"),
    *(
        "EB*R**30*HN",
        "REF*18*H9999999",
        "DTP*290*D8*20070801",
        "LS*2120",
        "NM1*PRP*2*ABCHEALTHPLAN",
    ),
    *("LE*2120", "EB*R*IND*30*14", "DTP*290*D8*19960912", "LS*2120", "NM1*PRP*2*SMITH", "LE*2120"),
]


def test_the_sample_of_the_hets_guide() -> None:
    who = ["TRN*2*TEST*9TEST", "NM1*IL*1*SMITH*MARY****MI*123456789A", "DMG*D8*19240901*F"]
    e = one(*HETS, person=[*who, "INS*Y*18*001*25", "DTP*307*RD8*20070101-20090325"])
    assert (e.is_active, e.part_b_from, e.part_b_to) == (True, date(1989, 8, 1), None)
    assert (e.is_advantage, e.advantage_payer_name) == (True, "ABCHEALTHPLAN")
    assert (e.is_hospice, e.next_g0402_on) == (False, date(2007, 7, 1))
    assert e.as_of_date == date(2009, 3, 25)


@pytest.mark.parametrize("system", ["HC", "CJ", "hc"])
def test_a_procedure_is_of_a_known_system(system: str) -> None:
    dated = "DTP*348*D8*20261001"
    e = one(*PART_B, f"EB*D**98**********{system}:G0438", dated)
    assert e.next_g0438_on == date(2026, 10, 1)
    assert one(*PART_B, "EB*D**98**********ZZ:G0438", dated).next_g0438_on is None
