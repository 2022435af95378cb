"""271: one record per subscriber or dependent that a payer answers about (005010X279A1).

Medicare's answers (HETS 270/271 companion guide, 5010; public copies of versions 10-3, August 2017, and
10-12, October 2018): EB*1 with EB04 = MB and DTP*291 is Part B; EB*R names another payer; EB04 = QM a
Qualified Medicare Beneficiary; EB*X*…*45 hospice; EB*D with EB13 = HC:G0438 and DTP*348 the next day a
preventive service is covered.

Medicare's answer names every plan besides Part A and B in an EB*R (or, where it points to the plan, an
EB*U), with its insurance type in EB04 (X12 1336): HM (HMO), HN (HMO, Medicare risk), IN (indemnity:
private fee for service, savings accounts), PR (PPO) and PS (point of service) are Part C, whatever their
kind. OT is Part D, and 12, 13, 14, 15, 16, 41, 42, 43, 47, WC and so on are payers before Medicare.

The members of a cost contract (section 1876 of the Social Security Act) keep original Medicare. Only the
answer's own words say so. A message "MA Bill Option Code" with A, B or C names a plan that its members are
locked in to; 1 and 2 name none, which is left to a person.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

import msgspec

from throughline.sources.codes import Codes
from throughline.sources.records import Fault
from throughline.sources.x12.envelope import Context, Transaction
from throughline.sources.x12.values import at, day, filled, period

ACTIVE = frozenset({"1", "2", "3", "4", "5"})
INACTIVE = frozenset({"6", "7", "8"})
PART_A, PART_B = "MA", "MB"
PART_C = frozenset({"HM", "HN", "IN", "PR", "PS"})
RISK = "HN"
MEDICARE = frozenset({"CMS", "CMSHETS", "HETS"})
"""NM109 of a payer that is Medicare itself."""

# Types that are another payer's: Part D, payers before and after Medicare, Medicaid, supplements, and Medicare's own.
OTHERS = frozenset(
    {
        *("12", "13", "14", "15", "16", "41", "42", "43", "47", "AP", "C1", "CO", "CP", "D", "DB"),
        *("GP", "IP", "LC", "LD", "LI", "LT", "MA", "MB", "MC", "MD", "MH", "MI", "MP", "OT", "PE"),
        *("PL", "PP", "QM", "RP", "SP", "TF", "WC", "WU"),
    }
)
ELSEWHERE = frozenset({"R", "U"})
"""EB01 of another payer: named as such (R), or to be asked about the benefit (U)."""
HEALTH = "30"
_COST = re.compile(
    r"\bcost (?:plan|contract|hmo)s?\b|\b(?:hmo|medicare|1876) cost\b", re.IGNORECASE
)
_NO_COST = re.compile(r"\b(?:not a|non|no)[ -]cost\b", re.IGNORECASE)
_OPTION = re.compile(r"\bbill option(?: code)?\s*[:=-]?\s*([ABC12])\b", re.IGNORECASE)
# A contract that begins with S is of a drug plan.
_DRUGS = re.compile(r"S\d{4}")
# NM101: payer, primary and other payers, plan sponsor.
PLANS = frozenset({"PR", "PRP", "SEP", "TTP", "P5"})
QUALIFIED_BENEFICIARY = "QM"
HOSPICE_SERVICE = "45"
PREVENTIVE = {"G0402": "next_g0402_on", "G0438": "next_g0438_on", "G0439": "next_g0439_on"}


class Benefit(msgspec.Struct):
    """One EB loop."""

    information: str
    service_types: list[str]
    insurance_type: str | None
    plan: str | None
    procedure: str | None
    dates: dict[str, tuple[date | None, date | None]] = {}
    entity_name: str | None = None
    contract: str | None = None
    messages: list[str] = []


class Eligibility(msgspec.Struct):
    """A payer's answer about one person; None means not stated.

    `is_plan_unclear`: it names a plan of the asked day of which it does not say whether it is Part C;
    `is_advantage` is then None.
    """

    context: Context
    row: int
    position: int
    trace_number: str | None = None
    payer_id: str | None = None
    payer_name: str | None = None
    member_id: str | None = None
    family: str | None = None
    given: str | None = None
    birth_date: date | None = None
    sex: str | None = None
    as_of_date: date | None = None
    is_active: bool | None = None
    part_b_from: date | None = None
    part_b_to: date | None = None
    is_advantage: bool | None = None
    is_plan_unclear: bool = False
    advantage_payer_name: str | None = None
    next_g0402_on: date | None = None
    next_g0438_on: date | None = None
    next_g0439_on: date | None = None
    is_hospice: bool | None = None
    is_qmb: bool | None = None
    reject_code: str | None = None
    benefit_code: str | None = None
    benefits: list[Benefit] = []

    def translate(self, codes: Codes) -> None:
        """Read the benefits by a source's own codes (EB01); the first that is not known is `benefit_code`."""
        is_changed = False
        for benefit in self.benefits:
            word, is_known = codes.find(benefit.information)
            if not is_known:
                self.benefit_code = self.benefit_code or word
            elif word is not None and word != benefit.information:
                benefit.information, is_changed = word, True
        if is_changed:
            self.is_active = self.part_b_from = self.part_b_to = None
            self.is_plan_unclear = False
            self.conclude()

    def conclude(self) -> None:
        """Derive today's coverage from all benefits together."""
        if not self.benefits:
            return
        self.is_advantage = self.is_hospice = self.is_qmb = False
        spans: list[tuple[date, date | None]] = []
        for benefit in self.benefits:
            self._take(benefit, spans)
        if spans:
            # disenrolled and enrolled again: the very first day counts for G0402, the latest for today
            self.part_b_from = min(first for first, _ in spans)
            self.part_b_to = max(spans, key=lambda span: span[0])[1] or self.part_b_to
        self._take_plans()

    def _take_plans(self) -> None:
        """Say whether a Medicare Advantage plan covers the asked day."""
        is_medicare = (self.payer_id or "") in MEDICARE or any(
            b.insurance_type in (PART_A, PART_B) for b in self.benefits
        )
        said = [
            (found, b)
            for b in self.benefits
            if (b.information in ELSEWHERE or b.information in ACTIVE)
            and _covers(b, self.as_of_date)
            for found in (is_advantage(b, is_medicare=is_medicare),)
        ]
        names = [
            b.entity_name or b.plan for found, b in said if found and (b.entity_name or b.plan)
        ]
        self.advantage_payer_name = names[-1] if names else None
        if any(found for found, _ in said):
            self.is_advantage = True
        elif any(found is None for found, _ in said):
            self.is_advantage, self.is_plan_unclear = None, True

    def _take(self, b: Benefit, spans: list[tuple[date, date | None]]) -> None:
        if b.information in ACTIVE:
            self.is_active = True
        elif b.information in INACTIVE and self.is_active is None:
            self.is_active = False
        first, last = _span(b)
        if b.insurance_type == PART_B and b.information in ACTIVE:
            if first is not None:
                spans.append((first, last))
        elif b.insurance_type == PART_B and b.information in INACTIVE:
            self.part_b_to = last or first or self.part_b_to
        if b.insurance_type == QUALIFIED_BENEFICIARY and b.information in ACTIVE:
            self.is_qmb = True
        if b.information == "X" and HOSPICE_SERVICE in b.service_types:
            ended = last is not None and self.as_of_date is not None and last < self.as_of_date
            self.is_hospice = self.is_hospice or not ended
        if b.procedure in PREVENTIVE and "348" in b.dates:
            setattr(self, PREVENTIVE[b.procedure], b.dates["348"][0])


