"""The payers' daily work: accept or reject claims, answer inquiries, pay, reverse and correct."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal

from sandbox.claims import binding, clearinghouse, dates
from sandbox.claims.adjudication import (
    WELLNESS,
    adjudicate,
    as_secondary,
    correction,
    give_back,
    next_wellness,
    reversal,
)
from sandbox.claims.binding import World
from sandbox.claims.catalog import BILLING_SYSTEM, PLANS, Plan, chance
from sandbox.claims.state import LOCAL, Accepted, Enrollment, State, Submission
from sandbox.claims.x12 import eligibility, remittance
from sandbox.claims.x12.forms import (
    Adjustment,
    Benefit,
    Claim,
    ClaimStatus,
    EligibilityAnswer,
    Inquiry,
    PaidClaim,
    ProviderAdjustment,
    Remittance,
)

REVERSED_SHARE = 0.025
INTEREST = Decimal("-1.37")


def work(world: World, state: State, day: date) -> None:
    """Do one morning's work. On weekends and holidays, only automatic answers are sent: no acceptances or payments."""
    _answer_inquiries(world, state)
    if not dates.is_business(day):
        return
    for due in sorted(d for d in state.pending if d <= day):
        _receive(world, state, state.pending.pop(due))
    waiting: list[Accepted] = []
    for due in sorted(d for d in state.due if d <= day):
        waiting += state.due.pop(due)
    if waiting:
        _pay(world, state, waiting, day)


def _receive(world: World, state: State, submissions: list[Submission]) -> None:
    at = world.clock.now
    statuses: dict[tuple[str, date], list[ClaimStatus]] = defaultdict(list)
    for submission in submissions:
        claim = submission.claim
        refusal = _refuse(world, state, claim, at.astimezone(LOCAL).date())
        if refusal is None:
            plan = PLANS[claim.payer_id]
            year_day = submission.at.strftime("%y%j")
            number = f"{plan.prefix}{year_day}{state.next('icn ' + claim.payer_id):06d}"
            status = ClaimStatus(claim, "A2", "20", "", number)
            patient = binding.patient_of(state, claim)
            if patient is None:
                raise AssertionError("a payer accepted a member it does not know")
            floor = chance(state.seed, number, "floor").randint(*plan.floor)
            pay_on = dates.on_or_after(submission.at.date() + timedelta(days=floor))
            state.due.setdefault(pay_on, []).append(Accepted(submission, number, patient))
        else:
            status = ClaimStatus(claim, *refusal)
            _forget_submission(state, submission)
            world.emit("claim_rejected", claim)
        clearinghouse.note_status(world, submission.number, status, "payer", at)
        statuses[(claim.payer_id, submission.at.date())].append(status)
    for (payer, received_on), members in statuses.items():
        clearinghouse.queue_277ca(world, state, members, PLANS[payer].party, True, received_on, at)


def _forget_submission(state: State, submission: Submission) -> None:
    """A claim that was rejected, or entirely denied, may be replaced by another one."""
    state.standing.pop((submission.claim.submitter, submission.claim.control), None)
    numbers = state.submitted_visits.get(submission.visit_id or "", [])
    if submission.number in numbers:
        numbers.remove(submission.number)


def _refuse(world: World, state: State, claim: Claim, today: date) -> tuple[str, str, str] | None:
    """What a payer's front end refuses: category, status code, entity (X12 code lists 507 and 508)."""
    enrolled = state.enrollment.get((claim.payer_id, claim.subscriber.member_id))
    if enrolled is None:
        return ("A3", "33", "IL")
    born = claim.subscriber.birth_date
    if born and enrolled.birth_date and born != enrolled.birth_date:
        return ("A7", "158", "IL")
    if claim.billing_npi != binding.practice(world).identifier:
        return ("A7", "562", "85")
    if not binding.is_practitioner(world, claim.rendering_npi):
        return ("A7", "562", "82")
    if not claim.diagnoses:
        return ("A6", "255", "")
    if sum((line.charge for line in claim.lines), Decimal(0)) != claim.charge:
        return ("A7", "178", "")
    if any(line.service_date > today for line in claim.lines):
        return ("A7", "187", "")
    if claim.frequency in ("7", "8") and claim.original_reference not in state.paid:
        return ("A6", "464", "")
    once = f"{claim.payer_id}|{claim.control}"
    if once not in state.rejected_once and chance(state.seed, once, "front end").random() < 0.012:
        # The payer's own provider file was behind; the same claim passes when it is sent again.
        state.rejected_once.add(once)
        return ("A8", "562", "82")
    return None


