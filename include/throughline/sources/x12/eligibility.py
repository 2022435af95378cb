"""271: one record per subscriber or dependent that a payer answers about (005010X279A1).

Medicare's answers (HETS 270/271 companion guide, 5010; public copies of versions 10-3, August 2017, and
10-12, October 2018): EB*1 with EB04 = MB and DTP*291 is Part B; EB*R names another payer; EB04 = QM a
Qualified Medicare Beneficiary; EB*X*…*45 hospice; EB*D with EB13 = HC:G0438 and DTP*348 the next day a
preventive service is covered. EB*6 of MB, or of no insurance type, with DTP*307 is a time without Part B; without a
date it has not begun, or has ended, on the asked day (so `EDIAndHETSMap`, a published reader of them, read 2026-11-29).
Codes and dates (D8 or RD8 at each level): 005010X279A1 as kputnam/stupidedi has it (X279A1-HB271.rb, 2026-11-29).
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import msgspec

from throughline.sources.codes import Codes
from throughline.sources.records import Fault
from throughline.sources.x12.envelope import ENVELOPE, Context, Transaction
from throughline.sources.x12.plans import (
    ACTIVE,
    ELSEWHERE,
    ENDS,
    HEALTH,
    MEDICARE,
    PLANS,
    RISK,
    Benefit,
    covers,
    end_all,
    ends,
    holds,
    is_advantage,
    read_benefit,
    span,
)
from throughline.sources.x12.values import REPR, at, day, member, name_at, period, short, since

INACTIVE = frozenset({"6", "7", "8"})
PART_A, PART_B = "MA", "MB"
QUALIFIED_BENEFICIARY = "QM"
HOSPICE_SERVICE = "45"
PREVENTIVE = {"G0402": "next_g0402_on", "G0438": "next_g0438_on", "G0439": "next_g0439_on"}


class Eligibility(msgspec.Struct, gc=False):
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
    insurance_code: str | None = None
    benefits: list[Benefit] = []
    ends_on: date | None = None

    def columns(self, sex: str | None) -> tuple[object, ...]:
        """Return the columns of the answer, with the word for the sex."""
        return (
            self.trace_number,
            self.payer_id,
            self.member_id,
            self.as_of_date,
            self.is_active,
            self.part_b_from,
            self.part_b_to,
            self.is_advantage,
            self.is_plan_unclear,
            self.advantage_payer_name,
            self.next_g0402_on,
            self.next_g0438_on,
            self.next_g0439_on,
            self.is_hospice,
            self.is_qmb,
            self.reject_code,
            self.family,
            self.given,
            self.birth_date,
            sex,
            self.benefit_code,
            self.insurance_code,
        )

    def digest(self) -> str:
        """Return `values.digest` of all columns but the last two, with the sex as sent, in less time."""
        return short(
            f"({self.trace_number!r}, {self.payer_id!r}, {self.member_id!r}, {REPR[self.as_of_date]}"
            f", {self.is_active!r}, {REPR[self.part_b_from]}, {REPR[self.part_b_to]}"
            f", {self.is_advantage!r}, {self.is_plan_unclear!r}, {self.advantage_payer_name!r}"
            f", {REPR[self.next_g0402_on]}, {REPR[self.next_g0438_on]}, {REPR[self.next_g0439_on]}"
            f", {self.is_hospice!r}, {self.is_qmb!r}, {self.reject_code!r}"
            f", {self.family!r}, {self.given!r}, {REPR[self.birth_date]}, {self.sex!r})"
        )

    def translate(self, codes: Codes, types: Codes) -> None:
        """Read EB01 and EB04 by a source's codes.

        `benefit_code` and `insurance_code` are the first of each that are not known.
        """
        is_changed = False
        for benefit in self.benefits:
            if benefit.information not in codes.unchanged:
                word, is_known = codes.find(benefit.information)
                if not is_known:
                    self.benefit_code = self.benefit_code or word
                elif word is not None and word != benefit.information:
                    benefit.information, is_changed = word, True
            kind = benefit.insurance_type
            if kind is not None and kind not in types.unchanged:
                word, is_known = types.find(kind)
                if not is_known:
                    self.insurance_code = self.insurance_code or word
                elif word != kind:
                    benefit.insurance_type, is_changed = word, True
        if is_changed:
            self.is_active = self.part_b_from = self.part_b_to = None
            self.is_plan_unclear = False
            self.conclude()

    def conclude(self) -> None:
        """Derive today's coverage from all benefits together."""
        if not self.benefits:
            return
        self.is_advantage = self.is_hospice = self.is_qmb = False
        self.advantage_payer_name = None
        spans: list[tuple[date, date | None]] = []
        without: list[tuple[date | None, date | None]] = []
        plans: list[Benefit] = []
        is_medicare = self._is_medicare()
        is_open, on = False, self.as_of_date
        for b in end_all(self.benefits, self.ends_on):
            information, kind = b.information, b.insurance_type
            if information in ACTIVE:
                # a benefit that is over, or not begun, says nothing about the asked day
                if is_medicare or covers(b, on):
                    self.is_active = True
                if kind == PART_B:
                    first, last = span(b)
                    if first is not None:
                        spans.append((first, last))
                    elif covers(b, on):
                        is_open = True
                    else:
                        without.append((first, last))
                elif kind == RISK:
                    plans.append(b)
                elif kind == QUALIFIED_BENEFICIARY:
                    self.is_qmb = True
            elif information in ELSEWHERE:
                plans.append(b)
            elif information in INACTIVE:
                self.is_active = self.is_active or False
                is_b = kind == PART_B or (kind is None and is_medicare)
                if is_b and (not b.service_types or HEALTH in b.service_types):
                    without.append(span(b))
            elif information == "X" and HOSPICE_SERVICE in b.service_types:
                last = span(b)[1]
                ended = last is not None and on is not None and last < on
                self.is_hospice = self.is_hospice or not ended
            if b.procedure is not None and b.procedure in PREVENTIVE and "348" in b.dates:
                setattr(self, PREVENTIVE[b.procedure], b.dates["348"][0])
        if spans:
            # disenrolled and enrolled again: the very first day counts for G0402, the latest for today
            self.part_b_from = min(first for first, _ in spans)
            self.part_b_to = max(self._begun(spans), key=lambda each: each[0])[1]
        if without:
            self.part_b_to = ends(without, spans, on, self.part_b_to)
        if is_medicare and self.is_active and (spans or without) and not is_open:
            # who has Part A alone is not covered by a physician's payer
            self.is_active = holds(self.part_b_from, self.part_b_to, on)
        if plans:
            self._take_plans(plans, is_medicare=is_medicare)

    def _is_medicare(self) -> bool:
        """Return whether the answer is Medicare's own."""
        return (self.payer_id or "") in MEDICARE or any(
            b.insurance_type in (PART_A, PART_B) for b in self.benefits
        )

    def _begun(self, spans: list[tuple[date, date | None]]) -> list[tuple[date, date | None]]:
        """Return the spans that have begun on the asked day, else all: a later one covers nobody yet."""
        on = self.as_of_date
        return [each for each in spans if on is None or each[0] <= on] or spans

    def _take_plans(self, plans: list[Benefit], *, is_medicare: bool) -> None:
        """Say whether a Medicare Advantage plan, of those that are named, covers the asked day."""
        is_unclear = False
        for b in plans:
            if covers(b, self.as_of_date):
                found = is_advantage(b, is_medicare=is_medicare)
                is_unclear = is_unclear or found is None
                if found:
                    self.is_advantage = True
                    self.advantage_payer_name = b.entity_name or b.plan or self.advantage_payer_name
        if is_unclear and not self.is_advantage:
            self.is_advantage, self.is_plan_unclear = None, True


