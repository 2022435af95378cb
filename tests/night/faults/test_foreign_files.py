"""A night reads, all at once, what other systems really send: each file gives the right value.

The files are our own (`foreign.py`). Where the folder of samples lies beside the project (or where THROUGHLINE_SAMPLES
says), its files are read in the same night.
"""

from __future__ import annotations

import html
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.night.conftest import ROOT, Practice
from tests.night.faults.foreign import (
    DRUGS,
    NPI,
    PHYSICIAN,
    Bill,
    Member,
    advantage,
    answer,
    clp,
    copy_of_a_claim,
    paid_otherwise,
    remittance,
    siu,
)

pytestmark = [pytest.mark.night, pytest.mark.nights, pytest.mark.slow]

SAMPLES = Path(os.environ.get("THROUGHLINE_SAMPLES") or ROOT.parent / "shared" / "data") / "foreign"
MESSAGES = {file.name: f"F{1901 + n}" for n, file in enumerate(sorted(SAMPLES.glob("*.hl7")))}
"""The samples of HL7 v2, each with the number that its appointment gets."""
needs_samples = pytest.mark.skipif(not SAMPLES.exists(), reason="the folder of samples is not here")
PATIENTS = 100
NOBODYS = "NOTOURS78"
OPEN = "select {} from operations.exception where status = 'open' and reason = %s order by 1"
STATED = "select kind from evidence.fact where source_ref = %s and retracted_seq is null"
TRACE = "TR1"
NURSE = "AIP|1|A|N78^NURSE^NORA^^RN|NUR"


@dataclass
class Morning:
    """A practice after the night, the bills that were paid, and what the night said."""

    practice: Practice
    bills: list[Bill]
    members: list[Member]
    said: str
    page: str

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        return self.practice.rows(query, *values)

    def of_file(self, table: str, columns: str, name: str) -> list[tuple[Any, ...]]:
        """Columns `r.…` of the records that a file brought."""
        return self.rows(
            f"select {columns} from core.{table} as r"
            " inner join landing.file as f on f.file_id = r.file_id where f.original_name = %s",
            name,
        )

    def held(self, name: str) -> list[tuple[Any, ...]]:
        """Reason, claim and both sums of what is held of a file."""
        return self.rows(
            "select q.reason, q.subject_id, q.stated_amount, q.explained_amount"
            " from quality.quarantine as q inner join landing.file as f on f.file_id = q.file_id"
            " where f.original_name = %s and q.status = 'open' order by 1, 2",
            name,
        )


def bills(practice: Practice) -> list[Bill]:
    """Claims of Medicare that wait for their payment."""
    found = practice.rows(
        "select c.patient_control_number, c.payer_id, l.code, l.modifiers, l.units, l.charge"
        " from core.claim as c inner join core.claim_line as l on l.claim_source_id = c.source_id"
        " and l.source = c.source and l.retracted_seq is null"
        " where c.retracted_seq is null and c.payer_id = 'MEDB1' and c.frequency_code = '1'"
        " and l.charge = c.total_charge and l.charge > 120 and not exists ("
        "  select from core.payment as p where p.patient_control_number = c.patient_control_number)"
        " order by c.service_from desc, 1 limit 4"
    )
    assert len(found) == 4
    return [Bill(*row) for row in found]


def members(practice: Practice) -> list[Member]:
    found = practice.rows(
        "select c.payer_id, c.member_id, p.family, p.birth_date from core.coverage as c"
        " inner join core.patient as p on p.source_id = c.subject_id and p.retracted_seq is null"
        " where c.retracted_seq is null and c.payer_id = 'MEDB1' order by 2 limit 3"
    )
    assert len(found) == 3
    return [Member(*row) for row in found]


