"""271: one record per subscriber or dependent that a payer answers about (005010X279A1).

Medicare's answers (HETS 271 companion guide): EB*1 with EB04 = MB and DTP*291 is Part B; EB*R names
another payer, with EB04 = HN an Advantage plan; EB04 = QM a Qualified Medicare Beneficiary; EB*X*…*45
hospice; EB*D with EB13 = HC:G0438 and DTP*348 the next day a preventive service is covered.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from throughline.sources.records import Fault
from throughline.sources.x12.envelope import Context, Transaction
from throughline.sources.x12.values import at, day, filled, period

ACTIVE = frozenset({"1", "2", "3", "4", "5"})
INACTIVE = frozenset({"6", "7", "8"})
# Insurance types (X12 1336) of Medicare Advantage plans: HMO risk, HMO, PPO, indemnity, special needs
ADVANTAGE = frozenset({"HN"})
PART_B = "MB"
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


class Eligibility(msgspec.Struct):
    """A payer's answer about one person; None means not stated."""

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
    advantage_payer_name: str | None = None
    next_g0402_on: date | None = None
    next_g0438_on: date | None = None
    next_g0439_on: date | None = None
    is_hospice: bool | None = None
    is_qmb: bool | None = None
    reject_code: str | None = None
    benefits: list[Benefit] = []

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
        if b.insurance_type in ADVANTAGE and (b.information in ACTIVE or b.information == "R"):
            self.is_advantage = True
            self.advantage_payer_name = b.entity_name or b.plan or self.advantage_payer_name
        if b.insurance_type == QUALIFIED_BENEFICIARY and b.information in ACTIVE:
            self.is_qmb = True
        if b.information == "X" and HOSPICE_SERVICE in b.service_types:
            ended = last is not None and self.as_of_date is not None and last < self.as_of_date
            self.is_hospice = self.is_hospice or not ended
        if b.procedure in PREVENTIVE and "348" in b.dates:
            setattr(self, PREVENTIVE[b.procedure], b.dates["348"][0])


def _span(benefit: Benefit) -> tuple[date | None, date | None]:
    """Return first and last day of a benefit; the last is None while it is open."""
    dates = benefit.dates
    # 291 plan, 307 eligibility, 292 benefit, 346 plan begin: a single day is a beginning
    for qualifier in ("291", "307", "292", "346", "356", "348"):
        if qualifier in dates:
            first, last = dates[qualifier]
            if qualifier in ("356", "346", "348"):
                last = dates.get("357", dates.get("347", (None, None)))[0]
            return first, last if last != first else None
    return None, None


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
            elif person.benefits:
                person.benefits[-1].entity_name = filled(at(e, 3))
        elif tag == "TRN":
            # TRN01 = 2: the trace number of the one who asked
            if person.trace_number is None or at(e, 1) == "2":
                person.trace_number = filled(at(e, 2))
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
            yield Fault(
                self.tx.file, self.row, person.position, reason, payload=self.tx.text(self.raw)
            )
            return
        person.conclude()
        yield person


def read_eligibilities(transaction: Transaction, first_row: int) -> Iterator[Eligibility | Fault]:
    """Yield one record per person of a 271; a person who cannot be identified becomes a fault."""
    return iter(_Reader(transaction, first_row))