class _Reader:
    """The parser state of one 271."""

    def __init__(self, transaction: Transaction, first_row: int) -> None:
        self.tx = transaction
        self.first_row = first_row
        self.row = first_row - 1
        self.level = ""
        self.created_on: date | None = None
        self.payer_id: str | None = None
        self.payer_name: str | None = None
        self.payer_reject: str | None = None
        self.provider_reject: str | None = None
        self.person: Eligibility | None = None
        self.last: Benefit | None = None
        self.refused: str | None = None
        self.subscriber: Eligibility | None = None
        self.raw: list[list[str]] = []

    def __iter__(self) -> Iterator[Eligibility | Fault]:
        component = self.tx.context.separators.component
        keep, person, last = self.raw.append, self.person, self.last
        for e in self.tx.segments:
            tag = e[0]
            if person is not None:
                # most segments are these two
                if tag == "EB":
                    keep(e)
                    self.last = last = read_benefit(e, component)
                    person.benefits.append(last)
                    continue
                if tag == "DTP" and last is not None:
                    keep(e)
                    if len(e) == 4:
                        _, qualifier, form, text = e
                        last.dates[qualifier.strip()] = since(form.strip(), text.strip())
                    else:
                        last.dates[at(e, 1)] = since(at(e, 2), at(e, 3))
                    continue
            if tag in ENVELOPE:
                self.tx.end(e)
                break
            if tag == "HL":
                level = at(e, 3)
                if (found := self.finish(has_dependents=level == "23")) is not None:
                    yield found
                self.level = level
                if level in ("22", "23"):
                    self.open_person()
                elif level == "20":
                    self.payer_id = self.payer_name = self.payer_reject = None
                    self.provider_reject = None
                elif level == "21":
                    self.provider_reject = None
                self.raw = [e]
                keep, person, last = self.raw.append, self.person, self.last
                continue
            keep(e)
            if person is not None:
                self.inside(person, tag, e)
            elif tag == "NM1" and self.level == "20":
                self.payer_name, self.payer_id = name_at(e, 3), at(e, 9) or None
            elif tag == "AAA":
                # the payer or the provider was rejected, and with it everyone below
                if self.level == "21":
                    self.provider_reject = at(e, 3) or None
                else:
                    self.payer_reject = at(e, 3) or None
            elif tag == "BHT":
                self.created_on = day(at(e, 4))
        else:
            self.tx.end(None)
        if (found := self.finish()) is not None:
            yield found
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
        self.last = self.refused = None
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
        if tag == "DTP":
            if at(e, 1) in ("291", "307", "472"):
                first, last = period(at(e, 2), at(e, 3))
                on = person.as_of_date
                if first is None or (on and last and first != last and first <= on <= last):
                    # a plan's year around the day of the answer, and not the day that was asked
                    return
                # of a time that is over (HETS answers with the whole range) its last day
                person.as_of_date = last if on and last and last < on else first
            elif at(e, 1) in ENDS:
                person.ends_on = period(at(e, 2), at(e, 3))[0]
        elif tag == "NM1":
            if self.last is None:
                if at(e, 1) in ("IL", "03"):
                    person.family, person.given = name_at(e, 3), name_at(e, 4)
                    person.member_id = at(e, 9) or person.member_id
            elif at(e, 1) in PLANS or not self.last.entity_name:
                # a loop of several names: the plan's or the payer's counts, not a contact's
                self.last.entity_name = name_at(e, 3)
        elif tag == "TRN" and (person.trace_number is None or at(e, 1) == "2"):
            # TRN01 = 2: the trace number of the one who asked
            person.trace_number = at(e, 2) or None
        elif tag == "MSG" and self.last is not None:
            self.last.messages.append(at(e, 1))
        elif tag == "REF" and self.last is not None:
            if at(e, 1) == "18":
                self.last.contract = at(e, 2) or None
            if at(e, 3):
                self.last.messages.append(at(e, 3))
        elif tag == "DMG":
            person.birth_date, person.sex = day(at(e, 2)), at(e, 3) or None
        elif tag == "AAA":
            if self.last is None:
                person.reject_code = at(e, 3) or person.reject_code
            else:
                # of one benefit (loop 2110): the others are answered
                self.refused = at(e, 3) or self.refused

    def finish(self, *, has_dependents: bool = False) -> Eligibility | Fault | None:
        person, self.person = self.person, None
        if person is None:
            return None
        says_nothing = not (person.benefits or person.trace_number or person.reject_code)
        if has_dependents and person is self.subscriber and says_nothing:
            # a subscriber named only for the dependents that follow
            return None
        self.row += 1
        person.row = self.row
        if self.tx.truncated or (not person.trace_number and not person.member_id):
            reason = "truncated" if self.tx.truncated else "person_without_identifier"
            whose = member(person.payer_id, person.member_id)
            return Fault(
                self.tx.file,
                self.row,
                person.position,
                reason,
                source_id=person.trace_number,
                payload=self.tx.text(self.raw),
                subject_id=None if self.tx.is_cut(self.raw, "NM1", 9) else whose,
            )
        person.conclude()
        if person.is_active is None:
            person.reject_code = person.reject_code or self.refused
        return person


def read_eligibilities(transaction: Transaction, first_row: int) -> Iterator[Eligibility | Fault]:
    """Yield one record per person of a 271; a person who cannot be identified becomes a fault."""
    return iter(_Reader(transaction, first_row))