def money(day: date, of: list[Bill]) -> dict[str, bytes]:
    """The remittances: one by one what is wrong or odd in them."""
    total, one, adjusted, other = of
    charge = Decimal(150)
    return {
        "total.835": remittance(day, "CK1", total.payer, 300, total.is_paid(90)),
        "claim.835": remittance(day, "CK2", one.payer, 90, one.is_paid(90, less=40)),
        "adjusted.835": remittance(
            day,
            "CK3",
            adjusted.payer,
            65,
            adjusted.is_paid(90),
            [f"PLB*{NPI}*20261231*WO:OLD8*25"],
        ),
        "other_code.835": remittance(day, "CK4", other.payer, 80, paid_otherwise(other, 80)),
        "nobodys.835": remittance(
            day, "CK5", "60054", 90, clp(NOBODYS, charge, 90, "CAS*CO*45*50", "99213")
        ),
    }


def ours(name: str, number: str) -> bytes:
    """A sample's message with an appointment of its own (all have one), and a record number of this practice."""
    content = (SAMPLES / name).read_bytes()
    return content.replace(b"F1001", number.encode()).replace(b"^^^CLINIC^MR", b"^^^LAKESIDE^MR")


def plain(text: str) -> str:
    """A text or a page without its tags and line ends."""
    spaced = re.sub(r"</?\w[^>]*>", " ", text.replace("<wbr>", ""))
    return " ".join(html.unescape(spaced).split())


def drop(practice: Practice, user: str, files: dict[str, bytes]) -> None:
    outbox = practice.world / "sandbox" / "sftp" / user / "outbox"
    for name, content in files.items():
        (outbox / name).write_bytes(content)


@pytest.fixture(scope="module")
def morning(make_practice: Callable[..., Practice]) -> Morning:
    practice = make_practice(PATIENTS, seed=6)
    practice.up()
    practice.nights(2)
    day = practice.value("select max(business_date) + 1 from operations.night")
    paid, insured = bills(practice), members(practice)
    mrns = [row[0] for row in practice.rows("select mrn from core.patient order by 1 limit 5")]
    drop(
        practice,
        "practice",
        money(day, paid)
        | {
            "PR.271": answer(day, insured[0], *advantage("PR")),
            "PS.271": answer(day, insured[1], *advantage("PS")),
            "drugs.271": answer(day, insured[2], *DRUGS),
        },
    )
    drop(
        practice,
        "scheduling",
        {
            "NS.hl7": siu(day, "F2001", mrns[0], event="S14", status="NS"),
            "X.hl7": siu(day, "F2002", mrns[1], event="S14", status="X"),
            "text.hl7": siu(day, "F2003", mrns[2], event="S14", status="3^No Show^SCHED"),
            "nurse.hl7": siu(
                day, "F2004", mrns[3], people=(NURSE, PHYSICIAN.replace("|1|", "|2|"))
            ),
            "mail.hl7": siu(
                day, "F2005", mrns[4], phone="q@mail.example^NET^Internet~(212)555-0199^PRN^CP"
            ),
        },
    )
    drop(practice, "practice", {file.name: file.read_bytes() for file in SAMPLES.glob("*.x12")})
    drop(practice, "scheduling", {name: ours(name, number) for name, number in MESSAGES.items()})
    said = practice.night()
    page = (practice.world / "pages" / "latest.html").read_text(encoding="utf-8")
    return Morning(practice, paid, insured, said, page)


def test_a_total_that_its_claims_do_not_explain(morning: Morning) -> None:
    total = morning.bills[0].number
    assert morning.held("total.835") == [("remittance does not balance", total, 300, 90)]
    assert morning.of_file("payment", "r.source_id", "total.835") == []
    assert morning.rows(
        "select distinct n.feed, n.why from evidence.not_known as n"
        " where n.payer_id = 'MEDB1' and n.closed_seq is null"
    ) == [("payment", "remittance does not balance")]
    listed = morning.practice.run("quarantine").stdout
    assert "remittance does not balance" in listed
    assert "300" in listed


def test_a_claim_that_does_not_balance(morning: Morning) -> None:
    claim = morning.bills[1].number
    assert morning.held("claim.835") == [("claim does not balance", claim, 90, 130)]
    assert morning.of_file("payment", "r.source_id", "claim.835") == []