def member(payer_id: str | None, member_id: str | None) -> str | None:
    """Return the number by which a payer's member is known; None if one part is not."""
    return f"{payer_id}|{member_id}" if payer_id and member_id else None


def is_advantage(benefit: Benefit, *, is_medicare: bool) -> bool | None:
    """Return whether a benefit is of a Part C plan; None if the answer does not determine it.

    `is_medicare`: the answer is Medicare's. Another payer's own HMO or PPO is no Part C plan; one that it
    names beside itself may be.
    """
    kind = benefit.insurance_type
    words = " ".join([benefit.plan or "", *benefit.messages])
    option = _OPTION.search(words)
    if benefit.information not in ELSEWHERE:
        is_named: bool | None = kind == RISK
    elif option is not None or kind == RISK:
        is_named = True
    elif kind in PART_C:
        is_named = True if is_medicare else None
    elif (
        kind in OTHERS
        or not is_medicare
        or HEALTH not in benefit.service_types
        or _DRUGS.match(benefit.contract or benefit.plan or "")
    ):
        is_named = False
    else:
        # an insurance type that nobody has listed, or none
        is_named = None if benefit.information == "R" or benefit.contract else False
    if is_named is not False and _COST.search(words) and not _NO_COST.search(words):
        return False
    if is_named and option is not None and option.group(1) in "12":
        return None
    return is_named