def _pay(world: World, state: State, waiting: list[Accepted], day: date) -> None:
    by_payer: dict[str, list[tuple[Accepted, PaidClaim]]] = defaultdict(list)
    for accepted in waiting:
        payer = accepted.secondary_payer or accepted.submission.claim.payer_id
        for paid in _decide(state, accepted, day):
            by_payer[payer].append((accepted, paid))
    at = world.clock.now
    for payer, decided in sorted(by_payer.items()):
        plan = PLANS[payer]
        trace = f"{payer}{state.next('eft ' + payer):08d}"
        advice = Remittance(
            plan.party, binding.practice(world), trace, day, [paid for _, paid in decided]
        )
        _adjust_provider(state, plan, advice)
        clearinghouse.queue(
            state, "payment", [remittance.write(advice)], BILLING_SYSTEM.identifier, at
        )
        for adjustment in advice.provider_adjustments:
            world.truth.write(
                "provider_adjustments",
                {"at": at.isoformat(), "payer": payer, "check": trace, "reason": adjustment.reason,
                 "amount": str(adjustment.amount)},
                feed="payment",
            )  # fmt: skip
        for accepted, paid in decided:
            _note_payment(world, state, accepted, paid, payer, trace, at)


def _decide(state: State, accepted: Accepted, day: date) -> list[PaidClaim]:
    """The CLP loops that one due thing leads to, and what it puts on the calendar."""
    claim = accepted.submission.claim
    if accepted.step == "secondary" and accepted.primary is not None:
        enrolled = _secondary(state, accepted.patient_id, claim)
        paid = as_secondary(
            accepted.primary, PLANS[accepted.secondary_payer], bool(enrolled and enrolled.is_qmb)
        )
        paid.payer_claim_number = accepted.payer_claim_number
        return [paid]
    if accepted.step == "reverse" and accepted.primary is not None:
        corrected = correction(state.seed, accepted.primary)
        state.paid[accepted.payer_claim_number] = corrected
        return [reversal(accepted.primary), corrected]
    plan = PLANS[claim.payer_id]
    out: list[PaidClaim] = []
    original = state.paid.get(claim.original_reference) if claim.frequency in ("7", "8") else None
    if original is not None:
        out.append(reversal(original))
        give_back(state.member(accepted.patient_id), original)
        if claim.frequency == "8":
            return out
    paid = _adjudicate(state, accepted, plan)
    paid.payer_claim_number = accepted.payer_claim_number
    state.paid[accepted.payer_claim_number] = paid
    if paid.paid == 0 and paid.patient_share == 0:
        _forget_submission(state, accepted.submission)
    _plan_ahead(state, accepted, paid, day)
    return [*out, paid]


def _adjudicate(state: State, accepted: Accepted, plan: Plan) -> PaidClaim:
    claim = accepted.submission.claim
    enrolled = state.enrollment[(claim.payer_id, claim.subscriber.member_id)]
    served = min(line.service_date for line in claim.lines)
    paid = adjudicate(
        state.seed, claim, plan, state.member(accepted.patient_id), accepted.submission.at.date()
    )
    outside = (enrolled.starts and served < enrolled.starts) or (
        enrolled.ends and served > enrolled.ends
    )
    if outside:
        reason = "26" if enrolled.starts and served < enrolled.starts else "27"
        for line in paid.lines:
            line.paid, line.allowed, line.remarks = Decimal(0), Decimal(0), ()
            line.adjustments = (Adjustment("CO", reason, line.charge),)
        paid.paid = paid.patient_share = Decimal(0)
    return paid