def test_money_of_no_claim_is_kept(morning: Morning) -> None:
    assert morning.held("adjusted.835") == []
    assert morning.of_file(
        "payment", "r.patient_control_number, r.paid_amount", "adjusted.835"
    ) == [(morning.bills[2].number, 90)]
    assert morning.of_file(
        "provider_adjustment", "r.reason_code, r.reference, r.amount", "adjusted.835"
    ) == [("WO", "OLD8", 25)]
    kept = morning.rows(
        OPEN.format("owner_team, amount, detail -> 'adjustments'") + "", "provider_adjustment"
    )
    assert ("billing", 25, [{"code": "WO", "reference": "OLD8", "amount": 25}]) in kept


def test_paid_under_another_code(morning: Morning) -> None:
    bill = morning.bills[3]
    assert morning.of_file(
        "payment_line", "r.code, r.modifiers, r.units, r.paid_code, r.paid_amount", "other_code.835"
    ) == [(bill.code, bill.modifiers, bill.units, "80053", 80)]
    assert morning.rows(
        "select code, amount from evidence.fact where kind = 'remittance'"
        " and identifiers ->> 'patient_control_number' = %s and retracted_seq is null",
        bill.number,
    ) == [(bill.code, 80)]


def test_a_remittance_of_nobodys_claim(morning: Morning) -> None:
    found = morning.rows(
        OPEN.format("about_id, owner_team, amount, due_at is not null"), "unmatched_remittance"
    )
    assert (NOBODYS, "billing", 90, True) in found
    ours = {bill.number for bill in morning.bills}
    assert not ours & {number for number, *_ in found}


@pytest.mark.parametrize(
    ("number", "name", "is_advantage"),
    [(0, "PR.271", True), (1, "PS.271", True), (2, "drugs.271", False)],
)
def test_the_plan_of_a_member(
    morning: Morning, number: int, name: str, *, is_advantage: bool
) -> None:
    who = morning.members[number]
    assert morning.of_file(
        "eligibility_response", "r.member_id, r.is_advantage, r.is_plan_unclear", name
    ) == [(who.number, is_advantage, False)]
    assert morning.rows(
        "select distinct detail -> 'is_advantage' from evidence.fact where kind = 'eligibility'"
        " and identifiers ->> 'trace' = %s and subject_id = %s and retracted_seq is null",
        TRACE,
        f"{who.payer}|{who.number}",
    ) == [(is_advantage,)]


@pytest.mark.parametrize(
    ("number", "status", "kinds"),
    [
        ("F2001", "NS", []),
        ("F2002", "X", []),
        ("F2003", "noshow", [("no_show",)]),
        ("F2004", "booked", [("booking",)]),
    ],
)
def test_a_status_of_the_senders_own(
    morning: Morning, number: str, status: str, kinds: list[tuple[str]]
) -> None:
    assert morning.rows("select status from core.appointment where filler_id = %s", number) == [
        (status,)
    ]
    assert morning.rows(STATED, f"appointment/{number}") == kinds


def test_codes_that_nobody_has_mapped_are_counted_and_named(morning: Morning) -> None:
    found = dict(
        morning.rows(
            OPEN.format("detail ->> 'code', (detail ->> 'records')::int"), "code_not_mapped"
        )
    )
    assert found.keys() == {"NS", "X"}
    field = "scheduling/appointment.status"
    for code, times in found.items():
        said = "1 record" if times == 1 else f"{times} records"
        assert f"{field} {code}: {said}" in plain(morning.said)
        assert f"{field} front desk {code} {times} " in plain(morning.page)


def test_the_physician_and_the_telephone(morning: Morning) -> None:
    assert morning.of_file("appointment", "r.practitioner_npi", "nurse.hl7") == [(NPI,)]
    assert morning.of_file("appointment", "r.phone", "mail.hl7") == [("2125550199",)]
    for name in ("nurse.hl7", "mail.hl7"):
        assert morning.of_file("appointment", "r.status", name) == [("booked",)]


