"""How a payer decides on one claim: what it denies and why, what it allows, who owes the rest.

Group and reason codes are X12's (CARC, RARC); each Medicare rule names its source.
A processed claim has CLP02 = 1 even when nothing is paid (X12 RFI 1423); 4 only says that the patient
was not recognised.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal

from sandbox.claims.catalog import Plan, allowed, cents, chance
from sandbox.claims.x12.forms import Adjustment, Claim, ClaimLine, PaidClaim, PaidLine

WELLNESS = ("G0402", "G0438", "G0439")
TCM = ("99495", "99496")
TCM_DAYS = 30
SEQUESTRATION = Decimal("0.02")
"""Budget sequestration, CARC 253: 2 % of what Medicare pays (2 U.S.C. 901a)."""

Denial = tuple[str, str, tuple[str, ...]]


@dataclass(slots=True)
class Member:
    """What payers hold about one human, by every plan."""

    part_b_from: date | None = None
    wellness: list[tuple[str, date]] = field(default_factory=list)
    care_transitions: list[date] = field(default_factory=list)
    deductible_left: dict[tuple[str, int], Decimal] = field(default_factory=dict)
    services: set[tuple[str, date, str, tuple[str, ...]]] = field(default_factory=set)


def full_months_later(day: date, months: int) -> date:
    """First day of the month that is ``months`` after the month of ``day``."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def next_wellness(member: Member, plan_kind: str, code: str, today: date) -> date | None:
    """The first day on which ``code`` would be paid, or None when it never will be.

    Part B (MLN6775421; 42 CFR 410.15, 410.16): G0402 within the first 12 months; G0438 after them, once in a
    lifetime; G0439 afterwards; 11 full months pass after the month of the last. Advantage: once a calendar year.
    """
    start = member.part_b_from
    dates = sorted(day for _, day in member.wellness)
    had = {had_code for had_code, _ in member.wellness}
    if plan_kind == "advantage":
        if code == "G0402":
            return None
        if code == "G0438" and "G0438" in had:
            return None
        return (
            date(dates[-1].year + 1, 1, 1)
            if dates and dates[-1].year >= today.year
            else date(today.year, 1, 1)
        )
    if start is None:
        return None
    welcome_ends = _a_year_later(start)
    if code == "G0402":
        return None if "G0402" in had or today >= welcome_ends else start
    if code == "G0438" and "G0438" in had:
        return None
    return max([welcome_ends, *(full_months_later(day, 12) for day in dates[-1:])])


def _a_year_later(day: date) -> date:
    return full_months_later(day, 12).replace(day=min(day.day, 28))


def adjudicate(seed: int, claim: Claim, plan: Plan, member: Member, received_on: date) -> PaidClaim:
    """Decide on an accepted claim and remember what was used up of the member's benefits."""
    unknown = (
        claim.frequency == "1" and chance(seed, claim.control, "not recognised").random() < 0.004
    )
    lines = [
        _line(seed, claim, line, plan, member, received_on, unknown)
        for line in claim.lines
    ]  # fmt: skip
    paid = sum((line.paid for line in lines), Decimal(0))
    share = sum(
        (a.amount for line in lines for a in line.adjustments if a.group == "PR"), Decimal(0)
    )
    return PaidClaim(
        claim.control, "4" if unknown else "1", sum((line.charge for line in claim.lines), Decimal(0)), paid, share,
        plan.filing_code, "", claim.subscriber, claim.rendering_npi, lines, received_on,
    )  # fmt: skip