def _plan_ahead(state: State, accepted: Accepted, paid: PaidClaim, day: date) -> None:
    claim = accepted.submission.claim
    enrolled = _secondary(state, accepted.patient_id, claim)
    number = accepted.payer_claim_number
    if enrolled is not None and paid.patient_share > 0:
        plan = PLANS[enrolled.payer_id]
        paid.crossover, paid.status = plan.party, "19"
        wait = chance(state.seed, number, "crossover").randint(5, 9)
        state.due.setdefault(dates.on_or_after(day + timedelta(days=wait)), []).append(
            Accepted(
                accepted.submission, f"{plan.prefix}{number[1:]}X", accepted.patient_id, "secondary", paid,
                enrolled.payer_id,
            )
        )  # fmt: skip
    elif paid.paid > 0 and chance(state.seed, number, "reversed").random() < REVERSED_SHARE:
        wait = chance(state.seed, number, "reversal day").randint(4, 18)
        state.due.setdefault(dates.on_or_after(day + timedelta(days=wait)), []).append(
            Accepted(accepted.submission, number, accepted.patient_id, "reverse", paid)
        )


def _secondary(state: State, patient_id: str, claim: Claim) -> Enrollment | None:
    served = min(line.service_date for line in claim.lines)
    for enrolled in state.coverages.get(patient_id, []):
        ended = enrolled.ends is not None and enrolled.ends < served
        begun = enrolled.starts is None or enrolled.starts <= served
        is_other = enrolled.payer_id in PLANS and enrolled.payer_id != claim.payer_id
        if enrolled.order > 1 and is_other and begun and not ended:
            return enrolled
    return None


def _adjust_provider(state: State, plan: Plan, advice: Remittance) -> None:
    """Put interest, and a negative balance carried forward or recovered, into the payment (PLB)."""
    payer = plan.party.identifier
    draw = chance(state.seed, advice.trace, "provider adjustment")
    if draw.random() < 0.08:
        advice.provider_adjustments.append(ProviderAdjustment("L6", advice.trace, INTEREST))
    total = advice.total()
    owed = state.forwarded.get(payer, Decimal(0))
    if total < 0:
        advice.provider_adjustments.append(ProviderAdjustment("FB", f"FWD{advice.trace}", total))
        state.forwarded[payer] = owed - total
    elif owed > 0 and total > 0:
        taken = min(owed, total)
        advice.provider_adjustments.append(ProviderAdjustment("FB", f"REC{advice.trace}", taken))
        state.forwarded[payer] = owed - taken


def _note_payment(
    world: World,
    state: State,
    accepted: Accepted,
    paid: PaidClaim,
    payer: str,
    trace: str,
    at: datetime,
) -> None:
    denied = [
        f"{a.group}-{a.reason}"
        for line in paid.lines
        for a in line.adjustments
        if a.group in ("CO", "PI")
        and abs(a.amount) == abs(line.charge)
        and a.reason not in ("45", "59", "253")
    ]
    world.truth.write(
        "remittances",
        {
            "at": at.isoformat(),
            "submission": accepted.submission.number,
            "submitter": accepted.submission.claim.submitter,
            "control": paid.control,
            "visit": accepted.submission.visit_id,
            "patient": accepted.patient_id,
            "payer": payer,
            "payer_claim_number": paid.payer_claim_number,
            "check": trace,
            "status": paid.status,
            "charge": str(paid.charge),
            "paid": str(paid.paid),
            "patient_share": str(paid.patient_share),
            "denied": denied,
            "crossover": paid.crossover.identifier if paid.crossover else None,
        },
        feed="payment",
    )
    world.emit("claim_paid", (accepted, paid, bool(denied)))