def _span(benefit: Benefit) -> tuple[date | None, date | None]:
    """Return first and last day of a benefit; the last is None while it is open."""
    dates = benefit.dates
    # 291 plan, 290 coordination of benefits, 307 eligibility, 292 benefit, 346 plan begin: a single day is
    # a beginning
    for qualifier in ("291", "290", "307", "292", "346", "356", "348"):
        if qualifier in dates:
            first, last = dates[qualifier]
            if qualifier in ("356", "346", "348"):
                last = dates.get("357", dates.get("347", (None, None)))[0]
            return first, last if last != first else None
    return None, None


def _covers(benefit: Benefit, day: date | None) -> bool:
    """Return whether a benefit may hold on a day: its dates, where it has any, do not rule it out."""
    first, last = _span(benefit)
    dates = benefit.dates
    last = last or next((dates[q][0] for q in ("347", "357", "343") if q in dates), None)
    if day is None:
        return last is None
    return (first is None or first <= day) and (last is None or day <= last)


class _Reader:
    """The parser state of one 271."""

    def __init__(self, transaction: Transaction, first_row: int) -> None:
        self.tx = transaction
        marks = transaction.context.separators
        self.component, self.repetition = marks.component, marks.repetition
        self.first_row = first_row
        self.row = first_row - 1
        self.level = ""
        self.created_on: date | None = None
        self.payer_id: str | None = None
        self.payer_name: str | None = None
        self.payer_reject: str | None = None
        self.provider_reject: str | None = None
        self.person: Eligibility | None = None
        self.subscriber: Eligibility | None = None
        self.raw: list[list[str]] = []

    def __iter__(self) -> Iterator[Eligibility | Fault]:
        for e in self.tx:
            tag = e[0]
            if tag == "HL":
                level = at(e, 3)
                yield from self.finish(has_dependents=level == "23")
                self.level = level
                if level in ("22", "23"):
                    self.open_person()
                elif level == "20":
                    self.payer_id = self.payer_name = self.payer_reject = None
                    self.provider_reject = None
                elif level == "21":
                    self.provider_reject = None
                self.raw = [e]
                continue
            self.raw.append(e)
            if self.person is not None:
                self.inside(self.person, tag, e)
            elif tag == "NM1" and self.level == "20":
                self.payer_name, self.payer_id = filled(at(e, 3)), filled(at(e, 9))
            elif tag == "AAA":
                # the payer or the provider was rejected, and with it everyone below
                if self.level == "21":
                    self.provider_reject = filled(at(e, 3))
                else:
                    self.payer_reject = filled(at(e, 3))
            elif tag == "BHT":
                self.created_on = day(at(e, 4))
        yield from self.finish()
        if self.row < self.first_row:
            # a payer that rejects the whole inquiry names no subscriber
            reject = self.provider_reject or self.payer_reject
            yield Fault(
                self.tx.file,
                self.first_row,
                self.tx.start,
                "truncated"
                if self.tx.truncated
                else f"answer_about_nobody_{reject}"
                if reject and len(reject) == 2 and reject.isalnum()
                else "answer_about_nobody",
                payload=self.tx.text(self.raw),
            )

    def open_person(self) -> None:
        self.person = Eligibility(
            context=self.tx.context,
            row=0,
            position=self.tx.position,
            payer_id=self.payer_id,
            payer_name=self.payer_name,
            as_of_date=self.created_on,
            reject_code=self.provider_reject or self.payer_reject,
        )
        if self.level == "22":
            self.subscriber = self.person
        elif self.subscriber is not None:
            # a dependent is answered under the subscriber's number
            self.person.member_id = self.subscriber.member_id

    def inside(self, person: Eligibility, tag: str, e: list[str]) -> None:
        if tag == "EB":
            person.benefits.append(self.benefit(e))
        elif tag == "DTP":
            first, last = period(at(e, 2), at(e, 3))
            if person.benefits:
                person.benefits[-1].dates[at(e, 1)] = (first, last)
            elif at(e, 1) in ("291", "307", "472"):
                person.as_of_date = first or person.as_of_date
        elif tag == "NM1":
            if not person.benefits and at(e, 1) in ("IL", "03"):
                person.family, person.given = filled(at(e, 3)), filled(at(e, 4))
                person.member_id = filled(at(e, 9)) or person.member_id
            elif person.benefits and (at(e, 1) in PLANS or not person.benefits[-1].entity_name):
                # a loop of several names: the plan's or the payer's counts, not a contact's
                person.benefits[-1].entity_name = filled(at(e, 3))
        elif tag == "TRN":
            # TRN01 = 2: the trace number of the one who asked
            if person.trace_number is None or at(e, 1) == "2":
                person.trace_number = filled(at(e, 2))
        elif tag == "MSG":
            if person.benefits:
                person.benefits[-1].messages.append(at(e, 1))
        elif tag == "REF":
            if person.benefits:
                benefit = person.benefits[-1]
                if at(e, 1) == "18":
                    benefit.contract = filled(at(e, 2))
                if at(e, 3):
                    benefit.messages.append(at(e, 3))
        elif tag == "DMG":
            person.birth_date, person.sex = day(at(e, 2)), filled(at(e, 3))
        elif tag == "AAA":
            person.reject_code = filled(at(e, 3)) or person.reject_code

    def benefit(self, e: list[str]) -> Benefit:
        procedure = at(e, 13).split(self.component)
        return Benefit(
            information=at(e, 1),
            service_types=at(e, 3).split(self.repetition) if at(e, 3) else [],
            insurance_type=filled(at(e, 4)),
            plan=filled(at(e, 5)),
            procedure=procedure[1] if len(procedure) > 1 else None,
        )

    def finish(self, *, has_dependents: bool = False) -> Iterator[Eligibility | Fault]:
        person, self.person = self.person, None
        if person is None:
            return
        says_nothing = not person.benefits and not person.trace_number and not person.reject_code
        if has_dependents and person is self.subscriber and says_nothing:
            # a subscriber named only for the dependents that follow
            return
        self.row += 1
        person.row = self.row
        if self.tx.truncated or (not person.trace_number and not person.member_id):
            reason = "truncated" if self.tx.truncated else "person_without_identifier"
            whose = member(person.payer_id, person.member_id)
            yield Fault(
                self.tx.file,
                self.row,
                person.position,
                reason,
                source_id=person.trace_number,
                payload=self.tx.text(self.raw),
                subject_id=None if self.tx.is_cut(self.raw, "NM1", 9) else whose,
            )
            return
        person.conclude()
        yield person


def read_eligibilities(transaction: Transaction, first_row: int) -> Iterator[Eligibility | Fault]:
    """Yield one record per person of a 271; a person who cannot be identified becomes a fault."""
    return iter(_Reader(transaction, first_row))