def _line(
    seed: int,
    claim: Claim,
    line: ClaimLine,
    plan: Plan,
    member: Member,
    received_on: date,
    unknown: bool,
) -> PaidLine:
    denial: Denial | None = ("CO", "31", ("N382",))
    if not unknown:
        denial = _denial(seed, claim, line, plan, member, received_on)
    key = (line.hcpcs, line.service_date, claim.rendering_npi, line.modifiers)
    if denial is not None:
        group, reason, remarks = denial
        adjustments: tuple[Adjustment, ...] = (Adjustment(group, reason, line.charge),)
        return _paid(line, Decimal(0), adjustments, Decimal(0), remarks)
    member.services.add(key)
    if line.hcpcs in WELLNESS:
        member.wellness.append((line.hcpcs, line.service_date))
    if line.hcpcs in TCM:
        member.care_transitions.append(line.service_date)
    price = allowed(seed, plan, line.hcpcs, line.charge)
    out = [Adjustment("CO", "45", line.charge - price)]
    if chance(seed, f"{claim.control}|{line.number}", "cut").random() < 0.015:
        # A multiple-procedure cut: the payer pays half of what its schedule says.
        cut = cents(price / 2)
        out.append(Adjustment("CO", "59", cut))
        price -= cut
    shares = _patient_share(seed, claim, line, plan, member, price)
    out += shares
    paid = price - sum((a.amount for a in shares), Decimal(0))
    if plan.kind == "part_b" and paid > 0:
        kept = cents(paid * SEQUESTRATION)
        if kept > 0:
            out.append(Adjustment("CO", "253", kept))
            paid -= kept
    return _paid(line, paid, tuple(a for a in out if a.amount != 0), price, ())


def _denial(
    seed: int, claim: Claim, line: ClaimLine, plan: Plan, member: Member, received_on: date
) -> Denial | None:
    code, day = line.hcpcs, line.service_date
    if (
        code,
        day,
        claim.rendering_npi,
        line.modifiers,
    ) in member.services and claim.frequency == "1":
        return ("CO", "18", ("N522",))
    if received_on > day + timedelta(days=plan.filing_days):
        return ("CO", "29", ())
    if code in WELLNESS and plan.kind in ("part_b", "advantage"):
        return _wellness_denial(plan, member, code, day)
    if code in TCM and any(abs((day - other).days) < TCM_DAYS for other in member.care_transitions):
        # One TCM in the 30 days from the discharge on (CMS FAQ on TCM, March 2016).
        return ("CO", "119", ("M86",))
    draw = chance(seed, f"{claim.control}|{line.number}", "denial").random()
    if claim.frequency == "1" and draw < 0.03:
        return ("CO", "50", ("N115",))
    if claim.frequency == "1" and draw < 0.045:
        return ("CO", "16", ("M76",))
    return None


def _wellness_denial(plan: Plan, member: Member, code: str, day: date) -> Denial | None:
    if code in ("G0402", "G0438") and any(had == code for had, _ in member.wellness):
        return ("CO", "149", ("N117",))
    first = next_wellness(member, plan.kind, code, day)
    if first is None:
        return ("CO", "96", ("N130",))
    if day < first:
        return ("CO", "119", ("M90",))
    return None


def _patient_share(
    seed: int, claim: Claim, line: ClaimLine, plan: Plan, member: Member, price: Decimal
) -> list[Adjustment]:
    if line.hcpcs in WELLNESS:
        return []  # no deductible, no coinsurance: 42 CFR 410.160(b), 410.152(l)
    if plan.copay:
        return [Adjustment("PR", "3", min(plan.copay, price))] if line.number == 1 else []
    out: list[Adjustment] = []
    rest = price
    if plan.deductible:
        year = (plan.party.identifier, line.service_date.year)
        if year not in member.deductible_left:
            draw = chance(seed, f"{claim.subscriber.member_id}|{year}", "deductible").random()
            # By summer most have met it; some owe a part, a few all.
            share = Decimal(0) if draw < 0.75 else Decimal(str(round((draw - 0.75) * 4, 2)))
            member.deductible_left[year] = cents(plan.deductible * share)
        taken = min(member.deductible_left[year], rest)
        if taken > 0:
            member.deductible_left[year] -= taken
            out.append(Adjustment("PR", "1", taken))
            rest -= taken
    part = cents(rest * plan.coinsurance)
    if part > 0:
        out.append(Adjustment("PR", "2", part))
    return out