def _answer_inquiries(world: World, state: State) -> None:
    inquiries, state.inquiries = state.inquiries, []
    groups: dict[tuple[str, str, str], list[EligibilityAnswer]] = defaultdict(list)
    at = world.clock.now
    for inquiry in inquiries:
        answer = answer_inquiry(world, state, inquiry, at.astimezone(LOCAL).date())
        enrolled = state.enrollment.get((inquiry.payer_id, inquiry.subscriber.member_id))
        groups[(inquiry.submitter, inquiry.payer_id, inquiry.provider_npi)].append(answer)
        world.truth.write(
            "eligibility_answers",
            {
                "at": at.isoformat(),
                "submitter": inquiry.submitter,
                "trace": inquiry.trace,
                "payer": inquiry.payer_id,
                "member": inquiry.subscriber.member_id,
                "patient": enrolled.patient_id if enrolled else None,
                "reject": answer.reject[0] if answer.reject else None,
                "next": {b.hcpcs: b.dates[0][1].isoformat() for b in answer.benefits if b.hcpcs},
            },
            feed="eligibility_response",
        )
    for (submitter, _, _), answers in groups.items():
        reference = f"EB{state.next('271'):08d}"
        clearinghouse.queue(
            state, "eligibility_response", [eligibility.write(answers, reference, at.astimezone(LOCAL))],
            submitter, at,
        )  # fmt: skip


def answer_inquiry(world: World, state: State, inquiry: Inquiry, today: date) -> EligibilityAnswer:
    """Answer one inquiry out of the enrollment file and what was used of the benefits."""
    who = inquiry.subscriber
    if not who.member_id:
        return EligibilityAnswer(inquiry, reject=("72", "C"))
    if inquiry.payer_id not in PLANS:
        return EligibilityAnswer(inquiry, reject=("79", "C"))
    enrolled = state.enrollment.get((inquiry.payer_id, who.member_id))
    if enrolled is None:
        return EligibilityAnswer(inquiry, reject=("75", "C"))
    if who.birth_date and enrolled.birth_date and who.birth_date != enrolled.birth_date:
        return EligibilityAnswer(inquiry, reject=("71", "C"))
    if chance(state.seed, inquiry.trace, "system down").random() < 0.01:
        return EligibilityAnswer(inquiry, reject=("42", "R"))
    asked = inquiry.asked_for or today
    if enrolled.ends is not None and enrolled.ends < asked:
        return EligibilityAnswer(
            inquiry, (Benefit("6", dates=(("291", enrolled.starts or asked, enrolled.ends),)),)
        )
    plan = PLANS[inquiry.payer_id]
    return EligibilityAnswer(inquiry, tuple(_benefits(world, state, plan, enrolled, today)))


def _benefits(
    world: World, state: State, plan: Plan, enrolled: Enrollment, today: date
) -> list[Benefit]:
    member = state.member(enrolled.patient_id)
    kind = {"part_b": "MB", "advantage": "HN", "medicaid": "MC", "commercial": "C1"}[plan.kind]
    start = (member.part_b_from if plan.kind == "part_b" else None) or enrolled.starts
    dated = (("291", start, None),) if start else ()
    name = "" if plan.kind == "part_b" else plan.party.name
    out = [Benefit("1", "30", kind, name, dates=dated)]
    others = [
        e
        for e in state.coverages.get(enrolled.patient_id, [])
        if e is not enrolled and not _over(e, today)
    ]
    if plan.kind == "part_b":
        for other in others:
            if other.payer_id == "SUNADV":
                begun = (("290", other.starts, None),) if other.starts else ()
                out.append(Benefit("R", "30", "HN", PLANS["SUNADV"].party.name, dates=begun))
        if enrolled.is_qmb or any(e.is_qmb for e in others):
            out.append(Benefit("1", "30", "QM"))
        since = binding.hospice_since(world, enrolled.patient_id)
        if since is not None:
            out.append(Benefit("X", "45", "MA", dates=(("292", since, None),)))
    if plan.kind in ("part_b", "advantage"):
        for code in WELLNESS:
            first = next_wellness(member, plan.kind, code, today)
            if first is not None:
                out.append(Benefit("D", "30", kind, hcpcs=code, dates=(("348", first, None),)))
    return out


def _over(enrolled: Enrollment, day: date) -> bool:
    return enrolled.ends is not None and enrolled.ends < day