def test_the_night_says_first_what_is_not_known(morning: Morning) -> None:
    for text in (morning.said, morning.page):
        assert "rows of 1 feed are set aside, 2 codes have no meaning here" in plain(text)
        assert "every feed is up to date" not in text


HELD = {
    "835_total_does_not_balance.x12": [("remittance does not balance", "A1", 300, 90)],
    "835_claim_does_not_balance.x12": [("claim does not balance", "A1", 90, 130)],
    "835_balances_with_provider_adjustment.x12": [],
    "835_paid_under_another_code.x12": [],
    "835_of_a_claim_nobody_sent.x12": [],
}
POSTED = {
    "835_balances_with_provider_adjustment.x12": ("A1", 90, "99213", None),
    "835_paid_under_another_code.x12": ("A2", 80, "80048", "80053"),
    "835_of_a_claim_nobody_sent.x12": ("NOTOURS77", 90, "99213", None),
}


@needs_samples
def test_the_samples_of_money(morning: Morning) -> None:
    for name, held in HELD.items():
        assert morning.held(name) == held
        claims = morning.of_file("payment", "r.patient_control_number, r.paid_amount", name)
        lines = morning.of_file("payment_line", "r.code, r.paid_code", name)
        posted = [(*one, *other) for one, other in zip(claims, lines, strict=True)]
        assert posted == [POSTED[name] for name in [name] if not held]
    adjusted = "835_balances_with_provider_adjustment.x12"
    columns = "r.reason_code, r.reference, r.amount"
    assert morning.of_file("provider_adjustment", columns, adjusted) == [("WO", "OLD1", 25)]
    line = morning.of_file(
        "payment_line", "r.modifiers, r.units", "835_paid_under_another_code.x12"
    )
    assert line == [(["59"], 2)]
    alone = morning.rows(OPEN.format("about_id, amount"), "unmatched_remittance")
    assert ("NOTOURS77", 90) in alone


@needs_samples
def test_the_samples_of_eligibility(morning: Morning) -> None:
    # two of them say the same of one member, under one trace: one answer
    parts = morning.of_file("eligibility_response", "r.is_advantage", "271_advantage_PR.x12")
    parts += morning.of_file("eligibility_response", "r.is_advantage", "271_advantage_PS.x12")
    assert parts == [(True,)]
    drugs = morning.of_file("eligibility_response", "r.is_advantage", "271_part_d_only.x12")
    assert drugs == [(False,)]


@needs_samples
def test_the_samples_of_appointments(morning: Morning) -> None:
    found = {}
    for name, number in MESSAGES.items():
        [said] = morning.of_file("appointment", "r.status, r.practitioner_npi, r.phone", name)
        kinds = [kind for (kind,) in morning.rows(STATED, f"appointment/{number}")]
        found[name.removeprefix("siu_").removesuffix(".hl7")] = (*said, kinds)
    assert found == {
        "email_before_phone": ("booked", NPI, "2125550199", ["booking"]),
        "nurse_before_physician": ("booked", NPI, "2125550100", ["booking"]),
        "status_3_No_Show_on_S14": ("noshow", NPI, "2125550100", ["no_show"]),
        "status_NS_on_S14": ("NS", NPI, "2125550100", []),
        "status_X_on_S14": ("X", NPI, "2125550100", []),
    }


def test_the_claims_copy_takes_the_exception_back_and_everything_holds(morning: Morning) -> None:
    practice = morning.practice
    day = practice.value("select max(business_date) + 1 from operations.night")
    drop(practice, "practice", {"copy.837": copy_of_a_claim(day, NOBODYS, 150)})
    practice.night()
    assert morning.rows(
        "select status from operations.exception where reason = 'unmatched_remittance'"
        " and about_id = %s",
        NOBODYS,
    ) == [("cleared",)]
    ended = practice.run("check")
    assert ended.returncode == 0, ended.stdout
    for (day,) in practice.rows("select distinct business_date from operations.night order by 1"):
        replayed = practice.run("replay", NIGHT=day)
        assert replayed.returncode == 0, replayed.stdout