def as_secondary(primary: PaidClaim, plan: Plan, is_qmb: bool) -> PaidClaim:
    """A secondary payer's decision on the share that the primary left to the patient.

    OA-23 is what the primary paid and adjusted. A supplement pays the whole share; Medicaid pays a part and
    the rest may not be billed to the patient (QMB: 42 U.S.C. 1396a(n)(3)).
    """
    lines = []
    for line in primary.lines:
        share = sum((a.amount for a in line.adjustments if a.group == "PR"), Decimal(0))
        pays = (
            share
            if plan.kind != "medicaid"
            else cents(share * (Decimal("0.5") if is_qmb else Decimal("0.8")))
        )
        out = [Adjustment("OA", "23", line.charge - share)]
        if share - pays > 0:
            out.append(Adjustment("CO", "45", share - pays))
        lines.append(
            PaidLine(
                line.number, line.hcpcs, line.modifiers, line.charge, pays, line.service_date,
                tuple(a for a in out if a.amount != 0), (), line.line_control, share, line.units,
            )
        )  # fmt: skip
    return PaidClaim(
        primary.control, "2", primary.charge, sum((line.paid for line in lines), Decimal(0)), Decimal(0),
        plan.filing_code, "", primary.subscriber, primary.rendering_npi, lines, primary.received_on,
    )  # fmt: skip


def reversal(paid: PaidClaim) -> PaidClaim:
    """The reversal of a claim: CLP02 = 22, every amount with the opposite sign."""
    lines = [
        PaidLine(
            line.number, line.hcpcs, line.modifiers, -line.charge, -line.paid, line.service_date,
            tuple(Adjustment(a.group, a.reason, -a.amount) for a in line.adjustments), (), line.line_control,
            Decimal(0), line.units,
        )
        for line in paid.lines
    ]  # fmt: skip
    return PaidClaim(
        paid.control, "22", -paid.charge, -paid.paid, -paid.patient_share, paid.filing_code,
        paid.payer_claim_number, paid.subscriber, paid.rendering_npi, lines, paid.received_on,
    )  # fmt: skip


def give_back(member: Member, paid: PaidClaim) -> None:
    """Give back the member's benefits that a reversed claim had used."""
    for line in paid.lines:
        key = (line.hcpcs, line.service_date, paid.rendering_npi, line.modifiers)
        if key not in member.services:
            continue  # this line was denied
        member.services.remove(key)
        if (line.hcpcs, line.service_date) in member.wellness:
            member.wellness.remove((line.hcpcs, line.service_date))
        if line.hcpcs in TCM and line.service_date in member.care_transitions:
            member.care_transitions.remove(line.service_date)


def correction(seed: int, paid: PaidClaim) -> PaidClaim:
    """The claim decided again after a reversal: a repriced line, the patient's share unchanged.

    The payer moves between 5 and 15 % of what it paid into CO-45.
    """
    lines = []
    for line in paid.lines:
        part = Decimal(
            str(
                round(
                    chance(seed, f"{paid.control}|{line.number}", "repricing").uniform(0.05, 0.15),
                    2,
                )
            )
        )
        moved = cents(line.paid * part)
        adjustments = [a for a in line.adjustments if (a.group, a.reason) != ("CO", "45")]
        before = sum(
            (a.amount for a in line.adjustments if (a.group, a.reason) == ("CO", "45")), Decimal(0)
        )
        if before + moved:
            adjustments.append(Adjustment("CO", "45", before + moved))
        lines.append(
            PaidLine(
                line.number, line.hcpcs, line.modifiers, line.charge, line.paid - moved, line.service_date,
                tuple(adjustments), line.remarks, line.line_control, line.allowed - moved, line.units,
            )
        )  # fmt: skip
    return PaidClaim(
        paid.control, paid.status, paid.charge, sum((line.paid for line in lines), Decimal(0)), paid.patient_share,
        paid.filing_code, paid.payer_claim_number, paid.subscriber, paid.rendering_npi, lines, paid.received_on,
        paid.crossover,
    )  # fmt: skip


def _paid(
    line: ClaimLine,
    paid: Decimal,
    adjustments: tuple[Adjustment, ...],
    price: Decimal,
    remarks: tuple[str, ...],
) -> PaidLine:
    return PaidLine(
        line.number, line.hcpcs, line.modifiers, line.charge, paid, line.service_date, adjustments, remarks,
        line.line_control, price, line.units,
    )  # fmt: skip
